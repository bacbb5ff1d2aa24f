use super::lbfgs::{self, largest};
use super::scaling::{Scaling, add_outer};
use super::{Cholesky, LinearError, LinearFit, check, cholesky::dot};
use crate::matrix::Matrix;

/// Settings of [`logistic`].
///
/// | field | default | range |
/// |---|---|---|
/// | `penalty` | `None`: 1 / sum of weights | above 0 |
/// | `tolerance` | 1e-7 | above 0 |
/// | `iterations` | 1000 | 1 or more |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogisticOptions {
    /// lambda in the objective; scikit-learn's `C` is `1 / (lambda * rows)`.
    pub penalty: Option<f64>,
    /// The largest element of the objective's gradient at the end.
    pub tolerance: f64,
    /// The highest number of iterations.
    pub iterations: usize,
}

impl Default for LogisticOptions {
    fn default() -> LogisticOptions {
        LogisticOptions {
            penalty: None,
            tolerance: 1e-7,
            iterations: 1000,
        }
    }
}

/// Logistic regression of two or more classes: minimises over coefficients `b` and intercepts
///
/// ```text
/// sum_i w_i loss_i / sum_i w_i  +  lambda / 2 |b|^2,   z = x / deviation(x)
/// loss_i = -log p(label_i),   p = logistic(b z + b0) or softmax(B z + b0)
/// ```
///
/// The penalty keeps the optimum finite where classes are separable. Two classes: one output, the
/// log-odds of class 1, by Newton's method with halved steps. More: one output per class (adding to
/// 0 over the classes), by limited-memory BFGS. A class without rows has no finite optimum; its
/// probability ends near the tolerance.
///
/// `inputs: rows x inputs`; `labels`: one per row, below `count`; `weights`: one per row.
///
/// # Errors
/// [`LinearError`] for settings out of range, fewer than two classes, a label not below `count`,
/// lengths that differ, weights that are negative or all zero, and numbers that are not finite.
pub fn logistic(
    inputs: &Matrix<f64>,
    labels: &[usize],
    count: usize,
    weights: Option<&[f64]>,
    options: &LogisticOptions,
) -> Result<LinearFit, LinearError> {
    let sum = check(inputs, labels.len(), "labels", weights)?;
    let penalty = options.penalty.unwrap_or(1.0 / sum);
    check_settings(labels, count, penalty, options)?;
    let scaling = Scaling::fit(inputs, weights, sum)?;
    let objective = Objective {
        inputs,
        labels,
        weights,
        sum,
        penalty,
        prior: prior(labels, count, weights, sum),
        scaling,
    };
    let outputs = if count == 2 { 1 } else { count };
    let width = objective.scaling.width();
    let mut start = vec![0.0; outputs * width];
    if count == 2 {
        start[width - 1] = (objective.prior[1] / objective.prior[0]).ln();
    } else {
        let mean = objective.prior.iter().map(|p| p.ln()).sum::<f64>() / count as f64;
        for (class, prior) in objective.prior.iter().enumerate() {
            start[class * width + width - 1] = prior.ln() - mean;
        }
    }
    let minimum = if count == 2 {
        newton(&objective, start, options)
    } else {
        lbfgs::minimise(
            start,
            options.tolerance,
            options.iterations,
            |point, gradient| objective.softmax(point, gradient),
        )
    };
    if minimum.point.iter().any(|value| !value.is_finite()) {
        return Err(LinearError::NotFinite);
    }
    Ok(LinearFit {
        model: objective.scaling.restore(&minimum.point),
        penalty,
        iterations: minimum.iterations,
        converged: minimum.converged,
    })
}

fn check_settings(
    labels: &[usize],
    count: usize,
    penalty: f64,
    options: &LogisticOptions,
) -> Result<(), LinearError> {
    let mut faults = Vec::new();
    if !(penalty > 0.0 && penalty.is_finite()) {
        faults.push(format!(
            "the penalty is {penalty}; give a finite number above 0"
        ));
    }
    if options.tolerance.is_nan() || options.tolerance <= 0.0 {
        faults.push(format!(
            "the tolerance is {}; give a number above 0",
            options.tolerance
        ));
    }
    if options.iterations == 0 {
        faults.push("the number of iterations is 0; give at least 1".to_string());
    }
    if count < 2 {
        faults.push(format!("there are {count} classes; at least 2 are needed"));
    }
    if let Some(label) = labels.iter().find(|label| **label >= count) {
        faults.push(format!("class {label} of a row is not below {count}"));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(LinearError::Settings(faults.join("; ")))
    }
}

/// The share of each class, where to start from; never 0: one imagined row is spread over the
/// classes when one of them has none.
fn prior(labels: &[usize], count: usize, weights: Option<&[f64]>, sum: f64) -> Vec<f64> {
    let mut shares = vec![0.0; count];
    for (row, &label) in labels.iter().enumerate() {
        shares[label] += weights.map_or(1.0, |weights| weights[row]);
    }
    let imagined = if shares.contains(&0.0) {
        sum / labels.len() as f64
    } else {
        0.0
    };
    for share in &mut shares {
        *share = (*share + imagined / count as f64) / (sum + imagined);
    }
    shares
}

struct Objective<'a> {
    inputs: &'a Matrix<f64>,
    labels: &'a [usize],
    weights: Option<&'a [f64]>,
    sum: f64,
    penalty: f64,
    prior: Vec<f64>,
    scaling: Scaling,
}

impl Objective<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row]) / self.sum
    }

    /// Adds the penalty of the coefficients (not of the intercepts) to value and gradient.
    fn penalise(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let width = self.scaling.width();
        let mut square = 0.0;
        for (point, gradient) in point
            .chunks_exact(width)
            .zip(gradient.chunks_exact_mut(width))
        {
            for (point, gradient) in point.iter().zip(gradient).take(width - 1) {
                square += point * point;
                *gradient += self.penalty * point;
            }
        }
        0.5 * self.penalty * square
    }

    /// The value, gradient and, where asked for, Hessian (lower triangle) for two classes.
    fn binary(&self, point: &[f64], gradient: &mut [f64], hessian: Option<&mut [f64]>) -> f64 {
        let width = self.scaling.width();
        let mut value = 0.0;
        let mut z = vec![0.0; width];
        let mut hessian = hessian;
        gradient.fill(0.0);
        for row in 0..self.inputs.rows() {
            let weight = self.weight(row);
            self.scaling.apply(self.inputs.row(row), &mut z);
            let logit = dot(&z, point);
            let sign = if self.labels[row] == 1 { 1.0 } else { -1.0 };
            value += weight * softplus(-sign * logit);
            let slope = -sign * weight / (1.0 + (sign * logit).exp());
            add(gradient, &z, slope);
            if let Some(hessian) = hessian.as_deref_mut() {
                let p = 1.0 / (1.0 + logit.abs().exp());
                add_outer(hessian, &z, weight * p * (1.0 - p));
            }
        }
        if let Some(hessian) = hessian {
            for i in 0..width - 1 {
                hessian[i * width + i] += self.penalty;
            }
        }
        value + self.penalise(point, gradient)
    }

    /// The value and gradient for more classes; `point` is classes x width.
    fn softmax(&self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let width = self.scaling.width();
        let count = self.prior.len();
        let mut value = 0.0;
        let mut z = vec![0.0; width];
        let mut logits = vec![0.0; count];
        gradient.fill(0.0);
        for row in 0..self.inputs.rows() {
            let (weight, label) = (self.weight(row), self.labels[row]);
            self.scaling.apply(self.inputs.row(row), &mut z);
            for (logit, point) in logits.iter_mut().zip(point.chunks_exact(width)) {
                *logit = dot(&z, point);
            }
            let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let own = logits[label] - highest;
            let mut total = 0.0;
            for logit in &mut logits {
                *logit = (*logit - highest).exp();
                total += *logit;
            }
            value += weight * (total.ln() - own);
            for (class, gradient) in gradient.chunks_exact_mut(width).enumerate() {
                let truth = if class == label { 1.0 } else { 0.0 };
                add(gradient, &z, weight * (logits[class] / total - truth));
            }
        }
        value + self.penalise(point, gradient)
    }
}

/// Newton's method, each step halved until the objective falls.
fn newton(objective: &Objective, start: Vec<f64>, options: &LogisticOptions) -> lbfgs::Minimum {
    let width = start.len();
    let mut point = start;
    let mut gradient = vec![0.0; width];
    let mut buffer = vec![0.0; width * width];
    for iteration in 0..options.iterations {
        buffer.fill(0.0);
        let value = objective.binary(&point, &mut gradient, Some(&mut buffer));
        let steepest = largest(&gradient);
        if steepest <= options.tolerance {
            return lbfgs::Minimum {
                point,
                iterations: iteration,
                converged: true,
            };
        }
        let mut step: Vec<f64> = gradient.iter().map(|g| -g).collect();
        // Only the intercept is without penalty; where its curvature vanishes, follow the gradient.
        match Cholesky::factor(std::mem::take(&mut buffer), width) {
            Ok(factor) => {
                factor.solve(&mut step);
                buffer = factor.into_buffer();
            }
            Err(_) => buffer = vec![0.0; width * width],
        }
        let slope = dot(&step, &gradient);
        let mut length = 1.0;
        loop {
            let next: Vec<f64> = point
                .iter()
                .zip(&step)
                .map(|(point, step)| point + length * step)
                .collect();
            if objective.binary(&next, &mut gradient, None) <= value + 1e-4 * length * slope {
                point = next;
                break;
            }
            length *= 0.5;
            if length < 1e-12 {
                return lbfgs::Minimum {
                    point,
                    iterations: iteration,
                    converged: steepest <= 100.0 * options.tolerance,
                };
            }
        }
    }
    objective.binary(&point, &mut gradient, None);
    lbfgs::Minimum {
        converged: largest(&gradient) <= options.tolerance,
        point,
        iterations: options.iterations,
    }
}

fn add(to: &mut [f64], from: &[f64], factor: f64) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// log(1 + exp(x)) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
