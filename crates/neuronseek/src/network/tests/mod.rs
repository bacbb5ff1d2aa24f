mod gradients;
mod network;
mod parts;

use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::neuron::Neuron;

/// A small configuration of the given neuron; tests change its fields.
pub(super) fn small(neuron: &str) -> NetworkConfig {
    NetworkConfig {
        inputs: 3,
        outputs: 2,
        hidden: vec![5, 4],
        neuron: neuron.parse::<Neuron>().unwrap(),
        placement: Placement::Every,
        interactions: Interactions::Shared,
        rank: 3,
        activation: Activation::Tanh,
        norm: Norm::None,
        dropout: 0.0,
        skip: None,
        embedding: None,
    }
}

/// Standard normal numbers.
pub(super) fn normal<T: Real>(length: usize, seed: u64) -> Vec<T> {
    let mut generator = generator(seed, Purpose::Initial, 7);
    let mut draw = || -> f64 { StandardNormal.sample(&mut generator) };
    (0..length).map(|_| T::from_f64(draw())).collect()
}
