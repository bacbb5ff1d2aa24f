//! Every gradient against differences of the loss, in double precision.

use super::{normal, small};
use crate::matrix::Matrix;
use crate::network::*;

const ROWS: usize = 7;

fn values(outputs: usize) -> EncodedTarget<f64> {
    EncodedTarget::Values(Matrix::from_vec(ROWS, outputs, normal(ROWS * outputs, 2)))
}

/// Numbers above 0, for losses of a mean that is an exponential.
fn amounts(outputs: usize) -> EncodedTarget<f64> {
    let mut values: Vec<f64> = normal(ROWS * outputs, 2);
    values.iter_mut().for_each(|value| *value = value.abs());
    EncodedTarget::Values(Matrix::from_vec(ROWS, outputs, values))
}

fn classes(count: usize) -> EncodedTarget<f64> {
    EncodedTarget::Classes {
        labels: (0..ROWS).map(|row| (row * 5 % count) as u32).collect(),
        count,
    }
}

/// Compares all elements with the four-point difference quotient, whose error is of the order of
/// `step`^4: to 1e-6 of the element, or of a thousandth of the largest one.
fn check(config: NetworkConfig, target: &EncodedTarget<f64>, loss: Loss, dropout: f32) {
    let name = format!("{config:?} {loss:?} {dropout}");
    let mut network = Network::<f64>::new(config, 3).unwrap();
    // Small initial weights would hide their terms' gradients.
    let noise: Vec<f64> = normal(network.parameter_count(), 4);
    for (parameter, noise) in network.parameters_mut().iter_mut().zip(noise) {
        *parameter += 0.2 * noise;
    }
    let inputs = Matrix::from_vec(ROWS, network.config().inputs, normal(ROWS * 3, 1));
    let weights: Vec<f64> = (0..ROWS).map(|row| 0.5 + 0.2 * row as f64).collect();
    let rows: Vec<u32> = (0..ROWS as u32).rev().collect();
    let batch = Batch {
        inputs: &inputs,
        target,
        weights: Some(&weights),
        rows: &rows,
    };
    let dropout = (dropout > 0.0).then_some(Dropout {
        probability: dropout,
        seed: 5,
        step: 6,
    });
    let mut workspace = Workspace::new(&network, ROWS + 2);
    network.loss_and_gradient(&batch, loss, dropout, &mut workspace);
    let gradient = workspace.gradient().to_vec();
    let largest = gradient.iter().fold(0.0f64, |a, b| a.max(b.abs()));
    assert!(largest > 1e-3, "{name}: no gradient");
    let step = 1e-5;
    for (position, &found) in gradient.iter().enumerate() {
        let before = network.parameters()[position];
        let mut at = |offset: f64| {
            network.parameters_mut()[position] = before + offset;
            network.loss_and_gradient(&batch, loss, dropout, &mut workspace)
        };
        let difference =
            (8.0 * (at(step) - at(-step)) - (at(2.0 * step) - at(-2.0 * step))) / (12.0 * step);
        network.parameters_mut()[position] = before;
        let allowed = 1e-6 * found.abs().max(1e-3 * largest);
        assert!(
            (found - difference).abs() <= allowed,
            "{name}: parameter {position}: {found} and {difference}"
        );
    }
}

#[test]
fn terms() {
    for neuron in [
        "x",
        "x^2",
        "x + x^2",
        "x^3 + x^5",
        "cp(2)",
        "cp(3, r=2)",
        "x + x^2 + cp(2) + cp(4, r=2)",
        "sin(x) + cos(x)",
        "x + exp(x)",
        "x + x^3 + sin(x) + cp(3)",
    ] {
        for interactions in [Interactions::Shared, Interactions::Independent] {
            for placement in [Placement::Every, Placement::First] {
                let config = NetworkConfig {
                    interactions,
                    placement,
                    ..small(neuron)
                };
                check(config, &values(2), Loss::MeanSquared, 0.0);
            }
        }
    }
}

#[test]
fn norms() {
    for norm in [Norm::Batch, Norm::Layer] {
        for interactions in [Interactions::Shared, Interactions::Independent] {
            for neuron in ["x", "x + x^2 + cp(2)", "x^2 + cp(3, r=2)"] {
                let config = NetworkConfig {
                    norm,
                    interactions,
                    ..small(neuron)
                };
                check(config, &values(2), Loss::MeanSquared, 0.0);
            }
        }
    }
}

#[test]
fn activations() {
    for activation in [
        Activation::Relu,
        Activation::Silu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::Identity,
    ] {
        let config = NetworkConfig {
            activation,
            ..small("x + cp(2)")
        };
        check(config, &values(2), Loss::MeanSquared, 0.0);
    }
}

#[test]
fn losses() {
    let with = |outputs: usize| NetworkConfig {
        outputs,
        ..small("x + x^2")
    };
    let pinball = Loss::Quantile { tau: 0.3 };
    for loss in [Loss::MeanSquared, Loss::Huber { delta: 0.7 }, pinball] {
        check(with(1), &values(1), loss, 0.0);
        check(with(3), &values(3), loss, 0.0);
    }
    let powers = [1.2, 1.5, 1.9].map(|power| Loss::Tweedie { power });
    for loss in [Loss::Poisson, Loss::Gamma].into_iter().chain(powers) {
        check(with(1), &amounts(1), loss, 0.0);
        check(with(3), &amounts(3), loss, 0.0);
    }
    check(with(1), &classes(2), Loss::CrossEntropy, 0.0);
    check(with(3), &classes(3), Loss::CrossEntropy, 0.0);
}

#[test]
fn dropout_and_skip() {
    for hidden in [vec![], vec![6], vec![5, 4, 3]] {
        let config = NetworkConfig {
            hidden: hidden.clone(),
            skip: Some("x + cp(2, r=2)".parse().unwrap()),
            ..small("x + x^2")
        };
        check(config.clone(), &values(2), Loss::MeanSquared, 0.0);
        if !hidden.is_empty() {
            check(config, &values(2), Loss::MeanSquared, 0.4);
        }
    }
}

#[test]
fn embeddings() {
    let embedding = Embedding {
        knots: vec![vec![-1.0, 0.2, 1.5], vec![], vec![-0.5, 0.5, 0.6, 2.0]],
        width: 3,
    };
    for neuron in ["x", "x + x^2 + cp(2)", "x^2 + cp(3, r=2)"] {
        for interactions in [Interactions::Shared, Interactions::Independent] {
            for norm in [Norm::None, Norm::Batch, Norm::Layer] {
                let config = NetworkConfig {
                    norm,
                    interactions,
                    embedding: Some(embedding.clone()),
                    placement: Placement::First,
                    ..small(neuron)
                };
                check(config, &values(2), Loss::MeanSquared, 0.0);
            }
        }
    }
}
