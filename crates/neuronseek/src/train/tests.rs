use super::*;
use crate::matrix::Matrix;
use crate::network::{
    Activation, Interactions, Network, NetworkConfig, Norm, Placement, Purpose, generator,
};
use crate::observe::Control;
use crate::prepare::Target;
use rand_distr::{Distribution, StandardNormal};

fn network_config() -> NetworkConfig {
    NetworkConfig {
        inputs: 3,
        outputs: 1,
        hidden: vec![16, 8],
        neuron: "x + x^2 + cp(2, r=4)".parse().unwrap(),
        placement: Placement::Every,
        interactions: Interactions::Shared,
        rank: 8,
        activation: Activation::Relu,
        norm: Norm::None,
        dropout: 0.0,
        skip: None,
    }
}

/// y = sin(2 a) + b c, noise-free.
fn data(rows: usize, seed: u64) -> (Matrix<f32>, Target) {
    let mut generator = generator(seed, Purpose::Initial, 99);
    let x: Vec<f32> = (0..rows * 3)
        .map(|_| StandardNormal.sample(&mut generator))
        .collect();
    let y = x
        .chunks(3)
        .map(|x| f64::from((2.0 * x[0]).sin() + x[1] * x[2]))
        .collect();
    (
        Matrix::from_vec(rows, 3, x),
        Target::Values(Matrix::from_vec(rows, 1, y)),
    )
}

#[test]
fn the_loss_falls() {
    let (inputs, target) = data(1000, 1);
    let training = Samples {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let (inputs, target) = data(300, 2);
    let validation = Samples {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let config = TrainConfig {
        epochs: 60,
        ..TrainConfig::default()
    };
    let mut network = Network::new(network_config(), 0).unwrap();
    let history = train(
        &mut network,
        &training,
        Some(&validation),
        &config,
        &Control::silent(),
        None,
        &mut |_| {},
    )
    .unwrap();
    let first = history.epochs[0].training_loss;
    let best = history.best_loss.unwrap();
    assert!(first > 0.5 && best < 0.05, "{first} to {best}");
}
