//! `neuronseek theory trajectory`: a function in one integer.

use std::path::PathBuf;
use std::time::Instant;

use clap::{Args, ValueEnum};
use neuronseek_theory::network::{Cells, Parameter};
use neuronseek_theory::orbit::{Grid, sampled_error};
use neuronseek_theory::trajectory::{by_lattice, by_remainders};
use serde::Serialize;

use super::source::{Described, Source};
use super::{orbit, pictures};
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::display;
use crate::failure::Failure;
use crate::output;

/// Points at which the error is sampled.
const SAMPLES: usize = 20_001;

/// Hold a function of one input in one integer n: the trajectory T_n(c_k) passes by its values
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek theory trajectory --function \"0.8 * sin(2 * pi * x)\" --nodes 257 --eps 1e-4")]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Nodes, from the first to the last place of the domain
    #[arg(long, value_name = "K", default_value_t = 257)]
    nodes: usize,
    /// The error that is wanted at nodes, in the function's unit
    #[arg(
        long,
        value_name = "E",
        default_value_t = 1e-4,
        allow_negative_numbers = true
    )]
    eps: f64,
    /// How n is found: by Chinese remainders, or by lattice reduction (up to 64 nodes)
    #[arg(long, default_value = "remainders")]
    by: Way,
    /// Write pictures into this folder, which must exist
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
}

/// How n is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Way {
    Remainders,
    Lattice,
}

/// What `--json` prints. Errors are in the function's unit.
#[derive(Serialize)]
struct Document {
    construction: &'static str,
    #[serde(flatten)]
    function: Described,
    by: Way,
    nodes: usize,
    wanted: f64,
    n_bits: usize,
    /// K log2(1 / (2 e)), e the largest distance of an angle in turns: what n must have to meet K
    /// angles as closely by its length alone.
    information: f64,
    ratio: f64,
    node_error: f64,
    /// The largest difference of the ladder from cos(2 pi n a_k).
    ladder_apart: f64,
    sampled: f64,
    parameters: usize,
    magnitude: f64,
    cells: Vec<Parameter>,
    /// In base 16.
    n: String,
    finding_seconds: f64,
    ladder_seconds: f64,
}

/// Finds n, evaluates the ladder.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    arguments.threads.apply()?;
    let (function, described) = arguments.source.read()?;
    let epsilon = described.scaled(arguments.eps);
    let start = Instant::now();
    let found = match arguments.by {
        Way::Remainders => by_remainders(&function, arguments.nodes, epsilon)?,
        Way::Lattice => by_lattice(&function, arguments.nodes, epsilon)?,
    };
    let finding_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let values = found.values();
    let ladder_seconds = start.elapsed().as_secs_f64();
    let pairs = values.iter().zip(found.values_by_angles());
    let ladder_apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let information = found.information(&values);
    let grid = Grid {
        inputs: 1,
        intervals: arguments.nodes - 1,
    };
    let cells = Cells::trajectory();
    let document = Document {
        construction: "trajectory",
        by: arguments.by,
        nodes: arguments.nodes,
        wanted: arguments.eps,
        n_bits: found.bits(),
        information,
        ratio: found.bits() as f64 / information,
        node_error: described.unscaled(found.node_error(&values)),
        ladder_apart,
        sampled: described.unscaled(sampled_error(&grid, &values, &function, SAMPLES)),
        parameters: cells.count(),
        magnitude: cells.magnitude(),
        cells: cells.parameters(),
        n: format!("{:x}", found.n),
        finding_seconds,
        ladder_seconds,
        function: described,
    };
    if let Some(folder) = &arguments.plots {
        for path in pictures::trajectory(folder)? {
            console.note(&format!("a picture in {}", path.display()));
        }
    }
    if arguments.form.json {
        return output::print_json(&document);
    }
    let number = |value| display::number(value, 4);
    output::print(&format!(
        "{}n         {} bits, found in {}; as near angles need {} bits: {} of that\n\
         network   {} parameters, the largest {}; the ladder took {}\n\
         nodes     {} within {} (wanted {})\n\
         sup       {} over {} points, the nodes joined by lines\n\
         ladder    at most {} from cos(2 pi n a_k)\n\n{}",
        document.function.text(),
        display::count(document.n_bits),
        display::duration(finding_seconds),
        number(information),
        number(document.ratio),
        document.parameters,
        document.magnitude,
        display::duration(ladder_seconds),
        document.nodes,
        number(document.node_error),
        arguments.eps,
        number(document.sampled),
        display::count(SAMPLES),
        number(ladder_apart),
        orbit::parameters(&document.cells, console.styled),
    ))
}
