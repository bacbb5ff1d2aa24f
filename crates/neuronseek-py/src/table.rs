//! Tables from arrays and frames.

use std::ops::Range;

use neuronseek::table::{Cells, Column, Table as LibraryTable};
use numpy::ndarray::{ArrayView2, s};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};

use crate::arrow;
use crate::error::unusable;

/// Named columns in memory.
#[pyclass(module = "neuronseek._core")]
pub struct Table {
    pub table: LibraryTable,
    were: Vec<&'static str>,
}

/// A matrix in single or double precision, of any layout.
#[derive(FromPyObject)]
pub enum AnyMatrix<'py> {
    Single(PyReadonlyArray2<'py, f32>),
    Double(PyReadonlyArray2<'py, f64>),
}

/// The same, to be read without the interpreter's lock.
pub enum View<'a> {
    Single(ArrayView2<'a, f32>),
    Double(ArrayView2<'a, f64>),
}

impl AnyMatrix<'_> {
    pub fn view(&self) -> View<'_> {
        match self {
            AnyMatrix::Single(array) => View::Single(array.as_array()),
            AnyMatrix::Double(array) => View::Double(array.as_array()),
        }
    }
}

impl View<'_> {
    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        match self {
            View::Single(array) => array.dim(),
            View::Double(array) => array.dim(),
        }
    }

    /// The columns of some rows.
    pub fn columns(&self, names: &[String], rows: Range<usize>) -> Vec<Column> {
        let (first, end) = (rows.start, rows.end);
        let column = |(index, name): (usize, &String)| {
            let values = match self {
                View::Single(array) => {
                    let column = array.slice(s![first..end, index]);
                    column.iter().map(|value| f64::from(*value)).collect()
                }
                View::Double(array) => array.slice(s![first..end, index]).to_vec(),
            };
            Column::of_numbers(name, values)
        };
        names.iter().enumerate().map(column).collect()
    }
}

#[pymethods]
impl Table {
    /// A table of a matrix in single or double precision; NaN is missing.
    #[staticmethod]
    fn of_matrix(matrix: AnyMatrix<'_>, names: Vec<String>) -> PyResult<Table> {
        let matrix = matrix.view();
        let (rows, columns) = matrix.shape();
        if columns != names.len() {
            return Err(PyTypeError::new_err(format!(
                "{} names for {columns} columns",
                names.len()
            )));
        }
        Ok(Table {
            table: assembled(matrix.columns(&names, 0..rows))?,
            were: vec!["number"; columns],
        })
    }

    /// A table of columns: of kind "number" and "date" (seconds since 1970) arrays of doubles, NaN
    /// is missing; of kind "boolean" ("true", "false"), "text" and "category" lists of texts, None
    /// is missing.
    #[staticmethod]
    fn of_columns(columns: Vec<(String, String, Bound<'_, PyAny>)>) -> PyResult<Table> {
        let mut all = Vec::with_capacity(columns.len());
        let mut were = Vec::with_capacity(columns.len());
        for (name, kind, cells) in columns {
            let (column, was) = column(&name, &kind, &cells)?;
            all.push(column);
            were.push(was);
        }
        Ok(Table {
            table: assembled(all)?,
            were,
        })
    }

    /// A table of what has `__arrow_c_stream__`.
    #[staticmethod]
    fn of_stream(frame: &Bound<'_, PyAny>) -> PyResult<Table> {
        let capsule = frame.call_method0("__arrow_c_stream__")?;
        let (table, were) = arrow::read(capsule.cast::<PyCapsule>()?)?;
        Ok(Table {
            table,
            were: were.into_iter().map(arrow::Was::name).collect(),
        })
    }

    /// Adds a column behind the others.
    fn push(&mut self, name: &str, kind: &str, cells: &Bound<'_, PyAny>) -> PyResult<()> {
        let (column, was) = column(name, kind, cells)?;
        // Moved out and back, so that the other columns are not copied.
        let empty = LibraryTable::new("", Vec::new()).map_err(|error| unusable(&error))?;
        let before = std::mem::replace(&mut self.table, empty);
        self.table = before
            .with_column(column)
            .map_err(|error| unusable(&error))?;
        self.were.push(was);
        Ok(())
    }

    #[getter]
    fn rows(&self) -> usize {
        self.table.rows()
    }

    #[getter]
    fn names(&self) -> Vec<String> {
        let columns = self.table.columns().iter();
        columns.map(|column| column.name.clone()).collect()
    }

    /// What each column was: "number", "boolean", "text", "category" or "date".
    #[getter]
    fn kinds(&self) -> Vec<&'static str> {
        self.were.clone()
    }
}

fn assembled(columns: Vec<Column>) -> PyResult<LibraryTable> {
    LibraryTable::new("X", columns).map_err(|error| unusable(&error))
}

fn column(name: &str, kind: &str, cells: &Bound<'_, PyAny>) -> PyResult<(Column, &'static str)> {
    let numbers = || -> PyResult<Vec<f64>> {
        let array: PyReadonlyArray1<'_, f64> = cells.extract()?;
        Ok(array.as_array().iter().copied().collect())
    };
    let texts = || -> PyResult<Vec<Option<String>>> {
        let list = cells.cast::<PyList>()?;
        list.iter().map(|cell| cell.extract()).collect()
    };
    Ok(match kind {
        "number" => (Column::of_numbers(name, numbers()?), "number"),
        "date" => (Column::new(name, Cells::Date(numbers()?)), "date"),
        "boolean" => (Column::of_texts(name, texts()?), "boolean"),
        "text" => (Column::of_texts(name, texts()?), "text"),
        "category" => (Column::of_texts(name, texts()?), "category"),
        other => {
            return Err(PyTypeError::new_err(format!(
                "\"{other}\" is no kind of column"
            )));
        }
    })
}
