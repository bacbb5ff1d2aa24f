//! Tables in Parquet files.
//!
//! A table that is read as a whole is first read into memory as the file has it: that is smaller
//! than the table, and can come from standard input too. Batches are read from the file, page by
//! page. The `parquet` crate is used without Arrow, whose arrays would be a second copy of every
//! column and many more crates.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::schema::types::SchemaDescriptor;

use self::chunk::Chunk;
use self::meaning::{Meaning, meaning};
use self::sink::Sink;
use crate::table::cells::Cells;
use crate::table::column::Column;
use crate::table::error::{TableError, shown};
use crate::table::missing::Missing;
use crate::table::origin::{Lines, Origin};
use crate::table::{ReadOptions, Table, check_names};

mod chunk;
mod data;
mod meaning;
mod sink;

pub(in crate::table) use data::Data;
pub(in crate::table) use meaning::Holds;

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

/// Runs what decodes a file, and turns a panic into an error. What `decode` changes must not be used
/// after an error.
fn guarded<T>(
    source: &str,
    decode: impl FnOnce() -> Result<T, TableError>,
) -> Result<T, TableError> {
    // The crate's decoders index and subtract by what the file says in places that they do not
    // check, so that damaged bytes can make them panic. Nothing is shared with the closure that a
    // panic could leave half-changed and that is used again.
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(decode));
    GUARDED.set(before);
    result.unwrap_or_else(|_| Err(damaged(source, "its parts contradict each other")))
}

/// Reads a table.
pub(super) fn read(
    bytes: Vec<u8>,
    source: &str,
    options: &ReadOptions,
) -> Result<Table, TableError> {
    let missing = Missing::new(&options.missing);
    let data = Arc::new(Data::Bytes(Bytes::from(bytes)));
    let footer = Footer::read(&data, source)?;
    if footer.rows() == 0 {
        return Err(TableError::NoRows {
            source_name: source.to_string(),
        });
    }
    let columns = guarded(source, || {
        let columns = 0..footer.meanings.len();
        columns
            .map(|index| footer.column(&data, index, &missing))
            .collect()
    })?;
    Table::assemble(Origin::whole(source, Lines::default()), columns)
}

/// What a file says of itself.
pub(in crate::table) struct Footer {
    source: String,
    metadata: ParquetMetaData,
    meanings: Vec<Meaning>,
    /// The first row of each group, and the number of rows.
    starts: Vec<usize>,
}

impl Footer {
    /// Reads the footer of a file.
    pub fn read(data: &Data, source: &str) -> Result<Footer, TableError> {
        guarded(source, || {
            let metadata = ParquetMetaDataReader::new()
                .parse_and_finish(data)
                .map_err(|error| refused(source, &error))?;
            let meanings = check_columns(metadata.file_metadata().schema_descr(), source)?;
            let mut starts = vec![0usize];
            let mut rows = 0usize;
            for group in metadata.row_groups() {
                rows = usize::try_from(group.num_rows())
                    .ok()
                    .and_then(|more| rows.checked_add(more))
                    .ok_or_else(|| damaged(source, "it has an impossible number of rows"))?;
                starts.push(rows);
                check_offsets(group, source)?;
            }
            Ok(Footer {
                source: source.to_string(),
                metadata,
                meanings,
                starts,
            })
        })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The rows of each group, and its bytes in the file.
    pub fn groups(&self) -> impl Iterator<Item = (usize, u64)> {
        let bytes = |group: &RowGroupMetaData| u64::try_from(group.compressed_size()).unwrap_or(0);
        let bytes = self.metadata.row_groups().iter().map(bytes);
        let rows = self.starts.windows(2).map(|pair| pair[1] - pair[0]);
        rows.zip(bytes)
    }

    /// The columns: their names and what they hold.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Holds)> {
        let columns = self.schema().columns().iter().zip(&self.meanings);
        columns.map(|(column, &meaning)| (column.name(), Holds::of(column, meaning)))
    }

    fn schema(&self) -> &SchemaDescriptor {
        self.metadata.file_metadata().schema_descr()
    }

    /// A column of the whole file.
    fn column(
        &self,
        data: &Arc<Data>,
        index: usize,
        missing: &Missing,
    ) -> Result<Column, TableError> {
        let mut sink = Sink::new(self.meanings[index], missing);
        for (group, (rows, _)) in self.groups().enumerate() {
            Chunk::open(self, data, group, index)?.pour(rows, &mut sink)?;
        }
        let mut column = Column::new(self.schema().column(index).name(), sink.finish());
        column.unnamed = is_index(&column.name);
        Ok(column)
    }

    /// Begins to read columns of a row group, by their positions.
    pub fn group<'a>(
        &'a self,
        data: Data,
        group: usize,
        columns: &[usize],
    ) -> Result<Group<'a>, TableError> {
        let data = Arc::new(data);
        let chunks = guarded(&self.source, || {
            let columns = columns.iter();
            columns
                .map(|&index| Chunk::open(self, &data, group, index))
                .collect()
        })?;
        Ok(Group {
            source: &self.source,
            meanings: columns.iter().map(|&index| self.meanings[index]).collect(),
            chunks,
            next: self.starts[group],
            end: self.starts[group + 1],
        })
    }
}

/// Whether a column is the index of a data frame.
pub(in crate::table) fn is_index(name: &str) -> bool {
    name.starts_with(INDEX_NAME)
}

/// Columns of a row group, read together.
pub(in crate::table) struct Group<'a> {
    source: &'a str,
    meanings: Vec<Meaning>,
    chunks: Vec<Chunk<'a>>,
    next: usize,
    end: usize,
}

impl Group<'_> {
    /// Reads the next rows, at most `most`: the first of them (counted from 0, in the file), their
    /// number and their cells. None at the end, and after an error.
    pub fn rows(
        &mut self,
        most: usize,
        missing: &Missing,
    ) -> Result<Option<(usize, usize, Vec<Cells>)>, TableError> {
        let (first, count) = (self.next, most.min(self.end - self.next));
        if count == 0 {
            return Ok(None);
        }
        self.next = self.end;
        let cells = guarded(self.source, || {
            let mut cells = Vec::with_capacity(self.chunks.len());
            for (chunk, &meaning) in self.chunks.iter_mut().zip(&self.meanings) {
                let mut sink = Sink::new(meaning, missing);
                chunk.pour(count, &mut sink)?;
                cells.push(sink.finish());
            }
            Ok(cells)
        })?;
        self.next = first + count;
        Ok(Some((first, count, cells)))
    }
}

/// Refuses columns that no file can have there.
fn check_offsets(group: &RowGroupMetaData, source: &str) -> Result<(), TableError> {
    let possible = group.columns().iter().all(|column| {
        column.compressed_size() >= 0
            && column.data_page_offset() >= 0
            && column
                .dictionary_page_offset()
                .is_none_or(|offset| offset >= 0)
    });
    match possible {
        true => Ok(()),
        false => Err(damaged(
            source,
            "a column lies before the start of the file",
        )),
    }
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
