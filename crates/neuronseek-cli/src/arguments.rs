//! The command line as a whole, and the flags that several commands have.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, ValueEnum};

use crate::command::Command;

pub mod deciding;
pub mod intervals;
pub mod large;
pub mod network;
pub mod reading;
pub mod searching;
pub mod tuning;
pub mod waiting;

/// Finds the neuron a table wants, and trains a small, readable model of it
#[derive(Debug, Parser)]
#[command(
    name = "neuronseek",
    version,
    max_term_width = 100,
    after_help = "Every flag may also stand in the environment (--max-order 4 as \
                  NEURONSEEK_MAX_ORDER=4) or in a TOML file given by --config (max-order = 4); \
                  flags beat the environment, which beats the file.\n\n\
                  Exit codes: 0 done, 1 the input or the request cannot be used, 2 wrong usage, \
                  70 a bug of ours, 130 ended by Ctrl-C with nothing saved."
)]
pub struct Arguments {
    #[command(flatten)]
    pub speech: Speech,
    #[command(subcommand)]
    pub command: Command,
}

/// How much is said beside the result, and how it looks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Messages")]
pub struct Speech {
    /// Print nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print each stage as it begins; twice, also how it goes
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// When to use colour; auto asks the terminal and NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Read settings from a TOML file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// The form of the result on standard output.
#[derive(Debug, Clone, Copy, Args)]
pub struct Form {
    /// Print the result as one JSON document
    #[arg(long)]
    pub json: bool,
}

/// The number of threads.
#[derive(Debug, Clone, Copy, Args)]
pub struct Threads {
    /// Threads to use [default: one per processor]; the result does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl Threads {
    /// Sets up the threads of the whole program.
    pub fn apply(self) -> Result<(), crate::failure::Failure> {
        let mut builder = rayon::ThreadPoolBuilder::new();
        if let Some(threads) = self.threads {
            builder = builder.num_threads(usize::from(threads));
        }
        Ok(builder.build_global()?)
    }
}

/// A parser for values that have names, listed in the help and offered by completions.
pub fn choice<T: Clone + Send + Sync + 'static>(
    choices: impl IntoIterator<Item = (&'static str, T)>,
) -> impl TypedValueParser<Value = T> {
    let choices: Vec<(&str, T)> = choices.into_iter().collect();
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    PossibleValuesParser::new(names).try_map(move |text| {
        let found = choices.iter().find(|(name, _)| *name == text);
        found
            .map(|(_, value)| value.clone())
            .ok_or_else(|| format!("{text} is none of the choices"))
    })
}
