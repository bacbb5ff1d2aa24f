use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{PrepareError, TargetStatistics};
use crate::table::Table;

/// What kind of prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Decided by the target column; [`super::Preparation::task_reason`] says why.
    #[default]
    Auto,
    /// Numbers.
    Regression,
    /// Classes.
    Classification,
}

/// How the user wants a column to be taken, whatever it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// One input per level.
    Category,
    /// Numbers.
    Numeric,
    /// Dates or times.
    Date,
    /// Left out.
    Ignore,
}

impl FromStr for ColumnKind {
    type Err = String;

    fn from_str(text: &str) -> Result<ColumnKind, String> {
        match text {
            "category" => Ok(ColumnKind::Category),
            "numeric" => Ok(ColumnKind::Numeric),
            "date" => Ok(ColumnKind::Date),
            "ignore" => Ok(ColumnKind::Ignore),
            other => Err(format!(
                "\"{other}\" is no kind of column: use category, numeric, date or ignore"
            )),
        }
    }
}

/// Settings of [`super::Preparation::fit`].
///
/// | field | default | meaning |
/// |---|---|---|
/// | `targets` | none: an error | one column, or several numeric ones |
/// | `task` | auto | regression or classification |
/// | `extrapolate` | no | whether predictions may leave the targets' range widened by half |
/// | `weights` | none: all rows count alike | a column of numbers of at least 0 |
/// | `ignore` | none | columns that are left out |
/// | `kinds` | none: judged by the cells | how columns are taken |
/// | `statistics` | auto | means of the target per level as inputs |
/// | `statistics_apart` | no | beside them those of binned numbers, for networks alone |
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PrepareOptions {
    /// The columns to predict.
    pub targets: Vec<String>,
    /// Regression or classification.
    pub task: Task,
    /// The column of sample weights; it is no input.
    pub weights: Option<String>,
    /// Whether predictions of numbers may leave the range of the known rows' targets, widened by
    /// half of it on either side.
    pub extrapolate: bool,
    /// Columns that are no inputs.
    pub ignore: Vec<String>,
    /// Columns with the kind that the user gives them; of two entries for a column the later.
    pub kinds: Vec<(String, ColumnKind)>,
    /// Which statistics of the target are inputs.
    pub statistics: TargetStatistics,
    /// Whether, with [`TargetStatistics::Auto`], statistics of binned numbers are made beside, as
    /// the last inputs, for networks alone.
    pub statistics_apart: bool,
}

impl PrepareOptions {
    /// The kind that the user gives a column, if any.
    pub(super) fn kind(&self, column: &str) -> Option<ColumnKind> {
        let mut given = self.kinds.iter().rev();
        let given = given
            .find(|(name, _)| name == column)
            .map(|(_, kind)| *kind);
        if self.ignore.iter().any(|name| name == column) {
            return Some(ColumnKind::Ignore);
        }
        given
    }

    /// Refuses unknown columns, and options that contradict each other.
    pub(super) fn check(&self, table: &Table) -> Result<(), PrepareError> {
        let mut faults = Vec::new();
        if self.targets.is_empty() {
            faults.push("no target column is given; name one with --target".to_string());
        }
        let others = self.weights.iter().chain(&self.ignore);
        let kinds = self.kinds.iter().map(|(name, _)| name);
        for name in self.targets.iter().chain(others).chain(kinds) {
            if let Err(error) = table.column(name) {
                faults.push(error.to_string());
            }
        }
        for (index, target) in self.targets.iter().enumerate() {
            if self.targets[..index].contains(target) {
                faults.push(format!("target column \"{target}\" is given twice"));
            }
            if self.kind(target) == Some(ColumnKind::Ignore) {
                faults.push(format!("target column \"{target}\" cannot be left out"));
            }
            if self.weights.as_ref() == Some(target) {
                faults.push(format!(
                    "column \"{target}\" cannot be both target and weights"
                ));
            }
        }
        if let Some(weights) = &self.weights
            && self.ignore.contains(weights)
        {
            faults.push(format!(
                "the weights column \"{weights}\" cannot be left out"
            ));
        }
        faults.dedup();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(PrepareError::Options(faults))
        }
    }
}
