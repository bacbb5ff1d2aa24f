//! `neuronseek bench`: the paper's experiments and the library's own measurements.

use clap::Subcommand;

use crate::console::Console;
use crate::failure::Failure;

mod recovery;
mod running;
mod sr;
mod step;
mod tables;

/// What is measured.
#[derive(Debug, Subcommand)]
pub enum Bench {
    Recovery(recovery::Arguments),
    Sr(sr::Arguments),
    Step(step::Arguments),
    Tables(tables::Arguments),
}

/// Measures.
pub fn run(bench: &Bench, console: &Console) -> Result<(), Failure> {
    match bench {
        Bench::Recovery(arguments) => recovery::run(arguments, console),
        Bench::Sr(arguments) => sr::run(arguments, console),
        Bench::Step(arguments) => step::run(arguments, console),
        Bench::Tables(arguments) => tables::run(arguments, console),
    }
}
