use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Formula;
use crate::matrix::Matrix;
use crate::neuron::{Neuron, Term};
use crate::observe::Control;
use crate::prepare::Target;

/// What a search looks at.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// rows x inputs, scaled.
    pub inputs: &'a Matrix<f64>,
    /// One target row per input row.
    pub target: &'a Target,
    /// One non-negative weight per row, mean 1; `None` is all 1.
    pub weights: Option<&'a [f64]>,
}

/// A way to find a neuron.
pub trait Search: Sync {
    /// The name on the command line: "als", "td".
    fn name(&self) -> &'static str;

    /// Finds a neuron. Pure in (problem, settings of `self`, seed): the same bytes at any thread
    /// count, unless `control` ends it early.
    ///
    /// # Errors
    /// See [`SearchError`]; all settings are checked before any work.
    fn search(
        &self,
        problem: &Problem<'_>,
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Report, SearchError>;
}

/// What a search found, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The method's name.
    pub method: String,
    /// The structure found, canonical, with ranks.
    pub neuron: Neuron,
    /// What was fitted, on the scaled inputs: the same structure with coefficients, or an
    /// expression from which the structure was read.
    pub formula: Formula,
    /// One entry per term of `neuron`, in its order.
    pub evidence: Vec<Evidence>,
    /// The steps that led here.
    pub path: Vec<Step>,
    /// Other structures that were fitted, best first, the chosen one not among them.
    pub runners_up: Vec<Candidate>,
    /// The structures that held-out rows cannot tell from the best, that one first, the chosen one
    /// among them; als and td where the data is not fitted nearly exactly, or when asked for.
    #[serde(default)]
    pub alternatives: Vec<Alternative>,
    /// Wall-clock seconds. Not stored in model files, which are the same bytes at every run.
    #[serde(skip)]
    pub seconds: f64,
    /// What the user should know, such as ties between structures.
    pub warnings: Vec<String>,
}

/// How sure the search is of one term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The term.
    pub term: Term,
    /// By how much BIC rises when the term is dropped and the rest refitted; als and td.
    pub bic_gain: Option<f64>,
    /// The probability that the term's gate is open; td.
    pub gate_probability: Option<f64>,
    /// The share of the target's variance (or deviance) that is lost when the term is dropped and
    /// the rest refitted, 0 to 1.
    pub explained: f64,
}

/// One step of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The structure after the step.
    pub neuron: Neuron,
    /// What was done: "add x^3", "drop cp(2)", "epoch 50".
    pub action: String,
    /// The criterion after the step (lower is better): BIC, or the penalised loss.
    pub criterion: f64,
}

/// A structure that was fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The structure.
    pub neuron: Neuron,
    /// Its criterion, comparable with the last step's of the path.
    pub criterion: f64,
}

/// A structure whose error on held-out rows is within one standard error of the least, and at most
/// a tenth above it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The structure.
    pub neuron: Neuron,
    /// The number of its coefficients.
    pub parameters: usize,
    /// Its BIC.
    pub criterion: f64,
    /// The squared error on held-out rows over the target's variance; of classes the mean over
    /// their indicators, fitted by least squares.
    pub error: f64,
    /// By how much `error` is above the least.
    pub above: f64,
    /// The standard error of `above`, from the differences row by row.
    pub standard_error: f64,
}

impl Alternative {
    /// A difference of so many standard errors may be chance.
    pub const STANDARD_ERRORS: f64 = 1.0;

    /// But a difference above this share of the least error is not given up for simplicity: where
    /// few rows make most of the error its standard error is large.
    pub const MOST_ABOVE: f64 = 0.1;

    /// Differences of the error below this are those of rounding.
    pub const ROUNDING: f64 = 1e-12;

    /// Whether held-out rows cannot tell this structure from the best: `above` is at most
    /// [`STANDARD_ERRORS`](Self::STANDARD_ERRORS) of its standard error and at most
    /// [`MOST_ABOVE`](Self::MOST_ABOVE) of the least error, or rounding.
    pub fn tied(&self) -> bool {
        let least = self.error - self.above;
        let chance = Self::STANDARD_ERRORS * self.standard_error;
        self.above <= chance.min(Self::MOST_ABOVE * least).max(Self::ROUNDING)
    }
}

/// Why a search cannot work.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SearchError {
    /// Settings out of range, all of them at once.
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
    /// The method is not made for such a target.
    #[error("{method} does not search for {what}: use als or td")]
    Unsupported {
        /// The method.
        method: &'static str,
        /// Such as "classes".
        what: String,
    },
    /// There are not enough rows.
    #[error(
        "{rows} rows are too few for a search over {inputs} inputs: at least {needed} are needed"
    )]
    TooFewRows {
        /// Rows given.
        rows: usize,
        /// Inputs given.
        inputs: usize,
        /// Rows needed.
        needed: usize,
    },
    /// The numbers leave the range of floating point.
    #[error("the search met a number that is not finite: {0}")]
    NotFinite(String),
}
