use serde::{Deserialize, Serialize};

use crate::neuron::{Function, MAX_ORDER};
use crate::search::{SearchError, outside, refuse, repeated};

/// Which version of the differentiable search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Made to work: see [`crate::search::gated`].
    #[default]
    Default,
    /// The paper's model and schedule, to reproduce it.
    Paper,
}

/// Settings of [`Gated`](super::Gated).
///
/// Both presets minimise, over coefficients and the gates' `log_alpha`, the expectation over gates
///
/// `loss(y, f(x, z)) + lambda sum_t p_t P(z_t != 0)`
///
/// with the squared error. Of classes the paper's preset takes the cross-entropy; the default trains
/// its gates on the squared error of 0 and 1 and fits logits to the structure found. In the paper
/// p_t = 1 and lambda is `lambda` times a schedule. By default p_t is the number of the term's
/// coefficients and `lambda = ln(n) / n` times the noise left: what BIC asks for a coefficient.
///
/// | setting | default | range | preset |
/// |---|---|---|---|
/// | `preset` | default | default, paper | |
/// | `max_order` | 5 | 1 to 9 | both |
/// | `max_rank` | 8 | 0 to 64; 0 allows no interaction (paper: 1 to 64) | both |
/// | `functions` | none | sin, cos, exp, each at most once | both |
/// | `alternatives` | 0 | 0 to 1000 | default |
/// | `batch` | 64 | 1 to 65536 rows | both |
/// | `steps` | 4000 | 100 to 1000000, in a round | default |
/// | `epochs` | 200 | 1 to 100000 | paper |
/// | `lambda` | 0.05 | 0 to 1e6 | paper |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatedSettings {
    /// Which version.
    pub preset: Preset,
    /// The highest order of a term.
    pub max_order: usize,
    /// The highest rank of the interaction of one order; in the paper, the rank of each.
    pub max_rank: usize,
    /// Element-wise functions that may be terms beside powers.
    pub functions: Vec<Function>,
    /// See [`AlsSettings::alternatives`](crate::search::als::AlsSettings::alternatives); default preset.
    pub alternatives: usize,
    /// Rows a training step.
    pub batch: usize,
    /// Training steps a round, whatever the number of rows.
    pub steps: usize,
    /// Passes over the rows.
    pub epochs: usize,
    /// The full penalty of an open gate.
    pub lambda: f64,
}

impl Default for GatedSettings {
    fn default() -> GatedSettings {
        GatedSettings {
            preset: Preset::Default,
            max_order: 5,
            max_rank: 8,
            functions: Vec::new(),
            alternatives: 0,
            batch: 64,
            steps: 4000,
            epochs: 200,
            lambda: 0.05,
        }
    }
}

impl GatedSettings {
    /// The paper's settings.
    pub fn paper() -> GatedSettings {
        GatedSettings {
            preset: Preset::Paper,
            ..GatedSettings::default()
        }
    }

    /// Checks all settings at once.
    ///
    /// # Errors
    /// [`SearchError::Settings`] with one sentence per setting that is out of range.
    pub fn check(&self) -> Result<(), SearchError> {
        let least_rank = usize::from(self.preset == Preset::Paper);
        let mut problems = outside(&[
            ("max_order", self.max_order, 1, MAX_ORDER),
            ("max_rank", self.max_rank, least_rank, 64),
            ("alternatives", self.alternatives, 0, 1000),
            ("batch", self.batch, 1, 65_536),
            ("steps", self.steps, 100, 1_000_000),
            ("epochs", self.epochs, 1, 100_000),
        ]);
        if !(0.0..=1e6).contains(&self.lambda) {
            problems.push(format!("lambda {} is out of range: 0 to 1e6", self.lambda));
        }
        problems.extend(repeated(&self.functions));
        refuse(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bad_settings_are_named_at_once() {
        let settings = GatedSettings {
            max_order: 0,
            max_rank: 65,
            functions: vec![Function::Exp, Function::Exp],
            alternatives: 1001,
            batch: 0,
            steps: 1,
            epochs: 0,
            lambda: f64::NAN,
            ..GatedSettings::default()
        };
        let SearchError::Settings(problems) = settings.check().unwrap_err() else {
            panic!("another error");
        };
        assert_eq!(problems.len(), 8);
        assert!(GatedSettings::default().check().is_ok());
        assert!(GatedSettings::paper().check().is_ok());
    }
}
