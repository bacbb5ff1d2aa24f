//! What is done with the total of each round.

use super::draw::{self, Draw};
use super::partial::{Kind, Partial, RowSums, Taught};
use super::sketch::Sketch;
use super::task::{Apart, Summing, Task, Teaching, Work};
use crate::model::calibration::{self, Judged};
use crate::model::fit::{self, FitError, Fitted, Searched};
use crate::model::options::{FitOptions, Holdout, Profile, Validation};
use crate::model::predict::{Limits, Model, Predictor};
use crate::model::update::UpdateOptions;
use crate::observe::{Control, Event, Observer};
use crate::prepare::{Calibration, Preparation, SearchScale, Target};
use crate::search::Formula;
use crate::search::als::streamed::{Loss, moved};
use crate::table::Table;
use crate::terms::Polynomial;

/// A polynomial takes at most so many passes over the rows.
pub(super) const MOST_PASSES: usize = 5;

/// A step that is foretold to lower the loss by less than this many times its mean over rows is the
/// last one: coefficients move by less than a tenth of their standard error then.
const ENOUGH: f64 = 0.01;

/// Rows that networks see in all their passes, where their number is not told.
const ROWS_SEEN: u64 = 4_000_000;

/// The most passes of networks, where their number is not told.
pub(super) const MOST_EPOCHS: u64 = 20;

/// The highest learning rate of networks that a sample has trained already, where it is not told.
const LEARNING_RATE: f64 = 1e-3;

/// Rows a step of networks, where it is not told.
const BATCH: usize = 512;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The neuron, with coefficients.
    Search,
    /// A model.
    Fit,
}

/// What came out.
#[derive(Debug, Clone)]
pub enum StreamedResult {
    /// Of [`Goal::Search`].
    Searched(Box<Searched>),
    /// Of [`Goal::Fit`].
    Fitted(Box<Fitted>),
}

/// A fit in rounds.
///
/// ```
/// use neuronseek::model::FitOptions;
/// use neuronseek::model::streaming::{Goal, StreamedFit, StreamedResult};
/// use neuronseek::observe::Control;
/// use neuronseek::table::{Column, Table};
///
/// let x: Vec<f64> = (0..20_000).map(|i| f64::from(i % 1999) / 1000.0 - 1.0).collect();
/// let y = x.iter().map(|x| 2.0 * x - x.powi(3)).collect();
/// let columns = vec![Column::of_numbers("x", x), Column::of_numbers("y", y)];
/// let table = Table::new("rows", columns)?;
/// let mut options = FitOptions::default();
/// options.prepare.targets = vec!["y".to_string()];
/// let control = Control::silent();
/// let mut fit = StreamedFit::new(Goal::Search, &options, 2, None)?;
/// while let Some(task) = fit.task() {
///     // Any cut into parts will do, on any machine.
///     let total = task.partial(&table, 0)?;
///     fit.solve(total, &control)?;
/// }
/// let Some(StreamedResult::Searched(found)) = fit.result() else { unreachable!() };
/// assert_eq!(found.report.neuron.to_string(), "x + x^3");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct StreamedFit {
    goal: Goal,
    options: FitOptions,
    stage: Stage,
}

#[derive(Debug, Clone)]
enum Stage {
    Sketching {
        below: u64,
        most: usize,
    },
    Summing(Box<Chosen>, Box<Steps>),
    Teaching(Box<Chosen>, Rounds),
    Done(StreamedResult),
    /// Left behind by an error.
    Broken,
}

/// What the sample chose.
#[derive(Debug, Clone)]
struct Chosen {
    result: StreamedResult,
    /// Those that the choice was fitted on.
    sample: Table,
    /// Those that are held out.
    unseen: Table,
    apart: Apart,
    total: u64,
}

/// The way of a polynomial.
#[derive(Debug, Clone)]
struct Steps {
    task: Summing,
    passes: usize,
    damping: f64,
    best: Option<Best>,
}

/// The best coefficients so far, with the sums taken at them.
#[derive(Debug, Clone)]
struct Best {
    loss: f64,
    polynomial: Polynomial,
    sums: Vec<f64>,
}

/// The way of networks.
#[derive(Debug, Clone)]
struct Rounds {
    task: Teaching,
    done: usize,
    of: usize,
    rate: f64,
}

impl StreamedFit {
    /// A fit to rows of so many columns, of which there are `rows`, if that is known.
    ///
    /// # Errors
    /// When settings are out of range, or cannot be had of rows that are seen in parts.
    pub fn new(
        goal: Goal,
        options: &FitOptions,
        columns: usize,
        rows: Option<u64>,
    ) -> Result<StreamedFit, FitError> {
        let mut problems = options.problems();
        let refused = [
            (
                options.holdout != Holdout::None,
                "rows held out for testing: put them in a file of their own and evaluate the model on it",
            ),
            (
                options.validation != Validation::Folds,
                "validation rows that are told: the rows of the lowest hashes are held out",
            ),
            (!options.intervals.is_empty(), "prediction intervals"),
            (options.checkpoint.is_some(), "checkpoints"),
        ];
        for (_, what) in refused.iter().filter(|(asked, _)| *asked) {
            problems.push(format!("a fit to rows in parts takes no {what}"));
        }
        if !problems.is_empty() {
            return Err(FitError::Settings(problems));
        }
        let most = draw::sample_rows(columns);
        Ok(StreamedFit {
            goal,
            options: options.clone(),
            stage: Stage::Sketching {
                below: rows.map_or(u64::MAX, |rows| draw::surely_above(most, rows)),
                most,
            },
        })
    }

    /// What is to be made of all rows next; `None` when the fit is done.
    pub fn task(&self) -> Option<Task> {
        match &self.stage {
            Stage::Sketching { below, most } => Some(Task(Work::Sketch {
                draw: Draw::new(self.options.seed),
                below: *below,
                most: *most,
            })),
            Stage::Summing(_, steps) => Some(Task(Work::Sums(Box::new(steps.task.clone())))),
            Stage::Teaching(_, rounds) => Some(Task(Work::Networks(Box::new(rounds.task.clone())))),
            Stage::Done(_) | Stage::Broken => None,
        }
    }

    /// What came out, once the fit is done.
    pub fn result(self) -> Option<StreamedResult> {
        match self.stage {
            Stage::Done(result) => Some(result),
            _ => None,
        }
    }

    /// Which round this is and how many there are at most, once that is known.
    pub fn rounds(&self) -> Option<(usize, usize)> {
        match &self.stage {
            Stage::Summing(_, steps) => Some((steps.passes + 1, MOST_PASSES)),
            Stage::Teaching(_, rounds) => Some((rounds.done + 1, rounds.of)),
            _ => None,
        }
    }

    /// Goes on with what the present task made of all rows. An end by `control` leaves what the
    /// sample chose.
    ///
    /// # Errors
    /// When the total is of another task, or not of all rows; see [`FitError`].
    pub fn solve(&mut self, total: Partial, control: &Control<'_>) -> Result<(), FitError> {
        let stage = std::mem::replace(&mut self.stage, Stage::Broken);
        self.stage = match (stage, total.0) {
            (Stage::Sketching { most, .. }, Kind::Sketch(sketch)) => {
                self.choose(sketch.finished(), most, control)?
            }
            (Stage::Summing(chosen, steps), Kind::Sums(sums)) => {
                stepped(chosen, steps, &sums, control)?
            }
            (Stage::Teaching(chosen, rounds), Kind::Networks(taught)) => {
                averaged(chosen, rounds, taught, control)?
            }
            (stage, _) => {
                self.stage = stage;
                let text = "the total is of another task than the present one";
                return Err(FitError::Settings(vec![text.to_string()]));
            }
        };
        Ok(())
    }

    /// Chooses on the sample.
    fn choose(
        &self,
        sketch: Sketch,
        most: usize,
        control: &Control<'_>,
    ) -> Result<Stage, FitError> {
        if sketch.start != 0 {
            let text = "the rows of the sample do not begin at row 0";
            return Err(FitError::Settings(vec![text.to_string()]));
        }
        let Some(table) = sketch.table else {
            return Err(FitError::TooFewRows {
                source_name: "the data".to_string(),
                rows: 0,
                needed: 2,
            });
        };
        let mut hashes: Vec<u64> = sketch.rows.iter().map(|(hash, _)| *hash).collect();
        hashes.sort_unstable();
        let held_out = draw::held_out(hashes.len(), most);
        let up_to = match held_out {
            0 => 0,
            count => hashes[count - 1],
        };
        let places = sketch.rows.iter().enumerate();
        let (unseen, seen): (Vec<_>, Vec<_>) = places.partition(|(_, (hash, _))| *hash <= up_to);
        let places = |rows: &[(usize, &(u64, u64))]| -> Vec<usize> {
            rows.iter().map(|(place, _)| *place).collect()
        };
        let (seen, unseen) = (places(&seen), places(&unseen));
        let whole = [seen.as_slice(), &unseen].concat();
        let (sample, all) = (table.picked(&seen), table.picked(&whole));
        let said = OfSample(control.observer);
        let control = &Control {
            observer: &said,
            ..*control
        };
        let result = match self.goal {
            Goal::Search => {
                let found = fit::search(&sample, &self.options, control)?;
                StreamedResult::Searched(Box::new(found))
            }
            Goal::Fit => {
                let mut options = self.options.clone();
                options.validation = Validation::Last(unseen.len());
                let fitted = fit::fit_checked(&all, None, &options, control)?;
                StreamedResult::Fitted(Box::new(fitted))
            }
        };
        let chosen = Box::new(Chosen {
            result,
            sample,
            unseen: table.picked(&unseen),
            apart: Apart {
                draw: Draw::new(self.options.seed),
                up_to,
            },
            total: sketch.end,
        });
        Ok(self.after_choice(chosen, control))
    }

    fn after_choice(&self, chosen: Box<Chosen>, control: &Control<'_>) -> Stage {
        let all_seen = chosen.total <= (chosen.sample.rows() + chosen.unseen.rows()) as u64;
        if all_seen || control.should_stop() {
            return Stage::Done(chosen.ended(control.should_stop() && !all_seen, control));
        }
        if let StreamedResult::Fitted(fitted) = &chosen.result
            && matches!(fitted.model.predictor, Predictor::Networks(_))
        {
            let rounds = self.teaching(&fitted.model, &chosen);
            return Stage::Teaching(chosen, rounds);
        }
        match chosen.summing() {
            Ok(task) => Stage::Summing(
                chosen,
                Box::new(Steps {
                    task,
                    passes: 0,
                    damping: 0.0,
                    best: None,
                }),
            ),
            Err(what) => {
                let mut chosen = chosen;
                let warning = format!("{what} are fitted to the sample alone, not to all rows");
                chosen.warn(warning, control);
                Stage::Done(chosen.result)
            }
        }
    }

    fn teaching(&self, model: &Model, chosen: &Chosen) -> Rounds {
        let training = &self.options.train;
        let of = ROWS_SEEN
            .div_ceil(chosen.total.max(1))
            .clamp(1, MOST_EPOCHS);
        let of = training.epochs.unwrap_or(of as usize);
        let rate = training.learning_rate.unwrap_or(LEARNING_RATE);
        Rounds {
            task: Teaching {
                model: model.clone(),
                apart: chosen.apart,
                options: UpdateOptions {
                    epochs: 1,
                    learning_rate: rate,
                    batch: Some(training.batch.unwrap_or(BATCH)),
                    weights: None,
                    seed: self.options.seed,
                },
            },
            done: 0,
            of,
            rate,
        }
    }

    /// How columns become inputs, once a sample has said so.
    pub(super) fn preparation(&self) -> Option<&Preparation> {
        match &self.stage {
            Stage::Summing(_, steps) => Some(&steps.task.preparation),
            Stage::Teaching(_, rounds) => Some(&rounds.task.model.preparation),
            _ => None,
        }
    }

    /// How many rows all are, once a sample was drawn.
    pub fn total(&self) -> Option<u64> {
        match &self.stage {
            Stage::Summing(chosen, _) | Stage::Teaching(chosen, _) => Some(chosen.total),
            _ => None,
        }
    }

    /// The networks that are to be trained on and the number of passes, where the present task is
    /// that of networks.
    pub(super) fn networks(&self) -> Option<(&Teaching, usize)> {
        match &self.stage {
            Stage::Teaching(_, rounds) => Some((&rounds.task, rounds.of)),
            _ => None,
        }
    }

    /// Ends the rounds of networks with what was trained elsewhere.
    pub(super) fn taught(&mut self, model: Model, rows: u64, control: &Control<'_>) {
        let stage = std::mem::replace(&mut self.stage, Stage::Broken);
        self.stage = match stage {
            Stage::Teaching(chosen, rounds) => {
                let how = format!("{} passes through a shuffle buffer", rounds.of);
                Stage::Done(chosen.with_networks(model, rows, &how, control))
            }
            stage => stage,
        };
    }

    /// Ends the rounds with what there is.
    pub(super) fn end(&mut self, control: &Control<'_>) {
        let stage = std::mem::replace(&mut self.stage, Stage::Broken);
        self.stage = match stage {
            Stage::Summing(chosen, _) | Stage::Teaching(chosen, _) => {
                Stage::Done(chosen.ended(true, control))
            }
            stage => stage,
        };
    }
}

/// How the learning rate goes: by half a cosine to 0.
pub(super) fn rate(highest: f64, done: f64) -> f64 {
    0.5 * highest * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos())
}

/// The next pass of a polynomial, or its end.
fn stepped(
    chosen: Box<Chosen>,
    mut steps: Box<Steps>,
    total: &RowSums,
    control: &Control<'_>,
) -> Result<Stage, FitError> {
    let loss = match steps.task.logistic {
        true => Loss::Logistic,
        false => Loss::Squares,
    };
    let refused = |text: String| FitError::Settings(vec![text]);
    let (_, end) = total.sums.range();
    if end != chosen.total {
        return Err(refused(format!(
            "the sums are of {end} rows, and there are {}",
            chosen.total
        )));
    }
    let sums = (total.sums.total()).map_err(|error| refused(error.to_string()))?;
    if sums.iter().any(|sum| !sum.is_finite()) {
        let mut chosen = chosen;
        let warning = "powers of the inputs are too large to be summed over all rows: the \
                       coefficients are those of the sample";
        chosen.warn(warning.to_string(), control);
        return Ok(Stage::Done(chosen.result));
    }
    steps.passes += 1;
    let mut next = moved(&steps.task.polynomial, loss, &sums, steps.damping);
    let worse = |best: &Best| next.before > best.loss * (1.0 + 1e-12);
    match &steps.best {
        Some(best) if worse(best) => {
            // The step was too long: a shorter one from where it began.
            steps.damping = (steps.damping * 30.0).max(1e-3);
            next = moved(&best.polynomial, loss, &best.sums, steps.damping);
            if steps.passes >= MOST_PASSES {
                next.polynomial = best.polynomial.clone();
            }
        }
        _ => {
            steps.damping *= 0.1;
            steps.best = Some(Best {
                loss: next.before,
                polynomial: steps.task.polynomial.clone(),
                sums,
            });
        }
    }
    let small = next.falls * total.used.max(1) as f64 <= ENOUGH * next.before;
    steps.task.polynomial = next.polynomial;
    if next.exact || small || steps.passes >= MOST_PASSES || control.should_stop() {
        return Ok(Stage::Done(chosen.with_polynomial(&steps, total, control)));
    }
    Ok(Stage::Summing(chosen, steps))
}

/// The next round of networks, or their end.
fn averaged(
    chosen: Box<Chosen>,
    mut rounds: Rounds,
    mut taught: Taught,
    control: &Control<'_>,
) -> Result<Stage, FitError> {
    let refused = |text: &str| FitError::Settings(vec![text.to_string()]);
    let model = &mut rounds.task.model;
    let Predictor::Networks(members) = &mut model.predictor else {
        return Err(refused("there are no networks to train"));
    };
    taught.parts.sort_by_key(|(start, _, _)| *start);
    let rows: u64 = taught.parts.iter().map(|(_, rows, _)| rows).sum();
    let own = |member: &crate::model::predict::Member| {
        member.network.parameter_count() + member.network.statistics().len()
    };
    let count: usize = members.iter().map(own).sum();
    if rows == 0 || taught.parts.iter().any(|(_, _, own)| own.len() != count) {
        return Err(refused(
            "the networks of the total are not those of the task",
        ));
    }
    let mut mean = vec![0.0f64; count];
    for (_, own, numbers) in &taught.parts {
        let share = *own as f64 / rows as f64;
        let pairs = mean.iter_mut().zip(numbers);
        pairs.for_each(|(mean, number)| *mean += share * f64::from(*number));
    }
    let mut numbers = mean.into_iter().map(|number| number as f32);
    for member in members {
        let network = &mut member.network;
        let into = network.parameters_mut().iter_mut();
        into.zip(&mut numbers).for_each(|(to, number)| *to = number);
        let into = network.statistics_mut().iter_mut();
        into.zip(&mut numbers).for_each(|(to, number)| *to = number);
    }
    rounds.done += 1;
    let options = &mut rounds.task.options;
    options.seed = options.seed.wrapping_add(1);
    options.learning_rate = rate(rounds.rate, rounds.done as f64 / rounds.of as f64).max(1e-9);
    if rounds.done >= rounds.of || control.should_stop() {
        let how = format!("{} rounds of averaging over partitions", rounds.done);
        let model = rounds.task.model;
        return Ok(Stage::Done(
            chosen.with_networks(model, rows, &how, control),
        ));
    }
    Ok(Stage::Teaching(chosen, rounds))
}

impl Chosen {
    /// The first pass of the polynomial that was chosen; an error says what cannot be summed.
    fn summing(&self) -> Result<Summing, &'static str> {
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

    /// What the sample chose, as it is.
    fn ended(mut self, early: bool, control: &Control<'_>) -> StreamedResult {
        if early {
            let text = "the fit was ended before it was fitted to all rows: this is what a sample \
                        chose and fitted";
            self.warn(text.to_string(), control);
        }
        if let StreamedResult::Fitted(fitted) = &mut self.result {
            fitted.report.ended_early |= early;
            fitted.model.report.ended_early |= early;
        }
        self.result
    }

    /// Adds a warning to the report and tells it.
    fn warn(&mut self, text: String, control: &Control<'_>) {
        control.warn(&text);
        match &mut self.result {
            StreamedResult::Searched(found) => found.report.warnings.push(text),
            StreamedResult::Fitted(fitted) => {
                fitted.report.warnings.push(text.clone());
                fitted.model.report.warnings.push(text);
            }
        }
    }

    /// With the coefficients that all rows gave, unless held-out rows speak against them.
    fn with_polynomial(
        mut self,
        steps: &Steps,
        total: &RowSums,
        control: &Control<'_>,
    ) -> StreamedResult {
        let formula = Formula::Polynomial(steps.task.polynomial.clone());
        let passes = match steps.passes {
            1 => "1 pass".to_string(),
            passes => format!("{passes} passes"),
        };
        let told = format!("coefficients of all rows after {passes}");
        control.observer.notice(&Event::Stage { name: &told });
        let sampled = self.sample.rows();
        match &mut self.result {
            StreamedResult::Searched(found) => {
                found.rows = total.used as usize;
                let outcome = found.preparation.outcome();
                let names = found.preparation.input_names();
                found.equation = found.equation.take().and_then(|equation| {
                    let scales = (&found.search_scale, outcome);
                    equation.refitted(&steps.task.polynomial, scales, names)
                });
                found.report.formula = formula;
                of_sample(&mut found.report.warnings, sampled, total.used);
            }
            StreamedResult::Fitted(fitted) => {
                let mut model = fitted.model.clone();
                model.predictor = Predictor::Formula(formula.clone());
                if !model.limits.0.is_empty() {
                    model.limits = Limits::within(&total.extents);
                }
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
                    equation.refitted(&steps.task.polynomial, scales, names)
                });
                if let Some(search) = &mut report.search {
                    search.formula = formula;
                }
                fitted.model = model;
                self.conclude(total.used);
            }
        }
        self.result
    }

    /// With networks that saw all rows, unless held-out rows speak against them.
    fn with_networks(
        mut self,
        mut model: Model,
        rows: u64,
        how: &str,
        control: &Control<'_>,
    ) -> StreamedResult {
        recalibrate(&mut model, &self.unseen);
        let StreamedResult::Fitted(fitted) = &mut self.result else {
            return self.result;
        };
        let (before, now) = (
            loss(&fitted.model, &self.unseen),
            loss(&model, &self.unseen),
        );
        if !(now < before) {
            let text = format!(
                "networks trained on all rows ({how}) are no better on held-out rows ({now:.4}) \
                 than those of the sample ({before:.4}), which stay"
            );
            self.warn(text, control);
            return self.result;
        }
        fitted.model = model;
        self.conclude(rows);
        let text = format!("networks were trained on all rows by {how}");
        control.observer.notice(&Event::Stage { name: &text });
        self.result
    }

    /// The figures of the model that all rows fitted.
    fn conclude(&mut self, used: u64) {
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
        report.rows.total = self.total as usize;
        report.rows.training = used as usize;
        let known = used as usize + report.rows.validation;
        report.rows.without_target = report.rows.total.saturating_sub(known);
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
struct OfSample<'a>(&'a dyn Observer);

impl Observer for OfSample<'_> {
    fn notice(&self, event: &Event<'_>) {
        match event {
            Event::Warning(text) if text.starts_with(SOUGHT) => {}
            event => self.0.notice(event),
        }
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

/// Calibrates the probabilities of networks that have learned on.
fn recalibrate(model: &mut Model, unseen: &Table) {
    let all: Vec<usize> = (0..unseen.rows()).collect();
    let preparation = &model.preparation;
    let outcome = preparation.outcome();
    let read = || {
        let rows = preparation.usable_rows(unseen, &all).ok()?;
        let target = preparation.target(unseen, &rows).ok()?;
        let inputs = preparation.inputs(unseen).ok()?.select_rows(&rows);
        Some((target, inputs))
    };
    let Some((Target::Classes { labels, count }, inputs)) = read() else {
        return;
    };
    let outputs = model.outputs(&inputs);
    let plain = outcome.calibrated(Calibration::none(outputs.columns()));
    let found = calibration::calibrate(&Judged {
        logits: &plain.restore(&outputs),
        labels: &labels,
        count,
        weights: None,
    });
    let (outcome, report) = match found {
        Some((calibration, report)) => (plain.calibrated(calibration), Some(report)),
        None => (plain, None),
    };
    model.preparation = model.preparation.with_outcome(outcome);
    model.report.calibration = report;
}

/// Whether a fit of these options ends in a polynomial whatever the sample says.
pub(super) fn polynomial_alone(goal: Goal, options: &FitOptions) -> bool {
    goal == Goal::Search || options.profile == Profile::Polynomial
}
