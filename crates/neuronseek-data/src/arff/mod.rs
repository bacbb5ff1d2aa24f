//! ARFF, the text format of Weka and OpenML: declared attributes, then rows of cells.
//!
//! ```text
//! % a comment
//! @relation iris
//! @attribute 'petal length' numeric
//! @attribute class {setosa, 'iris versicolor'}
//! @data
//! 1.4, setosa
//! {0 4.7, 1 'iris versicolor'}
//! ?, setosa
//! ```
//!
//! What the published format leaves open is settled so that no row is guessed at:
//!
//! | case | reading |
//! |---|---|
//! | separator | a comma, which may also end a row; white space only in rows that have no comma outside quotes |
//! | quotes | `'` or `"`; `\n`, `\r`, `\t`, `\uXXXX`, any other letter after `\` stands for itself |
//! | `%` | a comment at the start of a line or cell, a letter within one |
//! | missing | `?` without quotes; in quotes it is a text. An empty text is missing, as in CSV |
//! | sparse rows | attributes that are left out are 0, or the first declared value of a nominal one; left-out texts and dates are refused |
//! | nominal cells | must be declared; numeric cells must be finite numbers |
//! | weights of rows, relational attributes | refused |
//!
//! A crate for ARFF was looked for: those there are deserialise into structs that are known when
//! compiling, and give no line and column.

use std::fmt;

use neuronseek::table::{Cells, Column, Table};
use thiserror::Error;

mod cell;
mod header;
mod rows;

use header::Header;

/// What the cells of an attribute are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// `numeric`, `real` or `integer`.
    Numeric,
    /// One of the declared values.
    Nominal(Vec<String>),
    /// Any text.
    Text,
    /// A date or a time, kept as it is written.
    Date,
}

/// A declared column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, without quotes.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
}

/// A file that was read.
#[derive(Debug, Clone)]
pub struct Arff {
    /// The relation's name, empty where there is none.
    pub relation: String,
    /// The columns in file order.
    pub attributes: Vec<Attribute>,
    /// Their cells, as texts.
    pub table: Table,
}

/// Where an ARFF file cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ArffError {
    /// The file.
    pub source_name: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The letter in the line, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: String,
}

impl fmt::Display for ArffError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}, line {}, column {}: {}",
            self.source_name, self.line, self.column, self.problem
        )
    }
}

/// What is wrong in a line, and at which letter, counted from 0.
#[derive(Debug)]
struct Problem {
    at: usize,
    text: String,
}

impl Problem {
    fn new(at: usize, text: impl Into<String>) -> Problem {
        Problem {
            at,
            text: text.into(),
        }
    }
}

/// Reads a file from memory; `source` names it in messages.
///
/// # Errors
/// At the first line that is no ARFF, with its line and column. A file without attributes or
/// without `@data` is refused; one without rows is not.
///
/// ```
/// let file = b"@relation r\n@attribute size real\n@attribute kind {a, b}\n@data\n1.5,b\n";
/// let arff = neuronseek_data::arff::read(file, "r.arff")?;
/// assert_eq!(arff.table.column("kind")?.text(0).as_deref(), Some("b"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(bytes: &[u8], source: &str) -> Result<Arff, ArffError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut header = Header::default();
    let mut columns: Option<rows::Columns> = None;
    let mut number = 0;
    for line in bytes.split(|&byte| byte == b'\n') {
        number += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let outcome = text(line).and_then(|line| match &mut columns {
            Some(columns) => columns.read(line),
            None => {
                if header.read(line)? {
                    columns = Some(rows::Columns::new(&header.attributes));
                }
                Ok(())
            }
        });
        outcome.map_err(|problem| located(source, number, problem))?;
    }
    let Some(columns) = columns else {
        let problem = match header.attributes.len() {
            0 => "no @attribute and no @data: this is no ARFF file",
            _ => "the file ends before @data: it is cut off, get it again",
        };
        return Err(located(source, number, Problem::new(0, problem)));
    };
    let cells = header.attributes.iter().zip(columns.cells);
    let columns = cells.map(|(attribute, cells)| Column::new(&attribute.name, Cells::Text(cells)));
    let table = Table::new(source, columns.collect())
        .map_err(|error| located(source, 1, Problem::new(0, error.to_string())))?;
    Ok(Arff {
        relation: header.relation,
        attributes: header.attributes,
        table,
    })
}

fn located(source: &str, line: usize, problem: Problem) -> ArffError {
    ArffError {
        source_name: source.to_string(),
        line,
        column: problem.at + 1,
        problem: problem.text,
    }
}

/// The line as text.
fn text(line: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(line).map_err(|error| {
        let valid = &line[..error.valid_up_to()];
        let at = String::from_utf8_lossy(valid).chars().count();
        Problem::new(at, "not UTF-8 text: convert the file to UTF-8")
    })
}

#[cfg(test)]
mod tests;
