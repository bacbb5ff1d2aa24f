//! What the searches for one number a row share: the target, its weights and the criterion.

use super::als::proposals::check;
use super::{Problem, SearchError};
use crate::matrix::Matrix;
use crate::prepare::Target;

/// A problem with one target of numbers.
pub(super) struct Regression<'a> {
    /// rows x inputs.
    pub inputs: &'a Matrix<f64>,
    /// One number per row.
    pub y: Vec<f64>,
    /// One per row, 1 where the problem has none.
    pub weights: Vec<f64>,
}

impl<'a> Regression<'a> {
    /// Checks the problem; `method` is for the error.
    ///
    /// # Errors
    /// What every search refuses, classes, and several targets.
    pub fn new(problem: &Problem<'a>, method: &'static str) -> Result<Regression<'a>, SearchError> {
        check(problem)?;
        let unsupported = |what: &str| SearchError::Unsupported {
            method,
            what: what.to_string(),
        };
        let values = match problem.target {
            Target::Classes { .. } => return Err(unsupported("classes")),
            Target::Values(values) if values.columns() != 1 => {
                return Err(unsupported("several targets"));
            }
            Target::Values(values) => values,
        };
        let rows = values.rows();
        Ok(Regression {
            inputs: problem.inputs,
            y: values.column(0),
            weights: problem
                .weights
                .map_or_else(|| vec![1.0; rows], <[f64]>::to_vec),
        })
    }

    /// The sum of the weights: how many rows count.
    pub fn count(&self) -> f64 {
        self.weights.iter().sum()
    }

    /// The weighted mean of the target and the sum of squares about it.
    pub fn moments(&self) -> (f64, f64) {
        let pairs = || self.y.iter().zip(&self.weights);
        let mean = pairs().map(|(y, w)| w * y).sum::<f64>() / self.count();
        (mean, pairs().map(|(y, w)| w * (y - mean).powi(2)).sum())
    }

    /// `n ln(RSS / n) + p ln n`; a residual of rounding errors counts as one of 1e-12 of the
    /// target's squares.
    pub fn bic(&self, rss: f64, parameters: usize) -> f64 {
        let (n, (_, total)) = (self.count(), self.moments());
        let rss = rss.max(1e-12 * total).max(f64::MIN_POSITIVE);
        n * (rss / n).ln() + parameters as f64 * n.ln()
    }
}
