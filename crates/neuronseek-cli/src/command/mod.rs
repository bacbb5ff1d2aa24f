//! One file per command: its arguments, their documentation and what it does.

use clap::Subcommand;

use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;

mod bench;
mod completions;
mod data;
mod drawing;
mod evaluate;
mod explain;
mod export;
mod fit;
pub mod generate;
mod inspect;
mod man;
mod picture;
mod predict;
mod search;
mod summary;
mod theory;
mod vision;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    Fit(Box<fit::Arguments>),
    Search(search::Arguments),
    Predict(predict::Arguments),
    Evaluate(evaluate::Arguments),
    Inspect(inspect::Arguments),
    Explain(explain::Arguments),
    Export(export::Arguments),
    /// Make data whose neuron is known
    #[command(subcommand)]
    Generate(generate::Kind),
    /// Run an experiment or a measurement
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Get public tables by name
    #[command(subcommand)]
    Data(data::Data),
    /// Run the theory: one fixed network reaches any continuous function
    #[command(subcommand)]
    Theory(theory::Theory),
    /// Work on images
    #[command(subcommand)]
    Vision(vision::Vision),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Does what the arguments ask for.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let console = Console::new(&arguments.speech);
    match arguments.command {
        Command::Fit(arguments) => fit::run(&arguments, &console),
        Command::Search(arguments) => search::run(&arguments, &console),
        Command::Predict(arguments) => predict::run(&arguments, &console),
        Command::Evaluate(arguments) => evaluate::run(&arguments, &console),
        Command::Inspect(arguments) => inspect::run(&arguments, &console),
        Command::Explain(arguments) => explain::run(&arguments, &console),
        Command::Export(arguments) => export::run(&arguments, &console),
        Command::Bench(bench) => bench::run(&bench, &console),
        Command::Data(data) => data::run(&data, &console),
        Command::Generate(generate::Kind::Synthetic(arguments)) => {
            generate::run(&arguments, &console)
        }
        Command::Theory(theory) => theory::run(&theory, &console),
        Command::Vision(vision) => vision::run(&vision, &console),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}
