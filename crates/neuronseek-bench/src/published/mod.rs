//! The paper's experiments on tables by its own protocols, beside its published numbers.
//!
//! Every run divides a table by its seed, searches the neuron on the training rows alone, and
//! trains two networks of the paper's widths from that seed: of the found neuron, and of x as
//! control. The two have the same widths, not the same number of parameters, since that is the
//! paper's comparison; [`crate::ablation`] makes the one at equal parameters. Taking the neurons
//! that the paper printed was rejected: they were found on data that we partly do not have.

use std::path::PathBuf;

use neuronseek::network::Placement;
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use serde::{Deserialize, Serialize};

use crate::runs::{Each, Options, Plan, Record, Results, RunsError, execute};
use crate::tables::{TableFile, TablesError, chosen_entries};

mod cases;
mod markdown;
mod recipe;
mod summary;
#[cfg(test)]
mod tests;
mod work;

pub use cases::{CASES, Case, DIFFERENCES, Measure, Protocol, Published, Source};
pub use markdown::markdown;
pub use recipe::{Recipe, Scaling};
pub use summary::{Against, Spread, Summary, Verdict, absent, summarise};

use work::PublishedTable;

/// The experiment's name.
pub const NAME: &str = "published";

/// A finished run.
pub type Line = Record<Run, Answer, Measured>;

/// Settings of [`run`].
///
/// | setting | default | range |
/// |---|---|---|
/// | `folder` | none: must be given | |
/// | `only` | all tables | |
/// | `protocols` | all | at least one |
/// | `seeds` | 10 | of version 1, at least 1 |
/// | `trials` | 3 | of the other protocols, at least 1 |
/// | `epochs` | those of the protocol | at least 1 |
/// | `placement` | first layer | |
/// | `with_default` | no | |
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublishedSettings {
    /// The folder of the tables, with `INDEX.json`.
    pub folder: PathBuf,
    /// Tables whose name contains one of these; empty for all.
    pub only: Vec<String>,
    /// Which experiments.
    pub protocols: Vec<Protocol>,
    /// Seeds 0 to `seeds` - 1 of version 1: test rows, initial weights and order of rows.
    pub seeds: u64,
    /// The same of the other protocols.
    pub trials: u64,
    /// Other epochs than the protocol's.
    pub epochs: Option<usize>,
    /// The layers that have the neuron. The paper's have it in all hidden layers and not in the
    /// last one; with one hidden layer that is [`Placement::First`].
    pub placement: Placement,
    /// Whether the default fit is done beside, on the test rows of seed 0.
    pub with_default: bool,
}

impl Default for PublishedSettings {
    fn default() -> PublishedSettings {
        PublishedSettings {
            folder: PathBuf::new(),
            only: Vec::new(),
            protocols: Protocol::ALL.to_vec(),
            seeds: 10,
            trials: 3,
            epochs: None,
            placement: Placement::First,
            with_default: false,
        }
    }
}

/// What is fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// The networks of the found neuron and of x.
    Networks {
        /// Units of the hidden layers.
        hidden: Vec<usize>,
        /// How.
        recipe: Recipe,
    },
    /// The default fit, with this share of test rows.
    Default {
        /// The share.
        test: f64,
    },
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Which experiment.
    pub protocol: Protocol,
    /// The table's name.
    pub table: String,
    /// The digest of its file.
    pub digest: String,
    /// What is fitted.
    pub what: What,
    /// The seed of everything random.
    pub seed: u64,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Both networks were trained.
    Networks {
        /// What the search found; x where it found nothing.
        neuron: Neuron,
        /// Rows of training, validation and test.
        rows: [usize; 3],
        /// Encoded inputs.
        inputs: usize,
        /// The network of the neuron.
        found: Scored,
        /// The network of x.
        linear: Scored,
    },
    /// The default fit.
    Default(Scored),
    /// It could not be done.
    Failed(String),
}

/// One model on the test rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// How good it is.
    pub scores: Scores,
    /// Coefficients.
    pub parameters: usize,
}

/// How good a model is on the test rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scores {
    /// Of numbers.
    Values {
        /// [`Measure::Standard`].
        standard: f64,
        /// [`Measure::Unit`].
        unit: f64,
    },
    /// Of classes.
    Classes {
        /// [`Measure::Accuracy`].
        accuracy: f64,
        /// [`Measure::F1`].
        f1: f64,
    },
}

impl Scores {
    /// The one that is asked for, if there is such a one.
    pub fn get(&self, measure: Measure) -> Option<f64> {
        match (self, measure) {
            (Scores::Values { unit, .. }, Measure::Unit) => Some(*unit),
            (Scores::Values { standard, .. }, Measure::Standard) => Some(*standard),
            (Scores::Classes { accuracy, .. }, Measure::Accuracy) => Some(*accuracy),
            (Scores::Classes { f1, .. }, Measure::F1) => Some(*f1),
            _ => None,
        }
    }
}

/// What was measured of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Processor seconds of its one thread.
    pub cpu_seconds: f64,
}

/// Why the experiment cannot run.
#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    /// Settings out of range.
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
    /// The index of the tables.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// None of the chosen tables is one of the paper's.
    #[error("no chosen table of the folder is in the chosen experiments; tables of theirs: {0}")]
    NoTable(String),
    /// The runs.
    #[error(transparent)]
    Runs(#[from] RunsError),
}

impl PublishedSettings {
    fn check(&self) -> Result<(), PublishedError> {
        let mut problems = Vec::new();
        if self.protocols.is_empty() {
            problems.push("no protocol is named: v1, table3 or real".to_string());
        }
        for (name, value) in [("seeds", self.seeds), ("trials", self.trials)] {
            if value < 1 {
                problems.push(format!("{name} {value} are too few: at least 1"));
            }
        }
        if self.epochs == Some(0) {
            problems.push("epochs 0 are too few: at least 1".to_string());
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(PublishedError::Settings(problems)),
        }
    }

    /// The tables of the chosen experiments, in the order of [`CASES`].
    pub fn cases(&self) -> impl Iterator<Item = &'static Case> {
        let chosen = |case: &&Case| self.protocols.contains(&case.protocol);
        CASES.iter().filter(chosen)
    }
}

/// Runs all; records by protocol and table in the order of [`CASES`], then seed, the default fit
/// last.
///
/// # Errors
/// See [`PublishedError`]. A training that fails is an answer, not an error.
pub fn run(
    settings: &PublishedSettings,
    options: &Options,
    control: &Control<'_>,
    each: &Each<'_, Run, Answer, Measured>,
) -> Result<Results<Run, Answer, Measured>, PublishedError> {
    settings.check()?;
    let entries = chosen_entries(&settings.folder.join("INDEX.json"), &settings.only)?;
    let mut files = Vec::new();
    for entry in entries {
        if settings.cases().any(|case| case.table == entry.name) {
            files.push(PublishedTable(TableFile::new(&settings.folder, entry)?));
        }
    }
    if files.is_empty() {
        let names: Vec<&str> = settings.cases().map(|case| case.table).collect();
        return Err(PublishedError::NoTable(names.join(", ")));
    }
    let plan = plan(settings, &files);
    let work = |run: &Run, control: &Control<'_>| {
        let mut same = files.iter().filter(|file| file.0.entry.name == run.table);
        let file = same
            .next()
            .ok_or_else(|| format!("no table {}", run.table))?;
        Ok(file.answer(run, control))
    };
    Ok(execute(&plan, options, control, &work, each)?)
}

fn plan(settings: &PublishedSettings, files: &[PublishedTable]) -> Plan<Run> {
    let mut runs = Vec::new();
    for case in settings.cases() {
        let Some(file) = files.iter().find(|file| file.0.entry.name == case.table) else {
            continue;
        };
        let recipe = case.protocol.recipe(settings.placement, settings.epochs);
        let of = |what: What, seed: u64| Run {
            protocol: case.protocol,
            table: case.table.to_string(),
            digest: file.0.digest.clone(),
            what,
            seed,
        };
        let seeds = match case.protocol {
            Protocol::First => settings.seeds,
            Protocol::TableThree | Protocol::RealWorld => settings.trials,
        };
        let networks = || What::Networks {
            hidden: case.hidden.to_vec(),
            recipe: recipe.clone(),
        };
        runs.extend((0..seeds).map(|seed| of(networks(), seed)));
        if settings.with_default {
            runs.push(of(What::Default { test: recipe.test }, 0));
        }
    }
    Plan {
        experiment: NAME,
        version: 1,
        runs,
    }
}
