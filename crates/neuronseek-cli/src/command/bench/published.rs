//! `neuronseek bench published`: the paper's tables by its own protocols.

use std::path::PathBuf;

use clap::Args;
use neuronseek::network::Placement;
use neuronseek_bench::published::{
    self, Answer, Measure, NAME, Protocol, PublishedSettings, Scored, Scores, Summary,
};
use serde::Serialize;

use super::running::{self, Running};
use crate::arguments::{Form, choice};
use crate::console::Console;
use crate::failure::Failure;
use crate::output;

/// Train networks on the paper's tables by its own protocols, beside its published numbers
#[derive(Debug, Args)]
#[command(after_help = "\
Each seed draws its own test rows; the neuron is searched on the training rows of that seed, and a \
network of it and one of x are trained with the widths of the paper. Of the experiments' tables those \
of the folder are run, by the names of INDEX.json; the others are named. The result is Markdown \
tables: mean and deviation over seeds, the published numbers, and what differs in the data.

Example: neuronseek bench published --data ../shared/data/tabular --only vehicle,airfoil --out published")]
pub struct Arguments {
    /// The folder of the tables with INDEX.json, or the one that holds it as tabular/
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only tables whose name contains one of these
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// The experiments: TD against SR of version 1, Table III of version 2, its real-world tables
    #[arg(long, value_name = "WHICH", value_delimiter = ',', default_value = "v1,table3,real",
          value_parser = choice([
              ("v1", Protocol::First),
              ("table3", Protocol::TableThree),
              ("real", Protocol::RealWorld),
          ]))]
    protocols: Vec<Protocol>,
    /// Seeds of version 1
    #[arg(long, value_name = "N", default_value_t = PublishedSettings::default().seeds)]
    seeds: u64,
    /// Seeds of the other experiments
    #[arg(long, value_name = "N", default_value_t = PublishedSettings::default().trials)]
    trials: u64,
    /// Other epochs than the protocols' 100
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// The layers that have the neuron
    #[arg(long, value_name = "WHICH", default_value = "first", value_parser = choice([
        ("first", Placement::First), ("every", Placement::Every),
    ]))]
    placement: Placement,
    /// Do the default fit beside, on the test rows of seed 0
    #[arg(long)]
    with_default: bool,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    form: Form,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    settings: &'a PublishedSettings,
    tables: &'a [Summary],
    absent: &'a [&'a str],
}

/// Trains and compares.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let settings = PublishedSettings {
        folder: running::group(&arguments.data, "tabular"),
        only: arguments.only.clone(),
        protocols: arguments.protocols.clone(),
        seeds: arguments.seeds,
        trials: arguments.trials,
        epochs: arguments.epochs,
        placement: arguments.placement,
        with_default: arguments.with_default,
    };
    let options = arguments.running.options();
    let control = running::control(console)?;
    let results = published::run(&settings, &options, &control, &|record, progress| {
        let run = &record.run;
        let outcome = match &record.result {
            Answer::Networks { found, linear, .. } => {
                format!("{}, x {}", told(found), told(linear))
            }
            Answer::Default(scored) => format!("default fit {}", told(scored)),
            Answer::Failed(reason) => reason.clone(),
        };
        let title = run.protocol.title();
        let message = format!("{title}, {}, seed {}: {outcome}", run.table, run.seed);
        running::show(console, NAME, progress, &message);
    })?;
    let table = published::markdown(&settings, &results.records);
    let what = (NAME, "The paper's tables by its own protocols");
    (arguments.running).store(console, what, &results, &table, Vec::new())?;
    if arguments.form.json {
        return output::print_json(&Document {
            settings: &settings,
            tables: &published::summarise(&results.records),
            absent: &published::absent(&settings, &results.records),
        });
    }
    output::print(&table)
}

/// The main score of a model in a word or two.
fn told(scored: &Scored) -> String {
    let measure = match scored.scores {
        Scores::Values { .. } => Measure::Unit,
        Scores::Classes { .. } => Measure::Accuracy,
    };
    let value = scored.scores.get(measure).unwrap_or(f64::NAN);
    format!("{} {value:.4}", measure.text())
}
