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

    /// The same preparation of targets whose mean is the exponential of an output, and whose
    /// variance grows with the mean to this power; the scale is of the given rows, all of which
    /// have a target. Classes stay as they are.
    ///
    /// # Errors
    /// The first row whose target is below 0, or 0 for the power 2.
    pub(crate) fn with_log_mean(
        &self,
        table: &Table,
        rows: &[usize],
        power: f64,
    ) -> Result<Preparation, PrepareError> {
        let of = (table, self.targets.as_slice());
        self.outcome.with_log_mean(of, rows, power).map(|outcome| {
            let mut changed = self.with_outcome(outcome);
            let targets = changed.summaries.iter_mut();
            for summary in targets.filter(|summary| summary.role == Role::Target) {
                summary.done = "divided by its mean, whose logarithm is fitted".to_string();
            }
            changed
        })
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
