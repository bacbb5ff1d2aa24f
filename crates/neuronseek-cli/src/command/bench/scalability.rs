//! `neuronseek bench scalability`: searches on wider and longer tables at equal budgets.

use clap::Args;
use neuronseek::model::SearchMethod;
use neuronseek::table::synthetic::Case;
use neuronseek_bench::figures;
use neuronseek_bench::scalability::{self, NAME, ScalabilitySettings};

use super::running::{self, Running};
use crate::arguments::Form;
use crate::arguments::searching::{MethodChoice, method};
use crate::console::Console;
use crate::failure::Failure;

/// Search wider and longer synthetic tables, each method with the same seconds
#[derive(Debug, Args)]
#[command(after_help = "\
Every structure found is fitted anew by one probe and judged on test rows, as is the method's own \
formula; the row truth is the true structure given to the probe. Searches run on one thread.

Example: neuronseek bench scalability --methods als,gp --dims 10,100 --budgets 10 --cases hybrid-1")]
pub struct Arguments {
    #[command(flatten)]
    method: MethodChoice,
    /// Several methods in place of --method
    #[arg(long, value_name = "M", value_delimiter = ',', value_parser = method(), conflicts_with_all = ["method", "preset"])]
    methods: Vec<SearchMethod>,
    /// Inputs of each table, one or several numbers
    #[arg(long, value_name = "D", value_delimiter = ',', default_values_t = ScalabilitySettings::default().dims)]
    dims: Vec<usize>,
    /// Training rows of each table, one or several numbers
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = ScalabilitySettings::default().rows)]
    rows: Vec<usize>,
    /// Test rows
    #[arg(long, value_name = "N", default_value_t = ScalabilitySettings::default().test_rows)]
    test_rows: usize,
    /// Seconds that a search may take, one or several numbers
    #[arg(long, value_name = "S", value_delimiter = ',', default_values_t = ScalabilitySettings::default().budgets)]
    budgets: Vec<f64>,
    /// Synthetic cases such as pure-0,hybrid-1 [default: all 15]
    #[arg(long, value_name = "CASE", value_delimiter = ',')]
    cases: Vec<Case>,
    /// Tables of each case
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u64,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    form: Form,
}

/// Searches and judges.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let methods = running::methods(&arguments.methods, arguments.method)?;
    let options = arguments.running.options();
    let defaults = ScalabilitySettings::default();
    let settings = ScalabilitySettings {
        dims: arguments.dims.clone(),
        rows: arguments.rows.clone(),
        test_rows: arguments.test_rows,
        budgets: arguments.budgets.clone(),
        cases: match arguments.cases.as_slice() {
            [] => defaults.cases,
            cases => cases.to_vec(),
        },
        seeds: arguments.seeds,
        ..defaults
    };
    let control = running::control(console)?;
    let results = scalability::run(
        &settings,
        &methods,
        &options,
        &control,
        &|line, progress| {
            let run = &line.run;
            let message = format!(
                "{} {}, {} inputs: {}",
                run.method, run.case, run.table.dim, line.result.found
            );
            running::show(console, NAME, progress, &message);
        },
    )?;
    let table = scalability::markdown(&results.records);
    let figures = figures::scalability(&results.records)?;
    let (shown, what) = (
        (console, &arguments.form),
        (NAME, "Wider and longer tables at equal budgets"),
    );
    (arguments.running).end(shown, what, &results, &table, figures)
}
