//! How often a search finds the structure of a synthetic case.
//!
//! Every method sees the same tables: the fifteen cases of [`Case::all`], each with seeds
//! `first_seed .. first_seed + seeds`. A row's verdict compares orders, ranks included:
//! [`Verdict::Perfect`] is exact. Rivals leave ranks open, so what is exact by orders alone is
//! counted beside. The rows come in a fixed order whatever `jobs` is.

use std::time::Instant;

use neuronseek::matrix::Matrix;
use neuronseek::model::SearchOptions;
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::prepare::Target;
use neuronseek::search::Problem;
use neuronseek::table::synthetic::{Case, Law, Settings, generate};
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::method::{Method, find, limited};
use crate::runs::{Each, Options, Plan, Record, Results, execute};
use crate::structure::{twins, without_ranks};

mod summary;
#[cfg(test)]
mod tests;
mod verdict;

pub use summary::{Summary, markdown, summarise};
pub use verdict::{Verdict, verdict};

/// The experiment's name.
pub const NAME: &str = "recovery";

/// Settings of [`run`].
///
/// | setting | default | range |
/// |---|---|---|
/// | `dim` | 10 | at least 3 |
/// | `rows` | 2500 | at least 2 |
/// | `noise` | 0.01 | as [`Settings`] |
/// | `law` | normal | |
/// | `seeds` | 20 | at least 1 |
/// | `first_seed` | 0 | |
/// | `budget` | none | seconds, above 0 |
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecoverySettings {
    /// The number of inputs.
    pub dim: usize,
    /// The number of rows.
    pub rows: usize,
    /// The deviation of the noise.
    pub noise: f64,
    /// The law of the inputs.
    pub law: Law,
    /// How many seeds each case is generated with.
    pub seeds: u64,
    /// The first seed.
    pub first_seed: u64,
    /// Seconds that a search may take; what it finds then depends on the machine's speed.
    pub budget: Option<f64>,
}

impl Default for RecoverySettings {
    fn default() -> RecoverySettings {
        RecoverySettings {
            dim: 10,
            rows: 2500,
            noise: 0.01,
            law: Law::Normal,
            seeds: 20,
            first_seed: 0,
            budget: None,
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
    /// The synthetic case.
    pub case: Case,
    /// How its table is generated; its seed is the search's too.
    pub table: Settings,
    /// Seconds that the search may take; no limit without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<f64>,
}

/// What one search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The true structure.
    pub truth: Neuron,
    /// What was found; empty when the search failed.
    pub found: Neuron,
    /// How the two compare.
    pub verdict: Verdict,
    /// Whether they are equal but for ranks.
    pub exact_orders: bool,
    /// True terms that were found as their twin, see [`twins`].
    pub twins: usize,
    /// The search's error.
    pub error: Option<String>,
}

/// What was measured of one search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Wall-clock seconds of the search on its one thread.
    pub seconds: f64,
}

/// One search, in short.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The method's name.
    pub method: String,
    /// "pure 0" to "hybrid 4".
    pub case: String,
    /// The seed of the table and of the search.
    pub seed: u64,
    /// The true structure.
    pub truth: Neuron,
    /// What was found; empty when the search failed.
    pub found: Neuron,
    /// How the two compare.
    pub verdict: Verdict,
    /// Whether they are equal but for ranks.
    pub exact_orders: bool,
    /// True terms that were found as their twin, see [`twins`].
    pub twins: usize,
    /// Wall-clock seconds of the search on its one thread.
    pub seconds: f64,
    /// The search's error.
    pub error: Option<String>,
}

impl From<&Record<Run, Found, Measured>> for Row {
    fn from(record: &Record<Run, Found, Measured>) -> Row {
        let (run, found) = (&record.run, record.result.clone());
        Row {
            method: run.method.clone(),
            case: run.case.to_string(),
            seed: run.table.seed,
            truth: found.truth,
            found: found.found,
            verdict: found.verdict,
            exact_orders: found.exact_orders,
            twins: found.twins,
            seconds: record.measured.seconds,
            error: found.error,
        }
    }
}

/// Runs every method on every case with every seed, one table size after the other; records by
/// size, then method, then case, then seed.
///
/// Each input is divided by its root mean square before the search, the zero kept.
///
/// # Errors
/// When settings are out of range, or a file of results cannot be used. A search that fails is a
/// record, not an error.
pub fn run(
    sizes: &[RecoverySettings],
    methods: &[Method],
    options: &Options,
    control: &Control<'_>,
    each: &Each<'_, Run, Found, Measured>,
) -> Result<Results<Run, Found, Measured>, ExperimentError> {
    let plan = plan(sizes, methods)?;
    let work = |run: &Run, control: &Control<'_>| {
        let method = find(methods, &run.method, &run.search)?;
        search_once(run, method, control)
    };
    Ok(execute(&plan, options, control, &work, each)?)
}

/// The rows of one table size.
pub fn rows(size: &RecoverySettings, records: &[Record<Run, Found, Measured>]) -> Vec<Row> {
    let own = records.iter().filter(|record| {
        let table = record.run.table;
        table_settings(size, table.seed) == table && record.run.budget == size.budget
    });
    own.map(Row::from).collect()
}

fn plan(sizes: &[RecoverySettings], methods: &[Method]) -> Result<Plan<Run>, ExperimentError> {
    let mut runs = Vec::new();
    for size in sizes {
        if size.seeds == 0 {
            let problem = "seeds 0 is out of range: at least 1".to_string();
            return Err(ExperimentError::Settings(problem));
        }
        if size
            .budget
            .is_some_and(|seconds| !(seconds > 0.0 && seconds <= 1e6))
        {
            let problem = "the budget must be above 0 seconds, and at most a million".to_string();
            return Err(ExperimentError::Settings(problem));
        }
        for method in methods {
            for case in Case::all() {
                table_settings(size, size.first_seed).check(&case)?;
                let seeds = size.first_seed..size.first_seed.saturating_add(size.seeds);
                runs.extend(seeds.map(|seed| Run {
                    method: method.name.clone(),
                    search: method.options.clone(),
                    case,
                    table: table_settings(size, seed),
                    budget: size.budget,
                }));
            }
        }
    }
    Ok(Plan {
        experiment: NAME,
        version: 1,
        runs,
    })
}

fn table_settings(size: &RecoverySettings, seed: u64) -> Settings {
    Settings {
        dim: size.dim,
        rows: size.rows,
        noise: size.noise,
        seed,
        law: size.law,
    }
}

fn search_once(
    run: &Run,
    method: &Method,
    control: &Control<'_>,
) -> Result<(Found, Measured), String> {
    let table = generate(&run.case, &run.table).map_err(|error| error.to_string())?;
    let inputs = unit_mean_square(&table.inputs);
    let target = Target::Values(Matrix::from_vec(table.y.len(), 1, table.y));
    let problem = Problem {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let began = Instant::now();
    let limited = limited(control, began, run.budget);
    let result = method.search.search(&problem, run.table.seed, &limited);
    let seconds = began.elapsed().as_secs_f64();
    let (found, error) = match result {
        Ok(report) => (report.neuron, None),
        Err(error) => (Neuron::default(), Some(error.to_string())),
    };
    let found = Found {
        verdict: match error {
            None => verdict(&found, &table.truth),
            Some(_) => Verdict::Failed,
        },
        exact_orders: without_ranks(&found) == without_ranks(&table.truth),
        twins: twins(&found, &table.truth),
        truth: table.truth,
        found,
        error,
    };
    Ok((found, Measured { seconds }))
}

/// Each input divided by its root mean square.
pub(crate) fn unit_mean_square(inputs: &Matrix<f64>) -> Matrix<f64> {
    let mut scaled = inputs.clone();
    let rows = inputs.rows() as f64;
    let sizes: Vec<f64> = (0..inputs.columns())
        .map(|input| {
            let squares = (0..inputs.rows()).map(|row| inputs.row(row)[input].powi(2));
            (squares.sum::<f64>() / rows).sqrt()
        })
        .collect();
    for row in 0..scaled.rows() {
        for (value, size) in scaled.row_mut(row).iter_mut().zip(&sizes) {
            if *size > 0.0 {
                *value /= size;
            }
        }
    }
    scaled
}
