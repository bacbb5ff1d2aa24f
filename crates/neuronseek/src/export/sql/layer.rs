//! One layer of networks of one shape.

use super::dialect::{self, Dialect, number, power};
use super::query::Query;
use super::vectors::{Arrays, Vector, Weights};
use crate::matrix::Matrix;
use crate::network::{Activation, FoldedLayer, FoldedTerm};

/// Exponents are kept within this: what an activation loses is below 1e-25, and no power of what
/// is left is so small that PostgreSQL refuses it.
const EXPONENT: f64 = 60.0;

/// The same layer of several networks.
pub(super) struct Group<'a> {
    /// What the names of its parts begin with.
    pub name: String,
    /// One a network, all of one shape.
    pub layers: Vec<&'a FoldedLayer>,
    /// The number of the first network.
    pub first_net: usize,
}

impl<'a> Group<'a> {
    /// The values of each term as long parts.
    pub fn terms(&self, query: &mut Query, values: &Vector) -> Vec<String> {
        let count = self.layers.first().map_or(0, |layer| layer.terms.len());
        let norms = self
            .layers
            .first()
            .map_or(0, |layer| layer.layer_norm.len());
        let term = |index: usize| {
            let name = format!("{}_term{}", self.name, index + 1);
            self.term(query, values, index, &name);
            match index < norms {
                true => self.normalised(query, index, &name),
                false => name,
            }
        };
        (0..count).map(term).collect()
    }

    /// The same term of each network.
    fn each<'b, T>(
        &'b self,
        index: usize,
        part: impl Fn(&'a FoldedTerm) -> Option<T> + 'b,
    ) -> Vec<T> {
        let terms = self
            .layers
            .iter()
            .filter_map(move |layer| layer.terms.get(index));
        terms.filter_map(part).collect()
    }

    fn term(&self, query: &mut Query, values: &Vector, index: usize, name: &str) {
        let Some(kind) = self.layers.first().and_then(|layer| layer.terms.get(index)) else {
            return;
        };
        let length = values.length;
        match kind {
            FoldedTerm::Power { order, .. } => {
                let powers = match order {
                    1 => values.clone(),
                    _ => query.mapped(&format!("{name}_powers"), values, &|c| power(c, *order)),
                };
                self.linear(query, &powers, index, name);
            }
            FoldedTerm::Function { function, .. } => {
                let dialect = query.dialect;
                let own = |c: &str| dialect::function(*function, c, dialect);
                let mapped = query.mapped(&format!("{name}_functions"), values, &own);
                self.linear(query, &mapped, index, name);
            }
            FoldedTerm::Product { weights, .. } => {
                let products = format!("{name}_products");
                let factors = self.each(index, |term| match term {
                    FoldedTerm::Product { factors, .. } => {
                        Some(factors.iter().map(|m| rows(m, length)).collect())
                    }
                    _ => None,
                });
                query.products(
                    &products,
                    values,
                    &Weights { rows: factors },
                    self.first_net,
                );
                let gathered = format!("{name}_gathered");
                let gathered = query.gathered(&gathered, &products, weights.rows());
                self.linear(query, &gathered, index, name);
            }
            FoldedTerm::Independent { .. } => {
                let factors = self.each(index, |term| match term {
                    FoldedTerm::Independent { factors, gains } => {
                        Some(scaled_factors(factors, gains, length))
                    }
                    _ => None,
                });
                query.products(name, values, &Weights { rows: factors }, self.first_net);
            }
            FoldedTerm::Embedding {
                inputs, weights, ..
            } => {
                let inputs: Vec<usize> = inputs.iter().map(|embedded| embedded.input).collect();
                let components = format!("{name}_components");
                self.components(query, values, (index, &components), &inputs);
                let gathered = format!("{name}_gathered");
                let gathered = query.gathered(&gathered, &components, weights.rows());
                self.linear(query, &gathered, index, name);
            }
        }
    }

    /// `W^T` times a vector.
    fn linear(&self, query: &mut Query, vector: &Vector, index: usize, name: &str) {
        let weights = self.each(index, |term| match term {
            FoldedTerm::Power { weights, .. }
            | FoldedTerm::Function { weights, .. }
            | FoldedTerm::Product { weights, .. }
            | FoldedTerm::Embedding { weights, .. } => Some(vec![columns(weights, vector.length)]),
            FoldedTerm::Independent { .. } => None,
        });
        query.products(name, vector, &Weights { rows: weights }, self.first_net);
    }

    /// The components of embedded inputs: in each bin a line.
    fn components(
        &self,
        query: &mut Query,
        values: &Vector,
        (index, name): (usize, &str),
        inputs: &[usize],
    ) {
        let items = format!("{name}_inputs");
        query.items(&items, values, inputs);
        let networks = self.each(index, |term| match term {
            FoldedTerm::Embedding { inputs, width, .. } => Some((inputs, *width)),
            _ => None,
        });
        let mut data = Vec::new();
        for (net, (inputs, width)) in networks.into_iter().enumerate() {
            for (place, embedded) in inputs.iter().enumerate() {
                for component in 0..width {
                    let keys = vec![
                        self.first_net + net,
                        embedded.input,
                        place * width + component,
                    ];
                    data.push((keys, lines(&embedded.knots, embedded.steps.row(component))));
                }
            }
        }
        let bins = format!("{name}_bins");
        query.arrays(
            &bins,
            &Arrays {
                keys: &["net", "input", "component"],
                columns: &["low", "high", "base", "slope"],
                rows: data,
            },
        );
        let own = if values.by_net {
            " AND e.net = x.net"
        } else {
            ""
        };
        query.part(
            name,
            &format!(
                "SELECT x.row_no, e.net, e.component AS item, e.base + e.slope * (x.v - e.low) AS v\n\
                 FROM {items} AS x CROSS JOIN {bins} AS e\n\
                 WHERE e.input = x.input{own} AND x.v >= e.low AND x.v < e.high"
            ),
        );
    }

    /// The values of a term less their mean, over their deviation, scaled and shifted.
    fn normalised(&self, query: &mut Query, index: usize, name: &str) -> String {
        let layers = self.layers.iter().enumerate();
        let norms = layers.filter_map(|(net, layer)| {
            let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect();
            let [scale, shift] = layer.layer_norm.get(index)?;
            Some((vec![self.first_net + net], vec![wide(scale), wide(shift)]))
        });
        let rows = norms.collect();
        let (norm, centred, normal) = (
            format!("{name}_norm"),
            format!("{name}_centred"),
            format!("{name}_normal"),
        );
        query.arrays(
            &norm,
            &Arrays {
                keys: &["net"],
                columns: &["scale", "shift"],
                rows,
            },
        );
        query.part(
            &centred,
            &format!(
                "SELECT row_no, net, item, v - avg(v) OVER (PARTITION BY row_no, net) AS v\nFROM {name}"
            ),
        );
        query.part(
            &normal,
            &format!(
                "SELECT c.row_no, c.net, c.item, n.shift + n.scale * c.v\n    \
                 / sqrt(avg(c.v * c.v) OVER (PARTITION BY c.row_no, c.net) + 1e-5) AS v\n\
                 FROM {centred} AS c CROSS JOIN {norm} AS n\n\
                 WHERE n.net = c.net AND n.item = c.item"
            ),
        );
        normal
    }

    /// The biases, networks x outputs.
    pub fn biases(&self) -> Vec<Vec<f64>> {
        let wide = |layer: &&FoldedLayer| layer.bias.iter().map(|bias| f64::from(*bias)).collect();
        self.layers.iter().map(wide).collect()
    }

    /// The sum of terms and biases after the activation, long.
    pub fn sum(
        &self,
        query: &mut Query,
        terms: &[String],
        biases: Vec<Vec<f64>>,
        activation: Option<Activation>,
    ) -> String {
        let name = &self.name;
        let bias = format!("{name}_bias");
        let rows = biases.into_iter().enumerate();
        let rows = rows.map(|(net, own)| (vec![self.first_net + net], vec![own]));
        query.arrays(
            &bias,
            &Arrays {
                keys: &["net"],
                columns: &["bias"],
                rows: rows.collect(),
            },
        );
        let sum = match terms {
            [one] => one.clone(),
            several => {
                let all: Vec<String> = several
                    .iter()
                    .map(|term| format!("  SELECT row_no, net, item, v FROM {term}"))
                    .collect();
                let sum = format!("{name}_sum");
                let all = all.join("\n  UNION ALL\n");
                query.part(
                    &sum,
                    &format!(
                        "SELECT row_no, net, item, sum(v) AS v\nFROM (\n{all}\n) AS u\n\
                         GROUP BY row_no, net, item"
                    ),
                );
                sum
            }
        };
        let biased = format!(
            "SELECT s.row_no, s.net, s.item, s.v + b.bias AS v\n\
             FROM {sum} AS s CROSS JOIN {bias} AS b\nWHERE b.net = s.net AND b.item = s.item"
        );
        let body = activation.map_or(biased.clone(), |a| activated(a, &biased, query.dialect));
        query.part(name, &body);
        name.clone()
    }
}

/// The rows of a matrix with zeros behind.
fn rows(matrix: &Matrix<f32>, length: usize) -> Vec<Vec<f32>> {
    let padded = |row: usize| {
        let mut row = matrix.row(row).to_vec();
        row.resize(length, 0.0);
        row
    };
    (0..matrix.rows()).map(padded).collect()
}

fn columns(matrix: &Matrix<f32>, length: usize) -> Vec<Vec<f32>> {
    let padded = |column: usize| {
        let mut column = matrix.column(column);
        column.resize(length, 0.0);
        column
    };
    (0..matrix.columns()).map(padded).collect()
}

/// Factors of independent products, the first one times the gains.
fn scaled_factors(factors: &[Matrix<f32>], gains: &[f32], length: usize) -> Vec<Vec<Vec<f32>>> {
    let mut factors: Vec<Vec<Vec<f32>>> = factors.iter().map(|m| rows(m, length)).collect();
    if let Some(first) = factors.first_mut() {
        for (row, gain) in first.iter_mut().zip(gains) {
            row.iter_mut().for_each(|value| *value *= gain);
        }
    }
    factors
}

/// Beyond all numbers that networks see.
const FAR: f64 = 1e300;

/// A component as lines: where each begins and ends, its value at the beginning and its slope.
fn lines(knots: &[f32], steps: &[f32]) -> Vec<Vec<f64>> {
    let knots: Vec<f64> = knots.iter().map(|knot| f64::from(*knot)).collect();
    let (first, last) = match knots.as_slice() {
        [first, .., last] => (*first, *last),
        _ => (0.0, 0.0),
    };
    let mut lines = [vec![-FAR], vec![first], vec![0.0], vec![0.0]];
    let mut add = |line: [f64; 4]| {
        for (column, value) in lines.iter_mut().zip(line) {
            column.push(value);
        }
    };
    let mut base = 0.0;
    for (pair, step) in knots.windows(2).zip(steps) {
        let step = f64::from(*step);
        add([pair[0], pair[1], base, step / (pair[1] - pair[0])]);
        base += step;
    }
    add([last, FAR, base, 0.0]);
    lines.to_vec()
}

/// The normal distribution's upper tail at a is `t exp(-a^2 / 2)` times this polynomial of
/// t = 1 / (1 + a / 4), highest power first: fitted to it by least squares of relative errors,
/// which stay below 1e-8. No system has the error function in all of its versions.
const TAIL: [f64; 10] = [
    0.015199084516516307,
    -0.054969498894882576,
    0.032373239832805246,
    0.055519406021086286,
    -0.011152297535166205,
    0.10031338517055478,
    0.06693125155695,
    0.09669036940314249,
    0.09933844660848962,
    0.09975661657332979,
];

/// The activation of `v` of `from`.
fn activated(activation: Activation, from: &str, dialect: Dialect) -> String {
    let inner = dialect::indented(from, 2);
    let outer =
        |value: &str| format!("SELECT row_no, net, item, {value} AS v\nFROM (\n  {inner}\n) AS z");
    let sigmoid = || {
        format!(
            "(1.0 + exp({}))",
            dialect.clamp("-v", [-EXPONENT, EXPONENT])
        )
    };
    match activation {
        Activation::Identity => from.to_string(),
        Activation::Relu => outer(&dialect.greatest("v", "0.0")),
        Activation::Silu => outer(&format!("v / {}", sigmoid())),
        Activation::Tanh => outer("tanh(v)"),
        Activation::Sigmoid => outer(&format!("1.0 / {}", sigmoid())),
        Activation::Gelu => gelu(&inner, dialect),
    }
}

/// `max(v, 0)` less a times the tail at a = |v|.
fn gelu(inner: &str, dialect: Dialect) -> String {
    let polynomial = TAIL
        .iter()
        .fold(String::new(), |text, own| match text.as_str() {
            "" => number(*own),
            text => format!("({text} * t + {})", number(*own)),
        });
    let size = dialect.least("abs(v)", "12.0");
    format!(
        "SELECT row_no, net, item,\n  {} - a * exp(-0.5 * a * a) * t\n    * {polynomial} AS v\n\
         FROM (\n  SELECT row_no, net, item, v, {size} AS a, 1.0 / (1.0 + 0.25 * {size}) AS t\n  \
         FROM (\n    {}\n  ) AS z\n) AS t",
        dialect.greatest("v", "0.0"),
        super::dialect::indented(inner, 2)
    )
}
