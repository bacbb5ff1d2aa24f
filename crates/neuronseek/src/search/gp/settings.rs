use serde::{Deserialize, Serialize};

use crate::search::SearchError;

/// Settings of [`Gp`](super::Gp).
///
/// Minimises, over expressions f, `n ln(MSE) + s ln n`, with the mean squared error of `a + b f` for
/// the best a and b, and the number s of operations, inputs and constants in f.
///
/// | setting | default | range |
/// |---|---|---|
/// | `population` | 1000 | 10 to 1000000 expressions |
/// | `generations` | 100 | 1 to 100000 |
/// | `tournament` | 5 | 1 to 1000 expressions |
/// | `longest` | 40 | 3 to 1000 places of an expression |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GpSettings {
    /// Expressions in a generation.
    pub population: usize,
    /// How many generations are judged.
    pub generations: usize,
    /// How many expressions compete to become a parent.
    pub tournament: usize,
    /// The most operations, inputs and constants of an expression.
    pub longest: usize,
}

impl Default for GpSettings {
    fn default() -> GpSettings {
        GpSettings {
            population: 1000,
            generations: 100,
            tournament: 5,
            longest: 40,
        }
    }
}

impl GpSettings {
    /// Checks all settings at once.
    ///
    /// # Errors
    /// [`SearchError::Settings`] with one sentence per setting that is out of range.
    pub fn check(&self) -> Result<(), SearchError> {
        super::super::in_ranges(&[
            ("population", self.population, 10, 1_000_000),
            ("generations", self.generations, 1, 100_000),
            ("tournament", self.tournament, 1, 1000),
            ("longest", self.longest, 3, 1000),
        ])
    }
}
