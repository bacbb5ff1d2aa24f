//! The experiments of the paper and the measurements of the library.

pub mod epoch;
pub mod step;
pub mod torch;
