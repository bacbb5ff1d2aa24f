//! `neuronseek bench formulas`: which published formulas a method finds again.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use neuronseek::model::{SearchMethod, SearchOptions};
use neuronseek_bench::Method;
use neuronseek_bench::figures;
use neuronseek_bench::formulas::{self, FormulasSettings, NAME, Peer};

use super::running::{self, Running};
use crate::arguments::Form;
use crate::arguments::searching::method;
use crate::console::Console;
use crate::failure::Failure;

/// Find published polynomial and rational formulas again, each method with the same seconds
#[derive(Debug, Args)]
#[command(after_help = "\
The folder holds dso_benchmarks.csv, FeynmanEquations.csv and BonusEquations.csv. A polynomial is \
recovered when the found formula, expanded, has its coefficients; of a rational formula R^2 on fresh \
rows must be above 0.999. Powers up to 9 are allowed. Peers run in the Python that NEURONSEEK_PYTHON \
names, else python3 (benchmarks/formulas-requirements.txt); one that is not there is left out. \
PySR's program follows its documentation and has not been run yet.

Example: neuronseek bench formulas --data ../shared/data/symbolic --methods als,poly,gp --budget 5")]
pub struct Arguments {
    /// The folder of the lists, or the one that holds it as symbolic/
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The methods
    #[arg(long, value_name = "M", value_delimiter = ',', value_parser = method(), default_value = "als")]
    methods: Vec<SearchMethod>,
    /// Programs of others beside, on the same rows
    #[arg(long, value_name = "P", value_delimiter = ',', value_parser = peer())]
    peers: Vec<Peer>,
    /// Only formulas whose name contains one of these
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Training rows; as many again are for the test
    #[arg(long, value_name = "N", default_value_t = 1000)]
    rows: usize,
    /// Seconds that a search may take
    #[arg(long, value_name = "S", default_value_t = 5.0)]
    budget: f64,
    /// The seed of rows and searches
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    form: Form,
}

/// The highest power that a method may use.
const MAX_ORDER: usize = 9;

/// Reads a peer by its name.
fn peer() -> impl TypedValueParser<Value = Peer> {
    let names = Peer::ALL.iter().map(|peer| peer.name());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Peer>())
}

/// Searches and counts.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let methods: Vec<Method> = arguments
        .methods
        .iter()
        .map(|&method| {
            let options = SearchOptions {
                method,
                max_order: MAX_ORDER,
                ..SearchOptions::default()
            };
            Method::new(method.name(), options)
        })
        .collect();
    let mut peers = Vec::new();
    for peer in &arguments.peers {
        match formulas::look_for(*peer) {
            Ok(package) => peers.push(package),
            Err(reason) => console.warn(&reason),
        }
    }
    let options = arguments.running.options();
    let settings = FormulasSettings {
        folder: running::group(&arguments.data, "symbolic"),
        only: arguments.only.clone(),
        rows: arguments.rows,
        budget: arguments.budget,
        seed: arguments.seed,
        peers,
    };
    let control = running::control(console)?;
    let results = formulas::run(
        &settings,
        &methods,
        &options,
        &control,
        &|line, progress| {
            let message = format!("{} {}", line.run.method, line.run.formula.name);
            running::show(console, NAME, progress, &message);
        },
    )?;
    let table = formulas::markdown(&results.records);
    let figures = figures::formulas(&results.records)?;
    let (shown, what) = (
        (console, &arguments.form),
        (NAME, "Published formulas found again"),
    );
    (arguments.running).end(shown, what, &results, &table, figures)
}
