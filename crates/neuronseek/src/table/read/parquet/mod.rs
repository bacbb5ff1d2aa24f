//! Tables in Parquet files.
//!
//! The file is read into memory as a whole: it is smaller than its table, and can then come from
//! standard input too. The `parquet` crate is used without Arrow, whose arrays would be a second
//! copy of every column and many more crates.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::SchemaDescriptor;

use self::meaning::{Meaning, meaning};
use self::sink::{Refused, Sink, Stored, pour};
use crate::table::cells::Cells;
use crate::table::column::Column;
use crate::table::error::{Place, TableError, shown};
use crate::table::missing::Missing;
use crate::table::origin::Lines;
use crate::table::{ReadOptions, Table, check_names};

mod meaning;
mod sink;

/// How many rows are decoded at once.
const BATCH: usize = 8192;

/// How data frames name an index that they store as a column.
const INDEX_NAME: &str = "__index_level_";

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread at this moment is caught and turned into an error, because a
/// damaged Parquet file is being decoded. A program with a panic hook asks here, to stay silent.
pub fn panic_is_caught() -> bool {
    GUARDED.get()
}

/// Reads a table.
pub(super) fn read(
    bytes: Vec<u8>,
    source: &str,
    options: &ReadOptions,
) -> Result<Table, TableError> {
    let missing = Missing::new(&options.missing);
    // The crate's decoders index and subtract by what the file says in places that they do not
    // check, so that damaged bytes can make them panic. Nothing is shared with the closure that a
    // panic could leave half-changed: its table is dropped.
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(|| decode(bytes, source, &missing)));
    GUARDED.set(before);
    result.unwrap_or_else(|_| Err(damaged(source, "its parts contradict each other")))
}

fn decode(bytes: Vec<u8>, source: &str, missing: &Missing) -> Result<Table, TableError> {
    let reader =
        SerializedFileReader::new(Bytes::from(bytes)).map_err(|error| refused(source, &error))?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema_descr();
    let meanings = check_columns(schema, source)?;
    let mut rows = 0usize;
    for group in metadata.row_groups() {
        rows = usize::try_from(group.num_rows())
            .ok()
            .and_then(|more| rows.checked_add(more))
            .ok_or_else(|| damaged(source, "it has an impossible number of rows"))?;
        let possible = group.columns().iter().all(|column| {
            column.compressed_size() >= 0
                && column.data_page_offset() >= 0
                && column
                    .dictionary_page_offset()
                    .is_none_or(|offset| offset >= 0)
        });
        if !possible {
            return Err(damaged(
                source,
                "a column lies before the start of the file",
            ));
        }
    }
    if rows == 0 {
        return Err(TableError::NoRows {
            source_name: source.to_string(),
        });
    }
    let mut columns = Vec::with_capacity(meanings.len());
    for (index, meaning) in meanings.into_iter().enumerate() {
        let place = Source {
            reader: &reader,
            source,
            index,
        };
        let cells = match place.cells(meaning, false, missing)? {
            Some(cells) => cells,
            None => place
                .cells(meaning, true, missing)?
                .unwrap_or(Cells::Date(vec![])),
        };
        let mut column = Column::new(schema.column(index).name(), cells);
        column.unnamed = column.name.starts_with(INDEX_NAME);
        columns.push(column);
    }
    Table::assemble(source, columns, Lines::default())
}

/// The meaning of each column; nested ones are refused.
fn check_columns(schema: &SchemaDescriptor, source: &str) -> Result<Vec<Meaning>, TableError> {
    for field in schema.root_schema().get_fields() {
        let info = field.get_basic_info();
        let repeated =
            info.has_repetition() && info.repetition() == parquet::basic::Repetition::REPEATED;
        if field.is_group() || repeated {
            let annotation = format!("{:?} {:?}", info.converted_type(), info.logical_type_ref());
            let what = if annotation.to_lowercase().contains("map") {
                "a map"
            } else if repeated || annotation.to_lowercase().contains("list") {
                "a list"
            } else {
                "a structure of several values"
            };
            return Err(TableError::Nested {
                source_name: source.to_string(),
                name: field.name().to_string(),
                what: what.to_string(),
            });
        }
    }
    let columns = schema.columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    check_names(source, &names)?;
    let mut meanings = Vec::with_capacity(columns.len());
    for column in columns {
        meanings.push(meaning(column).map_err(|what| TableError::Nested {
            source_name: source.to_string(),
            name: column.name().to_string(),
            what: what.to_string(),
        })?);
    }
    Ok(meanings)
}

/// One column of a file.
struct Source<'a> {
    reader: &'a SerializedFileReader<Bytes>,
    source: &'a str,
    index: usize,
}

impl Source<'_> {
    /// All cells; nothing when integers must be read as texts (`long`) for their length.
    fn cells(
        &self,
        meaning: Meaning,
        long: bool,
        missing: &Missing,
    ) -> Result<Option<Cells>, TableError> {
        let mut sink = Sink::new(meaning, long, missing);
        for group in 0..self.reader.num_row_groups() {
            let reader =
                (self.reader.get_row_group(group)).map_err(|error| refused(self.source, &error))?;
            let rows = usize::try_from(reader.metadata().num_rows()).unwrap_or(0);
            let until = sink.len() + rows;
            let column = (reader.get_column_reader(self.index))
                .map_err(|error| refused(self.source, &error))?;
            let go_on = match column {
                ColumnReader::BoolColumnReader(column) => self.pour(column, until, &mut sink),
                ColumnReader::Int32ColumnReader(column) => self.pour(column, until, &mut sink),
                ColumnReader::Int64ColumnReader(column) => self.pour(column, until, &mut sink),
                ColumnReader::Int96ColumnReader(column) => self.pour(column, until, &mut sink),
                ColumnReader::FloatColumnReader(column) => self.pour(column, until, &mut sink),
                ColumnReader::DoubleColumnReader(column) => self.pour(column, until, &mut sink),
                ColumnReader::ByteArrayColumnReader(column) => self.pour(column, until, &mut sink),
                ColumnReader::FixedLenByteArrayColumnReader(column) => {
                    self.pour(column, until, &mut sink)
                }
            }?;
            if !go_on {
                return Ok(None);
            }
        }
        Ok(Some(sink.finish()))
    }

    /// Pours values until the sink has `until` cells; false when integers are too long for it.
    fn pour<T: DataType>(
        &self,
        mut column: ColumnReaderImpl<T>,
        until: usize,
        sink: &mut Sink<'_>,
    ) -> Result<bool, TableError>
    where
        T::T: Stored,
    {
        let description = self.description();
        let nullable = description.max_def_level() > 0;
        let mut levels = Vec::new();
        let mut values = Vec::new();
        while sink.len() < until {
            levels.clear();
            values.clear();
            let most = BATCH.min(until - sink.len());
            let (rows, _, _) = column
                .read_records(most, nullable.then_some(&mut levels), None, &mut values)
                .map_err(|error| refused(self.source, &error))?;
            let present = levels.iter().filter(|&&level| level > 0).count();
            let whole = match nullable {
                true => levels.len() == rows && values.len() == present,
                false => values.len() == rows,
            };
            if rows == 0 || !whole {
                let reason = format!("column \"{}\" ends early", shown(description.name()));
                return Err(damaged(self.source, &reason));
            }
            let mut values = values.iter();
            for row in 0..rows {
                let value = match levels.get(row) {
                    Some(0) => None,
                    _ => values.next(),
                };
                match pour(value, sink) {
                    Ok(()) => {}
                    Err(Refused::Long) => return Ok(false),
                    Err(Refused::NotUtf8(cell)) => {
                        return Err(TableError::Utf8 {
                            place: Box::new(Place {
                                source: self.source.to_string(),
                                row: Some(sink.len() + 1),
                                line: None,
                                column: Some(description.name().to_string()),
                            }),
                            cell,
                        });
                    }
                }
            }
        }
        Ok(true)
    }

    fn description(&self) -> parquet::schema::types::ColumnDescPtr {
        let metadata = self.reader.metadata().file_metadata();
        metadata.schema_descr().column(self.index)
    }
}

fn refused(source: &str, error: &ParquetError) -> TableError {
    match error {
        ParquetError::NYI(what) => TableError::Unsupported {
            source_name: source.to_string(),
            what: shown(what),
        },
        ParquetError::General(reason) | ParquetError::EOF(reason) => damaged(source, reason),
        error => damaged(source, &error.to_string()),
    }
}

fn damaged(source: &str, reason: &str) -> TableError {
    TableError::Damaged {
        source_name: source.to_string(),
        rows: None,
        format: "Parquet",
        reason: shown(reason),
    }
}

#[cfg(test)]
mod tests;
