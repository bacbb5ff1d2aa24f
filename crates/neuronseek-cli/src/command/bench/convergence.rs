//! `neuronseek bench convergence`: test error against time.

use clap::Args;
use neuronseek::model::SearchMethod;
use neuronseek::table::synthetic::Case;
use neuronseek_bench::convergence::{self, ConvergenceSettings, NAME};
use neuronseek_bench::figures;

use super::running::{self, Running};
use crate::arguments::Form;
use crate::arguments::searching::{MethodChoice, method};
use crate::console::Console;
use crate::failure::Failure;

/// Watch searches come to a good structure: test error against wall-clock time
#[derive(Debug, Args)]
#[command(after_help = "\
Every structure on the way of a search is fitted by one probe afterwards and judged on test rows.

Example: neuronseek bench convergence --methods als,td,td-paper,sr,gp --out convergence")]
pub struct Arguments {
    #[command(flatten)]
    method: MethodChoice,
    /// Several methods in place of --method
    #[arg(long, value_name = "M", value_delimiter = ',', value_parser = method(), conflicts_with_all = ["method", "preset"])]
    methods: Vec<SearchMethod>,
    /// Inputs of each table, one or several numbers
    #[arg(long, value_name = "D", value_delimiter = ',', default_values_t = ConvergenceSettings::default().dims)]
    dims: Vec<usize>,
    /// Training rows of each table
    #[arg(long, value_name = "N", default_value_t = ConvergenceSettings::default().rows)]
    rows: usize,
    /// Test rows
    #[arg(long, value_name = "N", default_value_t = ConvergenceSettings::default().test_rows)]
    test_rows: usize,
    /// Seconds that a search may take
    #[arg(long, value_name = "S", default_value_t = ConvergenceSettings::default().budget)]
    budget: f64,
    /// Synthetic cases
    #[arg(long, value_name = "CASE", value_delimiter = ',', default_values = ["hybrid 1", "hybrid 3"])]
    cases: Vec<Case>,
    /// The seed of tables and searches
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    form: Form,
}

/// Searches and judges.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let methods = running::methods(&arguments.methods, arguments.method)?;
    let options = arguments.running.options();
    let settings = ConvergenceSettings {
        cases: arguments.cases.clone(),
        dims: arguments.dims.clone(),
        rows: arguments.rows,
        test_rows: arguments.test_rows,
        budget: arguments.budget,
        seed: arguments.seed,
    };
    let control = running::control(console)?;
    let results = convergence::run(
        &settings,
        &methods,
        &options,
        &control,
        &|line, progress| {
            let run = &line.run;
            let message = format!("{} {}, {} inputs", run.method, run.case, run.table.dim);
            running::show(console, NAME, progress, &message);
        },
    )?;
    let table = convergence::markdown(&results.records);
    let figures = figures::convergence(&results.records)?;
    let (shown, what) = (
        (console, &arguments.form),
        (NAME, "Test error against time"),
    );
    (arguments.running).end(shown, what, &results, &table, figures)
}
