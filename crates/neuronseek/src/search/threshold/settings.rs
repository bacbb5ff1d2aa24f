use serde::{Deserialize, Serialize};

use crate::neuron::MAX_ORDER;
use crate::search::SearchError;

/// The largest core of a Tucker form.
const LARGEST_CORE: usize = 100_000;

/// How the coefficient tensor of an order is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// `sum_r prod_m <u_{m,r}, x>`.
    #[default]
    Cp,
    /// `sum_{i_1..i_n} core[i_1..i_n] prod_m <u_{m,i_m}, x>`, the core trained like the factors.
    Tucker,
}

/// Settings of [`Threshold`](super::Threshold).
///
/// Minimises by Adam, with `W^[n]` the coefficient tensor of order n in CP or Tucker form,
///
/// ```text
/// mean (y - b - sum_n C_n W^[n](x, ..., x))^2
///     + factor_penalty sum_n n^2 mean |W^[n]'s parameters| + coefficient_penalty sum_n |C_n|
/// ```
///
/// | setting | default | range |
/// |---|---|---|
/// | `form` | cp | |
/// | `stridge` | false | |
/// | `max_order` | 5 | 1 to 9 |
/// | `rank` | 3 | 1 to 64; in Tucker form rank^max_order at most 100000 |
/// | `epochs` | 100 | 1 to 100000 |
/// | `batch` | 64 | 1 to 1000000 rows |
/// | `rate` | 0.001 | above 0, at most 1; falls to 0 by a cosine |
/// | `factor_penalty` | 0.01 | 0 to 1000 |
/// | `coefficient_penalty` | 0.05 | 0 to 1000 |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThresholdSettings {
    /// How tensors are written.
    pub form: Form,
    /// Terms of low energy are pruned half-way and at the end, by ridge regressions on the values
    /// of the terms, instead of the comparison of each |C_n| with their mean.
    pub stridge: bool,
    /// The highest order.
    pub max_order: usize,
    /// The rank of every order.
    pub rank: usize,
    /// Passes over the rows.
    pub epochs: usize,
    /// Rows in a step.
    pub batch: usize,
    /// The learning rate at the start.
    pub rate: f64,
    /// lambda_w.
    pub factor_penalty: f64,
    /// lambda_c.
    pub coefficient_penalty: f64,
}

impl Default for ThresholdSettings {
    fn default() -> ThresholdSettings {
        ThresholdSettings {
            form: Form::Cp,
            stridge: false,
            max_order: 5,
            rank: 3,
            epochs: 100,
            batch: 64,
            rate: 1e-3,
            factor_penalty: 0.01,
            coefficient_penalty: 0.05,
        }
    }
}

impl ThresholdSettings {
    /// Checks all settings at once.
    ///
    /// # Errors
    /// [`SearchError::Settings`] with one sentence per setting that is out of range.
    pub fn check(&self) -> Result<(), SearchError> {
        let whole = crate::search::in_ranges(&[
            ("max_order", self.max_order, 1, MAX_ORDER),
            ("rank", self.rank, 1, 64),
            ("epochs", self.epochs, 1, 100_000),
            ("batch", self.batch, 1, 1_000_000),
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
        for (name, value) in [
            ("factor_penalty", self.factor_penalty),
            ("coefficient_penalty", self.coefficient_penalty),
        ] {
            if !(0.0..=1000.0).contains(&value) {
                problems.push(format!("{name} {value} is out of range: 0 to 1000"));
            }
        }
        let core = u32::try_from(self.max_order)
            .ok()
            .and_then(|order| self.rank.checked_pow(order));
        if self.form == Form::Tucker && core.is_none_or(|core| core > LARGEST_CORE) {
            problems.push(format!(
                "a Tucker core of rank {} and order {} has more than {LARGEST_CORE} numbers: lower \
                 either",
                self.rank, self.max_order
            ));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(SearchError::Settings(problems))
        }
    }
}
