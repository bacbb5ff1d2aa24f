//! `neuronseek bench sr`: our vectorised symbolic regression beside its authors'.

use clap::Args;
use neuronseek::search::genetic::GeneticSettings;
use neuronseek::table::synthetic::{self, Case, Mode};
use neuronseek_bench::sr::{self, SrResult, SrSettings};

use crate::arguments::Form;
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output;

/// Time the vectorised symbolic regression (sr) beside tnlearn's VecSymRegressor
#[derive(Debug, Args)]
#[command(after_help = "\
tnlearn runs in the Python that NEURONSEEK_PYTHON names, else python3; with its default settings it \
takes a quarter of an hour. Without tnlearn there our own searches are timed alone. Times are \
processor times, one thread; the table is the case pure 3 (x^2 + x^4).

Example: NEURONSEEK_PYTHON=~/tnlearn/bin/python neuronseek bench sr --population 500")]
pub struct Arguments {
    /// Rows of the table
    #[arg(long, value_name = "N", default_value_t = 2500)]
    rows: usize,
    /// Inputs of the table
    #[arg(long, value_name = "D", default_value_t = 10)]
    dims: usize,
    /// Programs in a generation
    #[arg(long, value_name = "N", default_value_t = GeneticSettings::default().population)]
    population: usize,
    /// Generations
    #[arg(long, value_name = "N", default_value_t = GeneticSettings::default().generations)]
    generations: usize,
    /// The seed of the table and of our searches
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Time our own side alone
    #[arg(long)]
    no_tnlearn: bool,
    #[command(flatten)]
    form: Form,
}

/// Times.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let result = sr::run(&SrSettings {
        case: Case {
            mode: Mode::Pure,
            variant: 3,
        },
        table: synthetic::Settings {
            rows: arguments.rows,
            dim: arguments.dims,
            seed: arguments.seed,
            ..synthetic::Settings::default()
        },
        search: GeneticSettings {
            population: arguments.population,
            generations: arguments.generations,
            ..GeneticSettings::default()
        },
        seed: arguments.seed,
        tnlearn: !arguments.no_tnlearn,
    })
    .map_err(|error| Failure::unusable(error.to_string()))?;
    if let Some(note) = &result.note {
        console.warn(note);
    }
    if arguments.form.json {
        return output::print_json(&result);
    }
    output::print(&text(&result, console.styled))
}

fn text(result: &SrResult, styled: bool) -> String {
    let mut columns = Columns::new(
        &[
            ("search", Side::Left),
            ("processor time", Side::Right),
            ("ratio", Side::Right),
            ("best program's mse", Side::Right),
            ("refined mse", Side::Right),
            ("found", Side::Left),
        ],
        styled,
    );
    for ours in &result.ours {
        let ratio = result
            .theirs
            .as_ref()
            .map(|theirs| theirs.seconds / ours.seconds);
        columns.row([
            format!("sr, selection: {}", ours.selection),
            display::duration(ours.seconds),
            ratio.map_or(String::new(), |ratio| format!("{ratio:.0}")),
            display::number(ours.program_mse, 4),
            display::number(ours.mse, 4),
            ours.neuron.to_string(),
        ]);
    }
    if let Some(theirs) = &result.theirs {
        columns.row([
            format!("tnlearn {}", theirs.tnlearn),
            display::duration(theirs.seconds),
            "1".to_string(),
            display::number(theirs.mse, 4),
            String::new(),
            theirs.program.clone(),
        ]);
    }
    format!("{}\nthe truth is {}\n", columns.text(), result.truth)
}
