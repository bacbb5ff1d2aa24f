//! Tables from Arrow streams, through the PyCapsule interface of polars, pyarrow and others.
//!
//! Cells mean what they mean in Parquet files: truth values and dictionaries are texts, dates and
//! moments are seconds since 1970, whole numbers beyond 2^53 are texts, all other numbers are
//! double precision.

use std::ffi::CStr;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatchReader, types};
use arrow_schema::{ArrowError, DataType, TimeUnit};
use neuronseek::table::{Cells, Column, Table, TextCells};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

const STREAM: &CStr = c"arrow_array_stream";

/// From here on double precision does not tell whole numbers apart.
const LONG: f64 = 9_007_199_254_740_992.0;

/// What a column was, as far as an estimator cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Was {
    Number,
    Boolean,
    Text,
    Category,
    Date,
}

impl Was {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Was::Number => "number",
            Was::Boolean => "boolean",
            Was::Text => "text",
            Was::Category => "category",
            Was::Date => "date",
        }
    }
}

/// Reads all batches of a capsule of the Arrow C stream interface.
pub fn read(capsule: &Bound<'_, PyCapsule>) -> PyResult<(Table, Vec<Was>)> {
    let stream = capsule.pointer_checked(Some(STREAM))?;
    // SAFETY: a capsule of this name holds a stream of the C interface, which lives as long as the
    // capsule does; moving it out leaves a released one there, as the interface asks for.
    let reader = unsafe {
        RecordBatchStreamReader::from_raw(stream.as_ptr().cast::<FFI_ArrowArrayStream>())
    };
    let mut reader = reader.map_err(|error| refused(&error))?;
    let schema = reader.schema();
    let mut parts: Vec<Vec<ArrayRef>> = vec![Vec::new(); schema.fields().len()];
    for batch in reader.by_ref() {
        let batch = batch.map_err(|error| refused(&error))?;
        for (part, array) in parts.iter_mut().zip(batch.columns()) {
            part.push(array.clone());
        }
    }
    let mut columns = Vec::with_capacity(parts.len());
    let mut were = Vec::with_capacity(parts.len());
    for (field, part) in schema.fields().iter().zip(&parts) {
        let (cells, was) = cells(field.data_type(), part).ok_or_else(|| {
            PyTypeError::new_err(format!(
                "column \"{}\" holds {}: a column holds single numbers, texts, truth values or \
                 dates",
                field.name(),
                field.data_type()
            ))
        })?;
        columns.push(Column::new(field.name(), cells));
        were.push(was);
    }
    let table = Table::new("X", columns).map_err(|error| crate::error::unusable(&error))?;
    Ok((table, were))
}

fn refused(error: &ArrowError) -> PyErr {
    PyValueError::new_err(format!("the frame's Arrow stream cannot be read: {error}"))
}

/// The cells of a column; nothing for types that are no single values.
fn cells(kind: &DataType, parts: &[ArrayRef]) -> Option<(Cells, Was)> {
    use DataType::{
        Boolean, Date32, Date64, Decimal32, Decimal64, Decimal128, Dictionary, Float16, Float32,
        Float64, Int8, Int16, Int32, Int64, LargeUtf8, Null, Timestamp, UInt8, UInt16, UInt32,
        UInt64, Utf8, Utf8View,
    };
    // Written out by type: the crate that casts any type to any is larger than all of ours.
    let numbers = match kind {
        Int8 => numbers::<types::Int8Type>(parts, f64::from),
        Int16 => numbers::<types::Int16Type>(parts, f64::from),
        Int32 => numbers::<types::Int32Type>(parts, f64::from),
        UInt8 => numbers::<types::UInt8Type>(parts, f64::from),
        UInt16 => numbers::<types::UInt16Type>(parts, f64::from),
        UInt32 => numbers::<types::UInt32Type>(parts, f64::from),
        Int64 => match numbers::<types::Int64Type>(parts, |value| value as f64) {
            values if values.iter().any(|value| value.abs() >= LONG) => {
                return Some((long::<types::Int64Type>(parts), Was::Text));
            }
            values => values,
        },
        UInt64 => match numbers::<types::UInt64Type>(parts, |value| value as f64) {
            values if values.iter().any(|value| value.abs() >= LONG) => {
                return Some((long::<types::UInt64Type>(parts), Was::Text));
            }
            values => values,
        },
        Float16 => numbers::<types::Float16Type>(parts, f64::from),
        Float32 => numbers::<types::Float32Type>(parts, f64::from),
        Float64 => numbers::<types::Float64Type>(parts, |value| value),
        Decimal32(_, scale) => decimals::<types::Decimal32Type>(parts, *scale, f64::from),
        Decimal64(_, scale) => decimals::<types::Decimal64Type>(parts, *scale, |v| v as f64),
        Decimal128(_, scale) => decimals::<types::Decimal128Type>(parts, *scale, |v| v as f64),
        Null => vec![f64::NAN; parts.iter().map(|part| part.len()).sum()],
        Boolean => {
            let word = |value: bool| if value { "true" } else { "false" };
            let texts = parts.iter().flat_map(|part| part.as_boolean().iter());
            let texts = texts.map(|value| value.map(word));
            return Some((Cells::Text(TextCells::from_iter(texts)), Was::Boolean));
        }
        Utf8 | LargeUtf8 | Utf8View => {
            let mut texts = TextCells::default();
            parts
                .iter()
                .for_each(|part| push_texts(part.as_ref(), &mut texts));
            return Some((Cells::Text(texts), Was::Text));
        }
        Dictionary(_, values) => return Some((levels(values, parts)?, Was::Category)),
        Date32 => {
            let seconds = numbers::<types::Date32Type>(parts, |days| f64::from(days) * 86_400.0);
            return Some((Cells::Date(seconds), Was::Date));
        }
        Date64 => {
            let seconds = numbers::<types::Date64Type>(parts, |ticks| ticks as f64 / 1e3);
            return Some((Cells::Date(seconds), Was::Date));
        }
        Timestamp(unit, _) => {
            let seconds = match unit {
                TimeUnit::Second => numbers::<types::TimestampSecondType>(parts, |t| t as f64),
                TimeUnit::Millisecond => {
                    numbers::<types::TimestampMillisecondType>(parts, |t| t as f64 / 1e3)
                }
                TimeUnit::Microsecond => {
                    numbers::<types::TimestampMicrosecondType>(parts, |t| t as f64 / 1e6)
                }
                TimeUnit::Nanosecond => {
                    // Whole microseconds are rounded once, as they are in coarser units.
                    numbers::<types::TimestampNanosecondType>(parts, |t| match t % 1000 {
                        0 => (t / 1000) as f64 / 1e6,
                        _ => t as f64 / 1e9,
                    })
                }
            };
            return Some((Cells::Date(seconds), Was::Date));
        }
        _ => return None,
    };
    Some((Column::of_numbers("", numbers).cells().clone(), Was::Number))
}

/// All values in double precision; NaN for nulls.
fn numbers<T: ArrowPrimitiveType>(
    parts: &[ArrayRef],
    double: impl Fn(T::Native) -> f64,
) -> Vec<f64> {
    let mut values = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        let part = part.as_primitive::<T>();
        match part.null_count() {
            0 => values.extend(part.values().iter().map(|value| double(*value))),
            _ => values.extend(part.iter().map(|value| value.map_or(f64::NAN, &double))),
        }
    }
    values
}

fn decimals<T: ArrowPrimitiveType>(
    parts: &[ArrayRef],
    scale: i8,
    double: impl Fn(T::Native) -> f64,
) -> Vec<f64> {
    // Divided by an exact power of ten, which rounds once; multiplying by its inverse would twice.
    let ten = 10f64.powi(i32::from(scale).abs());
    numbers::<T>(parts, |value| match scale < 0 {
        true => double(value) * ten,
        false => double(value) / ten,
    })
}

/// Whole numbers as texts.
fn long<T: ArrowPrimitiveType>(parts: &[ArrayRef]) -> Cells
where
    T::Native: std::fmt::Display,
{
    let values = parts
        .iter()
        .flat_map(|part| part.as_primitive::<T>().iter());
    let texts = values.map(|value| value.map(|value| value.to_string()));
    Cells::Text(TextCells::from_iter(texts))
}

fn push_texts(part: &dyn Array, texts: &mut TextCells) {
    match part.data_type() {
        DataType::LargeUtf8 => part
            .as_string::<i64>()
            .iter()
            .for_each(|cell| texts.push(cell)),
        DataType::Utf8View => part
            .as_string_view()
            .iter()
            .for_each(|cell| texts.push(cell)),
        _ => part
            .as_string::<i32>()
            .iter()
            .for_each(|cell| texts.push(cell)),
    }
}

/// The cells of dictionaries, each level as a text.
fn levels(kind: &DataType, parts: &[ArrayRef]) -> Option<Cells> {
    let mut texts = TextCells::default();
    for part in parts {
        let dictionary = part.as_any_dictionary();
        let (values, _) = cells(kind, std::slice::from_ref(dictionary.values()))?;
        let values = Column::new("", values);
        if values.rows() == 0 {
            // Every cell is missing, and the crate's keys want a level to point at.
            (0..part.len()).for_each(|_| texts.push(None));
            continue;
        }
        let keys = dictionary.normalized_keys();
        for (row, key) in keys.into_iter().enumerate() {
            let known = !part.is_null(row) && key < values.rows();
            let text = if known { values.text(key) } else { None };
            texts.push(text.as_deref());
        }
    }
    Some(Cells::Text(texts))
}
