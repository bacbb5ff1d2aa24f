//! `neuronseek generate`: data whose neuron is known.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::console::Console;
use crate::failure::Failure;

/// What is generated.
#[derive(Debug, Subcommand)]
pub enum Kind {
    Synthetic(Arguments),
}

/// Make one of the paper's 15 synthetic tables
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file for the table; the truth goes beside it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Makes the table.
pub fn run(_arguments: &Arguments, _console: &Console) -> Result<(), Failure> {
    Err(Failure::unusable("not yet"))
}
