//! From outputs to predictions as plain steps, for programs in other languages.

use serde::Serialize;

use super::TargetTransform;
use super::decision::{Calibration, Decision};
use super::outcome::Outcome;

/// From outputs to predictions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Restoring {
    /// One a target, of its output.
    Values(Vec<RestoringValue>),
    /// Of logits z, one (the log-odds of the second class) for two classes, else one a class.
    Classes {
        /// The classes, as the user wrote them.
        classes: Vec<String>,
        /// Logits become `scale z + shift`; above 0.
        scale: f64,
        /// One a logit.
        shifts: Vec<f64>,
        /// Which class is predicted.
        decision: Decision,
    },
}

/// From an output o to a target's unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RestoringValue {
    /// `t = deviation o + mean`, then the mean over the residuals r (with their shares) of
    /// `clamp(inverse(t + r))` (without residuals, of `clamp(inverse(t))`), then the bounds.
    Line {
        /// Of the (transformed) target.
        mean: f64,
        /// Above 0.
        deviation: f64,
        /// How t becomes a number of the target; without it t is.
        transform: Option<Inverse>,
        /// What the prediction is kept in.
        bounds: Option<[f64; 2]>,
    },
    /// `clamp(mean exp(o))`
    LogMean {
        /// Above 0.
        mean: f64,
        /// What the prediction is kept in.
        limits: [f64; 2],
    },
}

/// The inverse of a transform.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inverse {
    /// The transform.
    pub of: TargetTransform,
    /// What each inverse is kept in.
    pub limits: [f64; 2],
    /// Residuals and their shares.
    pub residuals: Vec<[f64; 2]>,
}

impl Outcome {
    /// As plain steps.
    pub fn restoring(&self) -> Restoring {
        match self {
            Outcome::Values(scaled) => Restoring::Values(
                scaled
                    .iter()
                    .map(|scaled| match &scaled.log_mean {
                        Some(log_mean) => RestoringValue::LogMean {
                            mean: scaled.deviation,
                            limits: log_mean.limits(),
                        },
                        None => RestoringValue::Line {
                            mean: scaled.mean,
                            deviation: scaled.deviation,
                            transform: scaled.transformed.as_ref().map(|t| t.inverse()),
                            bounds: scaled.bounds,
                        },
                    })
                    .collect(),
            ),
            Outcome::Classes(classes) => {
                let outputs = match classes.labels().len() {
                    2 => 1,
                    count => count,
                };
                let Calibration { scale, shifts } = classes.adjustment.line(outputs);
                Restoring::Classes {
                    classes: classes.labels().to_vec(),
                    scale,
                    shifts,
                    decision: classes.adjustment.decision().clone(),
                }
            }
        }
    }
}
