//! Reading tables: CSV, TSV, Parquet; the kinds of their columns; splits; synthetic tables.

use std::path::Path;

pub mod split;
pub mod synthetic;

/// A table in memory: named columns of equal length, as the file has them.
///
/// Text stays text until a kind is asked for, so that a later table is read by the kinds of the
/// table that a model was fitted on, and not by its own looks.
#[derive(Debug, Clone)]
pub struct Table {
    /// Where it came from, for messages: the file's path, or "standard input".
    pub source: String,
    columns: Vec<Column>,
    rows: usize,
}

/// A named column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The name in the header.
    pub name: String,
    /// The cells.
    pub cells: Cells,
}

/// The cells of a column as the file stores them.
#[derive(Debug, Clone)]
pub enum Cells {
    /// Text, from CSV and TSV; `None` is missing.
    Text(Vec<Option<String>>),
    /// Numbers, from Parquet and generators; NaN is missing.
    Number(Vec<f64>),
}

/// What a column holds, judged by the whole column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Numbers.
    Numeric,
    /// Two values such as true/false, yes/no.
    Boolean,
    /// Few different texts.
    Category,
    /// Dates or times.
    Date,
    /// A different text in every row: of no use for prediction.
    Identifier,
}

/// How a file is read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Texts that mean "missing" beside the usual ones.
    pub missing: Vec<String>,
    /// The cell separator; by default read off the file's name and first line.
    pub separator: Option<u8>,
}

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// To be refined.
    #[error("{0}")]
    Other(String),
}

impl Table {
    /// Reads a file; `-` is CSV on standard input.
    pub fn read(_path: &Path, _options: &ReadOptions) -> Result<Table, TableError> {
        todo!()
    }

    /// A table from columns of equal length.
    pub fn new(source: &str, columns: Vec<Column>) -> Result<Table, TableError> {
        let rows = columns.first().map_or(0, |column| match &column.cells {
            Cells::Text(cells) => cells.len(),
            Cells::Number(cells) => cells.len(),
        });
        Ok(Table {
            source: source.to_string(),
            columns,
            rows,
        })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns in file order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of the given name; the error suggests the nearest name.
    pub fn column(&self, _name: &str) -> Result<&Column, TableError> {
        todo!()
    }
}
