//! From table rows to a matrix, remembered for later rows: impute, encode, scale.
//!
//! One encoded matrix serves two readers that must be scaled apart. A search needs the user's
//! zero and unbent numbers ([`SearchScale`]); a network needs bounded inputs ([`NetworkScale`]).
//! (One scaling for both was rejected: what a network needs hides structures from a search.)
//!
//! ```
//! use neuronseek::prepare::{Origin, PrepareOptions, Preparation, SearchScale};
//! use neuronseek::table::{Column, Table};
//!
//! let shade = (0..20).map(|row| Some(if row % 2 == 0 { "light" } else { "dark" }));
//! let table = Table::new(
//!     "example",
//!     vec![
//!         Column::of_numbers("size", (0..20).map(f64::from).collect()),
//!         Column::of_texts("shade", shade),
//!         Column::of_numbers("price", (0..20).map(|row| f64::from(row * row) / 3.0).collect()),
//!     ],
//! )?;
//! let rows: Vec<usize> = (0..20).collect();
//! let options = PrepareOptions {
//!     targets: vec!["price".to_string()],
//!     ..PrepareOptions::default()
//! };
//! let preparation = Preparation::fit(&table, &options, &rows)?;
//! assert_eq!(preparation.input_names(), ["size", "shade=light"]);
//! let inputs = preparation.inputs(&table)?;
//! assert_eq!(inputs.row(3), [3.0, 0.0]);
//! let scaled = SearchScale::fit(&inputs, Origin::Auto).apply(&inputs);
//! assert_eq!(scaled.rows(), 20);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocks;
mod category;
mod classes;
mod date;
mod decision;
mod encoding;
mod error;
mod log_mean;
mod network_scale;
mod numeric;
mod options;
mod outcome;
mod plan;
mod preparation;
mod quantile;
mod recipe;
mod restoring;
mod retarget;
mod scaled;
mod search_scale;
mod statistics;
mod summary;
mod target;
mod target_transform;
mod task;
#[cfg(test)]
mod tests;
mod weights;

pub(crate) use blocks::InputBlocks;
pub(crate) use decision::Calibration;
pub use decision::Decision;
pub use error::PrepareError;
pub(crate) use log_mean::deviance;
pub use network_scale::{BoundedInput, NetworkScale};
pub use options::{ColumnKind, PrepareOptions, Task};
pub(crate) use outcome::Outcome;
pub use preparation::{Encoded, Oddities, Preparation};
pub use recipe::{Coding, Grouping, Input, Key, Phase, RawColumn, RawKind, Recipe};
pub use restoring::{Inverse, Restoring, RestoringValue};
pub use search_scale::{InputScale, Origin, SearchScale};
pub use statistics::TargetStatistics;
pub use summary::{ColumnSummary, Role};
pub use target::{Target, probabilities};
pub use target_transform::TargetTransform;

/// The fewest training rows that a preparation is fitted to.
pub const MINIMUM_ROWS: usize = 2;

/// The most classes that a target may have.
pub const MAXIMUM_CLASSES: usize = 1000;
