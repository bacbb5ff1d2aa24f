//! `neuronseek evaluate`: how good a model is on labelled rows.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use neuronseek::model::Model;
use neuronseek::table::Table;

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
    let encoded = model.preparation().encode(&table)?;
    let (metrics, rows) = model.evaluate_inputs(&table, &encoded.inputs)?;
    let coverage = model.coverage(&table, &encoded.inputs)?;
    let warnings = warnings(&model, &table, rows, encoded.warnings)?;
    for warning in &warnings {
        console.warn(warning);
    }
    if arguments.form.json {
        let seconds = start.elapsed().as_secs_f64();
        let of = (&metrics, coverage.as_slice());
        let document = EvaluateDocument::new(&model, of, rows, seconds, warnings);
        return output::print_json(&document);
    }
    let title = format!("on {} rows", display::count(rows));
    let table = summary::table(&title, &[("this model", Some(&metrics))], console.styled);
    output::print(&format!("{table}{}", summary::coverage(&coverage)))
}

/// What the user should know about the rows and cells of the table.
fn warnings(
    model: &Model,
    table: &Table,
    rows: usize,
    mut warnings: Vec<String>,
) -> Result<Vec<String>, Failure> {
    let preparation = model.preparation();
    let unseen = preparation.unseen_classes(table)?;
    let of_unseen: usize = unseen.iter().map(|(_, count)| count).sum();
    if of_unseen > 0 {
        let names: Vec<&str> = (unseen.iter().take(3))
            .map(|(name, _)| name.as_str())
            .collect();
        warnings.push(format!(
            "{of_unseen} rows of classes that the training table did not have ({}{}) are left out",
            names.join(", "),
            if unseen.len() > 3 { ", ..." } else { "" }
        ));
    }
    let without_target = table.rows() - rows - of_unseen;
    if without_target > 0 {
        warnings.push(format!(
            "{without_target} of {} rows have no target and are left out",
            table.rows()
        ));
    }
    Ok(warnings)
}
