//! From data to a neuron: one trait, one report, one folder per method.
//!
//! A search sees scaled inputs ([`crate::prepare::SearchScale`] keeps the user's zero wherever it
//! lies inside the data, since a structure is not invariant to shifts) and never bends them.

pub mod als;
mod formula;
pub mod gated;
mod report;

pub use formula::Formula;
pub use report::{Candidate, Evidence, Problem, Report, Search, SearchError, Step};
