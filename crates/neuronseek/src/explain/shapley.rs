//! Shapley values of a polynomial, exactly.
//!
//! The value of a set S of inputs is the mean of the polynomial over rows of a background, the
//! inputs in S taken from the row that is explained (interventional Shapley values: Štrumbelj,
//! Kononenko, Explaining prediction models and individual predictions with feature contributions,
//! 2014; Janzing and others, Feature relevance quantification in explainable AI, 2020). Values are
//! linear in the polynomial, so each product of powers is a game of its few inputs alone, and for a
//! product `prod a_i` against `prod b_i` the sum over subsets is
//!
//! `phi_i = (a_i - b_i) sum_s s! (q - 1 - s)! / q! e_s`,
//!
//! with q inputs and e_s the coefficient of t^s in `prod_{j != i} (a_j t + b_j)`. Sampling subsets was
//! rejected: the exact sum costs less than a few hundred samples.

use crate::matrix::Matrix;
use crate::model::Expanded;

/// A prediction as a sum over inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// The mean over the background.
    pub base: f64,
    /// One an input; with the base they add up to the value of the row.
    pub values: Vec<f64>,
}

/// Shapley values of one output of a polynomial for a row of inputs, against the rows of
/// `background` (rows x inputs), all in the user's units. The cost is rows of the background times
/// products times the square of their inputs.
///
/// # Panics
/// When the background has no row, or an index or a width does not fit.
pub fn attributions(
    expanded: &Expanded,
    output: usize,
    row: &[f64],
    background: &Matrix<f64>,
) -> Attribution {
    assert!(background.rows() > 0, "rows of the background");
    let own = expanded.centred(row);
    let others: Vec<Vec<f64>> = (0..background.rows())
        .map(|row| expanded.centred(background.row(row)))
        .collect();
    let share = 1.0 / others.len() as f64;
    let mut base = 0.0;
    let mut values = vec![0.0; expanded.inputs.len()];
    for (powers, coefficient) in &expanded.outputs[output].monomials {
        let a: Vec<f64> = power_of(powers, &own).collect();
        let weights = weights(a.len());
        for other in &others {
            let b: Vec<f64> = power_of(powers, other).collect();
            base += share * coefficient * b.iter().product::<f64>();
            for (place, (input, _)) in powers.iter().enumerate() {
                values[*input] += share * coefficient * of_product(&a, &b, place, &weights);
            }
        }
    }
    Attribution { base, values }
}

fn power_of<'a>(powers: &'a [(usize, u32)], row: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    powers
        .iter()
        .map(|(input, power)| row[*input].powi(*power as i32))
}

/// `s! (q - 1 - s)! / q!` for s from 0 to q - 1.
fn weights(q: usize) -> Vec<f64> {
    // One over q times the number of ways to choose s of q - 1.
    let mut ways = 1.0;
    (0..q)
        .map(|s| {
            let weight = 1.0 / (q as f64 * ways);
            ways *= (q - 1 - s) as f64 / (s + 1) as f64;
            weight
        })
        .collect()
}

/// The Shapley value of input `place` in `prod a` against `prod b`.
fn of_product(a: &[f64], b: &[f64], place: usize, weights: &[f64]) -> f64 {
    let mut coefficients = vec![0.0; a.len()];
    coefficients[0] = 1.0;
    let mut degree = 0;
    for (other, (a, b)) in a.iter().zip(b).enumerate() {
        if other == place {
            continue;
        }
        degree += 1;
        for s in (1..=degree).rev() {
            coefficients[s] = coefficients[s] * b + coefficients[s - 1] * a;
        }
        coefficients[0] *= b;
    }
    let sum: f64 = coefficients.iter().zip(weights).map(|(e, w)| e * w).sum();
    (a[place] - b[place]) * sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{ExpandedInput, ExpandedOutput};

    /// The definition: the mean gain of an input over all orders, by subsets.
    fn by_subsets(expanded: &Expanded, row: &[f64], background: &Matrix<f64>) -> Vec<f64> {
        let inputs = row.len();
        let worth = |set: usize| -> f64 {
            let mixed = (0..background.rows()).map(|other| {
                let other = background.row(other);
                let cell = |i: usize| if set >> i & 1 == 1 { row[i] } else { other[i] };
                let mixed: Vec<f64> = (0..inputs).map(cell).collect();
                expanded.values(&mixed)[0]
            });
            mixed.sum::<f64>() / background.rows() as f64
        };
        let worths: Vec<f64> = (0..1 << inputs).map(worth).collect();
        let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
        let of = |input: usize| {
            let without = (0..1usize << inputs).filter(|set| set >> input & 1 == 0);
            let gains = without.map(|set| {
                let size = set.count_ones() as usize;
                let weight = factorial(size) * factorial(inputs - size - 1) / factorial(inputs);
                weight * (worths[set | 1 << input] - worths[set])
            });
            gains.sum()
        };
        (0..inputs).map(of).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn they_are_the_sum_over_all_subsets(
            inputs in 1usize..=10,
            numbers in proptest::collection::vec(-2.0f64..2.0, 80),
            products in proptest::collection::vec(
                (proptest::collection::btree_map(0usize..10, 1u32..4, 0..5), -3.0f64..3.0),
                1..6,
            ),
            shift in -1.0f64..1.0,
        ) {
            let within = |powers: std::collections::BTreeMap<usize, u32>| -> Vec<(usize, u32)> {
                powers.into_iter().filter(|(input, _)| *input < inputs).collect()
            };
            let expanded = Expanded {
                inputs: (0..inputs)
                    .map(|input| ExpandedInput {
                        name: format!("x{input}"),
                        shift: if input == 0 { shift } else { 0.0 },
                        limits: (input == 1).then_some([-1.0, 1.5]),
                    })
                    .collect(),
                outputs: vec![ExpandedOutput {
                    name: "y".to_string(),
                    monomials: products.into_iter().map(|(p, c)| (within(p), c)).collect(),
                }],
                predicts: true,
            };
            let row = &numbers[..inputs];
            let background = Matrix::from_vec(5, inputs, numbers[inputs..6 * inputs].to_vec());
            let found = attributions(&expanded, 0, row, &background);
            let expected = by_subsets(&expanded, row, &background);
            let total = found.base + found.values.iter().sum::<f64>();
            prop_assert!((total - expanded.values(row)[0]).abs() < 1e-9);
            for (found, expected) in found.values.iter().zip(&expected) {
                prop_assert!((found - expected).abs() < 1e-9, "{} {}", found, expected);
            }
        }
    }
}
