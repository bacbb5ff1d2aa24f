//! The experiments of the paper and the measurements of the library, as functions that give rows;
//! the command prints them.

pub mod epoch;
mod method;
pub mod probe;
pub mod python;
pub mod recovery;
pub mod runs;
pub mod sr;
pub mod statistics;
pub mod step;
pub mod structure;
pub mod tables;

pub use method::Method;
