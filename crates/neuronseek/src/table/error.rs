use std::fmt;
use std::io;

use thiserror::Error;

/// A place in a table, for messages: as much of it as is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file's path, or "standard input".
    pub source: String,
    /// The data row, counted from 1: row 1 is the first after the header.
    pub row: Option<usize>,
    /// The line of the file at which the row begins, counted from 1; blank lines and line ends
    /// inside quotes count.
    pub line: Option<u64>,
    /// The name of the column.
    pub column: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        match (self.row, self.line) {
            (Some(row), Some(line)) => write!(f, ", data row {row} (line {line})")?,
            (Some(row), None) => write!(f, ", data row {row}")?,
            (None, Some(line)) => write!(f, ", line {line}")?,
            (None, None) => {}
        }
        match &self.column {
            Some(column) => write!(f, ", column \"{}\"", shown(column)),
            None => Ok(()),
        }
    }
}

/// Why a table cannot be used: what, where, and what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file cannot be opened.
    #[error("{source_name}: {}", opening(.cause))]
    Open {
        /// The path.
        source_name: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The path is a directory.
    #[error("{source_name}: is a directory; give the path of one table in it")]
    Directory {
        /// The path.
        source_name: String,
    },
    /// Reading broke off.
    #[error("{source_name}: cannot be read on after data row {rows}: {cause}")]
    Read {
        /// The file.
        source_name: String,
        /// How many rows could be read.
        rows: usize,
        /// What the operating system says.
        cause: io::Error,
    },
    /// A compressed or binary file is truncated or damaged.
    #[error("{source_name}: the {format} data is damaged or cut off{}: {reason}; get the file again", after(.rows))]
    Damaged {
        /// The file.
        source_name: String,
        /// How many rows could be read before, where that is known.
        rows: Option<usize>,
        /// "gzip", "zstd", "Parquet".
        format: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// A file is whole, but uses a part of its format that this program cannot read.
    #[error("{source_name}: cannot be read: {what}; write the table in another way")]
    Unsupported {
        /// The file.
        source_name: String,
        /// What the decoder says.
        what: String,
    },
    /// The file has no bytes, or only blank lines.
    #[error("{source_name}: is empty; a table needs a header line and at least one row")]
    Empty {
        /// The file.
        source_name: String,
    },
    /// The file has a header and no row.
    #[error("{source_name}: has a header but no rows")]
    NoRows {
        /// The file.
        source_name: String,
    },
    /// The file is not text.
    #[error("{place}: {what}, not text; {advice}")]
    NotText {
        /// Where it shows.
        place: Box<Place>,
        /// What it looks like.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A cell is not UTF-8.
    #[error(
        "{place}: \"{}\" is not valid UTF-8; save the file as UTF-8 (iconv -f LATIN1 -t UTF-8)", shown(.cell)
    )]
    Utf8 {
        /// The cell.
        place: Box<Place>,
        /// Its text with a mark for what could not be read.
        cell: String,
    },
    /// A quote is opened and never closed.
    #[error("{place}: a cell opens a quote (\") that is not closed; close it or remove it")]
    OpenQuote {
        /// The row that opens it.
        place: Box<Place>,
    },
    /// A row is longer than any row can be.
    #[error("{place}: is longer than {} MiB; close a quote (\") that is open, or split the row", .most >> 20)]
    LongRow {
        /// Where the row begins.
        place: Box<Place>,
        /// The most bytes.
        most: usize,
    },
    /// A row has another number of cells than the header.
    #[error("{place}: has {found}, the header has {expected}; {advice}")]
    Ragged {
        /// The row.
        place: Box<Place>,
        /// "12 cells".
        found: String,
        /// How many cells the header has.
        expected: usize,
        /// What to look for.
        advice: &'static str,
    },
    /// Two columns have one name.
    #[error(
        "{source_name}: columns {first} and {second} are both named \"{}\"; rename one", shown(.name)
    )]
    DuplicateName {
        /// The file.
        source_name: String,
        /// The name.
        name: String,
        /// The position of the first, counted from 1.
        first: usize,
        /// The position of the second, counted from 1.
        second: usize,
    },
    /// Columns of different lengths.
    #[error(
        "{source_name}: column \"{}\" has {found} rows, the first column has {expected}", shown(.name)
    )]
    Lengths {
        /// The table.
        source_name: String,
        /// The column.
        name: String,
        /// Its rows.
        found: usize,
        /// The rows of the first column.
        expected: usize,
    },
    /// A Parquet column is of a type that is no cell.
    #[error(
        "{source_name}: column \"{}\" holds {what}, which is no single value; flatten it or write the table without it", shown(.name)
    )]
    Nested {
        /// The file.
        source_name: String,
        /// The column.
        name: String,
        /// Its type, such as "a list".
        what: String,
    },
    /// A cell in a column without a name that was taken to be empty.
    #[error(
        "{place}: \"{}\" stands in a column that has no name and was empty before; name the column in the header or empty the cell", shown(.cell)
    )]
    Unnamed {
        /// The cell.
        place: Box<Place>,
        /// Its text.
        cell: String,
    },
    /// What is read in batches is read several times, and this is gone after the first.
    #[error(
        "{source_name}: can be read only once, and batches are read several times; save it as a file and give its path"
    )]
    ReadOnce {
        /// "standard input", or the path of a pipe.
        source_name: String,
    },
    /// A file is not what it was.
    #[error(
        "{source_name}: was changed while it was read; start again and leave the file as it is"
    )]
    Changed {
        /// The file.
        source_name: String,
    },
    /// No file is meant.
    #[error("{pattern}: {what}; {advice}")]
    NoFiles {
        /// What was given: a pattern or a directory.
        pattern: String,
        /// What is wrong.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// Files that should be one table have other columns.
    #[error(
        "{source_name}: its columns are not those of {first}: {difference}; give files of the same columns"
    )]
    OtherColumns {
        /// The file.
        source_name: String,
        /// The first file.
        first: String,
        /// The columns that lack, are new or hold something else.
        difference: String,
    },
    /// One file of several cannot be used.
    #[error("{cause}, or leave such files out with --skip-bad-files")]
    OneOfSeveral {
        /// Why; it names the file.
        cause: Box<TableError>,
    },
    /// All files are left out.
    #[error("none of {count} files can be read; the first of them: {cause}")]
    AllBad {
        /// How many there are.
        count: usize,
        /// Why the first cannot.
        cause: Box<TableError>,
    },
    /// There is no column of a name.
    #[error("{source_name}: has no column \"{}\"; {advice}", shown(.name))]
    UnknownColumn {
        /// The table.
        source_name: String,
        /// The name asked for.
        name: String,
        /// The nearest name, if any is near.
        nearest: Option<String>,
        /// What the user may mean.
        advice: String,
    },
    /// A cell is not of the kind that its column has.
    #[error("{place}: \"{}\" is not {expected}{reason}; {advice}", shown(.cell))]
    Cell {
        /// The cell.
        place: Box<Place>,
        /// Its text.
        cell: String,
        /// "a number", "a date", "true or false".
        expected: &'static str,
        /// Why that kind is expected; may be empty.
        reason: &'static str,
        /// What to do.
        advice: String,
    },
    /// A cell is NaN or infinite.
    #[error(
        "{place}: \"{}\" is not a finite number; {}", shown(.cell), missing_flag(.cell)
    )]
    NotFinite {
        /// The cell.
        place: Box<Place>,
        /// Its text.
        cell: String,
    },
    /// A column that is used has no value at all.
    #[error("{place}: every cell is missing; leave the column out with {}", flag("--ignore", .place.column.as_deref().unwrap_or_default()))]
    AllMissing {
        /// The column.
        place: Box<Place>,
    },
    /// A file cannot be written.
    #[error("{target}: cannot be written: {cause}")]
    Write {
        /// The path.
        target: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// A file exists and may not be replaced.
    #[error("{target}: exists already; choose another name or allow replacing it with --force")]
    Exists {
        /// The path.
        target: String,
    },
}

/// What the operating system's refusal means to a person.
fn opening(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::NotFound => "no such file; check the path".to_string(),
        io::ErrorKind::PermissionDenied => {
            "may not be read: permission denied; check the file's permissions".to_string()
        }
        _ => format!("cannot be opened: {cause}"),
    }
}

fn after(rows: &Option<usize>) -> String {
    match rows {
        Some(rows) => format!(" after data row {rows}"),
        None => String::new(),
    }
}

/// A cell or name fit for one line of a message.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let escape = |text: &str| -> String {
        text.chars()
            .flat_map(|character| {
                let control = character.is_control();
                let escaped = control.then(|| character.escape_default());
                let plain = (!control).then_some(character);
                escaped.into_iter().flatten().chain(plain)
            })
            .collect()
    };
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", escape(&text[..end])),
        None => escape(text),
    }
}

/// The flag that reads a cell's text as missing.
pub(super) fn missing_flag(cell: &str) -> String {
    format!("read it as missing with {}", flag("--missing", cell))
}

/// `--name value`, fit to be pasted into a shell.
pub(super) fn flag(name: &str, value: &str) -> String {
    // A value that starts with a dash would be taken for a flag of its own.
    let joint = if value.starts_with('-') { '=' } else { ' ' };
    format!("{name}{joint}{}", shell_quoted(value))
}

fn shell_quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.,:/+%@=".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) {
        value.to_string()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_say_what_is_known() {
        let mut place = Place {
            source: "a.csv".into(),
            ..Place::default()
        };
        assert_eq!(place.to_string(), "a.csv");
        place.line = Some(4);
        assert_eq!(place.to_string(), "a.csv, line 4");
        place.row = Some(3);
        place.column = Some("age".into());
        assert_eq!(
            place.to_string(),
            "a.csv, data row 3 (line 4), column \"age\""
        );
        place.line = None;
        assert_eq!(place.to_string(), "a.csv, data row 3, column \"age\"");
    }

    #[test]
    fn cells_stay_on_one_short_line() {
        assert_eq!(shown("a\nb\u{1b}"), "a\\nb\\u{1b}");
        assert_eq!(shown(&"é".repeat(70)), format!("{}...", "é".repeat(60)));
    }

    #[test]
    fn flags_can_be_pasted_into_a_shell() {
        assert_eq!(flag("--missing", "NaN"), "--missing NaN");
        assert_eq!(flag("--missing", "-inf"), "--missing=-inf");
        assert_eq!(flag("--missing", "it's"), r"--missing 'it'\''s'");
        assert_eq!(flag("--ignore", "two words"), "--ignore 'two words'");
    }
}
