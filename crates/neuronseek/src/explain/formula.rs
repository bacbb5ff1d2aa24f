//! The polynomial part: its strongest products, pairs and triples of inputs.

use std::cmp::Ordering::Less;
use std::collections::BTreeMap;

use super::coefficients;
use super::document::{InteractionPart, MonomialPart, PolynomialOutput, PolynomialPart, ShiftPart};
use crate::export::latex;
use crate::matrix::Matrix;
use crate::model::{Expanded, ExpandedOutput, factor_text, six_digits};

/// Products that are listed.
const LISTED: usize = 30;

/// Products that a formula in symbols has.
const WRITTEN: usize = 12;

/// Pairs and triples that are listed.
const TOGETHER: usize = 10;

/// A product of powers of inputs.
type Powers = Vec<(usize, u32)>;

/// What the coefficients are, on the rows of the report if there are any: encoded inputs in the
/// user's units. `columns` says of which column an input is, where it is of one.
pub(super) fn polynomial(
    expanded: &Expanded,
    rows: Option<&Matrix<f64>>,
    columns: &[Option<usize>],
    intervals: Result<coefficients::Intervals<'_>, String>,
) -> PolynomialPart {
    let centred: Option<Vec<Vec<f64>>> = rows.map(|rows| {
        (0..rows.rows())
            .map(|row| expanded.centred(rows.row(row)))
            .collect()
    });
    let (intervals, missing) = match intervals {
        Ok(intervals) => (Some(intervals), None),
        Err(reason) => (None, Some(reason)),
    };
    let shifts = expanded.inputs.iter().filter(|input| input.shift != 0.0);
    let output = |(index, output): (usize, &ExpandedOutput)| {
        let ranked = ranked(output, centred.as_deref());
        let together = match &centred {
            Some(rows) => Together::new(output, rows, columns),
            None => Together::default(),
        };
        let listed = |(place, share): &(usize, Option<f64>)| {
            let (powers, coefficient) = &output.monomials[*place];
            let standard_error = intervals.as_ref();
            let standard_error = standard_error.and_then(|all| all.standard_error(index, powers));
            MonomialPart {
                text: product_text(expanded, powers),
                inputs: (powers.iter())
                    .map(|(input, power)| (expanded.inputs[*input].name.clone(), *power))
                    .collect(),
                coefficient: *coefficient,
                interval: standard_error.map(|error| {
                    let half = coefficients::HALF_WIDTH * error;
                    [coefficient - half, coefficient + half]
                }),
                share: *share,
            }
        };
        PolynomialOutput {
            name: output.name.clone(),
            text: text(expanded, output, &ranked),
            latex: latex_text(expanded, output, &ranked),
            total: ranked.len(),
            constant: constant(output),
            monomials: ranked.iter().take(LISTED).map(listed).collect(),
            pairs: together.strongest(expanded, 2),
            triples: together.strongest(expanded, 3),
        }
    };
    PolynomialPart {
        predicts: expanded.predicts,
        shifts: shifts
            .map(|input| ShiftPart {
                input: input.name.clone(),
                shift: input.shift,
            })
            .collect(),
        outputs: expanded.outputs.iter().enumerate().map(output).collect(),
        intervals: intervals.map(|intervals| intervals.how),
        intervals_missing: missing,
    }
}

fn constant(output: &ExpandedOutput) -> f64 {
    let constants = output
        .monomials
        .iter()
        .filter(|(powers, _)| powers.is_empty());
    constants.map(|(_, coefficient)| coefficient).sum()
}

/// The places of the products, the strongest first, with their shares; without rows by degree.
fn ranked(output: &ExpandedOutput, rows: Option<&[Vec<f64>]>) -> Vec<(usize, Option<f64>)> {
    let products = output.monomials.iter().enumerate();
    let products = products.filter(|(_, (powers, c))| !powers.is_empty() && *c != 0.0);
    let Some(rows) = rows.filter(|rows| !rows.is_empty()) else {
        return products.map(|(place, _)| (place, None)).collect();
    };
    let mut total = vec![0.0; rows.len()];
    let mut variances = Vec::new();
    for (place, (powers, coefficient)) in products {
        let values: Vec<f64> = rows
            .iter()
            .map(|row| coefficient * product(powers, row))
            .collect();
        for (total, value) in total.iter_mut().zip(&values) {
            *total += value;
        }
        variances.push((place, variance(&values)));
    }
    let whole = variance(&total);
    variances.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let share = |variance: f64| Some(variance / whole).filter(|share| share.is_finite());
    // What rounding left of products that cancel each other is none.
    variances.retain(|(_, variance)| variance.partial_cmp(&(1e-20 * whole)) != Some(Less));
    variances
        .into_iter()
        .map(|(place, variance)| (place, share(variance)))
        .collect()
}

pub(super) fn product(powers: &[(usize, u32)], row: &[f64]) -> f64 {
    let factors = powers
        .iter()
        .map(|(input, power)| row[*input].powi(*power as i32));
    factors.product()
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / values.len() as f64
}

fn product_text(expanded: &Expanded, powers: &[(usize, u32)]) -> String {
    let factors = powers.iter().map(|(input, power)| {
        let input = &expanded.inputs[*input];
        factor_text(&input.name, input.shift, *power)
    });
    factors.collect::<Vec<String>>().join(" * ")
}

/// The constant and the strongest products.
fn text(expanded: &Expanded, output: &ExpandedOutput, ranked: &[(usize, Option<f64>)]) -> String {
    let mut text = format!("{} = {}", output.name, six_digits(constant(output)));
    for (place, _) in ranked.iter().take(WRITTEN) {
        let (powers, coefficient) = &output.monomials[*place];
        let sign = if *coefficient < 0.0 { "-" } else { "+" };
        let size = six_digits(coefficient.abs());
        text += &format!(" {sign} {size} * {}", product_text(expanded, powers));
    }
    if ranked.len() > WRITTEN {
        text += " + ...";
    }
    text
}

fn latex_text(
    expanded: &Expanded,
    output: &ExpandedOutput,
    ranked: &[(usize, Option<f64>)],
) -> String {
    let strongest = ranked.iter().take(WRITTEN);
    let mut monomials = vec![(Vec::new(), constant(output))];
    monomials.extend(strongest.map(|(place, _)| output.monomials[*place].clone()));
    let few = Expanded {
        inputs: expanded.inputs.clone(),
        outputs: vec![ExpandedOutput {
            name: output.name.clone(),
            monomials,
        }],
        predicts: expanded.predicts,
    };
    let text = latex(&few);
    // The first line is a comment.
    let text = text.split_once('\n').map_or("", |(_, rest)| rest).trim();
    match ranked.len() > WRITTEN {
        true => text.replace("\n\\end{align*}", " \\\\\n  & {}+ \\cdots\n\\end{align*}"),
        false => text.to_string(),
    }
}

/// The variance of a polynomial of independent inputs, by the inputs that act together (functional
/// analysis of variance: Sobol, Sensitivity estimates for nonlinear mathematical models, 1993).
///
/// A product of powers of the inputs T is, with `d_i = x_i^a_i - E x_i^a_i`,
/// `sum over S within T of prod_{i in S} d_i prod_{i in T less S} E x_i^a_i`, and parts of different
/// S do not correlate; means and covariances of powers are those of the rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Together {
    /// Variances of the sets of inputs.
    pub variances: BTreeMap<Vec<usize>, f64>,
    /// Sets of inputs of one column, which exclude each other, are no interaction.
    columns: Vec<Option<usize>>,
}

impl Together {
    pub fn new(output: &ExpandedOutput, rows: &[Vec<f64>], columns: &[Option<usize>]) -> Together {
        let moments = Moments::new(output, rows);
        let mut parts: BTreeMap<Vec<usize>, BTreeMap<Powers, f64>> = BTreeMap::new();
        for (powers, coefficient) in &output.monomials {
            // Sets of more inputs are too many.
            if powers.len() > 8 {
                continue;
            }
            for set in 1usize..1 << powers.len() {
                let within = |place: usize| set >> place & 1 == 1;
                let mut factor = *coefficient;
                let mut own = Vec::new();
                for (place, &(input, power)) in powers.iter().enumerate() {
                    match within(place) {
                        true => own.push((input, power)),
                        false => factor *= moments.mean(input, power),
                    }
                }
                let inputs = own.iter().map(|(input, _)| *input).collect();
                *parts.entry(inputs).or_default().entry(own).or_insert(0.0) += factor;
            }
        }
        let variance = |parts: &BTreeMap<Powers, f64>| -> f64 {
            let pairs = parts
                .iter()
                .flat_map(|left| parts.iter().map(move |right| (left, right)));
            pairs
                .map(|((left, a), (right, b))| {
                    let both = left.iter().zip(right);
                    let covariances = both.map(|(&(input, p), &(_, q))| {
                        moments.mean(input, p + q) - moments.mean(input, p) * moments.mean(input, q)
                    });
                    a * b * covariances.product::<f64>()
                })
                .sum()
        };
        Together {
            variances: parts
                .iter()
                .map(|(set, parts)| (set.clone(), variance(parts)))
                .collect(),
            columns: columns.to_vec(),
        }
    }

    /// The strongest sets of so many inputs, with their shares of the whole.
    fn strongest(&self, expanded: &Expanded, size: usize) -> Vec<InteractionPart> {
        self.ranked(size)
            .into_iter()
            .take(TOGETHER)
            .map(|(inputs, share)| InteractionPart {
                inputs: inputs
                    .iter()
                    .map(|i| expanded.inputs[*i].name.clone())
                    .collect(),
                share,
            })
            .collect()
    }

    /// The sets of so many inputs of different columns, the strongest first.
    pub fn ranked(&self, size: usize) -> Vec<(&[usize], f64)> {
        let whole: f64 = self.variances.values().sum();
        let apart = |set: &[usize]| {
            let column = |input: usize| self.columns.get(input).copied().flatten();
            let pairs = set.iter().enumerate();
            let mut pairs =
                pairs.flat_map(|(place, a)| set[place + 1..].iter().map(move |b| (a, b)));
            pairs.all(|(a, b)| column(*a).is_none() || column(*a) != column(*b))
        };
        let mut sets: Vec<(&[usize], f64)> = (self.variances.iter())
            .filter(|(set, _)| set.len() == size && apart(set))
            .map(|(set, variance)| (set.as_slice(), variance / whole))
            .filter(|(_, share)| *share > 1e-12)
            .collect();
        sets.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        sets
    }
}

/// Means of the powers of inputs.
struct Moments(BTreeMap<(usize, u32), f64>);

impl Moments {
    fn new(output: &ExpandedOutput, rows: &[Vec<f64>]) -> Moments {
        let mut highest: BTreeMap<usize, u32> = BTreeMap::new();
        for (input, power) in output.monomials.iter().flat_map(|(powers, _)| powers) {
            let known = highest.entry(*input).or_default();
            *known = (*known).max(*power);
        }
        let mut means = BTreeMap::new();
        for (input, power) in highest {
            for power in 1..=2 * power {
                let sum: f64 = rows.iter().map(|row| row[input].powi(power as i32)).sum();
                means.insert((input, power), sum / rows.len() as f64);
            }
        }
        Moments(means)
    }

    fn mean(&self, input: usize, power: u32) -> f64 {
        self.0.get(&(input, power)).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ExpandedInput;

    fn expanded(monomials: Vec<(Powers, f64)>) -> Expanded {
        let input = |name: &str| ExpandedInput {
            name: name.to_string(),
            shift: 0.0,
            limits: None,
        };
        Expanded {
            inputs: vec![input("a"), input("b"), input("c d")],
            outputs: vec![ExpandedOutput {
                name: "y".to_string(),
                monomials,
            }],
            predicts: true,
        }
    }

    /// All combinations, so that inputs are independent.
    fn rows() -> Vec<Vec<f64>> {
        let cells = [-1.0, 0.5, 3.0];
        let mut rows = Vec::new();
        for a in cells {
            for b in cells {
                rows.extend(cells.map(|c| vec![a, b, c]));
            }
        }
        rows
    }

    #[test]
    fn variances_of_sets_add_up_to_that_of_the_values() {
        let polynomial = expanded(vec![
            (vec![], 5.0),
            (vec![(0, 1)], 2.0),
            (vec![(0, 2), (1, 1)], -1.5),
            (vec![(0, 1), (1, 1), (2, 3)], 0.25),
        ]);
        let rows = rows();
        let together = Together::new(&polynomial.outputs[0], &rows, &[Some(0), Some(1), Some(2)]);
        let values: Vec<f64> = rows.iter().map(|row| polynomial.values(row)[0]).collect();
        let whole: f64 = together.variances.values().sum();
        assert!((whole / variance(&values) - 1.0).abs() < 1e-12);
        // The mean of what is left when a set is averaged out, by hand for the set of all three.
        let cubes: Vec<f64> = [-1.0f64, 0.5, 3.0].map(|c| c.powi(3)).to_vec();
        let plain = [-1.0, 0.5, 3.0];
        let expected = 0.0625 * variance(&plain).powi(2) * variance(&cubes);
        assert!((together.variances[&vec![0, 1, 2]] / expected - 1.0).abs() < 1e-12);
        // Inputs of one column exclude each other.
        let together = Together::new(&polynomial.outputs[0], &rows, &[Some(0), Some(0), None]);
        assert!(together.ranked(2).iter().all(|(set, _)| *set != [0, 1]));
        assert!(together.ranked(3).is_empty());
    }

    #[test]
    fn the_strongest_come_first_and_are_written() {
        let polynomial = expanded(vec![
            (vec![], 5.0),
            (vec![(0, 1)], -2.0),
            (vec![(0, 1), (2, 2)], 1.5),
        ]);
        let data: Vec<f64> = rows().into_iter().flatten().collect();
        let rows = Matrix::from_vec(27, 3, data);
        let part = super::polynomial(&polynomial, Some(&rows), &[], Err("no".to_string()));
        let output = &part.outputs[0];
        assert_eq!(output.text, "y = 5 + 1.5 * a * [c d]^2 - 2 * a");
        assert_eq!(
            output.monomials[0].inputs,
            [("a".to_string(), 1), ("c d".to_string(), 2)]
        );
        assert!(output.monomials[0].share > output.monomials[1].share);
        assert_eq!(output.pairs[0].inputs, ["a", "c d"]);
        assert!(
            output.latex.starts_with("\\begin{align*}"),
            "{}",
            output.latex
        );
        assert_eq!(part.intervals_missing.as_deref(), Some("no"));
    }
}
