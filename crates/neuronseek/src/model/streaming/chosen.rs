//! What a sample chose, and what all rows make of it.

use super::seen::Seen;
use super::task::{Apart, Summing};
use crate::matrix::Matrix;
use crate::model::calibration::{self, Judged};
use crate::model::fit::{Fitted, Searched};
use crate::model::predict::{Limits, Model, Predictor};
use crate::observe::{Control, Event, Observer};
use crate::prepare::{Calibration, Preparation, SearchScale, Target};
use crate::search::Formula;
use crate::table::Table;
use crate::terms::Polynomial;

/// What came out.
#[derive(Debug, Clone)]
pub enum StreamedResult {
    /// Of [`super::Goal::Search`].
    Searched(Box<Searched>),
    /// Of [`super::Goal::Fit`].
    Fitted(Box<Fitted>),
}

/// What the sample chose.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub result: StreamedResult,
    /// Those that the choice was fitted on.
    pub sample: Table,
    /// Those that are held out.
    pub unseen: Table,
    pub apart: Apart,
    pub total: u64,
}

impl Chosen {
    /// The first pass of the polynomial that was chosen; an error says what cannot be summed.
    pub fn summing(&self) -> Result<Summing, &'static str> {
        let (preparation, scale, formula): (&Preparation, &SearchScale, &Formula) =
            match &self.result {
                StreamedResult::Searched(found) => (
                    &found.preparation,
                    &found.search_scale,
                    &found.report.formula,
                ),
                StreamedResult::Fitted(fitted) => match &fitted.model.predictor {
                    Predictor::Formula(formula) => (
                        &fitted.model.preparation,
                        &fitted.model.search_scale,
                        formula,
                    ),
                    Predictor::Networks(_) => return Err("networks"),
                },
            };
        let Some(polynomial) = formula.polynomial() else {
            return Err("formulas in symbols");
        };
        let classes = preparation.classes().len();
        if classes > 2 {
            return Err("logits of more than two classes");
        }
        let weights = match &self.result {
            StreamedResult::Fitted(fitted) => fitted.report.class_weights.as_slice(),
            StreamedResult::Searched(_) => &[],
        };
        Ok(Summing {
            preparation: preparation.clone(),
            scale: scale.clone(),
            polynomial: polynomial.clone(),
            logistic: classes == 2,
            class_weights: weights.iter().map(|(_, weight)| *weight).collect(),
            apart: self.apart,
        })
    }

    /// What the sample chose, as it is; `why` is told.
    pub fn ended(mut self, why: &str, control: &Control<'_>) -> StreamedResult {
        let text = format!("{why}: this is what a sample chose and fitted, not fitted to all rows");
        self.warn(text, control);
        self.result
    }

    /// Says that the fit was ended early.
    pub fn mark_early(&mut self) {
        if let StreamedResult::Fitted(fitted) = &mut self.result {
            fitted.report.ended_early = true;
            fitted.model.report.ended_early = true;
        }
    }

    /// Adds a warning to the report and tells it.
    pub fn warn(&mut self, text: String, control: &Control<'_>) {
        control.warn(&text);
        match &mut self.result {
            StreamedResult::Searched(found) => found.report.warnings.push(text),
            StreamedResult::Fitted(fitted) => {
                fitted.report.warnings.push(text.clone());
                fitted.model.report.warnings.push(text);
            }
        }
    }

    /// With the coefficients that all rows gave after so many passes, unless held-out rows speak
    /// against them.
    pub fn with_polynomial(
        mut self,
        (polynomial, passes): (Polynomial, usize),
        seen: &Seen,
        control: &Control<'_>,
    ) -> StreamedResult {
        let formula = Formula::Polynomial(polynomial.clone());
        let told = match passes {
            1 => "coefficients of all rows after 1 pass".to_string(),
            passes => format!("coefficients of all rows after {passes} passes"),
        };
        control.observer.notice(&Event::Stage { name: &told });
        self.tell_left_out(seen, control);
        let sampled = self.sample.rows();
        match &mut self.result {
            StreamedResult::Searched(found) => {
                found.rows = seen.used as usize;
                let outcome = found.preparation.outcome();
                let names = found.preparation.input_names();
                found.equation = found.equation.take().and_then(|equation| {
                    let scales = (&found.search_scale, outcome);
                    equation.refitted(&polynomial, scales, names)
                });
                found.report.formula = formula;
                of_sample(&mut found.report.warnings, sampled, seen.used);
            }
            StreamedResult::Fitted(fitted) => {
                let mut model = fitted.model.clone();
                model.predictor = Predictor::Formula(formula.clone());
                model.widen(seen);
                recalibrate(&mut model, &self.unseen);
                let own = loss(&fitted.model, &self.unseen);
                if loss(&model, &self.unseen) > own * 1.01 {
                    let text = "the coefficients that all rows gave do worse on held-out rows than \
                                those of the sample, which stay: a few rows lie far outside";
                    self.warn(text.to_string(), control);
                    return self.result;
                }
                let report = &mut model.report;
                report.equation = report.equation.take().and_then(|equation| {
                    let scales = (&model.search_scale, model.preparation.outcome());
                    let names = model.preparation.input_names();
                    equation.refitted(&polynomial, scales, names)
                });
                if let Some(search) = &mut report.search {
                    search.formula = formula;
                }
                fitted.model = model;
                self.conclude(seen);
            }
        }
        self.result
    }

    /// With networks that saw all rows, unless held-out rows speak against them.
    pub fn with_networks(
        mut self,
        mut model: Model,
        seen: &Seen,
        how: &str,
        control: &Control<'_>,
    ) -> StreamedResult {
        self.tell_left_out(seen, control);
        model.widen(seen);
        recalibrate(&mut model, &self.unseen);
        let StreamedResult::Fitted(fitted) = &mut self.result else {
            return self.result;
        };
        let (before, now) = (
            loss(&fitted.model, &self.unseen),
            loss(&model, &self.unseen),
        );
        if now.is_nan() || now >= before {
            let text = format!(
                "networks trained on all rows ({how}) are no better on held-out rows ({now:.4}) \
                 than those of the sample ({before:.4}), which stay"
            );
            self.warn(text, control);
            return self.result;
        }
        model.report.ended_early = fitted.report.ended_early;
        model.report.warnings.clone_from(&fitted.report.warnings);
        fitted.model = model;
        self.conclude(seen);
        let text = format!("networks were trained on all rows by {how}");
        control.observer.notice(&Event::Stage { name: &text });
        self.result
    }

    /// Says which rows were left out for what they hold.
    fn tell_left_out(&mut self, seen: &Seen, control: &Control<'_>) {
        let class = "of a class that the sample does not have";
        let domain = "whose target the chosen transform is not defined at";
        let reasons = [(seen.of_unseen_class, class), (seen.outside_domain, domain)];
        for (rows, what) in reasons.into_iter().filter(|(rows, _)| *rows > 0) {
            let noun = if rows == 1 { "row is" } else { "rows are" };
            self.warn(format!("{rows} {noun} left out: {what}"), control);
        }
    }

    /// The figures of the model that all rows fitted.
    fn conclude(&mut self, seen: &Seen) {
        let StreamedResult::Fitted(fitted) = &mut self.result else {
            return;
        };
        let model = &mut fitted.model;
        let parts = [("training", &self.sample), ("validation", &self.unseen)];
        let measured = parts.map(|(name, rows)| (name, model.evaluate(rows).ok()));
        let report = &mut model.report;
        for (name, measured) in measured {
            if let Some((metrics, _)) = measured {
                if name == "validation"
                    && let Some(own) = report.candidates.iter_mut().find(|own| own.chosen)
                {
                    own.validation = metrics.loss();
                }
                report.metrics.insert(name.to_string(), metrics);
            }
        }
        let used = seen.used;
        report.rows.total = self.total as usize;
        report.rows.training = used as usize;
        let unknown = self.unseen.rows() - report.rows.validation;
        report.rows.without_target = seen.without_target as usize + unknown;
        // Of the sample, which is no table of the user's.
        report.fingerprint = None;
        of_sample(&mut report.warnings, self.sample.rows(), used);
        if let Some(search) = &mut report.search {
            of_sample(&mut search.warnings, self.sample.rows(), used);
        }
        let seconds = fitted.report.seconds;
        fitted.report = report.clone();
        fitted.report.seconds = seconds;
    }
}

/// What a search of many rows says of its sample; here that is a sample of a sample.
const SOUGHT: &str = "the structure was sought on";

/// Passes on what is told while a sample chooses, but for what the user would misread.
pub(super) struct OfSample<'a>(pub &'a dyn Observer);

impl Observer for OfSample<'_> {
    fn notice(&self, event: &Event<'_>) {
        match event {
            Event::Warning(text) if text.starts_with(SOUGHT) => {}
            event => self.0.notice(event),
        }
    }
}

impl Model {
    /// Lets predictions go where the targets of all rows are.
    fn widen(&mut self, seen: &Seen) {
        if seen.extents.is_empty() {
            return;
        }
        let outcome = self.preparation.outcome().widened(&seen.extents);
        if !self.limits.0.is_empty() {
            let ends = [0, 1].map(|end| {
                let row = seen.extents.iter().map(|extent| extent[end]).collect();
                outcome.scaled(&Matrix::from_vec(1, seen.extents.len(), row))
            });
            let pairs = ends[0].data().iter().zip(ends[1].data());
            let own: Vec<[f64; 2]> = pairs.map(|(a, b)| [a.min(*b), a.max(*b)]).collect();
            self.limits = Limits::within(&own);
        }
        self.preparation = self.preparation.with_outcome(outcome);
    }
}

/// Says of what the sample was.
fn of_sample(warnings: &mut Vec<String>, sampled: usize, used: u64) {
    warnings.retain(|warning| !warning.starts_with(SOUGHT));
    warnings.push(format!(
        "chosen on a sample of {sampled} rows, fitted to {used}"
    ));
}

/// What a model is judged by on rows; infinite where it cannot be.
fn loss(model: &Model, rows: &Table) -> f64 {
    let measured = model.evaluate(rows);
    measured.map_or(f64::INFINITY, |(metrics, _)| metrics.loss())
}

/// Calibrates the probabilities of a model that all rows have changed.
fn recalibrate(model: &mut Model, unseen: &Table) {
    let all: Vec<usize> = (0..unseen.rows()).collect();
    let preparation = &model.preparation;
    let outcome = preparation.outcome();
    let read = || {
        let rows = preparation.usable_rows(unseen, &all).ok()?;
        let target = preparation.target(unseen, &rows).ok()?;
        let inputs = preparation.inputs(unseen).ok()?.select_rows(&rows);
        let weights = preparation.plain_weights(unseen, &rows).ok()?;
        Some((target, inputs, weights))
    };
    let Some((Target::Classes { labels, count }, inputs, weights)) = read() else {
        return;
    };
    let outputs = model.outputs(&inputs);
    let plain = outcome.calibrated(Calibration::none(outputs.columns()));
    let found = calibration::calibrate(&Judged {
        logits: &plain.restore(&outputs),
        labels: &labels,
        count,
        weights: weights.as_deref(),
    });
    let (outcome, report) = match found {
        Some((calibration, report)) => (plain.calibrated(calibration), Some(report)),
        None => (plain, None),
    };
    model.preparation = model.preparation.with_outcome(outcome);
    model.report.calibration = report;
}
