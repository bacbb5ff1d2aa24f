//! Training: steps, schedule, gates, evaluation, and a state to go on from.
//!
//! Solver ([`Optimiser`]), schedule ([`TrainConfig::rate`]), observing and checkpoints (the caller's,
//! after each epoch) are separate things; [`train`] puts them together.

mod config;
mod evaluate;
mod gates;
mod log;
mod loss;
mod optimiser;
mod run;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub use config::{Method, TrainConfig};
pub use evaluate::{logits, score};
pub use gates::{GateConfig, open_probability};
pub use log::EventLog;
pub use loss::{Targets, cross_entropy};
pub use optimiser::Optimiser;
pub use run::{Job, train};
pub(crate) use state::timeless;
pub use state::{Epoch, Pace, Score, State};
