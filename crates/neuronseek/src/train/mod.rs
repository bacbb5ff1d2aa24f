//! Training: optimiser, schedule, stopping, checkpoints.
//!
//! Four separate things: the optimiser ([`Optimiser`]) turns gradients into steps, the schedule
//! ([`Schedule`]) sets the rate, stopping is by validation loss, and a [`Checkpoint`] is the whole
//! state between two epochs. What is random (the order of rows, dropout) is a pure function of
//! seed and epoch or step, not of a generator's past: that is why a checkpoint needs no generator,
//! and why continuing from one gives the same bytes as never having stopped.

mod checkpoint;
mod config;
mod error;
mod history;
mod optimiser;
mod order;
mod packed;
mod run;
mod samples;
mod schedule;

#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoint;
pub use config::{Regularisation, TrainConfig};
pub use error::TrainError;
pub use history::{Ended, Epoch, History};
pub use optimiser::Optimiser;
pub use order::batch_size;
pub use run::train;
pub use samples::Samples;
pub use schedule::Schedule;
