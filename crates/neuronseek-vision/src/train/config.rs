//! How a network is trained.

use serde::{Deserialize, Serialize};

use crate::VisionError;
use crate::network::Precision;

/// How gradients become steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// `v = momentum v + g + decay w`, `w = w - rate (g + decay w + momentum v)`: Nesterov's form.
    Sgd {
        /// 0 to below 1.
        momentum: f32,
    },
    /// AdamW (Loshchilov and Hutter 2019) with betas 0.9 and 0.999, epsilon 1e-8.
    AdamW,
}

/// How a network is trained.
///
/// | setting | default | range |
/// |---|---|---|
/// | `epochs` | 60 | 1 to 100,000 |
/// | `batch` | 128 | 2 to 65,536 |
/// | `accumulate` | 1 | 1 to `batch / 2` |
/// | `method` | SGD, momentum 0.9 | |
/// | `learning_rate` | 0.1 (SGD), 0.002 (AdamW) | above 0, to 10 |
/// | `weight_decay` | 5e-4 (SGD), 0.05 (AdamW) | 0 to 1 |
/// | `warm_up` | 0.05 of all steps | 0 to 0.5 |
/// | `label_smoothing` | 0.1 | 0 to below 1 |
/// | `average` | none | 0.5 to below 1 |
/// | `patience` | none | at least 1 |
/// | `clip` | 5 | above 0 |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images per step.
    pub batch: usize,
    /// Parts of a batch that are computed one after another, to save memory; norms see a part.
    pub accumulate: usize,
    /// How gradients become steps.
    pub method: Method,
    /// The highest learning rate; it rises linearly during the warm-up, then falls to 0 as half of
    /// a cosine.
    pub learning_rate: f32,
    /// Decay of weights; gains, shifts and biases do not decay.
    pub weight_decay: f32,
    /// The share of all steps in which the learning rate rises.
    pub warm_up: f32,
    /// The share of the target that all classes get alike.
    pub label_smoothing: f32,
    /// The decay per step of an exponential moving average of the weights, which then is the model.
    pub average: Option<f32>,
    /// Epochs without a better validation accuracy after which training ends; the best epoch's
    /// weights are then the model. It needs validation images.
    pub patience: Option<usize>,
    /// The norm to which longer gradients are shortened.
    pub clip: f32,
    /// Of initial weights, order and augmentation.
    pub seed: u64,
    /// What convolutions are computed in.
    pub precision: Precision,
}

impl Default for TrainConfig {
    fn default() -> TrainConfig {
        TrainConfig {
            epochs: 60,
            batch: 128,
            accumulate: 1,
            method: Method::Sgd { momentum: 0.9 },
            learning_rate: 0.1,
            weight_decay: 5e-4,
            warm_up: 0.05,
            label_smoothing: 0.1,
            average: None,
            patience: None,
            clip: 5.0,
            seed: 0,
            precision: Precision::Full,
        }
    }
}

impl TrainConfig {
    /// Whether everything is in its range.
    ///
    /// # Errors
    /// [`VisionError::Request`] with all that is not.
    pub fn check(&self) -> Result<(), VisionError> {
        let mut reasons = Vec::new();
        let mut want = |good: bool, name: &str, value: String, range: &str| {
            if !good {
                reasons.push(format!("{name} {value} must be {range}"));
            }
        };
        let text = |value: f32| value.to_string();
        let count = |value: usize| value.to_string();
        want(
            (1..=100_000).contains(&self.epochs),
            "epochs",
            count(self.epochs),
            "1 to 100000",
        );
        want(
            (2..=65_536).contains(&self.batch),
            "batch",
            count(self.batch),
            "2 to 65536",
        );
        want(
            self.accumulate >= 1 && self.accumulate <= self.batch / 2,
            "accumulate",
            count(self.accumulate),
            "1 to half of the batch",
        );
        want(
            self.learning_rate > 0.0 && self.learning_rate <= 10.0,
            "learning rate",
            text(self.learning_rate),
            "above 0 and at most 10",
        );
        want(
            (0.0..=1.0).contains(&self.weight_decay),
            "weight decay",
            text(self.weight_decay),
            "0 to 1",
        );
        want(
            (0.0..=0.5).contains(&self.warm_up),
            "warm-up",
            text(self.warm_up),
            "0 to 0.5",
        );
        want(
            (0.0..1.0).contains(&self.label_smoothing),
            "label smoothing",
            text(self.label_smoothing),
            "0 to below 1",
        );
        want(self.clip > 0.0, "clip", text(self.clip), "above 0");
        if let Method::Sgd { momentum } = self.method {
            let good = (0.0..1.0).contains(&momentum);
            want(good, "momentum", text(momentum), "0 to below 1");
        }
        if let Some(average) = self.average {
            let good = (0.5..1.0).contains(&average);
            want(good, "average", text(average), "0.5 to below 1");
        }
        if let Some(patience) = self.patience {
            want(patience >= 1, "patience", count(patience), "at least 1");
        }
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(VisionError::Request(reasons))
        }
    }

    /// The learning rate of a step of `steps`, both counted from 0.
    pub fn rate(&self, step: u64, steps: u64) -> f32 {
        let done = step as f32 / (steps as f32).max(1.0);
        if done < self.warm_up {
            let warm = self.warm_up * steps as f32;
            return self.learning_rate * ((step + 1) as f32 / warm).min(1.0);
        }
        let along = (done - self.warm_up) / (1.0 - self.warm_up);
        self.learning_rate * 0.5 * (1.0 + (std::f32::consts::PI * along).cos())
    }
}
