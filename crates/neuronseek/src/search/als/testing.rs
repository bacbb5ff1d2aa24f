//! Small samples for the tests of this folder.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::basis::Basis;
use super::dense::dot;
use super::fit::{Product, Scale};
use super::sample::Sample;
use crate::matrix::Matrix;
use crate::neuron::Term;

fn normal(count: usize, seed: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.sample(StandardNormal)).collect()
}

/// A product of normal factors, weight 1.
pub(super) fn random_product(order: usize, inputs: usize, seed: u64) -> Product {
    Product {
        order,
        factors: normal(order * inputs, 1000 + seed),
        weights: vec![1.0],
    }
}

/// Normal inputs with a product of `order` projections as target, plus noise.
pub(super) fn product_sample(
    rows: usize,
    inputs: usize,
    order: usize,
    noise: f64,
) -> (Sample, Scale) {
    let x = Matrix::from_vec(rows, inputs, normal(rows * inputs, 7));
    let truth = normal(order * inputs, 8);
    let disturbance = normal(rows, 9);
    let y: Vec<f64> = (0..rows)
        .map(|row| {
            let factors = truth.chunks(inputs);
            let product: f64 = factors.map(|u| dot(u, x.row(row)) / 2.0).product();
            product + noise * disturbance[row]
        })
        .collect();
    let terms: Vec<Term> = (1..=3).map(Term::pure).collect();
    let sample = Sample::new(&x, &[y], &vec![1.0; rows], &terms);
    let target = &Basis::intercept(&sample).targets[0];
    let scale = Scale {
        totals: vec![dot(target, target)],
        inputs,
        share: 1.0,
    };
    (sample, scale)
}
