use serde::{Deserialize, Serialize};

use super::category::Category;
use super::date::Date;
use super::numeric::Numeric;
use crate::matrix::Matrix;
use crate::table::{Column, TableError};

/// How the cells of an input column become inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    Numeric(Numeric),
    Category(Category),
    Date(Date),
}

/// What became of an input column.
pub(super) enum Fitted<E> {
    /// It gives inputs.
    Used {
        encoding: E,
        /// Missing cells in the training rows.
        missing: usize,
        /// How it is encoded, in words.
        done: String,
    },
    /// It never varies in the training rows.
    Constant,
    /// It has no value in the training rows.
    AllMissing,
    /// No level is frequent enough to learn from.
    Rare { distinct: usize },
}

impl<E> Fitted<E> {
    pub fn map<F>(self, wrap: impl Fn(E) -> F) -> Fitted<F> {
        match self {
            Fitted::Used {
                encoding,
                missing,
                done,
            } => Fitted::Used {
                encoding: wrap(encoding),
                missing,
                done,
            },
            Fitted::Constant => Fitted::Constant,
            Fitted::AllMissing => Fitted::AllMissing,
            Fitted::Rare { distinct } => Fitted::Rare { distinct },
        }
    }
}

/// The inputs of one column within the encoded matrix, all 0 at first.
pub(super) struct Block<'a> {
    pub matrix: &'a mut Matrix<f64>,
    /// Its first input.
    pub first: usize,
}

impl Block<'_> {
    pub fn set(&mut self, row: usize, input: usize, value: f64) {
        self.matrix.row_mut(row)[self.first + input] = value;
    }

    /// Sets as many inputs as there are values, from `input` on.
    pub fn set_all(&mut self, row: usize, input: usize, values: &[f64]) {
        let first = self.first + input;
        self.matrix.row_mut(row)[first..first + values.len()].copy_from_slice(values);
    }
}

/// Cells of a later table unlike all that the training rows had.
#[derive(Debug, Default)]
pub(super) struct Odd {
    /// Missing cells where next to none were missing.
    pub missing: usize,
    /// Cells with a level never seen that has no input.
    pub unseen: usize,
    /// The first of these levels.
    pub first: Option<String>,
    /// What becomes of such cells.
    pub taken_for: String,
}

impl Odd {
    pub fn notice_level(&mut self, level: &str) {
        self.unseen += 1;
        if self.first.is_none() {
            self.first = Some(level.to_string());
        }
    }

    /// Adds the cells of a later batch.
    pub fn add(&mut self, other: Odd) {
        self.missing += other.missing;
        self.unseen += other.unseen;
        self.first = self.first.take().or(other.first);
        self.taken_for = other.taken_for;
    }

    /// What the user should know, if anything.
    pub fn warning(&self, column: &str) -> Option<String> {
        let mut parts = Vec::new();
        if self.missing > 0 {
            parts.push(format!("{} missing", cells(self.missing)));
        }
        if let Some(first) = &self.first {
            parts.push(format!(
                "{} with a rare or unknown level such as \"{first}\"",
                cells(self.unseen)
            ));
        }
        (!parts.is_empty())
            .then(|| format!("{column}: {}, {}", parts.join(" and "), self.taken_for))
    }
}

fn cells(count: usize) -> String {
    if count == 1 {
        "1 cell".to_string()
    } else {
        format!("{count} cells")
    }
}

impl Encoding {
    pub fn names(&self, column: &str) -> Vec<String> {
        match self {
            Encoding::Numeric(numeric) => numeric.names(column),
            Encoding::Category(category) => category.names(column),
            Encoding::Date(date) => date.names(column),
        }
    }

    pub fn write(&self, column: &Column, block: &mut Block<'_>) -> Result<Odd, TableError> {
        match self {
            Encoding::Numeric(numeric) => numeric.write(column, block),
            Encoding::Category(category) => category.write(column, block),
            Encoding::Date(date) => date.write(column, block),
        }
    }

    pub fn validate(&self) -> Result<(), String> {
        match self {
            Encoding::Numeric(numeric) => numeric.validate(),
            Encoding::Category(category) => category.validate(),
            Encoding::Date(date) => date.validate(),
        }
    }
}
