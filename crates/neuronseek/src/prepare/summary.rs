use serde::{Deserialize, Serialize};

use crate::table::Kind;

/// What a column of the training table is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Gives inputs.
    Input,
    /// Is predicted.
    Target,
    /// Weights rows.
    Weights,
    /// Is left out.
    Unused,
}

/// What became of a column of the training table, for reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSummary {
    /// The column's name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What it holds; `None` where nobody looked: columns that the user leaves out.
    pub kind: Option<Kind>,
    /// What was done with it, in words.
    pub done: String,
    /// Missing cells in the training rows.
    pub missing: usize,
    /// How many inputs it gives.
    pub inputs: usize,
}
