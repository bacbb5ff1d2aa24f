//! How much of what a search finds is the data's, and how much is chance.
//!
//! The same search is repeated under one change at a time: another seed on the same rows; another
//! bootstrap sample of the rows; other noise added to the target. What differs then is not of the
//! data. Structures are compared pair by pair, with ranks and by orders alone; the spread of the
//! test error says whether different structures are at least equally good.
//!
//! A row that a bootstrap sample holds several times stands in it once, with that weight, so that
//! the folds inside a search share no rows.

use std::path::{Path, PathBuf};
use std::time::Instant;

use neuronseek::model::SearchOptions;
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::prepare::{PrepareError, Target};
use neuronseek::search::Problem;
use neuronseek::table::TableError;
use neuronseek::table::synthetic::{self, Case, Settings};
use serde::{Deserialize, Serialize};

use crate::method::{Method, find};
use crate::runs::{Each, Options, Plan, Results, RunsError, execute};
use crate::tables::{TablesError, chosen_entries};

mod data;
mod summary;
#[cfg(test)]
mod tests;
mod ties;

pub use summary::{Summary, markdown, summarise};
pub use ties::{Compared, compare, ties_markdown};

use data::{Parts, Prepared};

/// The experiment's name.
pub const NAME: &str = "stability";

/// The tables of the experiment where none are named.
pub const TABLES: [&str; 8] = [
    "california_housing",
    "airfoil_self_noise",
    "abalone",
    "bike_sharing",
    "diamonds",
    "magic_telescope",
    "vehicle",
    "electricity",
];

/// Settings of [`run`].
///
/// | setting | default | range |
/// |---|---|---|
/// | `cases` | all fifteen | |
/// | `table` | 2500 x 10, noise 0.01, seed 0 | as [`synthetic::Settings`], `dim` at least 3 |
/// | `folder` | none | |
/// | `only` | [`TABLES`] | |
/// | `split` | 0 | |
/// | `changes` | seed, bootstrap, noise 0.01, 0.1, 0.3, 1 | noise above 0 and finite |
/// | `repeats` | 20 | at least 2 |
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StabilitySettings {
    /// The synthetic cases.
    pub cases: Vec<Case>,
    /// Their size and seed. The noise is in deviations of the signal and on training rows alone.
    pub table: Settings,
    /// The folder of the real tables, with `INDEX.json`; none without.
    pub folder: Option<PathBuf>,
    /// Tables whose name contains one of these; empty for all.
    pub only: Vec<String>,
    /// The tabular protocol's hash split, which gives the test rows.
    pub split: u64,
    /// What is changed.
    pub changes: Vec<Change>,
    /// How often, with seeds 0 to `repeats` - 1.
    pub repeats: u64,
}

impl Default for StabilitySettings {
    fn default() -> StabilitySettings {
        StabilitySettings {
            cases: Case::all().collect(),
            table: Settings::default(),
            folder: None,
            only: TABLES.iter().map(|name| name.to_string()).collect(),
            split: 0,
            changes: [Change::Seed, Change::Bootstrap]
                .into_iter()
                .chain([0.01, 0.1, 0.3, 1.0].map(Change::Noise))
                .collect(),
            repeats: 20,
        }
    }
}

/// What differs between the repetitions of a search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The seed of the search, on the same rows.
    Seed,
    /// The rows: as many as there are, drawn with replacement.
    Bootstrap,
    /// Normal noise of so many deviations of the training target, added to it. Tables of classes
    /// have none.
    Noise(f64),
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Change::Seed => f.write_str("seed"),
            Change::Bootstrap => f.write_str("bootstrap"),
            Change::Noise(level) => write!(f, "noise {level}"),
        }
    }
}

/// What is searched on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Data {
    /// A synthetic case.
    Synthetic {
        /// The case.
        case: Case,
        /// How it is generated.
        table: Settings,
    },
    /// A real table.
    Table {
        /// Its name.
        name: String,
        /// The digest of its file.
        digest: String,
        /// The hash split.
        split: u64,
    },
}

impl Data {
    /// "hybrid 3", "abalone".
    pub fn name(&self) -> String {
        match self {
            Data::Synthetic { case, .. } => case.to_string(),
            Data::Table { name, .. } => name.clone(),
        }
    }

    /// The true structure, where there is one.
    pub fn truth(&self) -> Option<Neuron> {
        match self {
            Data::Synthetic { case, .. } => Some(case.neuron()),
            Data::Table { .. } => None,
        }
    }
}

/// One search to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The method's name.
    pub method: String,
    /// Its settings.
    pub search: SearchOptions,
    /// What is searched on.
    pub data: Data,
    /// What is changed.
    pub change: Change,
    /// The seed of the change; the search's own is 0 where it is not what changes.
    pub seed: u64,
}

/// What one search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The structure; `None` when the search failed.
    pub neuron: Option<Neuron>,
    /// The error of the method's own formula on the test rows: mean squared error over the
    /// variance, or mean log loss; `None` when it is not a finite number.
    pub test_error: Option<f64>,
    /// The search's error.
    pub error: Option<String>,
}

/// What was measured of one search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Wall-clock seconds of the search on its one thread.
    pub seconds: f64,
}

/// Why the experiment cannot run.
#[derive(Debug, thiserror::Error)]
pub enum StabilityError {
    /// Settings out of range.
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
    /// The generator's settings.
    #[error(transparent)]
    Synthetic(#[from] synthetic::SettingsError),
    /// The index of the tables.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// A file.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Its preparation.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The runs.
    #[error(transparent)]
    Runs(#[from] RunsError),
}

impl StabilitySettings {
    fn check(&self) -> Result<(), StabilityError> {
        let mut problems = Vec::new();
        if self.repeats < 2 {
            problems.push(format!(
                "repeats {} are too few: at least 2, so that there is a pair",
                self.repeats
            ));
        }
        for change in &self.changes {
            if let Change::Noise(level) = change
                && !(*level > 0.0 && level.is_finite())
            {
                problems.push(format!(
                    "noise {level} is out of range: above 0, in deviations of the target"
                ));
            }
        }
        if self.changes.is_empty() {
            problems.push("nothing is changed: name seed, bootstrap or noise".to_string());
        }
        if self.cases.is_empty() && self.folder.is_none() {
            problems.push("there is nothing to search on: name cases or a folder".to_string());
        }
        if !problems.is_empty() {
            return Err(StabilityError::Settings(problems));
        }
        for case in &self.cases {
            self.table.check(case)?;
        }
        Ok(())
    }
}

/// Runs every method on every data set under every change; records by method, then data, then
/// change, then seed.
///
/// # Errors
/// See [`StabilityError`]. A search that fails is a record, not an error.
pub fn run(
    settings: &StabilitySettings,
    methods: &[Method],
    options: &Options,
    control: &Control<'_>,
    each: &Each<'_, Run, Found, Measured>,
) -> Result<Results<Run, Found, Measured>, StabilityError> {
    settings.check()?;
    let tables = match &settings.folder {
        Some(folder) => read_tables(folder, settings)?,
        None => Vec::new(),
    };
    let plan = plan(settings, methods, &tables);
    let work = |run: &Run, control: &Control<'_>| {
        let method = find(methods, &run.method, &run.search)?;
        match &run.data {
            Data::Synthetic { case, table } => {
                search_once(run, &data::synthetic(case, table)?, method, control)
            }
            Data::Table { name, .. } => {
                let table = tables.iter().find(|table| &table.name == name);
                let table = table.ok_or_else(|| format!("no table {name}"))?;
                search_once(run, &table.parts, method, control)
            }
        }
    };
    Ok(execute(&plan, options, control, &work, each)?)
}

fn read_tables(
    folder: &Path,
    settings: &StabilitySettings,
) -> Result<Vec<Prepared>, StabilityError> {
    let entries = chosen_entries(&folder.join("INDEX.json"), &settings.only)?;
    let read = |entry| Prepared::read(folder, entry, settings.split);
    entries.iter().map(read).collect()
}

fn plan(settings: &StabilitySettings, methods: &[Method], tables: &[Prepared]) -> Plan<Run> {
    let cases = settings.cases.iter().map(|&case| Data::Synthetic {
        case,
        table: settings.table,
    });
    let real = tables.iter().map(|table| Data::Table {
        name: table.name.clone(),
        digest: table.digest.clone(),
        split: settings.split,
    });
    let data: Vec<Data> = cases.chain(real).collect();
    let of_classes = |data: &Data| {
        let mut same = tables.iter().filter(|table| table.name == data.name());
        same.any(|table| matches!(table.parts.training.target, Target::Classes { .. }))
    };
    let mut runs = Vec::new();
    for method in methods {
        for data in &data {
            for &change in &settings.changes {
                if matches!(change, Change::Noise(_)) && of_classes(data) {
                    continue;
                }
                runs.extend((0..settings.repeats).map(|seed| Run {
                    method: method.name.clone(),
                    search: method.options.clone(),
                    data: data.clone(),
                    change,
                    seed,
                }));
            }
        }
    }
    Plan {
        experiment: NAME,
        version: 2,
        runs,
    }
}

fn search_once(
    run: &Run,
    parts: &Parts,
    method: &Method,
    control: &Control<'_>,
) -> Result<(Found, Measured), String> {
    let scale = data::scale(&parts.training, run.search.origin);
    let (training, weights) = data::changed(&parts.training, run.change, run.seed);
    let inputs = scale.apply(&training.inputs);
    let problem = Problem {
        inputs: &inputs,
        target: &training.target,
        weights: weights.as_deref(),
    };
    let seed = if run.change == Change::Seed {
        run.seed
    } else {
        0
    };
    let began = Instant::now();
    let result = method.search.search(&problem, seed, control);
    let seconds = began.elapsed().as_secs_f64();
    let found = match result {
        Ok(report) => {
            let test = scale.apply(&parts.test.inputs);
            let target = &parts.test.target;
            let error = data::error(&report.formula, &test, target, &parts.training.target);
            Found {
                neuron: Some(report.neuron),
                test_error: Some(error).filter(|error| error.is_finite()),
                error: None,
            }
        }
        Err(error) => Found {
            neuron: None,
            test_error: None,
            error: Some(error.to_string()),
        },
    };
    Ok((found, Measured { seconds }))
}
