//! Moments of features that a search has made of the inputs, and least squares on some of them.

use crate::linear::Cholesky;
use crate::matrix::Matrix;
use crate::search::SearchError;
use crate::terms::{CpuPath, Strided, Write, matmul};

/// Rows that are summed at a time.
const BLOCK: usize = 256;

/// What a singular system has added to its diagonal, at first; a feature has variance 1.
const LEAST_RIDGE: f64 = 1e-12;

/// A deviation below this share of the largest value is rounding.
const CONSTANT: f64 = 1e-12;

/// Means of products of the standardised features z and the standardised target.
pub(super) struct Moments {
    pub features: usize,
    /// How many rows count.
    pub count: f64,
    /// One per feature; 0 for one that never varies.
    pub deviation: Vec<f64>,
    mean: Vec<f64>,
    target: (f64, f64),
    /// Correlations, features x features.
    pub gram: Vec<f64>,
    /// Correlations with the target.
    pub right: Vec<f64>,
}

/// A fit to some of the features.
#[derive(Debug, Clone)]
pub(super) struct Fitted {
    /// Which, ascending.
    pub active: Vec<usize>,
    /// One coefficient of z per active feature.
    pub coefficients: Vec<f64>,
    /// The residual share of the target's variance.
    pub residual: f64,
    /// The factor of the active features' system.
    pub factor: Option<Cholesky>,
}

impl Moments {
    /// `features`: rows x features; `y` and `weights` one per row.
    pub fn new(features: &Matrix<f64>, y: &[f64], weights: &[f64]) -> Result<Moments, SearchError> {
        let width = features.columns();
        let count: f64 = weights.iter().sum();
        let average = |of: &dyn Fn(usize, usize) -> f64, columns: usize| {
            let mut sums = vec![0.0; columns];
            for (row, weight) in weights.iter().enumerate() {
                for (column, sum) in sums.iter_mut().enumerate() {
                    *sum += weight * of(row, column) / count;
                }
            }
            sums
        };
        let mean = average(&|row, column| features.row(row)[column], width);
        let variance = average(
            &|row, column| (features.row(row)[column] - mean[column]).powi(2),
            width,
        );
        let center = average(&|row, _| y[row], 1)[0];
        let spread = average(&|row, _| (y[row] - center).powi(2), 1)[0].sqrt();
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        if !(finite(&variance) && spread.is_finite()) {
            let what = "powers of the inputs are too large to square: lower the order";
            return Err(SearchError::NotFinite(what.to_string()));
        }
        let mut largest = vec![0.0f64; width];
        for row in 0..features.rows() {
            for (largest, value) in largest.iter_mut().zip(features.row(row)) {
                *largest = largest.max(value.abs());
            }
        }
        let deviation = variance.iter().zip(&largest).map(|(variance, largest)| {
            let deviation = variance.sqrt();
            if deviation > CONSTANT * largest {
                deviation
            } else {
                0.0
            }
        });
        let mut moments = Moments {
            features: width,
            count,
            deviation: deviation.collect(),
            mean,
            target: (center, spread),
            gram: vec![0.0; width * width],
            right: vec![0.0; width],
        };
        moments.sum(features, y, weights);
        Ok(moments)
    }

    fn sum(&mut self, features: &Matrix<f64>, y: &[f64], weights: &[f64]) {
        let width = self.features;
        // A search may have thresholded all of its features away.
        if width == 0 {
            return;
        }
        let inverse: Vec<f64> = self.deviation.iter().copied().map(reciprocal).collect();
        let (center, scale) = (self.target.0, reciprocal(self.target.1));
        let path = CpuPath::detect();
        let mut block = vec![0.0; BLOCK * width];
        for start in (0..features.rows()).step_by(BLOCK) {
            let rows = BLOCK.min(features.rows() - start);
            for (row, z) in (start..start + rows).zip(block.chunks_exact_mut(width)) {
                let root = (weights[row] / self.count).sqrt();
                let target = root * (y[row] - center) * scale;
                let scales = self.mean.iter().zip(&inverse);
                let values = features.row(row).iter().zip(scales);
                for ((z, right), (x, (mean, inverse))) in
                    z.iter_mut().zip(&mut self.right).zip(values)
                {
                    *z = root * (x - mean) * inverse;
                    *right += *z * target;
                }
            }
            matmul(
                path,
                [width, rows, width],
                Strided::transposed(&block, width),
                (&block, width),
                (&mut self.gram, width),
                Write::Add,
            );
        }
    }

    /// Least squares with a ridge on the features `active` (ascending), those that never vary left
    /// out; a singular system has the ridge raised until it is none.
    pub fn fit(&self, active: &[usize], ridge: f64) -> Fitted {
        let varies = active.iter().copied().filter(|j| self.deviation[*j] > 0.0);
        let active: Vec<usize> = varies.collect();
        let size = active.len();
        let right: Vec<f64> = active.iter().map(|j| self.right[*j]).collect();
        let mut ridge = ridge.max(LEAST_RIDGE);
        let factor = loop {
            let mut matrix = vec![0.0; size * size];
            for (row, i) in matrix.chunks_exact_mut(size.max(1)).zip(&active) {
                for (to, j) in row.iter_mut().zip(&active) {
                    *to = self.gram[i * self.features + j];
                }
            }
            (0..size).for_each(|i| matrix[i * size + i] += ridge);
            match Cholesky::factor(matrix, size) {
                Ok(factor) => break Some(factor),
                Err(_) if ridge < 1.0 => ridge *= 100.0,
                Err(_) => break None,
            }
        };
        let mut coefficients = right.clone();
        match &factor {
            Some(factor) => factor.solve(&mut coefficients),
            None => coefficients.fill(0.0),
        }
        let residual = self.residual(&active, &coefficients);
        Fitted {
            active,
            coefficients,
            residual,
            factor,
        }
    }

    /// `1 - 2 <b, r> + b' G b`, at least 0.
    fn residual(&self, active: &[usize], coefficients: &[f64]) -> f64 {
        let mut residual = f64::from(self.target.1 > 0.0);
        for (i, b) in active.iter().zip(coefficients) {
            let row = &self.gram[i * self.features..(i + 1) * self.features];
            let pairs = active.iter().zip(coefficients);
            let product: f64 = pairs.map(|(j, other)| row[*j] * other).sum();
            residual += b * (product - 2.0 * self.right[*i]);
        }
        residual.max(0.0)
    }

    /// The coefficients of the features as they are, and the intercept.
    pub fn restore(&self, fitted: &Fitted) -> (Vec<f64>, f64) {
        let mut intercept = self.target.0;
        let pairs = fitted.active.iter().zip(&fitted.coefficients);
        let raw = pairs.map(|(j, b)| {
            let coefficient = b * self.target.1 / self.deviation[*j];
            intercept -= coefficient * self.mean[*j];
            coefficient
        });
        (raw.collect(), intercept)
    }
}

fn reciprocal(value: f64) -> f64 {
    if value > 0.0 { 1.0 / value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_feature_leaves_the_mean() {
        let y = [1.0, 2.0, 6.0];
        let moments = Moments::new(&Matrix::zeros(3, 0), &y, &[1.0; 3]).unwrap();
        let fitted = moments.fit(&[], 0.0);
        assert_eq!(moments.restore(&fitted), (vec![], 3.0));
        assert_eq!(fitted.residual, 1.0);
    }
}
