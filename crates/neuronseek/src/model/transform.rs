//! Which function of the target is fitted, by held-out rows.
//!
//! A target may be a polynomial only when squared, or vary evenly only in its logarithm. Each
//! transform that the target's range admits is tried by a short search on some of the training
//! rows, and judged on others in the target's own unit. One that is better than the target as it is
//! beyond noise is proposed; the full search, and then the networks, must confirm it, since a short
//! search is a matter of luck on data that is no polynomial. (Judging on the transformed scale was
//! rejected: a logarithm always looks good there, and is bad where large values matter. So was
//! choosing by the target's distribution: what matters is how it depends on the inputs.)

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::data::{Data, Subset};
use super::equation::Found;
use super::fit::FitError;
use super::options::{FitOptions, TransformChoice};
use super::paired::{RowErrors, beyond_noise};
use super::predict::Limits;
use super::report::SearchedTarget;
use crate::matrix::Matrix;
use crate::observe::{Control, Event, Silent};
use crate::prepare::{Outcome as TargetScale, TargetTransform};
use crate::search::als::{Als, AlsSettings};
use crate::search::{Problem, Search};

/// The short search sees so many rows...
const FITTED_ROWS: usize = 2_000;

/// ...and so many others judge it.
const JUDGING_ROWS: usize = 4_000;

/// Its terms have at most this order, ...
const MAX_ORDER: usize = 3;

/// ...and at most this rank.
const MAX_RANK: usize = 4;

/// New products are sought from so many starts.
const STARTS: usize = 3;

/// A transform is proposed when its error is lower by this share, beyond noise: structures found by
/// short searches are a matter of luck, and a proposal costs another search and other networks.
const LEAST_SHARE: f64 = 0.15;

/// Where the target as it is leaves less than this share of its variance, no other is tried.
const EXACT: f64 = 1e-9;

/// Which function of the target was fitted, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformReport {
    /// The transform of the model, or of what the search found.
    pub transform: TargetTransform,
    /// Why, in words.
    pub reason: String,
    /// Those that were tried, in the order of [`TargetTransform::ALL`]; empty where there was no
    /// choice.
    pub tried: Vec<TransformTrial>,
}

/// A transform that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformTrial {
    /// The transform.
    pub transform: TargetTransform,
    /// The squared error of a short search on held-out rows over the target's variance there, in
    /// the target's unit.
    pub error: f64,
    /// By how much that is above the error of the target as it is.
    pub above: f64,
    /// The standard error of `above`, from the differences row by row.
    pub standard_error: f64,
}

/// Which function of the target should be fitted, as a short search sees it, or as it was asked
/// for; no report for classes.
pub(super) fn propose(
    data: &Data,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<Option<TransformReport>, FitError> {
    let plain = data.preparation.outcome().transform();
    if let TransformChoice::Given(transform) = options.target_transform {
        data.preparation.transformed(&data.known.truth, transform)?;
        return Ok(plain.map(|_| untried(transform, "it was asked for")));
    }
    if plain.is_none() {
        return Ok(None);
    }
    let left = |reason| Ok(Some(untried(TargetTransform::None, reason)));
    if options.prepare.targets.len() > 1 {
        return left("several targets are not transformed unless asked for");
    }
    if options.loss.is_some_and(|loss| loss.power().is_some()) {
        return left("the networks fit the logarithm of its mean, the search its own logarithm");
    }
    if options.loss.is_some() {
        return left("with a loss of its own the target is not transformed unless asked for");
    }
    let scales = admitted(data);
    if scales.is_empty() {
        return left("no other transform is defined for its range");
    }
    control.observer.notice(&Event::Stage {
        name: "target transform",
    });
    let Some(tried) = tried(data, options, &scales, control) else {
        return left("there was no time to try others");
    };
    let best = decide(&tried);
    Ok(Some(TransformReport {
        transform: tried[best].transform,
        reason: reason(&tried, best),
        tried,
    }))
}

/// What a search sees of a target whose mean has a fitted logarithm: its own logarithm, of numbers
/// with zeros `log(1 + y)`. The neuron that it finds is of the networks that fit the mean; its
/// polynomial, whose inverse is no mean, has no part in the choice.
pub(super) fn searched_of_log_mean(data: &Data) -> Result<TargetScale, FitError> {
    use TargetTransform::{Log, Log1p};
    let truth = &data.known.truth;
    let of = |transform| data.preparation.transformed(truth, transform);
    Ok(of(Log).or_else(|_| of(Log1p))?)
}

/// The same as numbers, where there is one target.
pub(super) fn searched(data: &Data) -> Result<Option<SearchedTarget>, FitError> {
    let scale = searched_of_log_mean(data)?;
    let both = scale.transform().zip(scale.only_line());
    Ok(both.map(|(transform, (mean, deviation))| SearchedTarget {
        transform,
        mean,
        deviation,
    }))
}

fn untried(transform: TargetTransform, reason: &str) -> TransformReport {
    TransformReport {
        transform,
        reason: reason.to_string(),
        tried: Vec::new(),
    }
}

/// The scales of the transforms that are worth a trial.
fn admitted(data: &Data) -> Vec<TargetScale> {
    use TargetTransform::{Log, Log1p, Reciprocal, Sqrt, Square};
    let truth = &data.known.truth;
    let of = |transform| data.preparation.transformed(truth, transform).ok();
    let mut scales: Vec<TargetScale> = [Square, Sqrt, Log].into_iter().filter_map(of).collect();
    // A logarithm of counts is worth a trial where the plain one is not defined.
    if scales.len() == 2 {
        scales.extend(of(Log1p));
    } else {
        scales.extend(of(Reciprocal));
    }
    scales
}

/// The index of the transform to take.
fn decide(trials: &[TransformTrial]) -> usize {
    let mut best = 0;
    for (index, trial) in trials.iter().enumerate().skip(1) {
        let better = beyond_noise(trial.error, trial.above, trial.standard_error);
        let much = trial.error < (1.0 - LEAST_SHARE) * trials[0].error;
        if better && much && trial.error < trials[best].error {
            best = index;
        }
    }
    best
}

fn reason(trials: &[TransformTrial], best: usize) -> String {
    let error = |index: usize| super::candidate::loss_text(trials[index].error);
    if best != 0 {
        return format!(
            "a short search on held-out rows leaves {} of the variance, against {} of the target \
             as it is",
            error(best),
            error(0)
        );
    }
    let mut rival = 0;
    for (index, trial) in trials.iter().enumerate().skip(1) {
        if rival == 0 || trial.error < trials[rival].error {
            rival = index;
        }
    }
    match rival {
        0 => "the target as it is is fitted exactly".to_string(),
        rival => format!(
            "no other is better beyond noise: a short search on held-out rows leaves {} of the \
             variance, against {} with {}",
            error(0),
            error(rival),
            trials[rival].transform
        ),
    }
}

/// The target as it is first; `None` when there was no time.
fn tried(
    data: &Data,
    options: &FitOptions,
    scales: &[TargetScale],
    control: &Control<'_>,
) -> Option<Vec<TransformTrial>> {
    let rows = Rows::new(data);
    let plain = rows.errors(data.preparation.outcome(), options, control)?;
    let mut trials = vec![trial(TargetTransform::None, &plain, &plain)];
    if trials[0].error <= EXACT {
        return Some(trials);
    }
    let errors: Vec<Option<RowErrors>> = scales
        .par_iter()
        .map(|scale| rows.errors(scale, options, control))
        .collect();
    for (scale, errors) in scales.iter().zip(errors) {
        trials.push(trial(scale.transform()?, &errors?, &plain));
    }
    (!control.should_stop()).then_some(trials)
}

fn trial(transform: TargetTransform, errors: &RowErrors, plain: &RowErrors) -> TransformTrial {
    let (above, standard_error) = errors.above(plain);
    TransformTrial {
        transform,
        error: errors.total(),
        above,
        standard_error,
    }
}

/// The rows of the trials.
struct Rows<'a> {
    data: &'a Data,
    fitted: Part,
    judging: Part,
}

struct Part {
    /// Scaled for the search.
    inputs: Matrix<f64>,
    rows: Subset,
}

impl<'a> Rows<'a> {
    /// Evenly spaced training rows; the others and the validation rows judge.
    fn new(data: &'a Data) -> Rows<'a> {
        let known = &data.known;
        let (training, all) = (data.training.rows(), known.rows());
        let fitted = spaced(&(0..training).collect::<Vec<_>>(), FITTED_ROWS);
        let mut used = vec![false; all];
        fitted.iter().for_each(|&row| used[row] = true);
        let others: Vec<usize> = (0..all).filter(|&row| !used[row]).collect();
        let judging = spaced(&others, JUDGING_ROWS);
        Rows {
            data,
            fitted: Part::new(data, known, &fitted),
            judging: Part::new(data, known, &judging),
        }
    }

    /// What each judging row adds to the error; `None` when the search cannot work or was ended.
    fn errors(
        &self,
        scale: &TargetScale,
        options: &FitOptions,
        control: &Control<'_>,
    ) -> Option<RowErrors> {
        let method = Als {
            settings: AlsSettings {
                max_order: options.search.max_order.min(MAX_ORDER),
                max_rank: options.search.max_rank.min(MAX_RANK),
                starts: STARTS,
                ..AlsSettings::default()
            },
        };
        let target = self.fitted.rows.scaled(scale);
        let problem = Problem {
            inputs: &self.fitted.inputs,
            target: &target,
            weights: self.fitted.rows.weights.as_deref(),
        };
        let never = AtomicBool::new(false);
        let quiet = Control {
            observer: &Silent,
            stop: &never,
            deadline: None,
        };
        if control.should_stop() {
            return None;
        }
        let report = method.search(&problem, options.seed, &quiet).ok()?;
        let scales = (&self.data.search_scale, scale);
        let names = self.data.preparation.input_names();
        let found = Found::new(report, &self.fitted.rows, scales, names, options);
        let limits = Limits::of(&target);
        let outputs = |part: &Part| {
            let inputs = found.scale.apply(&part.rows.encoded);
            let mut outputs = found.report.formula.values(&inputs);
            limits.apply(&mut outputs);
            outputs
        };
        let scale = scale.smeared(&self.fitted.rows.truth, &outputs(&self.fitted));
        let predicted = scale.restore(&outputs(&self.judging));
        let rows = &self.judging.rows;
        Some(RowErrors::new(
            &rows.truth,
            &predicted,
            rows.weights.as_deref(),
        ))
    }
}

impl Part {
    fn new(data: &Data, known: &Subset, rows: &[usize]) -> Part {
        let rows = known.select(rows);
        Part {
            inputs: data.search_scale.apply(&rows.encoded),
            rows,
        }
    }
}

/// At most `most` of the rows, evenly spaced.
fn spaced(rows: &[usize], most: usize) -> Vec<usize> {
    let count = rows.len().min(most);
    (0..count).map(|i| rows[i * rows.len() / count]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(
        transform: TargetTransform,
        error: f64,
        above: f64,
        standard_error: f64,
    ) -> TransformTrial {
        TransformTrial {
            transform,
            error,
            above,
            standard_error,
        }
    }

    #[test]
    fn only_what_is_better_beyond_noise_is_taken() {
        let plain = trial(TargetTransform::None, 0.4, 0.0, 0.0);
        let decided = |others: &[TransformTrial]| {
            let mut trials = vec![plain.clone()];
            trials.extend_from_slice(others);
            trials[decide(&trials)].transform
        };
        let noisy = trial(TargetTransform::Square, 0.2, -0.2, 0.11);
        let slight = trial(TargetTransform::Sqrt, 0.36, -0.04, 0.001);
        let good = trial(TargetTransform::Log, 0.3, -0.1, 0.02);
        let better = trial(TargetTransform::Reciprocal, 0.25, -0.15, 0.03);
        assert_eq!(decided(std::slice::from_ref(&noisy)), TargetTransform::None);
        assert_eq!(
            decided(std::slice::from_ref(&slight)),
            TargetTransform::None
        );
        assert_eq!(
            decided(&[noisy, slight, good.clone()]),
            TargetTransform::Log
        );
        assert_eq!(decided(&[good, better]), TargetTransform::Reciprocal);
    }

    #[test]
    fn rows_are_spaced_evenly() {
        assert_eq!(spaced(&[3, 4, 5, 6, 7, 8], 3), [3, 5, 7]);
        assert_eq!(spaced(&[3, 4], 5), [3, 4]);
        assert!(spaced(&[], 5).is_empty());
    }
}
