//! A polynomial of few monomials, in the user's units.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::data::Subset;
use super::options::FitOptions;
use crate::matrix::Matrix;
use crate::neuron::{Neuron, Term};
use crate::prepare::{Outcome as TargetScale, SearchScale};
use crate::search::sparse::{self, Monomial, Sparse};
use crate::search::{Formula, Report, Step};
use crate::table::print_number;
use crate::terms::Polynomial;

/// The target, or the function of it that is fitted, as a sum of monomials of the inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Equation {
    /// What it is equal to, such as `M^2`.
    pub target: String,
    /// The constant.
    pub intercept: f64,
    /// The monomials, that which explains most first.
    pub terms: Vec<EquationTerm>,
    /// The share of the (transformed) target's variance that it leaves on the rows that were
    /// searched.
    pub left: f64,
}

/// A monomial with its coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EquationTerm {
    /// The inputs with their powers.
    pub inputs: Vec<(String, u32)>,
    /// In the units of the columns.
    pub coefficient: f64,
    /// The share of the target's variance that is lost without it, the rest refitted.
    pub explained: f64,
}

impl Equation {
    fn new(sparse: &Sparse, target: String, names: &[String]) -> Equation {
        let term = |monomial: &Monomial| EquationTerm {
            inputs: (monomial.powers.iter())
                .map(|(input, power)| (names.get(*input).cloned().unwrap_or_default(), *power))
                .collect(),
            coefficient: monomial.coefficient,
            explained: monomial.explained,
        };
        Equation {
            target,
            intercept: sparse.intercept,
            terms: sparse.monomials.iter().map(term).collect(),
            left: sparse.left,
        }
    }

    /// The same monomials with the coefficients of `polynomial`, whose inputs are divided by `scale`
    /// and nothing else; `None` where it has other monomials.
    pub(super) fn refitted(
        &self,
        polynomial: &Polynomial,
        (scale, outcome): (&SearchScale, &TargetScale),
        names: &[String],
    ) -> Option<Equation> {
        let (mean, deviation) = outcome.only_line()?;
        let sizes: Vec<f64> = scale.inputs().iter().map(|input| input.scale).collect();
        let mut found = monomials(polynomial);
        let mut equation = self.clone();
        equation.intercept = mean + deviation * polynomial.intercept.first()?;
        for term in &mut equation.terms {
            let place = |name: &String| names.iter().position(|own| own == name);
            let powers = term.inputs.iter();
            let powers = powers.map(|(name, power)| Some((place(name)?, *power)));
            let mut powers: Vec<(usize, u32)> = powers.collect::<Option<_>>()?;
            powers.sort_unstable();
            let sizes = powers
                .iter()
                .map(|(i, power)| sizes[*i].powi(*power as i32));
            let size: f64 = sizes.product();
            term.coefficient = deviation * found.remove(&powers)? / size;
        }
        found.is_empty().then_some(equation)
    }

    /// In symbols, coefficients to six digits: `M^2 = 2 * E1 * E2 - 2 * px1 * px2`.
    pub fn text(&self) -> String {
        let mut text = format!("{} =", self.target);
        let mut first = true;
        let mut add = |coefficient: f64, factors: &str| {
            let sign = match (coefficient < 0.0, first) {
                (true, _) => " -",
                (false, true) => "",
                (false, false) => " +",
            };
            first = false;
            text.push_str(&format!(
                "{sign} {}{factors}",
                six_digits(coefficient.abs())
            ));
        };
        // A sum does not begin with a minus where it need not.
        let lead = self.terms.iter().position(|term| term.coefficient > 0.0);
        let lead = lead.and_then(|index| self.terms.get(index));
        let rest = self
            .terms
            .iter()
            .filter(|term| !lead.is_some_and(|lead| std::ptr::eq(lead, *term)));
        for term in lead.into_iter().chain(rest) {
            let factors: String = term.inputs.iter().map(factor).collect();
            add(term.coefficient, &factors);
        }
        if self.intercept != 0.0 || self.terms.is_empty() {
            add(self.intercept, "");
        }
        text
    }
}

/// The monomials of the first output with their coefficients, those of 0 left out; only for
/// polynomials whose products have few inputs.
fn monomials(polynomial: &Polynomial) -> BTreeMap<Vec<(usize, u32)>, f64> {
    let mut found = BTreeMap::new();
    for term in &polynomial.pure {
        for input in (0..polynomial.inputs).filter(|input| term.weights.row(*input)[0] != 0.0) {
            let powers = vec![(input, term.order as u32)];
            *found.entry(powers).or_insert(0.0) += term.weights.row(input)[0];
        }
    }
    for piece in &polynomial.pieces {
        let mut products = vec![(BTreeMap::<usize, u32>::new(), piece.weights[0])];
        for factor in 0..piece.order() {
            let row = piece.factors.row(factor);
            let own = || row.iter().enumerate().filter(|(_, u)| **u != 0.0);
            let longer = products.iter().flat_map(|(powers, weight)| {
                own().map(move |(input, u)| {
                    let mut powers = powers.clone();
                    *powers.entry(input).or_insert(0) += 1;
                    (powers, weight * u)
                })
            });
            products = longer.collect();
        }
        for (powers, weight) in products {
            *found.entry(powers.into_iter().collect()).or_insert(0.0) += weight;
        }
    }
    found
}

fn factor((name, power): &(String, u32)) -> String {
    format!(" * {}", factor_text(name, 0.0, *power))
}

/// A power of an input, from which something is taken first.
pub(crate) fn factor_text(name: &str, shift: f64, power: u32) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "_.".contains(letter);
    let name = match name.chars().all(plain) {
        true => name.to_string(),
        false => format!("[{name}]"),
    };
    let base = match shift {
        0.0 => name,
        shift if shift < 0.0 => format!("({name} + {})", six_digits(-shift)),
        shift => format!("({name} - {})", six_digits(shift)),
    };
    match power {
        1 => base,
        power => format!("{base}^{power}"),
    }
}

pub(crate) fn six_digits(value: f64) -> String {
    print_number(format!("{value:.5e}").parse().unwrap_or(value))
}

/// A search's report with the scale of the inputs of its formula.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Found {
    pub report: Report,
    pub scale: SearchScale,
    pub equation: Option<Equation>,
}

impl Found {
    /// What a search of the rows found, written in fewer coefficients where it can be.
    pub fn new(
        mut report: Report,
        rows: &Subset,
        (inputs, scale): (&SearchScale, &TargetScale),
        names: &[String],
        options: &FitOptions,
    ) -> Found {
        let Some((sparse, plain)) = simplified(&mut report, rows, (inputs, scale), options) else {
            let scale = inputs.clone();
            return Found {
                report,
                scale,
                equation: None,
            };
        };
        let target = options.prepare.targets.first().cloned().unwrap_or_default();
        let target = scale.transform().unwrap_or_default().text(&target);
        Found {
            report,
            scale: plain,
            equation: Some(Equation::new(&sparse, target, names)),
        }
    }
}

/// Writes the report's polynomial in fewer coefficients; the scale of its inputs is then plain.
fn simplified(
    report: &mut Report,
    rows: &Subset,
    (inputs, scale): (&SearchScale, &TargetScale),
    options: &FitOptions,
) -> Option<(Sparse, SearchScale)> {
    let polynomial = report.formula.polynomial()?;
    let (mean, deviation) = scale.only_line()?;
    if polynomial.neuron().is_empty() || !polynomial.functions.is_empty() {
        return None;
    }
    let unscaled = |values: &Matrix<f64>| -> Vec<f64> {
        values
            .data()
            .iter()
            .map(|value| value * deviation + mean)
            .collect()
    };
    let terms = polynomial.neuron();
    let sparse = sparse::simplify(&sparse::Found {
        inputs: &rows.encoded.leading_columns(inputs.inputs().len()),
        y: &unscaled(&scale.scaled(&rows.truth)),
        fitted: &unscaled(&polynomial.values(&inputs.apply(&rows.encoded))),
        weights: rows.weights.as_deref(),
        parameters: polynomial.parameters(),
        degree: (terms.terms().iter().map(|term| term.order()).max()?)
            .max(2)
            .min(options.search.max_order),
    })?;
    let plain = inputs.plain();
    let sizes: Vec<f64> = plain.inputs().iter().map(|input| input.scale).collect();
    let written = sparse::polynomial(&sparse, &sizes, (mean, deviation))?;
    let rank = |neuron: &Neuron| {
        let ranks = neuron
            .interactions()
            .into_iter()
            .filter_map(|(_, rank)| rank);
        ranks.max().unwrap_or(0)
    };
    let (before, after) = (rank(&report.neuron), rank(&written.neuron()));
    let few = written.parameters() * 2 <= polynomial.parameters()
        || sparse.left < 0.1 * sparse.found_left;
    if after > options.search.max_rank || (after > before && !few) {
        return None;
    }
    rewrite(report, &sparse, written);
    Some((sparse, plain))
}

fn rewrite(report: &mut Report, sparse: &Sparse, written: Polynomial) {
    let before = std::mem::replace(&mut report.neuron, written.neuron());
    report.evidence = sparse.evidence.clone();
    for evidence in &mut report.evidence {
        if let Term::Interaction { order, rank } = &mut evidence.term {
            let ranks = report.neuron.interactions();
            *rank = ranks
                .iter()
                .find(|(o, _)| o == order)
                .and_then(|(_, rank)| *rank);
        }
    }
    report.formula = Formula::Polynomial(written);
    report.path.push(Step {
        neuron: report.neuron.clone(),
        action: format!("write as {} monomials", sparse.monomials.len()),
        criterion: sparse.bic,
    });
    if before != report.neuron {
        // What was said of the structure in its first words.
        let said = before.to_string();
        report.warnings.retain(|warning| !warning.contains(&said));
        report.alternatives.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equation_in_symbols() {
        let term = |inputs: &[(&str, u32)], coefficient| EquationTerm {
            inputs: inputs
                .iter()
                .map(|(name, power)| (name.to_string(), *power))
                .collect(),
            coefficient,
            explained: 0.5,
        };
        let mut equation = Equation {
            target: "M^2".to_string(),
            intercept: 0.0,
            terms: vec![
                term(&[("E1", 1), ("E2", 1)], 1.9999998),
                term(&[("p x", 2)], -0.00012345678),
            ],
            left: 0.0,
        };
        assert_eq!(equation.text(), "M^2 = 2 * E1 * E2 - 0.000123457 * [p x]^2");
        equation.intercept = 3.5;
        equation.terms.remove(0);
        assert_eq!(equation.text(), "M^2 = - 0.000123457 * [p x]^2 + 3.5");
        equation.terms.clear();
        assert_eq!(equation.text(), "M^2 = 3.5");
    }
}
