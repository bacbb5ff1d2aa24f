//! One more product, by alternating least squares on a residual.

use super::columns::Columns;
use super::dense::{Cholesky, dot};
use super::fit::{Product, times};
use super::sample::Sample;

/// What a new product is fitted to.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// The weights of rows and the arithmetic.
    pub sample: &'a Sample,
    /// rows x directions: the inputs, or some combinations of them.
    pub x: &'a Columns,
    /// The orthonormal basis to be projected out.
    pub q: &'a Columns,
    /// The weighted residual of each output, orthogonal to `q`.
    pub residuals: &'a [Vec<f64>],
}

/// A product on its way.
#[derive(Clone)]
pub(super) struct Trial {
    /// Factors over the directions of a [`View`].
    pub product: Product,
    /// By how much it lowers the sum of squares.
    pub gain: f64,
    /// The rows along each factor; empty before the first sweep over the rows of a view.
    projections: Vec<Vec<f64>>,
}

impl Trial {
    /// A product that no sweep has seen.
    pub fn new(product: Product) -> Trial {
        Trial {
            product,
            gain: 0.0,
            projections: Vec::new(),
        }
    }
}

/// Each factor in turn set to its least-squares optimum, the others held; then the weights of the
/// outputs. The gain never falls, but for the tiny ridge that keeps the systems solvable.
pub(super) fn sweep(view: &View<'_>, trial: &mut Trial) {
    let (sample, x) = (view.sample, view.x);
    let (order, count) = (trial.product.order, x.count());
    let mut projections = std::mem::take(&mut trial.projections);
    if projections.is_empty() {
        let along = |index| sample.combine(x, trial.product.factor(index));
        projections = (0..order).map(along).collect();
    }
    let weights = &mut trial.product.weights;
    let length = dot(weights, weights).sqrt();
    weights.iter_mut().for_each(|weight| *weight /= length);
    let mut target = vec![0.0; x.padded()];
    for (residual, weight) in view.residuals.iter().zip(weights.iter()) {
        target
            .iter_mut()
            .zip(residual)
            .for_each(|(t, r)| *t += weight * r);
    }
    for index in 0..order {
        let mut h = sample.root.clone();
        for (other, projection) in projections.iter().enumerate() {
            if other != index {
                times(&mut h, projection);
            }
        }
        let (factor, gain) = best_factor(view, h, &target);
        projections[index] = sample.combine(x, &factor);
        trial.product.factors[index * count..][..count].copy_from_slice(&factor);
        trial.gain = gain;
    }
    if view.residuals.len() > 1 {
        let mut values = sample.root.clone();
        projections
            .iter()
            .for_each(|projection| times(&mut values, projection));
        weigh(view, trial, values);
    }
    let changes = trial.product.balance();
    for (projection, change) in projections.iter_mut().zip(changes) {
        projection.iter_mut().for_each(|value| *value *= change);
    }
    trial.projections = projections;
}

/// The factor that multiplies the fixed product `h` best, and the gain.
fn best_factor(view: &View<'_>, mut h: Vec<f64>, target: &[f64]) -> (Vec<f64>, f64) {
    let (sample, x) = (view.sample, view.x);
    let (count, rank) = (x.count(), view.q.count());
    let inside = sample.cross(x, &h, view.q);
    let mut pull = h.clone();
    times(&mut pull, target);
    let right = sample.sums(x, &pull);
    h.iter_mut().for_each(|h| *h *= *h);
    let mut gram = sample.gram(x, &h);
    let mut trace = 0.0;
    for i in 0..count {
        let left = &inside[i * rank..][..rank];
        for j in 0..=i {
            gram[i * count + j] -= dot(left, &inside[j * rank..][..rank]);
        }
        trace += gram[i * count + i];
    }
    let mut damped = gram.clone();
    for i in 0..count {
        damped[i * count + i] += 1e-9 * trace / count as f64;
    }
    let factor = Cholesky::new(&damped, count, 1e-13).solve(&right);
    let mut quadratic = 0.0;
    for i in 0..count {
        let row = &gram[i * count..][..=i];
        quadratic += factor[i] * (2.0 * dot(row, &factor[..=i]) - row[i] * factor[i]);
    }
    let gain = 2.0 * dot(&factor, &right) - quadratic;
    (factor, gain)
}

/// The best weight of each output for the given values of the product.
fn weigh(view: &View<'_>, trial: &mut Trial, mut values: Vec<f64>) {
    let along = view.sample.sums(view.q, &values);
    let shadow = view.sample.combine(view.q, &along);
    values.iter_mut().zip(shadow).for_each(|(v, s)| *v -= s);
    let square = dot(&values, &values);
    if square <= 0.0 {
        return;
    }
    trial.gain = 0.0;
    for (weight, residual) in trial.product.weights.iter_mut().zip(view.residuals) {
        let along = dot(&values, residual);
        *weight = along / square;
        trial.gain += along * along / square;
    }
}

#[cfg(test)]
mod tests {
    use super::super::basis::Basis;
    use super::super::testing::{product_sample, random_product};
    use super::*;
    use crate::neuron::Term;

    #[test]
    fn no_sweep_lowers_the_gain_and_the_truth_is_reached() {
        let (sample, _) = product_sample(500, 6, 3, 0.01);
        let basis = Basis::new(&sample, &[Term::pure(1)]);
        let view = View {
            sample: &sample,
            x: &sample.x,
            q: &basis.q,
            residuals: &basis.targets,
        };
        let total = dot(&basis.targets[0], &basis.targets[0]);
        let best = (0..5)
            .map(|seed| {
                let mut trial = Trial::new(random_product(3, 6, seed));
                for _ in 0..60 {
                    let before = trial.gain;
                    sweep(&view, &mut trial);
                    assert!(trial.gain >= before - 1e-6 * total);
                }
                trial.gain
            })
            .fold(0.0, f64::max);
        assert!(total - best < 2e-4 * total);
    }

    #[test]
    fn the_gain_is_what_the_residual_falls_by() {
        let (sample, _) = product_sample(300, 4, 2, 0.3);
        let basis = Basis::new(&sample, &[Term::pure(2)]);
        let view = View {
            sample: &sample,
            x: &sample.x,
            q: &basis.q,
            residuals: &basis.targets,
        };
        let mut trial = Trial::new(random_product(2, 4, 3));
        sweep(&view, &mut trial);
        sweep(&view, &mut trial);
        let (_, mut values) = super::super::fit::evaluate(&sample, &trial.product);
        basis.project_out(&sample, &mut values);
        let rest = basis.targets[0].iter().zip(&values);
        let rest: Vec<f64> = rest.map(|(y, value)| y - value).collect();
        let fallen = dot(&basis.targets[0], &basis.targets[0]) - dot(&rest, &rest);
        assert!((fallen - trial.gain).abs() < 1e-6 * fallen);
    }
}
