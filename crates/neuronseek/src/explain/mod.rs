//! What a model does, in numbers that people can check: attributions of single predictions,
//! importance of columns.

mod permutation;
mod shapley;

pub use permutation::{Importance, permutation_importance, permutations};
pub use shapley::{Attribution, attributions};
