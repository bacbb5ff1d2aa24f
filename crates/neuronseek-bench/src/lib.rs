//! The experiments of the paper and the measurements of the library, as functions that give rows;
//! the command prints them.

pub mod epoch;
pub mod probe;
pub mod python;
pub mod recovery;
pub mod sr;
pub mod step;
pub mod tables;
