//! Networks whose units aggregate by a found neuron.

use serde::{Deserialize, Serialize};

use crate::neuron::Neuron;

/// How interaction terms of a layer are parameterised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interactions {
    /// `(prod_m x U_{k,m}) W_k` with `U_{k,m}` of `inputs x rank` shared by all units.
    Shared,
    /// `(V_{k,1} x) * ... * (V_{k,k} x)`, rank 1 per unit.
    Independent,
}

/// Where the task-driven neuron stands; the other layers aggregate by `x`.
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
    /// x * Phi(x)
    Gelu,
    /// x
    Identity,
}

/// Normalisation of each term's values before they are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Norm {
    /// None.
    None,
    /// Batch normalisation of each term, as the paper has it.
    Batch,
    /// Layer normalisation of each term.
    Layer,
}

/// The shape of a network.
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
    /// The rank of interactions whose neuron leaves it open, and of all shared bases.
    pub rank: usize,
    /// The activation.
    pub activation: Activation,
    /// The norm per term.
    pub norm: Norm,
    /// The probability that a hidden unit is dropped in training, 0 to below 1.
    pub dropout: f32,
    /// A neuron added from the inputs straight to the outputs, such as `x`; `None` for none.
    pub skip: Option<Neuron>,
}
