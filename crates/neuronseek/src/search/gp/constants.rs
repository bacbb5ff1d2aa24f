//! The constants of an expression by least squares (Levenberg and Marquardt).

use crate::expression::{Expression, Operation, Tape};
use crate::linear::Cholesky;

/// The rows that expressions are judged by: one slice per input.
#[derive(Debug, Clone, Copy)]
pub(in crate::search) struct Sample<'a> {
    pub columns: &'a [&'a [f64]],
    pub y: &'a [f64],
    pub weights: &'a [f64],
}

/// Expressions have few constants; one with more is left as it is.
const MOST: usize = 24;

impl Sample<'_> {
    /// `a + b f` with the least squares: its mean squared error, a and b. Infinite where f is not
    /// finite at a row that counts.
    pub fn scaled(&self, f: &[f64]) -> (f64, [f64; 2]) {
        let count: f64 = self.weights.iter().sum();
        let rows = || f.iter().zip(self.y).zip(self.weights);
        let mean = |value: &dyn Fn(f64, f64) -> f64| {
            rows().map(|((f, y), w)| w * value(*f, *y)).sum::<f64>() / count
        };
        let (mean_f, mean_y) = (mean(&|f, _| f), mean(&|_, y| y));
        let (mut ff, mut fy, mut yy) = (0.0, 0.0, 0.0);
        for ((f, y), w) in rows() {
            let (f, y) = (f - mean_f, y - mean_y);
            ff += w * f * f;
            fy += w * f * y;
            yy += w * y * y;
        }
        let slope = if ff > 1e-14 * mean_f * mean_f * count && ff > 0.0 {
            fy / ff
        } else {
            0.0
        };
        let error = ((yy - slope * fy) / count).max(0.0);
        if !(error.is_finite() && slope.is_finite() && ff.is_finite()) {
            return (f64::INFINITY, [mean_y, 0.0]);
        }
        (error, [mean_y - slope * mean_f, slope])
    }

    /// The scaled error of an expression.
    pub fn error(&self, expression: &Expression, tape: &mut Tape, values: &mut Vec<f64>) -> f64 {
        values.resize(self.y.len(), 0.0);
        tape.values(expression, self.columns, values);
        self.scaled(values).0
    }

    /// `a + b f` as an expression, simplified.
    pub fn completed(&self, expression: &Expression, tape: &mut Tape) -> Expression {
        let mut values = vec![0.0; self.y.len()];
        tape.values(expression, self.columns, &mut values);
        let (_, [a, b]) = self.scaled(&values);
        let product = Expression::binary(Operation::Multiply, &Expression::constant(b), expression);
        Expression::binary(Operation::Add, &Expression::constant(a), &product).simplified()
    }

    /// The mean squared error of an expression as it is.
    pub fn plain_error(&self, values: &[f64]) -> f64 {
        let squares = values.iter().zip(self.y).zip(self.weights);
        let sum: f64 = squares.map(|((f, y), w)| w * (f - y).powi(2)).sum();
        let error = sum / self.weights.iter().sum::<f64>();
        if error.is_finite() {
            error
        } else {
            f64::INFINITY
        }
    }

    /// Moves all constants of `expression` for at most so many steps; the error reached.
    pub fn refine(&self, expression: &mut Expression, steps: usize, tape: &mut Tape) -> f64 {
        let rows = self.y.len();
        let count = expression.constants().len();
        let mut values = vec![0.0; rows];
        if count == 0 || count > MOST {
            tape.values(expression, self.columns, &mut values);
            return self.plain_error(&values);
        }
        let mut slopes = vec![vec![0.0; rows]; count];
        tape.values_and_slopes(expression, self.columns, &mut values, &mut slopes);
        let mut error = self.plain_error(&values);
        let mut damping = 1e-3;
        for _ in 0..steps {
            let Some(step) = self.step(&values, &slopes, damping) else {
                return error;
            };
            let old = expression.constants();
            let moved: Vec<f64> = old.iter().zip(&step).map(|(c, s)| c + s).collect();
            expression.set_constants(&moved);
            let mut next = vec![0.0; rows];
            let mut next_slopes = slopes.clone();
            tape.values_and_slopes(expression, self.columns, &mut next, &mut next_slopes);
            let next_error = self.plain_error(&next);
            if next_error < error {
                let gain = (error - next_error) / error;
                (values, slopes, error) = (next, next_slopes, next_error);
                damping = (damping * 0.2).max(1e-12);
                if gain < 1e-9 {
                    return error;
                }
            } else {
                expression.set_constants(&old);
                damping *= 10.0;
                if damping > 1e8 {
                    return error;
                }
            }
        }
        error
    }

    fn step(&self, values: &[f64], slopes: &[Vec<f64>], damping: f64) -> Option<Vec<f64>> {
        let count = slopes.len();
        let mut gram = vec![0.0; count * count];
        let mut right = vec![0.0; count];
        for (i, left) in slopes.iter().enumerate() {
            for (j, other) in slopes.iter().enumerate().take(i + 1) {
                let pairs = left.iter().zip(other).zip(self.weights);
                gram[i * count + j] = pairs.map(|((a, b), w)| w * a * b).sum();
            }
            let residuals = values.iter().zip(self.y).zip(self.weights);
            right[i] = left
                .iter()
                .zip(residuals)
                .map(|(s, ((f, y), w))| w * s * (y - f))
                .sum();
        }
        for i in 0..count {
            gram[i * count + i] *= 1.0 + damping;
            gram[i * count + i] += f64::MIN_POSITIVE;
        }
        let factor = Cholesky::factor(gram, count).ok()?;
        factor.solve(&mut right);
        right.iter().all(|s| s.is_finite()).then_some(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_found_again() {
        let x: Vec<f64> = (0..60).map(|i| f64::from(i) / 20.0 - 1.0).collect();
        let truth: Expression = "1.5 + 0.7 * sin(2.2 * x1 + 0.3)".parse().unwrap();
        let y: Vec<f64> = x.iter().map(|x| truth.value(&[*x])).collect();
        let weights = vec![1.0; 60];
        let columns = [x.as_slice()];
        let sample = Sample {
            columns: &columns,
            y: &y,
            weights: &weights,
        };
        let mut expression: Expression = "1.0 + 1.0 * sin(2.0 * x1 + 0.0)".parse().unwrap();
        let mut tape = Tape::default();
        let error = sample.refine(&mut expression, 40, &mut tape);
        assert!(error < 1e-18, "{error} {expression}");
        for (found, true_one) in expression.constants().iter().zip(truth.constants()) {
            assert!((found - true_one).abs() < 1e-7, "{expression}");
        }
        let half: Expression = "sin(2.2 * x1 + 0.3)".parse().unwrap();
        assert!(sample.error(&half, &mut tape, &mut Vec::new()) < 1e-18);
        let whole = sample.completed(&half, &mut tape);
        assert!((whole.value(&[0.4]) - truth.value(&[0.4])).abs() < 1e-12);
        let undefined: Expression = "log(x1)".parse().unwrap();
        assert!(
            sample
                .error(&undefined, &mut tape, &mut Vec::new())
                .is_infinite()
        );
    }
}
