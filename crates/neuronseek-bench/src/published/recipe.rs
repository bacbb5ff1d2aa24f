//! How each experiment divides, scales and trains. What the paper says of it is said here, and
//! what it does not say is our choice.

use neuronseek::network::{Activation, Placement};
use neuronseek::train::{Optimiser, Regularisation, Schedule, TrainConfig};
use serde::{Deserialize, Serialize};

use super::Protocol;

/// How inputs and a numeric target are scaled, by the rows that are not test rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scaling {
    /// To [-1, 1].
    Unit,
    /// To mean 0 and deviation 1.
    Standard,
}

/// A protocol as numbers.
///
/// | | version 1 | Table III, real world | known |
/// |---|---|---|---|
/// | test | 0.1 | 0.2 | yes |
/// | validation | none: the last epoch counts | 0.1 of all rows | of Table III |
/// | scaling | [-1, 1] | mean 0, deviation 1 | of version 1; ours is by known rows alone |
/// | activation | sigmoid | ReLU | of version 1 |
/// | optimiser | RMSprop, alpha 0.99 | Adam 0.9, 0.999 | but for the constants, PyTorch's defaults |
/// | rate | 0.01 | 0.001 | of Table III |
/// | schedule | cosine | cosine | of Table III |
/// | epochs, batch | 100, 64 | 100, 64 | of Table III |
/// | patience | none | 20 | of Table III |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The share of test rows.
    pub test: f64,
    /// The share of all rows that stops the training.
    pub validation: Option<f64>,
    /// Of inputs and target.
    pub scaling: Scaling,
    /// Between layers.
    pub activation: Activation,
    /// The layers that have the neuron.
    pub placement: Placement,
    /// The training, but for loss and seed.
    pub train: TrainConfig,
}

impl Protocol {
    /// Its recipe, with other epochs than 100 where they are given.
    pub fn recipe(self, placement: Placement, epochs: Option<usize>) -> Recipe {
        let train = TrainConfig {
            epochs: epochs.unwrap_or(100),
            batch: Some(64),
            epsilon: 1e-8,
            weight_decay: 0.0,
            schedule: Schedule::Cosine,
            warm_up: 0.0,
            clip: None,
            regularisation: Regularisation::Constant,
            ..TrainConfig::default()
        };
        match self {
            Protocol::First => Recipe {
                test: 0.1,
                validation: None,
                scaling: Scaling::Unit,
                activation: Activation::Sigmoid,
                placement,
                train: TrainConfig {
                    learning_rate: 0.01,
                    optimiser: Optimiser::RmsProp,
                    beta2: 0.99,
                    patience: None,
                    ..train
                },
            },
            Protocol::TableThree | Protocol::RealWorld => Recipe {
                test: 0.2,
                validation: Some(0.1),
                scaling: Scaling::Standard,
                activation: Activation::Relu,
                placement,
                train: TrainConfig {
                    learning_rate: 1e-3,
                    optimiser: Optimiser::Adam,
                    beta1: 0.9,
                    beta2: 0.999,
                    patience: Some(20),
                    ..train
                },
            },
        }
    }
}
