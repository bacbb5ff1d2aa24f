use crate::network::{Activation, Interactions, Norm, Placement};
use crate::neuron::{Function, Neuron};

/// What kind of prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Task {
    /// Text or few integers are classes; said which and why.
    #[default]
    Auto,
    /// Numbers.
    Regression,
    /// Classes.
    Classification,
}

/// Where the neuron comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum NeuronChoice {
    /// Searched, and kept only if it beats `x` on validation rows at equal parameters.
    #[default]
    Search,
    /// Given by the user: no search.
    Given(Neuron),
}

/// The search method and its preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SearchMethod {
    /// Alternating least squares with model choice.
    #[default]
    Als,
    /// The differentiable search, made to work.
    Td,
    /// The differentiable search with the paper's settings.
    TdPaper,
}

/// Which rows are held out for the test metrics.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Holdout {
    /// None.
    #[default]
    None,
    /// A share of the rows, drawn by the seed.
    Fraction(f64),
    /// The tabular protocol's hash split of this number.
    Split(u64),
}

/// Settings of a fit. [`Default`] gives the command's defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct FitOptions {
    /// The target columns.
    pub targets: Vec<String>,
    /// Regression or classification.
    pub task: Task,
    /// Searched or given.
    pub neuron: NeuronChoice,
    /// How to search.
    pub method: SearchMethod,
    /// The highest order of a term, 1 to 9.
    pub max_order: usize,
    /// The highest rank of an interaction.
    pub max_rank: usize,
    /// Element-wise functions that the search may use beside powers.
    pub functions: Vec<Function>,
    /// Which rows are held out.
    pub holdout: Holdout,
    /// A column of sample weights.
    pub weights: Option<String>,
    /// The seed of everything random.
    pub seed: u64,
    /// Whether a plain network of equal size is fitted beside.
    pub compare: bool,
    /// Units of each hidden layer.
    pub hidden: Vec<usize>,
    /// The rank of interactions in the network.
    pub rank: usize,
    /// The layers that use the neuron.
    pub placement: Placement,
    /// How interactions are parameterised.
    pub interactions: Interactions,
    /// The activation.
    pub activation: Activation,
    /// The norm per term.
    pub norm: Norm,
    /// The dropout probability.
    pub dropout: f32,
    /// The highest number of epochs.
    pub epochs: usize,
    /// The highest learning rate of the schedule.
    pub learning_rate: f32,
    /// Rows a step; `None` chooses by the number of rows.
    pub batch: Option<usize>,
}
