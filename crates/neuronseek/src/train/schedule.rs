use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::Regularisation;

/// How the learning rate goes over the training, as a factor at the share t of all steps.
///
/// During warm-up the factor rises linearly instead; the schedule then runs over the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// 1
    Constant,
    /// (1 + cos(pi t)) / 2
    Cosine,
    /// (1 - cos(2 pi log2(1 + 15 t))) / 2: four waves, each twice as long as the one before, from
    /// 0 to 0; it needs no warm-up. Holzmüller, Grinsztajn and Steinwart 2024 (RealMLP, arXiv
    /// 2407.04491).
    CosineLog,
}

impl Schedule {
    /// The factor of step `step` (from 0) out of `steps`, with a warm-up over the given share.
    pub(super) fn factor(self, step: u64, steps: u64, warm_up: f64) -> f64 {
        let warm = (warm_up * steps as f64).round();
        let step = step as f64;
        if step < warm {
            return (step + 1.0) / warm;
        }
        let t = (step - warm) / (steps as f64 - warm).max(1.0);
        match self {
            Schedule::Constant => 1.0,
            Schedule::Cosine => 0.5 + 0.5 * (PI * t).cos(),
            Schedule::CosineLog => 0.5 - 0.5 * (2.0 * PI * (1.0 + 15.0 * t).log2()).cos(),
        }
    }
}

impl Regularisation {
    /// The factor of weight decay and dropout at step `step` out of `steps`.
    pub(super) fn factor(self, step: u64, steps: u64) -> f64 {
        let t = step as f64 / (steps as f64).max(1.0);
        match self {
            Regularisation::HalfThenCosine if t > 0.5 => 0.5 + 0.5 * (PI * (2.0 * t - 1.0)).cos(),
            _ => 1.0,
        }
    }
}
