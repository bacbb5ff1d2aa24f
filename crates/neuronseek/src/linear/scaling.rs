use crate::matrix::Matrix;

use super::{Linear, LinearError};

/// The coordinates in which a fit works: `z = (x - shift) * factor`, then a constant 1.
///
/// The intercept is never penalised, so the shift changes no solution, only rounding. It is the
/// mean where most cells differ from 0, and 0 elsewhere, so that the zeros of one-hot inputs stay
/// zeros and cost nothing. The factor is 1 / deviation, and 0 for an input that never varies.
pub(super) struct Scaling {
    pub shift: Vec<f64>,
    pub factor: Vec<f64>,
}

impl Scaling {
    /// Looks at the rows of `inputs` (rows x inputs) with a weight above 0.
    pub fn fit(
        inputs: &Matrix<f64>,
        weights: Option<&[f64]>,
        sum: f64,
    ) -> Result<Scaling, LinearError> {
        let width = inputs.columns();
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let mut mean = vec![0.0; width];
        let mut filled = vec![0usize; width];
        for row in 0..inputs.rows() {
            let weight = weight(row) / sum;
            for (column, &value) in inputs.row(row).iter().enumerate() {
                mean[column] += weight * value;
                filled[column] += usize::from(value != 0.0);
            }
        }
        let mut variance = vec![0.0; width];
        let mut largest = vec![0.0f64; width];
        for row in 0..inputs.rows() {
            let weight = weight(row) / sum;
            for (column, &value) in inputs.row(row).iter().enumerate() {
                let deviation = value - mean[column];
                variance[column] += weight * deviation * deviation;
                largest[column] = largest[column].max(value.abs());
            }
        }
        if mean.iter().chain(&variance).any(|value| !value.is_finite()) {
            return Err(LinearError::NotFinite);
        }
        let factor = variance
            .iter()
            .zip(&largest)
            // What is left of a constant after rounding is no variation.
            .map(|(variance, largest)| {
                let deviation = variance.sqrt();
                if deviation > 1e-12 * largest {
                    1.0 / deviation
                } else {
                    0.0
                }
            })
            .collect();
        let shift = mean
            .iter()
            .zip(&filled)
            .map(|(mean, filled)| {
                if 2 * filled > inputs.rows() {
                    *mean
                } else {
                    0.0
                }
            })
            .collect();
        Ok(Scaling { shift, factor })
    }

    /// The number of coordinates, the constant 1 included: it is the last.
    pub fn width(&self) -> usize {
        self.shift.len() + 1
    }

    /// Overwrites `out` with the coordinates of one row.
    pub fn apply(&self, input: &[f64], out: &mut [f64]) {
        let last = input.len();
        for (out, ((input, shift), factor)) in out
            .iter_mut()
            .zip(input.iter().zip(&self.shift).zip(&self.factor))
        {
            *out = (input - shift) * factor;
        }
        out[last] = 1.0;
    }

    /// The model of the inputs as given, from coefficients of the coordinates:
    /// `outputs x width`, row after row.
    pub fn restore(&self, coefficients: &[f64]) -> Linear {
        let inputs = self.shift.len();
        let outputs = coefficients.len() / self.width();
        let mut model = Linear {
            coefficients: Matrix::zeros(outputs, inputs),
            intercept: vec![0.0; outputs],
        };
        for (output, scaled) in coefficients.chunks_exact(self.width()).enumerate() {
            let raw = model.coefficients.row_mut(output);
            let mut intercept = scaled[inputs];
            for input in 0..inputs {
                raw[input] = scaled[input] * self.factor[input];
                intercept -= raw[input] * self.shift[input];
            }
            model.intercept[output] = intercept;
        }
        model
    }
}

/// Adds `weight * z z'` to the lower triangle of `gram`, skipping zeros of `z`.
pub(super) fn add_outer(gram: &mut [f64], z: &[f64], weight: f64) {
    let width = z.len();
    for (i, &value) in z.iter().enumerate() {
        let scaled = weight * value;
        if scaled != 0.0 {
            let row = &mut gram[i * width..i * width + i + 1];
            for (gram, z) in row.iter_mut().zip(z) {
                *gram += scaled * z;
            }
        }
    }
}
