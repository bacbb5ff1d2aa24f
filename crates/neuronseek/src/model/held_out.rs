//! What is made of outputs for rows that a model was not trained on: calibrated probabilities and
//! prediction intervals.

use super::calibration::{self, CalibrationReport, Judged};
use super::candidate::Candidate;
use super::data::{Data, Subset};
use super::fit::FitError;
use super::intervals::{self, IntervalReport, Intervals};
use super::options::FitOptions;
use super::spread::HeldOut;
use crate::observe::{Control, Event};
use crate::prepare::Target;

/// Refuses intervals that cannot be.
pub(super) fn check(data: &Data, options: &FitOptions) -> Result<(), FitError> {
    if options.intervals.is_empty() {
        return Ok(());
    }
    let problem = match &data.validation.target {
        Target::Classes { .. } => Some(format!(
            "intervals are of numbers, and target \"{}\" holds classes",
            data.preparation.targets().join(", ")
        )),
        Target::Values(_) => intervals::problem(&options.intervals, data.validation.rows()),
    };
    match problem {
        Some(problem) => Err(FitError::Settings(vec![problem])),
        None => Ok(()),
    }
}

/// Calibrates the candidate's probabilities, where held-out rows say that it helps.
pub(super) fn calibrate(data: &Data, candidate: &mut Candidate) -> Option<CalibrationReport> {
    let (rows, outputs) = candidate.unseen(data);
    let Target::Classes { labels, count } = &rows.target else {
        return None;
    };
    let (calibration, report) = calibration::calibrate(&Judged {
        logits: &candidate.scale.restore(&outputs),
        labels,
        count: *count,
        weights: rows.weights.as_deref(),
    })?;
    candidate.scale = candidate.scale.calibrated(calibration);
    Some(report)
}

/// The intervals that were asked for, and how they do on the test rows.
pub(super) fn intervals(
    data: &Data,
    options: &FitOptions,
    candidate: &Candidate,
    control: &Control<'_>,
) -> Option<(Intervals, IntervalReport)> {
    if options.intervals.is_empty() {
        return None;
    }
    control.observer.notice(&Event::Stage { name: "intervals" });
    let inputs = |rows: &Subset| data.network_scale.apply(&rows.encoded).to_f32();
    let (rows, outputs) = candidate.unseen(data);
    let held_out = HeldOut {
        inputs: &inputs(rows),
        truth: &rows.truth,
        predicted: &candidate.scale.restore(&outputs),
    };
    let intervals = Intervals::fit(&options.intervals, &held_out, options.seed, control);
    let test = data.test.as_ref().map(|test| {
        let predicted = candidate.scale.restore(&candidate.outputs(data, test));
        intervals::coverage(&intervals.around(&inputs(test), &predicted), &test.truth)
    });
    let report = IntervalReport {
        rows: rows.rows(),
        adaptive: intervals.adaptive(),
        levels: options.intervals.clone(),
        test: test.unwrap_or_default(),
    };
    Some((intervals, report))
}
