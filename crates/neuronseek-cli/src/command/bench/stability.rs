//! `neuronseek bench stability`: what a search finds again when seed, rows or noise change.

use std::path::PathBuf;

use clap::Args;
use neuronseek::model::SearchMethod;
use neuronseek::table::synthetic::{Case, Settings};
use neuronseek_bench::figures;
use neuronseek_bench::stability::{
    self, Change, Compared, NAME, StabilitySettings, Summary, TABLES,
};
use serde::Serialize;

use super::running::{self, Running};
use crate::arguments::Form;
use crate::arguments::choice;
use crate::arguments::searching::{MethodChoice, method};
use crate::console::Console;
use crate::failure::Failure;
use crate::output;

/// Repeat searches with other seeds, bootstrap samples and noise, and count how often they agree
#[derive(Debug, Args)]
#[command(after_help = "\
The result is two Markdown tables. agreement: the share of pairs of runs with equal structures; \
Jaccard: common terms over all terms of a pair, ranks ignored, or not; entropy: 0 bits when all \
structures are alike; test error: the mean squared error over the variance, or the log loss of \
classes, of the method's own formula. Tables of classes have no noise added.

Example: neuronseek bench stability --methods als,td --data ../shared/data/tabular --out stability")]
pub struct Arguments {
    #[command(flatten)]
    method: MethodChoice,
    /// Several methods in place of --method, as als,td,sr
    #[arg(long, value_name = "METHOD", value_delimiter = ',', value_parser = method(),
          conflicts_with_all = ["method", "preset"])]
    methods: Vec<SearchMethod>,
    /// Synthetic cases, as pure-0,hybrid-3; all, or none
    #[arg(
        long,
        value_name = "CASE",
        value_delimiter = ',',
        default_value = "all"
    )]
    cases: Vec<String>,
    /// The folder of real tables with INDEX.json, or the one that holds it as tabular/; none are
    /// searched without
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Only tables whose name contains one of these
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_values_t = TABLES.map(String::from))]
    only: Vec<String>,
    /// Hash split of the tabular protocol
    #[arg(long, value_name = "S", default_value_t = 0)]
    split: u64,
    /// What is changed
    #[arg(long, value_name = "CHANGE", value_delimiter = ',',
          default_value = "seed,bootstrap,noise",
          value_parser = choice([("seed", Kind::Seed), ("bootstrap", Kind::Bootstrap), ("noise", Kind::Noise)]))]
    changes: Vec<Kind>,
    /// Deviations of the noise that is added, in deviations of the target
    #[arg(
        long,
        value_name = "LEVEL",
        value_delimiter = ',',
        allow_negative_numbers = true,
        default_value = "0.01,0.1,0.3,1"
    )]
    levels: Vec<f64>,
    /// How often each search is repeated
    #[arg(long, value_name = "N", default_value_t = StabilitySettings::default().repeats)]
    repeats: u64,
    /// Afterwards fit every structure that was found on a real table to all its training rows, and
    /// say which of them held-out rows cannot tell from the best
    #[arg(long)]
    compare: bool,
    /// Inputs of the synthetic cases
    #[arg(long, value_name = "D", default_value_t = Settings::default().dim)]
    dim: usize,
    /// Training rows of the synthetic cases
    #[arg(long, value_name = "N", default_value_t = Settings::default().rows)]
    rows: usize,
    /// Noise of the synthetic cases before any change, in deviations of the signal
    #[arg(long, value_name = "SIGMA", allow_negative_numbers = true, default_value_t = Settings::default().noise)]
    noise: f64,
    /// Seed of the synthetic cases
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    form: Form,
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Seed,
    Bootstrap,
    Noise,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    settings: &'a StabilitySettings,
    summary: &'a [Summary],
    compared: &'a [Compared],
}

/// Searches and compares.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let methods = running::methods(&arguments.methods, arguments.method)?;
    let options = arguments.running.options();
    let settings = arguments.settings()?;
    let control = running::control(console)?;
    let results = stability::run(
        &settings,
        &methods,
        &options,
        &control,
        &|record, progress| {
            let run = &record.run;
            let found = match &record.result.neuron {
                Some(neuron) => neuron.to_string(),
                None => record.result.error.clone().unwrap_or_default(),
            };
            let (method, data, seed) = (&run.method, run.data.name(), run.seed);
            let message = format!("{method} {data}, {} {seed}: {found}", run.change);
            running::show(console, NAME, progress, &message);
        },
    )?;
    let summary = stability::summarise(&results.records);
    let mut table = stability::markdown(&summary);
    let compared = match arguments.compare {
        true => stability::compare(&settings, &results.records, &options, &control)?,
        false => Vec::new(),
    };
    if !compared.is_empty() {
        table.push_str(&format!(
            "\n{}",
            stability::ties_markdown(&results.records, &compared)
        ));
    }
    let figures = figures::stability(&summary)?;
    let what = (NAME, "Agreement of structures");
    (arguments.running).store(console, what, &results, &table, figures)?;
    if arguments.form.json {
        return output::print_json(&Document {
            settings: &settings,
            summary: &summary,
            compared: &compared,
        });
    }
    output::print(&table)
}

impl Arguments {
    fn settings(&self) -> Result<StabilitySettings, Failure> {
        let changes = self.changes.iter().flat_map(|kind| match kind {
            Kind::Seed => vec![Change::Seed],
            Kind::Bootstrap => vec![Change::Bootstrap],
            Kind::Noise => self.levels.iter().copied().map(Change::Noise).collect(),
        });
        Ok(StabilitySettings {
            cases: cases(&self.cases)?,
            table: Settings {
                dim: self.dim,
                rows: self.rows,
                noise: self.noise,
                seed: self.seed,
                ..Settings::default()
            },
            folder: (self.data.as_ref()).map(|data| running::group(data, "tabular")),
            only: self.only.clone(),
            split: self.split,
            changes: changes.collect(),
            repeats: self.repeats,
        })
    }
}

fn cases(names: &[String]) -> Result<Vec<Case>, Failure> {
    let mut cases = Vec::new();
    for name in names {
        match name.trim() {
            "all" => cases.extend(Case::all()),
            "none" => {}
            other => cases.push(other.parse().map_err(|problem| {
                Failure::Usage(format!("--cases {other}: {problem}; or all, or none"))
            })?),
        }
    }
    Ok(cases)
}
