use serde::{Deserialize, Serialize};

/// How a training went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// One entry per epoch.
    pub epochs: Vec<Epoch>,
    /// The epoch whose parameters the network has, counted from 1; `None` when the training ended
    /// within the first epoch.
    pub best_epoch: Option<usize>,
    /// The best validation loss.
    pub best_loss: Option<f64>,
    /// Why it ended.
    pub ended: Ended,
    /// Whether the learning rate was halved after a loss that was not finite.
    pub halved: bool,
}

/// One pass over the training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The mean loss of the batches, as they were met, with dropout.
    pub training_loss: f64,
    /// The validation loss at the end of the epoch.
    pub validation_loss: Option<f64>,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
}

/// Why a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// All epochs done.
    Epochs,
    /// The validation loss did not improve for as many epochs as the patience allows.
    Patience,
    /// The deadline passed.
    Deadline,
    /// Stopped from outside.
    Stopped,
    /// The loss was not finite a second time; the best parameters were kept.
    Diverged,
}
