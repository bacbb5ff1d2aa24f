//! From table rows to a matrix, remembered for later rows: impute, encode, scale.
//!
//! One encoded matrix serves two readers that must be scaled apart. A search needs the user's
//! zero and unbent numbers ([`SearchScale`]); a network needs bounded inputs ([`NetworkScale`]).

mod target;

pub use target::{Target, probabilities};

use crate::matrix::Matrix;
use crate::table::{Table, TableError};

/// Settings of [`Preparation::fit`].
#[derive(Debug, Clone, Default)]
pub struct PrepareOptions {}

/// Fitted on training rows, applied to any later table by column name.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Preparation {}

/// Why a table cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The table itself.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl Preparation {
    /// Learns from the given rows of `table` how to turn rows into numbers.
    pub fn fit(
        _table: &Table,
        _targets: &[String],
        _rows: &[usize],
        _options: &PrepareOptions,
    ) -> Result<Preparation, PrepareError> {
        todo!()
    }

    /// The encoded inputs of all rows of `table`, rows x [`Preparation::input_names`], no NaN.
    pub fn inputs(&self, _table: &Table) -> Result<Matrix<f64>, PrepareError> {
        todo!()
    }

    /// The target of the given rows.
    pub fn target(&self, _table: &Table, _rows: &[usize]) -> Result<Target, PrepareError> {
        todo!()
    }

    /// Names of the encoded inputs: the column's name, or `column=level`.
    pub fn input_names(&self) -> &[String] {
        todo!()
    }
}
