//! Structures judged by rows that they were not fitted to.
//!
//! BIC believes the rows of a fit; on data that is no polynomial it takes terms that follow a few
//! outlying rows and run away beside them. So every structure on the path, and the linear one, is
//! refitted on all folds but one and judged on the one, and the last linear stage's penalty is
//! chosen the same way. Where the data is a polynomial the structure of lowest BIC wins this
//! comparison as well.

use std::sync::Arc;

use rayon::prelude::*;

use super::basis::Basis;
use super::design::Design;
use super::fit::Fit;
use super::refine::{Effort, refine};
use super::sample::Sample;

/// How many parts the rows fall into; row i belongs to part i mod FOLDS of the shuffled rows.
pub(super) const FOLDS: usize = 5;

/// Penalties of the last linear stage, in units of a column's variance.
pub(super) const PENALTIES: [f64; 6] = [0.0, 1e-4, 1e-3, 1e-2, 1e-1, 1.0];

/// By how much of the target's range a prediction may leave it and count as it is.
const MARGIN: f64 = 1.0;

const REFIT: Effort = Effort {
    rounds: 6,
    tolerance: 1e-3,
};

/// The error of a structure on held-out rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judgement {
    /// The mean over outputs of the squared error as a share of the target's variance. Predictions
    /// far outside the range of the training rows' target count as the nearest number that is not,
    /// since a model's predictions are kept inside; not the range itself, or a structure that runs
    /// away towards the common end of a skewed target would look good.
    pub error: f64,
    /// The penalty that gives it.
    pub penalty: f64,
}

/// Judges each fit; the result is in the order of `fits`.
pub(super) fn judge(sample: &Sample, fits: &[Fit], totals: &[f64]) -> Vec<Judgement> {
    let parts: Vec<(usize, usize)> = (0..fits.len())
        .flat_map(|fit| (0..FOLDS).map(move |fold| (fit, fold)))
        .collect();
    let errors: Vec<Vec<f64>> = parts
        .into_par_iter()
        .map(|(fit, fold)| held_out(sample, &fits[fit], fold, totals))
        .collect();
    errors
        .chunks(FOLDS)
        .map(|folds| {
            let sums = (0..PENALTIES.len()).map(|p| folds.iter().map(|fold| fold[p]).sum());
            let sums: Vec<f64> = sums.collect();
            let mut best = 0;
            for (index, &sum) in sums.iter().enumerate() {
                if sum < sums[best] || !sums[best].is_finite() {
                    best = index;
                }
            }
            Judgement {
                error: sums[best] / totals.len() as f64,
                penalty: PENALTIES[best],
            }
        })
        .collect()
}

/// Per penalty, the squared errors on one fold over the sums of squares of all rows.
fn held_out(sample: &Sample, fit: &Fit, fold: usize, totals: &[f64]) -> Vec<f64> {
    let (training, refit) = training_fold(sample, fit, fold);
    let design = Design::new(&training, &refit);
    let solutions = design.solve(&training, &PENALTIES);
    solutions
        .iter()
        .map(|outputs| {
            let mut error = 0.0;
            for (output, coefficients) in outputs.iter().enumerate() {
                let fitted = sample.combine(&design.columns, coefficients);
                let target = &sample.targets[output];
                let (low, high) = range(&training, target);
                let squares: f64 = (fold..sample.x.rows())
                    .step_by(FOLDS)
                    .map(|row| {
                        (sample.root[row] * (target[row] - fitted[row].clamp(low, high))).powi(2)
                    })
                    .sum();
                error += squares / totals[output].max(f64::MIN_POSITIVE);
            }
            error
        })
        .collect()
}

/// The sample without the rows of one fold, and the fit brought to its optimum there.
pub(super) fn training_fold(sample: &Sample, fit: &Fit, fold: usize) -> (Sample, Fit) {
    let training = sample.reweighted(|row| row % FOLDS != fold);
    let mut refit = fit.clone();
    refit.basis = Arc::new(Basis::new(&training, &fit.basis.terms));
    if !refit.products.is_empty() {
        refine(&training, &mut refit, REFIT, None);
    }
    (training, refit)
}

/// The target's range among the rows that count, wider by [`MARGIN`] of it at both ends.
fn range(sample: &Sample, target: &[f64]) -> (f64, f64) {
    let counted = target
        .iter()
        .zip(&sample.root)
        .filter(|(_, root)| **root > 0.0);
    let (low, high) = counted.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (y, _)| {
        (low.min(*y), high.max(*y))
    });
    let margin = MARGIN * (high - low).max(0.0);
    (low - margin, high + margin)
}
