//! `neuronseek vision`: image sets and what is done with them.

use clap::Subcommand;

use crate::console::Console;
use crate::failure::Failure;

mod evaluate;
mod export;
mod fetch;
mod maps;
mod predict;
mod search;
mod sets;
pub mod source;
mod train;
pub mod training;

/// What is done with images.
#[derive(Debug, Subcommand)]
pub enum Vision {
    Sets(sets::Arguments),
    Fetch(fetch::Arguments),
    /// Find the neuron that convolutions on an image set want
    #[command(subcommand)]
    Search(search::Search),
    Train(Box<train::Arguments>),
    Evaluate(evaluate::Arguments),
    Predict(predict::Arguments),
    Export(export::Arguments),
    Maps(maps::Arguments),
}

/// Does what is asked for.
pub fn run(vision: &Vision, console: &Console) -> Result<(), Failure> {
    match vision {
        Vision::Sets(arguments) => sets::run(arguments, console),
        Vision::Fetch(arguments) => fetch::run(arguments, console),
        Vision::Search(search) => search::run(search, console),
        Vision::Train(arguments) => train::run(arguments, console),
        Vision::Evaluate(arguments) => evaluate::run(arguments, console),
        Vision::Predict(arguments) => predict::run(arguments, console),
        Vision::Export(arguments) => export::run(arguments, console),
        Vision::Maps(arguments) => maps::run(arguments, console),
    }
}
