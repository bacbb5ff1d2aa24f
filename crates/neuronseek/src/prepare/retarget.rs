//! A preparation whose target is scaled otherwise.

use super::outcome::Outcome;
use super::preparation::Preparation;
use super::summary::Role;
use super::{PrepareError, TargetTransform};
use crate::matrix::Matrix;
use crate::table::{Table, print_number};

impl Preparation {
    /// The numbers of the target columns of the given rows in the user's unit, `rows x targets`; no
    /// columns for classes.
    ///
    /// # Errors
    /// When a row has no target.
    pub fn truth(&self, table: &Table, rows: &[usize]) -> Result<Matrix<f64>, PrepareError> {
        self.outcome.truth(table, &self.targets, rows)
    }

    /// The function of the target that a predictor's outputs stand for; `None` for classes.
    pub fn target_transform(&self) -> Option<TargetTransform> {
        self.outcome.transform()
    }

    /// How the target is scaled.
    pub(crate) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The same preparation with the target scaled otherwise.
    pub(crate) fn with_outcome(&self, outcome: Outcome) -> Preparation {
        let mut changed = self.clone();
        if let Some(transform) = outcome.transform()
            && transform != TargetTransform::None
        {
            let targets = changed.summaries.iter_mut();
            for summary in targets.filter(|summary| summary.role == Role::Target) {
                let text = transform.text(&summary.name);
                summary.done = format!("{text}, scaled to mean 0 and deviation 1");
            }
        }
        changed.outcome = outcome;
        changed
    }

    /// The scale of the transformed target; `truth` as [`Preparation::truth`] of known rows.
    ///
    /// # Errors
    /// When there are classes, or the transform is not defined for the range of a target.
    pub(crate) fn transformed(
        &self,
        truth: &Matrix<f64>,
        transform: TargetTransform,
    ) -> Result<Outcome, PrepareError> {
        if matches!(self.outcome, Outcome::Classes(_)) && transform != TargetTransform::None {
            return Err(PrepareError::ClassesTransformed {
                target: self.targets.join(", "),
                transform,
            });
        }
        let refused = |(target, [low, high]): (usize, [f64; 2])| PrepareError::TransformUndefined {
            target: self.targets.get(target).cloned().unwrap_or_default(),
            transform,
            domain: transform.domain(),
            low: print_number(low),
            high: print_number(high),
        };
        self.outcome
            .with_transform(truth, transform)
            .map_err(refused)
    }
}
