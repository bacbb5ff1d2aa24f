use std::collections::BTreeMap;
use std::time::Instant;

use thiserror::Error;

use super::candidate::{Candidate, choose, fit_candidates};
use super::checkpoint::Keeper;
use super::data::{Data, Subset};
use super::equation::Equation;
use super::file::FileError;
use super::held_out;
use super::imbalance;
use super::metrics::Metrics;
use super::options::{FitOptions, Profile, Validation};
use super::predict::{Model, ModelError, measure};
use super::report::FitReport;
use super::settle::{self, Settled};
use super::transform::{self, TransformReport};
use crate::linear::{self, LinearError};
use crate::matrix::Matrix;
use crate::network::{Loss, NetworkConfigError};
use crate::observe::Control;
use crate::prepare::{Preparation, PrepareError, SearchScale};
use crate::search::{Report, SearchError};
use crate::table::split::SplitError;
use crate::table::{Table, TableError};
use crate::train::TrainError;

/// Why a fit is not possible.
#[derive(Debug, Error)]
pub enum FitError {
    /// Settings out of range, all of them at once.
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Its preparation.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The rows cannot be split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The search.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The linear model.
    #[error(transparent)]
    Linear(#[from] LinearError),
    /// The shape of a network.
    #[error(transparent)]
    Network(#[from] NetworkConfigError),
    /// Training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The checkpoint.
    #[error(transparent)]
    File(#[from] FileError),
    /// There are not enough rows.
    #[error(
        "{source_name} has {rows} usable training rows, and a fit needs at least {needed}: add rows or hold out fewer"
    )]
    TooFewRows {
        /// The table.
        source_name: String,
        /// Rows left.
        rows: usize,
        /// Rows needed.
        needed: usize,
    },
    /// A split leaves no test row.
    #[error("the split leaves no test row with a known target in {source_name}")]
    NoTestRow {
        /// The table.
        source_name: String,
    },
    /// Ended before anything was fitted.
    #[error("the fit was ended before there was a model")]
    EndedEarly,
}

impl From<ModelError> for FitError {
    fn from(error: ModelError) -> FitError {
        match error {
            ModelError::File(error) => error.into(),
            ModelError::Prepare(error) => error.into(),
            ModelError::NothingToEvaluate { source_name } => FitError::TooFewRows {
                source_name,
                rows: 0,
                needed: 1,
            },
        }
    }
}

/// A fit's result.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The model; its report has seconds 0.
    pub model: Model,
    /// The report, with seconds.
    pub report: FitReport,
}

/// Fits a model: prepares, settles which function of the target is fitted, searches a neuron
/// (unless one is given), trains networks of it and of `x` at equal parameters, compares them and
/// the search's polynomial on validation rows, and keeps the best.
///
/// `test` is a second table of labelled rows; `options.holdout` must be `None` then. The same
/// table, options and seed give the same model at any number of threads, unless `control` ends
/// the fit early; then the best so far is returned.
///
/// # Errors
/// See [`FitError`]; settings are checked before any work.
pub fn fit(
    table: &Table,
    test: Option<&Table>,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<Fitted, FitError> {
    let problems = options.problems();
    match problems.is_empty() {
        true => fit_checked(table, test, options, control),
        false => Err(FitError::Settings(problems)),
    }
}

/// The same of settings that are in range. Rows that are told for validation are held out from
/// polynomials too.
pub(super) fn fit_checked(
    table: &Table,
    test: Option<&Table>,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<Fitted, FitError> {
    let start = Instant::now();
    let data = Data::new(table, test, options)?;
    held_out::check(&data, options)?;
    for warning in data.preparation.warnings() {
        control.warn(warning);
    }
    let keeper = Keeper::open(
        options.checkpoint.as_deref(),
        options.resume,
        data.fingerprint(options),
    )?;
    let mut settled = settle_or_recall(&data, options, &keeper, control)?;
    let (mut candidates, tuning) =
        fit_candidates(&data, options, &settled.forms, &keeper, control)?;
    if refits(options) {
        settle::refit(&data, options, &mut settled, &mut candidates, control)?;
    }
    let ended_early = control.should_stop();
    if ended_early {
        keeper.flush()?;
    } else {
        keeper.remove();
    }
    let mut report = conclude(&data, options, settled, &mut candidates)?;
    report.ended_early = ended_early;
    report.tuning = tuning;
    let chosen = report.candidates.iter().position(|outcome| outcome.chosen);
    let chosen = chosen.and_then(|index| candidates.into_iter().nth(index));
    let (_, chosen) = chosen.ok_or(FitError::EndedEarly)?;
    let intervals = held_out::intervals(&data, options, &chosen, control);
    let (intervals, of_intervals) = intervals.unzip();
    report.intervals = of_intervals;
    let model = Model {
        limits: chosen.limits,
        preparation: data.preparation.with_outcome(chosen.scale),
        search_scale: chosen.inputs,
        network_scale: data.network_scale,
        predictor: chosen.predictor,
        intervals,
        report: report.clone(),
    };
    report.seconds = start.elapsed().as_secs_f64();
    Ok(Fitted { model, report })
}

/// Whether the polynomial is fitted once more, to the validation rows too.
fn refits(options: &FitOptions) -> bool {
    options.profile == Profile::Polynomial && options.validation == Validation::Folds
}

/// A search's result.
#[derive(Debug, Clone)]
pub struct Searched {
    /// What was found.
    pub report: Report,
    /// Rows searched on.
    pub rows: usize,
    /// Which function of the target was fitted, and why; `None` for classes.
    pub transform: Option<TransformReport>,
    /// The neuron's polynomial in the user's units, where it is nearly exact and of few monomials.
    pub equation: Option<Equation>,
    /// How columns became inputs.
    pub preparation: Preparation,
    /// How inputs were scaled.
    pub search_scale: SearchScale,
}

impl Searched {
    /// The formula of each (transformed and scaled) target in symbols, with the scaling of each input written out;
    /// `None` for methods that fit a neuron.
    pub fn formula_texts(&self) -> Option<Vec<String>> {
        let names = self.preparation.input_names();
        let scales = self.search_scale.inputs();
        let name = |index: usize| match (names.get(index), scales.get(index)) {
            (Some(name), Some(scale)) if scale.shift == 0.0 => {
                format!("({name} / {:?})", scale.scale)
            }
            (Some(name), Some(scale)) => {
                format!("(({name} - {:?}) / {:?})", scale.shift, scale.scale)
            }
            _ => format!("x{}", index + 1),
        };
        let expressions = self.report.formula.expressions()?;
        Some(expressions.iter().map(|e| e.text(&name)).collect())
    }
}

/// Searches a neuron on all rows whose target is known and that are not held out.
///
/// # Errors
/// See [`FitError`]; settings are checked before any work.
pub fn search(
    table: &Table,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<Searched, FitError> {
    let start = Instant::now();
    let problems = options.problems();
    if !problems.is_empty() {
        return Err(FitError::Settings(problems));
    }
    // No network is trained: it needs no inputs of its own.
    let options = &FitOptions {
        profile: Profile::Small,
        ..options.clone()
    };
    let data = Data::new(table, None, options)?;
    for warning in data.preparation.warnings() {
        control.warn(warning);
    }
    let transform = settle::settle_search(&data, options, control)?;
    let scale = settle::scale(&data, transform.as_ref().map(|report| report.transform))?;
    let known = &data.known;
    let found = settle::run_search(&data, known, &scale, options, control)?;
    let mut report = found.report;
    report.seconds = start.elapsed().as_secs_f64();
    Ok(Searched {
        report,
        rows: known.rows(),
        transform,
        equation: found.equation,
        preparation: data.preparation.with_outcome(scale),
        search_scale: found.scale,
    })
}

/// What is to be fitted, with what the search found.
fn settle_or_recall(
    data: &Data,
    options: &FitOptions,
    keeper: &Keeper,
    control: &Control<'_>,
) -> Result<Settled, FitError> {
    if let Some(settled) = keeper.settled() {
        return Ok(settled);
    }
    let (settled, complete) = settle::settle(data, options, control)?;
    if complete {
        keeper.keep_settled(&settled);
    }
    Ok(settled)
}

fn conclude(
    data: &Data,
    options: &FitOptions,
    settled: Settled,
    candidates: &mut [(usize, Candidate)],
) -> Result<FitReport, FitError> {
    let (chosen, choice) = choose(candidates, options).ok_or(FitError::EndedEarly)?;
    let calibration = held_out::calibrate(data, &mut candidates[chosen].1);
    let decision = imbalance::decide(data, options, &mut candidates[chosen].1);
    let (form, winner) = &candidates[chosen];
    // Of several folds every known row was trained on and held out.
    let folded = winner.whole().filter(|_| data.folds.len() > 1);
    let mut splits = data.splits();
    let mut rows = data.rows;
    if folded.is_some() {
        splits[0].1 = &data.known;
        splits[1].1 = &data.known;
        rows.training = data.known.rows();
        rows.validation = 0;
        rows.folds = data.folds.len();
    } else if refits(options) {
        splits[0].1 = &data.known;
        splits.remove(1);
        rows.training = data.known.rows();
        rows.validation = 0;
    }
    let of = |metrics: &dyn Fn(&Subset) -> Option<Metrics>| -> BTreeMap<String, Metrics> {
        let by_split = splits
            .iter()
            .filter_map(|(name, subset)| Some((name.to_string(), metrics(subset)?)));
        by_split.collect()
    };
    let mut metrics = of(&|subset| winner.measured(data, subset, None));
    if let Some(outputs) = folded {
        let target = (&data.known.target, &data.known.truth);
        let measured = measure(outputs, &winner.scale, target, None);
        metrics.extend(measured.map(|measured| ("validation".to_string(), measured)));
    }
    let baseline = |outputs: &dyn Fn(&Subset) -> Matrix<f64>| {
        of(&|subset| {
            let target = (&subset.target, &subset.truth);
            let scale = data.preparation.outcome();
            let outputs = scale.outputs_of_scaled(&outputs(subset));
            measure(&outputs, scale, target, None)
        })
    };
    let transform = settled.report.map(|mut report| {
        let own = winner.scale.transform().unwrap_or_default();
        if own != report.transform {
            report
                .reason
                .push_str("; but no model on that scale is better beyond noise");
        }
        report.transform = own;
        report
    });
    let found = settled
        .forms
        .into_iter()
        .nth(*form)
        .and_then(|form| form.found);
    let (search, equation) = match found {
        Some(found) => (Some(found.report), found.equation),
        None => (None, None),
    };
    let known = &data.known;
    let scaled = data.search_scale.apply(&known.encoded);
    let linear = linear::baseline(&scaled, &known.target, known.weights.as_deref())?.model;
    let outcomes = candidates
        .iter()
        .enumerate()
        .map(|(index, (_, candidate))| candidate.outcome(data, index == chosen))
        .collect();
    Ok(FitReport {
        task: data.preparation.task_name().to_string(),
        task_reason: data.preparation.task_reason().map(str::to_string),
        targets: data.preparation.targets().to_vec(),
        rows,
        transform,
        equation,
        inputs: data.preparation.input_names().len(),
        seed: options.seed,
        holdout: options.holdout,
        fingerprint: Some(data.fingerprint_of_table.clone()),
        ranges: data.ranges.clone(),
        searched: match options.loss.and_then(Loss::power) {
            Some(_) if search.is_some() => transform::searched(data)?,
            _ => None,
        },
        search_options: search.is_some().then(|| options.search.clone()),
        loss: options.loss,
        class_weights: (data.preparation.classes().iter().cloned())
            .zip(data.class_weights.iter().copied())
            .collect(),
        decision,
        calibration,
        intervals: None,
        tuning: None,
        neuron: winner.neuron.clone(),
        candidates: outcomes,
        choice,
        parameters: winner.parameters,
        metrics,
        linear: baseline(&|subset| linear.predict(&data.search_scale.apply(&subset.encoded))),
        mean: baseline(&|subset| data.constant_outputs(subset.rows())),
        warnings: data
            .preparation
            .warnings()
            .iter()
            .chain(search.iter().flat_map(|report| &report.warnings))
            .cloned()
            .collect(),
        search,
        ended_early: false,
        seconds: 0.0,
    })
}
