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
use crate::search::paired::paired;

/// How many parts the rows fall into; row i belongs to part i mod FOLDS of the shuffled rows.
const FOLDS: usize = 5;

/// Penalties of the last linear stage, in units of a column's variance.
const PENALTIES: [f64; 6] = [0.0, 1e-4, 1e-3, 1e-2, 1e-1, 1.0];

/// By how much of the target's range a prediction may leave it and count as it is.
const MARGIN: f64 = 1.0;

const REFIT: Effort = Effort {
    rounds: 6,
    tolerance: 1e-3,
};

/// The error of a structure on held-out rows.
#[derive(Debug, Clone)]
pub(super) struct Judgement {
    /// The mean over outputs of the squared error as a share of the target's variance. Predictions
    /// far outside the range of the training rows' target count as the nearest number that is not,
    /// since a model's predictions are kept inside; not the range itself, or a structure that runs
    /// away towards the common end of a skewed target would look good.
    pub error: f64,
    /// The penalty that gives it.
    pub penalty: f64,
    /// What each row adds to the error, when it is held out.
    pub rows: Arc<Vec<f64>>,
}

impl Judgement {
    /// By how much the error is above that of another structure, and the standard error of this
    /// difference, see [`paired`].
    pub fn above(&self, other: &Judgement) -> (f64, f64) {
        paired(&self.rows, &other.rows)
    }
}

/// Judges each fit; the result is in the order of `fits`.
pub(super) fn judge(sample: &Sample, fits: &[Fit], totals: &[f64]) -> Vec<Judgement> {
    let parts: Vec<(usize, usize)> = (0..fits.len())
        .flat_map(|fit| (0..FOLDS).map(move |fold| (fit, fold)))
        .collect();
    let errors: Vec<Vec<Vec<f64>>> = parts
        .into_par_iter()
        .map(|(fit, fold)| held_out(sample, &fits[fit], fold, totals))
        .collect();
    errors.chunks(FOLDS).map(judgement).collect()
}

/// From the rows' errors: `[fold][penalty][row of the fold]`.
fn judgement(folds: &[Vec<Vec<f64>>]) -> Judgement {
    let sum = |penalty: usize| -> f64 {
        let of_fold = |fold: &Vec<Vec<f64>>| fold[penalty].iter().sum::<f64>();
        folds.iter().map(of_fold).sum()
    };
    let sums: Vec<f64> = (0..PENALTIES.len()).map(sum).collect();
    let mut best = 0;
    for (index, &sum) in sums.iter().enumerate() {
        if sum < sums[best] || !sums[best].is_finite() {
            best = index;
        }
    }
    let rows = folds.iter().flat_map(|fold| fold[best].iter().copied());
    Judgement {
        error: sums[best],
        penalty: PENALTIES[best],
        rows: Arc::new(rows.collect()),
    }
}

/// Per penalty and row of one fold, the squared error over the sums of squares of all rows, the
/// mean over outputs.
fn held_out(sample: &Sample, fit: &Fit, fold: usize, totals: &[f64]) -> Vec<Vec<f64>> {
    let (training, refit) = training_fold(sample, fit, fold);
    let design = Design::new(&training, &refit);
    let solutions = design.solve(&training, &PENALTIES);
    solutions
        .iter()
        .map(|outputs| {
            let held = (fold..sample.x.rows()).step_by(FOLDS);
            let mut errors = vec![0.0; held.clone().count()];
            for (output, coefficients) in outputs.iter().enumerate() {
                let fitted = sample.combine(&design.columns, coefficients);
                let target = &sample.targets[output];
                let (low, high) = range(&training, target);
                let share = 1.0 / (totals[output].max(f64::MIN_POSITIVE) * totals.len() as f64);
                for (error, row) in errors.iter_mut().zip(held.clone()) {
                    let left = target[row] - fitted[row].clamp(low, high);
                    *error += share * (sample.root[row] * left).powi(2);
                }
            }
            errors
        })
        .collect()
}

/// The sample without the rows of one fold, and the fit brought to its optimum there.
fn training_fold(sample: &Sample, fit: &Fit, fold: usize) -> (Sample, Fit) {
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
