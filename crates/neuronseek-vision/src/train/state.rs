//! What training has come to: all that a run needs to go on as if it had not been interrupted.

use serde::{Deserialize, Serialize};

use crate::network::Numbers;

/// How well a network does on a set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The mean cross-entropy in nats.
    pub loss: f64,
    /// The share of images whose highest logit is the label's.
    pub accuracy: f64,
    /// The share of images whose label is among the five highest logits.
    pub top5: f64,
    /// How many images.
    pub images: usize,
}

/// One pass over the training images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// The mean training loss, smoothing and augmentation included.
    pub loss: f64,
    /// The share of augmented training images that were right when they were seen.
    pub accuracy: f64,
    /// On the validation images, if there are any.
    pub validation: Option<Score>,
    /// The learning rate of the last step.
    pub learning_rate: f32,
    /// How long it took; never stored, so that the same run gives the same file.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// The probability that each gate is open, in a gated network.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<f64>,
}

/// How long an epoch took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pace {
    /// Wall-clock seconds, evaluation included.
    pub seconds: f64,
    /// Training images per second of training.
    pub images_per_second: f64,
}

/// The epochs without how long they took.
pub(crate) fn timeless(history: &[Epoch]) -> Vec<Epoch> {
    let without = |epoch: &Epoch| Epoch {
        pace: None,
        ..epoch.clone()
    };
    history.iter().map(without).collect()
}

/// The state after whole epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The network's numbers.
    pub numbers: Numbers,
    /// The optimiser's first vectors (velocities or means).
    pub first: Vec<Vec<f32>>,
    /// Its second vectors; empty for SGD.
    pub second: Vec<Vec<f32>>,
    /// Its steps.
    pub steps: u64,
    /// The moving average of the parameters.
    pub average: Option<Vec<Vec<f32>>>,
    /// The best epoch by validation accuracy, with its numbers.
    pub best: Option<(usize, Numbers)>,
    /// The gates' log alpha and what their optimiser remembers.
    pub gates: Option<[Vec<f32>; 3]>,
    /// The epochs done.
    pub history: Vec<Epoch>,
}

impl State {
    /// The state before the first step.
    pub fn new(numbers: Numbers) -> State {
        State {
            numbers,
            first: Vec::new(),
            second: Vec::new(),
            steps: 0,
            average: None,
            best: None,
            gates: None,
            history: Vec::new(),
        }
    }

    /// The numbers that are the model: the best epoch's if training can end early, else the
    /// average's if there is one, else the last.
    pub fn model(&self) -> Numbers {
        if let Some((_, numbers)) = &self.best {
            return numbers.clone();
        }
        Numbers {
            parameters: self
                .average
                .clone()
                .unwrap_or_else(|| self.numbers.parameters.clone()),
            statistics: self.numbers.statistics.clone(),
        }
    }

    /// Epochs since the best one.
    pub(super) fn without_gain(&self) -> usize {
        let best = self.best.as_ref().map_or(0, |(epoch, _)| *epoch);
        self.history.len() - best
    }
}
