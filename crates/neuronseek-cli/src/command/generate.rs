//! `neuronseek generate`: data whose neuron is known.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use neuronseek::table::synthetic::{self, Case, Law, Mode, Settings, truth_path};

use crate::arguments::choice;
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{self, OutputFile};

/// What is generated.
#[derive(Debug, Subcommand)]
pub enum Kind {
    Synthetic(Arguments),
}

/// Make one of the paper's 15 synthetic tables: inputs x1, x2, ..., target y
#[derive(Debug, Args)]
pub struct Arguments {
    /// Sums of powers, products of projections, or one of each
    #[arg(long, value_parser = choice(Mode::ALL.map(|mode| (mode.name(), mode))))]
    mode: Mode,
    /// Which formula of the mode, 0 to 4
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=4))]
    variant: u8,
    /// Rows of the table
    #[arg(long, value_name = "N", default_value_t = Settings::default().rows)]
    pub rows: usize,
    /// Inputs
    #[arg(long, value_name = "D", default_value_t = Settings::default().dim)]
    dim: usize,
    /// Deviation of the noise that is added to the formula's value
    #[arg(long, value_name = "SIGMA", allow_negative_numbers = true, default_value_t = Settings::default().noise)]
    noise: f64,
    /// The law of the inputs, each of mean 0 and variance 1
    #[arg(long, default_value = Law::Normal.name(), value_parser = law())]
    law: Law,
    /// Seed of inputs, coefficients and noise
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// The CSV file; the truth goes beside it as NAME.truth.json. Without it the table is printed
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace files that exist already
    #[arg(long, requires = "output")]
    force: bool,
}

/// The parser of an input law.
pub fn law() -> impl clap::builder::TypedValueParser<Value = Law> {
    choice(Law::ALL.map(|law| (law.name(), law)))
}

/// Makes the table.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    if let Some(path) = &arguments.output {
        OutputFile::claim(path, arguments.force)?;
        OutputFile::claim(&truth_path(path), arguments.force)?;
    }
    let case = Case {
        mode: arguments.mode,
        variant: usize::from(arguments.variant),
    };
    let settings = Settings {
        dim: arguments.dim,
        rows: arguments.rows,
        noise: arguments.noise,
        seed: arguments.seed,
        law: arguments.law,
    };
    let synthetic = synthetic::generate(&case, &settings)?;
    let Some(path) = &arguments.output else {
        let table = synthetic.table()?;
        return output::print_with(|out| table.write_csv_to(out));
    };
    let truth = synthetic.write(path, arguments.force)?;
    console.note(&format!(
        "{} rows of {} in {}, the truth in {}",
        settings.rows,
        synthetic.truth,
        path.display(),
        truth.display()
    ));
    Ok(())
}
