//! A preparation as plain steps, for programs in other languages.

use serde::Serialize;

use super::Preparation;
use super::encoding::Encoding;

/// How a table's cells become inputs: data alone, which a program in any language can follow.
///
/// ```text
/// cells -> codes of cells -> groups of codes -> inputs
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Recipe {
    /// The columns that are read, each once.
    pub columns: Vec<RawColumn>,
    /// Places of cells among levels or bins.
    pub codings: Vec<Coding>,
    /// Combinations of places.
    pub groupings: Vec<Grouping>,
    /// The inputs in order.
    pub inputs: Vec<Input>,
    /// Their names.
    pub names: Vec<String>,
}

/// A column of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RawColumn {
    /// Its name in the header.
    pub name: String,
    /// What its cells are.
    pub kind: RawKind,
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RawKind {
    /// Finite numbers.
    Number,
    /// 1 for yes and 0 for no.
    Truth,
    /// Texts without spaces at either end.
    Text,
    /// Seconds since 1970-01-01T00:00:00Z.
    Date,
}

/// The place of a cell: the first of the keys that it equals, or its bin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coding {
    /// Index of the column.
    pub column: usize,
    /// What cells are compared with.
    pub key: Key,
    /// The place of a cell that is none of the keys; none for no place.
    pub unseen: Option<u32>,
    /// The place of a missing cell; none for no place.
    pub missing: Option<u32>,
}

/// What cells are compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    /// The place of a text in the list.
    Texts(Vec<String>),
    /// The place of a number in the list.
    Numbers(Vec<f64>),
    /// How many of these ascending edges are at most the number.
    Bins(Vec<f64>),
}

/// A combination of places of several codings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grouping {
    /// Indices of the codings.
    pub codings: Vec<usize>,
    /// One list of places, one a coding, for each group; all different.
    pub groups: Vec<Vec<u32>>,
}

/// Where in a cycle a moment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// `fract(days / 365.2425)`
    Year,
    /// `((floor(days) + 3) mod 7) / 7`: 0 on Mondays.
    Week,
    /// `fract(days)`
    Day,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// The cell's number, or `fill` where it is missing.
    Number {
        /// Index of the column.
        column: usize,
        /// What a missing cell is taken for.
        fill: f64,
    },
    /// 1 where the cell is missing, else 0.
    Missing {
        /// Index of the column.
        column: usize,
    },
    /// Days since 1970, or those of `fill` (in seconds) where the cell is missing.
    Days {
        /// Index of the column.
        column: usize,
        /// Seconds.
        fill: f64,
    },
    /// The sine or cosine of 2 pi times the place in a cycle.
    Cycle {
        /// Index of the column.
        column: usize,
        /// Seconds.
        fill: f64,
        /// Which cycle.
        phase: Phase,
        /// The cosine, else the sine.
        cosine: bool,
    },
    /// 1 where the cell has this place, else 0.
    Is {
        /// Index of the coding.
        coding: usize,
        /// The place.
        place: u32,
    },
    /// The place itself, 0 or 1; `otherwise` where there is none.
    Place {
        /// Index of the coding.
        coding: usize,
        /// The share of place 1.
        otherwise: f64,
    },
    /// The value of the group; `otherwise` where there is none.
    Group {
        /// Index of the grouping.
        grouping: usize,
        /// One a group.
        values: Vec<f64>,
        /// For combinations that training did not have.
        otherwise: f64,
    },
}

/// A recipe that is being written; it gathers reasons why one cannot be.
#[derive(Default)]
pub(super) struct Writing {
    pub recipe: Recipe,
    pub reasons: Vec<String>,
}

impl Writing {
    /// The index of a column of a kind, which is added if need be.
    pub fn column(&mut self, name: &str, kind: RawKind) -> usize {
        let columns = &mut self.recipe.columns;
        match columns.iter().position(|column| column.name == name) {
            Some(index) => {
                if columns[index].kind != kind {
                    self.reasons.push(format!(
                        "column \"{name}\" is read as {} and as {}",
                        columns[index].kind.name(),
                        kind.name()
                    ));
                }
                index
            }
            None => {
                columns.push(RawColumn {
                    name: name.to_string(),
                    kind,
                });
                columns.len() - 1
            }
        }
    }

    /// The index of a coding, which is added if there is none like it.
    pub fn coding(&mut self, coding: Coding) -> usize {
        let codings = &mut self.recipe.codings;
        match codings.iter().position(|other| *other == coding) {
            Some(index) => index,
            None => {
                codings.push(coding);
                codings.len() - 1
            }
        }
    }

    /// Levels as numbers; a reason where one is none.
    pub fn numbers(&mut self, name: &str, levels: &[String]) -> Vec<f64> {
        let mut numbers = Vec::with_capacity(levels.len());
        for level in levels {
            match level.parse() {
                Ok(number) => numbers.push(number),
                Err(_) => self.reasons.push(format!(
                    "level \"{level}\" of the numbers in \"{name}\" is no number"
                )),
            }
        }
        numbers
    }
}

impl RawKind {
    /// In words, plural.
    pub fn name(self) -> &'static str {
        match self {
            RawKind::Number => "numbers",
            RawKind::Truth => "truth values",
            RawKind::Text => "texts",
            RawKind::Date => "dates",
        }
    }
}

impl Preparation {
    /// The preparation as plain steps.
    ///
    /// # Errors
    /// Every reason why there are none: a column that is read in two ways.
    pub fn recipe(&self) -> Result<Recipe, Vec<String>> {
        let mut writing = Writing::default();
        for (name, encoding) in self.encodings() {
            match encoding {
                Encoding::Numeric(numeric) => numeric.recipe(name, &mut writing),
                Encoding::Category(category) => category.recipe(name, &mut writing),
                Encoding::Date(date) => date.recipe(name, &mut writing),
            }
        }
        self.target_statistics().recipe(&mut writing);
        writing.recipe.names = self.input_names().to_vec();
        if writing.reasons.is_empty() {
            Ok(writing.recipe)
        } else {
            Err(writing.reasons)
        }
    }
}
