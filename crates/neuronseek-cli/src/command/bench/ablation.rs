//! `neuronseek bench ablation`: whether the found neuron and the recipe's ingredients pay.

use std::path::PathBuf;

use clap::Args;
use neuronseek_bench::ablation::{
    self, AblationSettings, Answer, Candidate, Ingredient, NAME, Needed, Paired, PeerLosses,
    Question,
};
use neuronseek_bench::figures;
use serde::Serialize;

use super::running::{self, Running};
use crate::arguments::{Form, choice};
use crate::console::Console;
use crate::failure::Failure;
use crate::output;

/// Compare networks of the found neuron with networks of x at equal parameters, and the recipe
/// with and without its ingredients
#[derive(Debug, Args)]
#[command(after_help = "\
Both models of a pair have the same seed, training and validation rows; test losses are reported and \
choose nothing. The result is Markdown tables: the paired difference with its 95 % interval over seeds, \
how often it is below 0 (pays) or above (costs), and the parameters needed for the accuracy of a \
method of --peers, a CSV file with the columns table, split, method, nmse, log_loss.

Example: neuronseek bench ablation --data ../shared/data/tabular --peers ../shared/bench/peers.csv \
--only vehicle,airfoil --out ablation")]
pub struct Arguments {
    /// The folder of the tables with INDEX.json, or the one that holds it as tabular/
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only tables whose name contains one of these
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Hash splits of the tabular protocol, one or several numbers
    #[arg(long, value_name = "S", value_delimiter = ',', default_value = "0")]
    splits: Vec<u64>,
    /// What is compared with x: found and neurons, or none; a semicolon between
    #[arg(
        long,
        value_name = "NEURON",
        value_delimiter = ';',
        default_value = "found;x + x^2 + cp(2, r=8)"
    )]
    neurons: Vec<String>,
    /// Hidden layers of the networks compared on every seed: of 64, and of 32 units
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "0,1,2")]
    depths: Vec<usize>,
    /// The ladder: so many units, and half as many in a second layer
    #[arg(
        long,
        value_name = "N",
        value_delimiter = ',',
        default_value = "4,8,16,32,64,128"
    )]
    widths: Vec<usize>,
    /// Which ingredients of the recipe are taken away
    #[arg(long, value_name = "WHAT", value_delimiter = ',',
          default_value = "embedding,folds,blend,statistics,dropout",
          value_parser = choice([
              ("embedding", Part::One(Ingredient::Embedding)),
              ("folds", Part::One(Ingredient::Folds)),
              ("blend", Part::One(Ingredient::Blend)),
              ("statistics", Part::One(Ingredient::Statistics)),
              ("dropout", Part::One(Ingredient::Dropout)),
              ("none", Part::None),
          ]))]
    ingredients: Vec<Part>,
    /// Seeds of depths and ingredients
    #[arg(long, value_name = "N", default_value_t = AblationSettings::default().seeds)]
    seeds: u64,
    /// Seeds of the ladder
    #[arg(long, value_name = "N", default_value_t = AblationSettings::default().ladder_seeds)]
    ladder_seeds: u64,
    /// Results of other methods on the same tables and splits
    #[arg(long, value_name = "CSV")]
    peers: Option<PathBuf>,
    /// The method of --peers whose accuracy is to be reached
    #[arg(long, value_name = "NAME", default_value = "xgboost")]
    peer: String,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    form: Form,
}

/// An ingredient, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    One(Ingredient),
    None,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    settings: &'a AblationSettings,
    pairs: &'a [Paired],
    needed: &'a [Needed],
}

/// Fits and compares.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let settings = arguments.settings()?;
    let peers = match &arguments.peers {
        Some(path) => Some(PeerLosses::read(path, &arguments.peer)?),
        None => None,
    };
    let options = arguments.running.options();
    let control = running::control(console)?;
    let results = ablation::run(&settings, &options, &control, &|record, progress| {
        let run = &record.run;
        let what = match &run.question {
            Question::Neuron { of, hidden } => format!("{of} in {hidden:?}"),
            Question::Ingredient(one) => one.name().to_string(),
        };
        let outcome = match &record.result {
            Answer::Compared { with, without, .. } => {
                format!("{:.4}, without {:.4}", with.test, without.test)
            }
            Answer::Failed(reason) => reason.clone(),
        };
        let message = format!("{} {what}, seed {}: {outcome}", run.table, run.seed);
        running::show(console, NAME, progress, &message);
    })?;
    let pairs = ablation::paired(&results.records);
    let table = ablation::markdown(&settings, &pairs, peers.as_ref());
    let figures = figures::ablation(&pairs)?;
    let what = (NAME, "Whether the found neuron pays");
    (arguments.running).store(console, what, &results, &table, figures)?;
    if arguments.form.json {
        return output::print_json(&Document {
            settings: &settings,
            pairs: &pairs,
            needed: &ablation::needed(&pairs, peers.as_ref()),
        });
    }
    output::print(&table)
}

impl Arguments {
    fn settings(&self) -> Result<AblationSettings, Failure> {
        let ingredients = self.ingredients.iter().filter_map(|part| match part {
            Part::One(one) => Some(*one),
            Part::None => None,
        });
        Ok(AblationSettings {
            folder: running::group(&self.data, "tabular"),
            only: self.only.clone(),
            splits: self.splits.clone(),
            neurons: neurons(&self.neurons)?,
            depths: self.depths.clone(),
            widths: self.widths.clone(),
            ingredients: ingredients.collect(),
            seeds: self.seeds,
            ladder_seeds: self.ladder_seeds,
        })
    }
}

fn neurons(texts: &[String]) -> Result<Vec<Candidate>, Failure> {
    let mut neurons = Vec::new();
    for text in texts {
        match text.trim() {
            "found" => neurons.push(Candidate::Found),
            "none" => {}
            other => neurons.push(Candidate::Given(other.parse().map_err(|problem| {
                Failure::Usage(format!("--neurons {other}: {problem}; or found, or none"))
            })?)),
        }
    }
    Ok(neurons)
}
