use std::path::Path;

use neuronseek::matrix::Matrix;
use neuronseek::model::Limits;
use neuronseek::prepare::{
    Origin, Preparation, PrepareOptions, SearchScale, Target, probabilities,
};
use neuronseek::search::Formula;
use neuronseek::table::split::by_hash;
use neuronseek::table::synthetic::{Case, Settings, generate};
use neuronseek::table::{ReadOptions, Table};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::{Change, StabilityError};
use crate::probe::normalised_error;
use crate::runs::digest;
use crate::statistics::{deviation, mean};
use crate::tables::Entry;

/// Some rows.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// rows x inputs, not scaled.
    pub inputs: Matrix<f64>,
    pub target: Target,
}

impl Part {
    pub fn select(&self, rows: &[usize]) -> Part {
        Part {
            inputs: self.inputs.select_rows(rows),
            target: self.target.select_rows(rows),
        }
    }
}

/// Rows to search on, and rows to judge on.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub training: Part,
    pub test: Part,
}

/// A real table made ready.
#[derive(Debug)]
pub(super) struct Prepared {
    pub name: String,
    /// Of the file's bytes.
    pub digest: String,
    pub parts: Parts,
}

impl Prepared {
    /// Reads a table and splits it as the protocol does; the test rows have no part in how it is
    /// prepared.
    pub fn read(folder: &Path, entry: &Entry, split: u64) -> Result<Prepared, StabilityError> {
        let file = folder.join(&entry.file);
        let bytes = std::fs::read(&file).map_err(|source| StabilityError::Read {
            path: file.display().to_string(),
            source,
        })?;
        let table = Table::read(&file, &ReadOptions::default())?;
        let rows = by_hash(table.rows(), split);
        let options = entry.prepare(PrepareOptions::default());
        let preparation = Preparation::fit(&table, &options, &rows.train)?;
        let inputs = preparation.inputs(&table)?;
        let part = |rows: &[usize]| -> Result<Part, StabilityError> {
            let rows = preparation.usable_rows(&table, rows)?;
            Ok(Part {
                inputs: inputs.select_rows(&rows),
                target: preparation.target(&table, &rows)?,
            })
        };
        Ok(Prepared {
            name: entry.name.clone(),
            digest: digest(&bytes),
            parts: Parts {
                training: part(&rows.train)?,
                test: part(&rows.test)?,
            },
        })
    }
}

/// A synthetic case: `table.rows` training rows and half as many test rows. The target's noise is
/// `table.noise` of the signal's deviation, and the test rows have none.
pub(super) fn synthetic(case: &Case, table: &Settings) -> Result<Parts, String> {
    let clean = Settings {
        rows: table.rows + table.rows.div_ceil(2),
        noise: 0.0,
        ..*table
    };
    let made = generate(case, &clean).map_err(|error| error.to_string())?;
    let rows = made.y.len();
    let all = Part {
        target: Target::Values(Matrix::from_vec(rows, 1, made.y)),
        inputs: made.inputs,
    };
    let mut training = all.select(&(0..table.rows).collect::<Vec<_>>());
    add_noise(
        &mut training.target,
        table.noise,
        &mut random("noise", table.seed),
    );
    Ok(Parts {
        training,
        test: all.select(&(table.rows..rows).collect::<Vec<_>>()),
    })
}

/// The rows as `change` has them, with their weights. A row drawn several times stands once, with
/// the weight of its times: no row is then on both sides of a fold of the search's own.
pub(super) fn changed(training: &Part, change: Change, seed: u64) -> (Part, Option<Vec<f64>>) {
    match change {
        Change::Seed => (training.clone(), None),
        Change::Bootstrap => {
            let count = training.inputs.rows();
            let mut random = random("bootstrap", seed);
            let mut times = vec![0usize; count];
            for _ in 0..count {
                times[random.random_range(0..count)] += 1;
            }
            let rows: Vec<usize> = (0..count).filter(|&row| times[row] > 0).collect();
            let mean = count as f64 / rows.len().max(1) as f64;
            let weights = rows.iter().map(|&row| times[row] as f64 / mean).collect();
            (training.select(&rows), Some(weights))
        }
        Change::Noise(level) => {
            let mut noisy = training.clone();
            add_noise(&mut noisy.target, level, &mut random("change", seed));
            (noisy, None)
        }
    }
}

/// A stream for each purpose.
fn random(purpose: &str, seed: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(
        purpose
            .bytes()
            .fold(0, |sum, byte| sum * 31 + u64::from(byte)),
    );
    random
}

/// Adds normal noise of `level` deviations to each column of numbers; classes stay.
fn add_noise(target: &mut Target, level: f64, random: &mut impl Rng) {
    let Target::Values(values) = target else {
        return;
    };
    let sizes: Vec<f64> = (0..values.columns())
        .map(|column| level * deviation(&values.column(column)).unwrap_or(0.0))
        .collect();
    for row in 0..values.rows() {
        for (value, size) in values.row_mut(row).iter_mut().zip(&sizes) {
            *value += size * random.sample::<f64, _>(StandardNormal);
        }
    }
}

/// Fitted to the rows before any change, so that all searches see one scale.
pub(super) fn scale(training: &Part, origin: Origin) -> SearchScale {
    SearchScale::fit(&training.inputs, origin)
}

/// The error on scaled test rows: the mean squared error over the variance of the target, with
/// predictions kept near the range of the training target as those of a model are, or the mean
/// log loss; infinite when a prediction is not a number.
pub(super) fn error(
    formula: &Formula,
    inputs: &Matrix<f64>,
    target: &Target,
    training: &Target,
) -> f64 {
    let mut fitted = formula.values(inputs);
    match target {
        Target::Values(values) => {
            Limits::of(training).apply(&mut fitted);
            normalised_error(&fitted.column(0), &values.column(0))
        }
        Target::Classes { labels, count } => {
            let shares = probabilities(&fitted, *count);
            let losses: Vec<f64> = labels
                .iter()
                .enumerate()
                .map(|(row, &label)| -shares.row(row)[label].max(1e-15).ln())
                .collect();
            let loss = mean(&losses).unwrap_or(f64::INFINITY);
            let wrong = shares.data().iter().any(|share| share.is_nan());
            if wrong { f64::INFINITY } else { loss }
        }
    }
}
