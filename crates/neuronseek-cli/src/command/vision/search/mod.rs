//! `neuronseek vision search`: the neuron of an image set.

use clap::Subcommand;
use neuronseek::neuron::Neuron;
use neuronseek_vision::search::Rows;

use crate::console::Console;
use crate::display;
use crate::failure::Failure;

mod joint;
mod rows;

/// Where the search looks.
#[derive(Debug, Subcommand)]
pub enum Search {
    Joint(Box<joint::Arguments>),
    /// Search the neuron of a classifier of images averaged down to at most 150 numbers
    Flat(rows::Arguments),
    /// Search the neuron of a classifier of what a small trained network makes of images
    Features(rows::OfFeatures),
    /// Search the neuron of a classifier of patches of 3 x 3 pixels
    Patches(rows::Arguments),
}

/// Searches.
pub fn run(search: &Search, console: &Console) -> Result<(), Failure> {
    match search {
        Search::Joint(arguments) => joint::run(arguments, console),
        Search::Flat(arguments) => rows::run(arguments, Rows::Flat, None, console),
        Search::Features(arguments) => {
            let epochs = Some(arguments.epochs);
            rows::run(&arguments.rows, Rows::Features, epochs, console)
        }
        Search::Patches(arguments) => rows::run(arguments, Rows::Patches, None, console),
    }
}

fn title(neuron: &Neuron, styled: bool) -> String {
    format!(
        "{}  {}\n",
        display::heading("Neuron", styled),
        display::heading(&neuron.to_string(), styled)
    )
}
