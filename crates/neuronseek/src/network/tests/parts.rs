//! Passes, products, dropout and losses by themselves.

use super::{normal, small};
use crate::matrix::Matrix;
use crate::network::product::{inner_products, scratch_length};
use crate::network::*;
use crate::prepare::Target;
use crate::terms::CpuPath;

#[test]
fn element_wise_passes_give_the_same_bits_on_every_path() {
    let length = 16 * 5 + 7;
    let (a, b): (Vec<f32>, Vec<f32>) = (normal(length, 1), normal(length, 2));
    let mut results = Vec::new();
    for path in CpuPath::available() {
        let mut all = Vec::new();
        let mut out = a.clone();
        passes::multiply_into(path, &mut out, &a, &b);
        all.extend_from_slice(&out);
        passes::add_scaled(path, &mut out, 0.3, &b);
        passes::add_scaled_product(path, &mut out, 1.7, &a, &b);
        passes::multiply_by(path, &mut out, &b);
        passes::add_to(path, &mut out, &a);
        all.extend_from_slice(&out);
        passes::relu(path, &mut out, &a);
        all.extend_from_slice(&out);
        passes::relu_gradient(path, &mut out, &b, &a);
        all.extend_from_slice(&out);
        passes::power(path, &mut out, &a, 5);
        all.extend_from_slice(&out);
        all.push(passes::sum(path, &a));
        all.push(passes::dot(path, &a, &b));
        results.push(
            all.iter()
                .map(|value| value.to_bits())
                .collect::<Vec<u32>>(),
        );
    }
    assert!(results.iter().all(|other| other == &results[0]));
}

#[test]
fn sums_and_powers_by_definition() {
    let path = CpuPath::detect();
    let a: Vec<f64> = (1..=37).map(f64::from).collect();
    assert_eq!(passes::sum(path, &a), 703.0);
    assert_eq!(passes::dot(path, &a, &a), 17575.0);
    let mut out = [0.0; 2];
    passes::power(path, &mut out, &[2.0, -3.0], 3);
    assert_eq!(out, [8.0, -27.0]);
    passes::relu(path, &mut out, &[-1.0, f64::NAN]);
    assert!(out[0] == 0.0 && out[1].is_nan());
}

#[test]
fn inner_products_equal_the_definition() {
    for path in CpuPath::available() {
        for shape in [
            [1, 1, 1],
            [5, 1, 40],
            [9, 4, 33],
            [3, 17, 8],
            [16, 16, 256],
            [0, 3, 4],
        ] {
            let [m, n, k] = shape;
            let (a, b): (Vec<f64>, Vec<f64>) = (normal(m * k, 1), normal(n * k, 2));
            let mut c = vec![f64::NAN; m * n];
            let mut scratch = vec![0.0; scratch_length(shape)];
            inner_products(path, shape, (&a, &b), &mut c, &mut scratch);
            for i in 0..m {
                for j in 0..n {
                    let expected: f64 = (0..k).map(|p| a[i * k + p] * b[j * k + p]).sum();
                    assert!(
                        (c[i * n + j] - expected).abs() < 1e-12,
                        "{path:?} {shape:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn dropout_keeps_the_mean_and_depends_on_seed_and_step_alone() {
    let on = |path, seed, step| {
        let mut out = Vec::<f64>::new();
        let dropout = Dropout {
            probability: 0.3,
            seed,
            step,
        };
        dropout.factors(path, 100_001, &mut out);
        out
    };
    let factors = |seed, step| on(CpuPath::detect(), seed, step);
    let first = factors(1, 2);
    assert_eq!(first, factors(1, 2));
    for path in CpuPath::available() {
        assert_eq!(first, on(path, 1, 2), "{path:?}");
    }
    assert_ne!(first, factors(1, 3));
    assert_ne!(first, factors(2, 2));
    let mean = first.iter().sum::<f64>() / first.len() as f64;
    assert!((mean - 1.0).abs() < 0.01, "{mean}");
    let dropped = first.iter().filter(|&&factor| factor == 0.0).count();
    assert!((dropped as f64 / 100_001.0 - 0.3).abs() < 0.01);
}

/// The loss of one row of the given outputs, by a network without hidden layer whose inputs are
/// its outputs.
fn loss_of(outputs: &[f64], target: &Target, loss: Loss) -> f64 {
    let config = NetworkConfig {
        inputs: outputs.len(),
        outputs: outputs.len(),
        hidden: vec![],
        ..small("x")
    };
    let mut network = Network::<f64>::new(config, 0).unwrap();
    let count = outputs.len();
    network.parameters_mut().fill(0.0);
    for unit in 0..count {
        network.parameters_mut()[unit * count + unit] = 1.0;
    }
    let inputs = Matrix::from_vec(1, count, outputs.to_vec());
    network.loss(&inputs, &EncodedTarget::new(target), None, loss)
}

#[test]
fn losses_by_hand() {
    let values =
        |values: &[f64]| Target::Values(Matrix::from_vec(1, values.len(), values.to_vec()));
    let class = |label, count| Target::Classes {
        labels: vec![label],
        count,
    };
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
    near(
        loss_of(&[3.0, 1.0], &values(&[1.0, 2.0]), Loss::MeanSquared),
        2.5,
    );
    let huber = Loss::Huber { delta: 1.0 };
    near(loss_of(&[3.0], &values(&[0.0]), huber), 2.5);
    near(loss_of(&[0.5], &values(&[0.0]), huber), 0.125);
    let quantile = Loss::Quantile { tau: 0.9 };
    near(loss_of(&[1.0], &values(&[3.0]), quantile), 1.8);
    near(loss_of(&[3.0], &values(&[1.0]), quantile), 0.2);
    near(
        loss_of(&[0.5], &values(&[3.0]), Loss::Poisson),
        f64::exp(0.5) - 1.5,
    );
    near(
        loss_of(&[0.5], &values(&[3.0]), Loss::Gamma),
        3.0 * f64::exp(-0.5) + 0.5,
    );
    near(
        loss_of(&[0.5], &values(&[3.0]), Loss::Tweedie { power: 1.5 }),
        6.0 * f64::exp(-0.25) + 2.0 * f64::exp(0.25),
    );
    near(
        loss_of(&[0.0], &class(1, 2), Loss::CrossEntropy),
        f64::ln(2.0),
    );
    near(
        loss_of(&[1.0, 1.0, 1.0], &class(2, 3), Loss::CrossEntropy),
        f64::ln(3.0),
    );
}

/// The best output is the logarithm of the mean, whatever the power.
#[test]
fn losses_of_a_log_mean_are_least_at_the_mean() {
    let truth = [0.5, 2.0, 6.5];
    let target = |value: f64| EncodedTarget::<f64>::Values(Matrix::from_vec(1, 1, vec![value]));
    let config = NetworkConfig {
        inputs: 1,
        outputs: 1,
        hidden: vec![],
        ..small("x")
    };
    let mut network = Network::<f64>::new(config, 0).unwrap();
    network.parameters_mut().fill(0.0);
    network.parameters_mut()[0] = 1.0;
    for loss in [Loss::Poisson, Loss::Gamma, Loss::Tweedie { power: 1.4 }] {
        let total = |output: f64| {
            let inputs = Matrix::from_vec(1, 1, vec![output]);
            let of = |&value: &f64| network.loss(&inputs, &target(value), None, loss);
            truth.iter().map(of).sum::<f64>()
        };
        let best = f64::ln(3.0);
        for step in [-0.1, -1e-3, 1e-3, 0.1] {
            assert!(total(best + step) > total(best), "{loss:?} {step}");
        }
    }
}

#[test]
fn logits_far_out_stay_finite() {
    let class = |label, count| Target::Classes {
        labels: vec![label],
        count,
    };
    assert_eq!(loss_of(&[800.0], &class(0, 2), Loss::CrossEntropy), 800.0);
    assert_eq!(loss_of(&[-800.0], &class(0, 2), Loss::CrossEntropy), 0.0);
    let three = loss_of(&[800.0, 0.0, -800.0], &class(2, 3), Loss::CrossEntropy);
    assert_eq!(three, 1600.0);
    assert!(loss_of(&[f64::NAN], &class(0, 2), Loss::CrossEntropy).is_nan());
}

#[test]
fn a_row_of_weight_two_counts_as_two_rows() {
    let network = Network::<f64>::new(small("x + cp(2)"), 1).unwrap();
    let inputs = Matrix::from_vec(4, 3, normal::<f64>(12, 1));
    let target = EncodedTarget::Values(Matrix::from_vec(4, 2, normal(8, 2)));
    let gradient = |weights: Option<&[f64]>, rows: &[u32]| {
        let mut workspace = Workspace::new(&network, 8);
        let batch = Batch {
            inputs: &inputs,
            target: &target,
            weights,
            rows,
        };
        let loss = network.loss_and_gradient(&batch, Loss::MeanSquared, None, &mut workspace);
        (loss, workspace.gradient().to_vec())
    };
    let (loss, weighted) = gradient(Some(&[2.0, 1.0, 0.0, 1.0]), &[0, 1, 2, 3]);
    let (other_loss, repeated) = gradient(None, &[0, 0, 1, 3]);
    assert!((loss - other_loss).abs() < 1e-12);
    for (a, b) in weighted.iter().zip(&repeated) {
        assert!((a - b).abs() < 1e-12);
    }
}
