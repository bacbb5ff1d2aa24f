//! Permutation importance: how much worse predictions get when a column's cells change places.
//!
//! Fisher, Rudin, Dominici, All models are wrong, but many are useful, 2019; after Breiman, Random
//! forests, 2001. Columns are permuted as they are in the table, before preparation, so that all
//! inputs made of a column move together.

use rand::seq::SliceRandom;

use crate::model::{Model, ModelError};
use crate::network::{Purpose, generator};
use crate::prepare::PrepareError;
use crate::table::Table;

/// How important a column is.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// The column.
    pub column: String,
    /// How much the loss ([`crate::model::Metrics::loss`]) rises when the column is permuted, the
    /// mean over permutations.
    pub mean: f64,
    /// The standard deviation over permutations (divided by their number).
    pub deviation: f64,
}

/// Orders of so many rows, one a repeat; the same for the same seed.
pub fn permutations(rows: usize, repeats: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut random = generator(seed, Purpose::Permutation, 0);
    let one = |_| {
        let mut order: Vec<usize> = (0..rows).collect();
        order.shuffle(&mut random);
        order
    };
    (0..repeats).map(one).collect()
}

/// The importance of each column that the model reads, in the order of its preparation, on the rows
/// whose target is known. In repeat k row i gets the cell of row `orders[k][i]`.
///
/// # Errors
/// As [`Model::evaluate`].
///
/// # Panics
/// When an order is not as long as the table or names a row that is not there.
pub fn permutation_importance(
    model: &Model,
    table: &Table,
    orders: &[Vec<usize>],
) -> Result<Vec<Importance>, ModelError> {
    let plain = model.evaluate(table)?.0.loss();
    let columns = model.preparation().input_columns();
    let importance = |column: &str| {
        let mut rises = Vec::with_capacity(orders.len());
        for order in orders {
            let permuted = table
                .with_reordered(column, order)
                .map_err(PrepareError::from)?;
            rises.push(model.evaluate(&permuted)?.0.loss() - plain);
        }
        let count = rises.len().max(1) as f64;
        let mean = rises.iter().sum::<f64>() / count;
        let squares: f64 = rises.iter().map(|rise| (rise - mean).powi(2)).sum();
        Ok(Importance {
            column: column.to_string(),
            mean,
            deviation: (squares / count).sqrt(),
        })
    };
    columns.map(importance).collect()
}
