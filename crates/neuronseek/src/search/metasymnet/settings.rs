use serde::{Deserialize, Serialize};

use crate::search::SearchError;

/// Settings of [`MetaSymNet`](super::MetaSymNet).
///
/// A network is trained on the mean squared error over the target's variance, plus `lambda` times
/// the mean entropy of its selections (each over the entropy of an even choice), plus `1e-4` times
/// the mean square of its weights and biases; `lambda` is 0, 0.01, 0.1 and 1 in turn. Expressions
/// are compared by `n ln(MSE) + s ln n`, with the number s of their operations, inputs and
/// constants.
///
/// | setting | default | range |
/// |---|---|---|
/// | `rounds` | 200 | 1 to 100000 |
/// | `networks` | 12 | 1 to 1000 networks trained in a round |
/// | `iterations` | 20 | 1 to 10000 steps of L-BFGS for each `lambda` |
/// | `largest` | 12 | 1 to 50 meta functions in a network |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetaSymNetSettings {
    /// Rounds of growth in all, over all restarts. Ends earlier where a formula fits exactly.
    pub rounds: usize,
    /// How many networks are trained in a round, of which the best goes on.
    pub networks: usize,
    /// Steps of L-BFGS for each weight of the entropy.
    pub iterations: usize,
    /// The most meta functions in a network.
    pub largest: usize,
}

impl Default for MetaSymNetSettings {
    fn default() -> MetaSymNetSettings {
        MetaSymNetSettings {
            rounds: 200,
            networks: 12,
            iterations: 20,
            largest: 12,
        }
    }
}

impl MetaSymNetSettings {
    /// Checks all settings at once.
    ///
    /// # Errors
    /// [`SearchError::Settings`] with one sentence per setting that is out of range.
    pub fn check(&self) -> Result<(), SearchError> {
        super::super::in_ranges(&[
            ("rounds", self.rounds, 1, 100_000),
            ("networks", self.networks, 1, 1000),
            ("iterations", self.iterations, 1, 10_000),
            ("largest", self.largest, 1, 50),
        ])
    }
}
