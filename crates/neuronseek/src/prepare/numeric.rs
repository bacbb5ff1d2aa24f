use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::encoding::{Block, Fitted, Odd};
use super::quantile::Sorted;
use super::recipe::{Input, RawKind, Writing};
use crate::table::{Column, TableError};

/// How the cells of a column become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reading {
    /// As numbers.
    Numbers,
    /// As 0 and 1 of no and yes.
    Truths,
}

/// A column of numbers or truth values: the value with missing cells filled, and beside it a 0/1
/// input that says which were missing, if enough were in the training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Numeric {
    reading: Reading,
    /// What a missing cell is taken for: the median of the training rows, or the more frequent
    /// truth value.
    fill: f64,
    /// Whether the value is an input: not where it never varies.
    value: bool,
    /// Whether there is an input for missing cells.
    missing: bool,
}

impl Numeric {
    pub fn fit(
        column: &Column,
        reading: Reading,
        rows: &[usize],
        rare: usize,
    ) -> Result<Fitted<Numeric>, TableError> {
        let values = read(column, reading)?;
        let sorted = Sorted::new(rows.iter().map(|&row| values[row]));
        let present = sorted.values().len();
        let missing = rows.len() - present;
        if present == 0 {
            return Ok(Fitted::AllMissing);
        }
        let median = sorted.median();
        let numeric = Numeric {
            reading,
            fill: match reading {
                Reading::Numbers => median,
                // With as many of either, half a yes would be the median.
                Reading::Truths => median.floor(),
            },
            value: sorted.distinct() > 1,
            missing: missing >= rare,
        };
        if !numeric.value && !numeric.missing {
            return Ok(Fitted::Constant);
        }
        let filled = match (missing, numeric.missing) {
            (0, _) => String::new(),
            (_, true) => format!("missing cells as {}, and an input for them", numeric.fill),
            (_, false) => format!("missing cells as {}", numeric.fill),
        };
        let done = match (numeric.value, reading) {
            (false, _) => {
                "an input for missing cells alone, since all others are equal".to_string()
            }
            (true, Reading::Numbers) if missing == 0 => "as it is".to_string(),
            (true, Reading::Truths) if missing == 0 => "0 for no, 1 for yes".to_string(),
            (true, _) => filled,
        };
        Ok(Fitted::Used {
            encoding: numeric,
            missing,
            done,
        })
    }

    pub fn names(&self, column: &str) -> Vec<String> {
        let mut names = Vec::new();
        if self.value {
            names.push(column.to_string());
        }
        if self.missing {
            names.push(format!("{column}=(missing)"));
        }
        names
    }

    pub fn write(&self, column: &Column, block: &mut Block<'_>) -> Result<Odd, TableError> {
        let values = read(column, self.reading)?;
        let mut odd = Odd::default();
        for (row, &value) in values.iter().enumerate() {
            let absent = value.is_nan();
            if self.value {
                block.set(row, 0, if absent { self.fill } else { value });
            }
            if absent && self.missing {
                block.set(row, usize::from(self.value), 1.0);
            }
            odd.missing += usize::from(absent && !self.missing);
        }
        odd.taken_for = format!("taken for {}", self.fill);
        Ok(odd)
    }

    /// The numbers of a column, where they can be read where they lie, or read now. Of those that lie
    /// elsewhere nobody has asked whether they are finite.
    pub fn numbers<'a>(&self, column: &'a Column) -> Result<Cow<'a, [f64]>, TableError> {
        match (self.reading, column.stored_numbers()) {
            (Reading::Numbers, Some(numbers)) => Ok(Cow::Borrowed(numbers)),
            _ => read(column, self.reading).map(Cow::Owned),
        }
    }

    /// What missing cells are taken for, where the value is an input, and whether there is one for
    /// missing cells.
    pub fn inputs(&self) -> (Option<f64>, bool) {
        (self.value.then_some(self.fill), self.missing)
    }

    /// Its inputs as plain steps.
    pub fn recipe(&self, name: &str, writing: &mut Writing) {
        let kind = match self.reading {
            Reading::Numbers => RawKind::Number,
            Reading::Truths => RawKind::Truth,
        };
        let column = writing.column(name, kind);
        let value = Input::Number {
            column,
            fill: self.fill,
        };
        let inputs = &mut writing.recipe.inputs;
        inputs.extend(self.value.then_some(value));
        inputs.extend(self.missing.then_some(Input::Missing { column }));
    }

    pub fn validate(&self) -> Result<(), String> {
        if !self.fill.is_finite() {
            return Err("the number for missing cells is not finite".to_string());
        }
        if !self.value && !self.missing {
            return Err("it gives no input".to_string());
        }
        Ok(())
    }
}

fn read(column: &Column, reading: Reading) -> Result<Vec<f64>, TableError> {
    match reading {
        Reading::Numbers => column.numbers(),
        Reading::Truths => column.booleans(),
    }
}
