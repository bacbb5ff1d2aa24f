//! The experiments of the paper and the measurements of the library, as functions that give rows;
//! the command prints them.

pub mod ablation;
pub mod convergence;
pub mod convolution;
pub mod epoch;
mod error;
pub mod figures;
pub mod formulas;
pub mod images;
pub mod machine;
mod memory;
mod method;
pub mod page;
pub mod plot;
pub mod probe;
pub mod published;
pub mod python;
pub mod recovery;
pub mod runs;
pub mod scalability;
pub mod sr;
pub mod stability;
pub mod statistics;
pub mod step;
pub mod structure;
pub mod tables;

pub use error::ExperimentError;
pub use method::Method;
