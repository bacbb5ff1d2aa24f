//! The model: preparation + neuron + network in one file; fit, predict, evaluate, save, load.

mod metrics;
mod options;

pub use metrics::Metrics;
pub use options::{FitOptions, Holdout, NeuronChoice, SearchMethod, Task};
