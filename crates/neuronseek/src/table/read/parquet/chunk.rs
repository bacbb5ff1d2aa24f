//! A column of a row group, read in steps.

use std::sync::Arc;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;
use parquet::file::serialized_reader::SerializedPageReader;

use super::sink::{NotUtf8, Sink, Stored};
use super::{Data, Footer, damaged, refused};
use crate::table::error::{Place, TableError, shown};

/// How many rows are decoded at once.
const BATCH: usize = 8192;

/// A column of a row group.
pub(super) struct Chunk<'a> {
    reader: ColumnReader,
    context: Context<'a>,
}

/// What is known of the column.
struct Context<'a> {
    source: &'a str,
    name: &'a str,
    nullable: bool,
    /// The next row of the file, counted from 0.
    row: usize,
}

impl<'a> Chunk<'a> {
    /// Begins to read a column.
    pub fn open(
        footer: &'a Footer,
        data: &Arc<Data>,
        group: usize,
        index: usize,
    ) -> Result<Chunk<'a>, TableError> {
        let rows = footer.starts[group + 1] - footer.starts[group];
        let metadata = footer.metadata.row_group(group).column(index);
        let pages = SerializedPageReader::new(Arc::clone(data), metadata, rows, None)
            .map_err(|error| refused(&footer.source, &error))?;
        let description = &footer.schema().columns()[index];
        Ok(Chunk {
            reader: get_column_reader(Arc::clone(description), Box::new(pages)),
            context: Context {
                source: &footer.source,
                name: description.name(),
                nullable: description.max_def_level() > 0,
                row: footer.starts[group],
            },
        })
    }

    /// Pours the next `rows` cells into `sink`.
    pub fn pour(&mut self, rows: usize, sink: &mut Sink<'_>) -> Result<(), TableError> {
        let context = &mut self.context;
        match &mut self.reader {
            ColumnReader::BoolColumnReader(reader) => context.pour(reader, rows, sink),
            ColumnReader::Int32ColumnReader(reader) => context.pour(reader, rows, sink),
            ColumnReader::Int64ColumnReader(reader) => context.pour(reader, rows, sink),
            ColumnReader::Int96ColumnReader(reader) => context.pour(reader, rows, sink),
            ColumnReader::FloatColumnReader(reader) => context.pour(reader, rows, sink),
            ColumnReader::DoubleColumnReader(reader) => context.pour(reader, rows, sink),
            ColumnReader::ByteArrayColumnReader(reader) => context.pour(reader, rows, sink),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => context.pour(reader, rows, sink),
        }
    }
}

impl Context<'_> {
    fn pour<T: DataType>(
        &mut self,
        reader: &mut ColumnReaderImpl<T>,
        rows: usize,
        sink: &mut Sink<'_>,
    ) -> Result<(), TableError>
    where
        T::T: Stored,
    {
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        let mut left = rows;
        while left > 0 {
            levels.clear();
            values.clear();
            let levels_or_none = self.nullable.then_some(&mut levels);
            let (rows, _, _) = reader
                .read_records(BATCH.min(left), levels_or_none, None, &mut values)
                .map_err(|error| refused(self.source, &error))?;
            let present = match self.nullable {
                true => levels.iter().filter(|&&level| level > 0).count(),
                false => rows,
            };
            let whole = values.len() == present && (!self.nullable || levels.len() == rows);
            if rows == 0 || !whole {
                let reason = format!("column \"{}\" ends early", shown(self.name));
                return Err(damaged(self.source, &reason));
            }
            let before = sink.len();
            let poured = match present == rows {
                true => Stored::pour_all(&values, sink),
                false => pour_between_nulls(&levels, &values, sink),
            };
            poured.map_err(|NotUtf8(cell)| TableError::Utf8 {
                place: Box::new(Place {
                    source: self.source.to_string(),
                    row: Some(self.row + sink.len() - before + 1),
                    line: None,
                    column: Some(self.name.to_string()),
                }),
                cell,
            })?;
            self.row += rows;
            left -= rows;
        }
        Ok(())
    }
}

/// Pours values with the nulls that the levels tell.
fn pour_between_nulls<T: Stored>(
    levels: &[i16],
    values: &[T],
    sink: &mut Sink<'_>,
) -> Result<(), NotUtf8> {
    let mut values = values;
    for run in levels.chunk_by(|a, b| (*a > 0) == (*b > 0)) {
        if run[0] == 0 {
            sink.nulls(run.len());
        } else {
            let (present, rest) = values.split_at(run.len());
            T::pour_all(present, sink)?;
            values = rest;
        }
    }
    Ok(())
}
