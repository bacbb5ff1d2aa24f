use super::{LinearError, LinearFit, LogisticOptions, Penalty, logistic, ridge};
use crate::matrix::Matrix;
use crate::prepare::Target;

/// The linear model that every other is measured against: ridge regression with the penalty of
/// generalised cross-validation, or logistic regression.
///
/// Its outputs are laid out as [`Target::outputs`] has them: values in the target's scale, the
/// log-odds of class 1, or one logit per class.
///
/// # Errors
/// As [`ridge`] and [`logistic`].
pub fn baseline(
    inputs: &Matrix<f64>,
    target: &Target,
    weights: Option<&[f64]>,
) -> Result<LinearFit, LinearError> {
    match target {
        Target::Values(values) => ridge(inputs, values, weights, Penalty::CrossValidated),
        Target::Classes { labels, count } => {
            logistic(inputs, labels, *count, weights, &LogisticOptions::default())
        }
    }
}
