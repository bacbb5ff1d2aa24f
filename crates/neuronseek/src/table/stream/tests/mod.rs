use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::*;
use crate::table::{Cells, Table};

mod batches;
mod broken;
mod several;

/// A folder of tables.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Folder {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    fn open(&self, names: &[&str]) -> Result<Files, TableError> {
        Files::open(&self.paths(names), &ReadOptions::default())
    }

    fn paths(&self, names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(|name| self.path(name)).collect()
    }

    /// A message without the folder.
    fn message<T>(&self, result: Result<T, TableError>) -> String {
        let error = result.err().expect("an error");
        self.shown(&error)
    }

    fn shown(&self, error: &TableError) -> String {
        let folder = format!("{}/", self.0.path().display());
        error.to_string().replace(&folder, "")
    }
}

/// All batches, and the error that ends them, if any.
fn batches(
    files: &Files,
    rows: usize,
    columns: Option<&[String]>,
) -> (Vec<Table>, Option<TableError>) {
    let mut tables = Vec::new();
    for piece in 0..files.pieces().len() {
        let batches = match files.read(piece, rows, columns) {
            Ok(batches) => batches,
            Err(error) => return (tables, Some(error)),
        };
        for batch in batches {
            match batch {
                Ok(table) => tables.push(table),
                Err(error) => return (tables, Some(error)),
            }
        }
    }
    (tables, None)
}

/// The texts of all batches, a column each.
fn texts(tables: &[Table]) -> Vec<Vec<Option<String>>> {
    let columns = tables.first().map_or(0, |table| table.columns().len());
    (0..columns)
        .map(|column| {
            let cells = tables
                .iter()
                .flat_map(|table| table.columns()[column].texts());
            cells
                .map(|cell| cell.map(|cell| cell.into_owned()))
                .collect()
        })
        .collect()
}

/// The same column of the file's bytes, of nulls where a level is 0.
fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>>,
) {
    let values: Vec<Option<T::T>> = values.collect();
    let levels: Vec<i16> = values
        .iter()
        .map(|value| i16::from(value.is_some()))
        .collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<T>()
        .write_batch(&values, Some(&levels), None)
        .unwrap();
    column.close().unwrap();
}

/// A row's value, null in every `each`th row.
fn unless<T>(row: usize, each: usize, value: T) -> Option<T> {
    (row % each != each - 1).then_some(value)
}

/// Rows `rows` of a table of every kind of column, in row groups of `group` and small pages.
fn parquet_with(
    rows: std::ops::Range<usize>,
    group: usize,
    properties: WriterPropertiesBuilder,
) -> Vec<u8> {
    let schema = "message t { optional int64 id; optional double x; optional float f; \
                  optional int32 n; optional binary name (UTF8); optional int32 day (DATE); \
                  optional int64 moment (TIMESTAMP(MILLIS,true)); optional boolean flag; \
                  optional int32 whole; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let properties = properties
        .set_data_page_row_count_limit(40)
        .set_write_batch_size(10)
        .build();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let all: Vec<usize> = rows.collect();
    for part in all.chunks(group) {
        let rows = || part.iter().copied();
        let mut group = writer.next_row_group().unwrap();
        column::<Int64Type>(&mut group, rows().map(|row| unless(row, 50, row as i64)));
        column::<DoubleType>(
            &mut group,
            rows().map(|row| unless(row, 3, row as f64 / 7.0)),
        );
        column::<FloatType>(&mut group, rows().map(|row| Some(row as f32 * 0.5)));
        column::<Int32Type>(&mut group, rows().map(|row| unless(row, 2, row as i32 - 5)));
        let name = |row| ByteArray::from(format!("n{}", row % 5).as_str());
        column::<ByteArrayType>(&mut group, rows().map(|row| unless(row, 4, name(row))));
        column::<Int32Type>(&mut group, rows().map(|row| unless(row, 6, row as i32)));
        column::<Int64Type>(
            &mut group,
            rows().map(|row| unless(row, 7, row as i64 * 500)),
        );
        column::<BoolType>(&mut group, rows().map(|row| unless(row, 8, row % 2 == 0)));
        column::<Int32Type>(&mut group, rows().map(|row| Some(row as i32)));
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn parquet(rows: std::ops::Range<usize>, group: usize) -> Vec<u8> {
    parquet_with(rows, group, WriterProperties::builder())
}

/// A Parquet file of one column.
fn one_column<T: DataType>(declared: &str, groups: &[Vec<T::T>]) -> Vec<u8>
where
    T::T: Clone,
{
    let schema = format!("message t {{ optional {declared}; }}");
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Default::default()).unwrap();
    for values in groups {
        let mut group = writer.next_row_group().unwrap();
        column::<T>(&mut group, values.iter().cloned().map(Some));
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn read(path: &Path) -> Table {
    Table::read(path, &ReadOptions::default()).unwrap()
}
