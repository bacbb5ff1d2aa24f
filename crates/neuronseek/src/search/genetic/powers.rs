//! The sums of powers of a row's inputs, and what they say of any formula without the rows.

use crate::linear::Cholesky;
use crate::search::regression::Regression;

/// Moments of `1, s_1, ..., s_K, y` with `s_k = sum_i x_i^k`: enough for the squared error of every
/// sum over the inputs of a polynomial in one variable, exactly and without a pass over rows.
pub(super) struct Powers {
    /// The highest power K.
    pub highest: usize,
    /// How many rows count.
    pub count: f64,
    inputs: f64,
    /// Means of 1, s_1, ..., s_K.
    means: Vec<f64>,
    /// Centred second moments of s_1, ..., s_K, row after row.
    gram: Vec<f64>,
    /// Centred moments with y.
    right: Vec<f64>,
    mean: f64,
    total: f64,
}

/// Powers with their weights and a constant.
#[derive(Debug, Clone)]
pub(super) struct Refined {
    /// The orders.
    pub orders: Vec<usize>,
    /// One weight per order.
    pub weights: Vec<f64>,
    pub constant: f64,
    /// The residual sum of squares.
    pub rss: f64,
}

impl Powers {
    /// Sums over the rows of the problem.
    pub fn new(regression: &Regression<'_>, highest: usize) -> Powers {
        let rows = regression.inputs.rows();
        let mut sums = vec![0.0; rows * highest];
        for (row, sums) in sums.chunks_exact_mut(highest).enumerate() {
            for &x in regression.inputs.row(row) {
                let mut power = 1.0;
                for sum in sums.iter_mut() {
                    power *= x;
                    *sum += power;
                }
            }
        }
        let count = regression.count();
        let mut means = vec![0.0; highest];
        for (sums, weight) in sums.chunks_exact(highest).zip(&regression.weights) {
            for (mean, sum) in means.iter_mut().zip(sums) {
                *mean += weight * sum / count;
            }
        }
        let (mean, total) = regression.moments();
        let (mut gram, mut right) = (vec![0.0; highest * highest], vec![0.0; highest]);
        let weights = regression.y.iter().zip(&regression.weights);
        for (sums, (y, weight)) in sums.chunks_exact_mut(highest).zip(weights) {
            sums.iter_mut().zip(&means).for_each(|(s, mean)| *s -= mean);
            for a in 0..highest {
                let left = weight * sums[a];
                right[a] += left * (y - mean);
                for b in 0..highest {
                    gram[a * highest + b] += left * sums[b];
                }
            }
        }
        Powers {
            highest,
            count,
            inputs: regression.inputs.columns() as f64,
            means,
            gram,
            right,
            mean,
            total,
        }
    }

    /// `(g' G g, g' r)` of the powers' part of g.
    fn products(&self, coefficients: &[f64]) -> (f64, f64) {
        let g = &coefficients[1..];
        let (mut square, mut cross) = (0.0, 0.0);
        for (a, row) in self.gram.chunks_exact(self.highest).enumerate() {
            if g[a] != 0.0 {
                square += g[a] * row.iter().zip(g).map(|(m, g)| m * g).sum::<f64>();
                cross += g[a] * self.right[a];
            }
        }
        (square, cross)
    }

    /// The mean squared error of `sum_i g(x_i)` as it is; infinite for a constant.
    pub fn raw_error(&self, coefficients: &[f64]) -> f64 {
        if coefficients[1..].iter().all(|c| *c == 0.0) {
            return f64::INFINITY;
        }
        let (square, cross) = self.products(coefficients);
        let powers: f64 = coefficients[1..]
            .iter()
            .zip(&self.means)
            .map(|(c, mean)| c * mean)
            .sum();
        let shift = coefficients[0] * self.inputs + powers - self.mean;
        let error = (self.total - 2.0 * cross + square) / self.count + shift * shift;
        finite(error)
    }

    /// The mean squared error of `b + a sum_i g(x_i)` with the best a and b.
    pub fn scaled_error(&self, coefficients: &[f64]) -> f64 {
        let (square, cross) = self.products(coefficients);
        if square.is_nan() || square <= 1e-12 * self.total {
            return f64::INFINITY;
        }
        finite((self.total - cross * cross / square) / self.count)
    }

    /// The weights of these orders by least squares. Orders that depend on others have weight 0.
    pub fn refine(&self, orders: &[usize]) -> Refined {
        let size = orders.len();
        let scale: Vec<f64> = orders
            .iter()
            .map(|k| self.gram[(k - 1) * self.highest + k - 1].sqrt())
            .map(|length| if length > 0.0 { 1.0 / length } else { 0.0 })
            .collect();
        let mut matrix = vec![0.0; size * size];
        for (a, k) in orders.iter().enumerate() {
            for (b, l) in orders.iter().enumerate() {
                let moment = self.gram[(k - 1) * self.highest + l - 1];
                matrix[a * size + b] = moment * scale[a] * scale[b];
            }
            matrix[a * size + a] += 1e-12;
        }
        let mut weights: Vec<f64> = orders
            .iter()
            .zip(&scale)
            .map(|(k, scale)| self.right[k - 1] * scale)
            .collect();
        match Cholesky::factor(matrix, size) {
            Ok(factor) => factor.solve(&mut weights),
            Err(_) => weights.fill(0.0),
        }
        weights.iter_mut().zip(&scale).for_each(|(w, s)| *w *= s);
        let mut coefficients = vec![0.0; self.highest + 1];
        let mut constant = self.mean;
        for (k, weight) in orders.iter().zip(&weights) {
            coefficients[*k] = *weight;
            constant -= weight * self.means[k - 1];
        }
        let (square, cross) = self.products(&coefficients);
        Refined {
            orders: orders.to_vec(),
            weights,
            constant,
            rss: (self.total - 2.0 * cross + square).max(0.0),
        }
    }
}

fn finite(error: f64) -> f64 {
    if error.is_finite() {
        error.max(0.0)
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::prepare::Target;
    use crate::search::Problem;

    #[test]
    fn errors_equal_those_summed_over_rows() {
        let x: Vec<f64> = (0..40)
            .map(|i| f64::from(i * 37 % 23) / 11.0 - 1.0)
            .collect();
        let inputs = Matrix::from_vec(20, 2, x);
        let y: Vec<f64> = (0..20).map(|i| f64::from(i * 13 % 7) + 3.0).collect();
        let weights: Vec<f64> = (0..20).map(|i| f64::from(i % 3) * 10.0 / 9.5).collect();
        let target = Target::Values(Matrix::from_vec(20, 1, y.clone()));
        let problem = Problem {
            inputs: &inputs,
            target: &target,
            weights: Some(&weights),
        };
        let regression = Regression::new(&problem, "test").unwrap();
        let powers = Powers::new(&regression, 4);
        let sum_of = |g: &[f64], row: usize| -> f64 {
            let of = |x: &f64| -> f64 {
                let terms = g.iter().enumerate();
                terms.map(|(k, c)| c * x.powi(k as i32)).sum()
            };
            inputs.row(row).iter().map(of).sum()
        };
        let mean_square = |fitted: &dyn Fn(usize) -> f64| {
            let rows = (0..20).map(|row| weights[row] * (y[row] - fitted(row)).powi(2));
            rows.sum::<f64>() / weights.iter().sum::<f64>()
        };
        let g = [0.5, 1.0, 0.0, -2.0, 0.25];
        let direct = mean_square(&|row| sum_of(&g, row));
        assert!((powers.raw_error(&g) - direct).abs() < 1e-9);
        let refined = powers.refine(&[1, 3]);
        let fitted = |row: usize| {
            let weights = [0.0, refined.weights[0], 0.0, refined.weights[1]];
            refined.constant + sum_of(&weights, row)
        };
        let least = mean_square(&fitted);
        assert!((refined.rss / powers.count - least).abs() < 1e-9);
        assert!(least <= powers.scaled_error(&[0.0, 1.0, 0.0, -2.0, 0.0]) + 1e-9);
        assert!(powers.scaled_error(&[0.0, 1.0, 0.0, -2.0, 0.0]) < direct);
    }
}
