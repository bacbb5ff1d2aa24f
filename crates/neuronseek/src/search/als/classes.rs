//! From least squares on 0 and 1 to log-odds.
//!
//! Least squares finds the structure: it is closed and shares the whole machinery. Only the last
//! linear stage of the winner is a logistic regression. (Iterating the whole search with reweighted
//! rows, or comparing structures by their log loss on held-out rows instead of their squared error,
//! was not needed: the ranking of structures hardly differs.)

use super::design::Design;
use super::sample::Sample;
use crate::linear::baseline;
use crate::prepare::Target;
use crate::search::SearchError;

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
