//! Tables from Arrow streams, through the PyCapsule interface of polars, pyarrow and others.
//!
//! Cells mean what they mean in Parquet files: truth values and dictionaries are texts, dates and
//! moments are seconds since 1970, whole numbers beyond 2^53 are texts, all other numbers are
//! double precision.

use std::ffi::CStr;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatchReader};
use arrow_cast::cast;
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
        let read = cells(field.data_type(), part).map_err(|error| refused(&error))?;
        let (cells, was) = read.ok_or_else(|| {
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
fn cells(kind: &DataType, parts: &[ArrayRef]) -> Result<Option<(Cells, Was)>, ArrowError> {
    use DataType::{
        Boolean, Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256, Dictionary, Float16,
        Float32, Float64, Int8, Int16, Int32, Int64, LargeUtf8, Null, Timestamp, UInt8, UInt16,
        UInt32, UInt64, Utf8, Utf8View,
    };
    Ok(Some(match kind {
        Dictionary(_, values) => {
            let plain = parts.iter().map(|part| cast(part, values));
            let plain: Vec<ArrayRef> = plain.collect::<Result<_, _>>()?;
            let Some((cells, _)) = cells(values, &plain)? else {
                return Ok(None);
            };
            (cells, Was::Category)
        }
        Null => {
            let rows = parts.iter().map(|part| part.len()).sum();
            (
                Column::of_numbers("", vec![f64::NAN; rows]).cells().clone(),
                Was::Number,
            )
        }
        Boolean => {
            let texts = parts.iter().flat_map(|part| {
                let part = part.as_boolean();
                part.iter()
                    .map(|value| value.map(|value| if value { "true" } else { "false" }))
            });
            (Cells::Text(TextCells::from_iter(texts)), Was::Boolean)
        }
        Utf8 | LargeUtf8 | Utf8View => (Cells::Text(texts(parts)?), Was::Text),
        Int8 | Int16 | Int32 | UInt8 | UInt16 | UInt32 | Float16 | Float32 | Float64
        | Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..) => {
            (number_cells(numbers(parts)?), Was::Number)
        }
        Int64 | UInt64 => {
            let values = numbers(parts)?;
            match values.iter().any(|value| value.abs() >= LONG) {
                true => (Cells::Text(texts(parts)?), Was::Text),
                false => (number_cells(values), Was::Number),
            }
        }
        Date32 => (seconds(parts, 1.0, 86_400.0)?, Was::Date),
        Date64 => (seconds(parts, 1e3, 1.0)?, Was::Date),
        Timestamp(unit, _) => {
            let per_second = match unit {
                TimeUnit::Second => 1.0,
                TimeUnit::Millisecond => 1e3,
                TimeUnit::Microsecond => 1e6,
                TimeUnit::Nanosecond => 1e9,
            };
            (seconds(parts, per_second, 1.0)?, Was::Date)
        }
        _ => return Ok(None),
    }))
}

fn number_cells(values: Vec<f64>) -> Cells {
    Column::of_numbers("", values).cells().clone()
}

/// All values in double precision; NaN for nulls.
fn numbers(parts: &[ArrayRef]) -> Result<Vec<f64>, ArrowError> {
    let mut values = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        let part = cast(part, &DataType::Float64)?;
        let part = part.as_primitive::<Float64Type>();
        match part.null_count() {
            0 => values.extend_from_slice(part.values()),
            _ => values.extend(part.iter().map(|value| value.unwrap_or(f64::NAN))),
        }
    }
    Ok(values)
}

fn seconds(parts: &[ArrayRef], per_second: f64, unit: f64) -> Result<Cells, ArrowError> {
    let mut values = Vec::new();
    for part in parts {
        let part = match part.data_type() {
            DataType::Date32 => cast(&cast(part, &DataType::Int32)?, &DataType::Int64)?,
            _ => cast(part, &DataType::Int64)?,
        };
        let ticks = part.as_primitive::<Int64Type>().iter();
        values.extend(ticks.map(|tick| match tick {
            Some(tick) => tick as f64 * unit / per_second,
            None => f64::NAN,
        }));
    }
    Ok(Cells::Date(values))
}

fn texts(parts: &[ArrayRef]) -> Result<TextCells, ArrowError> {
    let mut cells = TextCells::default();
    for part in parts {
        let part = cast(part, &DataType::LargeUtf8)?;
        part.as_string::<i64>()
            .iter()
            .for_each(|cell| cells.push(cell));
    }
    Ok(cells)
}
