//! The search of a neuron for images.
//!
//! Two ways lead from images to a neuron. [`search`] makes a table of them, as the paper's figure
//! shows, and hands it to the library's searches for tables: a row is the flattened image, the
//! features of a small trained backbone, or a patch as a convolution sees it ([`Rows`]).
//! [`joint`] needs no table: every term of every convolution gets a gate, gates are trained with
//! the network by the paper's schedule, and the terms whose gates close are pruned away.
//!
//! A table is cheap and is searched by closed forms, but knows one neuron between image and class,
//! where a network has many layers; what it finds is a proposal. Flattening at full size was
//! rejected: alternating least squares is weak beyond some 150 inputs, so images are averaged down
//! to 7 x 7 pixels of three channels.
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | settings and their check |
//! | `rows` | which images, and what of them, are rows |
//! | `backbone` | features of a small trained network |
//! | `table` | the library's search on the rows, and what it is worth on others |
//! | `joint` | gates inside the convolutions |
//! | `prune` | the network without the terms whose gates closed |

mod backbone;
mod joint;
mod prune;
mod rows;
mod settings;
mod table;
#[cfg(test)]
mod tests;

pub use joint::{GatedTerm, JointFound, JointOptions, gate_rate, joint};
pub use prune::pruned;
pub use settings::{MOST_INPUTS, Rows, SearchConfig};
pub use table::{Found, search};
