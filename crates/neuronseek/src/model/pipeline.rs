//! A model as plain steps, for programs in other languages.

use serde::Serialize;

use super::leading::leading;
use super::predict::{Model, Predictor};
use crate::network::Folded;
use crate::prepare::{BoundedInput, InputScale, Recipe, Restoring};
use crate::search::Formula;

/// A model as plain steps, data alone:
///
/// ```text
/// cells --recipe--> inputs --scale, networks or formula--> outputs --outcome--> predictions
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pipeline {
    /// The target columns.
    pub targets: Vec<String>,
    /// From cells to inputs.
    pub recipe: Recipe,
    /// From inputs to outputs.
    pub core: Core,
    /// From outputs to predictions.
    pub outcome: Restoring,
}

/// What turns inputs into outputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Core {
    /// Networks of scaled inputs, which are rounded to single precision; their outputs times their
    /// weights are added.
    Networks {
        /// One an input.
        scale: Vec<BoundedInput>,
        /// The networks with their weights.
        members: Vec<(f64, Folded)>,
    },
    /// A formula of scaled inputs.
    Formula {
        /// One for each of the first inputs, which are the formula's.
        scale: Vec<InputScale>,
        /// What the search fitted.
        formula: Formula,
        /// What outputs are kept in, one an output, an undefined one being the middle; where this
        /// is empty, an undefined output is 0.
        limits: Vec<[f64; 2]>,
    },
}

impl Core {
    /// How many outputs there are.
    pub fn outputs(&self) -> usize {
        match self {
            Core::Networks { members, .. } => members.first().map_or(0, |(_, n)| n.outputs),
            Core::Formula { formula, .. } => formula.outputs(),
        }
    }
}

impl Model {
    /// The model as plain steps, those alone that its predictions need.
    ///
    /// # Errors
    /// Every reason why there are none, such as a column that is read in two ways.
    pub fn pipeline(&self) -> Result<Pipeline, Vec<String>> {
        let core = match &self.predictor {
            Predictor::Networks(members) => Core::Networks {
                scale: self.network_scale.inputs().to_vec(),
                members: members
                    .iter()
                    .map(|member| (member.weight, member.network.folded()))
                    .collect(),
            },
            Predictor::Formula(formula) => Core::Formula {
                scale: self.search_scale.inputs().to_vec(),
                formula: formula.clone(),
                limits: self.limits.0.clone(),
            },
        };
        Ok(leading(Pipeline {
            targets: self.report.targets.clone(),
            recipe: self.preparation.recipe()?,
            core,
            outcome: self.preparation.outcome().restoring(),
        }))
    }
}
