use serde::{Deserialize, Serialize};

use crate::neuron::{Function, MAX_ORDER, Neuron, Term};
use crate::search::{SearchError, outside, refuse, repeated};

/// Settings of [`Als`](super::Als).
///
/// Minimises, over structures and coefficients,
///
/// `BIC = n sum_c ln(RSS_c / n) + p ln n * n / (n - p / C)`
///
/// with n rows, C outputs, the residual sum of squares RSS_c of output c, and p free coefficients:
/// D per pure or function term and output, `k D - k + C` per product of k projections. The last
/// factor is that of small samples, where a residual is too small by the share of the rows that
/// coefficients have used up.
///
/// | setting | default | range |
/// |---|---|---|
/// | `max_order` | 5 | 1 to 9 |
/// | `max_rank` | 8 | 0 to 64; 0 allows no interaction |
/// | `functions` | none | sin, cos, exp, each at most once |
/// | `starts` | 6 | 1 to 1000 |
/// | `alternatives` | 0 | 0 to 1000 |
/// | `only` | any term | a neuron |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlsSettings {
    /// The highest order of a term.
    pub max_order: usize,
    /// The highest rank of the interaction of one order.
    pub max_rank: usize,
    /// Element-wise functions that may be used beside powers.
    pub functions: Vec<Function>,
    /// Random starts of each new product.
    pub starts: usize,
    /// How many structures beside those on the path are judged by held-out rows, so that the
    /// report can name more of those that the data cannot tell from the best. The choice is not
    /// changed.
    pub alternatives: usize,
    /// The only terms, with the highest ranks, that may be used: how well can this structure fit?
    /// Terms of it that do not lower BIC are still left out.
    pub only: Option<Neuron>,
}

impl Default for AlsSettings {
    fn default() -> AlsSettings {
        AlsSettings {
            max_order: 5,
            max_rank: 8,
            functions: Vec::new(),
            starts: 6,
            alternatives: 0,
            only: None,
        }
    }
}

impl AlsSettings {
    /// The highest rank that the product of this order may have.
    pub(super) fn rank_allowed(&self, order: usize) -> usize {
        let Some(only) = &self.only else {
            return self.max_rank;
        };
        let named = only.interactions().into_iter().find(|(o, _)| *o == order);
        named.map_or(0, |(_, rank)| {
            rank.unwrap_or(self.max_rank).min(self.max_rank)
        })
    }

    /// Whether this element-wise term may be used.
    pub(super) fn allows(&self, term: Term) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| only.terms().contains(&term))
    }

    /// Checks all settings at once.
    ///
    /// # Errors
    /// [`SearchError::Settings`] with one sentence per setting that is out of range.
    pub fn check(&self) -> Result<(), SearchError> {
        let mut problems = outside(&[
            ("max_order", self.max_order, 1, MAX_ORDER),
            ("max_rank", self.max_rank, 0, 64),
            ("starts", self.starts, 1, 1000),
            ("alternatives", self.alternatives, 0, 1000),
        ]);
        problems.extend(repeated(&self.functions));
        refuse(problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bad_settings_are_named_at_once() {
        let settings = AlsSettings {
            max_order: 10,
            max_rank: 65,
            functions: vec![Function::Sin, Function::Sin],
            starts: 0,
            alternatives: 1001,
            only: None,
        };
        let SearchError::Settings(problems) = settings.check().unwrap_err() else {
            panic!("another error");
        };
        assert_eq!(problems.len(), 5);
        assert!(AlsSettings::default().check().is_ok());
    }
}
