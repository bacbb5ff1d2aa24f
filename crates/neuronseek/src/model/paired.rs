//! Errors row by row, so that two predictors are compared on the same rows.

use crate::matrix::Matrix;
use crate::search::paired::paired;

/// A difference of more than so many standard errors is beyond noise...
const STANDARD_ERRORS: f64 = 2.0;

/// ...and counts from this share of the rival's error.
const LEAST_SHARE: f64 = 0.05;

/// An error below this share of the rival's is better whatever the noise: where few rows make most
/// of the rival's error, the standard error is as large as the error.
const OVERWHELMING: f64 = 0.01;

/// What each row adds to the squared error over the target's variance.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct RowErrors(Vec<f64>);

impl RowErrors {
    /// `truth` and `predicted`: rows x targets; `weights`: one per row.
    pub fn new(truth: &Matrix<f64>, predicted: &Matrix<f64>, weights: Option<&[f64]>) -> RowErrors {
        let mut errors = vec![0.0; truth.rows()];
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let count: f64 = (0..truth.rows()).map(weight).sum();
        for column in 0..truth.columns() {
            let (y, fitted) = (truth.column(column), predicted.column(column));
            let mean = (0..y.len()).map(|row| weight(row) * y[row]).sum::<f64>() / count;
            let square = |row: usize, from: f64| weight(row) * (y[row] - from).powi(2);
            let total: f64 = (0..y.len()).map(|row| square(row, mean)).sum();
            let share = 1.0 / (total.max(f64::MIN_POSITIVE) * truth.columns() as f64);
            for (row, error) in errors.iter_mut().enumerate() {
                *error += share * square(row, fitted[row]);
            }
        }
        RowErrors(errors)
    }

    /// The sum over the rows: nmse, the mean over targets.
    pub fn total(&self) -> f64 {
        self.0.iter().sum()
    }

    /// By how much the error is above another, and the standard error of the difference.
    pub fn above(&self, other: &RowErrors) -> (f64, f64) {
        paired(&self.0, &other.0)
    }

    /// Whether the error is lower beyond noise.
    pub fn beats(&self, other: &RowErrors) -> bool {
        let (above, standard_error) = self.above(other);
        beyond_noise(self.total(), above, standard_error)
    }
}

/// Whether an error that is `above` (below 0) another's is lower beyond noise.
pub(super) fn beyond_noise(error: f64, above: f64, standard_error: f64) -> bool {
    let other = error - above;
    let needed = (STANDARD_ERRORS * standard_error).max(LEAST_SHARE * other);
    -above > needed || error < OVERWHELMING * other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> RowErrors {
        let matrix = |values: &[f64]| Matrix::from_vec(values.len(), 1, values.to_vec());
        RowErrors::new(&matrix(truth), &matrix(predicted), weights)
    }

    #[test]
    fn the_sum_is_the_nmse() {
        let found = errors(&[0.0, 2.0, 4.0], &[1.0, 2.0, 4.0], None);
        assert_eq!(found.total(), 1.0 / 8.0);
        // The weight 0 takes the error away; the others' mean is 3.
        let found = errors(&[0.0, 2.0, 4.0], &[1.0, 3.0, 4.0], Some(&[0.0, 1.5, 1.5]));
        assert_eq!(found.total(), 0.5);
    }

    #[test]
    fn only_what_is_lower_beyond_noise_beats() {
        let truth: Vec<f64> = (0..100).map(f64::from).collect();
        let off = |by: &dyn Fn(usize) -> f64| -> RowErrors {
            let predicted: Vec<f64> = (0..100).map(|row| truth[row] + by(row)).collect();
            errors(&truth, &predicted, None)
        };
        let even = off(&|_| 2.0);
        assert!(off(&|_| 1.0).beats(&even));
        assert!(!even.beats(&even));
        // A twentieth less is little, however sure.
        assert!(!off(&|_| 1.97).beats(&even));
        // One row in a hundred makes the difference.
        let spiked = off(&|row| if row == 7 { 20.0 } else { 2.0 });
        assert!(!even.beats(&spiked));
        // But a hundredth of the error is less, whatever the noise.
        assert!(off(&|_| 0.1).beats(&spiked));
    }
}
