//! `neuronseek evaluate`: how good a model is on labelled rows.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use neuronseek::model::Model;

use super::summary;
use crate::arguments::reading::Reading;
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::display;
use crate::documents::EvaluateDocument;
use crate::failure::Failure;
use crate::output;

/// Print a model's metrics on the rows of a table whose target is known
#[derive(Debug, Args)]
#[command(after_help = "Example: neuronseek evaluate houses.safetensors sold.csv")]
pub struct Arguments {
    /// The model file that fit wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The table: .csv or .tsv (also .gz, .zst), .parquet, or - for CSV on standard input
    #[arg(value_name = "DATA")]
    data: PathBuf,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
}

/// Evaluates.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let start = Instant::now();
    arguments.threads.apply()?;
    let model = Model::load(&arguments.model)?;
    let table = arguments.reading.table(&arguments.data)?;
    let (metrics, rows) = model.evaluate(&table)?;
    let mut warnings = Vec::new();
    if rows < table.rows() {
        warnings.push(format!(
            "{} of {} rows have no target and are left out",
            table.rows() - rows,
            table.rows()
        ));
    }
    for warning in &warnings {
        console.warn(warning);
    }
    if arguments.form.json {
        let seconds = start.elapsed().as_secs_f64();
        let document = EvaluateDocument::new(&model, &metrics, rows, seconds, warnings);
        return output::print_json(&document);
    }
    let title = format!("on {} rows", display::count(rows));
    output::print(&summary::table(
        &title,
        &[(&model.report().neuron.to_string(), Some(&metrics))],
        console.styled,
    ))
}
