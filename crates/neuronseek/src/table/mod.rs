//! Reading tables: CSV, TSV, Parquet; the kinds of their columns; splits; synthetic tables.
//!
//! A [`Table`] keeps cells as the file has them, and a reader asks for the kind that it needs
//! ([`Column::numbers`], [`Column::texts`], ...). The alternative, to settle each column's type
//! while reading, was rejected: a later table must be read by the kinds of the table that a model
//! was fitted on, whatever its own rows look like.

use std::sync::Arc;

mod bytes;
mod cells;
mod column;
mod date;
mod error;
mod kind;
mod missing;
mod number;
mod origin;
mod read;
mod repeats;
pub mod split;
mod stream;
pub mod synthetic;
mod write;

pub use cells::{Cells, NumberCells, TextCells};
pub use column::Column;
pub use error::{Place, TableError};
pub use kind::Kind;
pub use number::print_number;
pub use read::panic_is_caught;
pub use repeats::Merged;
pub use stream::{Bad, Batches, Files, Piece};

use origin::{Lines, Origin};
use sha2::{Digest, Sha256};

/// A table in memory: named columns of equal length.
#[derive(Debug, Clone)]
pub struct Table {
    /// Where it came from, for messages: the file's path, or "standard input".
    pub source: String,
    columns: Vec<Column>,
    rows: usize,
    origin: Arc<Origin>,
}

/// How a file is read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Texts that mean "missing" beside the empty cell, `NA`, `N/A`, `null` and `NULL`. A number
    /// matches by value; a spelling of NaN or of an infinity matches every spelling of it.
    pub missing: Vec<String>,
    /// The cell separator; by default read off the file's name and first line.
    pub separator: Option<u8>,
}

impl Table {
    /// A table from columns of equal length and different names.
    ///
    /// # Errors
    /// When two names are equal or lengths differ.
    pub fn new(source: &str, columns: Vec<Column>) -> Result<Table, TableError> {
        Table::assemble(Origin::whole(source, Lines::default()), columns)
    }

    fn assemble(origin: Origin, mut columns: Vec<Column>) -> Result<Table, TableError> {
        let source = origin.source.as_str();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        check_names(source, &names)?;
        let rows = columns.first().map_or(0, Column::rows);
        if let Some(column) = columns.iter().find(|column| column.rows() != rows) {
            return Err(TableError::Lengths {
                source_name: source.to_string(),
                name: column.name.clone(),
                found: column.rows(),
                expected: rows,
            });
        }
        let origin = Arc::new(origin);
        for column in &mut columns {
            column.origin = Arc::clone(&origin);
        }
        Ok(Table {
            source: origin.source.clone(),
            columns,
            rows,
            origin,
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

    /// The column of the given name.
    ///
    /// # Errors
    /// When there is none; the error suggests the nearest name.
    pub fn column(&self, name: &str) -> Result<&Column, TableError> {
        let found = self.columns.iter().find(|column| column.name == name);
        found.ok_or_else(|| self.unknown(name))
    }

    /// The table with the named columns alone, in the given order.
    ///
    /// # Errors
    /// When a name is unknown or given twice.
    pub fn select(&self, names: &[String]) -> Result<Table, TableError> {
        let columns: Result<Vec<Column>, TableError> = names
            .iter()
            .map(|name| self.column(name).cloned())
            .collect();
        Table::assemble(self.whence(), columns?)
    }

    /// The table with one more column behind the others.
    ///
    /// # Errors
    /// When the name is taken or the length another.
    pub fn with_column(self, column: Column) -> Result<Table, TableError> {
        let origin = self.whence();
        let mut columns = self.columns;
        columns.push(column);
        Table::assemble(origin, columns)
    }

    /// The table without the named columns.
    ///
    /// # Errors
    /// When a name is unknown.
    pub fn without(&self, names: &[String]) -> Result<Table, TableError> {
        for name in names {
            self.column(name)?;
        }
        let mut table = self.clone();
        table.columns.retain(|column| !names.contains(&column.name));
        Ok(table)
    }

    /// The table with the cells of one column in another order: row i gets the cell of row
    /// `order[i]`.
    ///
    /// # Errors
    /// When there is no such column.
    ///
    /// # Panics
    /// When `order` is not as long as the table or names a row that is not there.
    pub fn with_reordered(&self, name: &str, order: &[usize]) -> Result<Table, TableError> {
        self.column(name)?;
        assert_eq!(order.len(), self.rows(), "rows");
        let mut table = self.clone();
        for column in table
            .columns
            .iter_mut()
            .filter(|column| column.name == name)
        {
            column.cells = column.cells.selected(order);
        }
        Ok(table)
    }

    /// The table whose row i has, in column c, the cell of row `orders[c][i]`.
    ///
    /// # Panics
    /// When there is not one order a column, orders differ in length or name a row that is not
    /// there.
    pub fn gathered(&self, orders: &[&[usize]]) -> Table {
        assert_eq!(orders.len(), self.columns.len(), "orders");
        let mut table = self.clone();
        table.rows = orders.first().map_or(0, |order| order.len());
        for (column, order) in table.columns.iter_mut().zip(orders) {
            assert_eq!(order.len(), table.rows, "rows");
            column.cells = column.cells.selected(order);
        }
        table
    }

    /// A digest (SHA-256, hexadecimal) of the cells of the named columns, in this order: numbers and
    /// dates by their values, whatever the format spells them like.
    ///
    /// # Errors
    /// When a name is unknown.
    pub fn fingerprint(&self, names: &[String]) -> Result<String, TableError> {
        let mut hash = Sha256::new();
        for name in names {
            let column = self.column(name)?;
            match column.cells() {
                Cells::Text(_) => match column.numbers().or_else(|_| column.dates()) {
                    Ok(values) => Column::of_numbers(name, values).cells().digest(&mut hash),
                    Err(_) => column.cells().digest(&mut hash),
                },
                cells => cells.digest(&mut hash),
            }
        }
        Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
    }

    /// The place of a row, counted from 0, for messages.
    pub fn place(&self, row: usize) -> Place {
        self.origin.place(row, None)
    }

    /// The origin under the present name of the source.
    fn whence(&self) -> Origin {
        Origin {
            source: self.source.clone(),
            ..(*self.origin).clone()
        }
    }

    fn unknown(&self, name: &str) -> TableError {
        let names = self.columns.iter().map(|column| column.name.as_str());
        unknown(&self.source, names, name)
    }
}

/// The error of a name that is not among the columns.
fn unknown<'a>(
    source: &str,
    names: impl ExactSizeIterator<Item = &'a str> + Clone,
    name: &str,
) -> TableError {
    let nearest = nearest(names.clone(), name).map(str::to_string);
    let advice = match &nearest {
        Some(nearest) => format!("did you mean \"{}\"?", error::shown(nearest)),
        None => {
            let more = if names.len() > 12 { ", ..." } else { "" };
            let some: Vec<String> = names.take(12).map(error::shown).collect();
            format!("it has {}{more}", some.join(", "))
        }
    };
    TableError::UnknownColumn {
        source_name: source.to_string(),
        name: name.to_string(),
        nearest,
        advice,
    }
}

/// The name most like `wanted`, if any is like it.
fn nearest<'a>(names: impl Iterator<Item = &'a str>, wanted: &str) -> Option<&'a str> {
    let wanted = wanted.trim().to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for name in names {
        let likeness = strsim::normalized_damerau_levenshtein(&wanted, &name.to_lowercase());
        if likeness >= 0.5 && best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, name));
        }
    }
    best.map(|(_, name)| name)
}

/// Refuses two columns of one name.
fn check_names(source: &str, names: &[&str]) -> Result<(), TableError> {
    let mut positions = std::collections::HashMap::new();
    for (position, name) in names.iter().enumerate() {
        if let Some(first) = positions.insert(*name, position) {
            return Err(TableError::DuplicateName {
                source_name: source.to_string(),
                name: name.to_string(),
                first: first + 1,
                second: position + 1,
            });
        }
    }
    Ok(())
}
