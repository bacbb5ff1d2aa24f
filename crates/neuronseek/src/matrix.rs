//! A dense row-major matrix: the one container that all rooms hand on.

use serde::{Deserialize, Serialize};

/// A dense matrix, `rows x columns`, stored row after row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Stored<T>")]
pub struct Matrix<T> {
    rows: usize,
    columns: usize,
    data: Vec<T>,
}

/// A matrix as a file holds it, before its shape is checked.
#[derive(Deserialize)]
struct Stored<T> {
    rows: usize,
    columns: usize,
    data: Vec<T>,
}

impl<T> TryFrom<Stored<T>> for Matrix<T> {
    type Error = String;

    fn try_from(stored: Stored<T>) -> Result<Matrix<T>, String> {
        let Stored {
            rows,
            columns,
            data,
        } = stored;
        if rows.checked_mul(columns) != Some(data.len()) {
            return Err(format!(
                "a matrix of {rows} x {columns} has {} elements",
                data.len()
            ));
        }
        Ok(Matrix {
            rows,
            columns,
            data,
        })
    }
}

impl<T: Copy + Default> Matrix<T> {
    /// A matrix of `rows x columns` zeros.
    pub fn zeros(rows: usize, columns: usize) -> Matrix<T> {
        Matrix {
            rows,
            columns,
            data: vec![T::default(); rows * columns],
        }
    }

    /// A matrix from its elements, row after row.
    ///
    /// # Panics
    /// When `data` does not have `rows * columns` elements.
    pub fn from_vec(rows: usize, columns: usize, data: Vec<T>) -> Matrix<T> {
        assert_eq!(data.len(), rows * columns, "elements of the matrix");
        Matrix {
            rows,
            columns,
            data,
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All elements, row after row.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// All elements, row after row.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[T] {
        &self.data[row * self.columns..(row + 1) * self.columns]
    }

    /// One row.
    pub fn row_mut(&mut self, row: usize) -> &mut [T] {
        &mut self.data[row * self.columns..(row + 1) * self.columns]
    }

    /// One column, copied.
    pub fn column(&self, column: usize) -> Vec<T> {
        (0..self.rows).map(|row| self.row(row)[column]).collect()
    }

    /// The given rows, in the given order.
    pub fn select_rows(&self, rows: &[usize]) -> Matrix<T> {
        let mut data = Vec::with_capacity(rows.len() * self.columns);
        for &row in rows {
            data.extend_from_slice(self.row(row));
        }
        Matrix {
            rows: rows.len(),
            columns: self.columns,
            data,
        }
    }
}

impl<T: Copy> Matrix<T> {
    /// The first `count` columns.
    ///
    /// # Panics
    /// When there are fewer.
    pub fn leading_columns(&self, count: usize) -> Matrix<T> {
        assert!(count <= self.columns, "columns");
        let rows = (0..self.rows).flat_map(|row| {
            let start = row * self.columns;
            &self.data[start..start + count]
        });
        Matrix {
            rows: self.rows,
            columns: count,
            data: rows.copied().collect(),
        }
    }
}

impl Matrix<f32> {
    /// The same matrix in double precision.
    pub fn to_f64(&self) -> Matrix<f64> {
        Matrix {
            rows: self.rows,
            columns: self.columns,
            data: self.data.iter().map(|&value| f64::from(value)).collect(),
        }
    }
}

impl Matrix<f64> {
    /// The same matrix in single precision.
    pub fn to_f32(&self) -> Matrix<f32> {
        Matrix {
            rows: self.rows,
            columns: self.columns,
            data: self.data.iter().map(|&value| value as f32).collect(),
        }
    }
}
