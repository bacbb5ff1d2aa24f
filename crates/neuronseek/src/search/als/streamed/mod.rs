//! A polynomial fitted to more rows than memory holds.
//!
//! A damped Gauss-Newton step on all coefficients needs nothing but sums over rows. Each pass over
//! the rows takes the sums at the present coefficients and moves them; from the optimum of a sample
//! two passes lead to that of all rows (one where there are no products, as the step is exact then).
//!
//! | file | what it does |
//! |---|---|
//! | `tree` | sums over rows in an order that row numbers alone decide |
//! | `rows` | what is summed: derivatives and residuals of each row |
//! | `step` | from the sums to better coefficients |

mod rows;
mod step;
mod tree;

pub use rows::{Loss, Rows};
pub use step::{Moved, moved};
pub use tree::{LEAF, Sums, SumsError};

#[cfg(test)]
mod tests;
