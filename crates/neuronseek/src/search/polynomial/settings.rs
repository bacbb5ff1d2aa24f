use serde::{Deserialize, Serialize};

use crate::neuron::MAX_ORDER;
use crate::search::SearchError;

/// The most features that may ever be asked for.
const MOST_FEATURES: usize = 20_000;

/// Settings of [`Poly`](super::Poly).
///
/// Minimises `mean (y - b0 - <b, z>)^2 + lambda |b|^2` over all monomials z of the inputs, each
/// divided by its deviation, with lambda by generalised cross-validation.
///
/// | setting | default | range |
/// |---|---|---|
/// | `max_order` | 5 | 1 to 9 |
/// | `max_features` | 3000 | 1 to 20000; order 1 is fitted whatever it is |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolySettings {
    /// The highest degree of a monomial.
    pub max_order: usize,
    /// Of the degrees up to `max_order` the highest one with at most so many monomials is used.
    pub max_features: usize,
}

impl Default for PolySettings {
    fn default() -> PolySettings {
        PolySettings {
            max_order: 5,
            max_features: 3000,
        }
    }
}

impl PolySettings {
    /// Checks all settings at once.
    ///
    /// # Errors
    /// [`SearchError::Settings`] with one sentence per setting that is out of range.
    pub fn check(&self) -> Result<(), SearchError> {
        crate::search::in_ranges(&[
            ("max_order", self.max_order, 1, MAX_ORDER),
            ("max_features", self.max_features, 1, MOST_FEATURES),
        ])
    }
}

/// Settings of [`Lasso`](super::Lasso).
///
/// Minimises `mean (y - b0 - <b, z>)^2 / 2 + lambda |b|_1` over all monomials z of the inputs, each
/// divided by its deviation, for lambda falling from the least one without any monomial; the
/// active sets are refitted by least squares, and BIC chooses among the refits.
///
/// | setting | default | range |
/// |---|---|---|
/// | `max_order` | 5 | 1 to 9 |
/// | `max_features` | 3000 | 1 to 20000; order 1 is fitted whatever it is |
/// | `penalties` | 80 | 2 to 1000, from the largest lambda down to 1e-4 of it |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LassoSettings {
    /// The highest degree of a monomial.
    pub max_order: usize,
    /// Of the degrees up to `max_order` the highest one with at most so many monomials is used.
    pub max_features: usize,
    /// How many penalties are tried.
    pub penalties: usize,
}

impl Default for LassoSettings {
    fn default() -> LassoSettings {
        LassoSettings {
            max_order: 5,
            max_features: 3000,
            penalties: 80,
        }
    }
}

impl LassoSettings {
    /// Checks all settings at once.
    ///
    /// # Errors
    /// [`SearchError::Settings`] with one sentence per setting that is out of range.
    pub fn check(&self) -> Result<(), SearchError> {
        crate::search::in_ranges(&[
            ("max_order", self.max_order, 1, MAX_ORDER),
            ("max_features", self.max_features, 1, MOST_FEATURES),
            ("penalties", self.penalties, 2, 1000),
        ])
    }
}
