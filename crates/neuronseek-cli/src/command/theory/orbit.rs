//! `neuronseek theory orbit`: a function in one number.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use neuronseek_theory::bound::lipschitz;
use neuronseek_theory::network::{Cells, Parameter};
use neuronseek_theory::orbit::{Agreement, Approximation, Limits, Plan, sampled_error};
use neuronseek_theory::page;
use serde::Serialize;

use super::pictures;
use super::source::{Described, Source};
use crate::arguments::{Form, searching};
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output::{self, OutputFile};

/// Points along the diagonal and nodes at which the literal network is run.
const CHECKED: usize = 33;

/// Hold a function in one number w0: the orbit of 2 w^2 - 1 visits its values
#[derive(Debug, Args)]
#[command(after_help = "\
The network has the same few parameters for every function and every error; w0 and the two integers \
--nodes and --bits are all that changes. Errors of nodes are proven in integers, the sup error by \
interval arithmetic.

Example: neuronseek theory orbit --function \"0.8 * sin(2 * pi * x) * exp(-x)\" --eps 0.001 --check")]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    /// Intervals between nodes along each input: K
    #[arg(
        long,
        value_name = "K",
        requires = "bits",
        required_unless_present = "eps"
    )]
    nodes: Option<usize>,
    /// Binary digits per node, 1 to 40: m
    #[arg(long, value_name = "M", requires = "nodes")]
    bits: Option<usize>,
    /// The sup error that is wanted, in the function's unit; K and m are then chosen
    #[arg(long, value_name = "E", conflicts_with_all = ["nodes", "bits"], allow_negative_numbers = true)]
    eps: Option<f64>,
    /// Run the other seed, the tent map and the literal network too, and compare
    #[arg(long)]
    check: bool,
    /// Points along each input at which the error is sampled [default: 20001, 301 and 61 for one
    /// to three inputs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    samples: Option<u32>,
    /// The most memory, in gigabytes
    #[arg(long, value_name = "GB", default_value_t = 4.0)]
    memory_limit: f64,
    /// The longest time that the orbit may take by estimate, such as 90, 10m, 2h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = searching::duration)]
    time_limit: Duration,
    /// Write pictures into this folder, which must exist
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    /// Write a page that shows the orbit hitting the nodes, of a function of one input
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Replace the page if it exists already
    #[arg(long, requires = "page")]
    force: bool,
    #[command(flatten)]
    form: Form,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    construction: &'static str,
    #[serde(flatten)]
    function: Described,
    nodes: usize,
    bits: usize,
    symbols: usize,
    places: usize,
    steps: usize,
    /// w0 times 2^places, in base 16.
    seed: String,
    network: Network,
    error: Errors,
    check: Option<Check>,
    seconds: Seconds,
}

#[derive(Serialize)]
struct Network {
    parameters: usize,
    magnitude: f64,
    cells: Vec<Parameter>,
}

/// In the function's unit.
#[derive(Serialize)]
struct Errors {
    nodes: f64,
    nodes_bound: f64,
    sampled: f64,
    samples: usize,
    certified: f64,
    wanted: Option<f64>,
    interpolation: Option<f64>,
    lipschitz: Option<f64>,
    theorem: Option<f64>,
}

#[derive(Serialize)]
struct Check {
    seeds_equal: bool,
    twin_symbols_equal: bool,
    twin_apart: f64,
    literal_equal: bool,
    literal_apart: f64,
    seconds: f64,
}

#[derive(Serialize)]
struct Seconds {
    /// Seed, orbit and node errors.
    orbit: f64,
    sampling: f64,
    certifying: f64,
}

/// Encodes, unrolls, measures.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let page = match &arguments.page {
        Some(path) => Some(OutputFile::claim(path, arguments.force)?),
        None => None,
    };
    let limits = Limits {
        memory: arguments.memory_limit * 1e9,
        seconds: arguments.time_limit.as_secs_f64(),
    };
    let (function, described) = arguments.source.read()?;
    let wanted = arguments.eps.map(|epsilon| described.scaled(epsilon));
    let plan = match (wanted, arguments.nodes, arguments.bits) {
        (Some(epsilon), ..) => Plan::for_error(&function, epsilon, &limits)?,
        (None, nodes, bits) => {
            let (nodes, bits) = (nodes.unwrap_or_default(), bits.unwrap_or_default());
            Plan::new(function.inputs(), nodes, bits, &limits)?
        }
    };
    let start = Instant::now();
    let found = Approximation::new(&function, plan)?;
    let nodes = found.orbit.certify(&function, &plan.grid)?;
    let orbit_seconds = start.elapsed().as_secs_f64();
    let samples = arguments
        .samples
        .map_or([20_001, 301, 61][plan.grid.inputs - 1], |n| n as usize);
    let values = found.orbit.values();
    let start = Instant::now();
    let sampled = sampled_error(&plan.grid, &values, &function, samples);
    let sampling = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let certified = found.certify(&function, wanted.unwrap_or(0.0))?.upper;
    let certifying = start.elapsed().as_secs_f64();
    let check = match arguments.check {
        true => Some(checked(&found)?),
        false => None,
    };
    // Of interest only: a rough function may have none.
    let steepest = lipschitz(&function).ok().map(|found| found.upper);
    let steepest = steepest.filter(|slope| slope.is_finite());
    let inputs = plan.grid.inputs as f64;
    let unscaled = |error: f64| described.unscaled(error);
    let cells = Cells::orbit(plan.grid.inputs);
    let document = Document {
        construction: "orbit",
        nodes: plan.grid.intervals,
        bits: plan.m,
        symbols: plan.symbols(),
        places: found.seed.bits,
        steps: plan.steps(),
        seed: found.seed.hexadecimal(),
        network: Network {
            parameters: cells.count(),
            magnitude: cells.magnitude(),
            cells: cells.parameters(),
        },
        error: Errors {
            nodes: unscaled(nodes),
            nodes_bound: unscaled(found.node_bound()),
            sampled: unscaled(sampled),
            samples: samples.pow(plan.grid.inputs as u32),
            certified: unscaled(certified),
            wanted: arguments.eps,
            interpolation: plan.interpolation.map(unscaled),
            lipschitz: steepest.map(unscaled),
            theorem: steepest.map(|slope| {
                unscaled(inputs * slope / plan.grid.intervals as f64 + found.node_bound())
            }),
        },
        check,
        seconds: Seconds {
            orbit: orbit_seconds,
            sampling,
            certifying,
        },
        function: described,
    };
    if let Some(folder) = &arguments.plots {
        for path in pictures::orbit(folder, &function, &found)? {
            console.note(&format!("a picture in {}", path.display()));
        }
    }
    if let Some(page) = page {
        let html = page::orbit(document.function.name(), &function, &found)?;
        page.write(|out| out.write_all(html.as_bytes()))?;
    }
    if wanted.is_some_and(|wanted| certified > wanted) {
        console.warn("the wanted error is not met: the orbit's nodes use what was left for them");
    }
    if arguments.form.json {
        return output::print_json(&document);
    }
    output::print(&text(&document, console.styled))
}

fn checked(found: &Approximation) -> Result<Check, Failure> {
    let start = Instant::now();
    let Agreement {
        seeds_equal,
        twin_symbols_equal,
        twin_apart,
        literal_equal,
        literal_apart,
    } = found.check(CHECKED)?;
    Ok(Check {
        seeds_equal,
        twin_symbols_equal,
        twin_apart,
        literal_equal,
        literal_apart,
        seconds: start.elapsed().as_secs_f64(),
    })
}

fn text(document: &Document, styled: bool) -> String {
    let Document {
        network,
        error,
        seconds,
        ..
    } = document;
    let mut text = document.function.text();
    text.push_str(&format!(
        "w0        one number of {} binary places: K = {}, m = {}, {} symbols\n\
         orbit     {} steps of 2 w^2 - 1, {}\n\
         network   {} parameters, the largest {}\n\n",
        display::count(document.places),
        display::count(document.nodes),
        document.bits,
        display::count(document.symbols),
        display::count(document.steps),
        display::duration(seconds.orbit),
        network.parameters,
        network.magnitude,
    ));
    text.push_str(&parameters(&network.cells, styled));
    let mut errors = Columns::new(&[("error", Side::Left), ("", Side::Right)], styled);
    let mut row = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            errors.row([name.to_string(), display::number(value, 4)]);
        }
    };
    row("wanted", error.wanted);
    row("sup, proven", Some(error.certified));
    let sampled = format!("sup over {} points", display::count(error.samples));
    row(&sampled, Some(error.sampled));
    row("nodes, proven in integers", Some(error.nodes));
    row("nodes, by the theorem: pi 2^-m", Some(error.nodes_bound));
    row("joining f's own values, proven", error.interpolation);
    row("sup, by the theorem: omega(1/K) + pi 2^-m", error.theorem);
    text.push_str(&format!("\n{}", errors.text()));
    if let Some(check) = &document.check {
        let same = |equal: bool| if equal { "equal" } else { "DIFFERENT" };
        text.push_str(&format!(
            "\nw0 walked back and w0 by Gray code and cosine: {}\n\
             symbols of the tent map and of f: {}; its values at most {} from the orbit's\n\
             the literal network at nodes and the orbit: {}; between, at most {} apart\n",
            same(check.seeds_equal),
            same(check.twin_symbols_equal),
            display::number(check.twin_apart, 2),
            same(check.literal_equal),
            display::number(check.literal_apart, 2),
        ));
    }
    text
}

/// The table of the network's parameters.
pub fn parameters(cells: &[Parameter], styled: bool) -> String {
    let titles = ["cell", "neuron", "tensor", "values"].map(|title| (title, Side::Left));
    let mut columns = Columns::new(&titles, styled);
    for parameter in cells {
        let values: Vec<String> = parameter.values.iter().map(f64::to_string).collect();
        columns.row([
            parameter.cell.to_string(),
            parameter.neuron.clone(),
            parameter.tensor.clone(),
            values.join(" "),
        ]);
    }
    columns.text()
}
