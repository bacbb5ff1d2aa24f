//! Levenberg-Marquardt steps on the factors of a fit.
//!
//! Alternating least squares brings a product from a random start to the right basin; near the
//! optimum it creeps, since the factors pull at each other. Damped Gauss-Newton steps on all
//! factors at once converge in a few steps there. Element-wise terms never enter the system: they
//! are projected out; nor do the products' weights, which each step sets by least squares.

use super::basis::Basis;
use super::columns::Columns;
use super::dense::{Cholesky, dot};
use super::fit::{Fit, Product, Scale, State, criterion, times};
use super::sample::Sample;

/// How far a fit is brought towards its optimum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// The highest number of rounds over all groups of factors.
    pub rounds: usize,
    /// A round that lowers the sum of squares by less than this share is the last.
    pub tolerance: f64,
}

/// All factors are moved together while that costs no more multiplications than this; else those
/// of one product after the other.
const JOINT: usize = 400_000_000;

/// What a fit must reach to be of use.
#[derive(Clone, Copy)]
pub(super) struct Goal<'a> {
    /// The criterion's scale.
    pub scale: &'a Scale,
    /// The BIC to be undercut.
    pub bic: f64,
}

/// A fit whose progress shrinks, and that is further from its goal than this many times the last
/// round's progress, is given up.
const HOPELESS: f64 = 15.0;

/// Improves `fit` in place; its sums of squares never rise.
pub(super) fn refine(sample: &Sample, fit: &mut Fit, effort: Effort, goal: Option<Goal<'_>>) {
    let basis = fit.basis.clone();
    let mut products = std::mem::take(&mut fit.products);
    let mut state = State::new(sample, &basis, &mut products);
    let groups = groups(sample, &products);
    let mut damping = vec![1e-3; groups.len()];
    let mut last_progress = 0.0;
    for _ in 0..effort.rounds {
        let before = state.total();
        let mut moved = false;
        for (group, damping) in groups.iter().zip(&mut damping) {
            moved |= step(sample, fit, (&mut products, &mut state), group, damping);
        }
        let progress = before - state.total();
        if !moved || progress <= effort.tolerance * before {
            break;
        }
        let distance = goal.map(|goal| distance(sample, goal, (&basis, &products), &state));
        let slowing = progress < 0.5 * last_progress;
        if slowing && distance.is_some_and(|distance| distance > HOPELESS * progress) {
            break;
        }
        last_progress = progress;
    }
    for product in &mut products {
        product.balance();
    }
    fit.squares = state.squares;
    fit.products = products;
}

/// By how much the sum of squares must still fall for the goal, if all outputs fall alike.
fn distance(
    sample: &Sample,
    goal: Goal<'_>,
    structure: (&Basis, &[Product]),
    state: &State,
) -> f64 {
    let now = criterion(sample, goal.scale, structure, &state.squares);
    let numbers = goal.scale.share * sample.weight * state.squares.len() as f64;
    state.total() * (1.0 - ((goal.bic - now) / numbers).exp())
}

fn groups(sample: &Sample, products: &[Product]) -> Vec<Vec<usize>> {
    let unknowns: usize = products.iter().map(|product| product.factors.len()).sum();
    if products.is_empty() {
        Vec::new()
    } else if unknowns * unknowns / 2 * sample.x.padded() <= JOINT {
        vec![(0..products.len()).collect()]
    } else {
        (0..products.len()).map(|product| vec![product]).collect()
    }
}

/// One accepted step on a group of products, or none.
fn step(
    sample: &Sample,
    fit: &Fit,
    (products, state): (&mut Vec<Product>, &mut State),
    group: &[usize],
    damping: &mut f64,
) -> bool {
    let system = System::new(sample, fit, (products, state), group);
    for _ in 0..6 {
        let mut trial = products.clone();
        let change = system.solve(*damping);
        let mut rest = &change[..];
        for &product in group {
            let (own, later) = rest.split_at(trial[product].factors.len());
            trial[product]
                .factors
                .iter_mut()
                .zip(own)
                .for_each(|(u, d)| *u += d);
            rest = later;
        }
        let next = State::new(sample, &fit.basis, &mut trial);
        if next.total() < state.total() {
            *products = trial;
            *state = next;
            *damping = (*damping * 0.1).max(1e-9);
            return true;
        }
        *damping = (*damping * 8.0).min(1e6);
    }
    false
}

/// The normal equations of a Gauss-Newton step.
struct System {
    unknowns: usize,
    matrix: Vec<f64>,
    right: Vec<f64>,
}

impl System {
    fn new(
        sample: &Sample,
        fit: &Fit,
        (products, state): (&[Product], &State),
        group: &[usize],
    ) -> System {
        let factors: Vec<(usize, &Vec<f64>)> = group
            .iter()
            .flat_map(|&product| state.others[product].iter().map(move |h| (product, h)))
            .collect();
        let inputs = sample.inputs();
        let unknowns = factors.len() * inputs;
        let rank = fit.basis.rank();
        // Column j: the part of Jacobian column j that lies inside the basis.
        let mut inside = vec![0.0; unknowns * rank];
        let mut right = vec![0.0; unknowns];
        for (index, (product, h)) in factors.iter().enumerate() {
            let along = sample.cross(&sample.x, h, &fit.basis.q);
            inside[index * inputs * rank..][..inputs * rank].copy_from_slice(&along);
            let mut pull = vec![0.0; h.len()];
            for (residual, weight) in state.residuals.iter().zip(&products[*product].weights) {
                pull.iter_mut()
                    .zip(residual)
                    .for_each(|(p, r)| *p += weight * r);
            }
            times(&mut pull, h);
            let gradient = sample.sums(&sample.x, &pull);
            right[index * inputs..][..inputs].copy_from_slice(&gradient);
        }
        let mut matrix = outer(sample, &inside, rank, unknowns);
        for (row, (product, h)) in factors.iter().enumerate() {
            for (column, (other, g)) in factors[..=row].iter().enumerate() {
                let shared = dot(&products[*product].weights, &products[*other].weights);
                let mut both = (*h).clone();
                times(&mut both, g);
                let block = sample.gram(&sample.x, &both);
                for i in 0..inputs {
                    for j in 0..inputs {
                        let place = (row * inputs + i) * unknowns + column * inputs + j;
                        matrix[place] = shared * (block[i * inputs + j] - matrix[place]);
                    }
                }
            }
        }
        System {
            unknowns,
            matrix,
            right,
        }
    }

    /// `(H + damping diag H)^-1 g`.
    fn solve(&self, damping: f64) -> Vec<f64> {
        let mut matrix = self.matrix.clone();
        let diagonal = (0..self.unknowns).map(|index| matrix[index * (self.unknowns + 1)]);
        let largest = diagonal.fold(0.0, f64::max);
        for index in 0..self.unknowns {
            let element = &mut matrix[index * (self.unknowns + 1)];
            *element += damping * element.abs() + 1e-10 * largest;
        }
        Cholesky::new(&matrix, self.unknowns, 1e-14).solve(&self.right)
    }
}

/// `A A^T` for row-major `A` of `rows x columns`.
fn outer(sample: &Sample, a: &[f64], columns: usize, rows: usize) -> Vec<f64> {
    let transposed = Columns::from_fn(columns, rows, |row, column| a[column * columns + row]);
    let ones = vec![1.0; transposed.padded()];
    sample.gram(&transposed, &ones)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::{product_sample, random_product};
    use super::*;

    const ONE: Effort = Effort {
        rounds: 1,
        tolerance: 0.0,
    };

    #[test]
    fn every_round_lowers_the_sum_of_squares_down_to_the_noise() {
        let noise = 0.05;
        let (sample, _) = product_sample(400, 5, 3, noise);
        let mut fit = Fit {
            basis: Arc::new(Basis::intercept(&sample)),
            products: vec![random_product(3, 5, 1)],
            squares: Vec::new(),
            bic: 0.0,
        };
        let mut last = f64::INFINITY;
        for _ in 0..40 {
            refine(&sample, &mut fit, ONE, None);
            assert!(fit.squares[0] <= last * (1.0 + 1e-12));
            last = fit.squares[0];
        }
        let expected = noise * noise * sample.weight;
        assert!(last < 1.2 * expected, "{last} instead of {expected}");
    }

    #[test]
    fn a_fit_without_prospect_is_given_up() {
        let (sample, scale) = product_sample(400, 5, 3, 0.05);
        let start = Fit {
            basis: Arc::new(Basis::intercept(&sample)),
            products: vec![random_product(2, 5, 2)],
            squares: Vec::new(),
            bic: 0.0,
        };
        let many = Effort {
            rounds: 50,
            tolerance: 0.0,
        };
        let goal = Goal {
            scale: &scale,
            bic: -1e6,
        };
        let work = |goal: Option<Goal<'_>>| {
            let before = sample.work();
            refine(&sample, &mut start.clone(), many, goal);
            sample.work() - before
        };
        assert!(work(Some(goal)) < work(None));
    }
}
