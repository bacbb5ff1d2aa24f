//! `neuronseek theory`: the constructions that reach any continuous function.

use clap::Subcommand;

use crate::console::Console;
use crate::failure::Failure;

mod bits;
mod orbit;
mod pictures;
mod practice;
mod precision;
mod source;
mod trajectory;
mod waiting;

/// Which construction.
#[derive(Debug, Subcommand)]
pub enum Theory {
    Orbit(orbit::Arguments),
    Bits(bits::Arguments),
    Trajectory(trajectory::Arguments),
    Waiting(waiting::Arguments),
    Precision(precision::Arguments),
    Practice(practice::Arguments),
}

/// Runs it.
pub fn run(theory: &Theory, console: &Console) -> Result<(), Failure> {
    match theory {
        Theory::Orbit(arguments) => orbit::run(arguments, console),
        Theory::Bits(arguments) => bits::run(arguments, console),
        Theory::Trajectory(arguments) => trajectory::run(arguments, console),
        Theory::Waiting(arguments) => waiting::run(arguments, console),
        Theory::Precision(arguments) => precision::run(arguments, console),
        Theory::Practice(arguments) => practice::run(arguments, console),
    }
}
