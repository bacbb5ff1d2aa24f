use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::calibration::CalibrationReport;
use super::equation::Equation;
use super::imbalance::DecisionReport;
use super::intervals::IntervalReport;
use super::metrics::Metrics;
use super::options::{Holdout, SearchOptions};
use super::transform::TransformReport;
use super::tune::TuningReport;
use crate::network::Loss;
use crate::neuron::Neuron;
use crate::prepare::TargetTransform;
use crate::search::Report;

/// What a fit did and how good the result is.
///
/// Everything but the seconds is stored in the model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    /// "regression" or "classification".
    pub task: String,
    /// Why it was taken as that, when it was not told.
    pub task_reason: Option<String>,
    /// The target columns.
    pub targets: Vec<String>,
    /// How the rows were used.
    pub rows: Rows,
    /// Which function of the target the search fitted, and why; `None` for classes.
    #[serde(default)]
    pub transform: Option<TransformReport>,
    /// Encoded inputs.
    pub inputs: usize,
    /// The seed.
    pub seed: u64,
    /// Which rows of the table were held out for the test metrics.
    #[serde(default)]
    pub holdout: Holdout,
    /// [`Table::fingerprint`](crate::table::Table::fingerprint) of the columns that the model reads
    /// and of its targets, so that the table is known again; `None` in models of older versions.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// The 1st and the 99th percentile of each encoded input over the rows of the fit; empty in
    /// models of older versions.
    #[serde(default)]
    pub ranges: Vec<[f64; 2]>,
    /// What the search fitted, where the fit is of the logarithm of a mean.
    #[serde(default)]
    pub searched: Option<SearchedTarget>,
    /// How the neuron was searched, if it was; `None` in models of older versions.
    #[serde(default)]
    pub search_options: Option<SearchOptions>,
    /// What training made small; `None` for the mean squared error or the cross-entropy that
    /// follow from the task.
    #[serde(default)]
    pub loss: Option<Loss>,
    /// The weight in training of the rows of each class, of mean 1 over the rows; empty where all
    /// classes have the same. They are taken out of the probabilities.
    #[serde(default)]
    pub class_weights: Vec<(String, f64)>,
    /// How one of two classes is decided on; `None` for the most probable.
    #[serde(default)]
    pub decision: Option<DecisionReport>,
    /// How probabilities were calibrated; `None` where that does not lower the log loss of held-out
    /// rows, and for numbers.
    #[serde(default)]
    pub calibration: Option<CalibrationReport>,
    /// The prediction intervals, where some were asked for.
    #[serde(default)]
    pub intervals: Option<IntervalReport>,
    /// What was tried before the fit, where tuning was asked for and networks were trained.
    #[serde(default)]
    pub tuning: Option<TuningReport>,
    /// The neuron of the chosen predictor.
    pub neuron: Neuron,
    /// What the search found; `None` when the neuron was given.
    pub search: Option<Report>,
    /// What the search found as a sum of few monomials in the user's units, where it is nearly
    /// exact and can be written so.
    #[serde(default)]
    pub equation: Option<Equation>,
    /// Everything that was fitted and compared on the validation rows, in the order of fitting.
    pub candidates: Vec<Outcome>,
    /// Why the chosen candidate was chosen, in words.
    pub choice: String,
    /// Coefficients of the chosen predictor.
    pub parameters: usize,
    /// Metrics of the model by split: "training" (all rows but test rows), "validation", "test".
    pub metrics: BTreeMap<String, Metrics>,
    /// The same of the linear model, fitted on all rows but test rows.
    pub linear: BTreeMap<String, Metrics>,
    /// The same of the constant: the training mean, or the classes' frequencies.
    pub mean: BTreeMap<String, Metrics>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Whether the fit was ended early, by a time limit or the user.
    pub ended_early: bool,
    /// Wall-clock seconds; not stored in model files, which are the same bytes at every run.
    #[serde(skip)]
    pub seconds: f64,
}

/// A function t of the only target that a search fitted as `(t - mean) / deviation`, beside networks
/// that fit the logarithm of the target's mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SearchedTarget {
    /// log, or log1p of targets with zeros.
    pub transform: TargetTransform,
    /// Its mean over the rows of the fit.
    pub mean: f64,
    /// Its deviation.
    pub deviation: f64,
}

impl FitReport {
    /// What candidates are compared by on validation rows.
    pub fn compared_by(&self) -> String {
        match (self.metrics.values().next(), self.loss) {
            (Some(Metrics::Classification { .. }), _) => "log loss",
            (_, Some(loss)) if loss.power().is_some() => "deviance",
            (_, Some(loss)) if loss != Loss::MeanSquared => loss.name(),
            _ => "nmse",
        }
        .to_string()
    }

    /// What a candidate is, in a few words: a long neuron is printed once, elsewhere.
    pub fn candidate_name(&self, outcome: &Outcome) -> String {
        let kind = match outcome.kind {
            CandidateKind::Network => "network",
            CandidateKind::Polynomial => "polynomial",
            CandidateKind::Blend => return "blend".to_string(),
        };
        // Only where candidates differ, or the search's choice was not theirs, it is worth a word.
        let searched = self.transform.as_ref().map(|report| report.transform);
        let scale = match outcome.transform {
            Some(own) if Some(own) != searched => match own {
                TargetTransform::None => ", target as it is".to_string(),
                other => format!(", {}", other.text("target")),
            },
            _ => String::new(),
        };
        let neuron = match &self.search {
            _ if outcome.neuron.is_linear() => "x",
            Some(search) if search.neuron == outcome.neuron => "the found neuron",
            Some(_) => match outcome.neuron.terms().len() {
                0..=3 => &outcome.neuron.to_string(),
                _ => "another neuron",
            },
            None => "the given neuron",
        };
        let bins = match outcome.embedding {
            Some(bins) => format!(", {bins} bins"),
            None => String::new(),
        };
        let statistics = match outcome.statistics {
            true => ", binned means",
            false => "",
        };
        format!("{kind} of {neuron}{bins}{statistics}{scale}")
    }
}

/// How the rows of the table were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Rows of the table.
    pub total: usize,
    /// Rows left out because their target or weight is missing.
    pub without_target: usize,
    /// Rows that coefficients were fitted on.
    pub training: usize,
    /// Rows apart from those for early stopping and for choosing among candidates; 0 with more
    /// folds than one, as every training row is one in its turn.
    pub validation: usize,
    /// Parts of the rows of which each was held out once; 1 for one part alone.
    #[serde(default = "one")]
    pub folds: usize,
    /// Rows held out for the test metrics.
    pub test: usize,
}

/// What a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CandidateKind {
    /// A network of the neuron.
    Network,
    /// The search's polynomial, in closed form.
    Polynomial,
    /// Networks of several kinds, each with a weight.
    Blend,
}

/// What was stored before there were folds had one.
fn one() -> usize {
    1
}

/// A predictor that was fitted and compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Network or polynomial.
    pub kind: CandidateKind,
    /// Its neuron.
    pub neuron: Neuron,
    /// The function of the target that it fits; `None` for classes.
    #[serde(default)]
    pub transform: Option<TargetTransform>,
    /// The most bins of each embedded input; `None` without an embedding.
    #[serde(default)]
    pub embedding: Option<usize>,
    /// Whether it also sees statistics of binned numbers, inputs that are of networks alone.
    #[serde(default)]
    pub statistics: bool,
    /// Its weight in the blend, if it has one; of classes the weights of all sum to the factor
    /// that calibrates the logits.
    #[serde(default)]
    pub weight: Option<f64>,
    /// Its networks.
    #[serde(default = "one")]
    pub networks: usize,
    /// Units of its hidden layers; empty for polynomials and blends.
    pub hidden: Vec<usize>,
    /// Its coefficients.
    pub parameters: usize,
    /// Its loss on the validation rows: nmse or log loss, or what another loss that was asked for
    /// is judged by: the mean deviance of Poisson, Gamma and Tweedie, else the loss itself.
    pub validation: f64,
    /// Its metrics on the test rows, where there are any; they had no part in the choice.
    pub test: Option<Metrics>,
    /// Epochs until its best weights, the mean over members; `None` for polynomials.
    pub epochs: Option<usize>,
    /// Whether it is the model.
    pub chosen: bool,
}
