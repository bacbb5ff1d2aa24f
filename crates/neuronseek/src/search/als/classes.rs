//! From least squares on 0 and 1 to log-odds.
//!
//! Least squares finds the structure: it is closed and shares the whole machinery. What counts for
//! classes is the log loss, so the best structures are compared by it on held-out rows, and the
//! last linear stage of the winner is a logistic regression. (Iterating the whole search with
//! reweighted rows was not needed: the ranking of structures hardly differs.)

use rayon::prelude::*;

use super::design::Design;
use super::fit::Fit;
use super::folds::{FOLDS, training_fold};
use super::sample::Sample;
use crate::linear::{LogisticOptions, baseline, logistic};
use crate::matrix::Matrix;
use crate::prepare::{Target, probabilities};
use crate::search::SearchError;

/// Penalties of the logistic stage on held-out rows, in units of 1 / rows.
const PENALTIES: [f64; 2] = [1.0, 10.0];

/// So many numbers of a design are enough to compare structures.
const CELLS: usize = 300_000;

/// The mean log loss of each fit on held-out rows; infinite where it cannot be fitted.
pub(super) fn log_losses(sample: &Sample, fits: &[Fit], count: usize) -> Vec<f64> {
    let parts: Vec<(usize, usize)> = (0..fits.len())
        .flat_map(|fit| (0..FOLDS).map(move |fold| (fit, fold)))
        .collect();
    let sums: Vec<[f64; PENALTIES.len()]> = parts
        .into_par_iter()
        .map(|(fit, fold)| held_out(sample, &fits[fit], fold, count))
        .collect();
    sums.chunks(FOLDS)
        .map(|folds| {
            (0..PENALTIES.len())
                .map(|penalty| folds.iter().map(|fold| fold[penalty]).sum::<f64>() / FOLDS as f64)
                .fold(f64::INFINITY, f64::min)
        })
        .collect()
}

/// The mean log loss on one fold for each penalty.
fn held_out(sample: &Sample, fit: &Fit, fold: usize, count: usize) -> [f64; PENALTIES.len()] {
    let (training, refit) = training_fold(sample, fit, fold);
    let design = Design::new(&training, &refit);
    let rows = (CELLS / design.columns.count()).min(sample.x.rows());
    let (held, used): (Vec<usize>, Vec<usize>) = (0..rows).partition(|row| row % FOLDS == fold);
    let matrix = design.to_matrix();
    let labels = labels(sample, count);
    let pick = |rows: &[usize]| -> (Matrix<f64>, Vec<usize>, Vec<f64>) {
        let labels = rows.iter().map(|&row| labels[row]).collect();
        let weights = rows.iter().map(|&row| sample.root[row].powi(2)).collect();
        (matrix.select_rows(rows), labels, weights)
    };
    let (x, y, weights) = pick(&used);
    let (x_held, y_held, held_weights) = pick(&held);
    let sum: f64 = weights.iter().sum();
    PENALTIES.map(|penalty| {
        let options = LogisticOptions {
            penalty: Some(penalty / sum),
            tolerance: 1e-4,
            iterations: 200,
        };
        let Ok(fit) = logistic(&x, &y, count, Some(&weights), &options) else {
            return f64::INFINITY;
        };
        let p = probabilities(&fit.model.predict(&x_held), count);
        let loss: f64 = (0..held.len())
            .map(|row| -held_weights[row] * p.row(row)[y_held[row]].max(1e-15).ln())
            .sum();
        loss / held_weights.iter().sum::<f64>().max(f64::MIN_POSITIVE)
    })
}

/// The coefficients of the columns of `design` whose outputs are log-odds.
pub(super) fn logits(
    sample: &Sample,
    design: &Design,
    count: usize,
) -> Result<Vec<Vec<f64>>, SearchError> {
    let target = Target::Classes {
        labels: labels(sample, count),
        count,
    };
    let rows = &sample.root[..sample.x.rows()];
    let weights: Vec<f64> = rows.iter().map(|root| root * root).collect();
    let fit = baseline(&design.to_matrix(), &target, Some(&weights))
        .map_err(|error| SearchError::NotFinite(error.to_string()))?;
    let model = fit.model;
    let outputs = 0..model.intercept.len();
    Ok(outputs
        .map(|output| {
            let own = model.coefficients.row(output).iter().copied();
            std::iter::once(model.intercept[output])
                .chain(own)
                .collect()
        })
        .collect())
}

/// The class of each row, read back from the least-squares targets.
fn labels(sample: &Sample, count: usize) -> Vec<usize> {
    let class = |row: usize| {
        if count == 2 {
            return usize::from(sample.targets[0][row] > 0.5);
        }
        let mut targets = sample.targets.iter();
        targets.position(|target| target[row] > 0.5).unwrap_or(0)
    };
    (0..sample.x.rows()).map(class).collect()
}
