//! Drop-one-and-refit for structures that another search proposes.
//!
//! The other search trains on what is left of the target and proposes terms with rough
//! coefficients. They are joined to what has been accepted, refitted in closed form, and dropped
//! again while that lowers BIC. This repeats until proposals no longer lower it.

use std::sync::Arc;

use super::finish::{self, Chosen};
use super::fit::{Fit, Product, State};
use super::grow::{Growth, LEAST_GAIN};
use super::rows::Rows;
pub(in crate::search) use super::rows::check;
use super::{AlsSettings, report};
use crate::matrix::Matrix;
use crate::neuron::Term;
use crate::observe::Control;
use crate::search::{Problem, Report, SearchError};

/// After so many fruitless proposals the search ends.
const PATIENCE: usize = 2;

/// More rounds than any neuron has terms.
const MOST_ROUNDS: usize = 24;

/// What is left of the target by the terms accepted so far.
pub(in crate::search) struct Left<'a> {
    /// Counts from 0.
    pub round: usize,
    /// How many proposals in a row lowered nothing.
    pub fruitless: usize,
    /// The rows of the problem that the search works on.
    pub rows: &'a [usize],
    /// The root mean square of each input, by which products' inputs are divided.
    pub scale: &'a [f64],
    /// rows x outputs, before row weights.
    pub residuals: Matrix<f64>,
}

/// A term with rough coefficients.
#[derive(Debug, Clone)]
pub(in crate::search) enum Proposal {
    /// A pure term or a function; its coefficients follow in closed form.
    ElementWise(Term),
    /// A product of projections of inputs divided by [`Left::scale`]: order x inputs factors and
    /// a size, the larger the more it explains.
    Product {
        order: usize,
        factors: Vec<f64>,
        size: f64,
    },
}

/// Searches by proposals. `propose` returns `None` to end.
pub(in crate::search) fn search(
    problem: &Problem<'_>,
    (settings, stage): (&AlsSettings, &'static str),
    seed: u64,
    control: &Control<'_>,
    propose: &mut dyn FnMut(&Left<'_>) -> Option<Vec<Proposal>>,
) -> Result<Report, SearchError> {
    let rows = Rows::new(problem, settings, seed)?;
    let mut growth = Growth::new(&rows, settings, seed, stage);
    let mut best = growth.finish(growth.empty(), None);
    growth.keep(&best);
    let mut fruitless = 0;
    for round in 0..MOST_ROUNDS {
        if control.should_stop() || fruitless == PATIENCE {
            break;
        }
        let left = left(&rows, &best, round, fruitless);
        let Some(proposals) = propose(&left) else {
            break;
        };
        let next = pruned(&mut growth, &rows, &best, &proposals, control);
        if next.bic < best.bic - LEAST_GAIN {
            growth.record(&best, &next, control);
            best = growth.backward(next, control);
            growth.keep(&best);
            fruitless = 0;
        } else {
            fruitless += 1;
        }
    }
    let chosen = finish::choose(&growth, best, control);
    report(problem, &rows, growth, chosen, control)
}

/// Fits a structure that another search has settled on: these element-wise terms and, of each
/// order's products, as many as lower BIC, but at least one.
pub(in crate::search) fn fit(
    problem: &Problem<'_>,
    (settings, stage): (&AlsSettings, &'static str),
    seed: u64,
    control: &Control<'_>,
    structure: &[Proposal],
) -> Result<Report, SearchError> {
    let rows = Rows::new(problem, settings, seed)?;
    let mut growth = Growth::new(&rows, settings, seed, stage);
    let mut best: Option<Fit> = None;
    let nothing = growth.empty();
    for most in [1, 2, 4, 8] {
        if best.is_some() && control.should_stop() {
            break;
        }
        let joined = joined(&rows, &nothing, structure, most);
        let fit = growth.finish(joined, None);
        growth.see(&fit);
        if best.as_ref().is_some_and(|best| fit.bic >= best.bic) {
            break;
        }
        best = Some(fit);
    }
    let fit = best.unwrap_or(nothing);
    report(problem, &rows, growth, Chosen::sure(fit), control)
}

fn left<'a>(rows: &'a Rows, fit: &Fit, round: usize, fruitless: usize) -> Left<'a> {
    let sample = &rows.sample;
    let state = State::new(sample, &fit.basis, &mut fit.products.clone());
    let count = sample.x.rows();
    let mut residuals = Matrix::zeros(count, state.residuals.len());
    for row in 0..count {
        for (to, residual) in residuals.row_mut(row).iter_mut().zip(&state.residuals) {
            let root = sample.root[row];
            *to = if root > 0.0 {
                residual[row] / root
            } else {
                0.0
            };
        }
    }
    Left {
        round,
        fruitless,
        rows: &rows.order[..count],
        scale: &sample.scale,
        residuals,
    }
}

/// The best of several reductions of the accepted and the proposed terms.
///
/// Training splits one product among several pieces: so first without any, then with the largest
/// piece of every order, then with two, four, eight, as long as that pays.
fn pruned(
    growth: &mut Growth<'_>,
    rows: &Rows,
    accepted: &Fit,
    proposals: &[Proposal],
    control: &Control<'_>,
) -> Fit {
    let mut best = accepted.clone();
    let (mut products, mut bic) = (None, f64::INFINITY);
    for most in [0, 1, 2, 4, 8] {
        let fit = joined(rows, accepted, proposals, most);
        if control.should_stop() || products == Some(fit.products.len()) {
            break;
        }
        products = Some(fit.products.len());
        let fit = growth.finish(fit, None);
        growth.see(&fit);
        if fit.bic >= bic {
            break;
        }
        bic = fit.bic;
        if fit.bic < best.bic {
            best = fit;
        }
    }
    best
}

/// The accepted fit with the proposed element-wise terms and the `most` largest products of each
/// order.
fn joined(rows: &Rows, accepted: &Fit, proposals: &[Proposal], most: usize) -> Fit {
    let mut fit = accepted.clone();
    let mut products: Vec<(f64, Product)> = Vec::new();
    for proposal in proposals {
        match proposal {
            Proposal::ElementWise(term) if fit.basis.terms.contains(term) => {}
            Proposal::ElementWise(term) => {
                fit.basis = Arc::new(fit.basis.with(&rows.sample, *term));
            }
            Proposal::Product {
                order,
                factors,
                size,
            } => products.push((
                *size,
                Product {
                    order: *order,
                    factors: factors.clone(),
                    weights: vec![1.0; rows.sample.outputs()],
                },
            )),
        }
    }
    products.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut taken: Vec<usize> = Vec::new();
    for (_, product) in products {
        let same = taken.iter().filter(|&&order| order == product.order);
        if same.count() < most {
            taken.push(product.order);
            fit.products.push(product);
        }
    }
    fit
}
