use serde::{Deserialize, Serialize};

use super::{Case, Settings, Synthetic, TrueTerm};
use crate::neuron::{Neuron, Structure};

/// The truth of a generated table, as the JSON file beside it has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The structure that a search should find, ranks included, in text form.
    pub neuron: Neuron,
    /// The same as lists.
    pub structure: Structure,
    /// Mode and variant.
    #[serde(flatten)]
    pub case: Case,
    /// How the table was generated.
    #[serde(flatten)]
    pub settings: Settings,
    /// The summands of f with their numbers.
    pub terms: Vec<TrueTerm>,
    /// y = (f(x) + noise - mean) / deviation.
    pub mean: f64,
    /// y = (f(x) + noise - mean) / deviation.
    pub deviation: f64,
}

impl Synthetic {
    /// The truth, to be written beside the table.
    pub fn truth_document(&self) -> Truth {
        Truth {
            neuron: self.truth.clone(),
            structure: self.truth.structure(),
            case: self.case,
            settings: self.settings,
            terms: self.terms.clone(),
            mean: self.mean,
            deviation: self.deviation,
        }
    }
}
