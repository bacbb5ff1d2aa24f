use serde::{Deserialize, Serialize};

use super::{Optimiser, Schedule, TrainError};
use crate::network::Loss;

/// How weight decay and dropout go over the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regularisation {
    /// As set, all the time.
    Constant,
    /// As set for half of the time, then by half a cosine to 0.
    HalfThenCosine,
}

/// Settings of a training. [`Default`] gives the recipe of the table.
///
/// Each step makes the batch's mean of weight times loss smaller; see [`Loss`].
///
/// | field | default | range |
/// |---|---|---|
/// | `loss` | mean squared | must fit the target |
/// | `epochs` | 100 | 1 to 1,000,000 |
/// | `learning_rate` | 0.006 | above 0, at most 1 |
/// | `batch` | by [`super::batch_size`] | 1 to 1,048,576 |
/// | `optimiser` | AdamW | |
/// | `beta1`, `beta2` | 0.9, 0.95 | 0 to below 1 |
/// | `epsilon` | 1e-8 | above 0 |
/// | `weight_decay` | 0.02 | 0 to 1 |
/// | `schedule` | cosine | |
/// | `warm_up` | 0.05 | 0 to 1, of all steps |
/// | `clip` | 1 | above 0 |
/// | `patience` | 20 epochs | at least 1 |
/// | `regularisation` | half, then cosine | |
/// | `seed` | 0 | |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// What is made small.
    pub loss: Loss,
    /// The highest number of passes over the rows; the schedule ends there.
    pub epochs: usize,
    /// The highest learning rate of the schedule.
    pub learning_rate: f64,
    /// Rows a step; `None` chooses by the number of rows.
    pub batch: Option<usize>,
    /// How gradients become steps.
    pub optimiser: Optimiser,
    /// The decay of the running mean of gradients; RMSprop has none.
    pub beta1: f64,
    /// The decay of the running mean of squared gradients.
    pub beta2: f64,
    /// Added to the root of the latter.
    pub epsilon: f64,
    /// Weight decay, on matrices alone.
    pub weight_decay: f64,
    /// How the learning rate goes.
    pub schedule: Schedule,
    /// The share of all steps in which the rate rises linearly from 0.
    pub warm_up: f64,
    /// The largest norm of the gradient of all parameters; longer ones are scaled down. `None`
    /// for none.
    pub clip: Option<f64>,
    /// How many epochs without a better validation loss end the training; `None` for no end.
    pub patience: Option<usize>,
    /// How weight decay and dropout go.
    pub regularisation: Regularisation,
    /// The seed of the order of rows and of dropout.
    pub seed: u64,
}

impl Default for TrainConfig {
    fn default() -> TrainConfig {
        TrainConfig {
            loss: Loss::MeanSquared,
            epochs: 100,
            learning_rate: 6e-3,
            batch: None,
            optimiser: Optimiser::AdamW,
            beta1: 0.9,
            beta2: 0.95,
            epsilon: 1e-8,
            weight_decay: 0.02,
            schedule: Schedule::Cosine,
            warm_up: 0.05,
            clip: Some(1.0),
            patience: Some(20),
            regularisation: Regularisation::HalfThenCosine,
            seed: 0,
        }
    }
}

impl TrainConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// [`TrainError::Config`] names all bad values at once.
    pub fn check(&self) -> Result<(), TrainError> {
        let mut problems = Vec::new();
        let mut range = |name: &str, value: f64, allowed: bool, range: &str| {
            if !allowed {
                problems.push(format!("{name} is {value}, allowed is {range}"));
            }
        };
        let below_one = |value: f64| (0.0..1.0).contains(&value);
        range(
            "epochs",
            self.epochs as f64,
            (1..=1_000_000).contains(&self.epochs),
            "1 to 1000000",
        );
        range(
            "the learning rate",
            self.learning_rate,
            self.learning_rate > 0.0 && self.learning_rate <= 1.0,
            "above 0, at most 1",
        );
        if let Some(batch) = self.batch {
            let allowed = (1..=1 << 20).contains(&batch);
            range("the batch", batch as f64, allowed, "1 to 1048576");
        }
        range("beta1", self.beta1, below_one(self.beta1), "0 to below 1");
        range("beta2", self.beta2, below_one(self.beta2), "0 to below 1");
        let positive = |value: f64| value > 0.0 && value.is_finite();
        range("epsilon", self.epsilon, positive(self.epsilon), "above 0");
        let unit = |value: f64| (0.0..=1.0).contains(&value);
        let decay = self.weight_decay;
        range("the weight decay", decay, unit(decay), "0 to 1");
        range("the warm-up", self.warm_up, unit(self.warm_up), "0 to 1");
        if let Some(clip) = self.clip {
            range("the clip", clip, positive(clip), "above 0");
        }
        if let Some(patience) = self.patience {
            range("the patience", patience as f64, patience > 0, "at least 1");
        }
        problems.extend(self.loss.problem());
        if problems.is_empty() {
            Ok(())
        } else {
            Err(TrainError::Config { problems })
        }
    }
}
