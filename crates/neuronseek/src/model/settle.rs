//! What is to be fitted: the target as it is, a function of it, or both beside each other.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::candidate::{self, Candidate, loss_text};
use super::data::{Data, Subset};
use super::equation::Found;
use super::fit::FitError;
use super::options::{FitOptions, NeuronChoice, TransformChoice};
use super::searching;
use super::transform::{self, TransformReport};
use crate::network::Loss;
use crate::observe::{Control, Event};
use crate::prepare::{Outcome as TargetScale, TargetTransform};
use crate::search::Problem;

/// The share of a time limit that the search may use.
const SEARCH_SHARE: f64 = 0.4;

/// A function of the target, with what the search found for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Form {
    /// `None` for classes.
    pub transform: Option<TargetTransform>,
    /// `None` where the neuron was given.
    pub found: Option<Found>,
}

/// The forms that are to be fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Settled {
    /// Why the last form is among them; `None` for classes.
    pub report: Option<TransformReport>,
    /// The target as it is first, unless another was asked for.
    pub forms: Vec<Form>,
}

/// Settles on the forms, each searched on the training rows; also whether there was time for all
/// of it.
pub(super) fn settle(
    data: &Data,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<(Settled, bool), FitError> {
    control.observer.notice(&Event::Stage { name: "search" });
    let now = Instant::now();
    let limited = Control {
        observer: control.observer,
        stop: control.stop,
        deadline: control.deadline.map(|deadline| {
            let left = deadline.saturating_duration_since(now).as_secs_f64();
            now + Duration::from_secs_f64(left * SEARCH_SHARE)
        }),
    };
    let report = transform::propose(data, options, &limited)?;
    let settled = match proposed(options, report.as_ref()) {
        true => confirm(data, options, report, &limited)?,
        false => {
            let transform = report.as_ref().map(|report| report.transform);
            Settled {
                forms: vec![form(data, transform, options, &limited)?],
                report,
            }
        }
    };
    for form in &settled.forms {
        let reports = form.found.iter().map(|found| &found.report);
        for warning in reports.flat_map(|report| &report.warnings) {
            control.warn(warning);
        }
    }
    Ok((settled, !limited.should_stop()))
}

/// The transform that a search of all known rows should use.
pub(super) fn settle_search(
    data: &Data,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<Option<TransformReport>, FitError> {
    let report = transform::propose(data, options, control)?;
    match proposed(options, report.as_ref()) {
        true => Ok(confirm(data, options, report, control)?.report),
        false => Ok(report),
    }
}

/// Whether a transform that nobody asked for needs to be confirmed.
fn proposed(options: &FitOptions, report: Option<&TransformReport>) -> bool {
    let auto = options.target_transform == TransformChoice::Auto;
    auto && report.is_some_and(|report| report.transform != TargetTransform::None)
}

/// Both forms are searched on the training rows; the transformed one stays if its polynomial is
/// better on the validation rows beyond noise. Of a given neuron the networks decide.
fn confirm(
    data: &Data,
    options: &FitOptions,
    report: Option<TransformReport>,
    control: &Control<'_>,
) -> Result<Settled, FitError> {
    let transform = report.as_ref().map(|report| report.transform);
    let mut forms = vec![
        form(data, Some(TargetTransform::None), options, control)?,
        form(data, transform, options, control)?,
    ];
    let mut report = report;
    let mut polynomials = Vec::new();
    for form in &forms {
        let scale = scale(data, form.transform)?;
        let found = form.found.as_ref();
        polynomials.extend(found.map(|found| candidate::polynomial(data, &scale, found)));
    }
    let ([plain, other], Some(report)) = (&polynomials[..], &mut report) else {
        return Ok(Settled { report, forms });
    };
    let losses = [loss_text(other.validation), loss_text(plain.validation)];
    if other.rows.beats(&plain.rows) {
        report.reason = format!(
            "the found polynomial leaves {} of the variance of the validation rows, against {} of \
             the target as it is",
            losses[0], losses[1]
        );
    } else {
        report.reason = format!(
            "{} is not better beyond noise: the found polynomial leaves {} of the variance of the \
             validation rows, against {} of the target as it is",
            report.transform, losses[0], losses[1]
        );
        report.transform = TargetTransform::None;
        forms.pop();
    }
    Ok(Settled {
        report: Some(report.clone()),
        forms,
    })
}

/// Searches once more, on all known rows, for the polynomials that are to be the model; an end of
/// the fit leaves those of the training rows.
pub(super) fn refit(
    data: &Data,
    options: &FitOptions,
    settled: &mut Settled,
    candidates: &mut [(usize, Candidate)],
    control: &Control<'_>,
) -> Result<(), FitError> {
    for (index, candidate) in candidates {
        let form = &mut settled.forms[*index];
        let scale = scale(data, form.transform)?;
        let again = run_search(data, &data.known, &scale, options, control)?;
        if control.should_stop() {
            return Ok(());
        }
        let (before, now) = (&candidate.neuron, &again.report.neuron);
        if before != now {
            let warning = format!(
                "all rows gave {now}, the training rows alone {before}: the data may not tell \
                 the two apart"
            );
            control.warn(&warning);
        }
        *candidate = candidate::refitted(data, candidate, &scale, &again);
        form.found = Some(again);
    }
    Ok(())
}

fn form(
    data: &Data,
    transform: Option<TargetTransform>,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<Form, FitError> {
    let found = match options.neuron {
        NeuronChoice::Given(_) => None,
        NeuronChoice::Search => {
            let scale = match options.loss.and_then(Loss::power) {
                Some(_) => transform::searched_of_log_mean(data)?,
                None => scale(data, transform)?,
            };
            Some(run_search(data, &data.training, &scale, options, control)?)
        }
    };
    Ok(Form { transform, found })
}

/// The scale of a form's target.
pub(super) fn scale(
    data: &Data,
    transform: Option<TargetTransform>,
) -> Result<TargetScale, FitError> {
    Ok((data.preparation).transformed(&data.known.truth, transform.unwrap_or_default())?)
}

/// Searches on some rows.
pub(super) fn run_search(
    data: &Data,
    rows: &Subset,
    scale: &TargetScale,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<Found, FitError> {
    let start = Instant::now();
    let weights = data.fitting_weights(rows);
    let problem = Problem {
        inputs: &data.search_scale.apply(&rows.encoded),
        target: &rows.scaled(scale),
        weights: weights.as_deref(),
    };
    let mut report = searching::run(&problem, &options.search, options.seed, control)?;
    report.seconds = start.elapsed().as_secs_f64();
    let names = data.preparation.input_names();
    let scales = (&data.search_scale, scale);
    Ok(Found::new(report, rows, scales, names, options))
}
