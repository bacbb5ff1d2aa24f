use std::collections::VecDeque;

use super::cholesky::dot;

/// Step pairs that are remembered.
const MEMORY: usize = 12;

/// Where a minimisation ended.
pub(crate) struct Minimum {
    pub point: Vec<f64>,
    pub iterations: usize,
    pub converged: bool,
}

/// Minimises a smooth function by limited-memory BFGS (Nocedal and Wright, algorithm 7.5)
/// with backtracking to the Armijo condition. Step pairs without curvature are left out, so that a
/// function that is not convex ends in some local minimum; values that are not finite are stepped
/// back from.
///
/// `function` writes the gradient into its second argument and returns the value. Ends when the
/// largest element of the gradient is at most `tolerance`, when no step lowers the value any more
/// (then rounding is the limit: converged if the gradient is within 100 times the tolerance), or
/// after `limit` iterations.
pub(crate) fn minimise(
    start: Vec<f64>,
    tolerance: f64,
    limit: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Minimum {
    let mut point = start;
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(&point, &mut gradient);
    let mut pairs: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
    let mut next_gradient = vec![0.0; point.len()];
    for iteration in 0..limit {
        let steepest = largest(&gradient);
        if steepest <= tolerance {
            return Minimum {
                point,
                iterations: iteration,
                converged: true,
            };
        }
        let mut direction = descent(&gradient, &pairs);
        let mut slope = dot(&direction, &gradient);
        if slope.is_nan() || slope >= 0.0 {
            pairs.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = dot(&direction, &gradient);
        }
        let first = if pairs.is_empty() {
            1.0 / steepest.max(1.0)
        } else {
            1.0
        };
        let mut length: f64 = first;
        let (next, next_value) = loop {
            let next: Vec<f64> = point
                .iter()
                .zip(&direction)
                .map(|(point, direction)| point + length * direction)
                .collect();
            let next_value = function(&next, &mut next_gradient);
            if next_value <= value + 1e-4 * length * slope {
                break (next, next_value);
            }
            length *= 0.5;
            if length < 1e-12 * first {
                return Minimum {
                    point,
                    iterations: iteration,
                    converged: steepest <= 100.0 * tolerance,
                };
            }
        };
        let step: Vec<f64> = next.iter().zip(&point).map(|(a, b)| a - b).collect();
        let change: Vec<f64> = next_gradient
            .iter()
            .zip(&gradient)
            .map(|(a, b)| a - b)
            .collect();
        // A pair without curvature would spoil the positive definite approximation.
        if dot(&step, &change) > f64::EPSILON * dot(&change, &change) {
            if pairs.len() == MEMORY {
                pairs.pop_front();
            }
            pairs.push_back((step, change));
        }
        point = next;
        value = next_value;
        std::mem::swap(&mut gradient, &mut next_gradient);
    }
    Minimum {
        point,
        iterations: limit,
        converged: largest(&gradient) <= tolerance,
    }
}

/// The two-loop recursion: minus the approximate inverse Hessian times the gradient.
fn descent(gradient: &[f64], pairs: &VecDeque<(Vec<f64>, Vec<f64>)>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(pairs.len());
    for (step, change) in pairs.iter().rev() {
        let share = dot(step, &direction) / dot(step, change);
        add(&mut direction, change, -share);
        shares.push(share);
    }
    if let Some((step, change)) = pairs.back() {
        let scale = dot(step, change) / dot(change, change);
        direction.iter_mut().for_each(|value| *value *= scale);
    }
    for ((step, change), share) in pairs.iter().zip(shares.iter().rev()) {
        let back = dot(change, &direction) / dot(step, change);
        add(&mut direction, step, share - back);
    }
    direction
}

fn add(to: &mut [f64], from: &[f64], factor: f64) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// The largest absolute element; infinite when one is NaN, so that nothing passes for converged.
pub(super) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| {
        if value.is_nan() {
            f64::INFINITY
        } else {
            largest.max(value.abs())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_minimum_of_an_ill_conditioned_quadratic() {
        let scale: Vec<f64> = (0..20).map(|i| 10f64.powf(i as f64 / 5.0)).collect();
        let minimum = minimise(vec![0.0; 20], 1e-9, 1000, |x, gradient| {
            let mut value = 0.0;
            for i in 0..20 {
                let off = x[i] - i as f64;
                gradient[i] = scale[i] * off;
                value += 0.5 * scale[i] * off * off;
            }
            value
        });
        assert!(minimum.converged, "{}", minimum.iterations);
        for (i, x) in minimum.point.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-8);
        }
    }

    #[test]
    fn does_not_claim_to_have_converged_at_its_limit() {
        let minimum = minimise(vec![10.0, 10.0], 1e-12, 2, |x, gradient| {
            gradient[0] = 4.0 * x[0].powi(3);
            gradient[1] = 200.0 * x[1];
            x[0].powi(4) + 100.0 * x[1] * x[1]
        });
        assert!(!minimum.converged);
        assert_eq!(minimum.iterations, 2);
    }
}
