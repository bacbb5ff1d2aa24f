//! The inputs of many rows, block by block: each input's values side by side.
//!
//! A matrix of all rows is written and read through memory several times before a prediction comes
//! of it; a block stays in the cache. Numbers are read where the table has them.

use std::borrow::Cow;
use std::ops::Range;

use super::encoding::{Block, Encoding};
use super::{Preparation, PrepareError};
use crate::matrix::Matrix;
use crate::table::Table;
use crate::terms::{CpuPath, Kernel, Lanes};

/// The inputs of a table's rows, or those of a matrix.
pub(crate) struct InputBlocks<'a> {
    rows: usize,
    /// Numbers of columns; NaN is missing.
    numbers: Vec<Cow<'a, [f64]>>,
    /// Inputs that are encoded already, rows x inputs.
    encoded: Cow<'a, Matrix<f64>>,
    inputs: Vec<Source>,
}

/// Where an input comes from.
#[derive(Clone, Copy)]
enum Source {
    /// Numbers, missing ones filled.
    Number { column: usize, fill: f64 },
    /// 1 where a number is missing.
    Missing { column: usize },
    /// A column of the encoded matrix.
    Encoded { column: usize },
}

impl Preparation {
    /// The same inputs as [`Preparation::inputs`], block by block. Infinite numbers show when their
    /// block is loaded.
    ///
    /// # Errors
    /// As [`Preparation::inputs`], but for infinite numbers.
    pub(crate) fn blocks<'a>(&self, table: &'a Table) -> Result<InputBlocks<'a>, PrepareError> {
        self.check_columns(table)?;
        let names = self.encodings().iter();
        let width = |encoding: &Encoding| match encoding {
            Encoding::Numeric(_) => 0,
            other => other.names("").len(),
        };
        let others: usize = names.map(|(_, encoding)| width(encoding)).sum();
        let statistics = self.target_statistics().names().len();
        let mut encoded = Matrix::zeros(table.rows(), others + statistics);
        let (mut numbers, mut inputs) = (Vec::new(), Vec::new());
        let mut first = 0;
        for (name, encoding) in self.encodings() {
            let column = table.column(name)?;
            if let Encoding::Numeric(numeric) = encoding {
                let (fill, missing) = numeric.inputs();
                let column_of = numbers.len();
                numbers.push(numeric.numbers(column)?);
                let column = column_of;
                inputs.extend(fill.map(|fill| Source::Number { column, fill }));
                inputs.extend(missing.then_some(Source::Missing { column }));
                continue;
            }
            let mut block = Block {
                matrix: &mut encoded,
                first,
            };
            encoding.write(column, &mut block)?;
            let count = width(encoding);
            inputs.extend((first..first + count).map(|column| Source::Encoded { column }));
            first += count;
        }
        let mut block = Block {
            matrix: &mut encoded,
            first,
        };
        self.target_statistics().write(table, &mut block)?;
        inputs.extend((first..first + statistics).map(|column| Source::Encoded { column }));
        Ok(InputBlocks {
            rows: table.rows(),
            numbers,
            encoded: Cow::Owned(encoded),
            inputs,
        })
    }
}

impl<'a> InputBlocks<'a> {
    /// The inputs of a matrix, rows x inputs.
    pub fn of_matrix(encoded: &'a Matrix<f64>) -> InputBlocks<'a> {
        let columns = 0..encoded.columns();
        InputBlocks {
            rows: encoded.rows(),
            numbers: Vec::new(),
            encoded: Cow::Borrowed(encoded),
            inputs: columns.map(|column| Source::Encoded { column }).collect(),
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs.len()
    }

    /// Writes the inputs of `rows` into `block`, inputs x `stride`, 0 behind them. Whether all
    /// numbers of columns are finite or missing.
    ///
    /// # Panics
    /// When the block is of another size, or the rows are more than `stride`.
    pub fn load(
        &self,
        path: CpuPath,
        rows: Range<usize>,
        (block, stride): (&mut [f64], usize),
    ) -> bool {
        assert_eq!(block.len(), self.inputs.len() * stride, "inputs");
        let mut finite = true;
        for (source, block) in self.inputs.iter().zip(block.chunks_exact_mut(stride)) {
            let (values, padding) = block.split_at_mut(rows.len());
            padding.fill(0.0);
            match *source {
                Source::Number { column, fill } => {
                    let from = &self.numbers[column][rows.clone()];
                    finite &= path.run(Filling(from, fill, values));
                }
                Source::Missing { column } => {
                    let from = &self.numbers[column][rows.clone()];
                    for (value, cell) in values.iter_mut().zip(from) {
                        *value = f64::from(u8::from(cell.is_nan()));
                    }
                    finite &= !from.iter().any(|cell| cell.is_infinite());
                }
                Source::Encoded { column } => {
                    let columns = self.encoded.columns();
                    let from = &self.encoded.data()[rows.start * columns + column..];
                    for (value, from) in values.iter_mut().zip(from.iter().step_by(columns)) {
                        *value = *from;
                    }
                }
            }
        }
        finite
    }
}

/// Numbers with missing ones filled; whether none is infinite.
struct Filling<'a>(&'a [f64], f64, &'a mut [f64]);

impl Kernel<f64> for Filling<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Lanes<Scalar = f64>>(self) -> bool {
        let Filling(from, fill, to) = self;
        let mut infinite = false;
        for (to, &value) in to.iter_mut().zip(from) {
            *to = if value.is_nan() { fill } else { value };
            infinite |= value.abs() == f64::INFINITY;
        }
        !infinite
    }
}
