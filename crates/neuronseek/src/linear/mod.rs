//! Linear and logistic regression, and the small dense algebra below them.
//!
//! Everything works on moments or gradients that are summed over rows in a fixed order, in double
//! precision, on one thread: these are baselines and building blocks, and their tables are narrow.
//! Inputs are brought to deviation 1 inside, so that one penalty suits all of them; the
//! coefficients that come out are those of the inputs as given. (A sparse solver was not needed:
//! skipping the zeros of one-hot inputs while the moments are summed gains as much.)

mod baseline;
mod cholesky;
mod lbfgs;
mod logistic;
mod ridge;
mod scaling;

pub use baseline::baseline;
pub use cholesky::{Cholesky, NotPositiveDefinite};
pub(crate) use lbfgs::minimise;
pub use logistic::{LogisticOptions, logistic};
pub use ridge::{Penalty, ridge};

use thiserror::Error;

use crate::matrix::Matrix;

/// `outputs = inputs * coefficients' + intercept`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// outputs x inputs.
    pub coefficients: Matrix<f64>,
    /// One per output.
    pub intercept: Vec<f64>,
}

impl Linear {
    /// The outputs of each row, `rows x outputs`: values, or logits as
    /// [`crate::prepare::Target::outputs`] lays them out.
    ///
    /// # Panics
    /// When `inputs` does not have as many columns as the coefficients.
    pub fn predict(&self, inputs: &Matrix<f64>) -> Matrix<f64> {
        let outputs = self.intercept.len();
        assert_eq!(inputs.columns(), self.coefficients.columns(), "inputs");
        let mut result = Matrix::zeros(inputs.rows(), outputs);
        for row in 0..inputs.rows() {
            let input = inputs.row(row);
            for (output, value) in result.row_mut(row).iter_mut().enumerate() {
                *value =
                    self.intercept[output] + cholesky::dot(self.coefficients.row(output), input);
            }
        }
        result
    }
}

/// A fitted linear model and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearFit {
    /// The model.
    pub model: Linear,
    /// The penalty it was fitted with, given or chosen.
    pub penalty: f64,
    /// Iterations; 1 where the solution is closed.
    pub iterations: usize,
    /// Whether the tolerance was reached.
    pub converged: bool,
}

/// Why a linear model cannot be fitted.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum LinearError {
    /// Settings out of range.
    #[error("{0}")]
    Settings(String),
    /// Inputs, targets and weights differ in length.
    #[error("{inputs} rows of inputs, but {others} of {what}")]
    Rows {
        /// Rows of inputs.
        inputs: usize,
        /// Rows of the other.
        others: usize,
        /// What the other is.
        what: &'static str,
    },
    /// No row, or no row with a weight above 0.
    #[error("there is no row with a weight above 0")]
    Empty,
    /// NaN, infinity, or numbers so large that their squares are.
    #[error("the numbers are not finite, or too large to square")]
    NotFinite,
}

/// Checks the lengths and the weights, which all fits share; returns the sum of the weights.
fn check(
    inputs: &Matrix<f64>,
    others: usize,
    what: &'static str,
    weights: Option<&[f64]>,
) -> Result<f64, LinearError> {
    let rows = inputs.rows();
    let mismatch = |others, what| LinearError::Rows {
        inputs: rows,
        others,
        what,
    };
    if others != rows {
        return Err(mismatch(others, what));
    }
    if let Some(weights) = weights {
        if weights.len() != rows {
            return Err(mismatch(weights.len(), "weights"));
        }
        if weights
            .iter()
            .any(|&weight| weight.is_nan() || weight < 0.0)
        {
            return Err(LinearError::Settings(
                "a weight is negative or not a number".to_string(),
            ));
        }
    }
    let sum = weights.map_or(rows as f64, |weights| weights.iter().sum());
    if sum == 0.0 {
        return Err(LinearError::Empty);
    }
    if !sum.is_finite() {
        return Err(LinearError::NotFinite);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests;
