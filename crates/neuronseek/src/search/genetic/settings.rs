use serde::{Deserialize, Serialize};

use crate::neuron::MAX_ORDER;
use crate::search::SearchError;

/// Settings of [`Genetic`](super::Genetic).
///
/// Minimises, over programs g, the mean squared error of `b + a sum_i g(x_i)` with the best a and b.
///
/// | setting | default | range |
/// |---|---|---|
/// | `max_order` | 5 | 1 to 9; a program of higher degree is not viable |
/// | `population` | 5000 | 10 to 1000000 programs |
/// | `generations` | 20 | 1 to 100000 |
/// | `tournament` | 10 | 1 to 1000 programs |
/// | `released` | false | |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GeneticSettings {
    /// The highest degree of g.
    pub max_order: usize,
    /// Programs in a generation.
    pub population: usize,
    /// How many generations are judged.
    pub generations: usize,
    /// How many programs compete to become a parent.
    pub tournament: usize,
    /// As in the released code: the tournament looks at fitnesses that were shuffled apart from
    /// their programs, so that parents are drawn at random; fitness is the raw error of
    /// `sum_i g(x_i)`; constants are -1 and 0; the structure is that of the best program as it is.
    pub released: bool,
}

impl Default for GeneticSettings {
    fn default() -> GeneticSettings {
        GeneticSettings {
            max_order: 5,
            population: 5000,
            generations: 20,
            tournament: 10,
            released: false,
        }
    }
}

impl GeneticSettings {
    /// Checks all settings at once.
    ///
    /// # Errors
    /// [`SearchError::Settings`] with one sentence per setting that is out of range.
    pub fn check(&self) -> Result<(), SearchError> {
        super::super::in_ranges(&[
            ("max_order", self.max_order, 1, MAX_ORDER),
            ("population", self.population, 10, 1_000_000),
            ("generations", self.generations, 1, 100_000),
            ("tournament", self.tournament, 1, 1000),
        ])
    }
}
