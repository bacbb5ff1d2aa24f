//! The same polynomial in fewer coefficients.
//!
//! A search fits products of projections. Their factors can be mixed without changing the sum of
//! the products, so `x1 x2 + x3 x4` comes out as two products of dense factors, and where inputs
//! depend on each other (`pt^2 = px^2 + py^2`) as another structure still, or is missed. So the
//! polynomial is sought again among the monomials of the inputs as the user has them: one monomial
//! after the other is taken in, those that have become needless are left out, until no more is left
//! than the search left. The result counts when it has fewer coefficients and leaves nearly
//! nothing: what is no polynomial is left to the search. (Dropping inputs from the factors one by
//! one was rejected: mixed factors have no zeros to find.)
//!
//! | file | what it does |
//! |---|---|
//! | `candidates` | the monomials up to a degree, and their values |
//! | `stepwise` | which of them, by sweeps over the matrix of their moments |
//! | `written` | from monomials to a polynomial of few pieces |

mod candidates;
mod stepwise;
mod written;

pub(crate) use written::polynomial;

use self::candidates::{Powers, monomials, values};
use self::stepwise::{Rules, Stepwise};
use super::Evidence;
use super::moments::Moments;
use crate::linear::Cholesky;
use crate::matrix::Matrix;
use crate::neuron::Term;

/// Only a sum of monomials that leaves less than this share of the target's variance counts.
const NEARLY_EXACT: f64 = 1e-3;

/// Which monomials there are is settled on at most so many rows, evenly spaced.
const MOST_ROWS: usize = 4_000;

/// A monomial of the inputs in the user's units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Monomial {
    /// (input, power), ascending by input.
    pub powers: Powers,
    pub coefficient: f64,
    /// The share of the target's variance that is lost without it, the rest refitted.
    pub explained: f64,
}

/// A sum of few monomials.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sparse {
    pub intercept: f64,
    /// That which explains most first.
    pub monomials: Vec<Monomial>,
    /// The share of the target's variance that it leaves.
    pub left: f64,
    /// The share that the search's polynomial leaves.
    pub found_left: f64,
    /// BIC up to a constant of the rows.
    pub bic: f64,
    /// One entry per term of the structure, ranks left open.
    pub evidence: Vec<Evidence>,
}

/// What is to be written in fewer coefficients.
pub(crate) struct Found<'a> {
    /// rows x inputs, in the user's units.
    pub inputs: &'a Matrix<f64>,
    /// The target.
    pub y: &'a [f64],
    /// What the search's polynomial predicts.
    pub fitted: &'a [f64],
    pub weights: Option<&'a [f64]>,
    /// The number of its coefficients.
    pub parameters: usize,
    /// The highest degree of a monomial.
    pub degree: usize,
}

/// The polynomial as a sum of few monomials; `None` where no sum of fewer coefficients is as good
/// and nearly exact, or where there are too many monomials to look at.
pub(crate) fn simplify(found: &Found<'_>) -> Option<Sparse> {
    let weights = match found.weights {
        Some(weights) => weights.to_vec(),
        None => vec![1.0; found.y.len()],
    };
    let left = left(found.y, found.fitted, &weights);
    if !left.is_finite() {
        return None;
    }
    let rows = found.y.len();
    let count = rows.min(MOST_ROWS);
    let some: Vec<usize> = (0..count).map(|i| i * rows / count).collect();
    let of = |all: &[f64]| -> Vec<f64> { some.iter().map(|&row| all[row]).collect() };
    let sample = Found {
        inputs: &found.inputs.select_rows(&some),
        y: &of(found.y),
        fitted: &of(found.fitted),
        weights: Some(&of(&weights)),
        ..*found
    };
    for degree in 1..=found.degree {
        let all = monomials(sample.inputs, degree)?;
        let Some((chosen, path)) = settle(&sample, &all) else {
            continue;
        };
        let powers: Vec<Powers> = chosen.iter().map(|&index| all[index].clone()).collect();
        let mut sparse = fit(found, &weights, &powers, &path, &chosen)?;
        sparse.found_left = left;
        let rules = Rules::new(left, found.parameters, weights.iter().sum());
        let good = rules.accepts(sparse.left, powers.len()) && sparse.left <= NEARLY_EXACT;
        if good {
            return Some(sparse);
        }
    }
    None
}

/// Which monomials, settled on some rows.
fn settle(found: &Found<'_>, all: &[Powers]) -> Option<(Vec<usize>, Stepwise)> {
    let weights = found.weights?;
    let features = values(found.inputs, all);
    let moments = Moments::new(&features, found.y, weights).ok()?;
    let left = left(found.y, found.fitted, weights);
    let rules = Rules::new(left, found.parameters, weights.iter().sum());
    let mut path = Stepwise::new(&moments);
    let chosen = path.run(&rules)?;
    Some((chosen, path))
}

/// The coefficients of the chosen monomials on all rows.
fn fit(
    found: &Found<'_>,
    weights: &[f64],
    powers: &[Powers],
    path: &Stepwise,
    chosen: &[usize],
) -> Option<Sparse> {
    let features = values(found.inputs, powers);
    let count: f64 = weights.iter().sum();
    let criterion = |left: f64, parameters: usize| {
        count * left.max(stepwise::EXACT).ln() + parameters as f64 * count.ln()
    };
    let solved = |intercept: bool| -> Option<(Vec<f64>, f64)> {
        let coefficients = least_squares(&features, found.y, weights, intercept)?;
        let fitted: Vec<f64> = (0..features.rows())
            .map(|row| predicted(features.row(row), &coefficients))
            .collect();
        let left = left(found.y, &fitted, weights);
        left.is_finite().then_some((coefficients, left))
    };
    let with = solved(true)?;
    let without = solved(false);
    let (coefficients, left) = match without {
        Some(without) if Rules::needless(with.1, without.1, count) => without,
        _ => with,
    };
    let losses = path.losses(chosen);
    let mut monomials: Vec<Monomial> = powers
        .iter()
        .zip(&losses)
        .zip(&coefficients)
        .map(|((powers, loss), &coefficient)| Monomial {
            powers: powers.clone(),
            coefficient,
            explained: loss.clamp(0.0, 1.0),
        })
        .collect();
    monomials.sort_by(|a, b| b.explained.total_cmp(&a.explained));
    let intercept = coefficients[powers.len()];
    let parameters = powers.len() + usize::from(intercept != 0.0);
    Some(Sparse {
        evidence: evidence(powers, chosen, path, count),
        intercept,
        monomials,
        left,
        found_left: f64::NAN,
        bic: criterion(left, parameters),
    })
}

/// What each term is worth: all its monomials dropped and the rest refitted.
fn evidence(powers: &[Powers], chosen: &[usize], path: &Stepwise, count: f64) -> Vec<Evidence> {
    let mut groups: Vec<(Term, Vec<usize>)> = Vec::new();
    for (powers, &index) in powers.iter().zip(chosen) {
        let term = written::term(powers);
        match groups.iter_mut().find(|(known, _)| *known == term) {
            Some((_, group)) => group.push(index),
            None => groups.push((term, vec![index])),
        }
    }
    groups.sort_by_key(|(term, _)| *term);
    let one = |(term, group): (Term, Vec<usize>)| {
        let (left, without) = (path.left(), path.left_without(&group));
        let ratio = without.max(stepwise::EXACT) / left.max(stepwise::EXACT);
        Evidence {
            term,
            bic_gain: Some(count * ratio.ln() - group.len() as f64 * count.ln()),
            gate_probability: None,
            explained: (without - left).clamp(0.0, 1.0),
        }
    };
    groups.into_iter().map(one).collect()
}

/// One coefficient per column and the intercept last, 0 where there is none to be.
fn least_squares(
    features: &Matrix<f64>,
    y: &[f64],
    weights: &[f64],
    intercept: bool,
) -> Option<Vec<f64>> {
    let columns = features.columns() + usize::from(intercept);
    let cell = |row: usize, column: usize| match features.row(row).get(column) {
        Some(value) => *value,
        None => 1.0,
    };
    let mut scale = vec![0.0f64; columns];
    for (row, weight) in weights.iter().enumerate() {
        for (column, scale) in scale.iter_mut().enumerate() {
            *scale += weight * cell(row, column).powi(2);
        }
    }
    let scale: Vec<f64> = scale.iter().map(|sum| sum.sqrt()).collect();
    if scale
        .iter()
        .any(|scale| !(*scale > 0.0 && scale.is_finite()))
    {
        return None;
    }
    let mut gram = vec![0.0; columns * columns];
    for (row, weight) in weights.iter().enumerate() {
        for i in 0..columns {
            let left = weight * cell(row, i) / scale[i];
            for j in 0..=i {
                gram[i * columns + j] += left * cell(row, j) / scale[j];
            }
        }
    }
    let factor = Cholesky::factor(gram, columns).ok()?;
    let mut coefficients = vec![0.0; columns];
    // The second round takes away the rounding errors that the normal equations bring.
    for _ in 0..2 {
        let mut right = vec![0.0; columns];
        for (row, weight) in weights.iter().enumerate() {
            let fitted: f64 = (0..columns)
                .map(|j| cell(row, j) / scale[j] * coefficients[j])
                .sum();
            for (j, right) in right.iter_mut().enumerate() {
                *right += weight * (y[row] - fitted) * cell(row, j) / scale[j];
            }
        }
        factor.solve(&mut right);
        coefficients
            .iter_mut()
            .zip(&right)
            .for_each(|(c, r)| *c += r);
    }
    let pairs = coefficients.iter().zip(&scale);
    let mut coefficients: Vec<f64> = pairs.map(|(c, scale)| c / scale).collect();
    coefficients.resize(features.columns() + 1, 0.0);
    Some(coefficients)
}

fn predicted(features: &[f64], coefficients: &[f64]) -> f64 {
    let terms = features.iter().zip(coefficients).map(|(x, c)| c * x);
    terms.sum::<f64>() + coefficients[features.len()]
}

/// The squared error as a share of the variance.
fn left(y: &[f64], fitted: &[f64], weights: &[f64]) -> f64 {
    let count: f64 = weights.iter().sum();
    let mean = y.iter().zip(weights).map(|(y, w)| w * y).sum::<f64>() / count;
    let total: f64 = y
        .iter()
        .zip(weights)
        .map(|(y, w)| w * (y - mean).powi(2))
        .sum();
    let pairs = y.iter().zip(fitted).zip(weights);
    let squares: f64 = pairs.map(|((y, f), w)| w * (y - f).powi(2)).sum();
    squares / total
}

#[cfg(test)]
mod tests;
