//! `neuronseek theory precision`: where an orbit breaks that has too few binary places.

use std::path::PathBuf;

use clap::Args;
use neuronseek_theory::orbit::{Approximation, Limits, Plan};
use neuronseek_theory::precision::{Cliff, cliff, in_doubles};
use serde::Serialize;

use super::pictures;
use super::source::{Described, Source};
use crate::arguments::Form;
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output;

/// Run the orbit of a function with too few binary places, and with enough
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek theory precision --function \"0.8 * sin(2 * pi * x)\" --nodes 32 --bits 12")]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Intervals between nodes: K
    #[arg(long, value_name = "K", default_value_t = 32)]
    nodes: usize,
    /// Binary digits per node: m
    #[arg(long, value_name = "M", default_value_t = 12)]
    bits: usize,
    /// Binary places to try [default: a tenth of what w0 has, two tenths, and so on, and those
    /// around K m + m]
    #[arg(long, value_name = "P", value_delimiter = ',',
          value_parser = clap::value_parser!(u32).range(8..=10_000_000))]
    places: Vec<u32>,
    /// Write a picture into this folder, which must exist
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
}

/// What `--json` prints; errors are of the rescaled function.
#[derive(Serialize)]
struct Document {
    construction: &'static str,
    #[serde(flatten)]
    function: Described,
    nodes: usize,
    bits: usize,
    node_bound: f64,
    doubles: Row,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    places: usize,
    error: f64,
    first_wrong_node: Option<usize>,
}

impl From<&Cliff> for Row {
    fn from(cliff: &Cliff) -> Row {
        Row {
            places: cliff.places,
            error: cliff.error,
            first_wrong_node: cliff.first_wrong,
        }
    }
}

/// Runs the orbit with each number of places.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let (function, described) = arguments.source.read()?;
    let inputs = function.inputs();
    let plan = Plan::new(inputs, arguments.nodes, arguments.bits, &Limits::default())?;
    let found = Approximation::new(&function, plan)?;
    let wanted: Vec<f64> = (0..plan.grid.nodes())
        .map(|node| function.value(&plan.grid.place(node)[..inputs]))
        .collect();
    let places: Vec<usize> = match arguments.places.as_slice() {
        [] => usual(&plan),
        given => given.iter().map(|places| *places as usize).collect(),
    };
    let cliffs: Vec<Cliff> = places
        .iter()
        .map(|&places| cliff(&found.seed, &wanted, plan.m, places))
        .collect();
    let doubles = in_doubles(&found.seed, &wanted, plan.m);
    if let Some(folder) = &arguments.plots {
        for path in pictures::precision(folder, &cliffs, found.node_bound())? {
            console.note(&format!("a picture in {}", path.display()));
        }
    }
    let document = Document {
        construction: "precision",
        function: described,
        nodes: arguments.nodes,
        bits: arguments.bits,
        node_bound: found.node_bound(),
        doubles: Row::from(&doubles),
        rows: cliffs.iter().map(Row::from).collect(),
    };
    if arguments.form.json {
        return output::print_json(&document);
    }
    let titles = ["places", "largest node error", "first wrong node"];
    let mut columns = Columns::new(&titles.map(|title| (title, Side::Right)), console.styled);
    let first = |row: &Row| match row.first_wrong_node {
        Some(node) => node.to_string(),
        None => "none".to_string(),
    };
    let double = &document.doubles;
    columns.row([
        "double".to_string(),
        display::number(double.error, 3),
        first(double),
    ]);
    for row in &document.rows {
        columns.row([
            display::count(row.places),
            display::number(row.error, 3),
            first(row),
        ]);
    }
    output::print(&format!(
        "{}orbit     K = {}, m = {}: K m + m = {} places are needed; nodes may be off by {}\n\n{}",
        document.function.text(),
        document.nodes,
        document.bits,
        display::count(plan.symbols()),
        display::number(document.node_bound, 3),
        columns.text()
    ))
}

/// Tenths of all places, and the neighbourhood of the cliff.
fn usual(plan: &Plan) -> Vec<usize> {
    let all = plan.places();
    let cliff = plan.symbols();
    let tenths = (1..=9).map(|tenth| all * tenth / 10);
    let near = [-24, -16, -12, -8, -4, 0, 4, 8, 12, 24];
    let near = near.map(|offset: isize| cliff.saturating_add_signed(offset));
    let mut places: Vec<usize> = tenths.chain(near).chain([53, all]).collect();
    places.retain(|places| *places >= 8);
    places.sort_unstable();
    places.dedup();
    places
}
