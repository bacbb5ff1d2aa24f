use thiserror::Error;

use super::{MAXIMUM_CLASSES, MINIMUM_ROWS, TargetTransform};
use crate::table::{Place, TableError};

/// Why a table cannot be prepared: what, where, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The table itself, or a cell of it.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Options that contradict each other, all of them at once.
    #[error("{}", .0.join("; "))]
    Options(Vec<String>),
    /// Columns that a fitted preparation needs.
    #[error("{source_name}: {} missing; predictions need every input column of the training table", listed("column", "columns", .columns))]
    MissingColumns {
        /// The table.
        source_name: String,
        /// All that are missing, each quoted, with the nearest name where one is near.
        columns: Vec<String>,
    },
    /// Input columns without a single value in the training rows.
    #[error("{source_name}: {} no value in the training rows; leave {} out with --ignore", listed_has("column", "columns", .columns), if .columns.len() == 1 { "it" } else { "them" })]
    AllMissing {
        /// The table.
        source_name: String,
        /// All such columns, quoted.
        columns: Vec<String>,
    },
    /// Nothing to predict from.
    #[error("{source_name}: no column is left to predict from: {reason}")]
    NoInputs {
        /// The table.
        source_name: String,
        /// What became of the columns.
        reason: String,
    },
    /// Not enough rows.
    #[error(
        "{source_name}: {rows} training rows with a target are too few: at least {MINIMUM_ROWS} \
         are needed"
    )]
    TooFewRows {
        /// The table.
        source_name: String,
        /// Those there are.
        rows: usize,
    },
    /// No row has a target.
    #[error("{source_name}: target column \"{target}\" has no value at all; choose another target")]
    NoTargetValue {
        /// The table.
        source_name: String,
        /// The column.
        target: String,
    },
    /// A row that must have a target has none.
    #[error("{place}: the target is missing")]
    TargetMissing {
        /// The cell.
        place: Place,
    },
    /// The target never varies.
    #[error(
        "{source_name}: target column \"{target}\" is {value} in every training row; there is \
         nothing to predict"
    )]
    ConstantTarget {
        /// The table.
        source_name: String,
        /// The column.
        target: String,
        /// The one value.
        value: String,
    },
    /// There is one class only.
    #[error(
        "{source_name}: target column \"{target}\" holds the class \"{class}\" alone in the \
         training rows; at least two classes are needed"
    )]
    OneClass {
        /// The table.
        source_name: String,
        /// The column.
        target: String,
        /// The class.
        class: String,
    },
    /// There are too many classes.
    #[error(
        "{source_name}: target column \"{target}\" holds {classes} classes; at most \
         {MAXIMUM_CLASSES} can be told apart{advice}"
    )]
    TooManyClasses {
        /// The table.
        source_name: String,
        /// The column.
        target: String,
        /// How many.
        classes: usize,
        /// What to do, with a separator in front; empty when there is nothing.
        advice: &'static str,
    },
    /// Classes have no transform.
    #[error(
        "target column \"{target}\" holds classes, which have no {transform}: leave the target \
         transform out"
    )]
    ClassesTransformed {
        /// The column.
        target: String,
        /// What was asked for.
        transform: TargetTransform,
    },
    /// The transform is not defined for the target.
    #[error(
        "target column \"{target}\" holds numbers from {low} to {high}, and the target transform \
         {transform} needs {domain} that do not grow too large: use none or auto"
    )]
    TransformUndefined {
        /// The column.
        target: String,
        /// What was asked for.
        transform: TargetTransform,
        /// The numbers that it is defined for.
        domain: &'static str,
        /// The least known target.
        low: String,
        /// The largest.
        high: String,
    },
    /// A target that the loss is not defined for.
    #[error(
        "{place}: the target is {found}, and the {loss} loss needs {domain}: use another loss, or \
         leave the row out"
    )]
    TargetOutside {
        /// The cell.
        place: Place,
        /// Its number.
        found: String,
        /// The name of the loss.
        loss: &'static str,
        /// The numbers that it is defined for.
        domain: &'static str,
    },
    /// The target is not of the kind that the task needs.
    #[error("{source_name}: target column \"{target}\" {what}; {advice}")]
    TargetKind {
        /// The table.
        source_name: String,
        /// The column.
        target: String,
        /// What is wrong with it.
        what: String,
        /// What to do.
        advice: &'static str,
    },
    /// Target numbers whose deviation is beyond floating point.
    #[error(
        "{source_name}: target column \"{target}\" holds numbers too large to work with \
         ({largest:e}); rescale it"
    )]
    TargetTooLarge {
        /// The table.
        source_name: String,
        /// The column.
        target: String,
        /// The largest of them.
        largest: f64,
    },
    /// A class that the training table does not have.
    #[error(
        "{place}: class \"{class}\" does not occur in the training table, whose classes are {known}"
    )]
    UnseenClass {
        /// The cell.
        place: Place,
        /// Its class.
        class: String,
        /// The first few that do.
        known: String,
    },
    /// A weight that is none.
    #[error("{place}: the weight is {found}; weights must be numbers of at least 0")]
    Weight {
        /// The cell.
        place: Place,
        /// What is there instead.
        found: String,
    },
    /// No row counts.
    #[error("{source_name}: the weights in column \"{column}\" are all 0; no row would count")]
    ZeroWeights {
        /// The table.
        source_name: String,
        /// The column.
        column: String,
    },
}

fn listed(one: &str, many: &str, names: &[String]) -> String {
    let (noun, verb) = if names.len() == 1 {
        (one, "is")
    } else {
        (many, "are")
    };
    format!("{noun} {} {verb}", names.join(", "))
}

fn listed_has(one: &str, many: &str, names: &[String]) -> String {
    let (noun, verb) = if names.len() == 1 {
        (one, "has")
    } else {
        (many, "have")
    };
    format!("{noun} {} {verb}", names.join(", "))
}
