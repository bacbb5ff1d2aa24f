//! `neuronseek theory waiting`: how long a trajectory takes to come by.

use std::path::PathBuf;

use clap::Args;
use neuronseek_theory::waiting::{self, Waiting};
use serde::Serialize;

use super::pictures;
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output;

/// Measure how long a dense trajectory takes to come near given values, against the law
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek theory waiting --nodes 1,2,3 --eps 0.05,0.02,0.01 --trials 200")]
pub struct Arguments {
    /// Nodes that must be met at once, one or several numbers
    #[arg(long, value_name = "K", value_delimiter = ',', default_values_t = [1, 2, 3])]
    nodes: Vec<usize>,
    /// How near each angle must come, in turns; one or several numbers
    #[arg(long, value_name = "E", value_delimiter = ',', allow_negative_numbers = true,
          default_values_t = [0.1, 0.05, 0.02, 0.01, 0.005])]
    eps: Vec<f64>,
    /// Points that are waited for
    #[arg(long, value_name = "N", default_value_t = 200)]
    trials: usize,
    /// Seed of the points
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Write a picture into this folder, which must exist
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    construction: &'static str,
    seed: u64,
    rows: Vec<Row>,
    /// The law for 32 nodes at one hundredth, which nobody waits for.
    law_32_nodes: f64,
}

#[derive(Serialize)]
struct Row {
    nodes: usize,
    eps: f64,
    trials: usize,
    median: f64,
    interval: [f64; 2],
    law: f64,
}

/// Waits.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    arguments.threads.apply()?;
    let mut found: Vec<Waiting> = Vec::new();
    for &nodes in &arguments.nodes {
        for &eps in &arguments.eps {
            found.push(waiting::measure(
                nodes,
                eps,
                arguments.trials,
                arguments.seed,
            )?);
        }
    }
    if let Some(folder) = &arguments.plots {
        for path in pictures::waiting(folder, &found)? {
            console.note(&format!("a picture in {}", path.display()));
        }
    }
    let rows = found.iter().map(|waiting| Row {
        nodes: waiting.coordinates,
        eps: waiting.distance,
        trials: waiting.trials,
        median: waiting.median,
        interval: [waiting.interval.0, waiting.interval.1],
        law: waiting.law,
    });
    let document = Document {
        construction: "waiting",
        seed: arguments.seed,
        rows: rows.collect(),
        law_32_nodes: waiting::law(32, 0.01),
    };
    if arguments.form.json {
        return output::print_json(&document);
    }
    let titles = ["nodes", "eps", "median wait", "95 % interval", "law"];
    let mut columns = Columns::new(&titles.map(|title| (title, Side::Right)), console.styled);
    for row in &document.rows {
        columns.row([
            row.nodes.to_string(),
            row.eps.to_string(),
            display::number(row.median, 4),
            format!(
                "{} to {}",
                display::number(row.interval[0], 3),
                display::number(row.interval[1], 3)
            ),
            display::number(row.law, 4),
        ]);
    }
    output::print(&format!(
        "steps until {} drawn points are met, law ln 2 (1 / (2 eps))^K\n\n{}\n\
         for 32 nodes within 0.01 of a turn the law says {} steps\n",
        arguments.trials,
        columns.text(),
        display::number(document.law_32_nodes, 2)
    ))
}
