use super::scaling::{Scaling, add_outer};
use super::{Cholesky, LinearError, LinearFit, check};
use crate::matrix::Matrix;

/// How strongly coefficients are held back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Penalty {
    /// Given, 0 or more: relative to the variance of an input, see [`ridge`].
    Relative(f64),
    /// Chosen from 1e-8 to 100 by generalised cross-validation.
    CrossValidated,
}

/// What [`Penalty::CrossValidated`] tries, weakest first.
const GRID: [f64; 10] = [1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0];

/// Ridge regression: minimises over coefficients `b` and intercepts
///
/// ```text
/// sum_i w_i |y_i - b (z_i) - b0|^2 / sum_i w_i  +  lambda |b|^2,   z = x / deviation(x)
/// ```
///
/// with all outputs sharing lambda, which is thus free of the units of the inputs and of the
/// number of rows: scikit-learn's `Ridge(alpha)` on standardised inputs is `lambda = alpha / rows`.
/// Inputs that never vary get the coefficient 0; a singular system with `lambda = 0` is solved
/// with the smallest penalty that makes it regular, and the result tells it.
///
/// Generalised cross-validation takes the lambda with the least
/// `sum_outputs rss / variance / (1 - freedom / rows)^2`, `freedom` the trace of the hat matrix.
///
/// `inputs: rows x inputs`, `targets: rows x outputs`, `weights`: one non-negative per row.
///
/// # Errors
/// [`LinearError`] for a penalty that is negative or NaN, for lengths that differ, for weights
/// that are negative or all zero, and for numbers that are not finite.
pub fn ridge(
    inputs: &Matrix<f64>,
    targets: &Matrix<f64>,
    weights: Option<&[f64]>,
    penalty: Penalty,
) -> Result<LinearFit, LinearError> {
    if let Penalty::Relative(lambda) = penalty
        && !(lambda >= 0.0 && lambda.is_finite())
    {
        return Err(LinearError::Settings(format!(
            "the ridge penalty is {lambda}; give a finite number of at least 0"
        )));
    }
    let sum = check(inputs, targets.rows(), "targets", weights)?;
    let scaling = Scaling::fit(inputs, weights, sum)?;
    let target_scaling = Scaling::fit(targets, weights, sum)?;
    let normal = Normal::sum(inputs, targets, weights, &scaling, &target_scaling, sum);
    let (lambda, coefficients) = match penalty {
        Penalty::Relative(lambda) => normal.solve_regular(lambda)?,
        Penalty::CrossValidated => normal.cross_validate(inputs.rows())?,
    };
    if coefficients.iter().any(|value| !value.is_finite()) {
        return Err(LinearError::NotFinite);
    }
    let mut model = scaling.restore(&coefficients);
    for output in 0..targets.columns() {
        let factor = target_scaling.factor[output];
        let deviation = if factor > 0.0 { 1.0 / factor } else { 0.0 };
        for value in model.coefficients.row_mut(output) {
            *value *= deviation;
        }
        model.intercept[output] =
            model.intercept[output] * deviation + target_scaling.shift[output];
        if factor == 0.0 {
            model.intercept[output] = targets.row(0)[output];
        }
    }
    Ok(LinearFit {
        model,
        penalty: lambda,
        iterations: 1,
        converged: true,
    })
}

/// The normal equations in scaled coordinates, divided by the sum of the weights.
struct Normal {
    width: usize,
    outputs: usize,
    /// Lower triangle, width x width.
    gram: Vec<f64>,
    /// outputs x width.
    right: Vec<f64>,
    /// The mean square of each scaled target.
    square: Vec<f64>,
}

impl Normal {
    fn sum(
        inputs: &Matrix<f64>,
        targets: &Matrix<f64>,
        weights: Option<&[f64]>,
        scaling: &Scaling,
        target_scaling: &Scaling,
        sum: f64,
    ) -> Normal {
        let (width, outputs) = (scaling.width(), targets.columns());
        let mut normal = Normal {
            width,
            outputs,
            gram: vec![0.0; width * width],
            right: vec![0.0; outputs * width],
            square: vec![0.0; outputs],
        };
        let mut z = vec![0.0; width];
        let mut y = vec![0.0; target_scaling.width()];
        for row in 0..inputs.rows() {
            let weight = weights.map_or(1.0, |weights| weights[row]) / sum;
            scaling.apply(inputs.row(row), &mut z);
            target_scaling.apply(targets.row(row), &mut y);
            add_outer(&mut normal.gram, &z, weight);
            for (output, y) in y.iter().enumerate().take(outputs) {
                let scaled = weight * y;
                normal.square[output] += scaled * y;
                let right = &mut normal.right[output * width..(output + 1) * width];
                for (right, z) in right.iter_mut().zip(&z) {
                    *right += scaled * z;
                }
            }
        }
        normal
    }

    /// The factor of `gram + lambda I`, the intercept not penalised; `None` when it is singular.
    fn factor(&self, lambda: f64) -> Option<Cholesky> {
        let mut matrix = self.gram.clone();
        for i in 0..self.width - 1 {
            let diagonal = &mut matrix[i * self.width + i];
            // An input that never varies: any positive number keeps its coefficient at 0.
            *diagonal = if *diagonal == 0.0 {
                1.0
            } else {
                *diagonal + lambda
            };
        }
        Cholesky::factor(matrix, self.width).ok()
    }

    fn solve(&self, factor: &Cholesky) -> Vec<f64> {
        let mut solution = self.right.clone();
        for right in solution.chunks_exact_mut(self.width) {
            factor.solve(right);
        }
        solution
    }

    /// The solution for `lambda`, or for the smallest larger one that gives a regular system.
    fn solve_regular(&self, lambda: f64) -> Result<(f64, Vec<f64>), LinearError> {
        let mut lambda = lambda;
        while lambda.is_finite() {
            if let Some(factor) = self.factor(lambda) {
                return Ok((lambda, self.solve(&factor)));
            }
            lambda = if lambda == 0.0 { 1e-12 } else { 10.0 * lambda };
        }
        Err(LinearError::NotFinite)
    }

    fn cross_validate(&self, rows: usize) -> Result<(f64, Vec<f64>), LinearError> {
        let mut best: Option<(f64, f64, Vec<f64>)> = None;
        for lambda in GRID {
            let Some(factor) = self.factor(lambda) else {
                continue;
            };
            let solution = self.solve(&factor);
            let penalised: f64 = factor.inverse_diagonal()[..self.width - 1].iter().sum();
            let left = 1.0 - (self.width as f64 - lambda * penalised) / rows as f64;
            // Fewer than a tenth of the rows left to judge by: the criterion means nothing.
            if left < 0.1 {
                continue;
            }
            let score = self.residual(&solution) / (left * left);
            if best.as_ref().is_none_or(|(least, ..)| score < *least) {
                best = Some((score, lambda, solution));
            }
        }
        match best {
            Some((_, lambda, solution)) => Ok((lambda, solution)),
            None => self.solve_regular(GRID[GRID.len() - 1]),
        }
    }

    /// The mean squared residual, summed over the scaled outputs.
    fn residual(&self, solution: &[f64]) -> f64 {
        let width = self.width;
        let mut total = 0.0;
        for output in 0..self.outputs {
            let b = &solution[output * width..(output + 1) * width];
            let right = &self.right[output * width..(output + 1) * width];
            let mut square = self.square[output];
            for i in 0..width {
                let row = &self.gram[i * width..i * width + i];
                let below: f64 = row.iter().zip(b).map(|(gram, b)| gram * b).sum();
                square += b[i] * (self.gram[i * width + i] * b[i] + 2.0 * below - 2.0 * right[i]);
            }
            // Rounding may take a fit without residual below zero.
            total += square.max(f64::EPSILON * self.square[output]);
        }
        total
    }
}
