//! The JSON documents that commands print; `schemas/` describes them.
//!
//! Their keys are a promise, so they are written down here and not derived from the library's
//! own structs, which may change.

use std::collections::BTreeMap;
use std::path::Path;

use neuronseek::model::{
    CandidateKind, Coverage, Equation, EquationTerm, FitReport, Metrics, Model, Outcome, Rows,
    Searched, TransformReport, TransformTrial,
};
use neuronseek::network::Loss;
use neuronseek::neuron::{Neuron, Structure};
use neuronseek::prepare::TargetTransform;
use neuronseek::search::{Alternative, Candidate, Evidence, Report, Step};
use serde::Serialize;

use self::tuning::TuningPart;

mod tuning;

/// What `search` prints.
#[derive(Debug, Serialize)]
pub struct SearchDocument<'a> {
    neuron: &'a Neuron,
    structure: Structure,
    method: &'a str,
    seed: u64,
    seconds: f64,
    rows: usize,
    inputs: usize,
    parameters: usize,
    /// Null for classes.
    target_transform: Option<TransformPart<'a>>,
    /// Null where the neuron is not nearly exact or has many monomials.
    equation: Option<EquationPart<'a>>,
    /// The formula of each output in symbols, of methods that find one.
    #[serde(skip_serializing_if = "Option::is_none")]
    formula: Option<Vec<String>>,
    evidence: &'a [Evidence],
    path: &'a [Step],
    runners_up: &'a [Candidate],
    alternatives: &'a [Alternative],
    warnings: Vec<&'a str>,
}

impl<'a> SearchDocument<'a> {
    /// The document of a search.
    pub fn new(searched: &'a Searched, seed: u64) -> SearchDocument<'a> {
        let report = &searched.report;
        let of_table = searched.preparation.warnings().iter();
        SearchDocument {
            neuron: &report.neuron,
            structure: report.neuron.structure(),
            method: &report.method,
            seed,
            seconds: report.seconds,
            rows: searched.rows,
            inputs: searched.preparation.input_names().len(),
            parameters: report.formula.parameters(),
            target_transform: searched.transform.as_ref().map(TransformPart::new),
            equation: searched.equation.as_ref().map(EquationPart::new),
            formula: searched.formula_texts(),
            evidence: &report.evidence,
            path: &report.path,
            runners_up: &report.runners_up,
            alternatives: &report.alternatives,
            warnings: of_table
                .chain(&report.warnings)
                .map(String::as_str)
                .collect(),
        }
    }
}

/// What `fit` and `inspect` print.
#[derive(Debug, Serialize)]
pub struct FitDocument<'a> {
    neuron: &'a Neuron,
    structure: Structure,
    /// The search method; null when the neuron was given.
    method: Option<&'a str>,
    seed: u64,
    /// Null in `inspect`: a model file holds no times.
    seconds: Option<f64>,
    rows: usize,
    inputs: usize,
    parameters: usize,
    metrics: &'a BTreeMap<String, Metrics>,
    warnings: &'a [String],
    task: &'a str,
    task_reason: Option<&'a str>,
    targets: &'a [String],
    rows_by_use: &'a Rows,
    /// What training made small; null where it follows from the task.
    loss: Option<String>,
    /// Of each class in training; null where all count alike.
    class_weights: Option<BTreeMap<&'a str, f64>>,
    /// How one of two classes is decided on; null for the most probable.
    decision: Option<DecisionPart<'a>>,
    /// How probabilities were calibrated; null where they were not.
    calibration: Option<CalibrationPart>,
    /// Null where none were asked for.
    intervals: Option<IntervalsPart<'a>>,
    /// Null without tuning.
    tuning: Option<TuningPart<'a>>,
    /// Null for classes.
    target_transform: Option<TransformPart<'a>>,
    /// Null where the found neuron is not nearly exact or has many monomials.
    equation: Option<EquationPart<'a>>,
    /// Metrics of the linear model and of the constant.
    baselines: Baselines<'a>,
    candidates: Vec<CandidateDocument<'a>>,
    choice: &'a str,
    search: Option<SearchPart<'a>>,
    ended_early: bool,
    /// The model file.
    model: Option<String>,
}

/// Logits divided by a temperature, and perhaps shifted; log losses of held-out rows.
#[derive(Debug, Serialize)]
struct CalibrationPart {
    rows: usize,
    temperature: f64,
    shifted: bool,
    before: f64,
    after: f64,
}

/// Prediction intervals.
#[derive(Debug, Serialize)]
struct IntervalsPart<'a> {
    levels: &'a [f64],
    rows: usize,
    adaptive: bool,
    /// On the test rows; empty without.
    test: Vec<CoveragePart>,
}

#[derive(Debug, Serialize)]
struct CoveragePart {
    level: f64,
    coverage: f64,
    width: f64,
}

impl CoveragePart {
    fn new(coverage: &Coverage) -> CoveragePart {
        CoveragePart {
            level: coverage.level,
            coverage: coverage.coverage,
            width: coverage.width,
        }
    }
}

/// The class that is predicted above a threshold of its probability, and why.
#[derive(Debug, Serialize)]
struct DecisionPart<'a> {
    class: &'a str,
    threshold: f64,
    reason: &'a str,
}

/// Which function of the target was fitted, and why.
#[derive(Debug, Serialize)]
struct TransformPart<'a> {
    transform: TargetTransform,
    reason: &'a str,
    tried: &'a [TransformTrial],
}

impl<'a> TransformPart<'a> {
    fn new(report: &'a TransformReport) -> TransformPart<'a> {
        TransformPart {
            transform: report.transform,
            reason: &report.reason,
            tried: &report.tried,
        }
    }
}

/// A polynomial of few monomials in the user's units.
#[derive(Debug, Serialize)]
struct EquationPart<'a> {
    /// What it is equal to, such as "M^2".
    target: &'a str,
    text: String,
    intercept: f64,
    terms: Vec<EquationTermPart<'a>>,
    left: f64,
}

#[derive(Debug, Serialize)]
struct EquationTermPart<'a> {
    /// The power of each input.
    powers: BTreeMap<&'a str, u32>,
    coefficient: f64,
    explained: f64,
}

impl<'a> EquationPart<'a> {
    fn new(equation: &'a Equation) -> EquationPart<'a> {
        let term = |term: &'a EquationTerm| EquationTermPart {
            powers: (term.inputs.iter())
                .map(|(name, power)| (name.as_str(), *power))
                .collect(),
            coefficient: term.coefficient,
            explained: term.explained,
        };
        EquationPart {
            target: &equation.target,
            text: equation.text(),
            intercept: equation.intercept,
            terms: equation.terms.iter().map(term).collect(),
            left: equation.left,
        }
    }
}

#[derive(Debug, Serialize)]
struct Baselines<'a> {
    linear: &'a BTreeMap<String, Metrics>,
    mean: &'a BTreeMap<String, Metrics>,
}

#[derive(Debug, Serialize)]
struct CandidateDocument<'a> {
    kind: CandidateKind,
    neuron: &'a Neuron,
    /// The function of the target that it fits; null for classes.
    transform: Option<TargetTransform>,
    embedding: Option<usize>,
    statistics: bool,
    weight: Option<f64>,
    networks: usize,
    hidden: &'a [usize],
    parameters: usize,
    validation: f64,
    test: Option<&'a Metrics>,
    epochs: Option<usize>,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct SearchPart<'a> {
    neuron: &'a Neuron,
    structure: Structure,
    evidence: &'a [Evidence],
    path: &'a [Step],
    runners_up: &'a [Candidate],
    alternatives: &'a [Alternative],
}

impl<'a> FitDocument<'a> {
    /// The document of a fit; `seconds` is what it took, `model` where the model lies.
    pub fn new(report: &'a FitReport, seconds: Option<f64>, model: Option<&Path>) -> Self {
        FitDocument {
            neuron: &report.neuron,
            structure: report.neuron.structure(),
            method: report.search.as_ref().map(|search| search.method.as_str()),
            seed: report.seed,
            seconds,
            rows: report.rows.total,
            inputs: report.inputs,
            parameters: report.parameters,
            metrics: &report.metrics,
            warnings: &report.warnings,
            task: &report.task,
            task_reason: report.task_reason.as_deref(),
            targets: &report.targets,
            rows_by_use: &report.rows,
            loss: report.loss.map(loss),
            class_weights: (!report.class_weights.is_empty()).then(|| {
                let weights = report.class_weights.iter();
                weights
                    .map(|(class, weight)| (class.as_str(), *weight))
                    .collect()
            }),
            decision: report.decision.as_ref().map(|decision| DecisionPart {
                class: &decision.class,
                threshold: decision.threshold,
                reason: &decision.reason,
            }),
            calibration: report
                .calibration
                .as_ref()
                .map(|calibration| CalibrationPart {
                    rows: calibration.rows,
                    temperature: calibration.temperature,
                    shifted: calibration.shifted,
                    before: calibration.before,
                    after: calibration.after,
                }),
            tuning: report.tuning.as_ref().map(TuningPart::new),
            intervals: report.intervals.as_ref().map(|intervals| IntervalsPart {
                levels: &intervals.levels,
                rows: intervals.rows,
                adaptive: intervals.adaptive,
                test: intervals.test.iter().map(CoveragePart::new).collect(),
            }),
            target_transform: report.transform.as_ref().map(TransformPart::new),
            equation: report.equation.as_ref().map(EquationPart::new),
            baselines: Baselines {
                linear: &report.linear,
                mean: &report.mean,
            },
            candidates: report.candidates.iter().map(candidate).collect(),
            choice: &report.choice,
            search: report.search.as_ref().map(search_part),
            ended_early: report.ended_early,
            model: model.map(|path| path.display().to_string()),
        }
    }
}

/// As it is written on the command line.
fn loss(loss: Loss) -> String {
    match loss {
        Loss::MeanSquared => "mse".to_string(),
        Loss::CrossEntropy => "cross-entropy".to_string(),
        Loss::Huber { delta } => format!("huber:{delta}"),
        Loss::Quantile { tau } => format!("quantile:{tau}"),
        Loss::Poisson => "poisson".to_string(),
        Loss::Gamma => "gamma".to_string(),
        Loss::Tweedie { power } => format!("tweedie:{power}"),
    }
}

fn candidate(outcome: &Outcome) -> CandidateDocument<'_> {
    CandidateDocument {
        kind: outcome.kind,
        neuron: &outcome.neuron,
        transform: outcome.transform,
        embedding: outcome.embedding,
        statistics: outcome.statistics,
        weight: outcome.weight,
        networks: outcome.networks,
        hidden: &outcome.hidden,
        parameters: outcome.parameters,
        validation: outcome.validation,
        test: outcome.test.as_ref(),
        epochs: outcome.epochs,
        chosen: outcome.chosen,
    }
}

fn search_part(report: &Report) -> SearchPart<'_> {
    SearchPart {
        neuron: &report.neuron,
        structure: report.neuron.structure(),
        evidence: &report.evidence,
        path: &report.path,
        runners_up: &report.runners_up,
        alternatives: &report.alternatives,
    }
}

/// What `evaluate` prints.
#[derive(Debug, Serialize)]
pub struct EvaluateDocument<'a> {
    neuron: &'a Neuron,
    structure: Structure,
    seed: u64,
    seconds: f64,
    /// Rows whose target is known.
    rows: usize,
    inputs: usize,
    parameters: usize,
    metrics: BTreeMap<&'a str, &'a Metrics>,
    /// Of each level of the model's intervals; empty without.
    intervals: Vec<CoveragePart>,
    warnings: Vec<String>,
    task: &'a str,
    targets: &'a [String],
}

impl<'a> EvaluateDocument<'a> {
    /// The document of an evaluation of `model` on `rows` rows of a table.
    pub fn new(
        model: &'a Model,
        (metrics, coverage): (&'a Metrics, &[Coverage]),
        rows: usize,
        seconds: f64,
        warnings: Vec<String>,
    ) -> Self {
        let report = model.report();
        EvaluateDocument {
            neuron: &report.neuron,
            structure: report.neuron.structure(),
            seed: report.seed,
            seconds,
            rows,
            inputs: report.inputs,
            parameters: report.parameters,
            metrics: BTreeMap::from([("table", metrics)]),
            intervals: coverage.iter().map(CoveragePart::new).collect(),
            warnings,
            task: &report.task,
            targets: &report.targets,
        }
    }
}
