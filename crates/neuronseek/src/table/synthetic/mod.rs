//! The fifteen synthetic cases, whose structure is known.
//!
//! A search is judged by whether it finds exactly the terms of [`Case::neuron`]. Inputs,
//! coefficients and noise come from separate random streams of one seed, so that the same case at
//! another noise level has the same inputs and the same formula.

mod case;
mod file;
mod law;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

pub use case::{Case, Mode, TrueTerm};
pub use file::{Truth, truth_path};
pub use law::Law;

use crate::matrix::Matrix;
use crate::neuron::Neuron;

/// How many cells (rows x inputs) a synthetic table may have: 8 GB of numbers.
pub const MAX_CELLS: usize = 1_000_000_000;

/// The highest noise: beyond it the formula drowns in rounding.
pub const MAX_NOISE: f64 = 1e9;

/// Settings of [`generate`].
///
/// | setting | default | range |
/// |---|---|---|
/// | `dim` | 10 | at least 1 (pure), 2 (interaction), 3 (hybrid) |
/// | `rows` | 2500 | at least 2; `rows * dim` at most [`MAX_CELLS`] |
/// | `noise` | 0.01 | 0 to [`MAX_NOISE`] |
/// | `seed` | 0 | any |
/// | `law` | normal | see [`Law`] |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The number of inputs D.
    pub dim: usize,
    /// The number of rows n.
    pub rows: usize,
    /// The deviation of the normal noise that is added before y is standardised.
    pub noise: f64,
    /// The seed of inputs, coefficients and noise.
    pub seed: u64,
    /// The law of the inputs.
    pub law: Law,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            dim: 10,
            rows: 2500,
            noise: 0.01,
            seed: 0,
            law: Law::Normal,
        }
    }
}

/// Why a case cannot be generated; names every problem at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("; "))]
pub struct SettingsError {
    /// One sentence each: the value, the allowed range, what to do.
    pub problems: Vec<String>,
}

impl Settings {
    /// Checks the settings for `case`, all at once.
    pub fn check(&self, case: &Case) -> Result<(), SettingsError> {
        let mut problems = Vec::new();
        if case.variant >= Case::VARIANTS {
            problems.push(format!("variant {} is not one of 0 to 4", case.variant));
        }
        let least = case.mode.least_dim();
        if self.dim < least {
            problems.push(format!(
                "dim {} is too small: {} cases need at least {least} inputs",
                self.dim, case.mode
            ));
        }
        if self.rows < 2 {
            problems.push(format!("rows {} are too few: at least 2", self.rows));
        }
        let cells = self.rows.checked_mul(self.dim);
        if cells.is_none_or(|cells| cells > MAX_CELLS) {
            problems.push(format!(
                "{} rows of {} inputs are too many cells: at most {MAX_CELLS}, so take fewer rows or a smaller dim",
                self.rows, self.dim
            ));
        }
        if !(0.0..=MAX_NOISE).contains(&self.noise) {
            problems.push(format!(
                "noise {} is out of range: a number from 0 to {MAX_NOISE:e}",
                self.noise
            ));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(SettingsError { problems })
        }
    }
}

/// A generated case.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthetic {
    /// The inputs, rows x dim.
    pub inputs: Matrix<f64>,
    /// The target, rows: (f(x) + noise - mean) / deviation, so of mean 0 and (population)
    /// deviation 1.
    pub y: Vec<f64>,
    /// The structure that a search should find, ranks included.
    pub truth: Neuron,
    /// The summands of f with their numbers.
    pub terms: Vec<TrueTerm>,
    /// The mean of f(x) + noise over the rows.
    pub mean: f64,
    /// The deviation of f(x) + noise over the rows.
    pub deviation: f64,
    /// Which case.
    pub case: Case,
    /// How it was generated.
    pub settings: Settings,
}

/// Generates a case. The same case and settings give the same bits.
///
/// # Errors
/// When settings are out of range; all problems are named at once.
///
/// ```
/// use neuronseek::table::synthetic::{Case, Mode, Settings, generate};
///
/// let case = Case { mode: Mode::Hybrid, variant: 1 };
/// let synthetic = generate(&case, &Settings { rows: 100, ..Settings::default() })?;
/// assert_eq!(synthetic.truth.to_string(), "x + cp(2, r=1)");
/// assert_eq!((synthetic.inputs.rows(), synthetic.inputs.columns()), (100, 10));
/// # Ok::<(), neuronseek::table::synthetic::SettingsError>(())
/// ```
pub fn generate(case: &Case, settings: &Settings) -> Result<Synthetic, SettingsError> {
    settings.check(case)?;
    let mut random = stream(case, settings, 0);
    let terms = case.draw(settings.dim, &mut random);
    let mut random = stream(case, settings, 1);
    let inputs = settings.law.draw(settings.rows, settings.dim, &mut random);
    let mut random = stream(case, settings, 2);
    let mut y: Vec<f64> = (0..settings.rows)
        .map(|row| {
            let clean: f64 = terms.iter().map(|term| term.value(inputs.row(row))).sum();
            clean + settings.noise * random.sample::<f64, _>(StandardNormal)
        })
        .collect();
    let (mean, deviation) = standardise(&mut y);
    Ok(Synthetic {
        inputs,
        y,
        truth: case.neuron(),
        terms,
        mean,
        deviation,
        case: *case,
        settings: *settings,
    })
}

/// The random stream of one purpose (0 coefficients, 1 inputs, 2 noise) of one case.
fn stream(case: &Case, settings: &Settings, purpose: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    random.set_stream(case.index() * 3 + purpose);
    random
}

/// Shifts and scales to mean 0 and population deviation 1; gives back both as they were.
fn standardise(y: &mut [f64]) -> (f64, f64) {
    let n = y.len() as f64;
    let mean = y.iter().sum::<f64>() / n;
    let variance = y.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    for y in y.iter_mut() {
        *y = (*y - mean) / deviation;
    }
    (mean, deviation)
}

#[cfg(test)]
mod tests;
