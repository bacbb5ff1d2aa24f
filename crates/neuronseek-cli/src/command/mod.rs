//! One file per command: its arguments, their documentation and what it does.

use clap::Subcommand;

use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;

mod completions;
pub mod generate;
mod man;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make data whose neuron is known
    #[command(subcommand)]
    Generate(generate::Kind),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Does what the arguments ask for.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let console = Console::new(&arguments.speech);
    match arguments.command {
        Command::Generate(generate::Kind::Synthetic(arguments)) => {
            generate::run(&arguments, &console)
        }
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}
