//! Tables of delimited text.

use std::io::Read;
use std::path::Path;

use memchr::{memchr, memchr_iter};

use super::super::cells::{Cells, TextCells};
use super::super::column::Column;
use super::super::error::{Place, TableError};
use super::super::missing::Missing;
use super::super::origin::{Lines, Origin};
use super::super::{ReadOptions, Table, check_names};
use super::records::{MAX_RECORD, Record, RecordError, Records};

/// Reads a table; `compression` names what `reader` undoes.
pub(super) fn read(
    reader: impl Read,
    source: &str,
    compression: Option<&'static str>,
    options: &ReadOptions,
) -> Result<Table, TableError> {
    let mut text = Text::open(reader, source, compression, options)?;
    let all: Vec<Use> = (0..text.header.names.len()).map(Use::Column).collect();
    let rows = text.rows(usize::MAX, &all, &Missing::new(&options.missing))?;
    if rows.count == 0 {
        return Err(TableError::NoRows {
            source_name: source.to_string(),
        });
    }
    let columns = text.header.columns(rows.cells);
    Table::assemble(Origin::whole(source, rows.lines), columns)
}

/// A text whose header is read.
pub(in crate::table) struct Text<'a, R> {
    records: Records<R>,
    context: Context<'a>,
    /// The names of the columns.
    pub header: Header,
    /// How many rows are read.
    read: usize,
}

/// What becomes of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::table) enum Use {
    /// They are kept, at this position.
    Column(usize),
    /// They are passed over unread.
    Nothing,
    /// They are all missing, as is checked.
    Empty,
}

/// Rows of a text that follow each other.
pub(in crate::table) struct Rows {
    /// The cells of the columns that are kept.
    pub cells: Vec<TextCells>,
    /// The lines of the rows.
    pub lines: Lines,
    /// How many rows came before, in the file.
    pub first: usize,
    /// How many these are.
    pub count: usize,
}

impl<'a, R: Read> Text<'a, R> {
    /// Reads the header; `compression` names what `reader` undoes.
    pub fn open(
        reader: R,
        source: &'a str,
        compression: Option<&'static str>,
        options: &ReadOptions,
    ) -> Result<Text<'a, R>, TableError> {
        let mut records = Records::new(reader);
        let context = Context {
            source,
            compression,
        };
        let start = records.peek();
        context.check_text(start)?;
        let bom = if start.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let separator = options
            .separator
            .unwrap_or_else(|| separator(source, &start[bom..]));
        records.skip(bom);
        records.separate_at(separator);
        let header = match records.next() {
            Ok(Some(record)) => Header::of(&context, &record)?,
            Ok(None) => {
                return Err(TableError::Empty {
                    source_name: source.to_string(),
                });
            }
            Err(error) => return Err(context.broken(error, None)),
        };
        Ok(Text {
            records,
            context,
            header,
            read: 0,
        })
    }

    /// Reads the next rows, at most `most`; none at the end. `uses` has one entry a column.
    pub fn rows(
        &mut self,
        most: usize,
        uses: &[Use],
        missing: &Missing,
    ) -> Result<Rows, TableError> {
        let kept = uses.iter().filter(|what| matches!(what, Use::Column(_)));
        let mut rows = Rows {
            cells: vec![TextCells::default(); kept.count()],
            lines: Lines::default(),
            first: self.read,
            count: 0,
        };
        while rows.count < most {
            let record = match self.records.next() {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(error) => return Err(self.context.broken(error, Some(self.read))),
            };
            if record.is_blank() && uses.len() > 1 {
                continue;
            }
            if record.len() != uses.len() {
                return Err(self.context.ragged(&record, self.read, uses.len()));
            }
            for (column, (&what, cell)) in uses.iter().zip(record.cells()).enumerate() {
                if what == Use::Nothing {
                    continue;
                }
                let place = || Place {
                    row: Some(self.read + 1),
                    line: Some(record.line),
                    column: Some(self.header.names[column].clone()),
                    ..Place::default()
                };
                let cell = self.context.text(cell, place)?;
                let cell = Some(cell).filter(|cell| !missing.is_text(cell));
                match (what, cell) {
                    (Use::Column(target), cell) => rows.cells[target].push(cell),
                    (_, Some(cell)) => return Err(self.context.unnamed(cell, place())),
                    (_, None) => {}
                }
            }
            rows.lines.push(rows.count, record.line);
            rows.count += 1;
            self.read += 1;
        }
        Ok(rows)
    }
}

/// What is known of the file, for messages.
struct Context<'a> {
    source: &'a str,
    compression: Option<&'static str>,
}

impl Context<'_> {
    /// Refuses data that is no text by its first bytes.
    fn check_text(&self, start: &[u8]) -> Result<(), TableError> {
        let export = "export the table as CSV or Parquet";
        let (what, advice) = match start {
            [b'P', b'K', 3, 4, ..] => ("is a zip archive or a spreadsheet", export),
            [0xd0, 0xcf, 0x11, 0xe0, ..] => ("is an old spreadsheet", export),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => ("is an Arrow file", export),
            [b'B', b'Z', b'h', ..] => ("is compressed by bzip2", "decompress it"),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => ("is compressed by xz", "decompress it"),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => (
                "is UTF-16 text",
                "save it as UTF-8 (iconv -f UTF-16 -t UTF-8)",
            ),
            _ => match memchr(0, start) {
                None => return Ok(()),
                Some(_) => ("holds NUL bytes", export),
            },
        };
        let before = &start[..memchr(0, start).unwrap_or(0)];
        Err(TableError::NotText {
            place: Box::new(Place {
                source: self.source.to_string(),
                line: Some(1 + memchr_iter(b'\n', before).count() as u64),
                ..Place::default()
            }),
            what,
            advice,
        })
    }

    /// A cell as text.
    fn text<'c>(&self, cell: &'c [u8], place: impl Fn() -> Place) -> Result<&'c str, TableError> {
        let place = || Place {
            source: self.source.to_string(),
            ..place()
        };
        match std::str::from_utf8(cell) {
            Ok(text) if memchr(0, cell).is_none() => Ok(text),
            Ok(_) => Err(TableError::NotText {
                place: Box::new(place()),
                what: "holds a NUL byte",
                advice: "mend the file or export it again as CSV",
            }),
            Err(_) => Err(TableError::Utf8 {
                place: Box::new(place()),
                cell: String::from_utf8_lossy(cell).into_owned(),
            }),
        }
    }

    /// The error of records that break off after `rows` data rows; `None`: in the header.
    fn broken(&self, error: RecordError, rows: Option<usize>) -> TableError {
        let place = |line| Place {
            source: self.source.to_string(),
            row: rows.map(|rows| rows + 1),
            line: Some(line),
            column: None,
        };
        match error {
            RecordError::OpenQuote { line } => TableError::OpenQuote {
                place: Box::new(place(line)),
            },
            RecordError::Long { line } => TableError::LongRow {
                place: Box::new(place(line)),
                most: MAX_RECORD,
            },
            RecordError::Io(cause) => match self.compression {
                Some(format) => TableError::Damaged {
                    source_name: self.source.to_string(),
                    rows,
                    format,
                    reason: cause.to_string(),
                },
                None => TableError::Read {
                    source_name: self.source.to_string(),
                    rows: rows.unwrap_or(0),
                    cause,
                },
            },
        }
    }

    /// The error of a cell in a column without a name that had no cells before.
    fn unnamed(&self, cell: &str, place: Place) -> TableError {
        TableError::Unnamed {
            place: Box::new(Place {
                source: self.source.to_string(),
                ..place
            }),
            cell: cell.to_string(),
        }
    }

    fn ragged(&self, record: &Record<'_>, rows: usize, expected: usize) -> TableError {
        let found = record.len();
        TableError::Ragged {
            place: Box::new(Place {
                source: self.source.to_string(),
                row: Some(rows + 1),
                line: Some(record.line),
                column: None,
            }),
            found: format!("{found} cell{}", if found == 1 { "" } else { "s" }),
            expected,
            advice: if found > expected {
                "quote cells that contain the separator, or remove the extra cells"
            } else {
                "add the cells that lack (a missing value is an empty cell)"
            },
        }
    }
}

/// The names of the columns.
pub(in crate::table) struct Header {
    /// The names; made up where the header has none.
    pub names: Vec<String>,
    /// Whether the name is made up.
    pub unnamed: Vec<bool>,
}

impl Header {
    fn of(context: &Context<'_>, record: &Record<'_>) -> Result<Header, TableError> {
        let mut names = Vec::with_capacity(record.len());
        let mut unnamed = Vec::with_capacity(record.len());
        for (position, cell) in record.cells().enumerate() {
            let name = context.text(cell, || Place {
                line: Some(record.line),
                column: Some(format!("column {}", position + 1)),
                ..Place::default()
            })?;
            unnamed.push(name.is_empty());
            names.push(match name {
                "" => format!("column {}", position + 1),
                name => name.to_string(),
            });
        }
        let texts: Vec<&str> = names.iter().map(String::as_str).collect();
        check_names(context.source, &texts)?;
        Ok(Header { names, unnamed })
    }

    /// Columns of the given cells; one without name and without any value, as separators at the
    /// ends of all lines leave it, is dropped.
    fn columns(self, cells: Vec<TextCells>) -> Vec<Column> {
        let mut columns = Vec::with_capacity(cells.len());
        for ((name, unnamed), mut cells) in self.names.into_iter().zip(self.unnamed).zip(cells) {
            if unnamed && cells.iter().all(|cell| cell.is_none()) {
                continue;
            }
            cells.shrink();
            let mut column = Column::new(&name, Cells::Text(cells));
            column.unnamed = unnamed;
            columns.push(column);
        }
        columns
    }
}

/// The separator by the file's name, else the one of comma, tab and semicolon that the first line
/// has most of outside quotes.
fn separator(source: &str, start: &[u8]) -> u8 {
    let mut name = Path::new(source);
    if let Some("gz" | "zst" | "zstd") = name.extension().and_then(|ending| ending.to_str()) {
        name = Path::new(name.file_stem().unwrap_or_default());
    }
    let ending = name.extension().and_then(|ending| ending.to_str());
    if ending.is_some_and(|ending| ["tsv", "tab"].contains(&ending.to_lowercase().as_str())) {
        return b'\t';
    }
    let mut counts = [(b',', 0), (b'\t', 0), (b';', 0)];
    let mut quoted = false;
    let line = start.iter().skip_while(|byte| b"\r\n".contains(byte));
    for &byte in line.take_while(|byte| !b"\r\n".contains(byte)) {
        if byte == b'"' {
            quoted = !quoted;
        } else if !quoted
            && let Some((_, count)) = counts.iter_mut().find(|(separator, _)| *separator == byte)
        {
            *count += 1;
        }
    }
    let mut best = counts[0];
    for candidate in counts {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    best.0
}
