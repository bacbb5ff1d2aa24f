//! Polynomials and expressions as arithmetic on columns.

use super::cells::Cells;
use super::dialect::{self, Dialect, function, number};
use super::stages::Stage;
use super::symbols;
use crate::expression::Operation;
use crate::model::Core;
use crate::prepare::InputScale;
use crate::search::Formula;
use crate::terms::{Piece, Polynomial};

/// The name of a scaled input.
pub(super) fn input_name(index: usize) -> String {
    format!("x{}", index + 1)
}

/// The name of an output.
pub(super) fn output_name(index: usize) -> String {
    format!("o{}", index + 1)
}

/// Which of so many inputs the formula reads.
pub(super) fn used(formula: &Formula, count: usize) -> Vec<bool> {
    let mut used = vec![false; count];
    match formula {
        Formula::Polynomial(polynomial) => {
            let pure = polynomial.pure.iter().map(|term| &term.weights);
            let functions = polynomial.functions.iter().map(|term| &term.weights);
            for weights in pure.chain(functions) {
                for (input, used) in used.iter_mut().enumerate().take(weights.rows()) {
                    *used |= weights.row(input).iter().any(|weight| *weight != 0.0);
                }
            }
            for factors in polynomial.pieces.iter().map(|piece| &piece.factors) {
                for factor in 0..factors.rows() {
                    for (used, weight) in used.iter_mut().zip(factors.row(factor)) {
                        *used |= *weight != 0.0;
                    }
                }
            }
        }
        Formula::Expression { outputs, .. } => {
            for operation in outputs.iter().flat_map(|output| output.operations()) {
                if let Operation::Input(input) = operation {
                    used[*input] = true;
                }
            }
        }
    }
    used
}

/// How many products have columns of their own: those that several outputs read.
pub(super) fn products(formula: &Formula) -> usize {
    match formula {
        Formula::Polynomial(polynomial) if polynomial.outputs() > 1 => polynomial.pieces.len(),
        _ => 0,
    }
}

/// From groups to outputs; nothing for networks.
pub(super) fn stages(core: &Core, cells: &Cells<'_>, dialect: Dialect) -> Vec<Stage> {
    let Core::Formula {
        scale,
        formula,
        limits,
    } = core
    else {
        return Vec::new();
    };
    let used = used(formula, scale.len());
    let inputs = (0..scale.len()).filter(|input| used[*input]);
    let inputs = inputs.map(|input| {
        let text = scaled(&cells.input(input), &scale[input], dialect);
        (input_name(input), text)
    });
    let mut stages = vec![Stage::new("ns_inputs", inputs.collect())];
    let values = match formula {
        Formula::Polynomial(polynomial) => {
            let (products, values) = polynomial_values(polynomial, dialect);
            stages.push(Stage::new("ns_products", products));
            values
        }
        Formula::Expression { outputs, .. } => {
            let (bound, values) = symbols::values(outputs, dialect);
            stages.extend(bound);
            let undefined = |(index, value): (usize, String)| {
                let middle = limits
                    .get(index)
                    .map_or(0.0, |[low, high]| 0.5 * (low + high));
                format!("coalesce({value}, {})", number(middle))
            };
            values.into_iter().enumerate().map(undefined).collect()
        }
    };
    let limited = values.iter().enumerate().map(|(index, value)| {
        let value = match limits.get(index) {
            Some(limits) => dialect.clamp(value, *limits),
            None => value.clone(),
        };
        (
            output_name(index),
            format!("CAST({value} AS {})", dialect.real()),
        )
    });
    stages.push(Stage::new("ns_outputs", limited.collect()));
    stages.retain(|stage| !stage.columns.is_empty());
    stages
}

fn scaled(input: &str, scale: &InputScale, dialect: Dialect) -> String {
    let mut text = match scale.limits {
        Some(limits) => dialect.clamp(input, limits),
        None => input.to_string(),
    };
    if scale.shift != 0.0 {
        text = format!("({text} - {})", number(scale.shift));
    }
    if scale.scale != 1.0 {
        text += &format!(" / {}", number(scale.scale));
    }
    text
}

/// A coefficient times something.
fn times(weight: f64, factor: &str) -> Option<String> {
    match weight {
        0.0 => None,
        1.0 => Some(factor.to_string()),
        _ => Some(format!("{} * {factor}", number(weight))),
    }
}

type Columns = Vec<(String, String)>;

/// Products with their names, where there are several outputs; one sum an output.
fn polynomial_values(polynomial: &Polynomial, dialect: Dialect) -> (Columns, Vec<String>) {
    let several = polynomial.outputs() > 1;
    let mut products = Vec::new();
    let mut factors = Vec::new();
    for (index, piece) in polynomial.pieces.iter().enumerate() {
        let product = product(piece);
        if several {
            let name = format!("product_{}", index + 1);
            products.push((name.clone(), product));
            factors.push(name);
        } else {
            factors.push(product);
        }
    }
    let value = |output: usize| {
        let mut terms = Vec::new();
        if polynomial.intercept[output] != 0.0 {
            terms.push(number(polynomial.intercept[output]));
        }
        for term in &polynomial.pure {
            let power = |input: usize| dialect::power(&input_name(input), term.order);
            let weight = |input: usize| term.weights.row(input)[output];
            terms.extend((0..term.weights.rows()).filter_map(|i| times(weight(i), &power(i))));
        }
        for term in &polynomial.functions {
            let value = |i: usize| function(term.function, &input_name(i), dialect);
            let weight = |input: usize| term.weights.row(input)[output];
            terms.extend((0..term.weights.rows()).filter_map(|i| times(weight(i), &value(i))));
        }
        for (piece, factor) in polynomial.pieces.iter().zip(&factors) {
            terms.extend(times(piece.weights[output], factor));
        }
        dialect::sum_of_lines(&terms)
    };
    let values = (0..polynomial.outputs()).map(value).collect();
    (products, values)
}

fn product(piece: &Piece) -> String {
    let factor = |m: usize| {
        let row = piece.factors.row(m).iter().enumerate();
        let terms: Vec<String> = row
            .filter_map(|(input, weight)| times(*weight, &input_name(input)))
            .collect();
        match terms.as_slice() {
            [one] => one.clone(),
            several => format!("({})", dialect::sum(several)),
        }
    };
    let factors: Vec<String> = (0..piece.order()).map(factor).collect();
    factors.join(" * ")
}
