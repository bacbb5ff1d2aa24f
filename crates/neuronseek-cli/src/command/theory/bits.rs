//! `neuronseek theory bits`: one bit per node.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use neuronseek_theory::bits::Bits;
use neuronseek_theory::bound::lipschitz;
use serde::Serialize;

use super::pictures;
use super::source::{Described, Source};
use crate::arguments::Form;
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output;

/// Hold a function of one input in one bit per node, the fewest that can do
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek theory bits --function \"0.8 * sin(2 * pi * x)\" --nodes 64,1024 --lipschitz 5.1")]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Nodes, which are bits; one or several numbers
    #[arg(long, value_name = "K", value_delimiter = ',',
          default_values_t = [64, 256, 1024, 8192, 65_536])]
    nodes: Vec<usize>,
    /// The steepest slope of the function [default: the proven one]
    #[arg(long, value_name = "L", allow_negative_numbers = true)]
    lipschitz: Option<f64>,
    /// Read the signs from the orbit of 2 w^2 - 1 as well, up to so many nodes
    #[arg(long, value_name = "K", default_value_t = 8192)]
    orbit_up_to: usize,
    /// Write a picture into this folder, which must exist: error against bits, with A and B
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    construction: &'static str,
    #[serde(flatten)]
    function: Described,
    lipschitz: f64,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    bits: usize,
    error: f64,
    certified: f64,
    bound: f64,
    /// The error times K / L: 1 is the bound, and near 1 the entropy.
    ratio: f64,
    /// Whether the orbit in fixed point gives the same signs; none where it was not run.
    orbit_equal: Option<bool>,
    seconds: f64,
}

/// Encodes with each number of bits.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let (function, described) = arguments.source.read()?;
    let slope = match arguments.lipschitz {
        Some(slope) => described.scaled(slope),
        None => lipschitz(&function)?.upper,
    };
    let mut rows = Vec::new();
    for &nodes in &arguments.nodes {
        let start = Instant::now();
        let bits = Bits::encode(&function, nodes, slope)?;
        let values = bits.values();
        let seconds = start.elapsed().as_secs_f64();
        let error = bits.certify(&function)?;
        let run = nodes <= arguments.orbit_up_to;
        rows.push(Row {
            bits: nodes,
            error: described.unscaled(error.lower),
            certified: described.unscaled(error.upper),
            bound: described.unscaled(slope / nodes as f64),
            ratio: error.lower * nodes as f64 / slope,
            orbit_equal: run.then(|| bits.values_by_orbit() == values),
            seconds,
        });
    }
    let steepest = |row: &Row| row.error > row.bound * (1.0 + 1e-9);
    if rows.iter().any(steepest) {
        console.warn("the function is steeper than --lipschitz: the bound does not hold");
    }
    if let Some(folder) = &arguments.plots {
        for path in pictures::bits(folder, &function, slope)? {
            console.note(&format!("a picture in {}", path.display()));
        }
    }
    let document = Document {
        construction: "bits",
        lipschitz: described.unscaled(slope),
        function: described,
        rows,
    };
    if arguments.form.json {
        return output::print_json(&document);
    }
    let titles = [
        "bits",
        "sup error",
        "proven",
        "L / K",
        "error K / L",
        "orbit",
        "time",
    ];
    let mut columns = Columns::new(&titles.map(|title| (title, Side::Right)), console.styled);
    for row in &document.rows {
        columns.row([
            display::count(row.bits),
            display::number(row.error, 4),
            display::number(row.certified, 4),
            display::number(row.bound, 4),
            display::number(row.ratio, 4),
            match row.orbit_equal {
                Some(true) => "equal",
                Some(false) => "DIFFERENT",
                None => "not run",
            }
            .to_string(),
            display::duration(row.seconds),
        ]);
    }
    let head = document.function.text();
    let slope = display::number(document.lipschitz, 5);
    output::print(&format!(
        "{head}slope     at most L = {slope}\n\n{}",
        columns.text()
    ))
}
