use serde::{Deserialize, Serialize};

use crate::search::SearchError;

/// Settings of [`Eql`](super::Eql).
///
/// Minimises by Adam `mean (y - f(x))^2 + penalty sum |w|` over the weights and biases w (all but the
/// output's constant) of a network f of `layers` hidden layers, each with `units` units of the identity, the sine, the
/// cosine, the logistic function and the product of two numbers; y has deviation 1.
///
/// | setting | default | range |
/// |---|---|---|
/// | `layers` | 1 | 1 to 3 |
/// | `units` | 20 | 1 to 200 of each kind |
/// | `epochs` | 500 | 4 to 100000; the penalty acts from the first to the third quarter |
/// | `batch` | 64 | 1 to 1000000 rows |
/// | `rate` | 0.01 | above 0, at most 1; falls to 0 by a cosine, twice |
/// | `penalty` | 0.0001 | 0 to 1000 |
/// | `threshold` | 0.01 | 0 to 1: a weight times the deviation of what it weighs |
/// | `longest` | 1000 | 10 to 9000 operations |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EqlSettings {
    /// Hidden layers.
    pub layers: usize,
    /// Units of each kind in a layer.
    pub units: usize,
    /// Passes over the rows; the last quarter refits what is left after thresholding.
    pub epochs: usize,
    /// Rows in a step.
    pub batch: usize,
    /// The learning rate at the start.
    pub rate: f64,
    /// L1.
    pub penalty: f64,
    /// Weights of less effect are set to 0 after three quarters.
    pub threshold: f64,
    /// The threshold is raised until the formula has at most so many operations.
    pub longest: usize,
}

impl Default for EqlSettings {
    fn default() -> EqlSettings {
        EqlSettings {
            layers: 1,
            units: 20,
            epochs: 500,
            batch: 64,
            rate: 0.01,
            penalty: 1e-4,
            threshold: 0.01,
            longest: 1000,
        }
    }
}

impl EqlSettings {
    /// Checks all settings at once.
    ///
    /// # Errors
    /// [`SearchError::Settings`] with one sentence per setting that is out of range.
    pub fn check(&self) -> Result<(), SearchError> {
        let whole = crate::search::in_ranges(&[
            ("layers", self.layers, 1, 3),
            ("units", self.units, 1, 200),
            ("epochs", self.epochs, 4, 100_000),
            ("batch", self.batch, 1, 1_000_000),
            ("longest", self.longest, 10, 9000),
        ]);
        let mut problems = match whole {
            Err(SearchError::Settings(problems)) => problems,
            _ => Vec::new(),
        };
        if !(self.rate > 0.0 && self.rate <= 1.0) {
            problems.push(format!(
                "rate {} is out of range: above 0, at most 1",
                self.rate
            ));
        }
        for (name, value, most) in [
            ("penalty", self.penalty, 1000.0),
            ("threshold", self.threshold, 1.0),
        ] {
            if !(0.0..=most).contains(&value) {
                problems.push(format!("{name} {value} is out of range: 0 to {most}"));
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(SearchError::Settings(problems))
        }
    }
}
