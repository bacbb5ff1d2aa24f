//! `neuronseek theory practice`: what the theory means for networks that are trained.

use std::path::PathBuf;

use clap::Args;
use neuronseek_theory::Function;
use neuronseek_theory::practice::{AtSize, GradientSearch, TASKS, at_size, seek_by_gradient};
use serde::Serialize;

use super::pictures;
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output;

/// The function that gradients seek, and its grids (K, m), all within what doubles hold.
const SOUGHT: (&str, [(usize, usize); 3]) = (
    "0.8 * sin(2 * pi * x) * exp(-x) + 0.15 * cos(9 * pi * x)",
    [(2, 2), (4, 4), (4, 8)],
);

/// Let gradients seek w0, and train task-driven and ReLU networks alike on known functions
#[derive(Debug, Args)]
#[command(after_help = "Example: neuronseek theory practice --widths 2,8,32 --seeds 3")]
pub struct Arguments {
    /// Hidden units of the task-driven networks; those of x get as many parameters
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [2, 4, 8, 16, 32])]
    widths: Vec<usize>,
    /// Epochs of 1024 rows
    #[arg(long, value_name = "N", default_value_t = 200)]
    epochs: usize,
    /// Trainings of each network
    #[arg(long, value_name = "N", default_value_t = 5)]
    seeds: u64,
    /// Beginnings of w0 that gradients are let loose on
    #[arg(long, value_name = "N", default_value_t = 64)]
    starts: usize,
    /// Steps of Adam from each beginning
    #[arg(long, value_name = "N", default_value_t = 5000)]
    steps: usize,
    /// Write a picture per function into this folder, which must exist
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
    sought: &'static str,
    gradients: Vec<GradientSearch>,
    networks: Vec<AtSize>,
}

/// Runs both experiments.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    arguments.threads.apply()?;
    let (text, grids) = SOUGHT;
    let function = Function::formula(text, 0.0, 1.0)?;
    let mut gradients = Vec::new();
    for (nodes, m) in grids {
        let found = seek_by_gradient(&function, nodes, m, arguments.starts, arguments.steps)?;
        gradients.push(found);
    }
    let mut networks = Vec::new();
    for task in &TASKS {
        networks.extend(at_size(
            task,
            &arguments.widths,
            arguments.epochs,
            arguments.seeds,
        )?);
    }
    if let Some(folder) = &arguments.plots {
        for path in pictures::practice(folder, &networks)? {
            console.note(&format!("a picture in {}", path.display()));
        }
    }
    let document = Document {
        sought: text,
        gradients,
        networks,
    };
    if arguments.form.json {
        return output::print_json(&document);
    }
    output::print(&format!(
        "w0 of {text}: root mean square error at the nodes\n\n{}\n\
         one hidden layer of ReLU, root mean square error / deviation of the function\n\n{}",
        sought(&document.gradients, console.styled),
        trained(&document.networks, console.styled)
    ))
}

fn sought(gradients: &[GradientSearch], styled: bool) -> String {
    let titles = [
        "K",
        "m",
        "starts",
        "untrained",
        "by Adam",
        "best",
        "constructed",
    ];
    let mut columns = Columns::new(&titles.map(|title| (title, Side::Right)), styled);
    for found in gradients {
        let number = |value| display::number(value, 3);
        columns.row([
            found.nodes.to_string(),
            found.bits.to_string(),
            found.starts.to_string(),
            number(found.untrained),
            number(found.trained),
            number(found.best),
            number(found.constructed),
        ]);
    }
    columns.text()
}

fn trained(networks: &[AtSize], styled: bool) -> String {
    let mut columns = Columns::new(
        &[
            ("function", Side::Left),
            ("neuron", Side::Left),
            ("units", Side::Right),
            ("parameters", Side::Right),
            ("error", Side::Right),
            ("least to largest", Side::Right),
        ],
        styled,
    );
    for row in networks {
        columns.row([
            row.task.to_string(),
            row.neuron.clone(),
            row.width.to_string(),
            row.parameters.to_string(),
            display::number(row.error, 3),
            format!(
                "{} to {}",
                display::number(row.range[0], 3),
                display::number(row.range[1], 3)
            ),
        ]);
    }
    columns.text()
}
