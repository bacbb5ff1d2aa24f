use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::embedding::Embedding;
use super::layout::Layout;
use crate::neuron::Neuron;

/// The most parameters that a network may have.
pub const MAX_PARAMETERS: usize = 1 << 30;

/// The widest layer, counted in units, inputs or outputs.
pub const MAX_WIDTH: usize = 1 << 20;

/// The most hidden layers.
pub const MAX_DEPTH: usize = 64;

/// The highest rank of an interaction.
pub const MAX_RANK: usize = 1024;

/// How interaction terms of a layer are parameterised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interactions {
    /// `(prod_m x U_{k,m}) W_k` with `U_{k,m}` of `inputs x rank` shared by all units.
    Shared,
    /// `(V_{k,1} x) * ... * (V_{k,k} x)`, rank 1 per unit, whatever rank the neuron asks for.
    Independent,
}

/// Where the task-driven neuron stands; the other layers aggregate by `x`.
///
/// Powers of hidden activations are unbounded: with [`Placement::Every`] and orders of 3 and more
/// use a [`Norm`] or a bounded activation, or few layers. Initial weights of higher orders are
/// small for the same reason, and training falls back to its best weights where a loss overflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// In the first layer only.
    First,
    /// In every layer.
    Every,
}

/// The activation between layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// x * sigmoid(x)
    Silu,
    /// tanh(x)
    Tanh,
    /// 1 / (1 + exp(-x))
    Sigmoid,
    /// x * Phi(x), Phi the normal distribution function by erf (not its tanh approximation)
    Gelu,
    /// x
    Identity,
}

/// Normalisation of each term's values before they are added.
///
/// It stands in hidden layers only: over the one output of a regression a layer norm is a
/// constant, and a batch norm would hide the target's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// None.
    None,
    /// Batch normalisation of each term, as the paper has it: by the batch's mean and variance in
    /// training, by running ones (momentum 0.1, unbiased variance) in prediction.
    Batch,
    /// Layer normalisation of each term over the units of the layer.
    Layer,
}

/// The shape of a network.
///
/// A layer with inputs h computes, for the terms of its neuron,
/// `y = b + sum_t norm_t(T_t(h))`, followed by dropout(activation(y)) unless it is the last.
///
/// | field | range |
/// |---|---|
/// | `inputs`, `outputs`, each of `hidden` | 1 to [`MAX_WIDTH`] |
/// | number of `hidden` | 0 to [`MAX_DEPTH`] |
/// | `neuron`, `skip` | at least one term |
/// | `rank`, ranks in `neuron` and `skip` | 1 to [`MAX_RANK`] |
/// | `dropout` | 0 to below 1 |
/// | `embedding` | see [`Embedding`] |
/// | all parameters | at most [`MAX_PARAMETERS`] |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkConfig {
    /// Inputs.
    pub inputs: usize,
    /// Outputs, as `prepare::Target::outputs` counts them.
    pub outputs: usize,
    /// Units of each hidden layer; may be empty.
    pub hidden: Vec<usize>,
    /// The aggregation.
    pub neuron: Neuron,
    /// Where it stands.
    pub placement: Placement,
    /// How its interactions are parameterised.
    pub interactions: Interactions,
    /// The rank of shared interactions whose neuron leaves it open.
    pub rank: usize,
    /// The activation.
    pub activation: Activation,
    /// The norm per term.
    pub norm: Norm,
    /// The probability that a hidden unit is dropped in training, 0 to below 1.
    pub dropout: f32,
    /// A neuron added from the inputs straight to the outputs, such as `x`; `None` for none.
    pub skip: Option<Neuron>,
    /// Piecewise-linear functions of the inputs beside the first layer's terms; `None` for none.
    #[serde(default)]
    pub embedding: Option<Embedding>,
}

/// What is wrong with a [`NetworkConfig`]: every bad value, not only the first.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the network cannot be built: {}", problems.join("; "))]
pub struct NetworkConfigError {
    /// One entry per bad value: which, its value, the allowed range.
    pub problems: Vec<String>,
}

impl NetworkConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// Names all bad values at once.
    pub fn check(&self) -> Result<(), NetworkConfigError> {
        let mut problems = Vec::new();
        for (name, value) in self.widths() {
            if !(1..=MAX_WIDTH).contains(&value) {
                problems.push(format!("{name} is {value}, allowed is 1 to {MAX_WIDTH}"));
            }
        }
        if self.hidden.len() > MAX_DEPTH {
            problems.push(format!(
                "there are {} hidden layers, allowed are 0 to {MAX_DEPTH}",
                self.hidden.len()
            ));
        }
        if self.norm == Norm::Layer && self.hidden.contains(&1) {
            problems.push(
                "a hidden layer has 1 unit, whose layer norm is a constant: use 2 or more units, or another norm"
                    .into(),
            );
        }
        if self.neuron.is_empty() {
            problems.push("the neuron has no term, give at least one such as x".into());
        }
        if self.skip.as_ref().is_some_and(Neuron::is_empty) {
            problems.push("the skip neuron has no term, give at least one such as x".into());
        }
        if !(1..=MAX_RANK).contains(&self.rank) {
            problems.push(format!("rank is {}, allowed is 1 to {MAX_RANK}", self.rank));
        }
        let skip = self.skip.iter().flat_map(Neuron::interactions);
        for (order, rank) in self.neuron.interactions().into_iter().chain(skip) {
            if rank.is_some_and(|rank| !(1..=MAX_RANK).contains(&rank)) {
                problems.push(format!(
                    "the rank of cp({order}) is {}, allowed is 1 to {MAX_RANK}",
                    rank.unwrap_or(0)
                ));
            }
        }
        if !(self.dropout >= 0.0 && self.dropout < 1.0) {
            problems.push(format!(
                "dropout is {}, allowed is 0 to below 1",
                self.dropout
            ));
        }
        if let Some(embedding) = &self.embedding {
            problems.extend(embedding.problems(self.inputs));
        }
        // Only a sane configuration can be counted.
        if problems.is_empty() && self.parameters() > MAX_PARAMETERS {
            problems.push(format!(
                "the network has {} parameters, allowed are {MAX_PARAMETERS}: use fewer hidden units or a lower rank",
                self.parameters()
            ));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(NetworkConfigError { problems })
        }
    }

    /// The number of trainable parameters, counted without building the network. Saturates.
    pub fn parameters(&self) -> usize {
        Layout::new(self).parameters
    }

    fn widths(&self) -> Vec<(String, usize)> {
        let mut widths = vec![
            ("inputs".to_owned(), self.inputs),
            ("outputs".to_owned(), self.outputs),
        ];
        for (layer, &units) in self.hidden.iter().enumerate() {
            widths.push((format!("hidden layer {}", layer + 1), units));
        }
        widths
    }
}
