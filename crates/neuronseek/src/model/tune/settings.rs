//! What a trial tries: one of the recipe's kinds of networks, its numbers drawn anew.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::super::options::{EmbeddingChoice, FitOptions, Profile};
use super::super::plan::Kind;
use crate::matrix::Matrix;
use crate::network::Embedding;
use crate::neuron::Neuron;
use crate::train::batch_size;

/// The random stream of trial 0; the others follow.
const FIRST_STREAM: u64 = 1 << 32;

/// The bins that embedded inputs may have.
const BINS: [usize; 5] = [16, 32, 64, 128, 256];

/// The settings of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialSettings {
    /// The neuron of the network.
    pub neuron: Neuron,
    /// The most bins of each embedded input; `None` without an embedding.
    pub embedding: Option<usize>,
    /// Whether it sees the inputs that are of networks alone, statistics of binned numbers.
    pub statistics: bool,
    /// Units of each hidden layer.
    pub hidden: Vec<usize>,
    /// The probability that a hidden unit is dropped.
    pub dropout: f32,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Rows a step.
    pub batch: usize,
}

impl TrialSettings {
    pub(super) fn of(kind: &Kind, rows: usize) -> TrialSettings {
        TrialSettings {
            neuron: kind.config.neuron.clone(),
            embedding: kind.bins,
            statistics: kind.statistics,
            hidden: kind.config.hidden.clone(),
            dropout: kind.config.dropout,
            learning_rate: kind.train.learning_rate,
            weight_decay: kind.train.weight_decay,
            batch: kind.train.batch.unwrap_or_else(|| batch_size(rows)),
        }
    }
}

/// A trial's network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trial {
    pub kind: Kind,
    /// Which of the recipe's kinds it departs from.
    pub base: usize,
}

/// Draws trials.
///
/// The first are the recipe's kinds as they are. Each later one takes one of them, and draws
///
/// | setting | |
/// |---|---|
/// | learning rate | that of the recipe times 1/4 to 4, log-uniform |
/// | dropout | 0 to 0.4, uniform |
/// | weight decay | 0.002 to 0.3, log-uniform |
/// | hidden units | half to 1.4 times as many, log-uniform; at most as many in profile small |
/// | batch | half, the same, twice |
/// | bins of embedded inputs | 16, 32, 64, 128, 256 |
///
/// but for what the user set. It is a function of data, options, seed and the trial's number alone.
pub(super) struct Draws<'a> {
    pub bases: &'a [Kind],
    pub options: &'a FitOptions,
    /// The scaled inputs of all known rows.
    pub inputs: &'a Matrix<f32>,
}

impl Draws<'_> {
    /// The trial of this number; there must be a base.
    pub fn trial(&self, number: usize) -> Trial {
        let mut trial = self.drawn(number);
        if number >= self.bases.len() {
            self.embed(&mut trial.kind);
        }
        trial
    }

    /// The same, without new knots of embedded inputs.
    pub fn drawn(&self, number: usize) -> Trial {
        if let Some(kind) = self.bases.get(number) {
            let mut kind = kind.clone();
            kind.trial = Some(number);
            return Trial { kind, base: number };
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.options.seed);
        random.set_stream(FIRST_STREAM + number as u64);
        let base = random.random_range(0..self.bases.len());
        // All numbers are drawn, used or not, so that what the user sets changes no other.
        let faster = random.random_range(-1.0..=1.0_f64);
        let dropout = random.random_range(0.0..=0.4_f64);
        let decay = random.random_range(0.0..=1.0_f64);
        let wider = random.random_range(-1.0..=0.5_f64);
        let batch = random.random_range(0..3_u32);
        let bins = BINS[random.random_range(0..BINS.len())];

        let mut kind = self.bases[base].clone();
        let shape = &self.options.network;
        if shape.dropout.is_none() {
            kind.config.dropout = short(dropout) as f32;
        }
        if shape.hidden.is_none() {
            let factor = match self.options.profile {
                Profile::Small | Profile::Polynomial => 2f64.powf(wider.min(0.0)),
                _ => 2f64.powf(wider),
            };
            for units in &mut kind.config.hidden {
                *units = ((*units as f64 * factor).round() as usize).max(2);
            }
        }
        if shape.embedding == EmbeddingChoice::Auto && kind.bins.is_some() {
            kind.bins = Some(bins);
        }
        let train = &mut kind.train;
        train.learning_rate = short(train.learning_rate * 4f64.powf(faster)).min(1.0);
        train.weight_decay = short(0.002 * 150f64.powf(decay));
        let rows = train
            .batch
            .unwrap_or_else(|| batch_size(self.inputs.rows()));
        train.batch = Some(((rows << batch) / 2).max(1));
        kind.train = self.options.train.over(kind.train);
        kind.trial = Some(number);
        Trial { kind, base }
    }

    /// Gives embedded inputs the bins that were drawn.
    fn embed(&self, kind: &mut Kind) {
        let (Some(bins), Some(embedding)) = (kind.bins, &kind.config.embedding) else {
            return;
        };
        let width = embedding.width;
        let seen = self.inputs.leading_columns(kind.config.inputs);
        if let Some(embedding) = Embedding::fit(&seen, bins, width) {
            kind.config.embedding = Some(embedding);
        }
    }
}

/// Rounded to two digits, so that it can be read and written on a command line.
fn short(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(0.012345), 0.012);
        assert_eq!(short(0.0), 0.0);
        assert_eq!(short(0.3999), 0.4);
    }
}
