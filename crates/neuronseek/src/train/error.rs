use thiserror::Error;

/// Why a training cannot begin, or brought nothing.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// Settings out of range, all of them.
    #[error("the training cannot begin: {}", problems.join("; "))]
    Config {
        /// One entry per bad value: which, its value, the allowed range.
        problems: Vec<String>,
    },
    /// Samples that do not fit each other or the network.
    #[error("the {which} rows do not fit: {problem}")]
    Samples {
        /// "training" or "validation".
        which: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A checkpoint of another training.
    #[error("the checkpoint belongs to another training: {0}")]
    Checkpoint(String),
    /// The loss was not finite from the first epoch on, even at half the learning rate.
    #[error(
        "the loss is not finite in epoch {epoch} even at half the learning rate: use a lower learning rate, a norm, or a neuron of lower order"
    )]
    Diverged {
        /// Counted from 1.
        epoch: usize,
    },
}
