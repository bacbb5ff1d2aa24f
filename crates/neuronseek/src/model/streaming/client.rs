//! What is done with the total of each round.

use super::chosen::{Chosen, OfSample, StreamedResult};
use super::draw::{self, Draw};
use super::partial::{Kind, Partial, RowSums, Taught};
use super::seen::Seen;
use super::sketch::Sketch;
use super::task::{Apart, Summing, Task, Teaching, Work};
use crate::model::fit::{self, FitError};
use crate::model::imbalance::ThresholdChoice;
use crate::model::options::{FitOptions, Holdout, Profile, Validation};
use crate::model::predict::{Member, Model, Predictor};
use crate::model::update::UpdateOptions;
use crate::observe::Control;
use crate::prepare::{Preparation, TargetStatistics};
use crate::search::als::streamed::{Loss, Rows, moved};
use crate::terms::Polynomial;

/// A polynomial takes at most so many passes over the rows.
pub(super) const MOST_PASSES: usize = 5;

/// A step that is foretold to lower the loss by less than this many times its mean over rows is the
/// last one: coefficients move by less than a tenth of their standard error then.
const ENOUGH: f64 = 0.01;

/// Rows that networks see in all their passes, where their number is not told.
const ROWS_SEEN: u64 = 4_000_000;

/// The most passes of networks, where their number is not told.
const MOST_EPOCHS: u64 = 20;

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
    /// That of the stage.
    task: Option<Task>,
}

#[derive(Debug, Clone)]
enum Stage {
    Sketching {
        below: u64,
        most: usize,
    },
    Summing(Box<Chosen>, Box<Steps>),
    Teaching(Box<Chosen>, Box<Rounds>),
    Done(StreamedResult),
    /// Left behind by an error.
    Broken,
}

/// The way of a polynomial.
#[derive(Debug, Clone)]
struct Steps {
    task: Summing,
    passes: usize,
    damping: f64,
    best: Option<Best>,
}

impl Steps {
    fn loss(&self) -> Loss {
        match self.task.logistic {
            true => Loss::Logistic,
            false => Loss::Squares,
        }
    }
}

/// The best coefficients so far, with the sums taken at them.
#[derive(Debug, Clone)]
struct Best {
    loss: f64,
    polynomial: Polynomial,
    sums: Vec<f64>,
    seen: Seen,
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
        let tuned = !matches!(options.threshold, None | Some(ThresholdChoice::Given(_)));
        let all = options.prepare.statistics == TargetStatistics::All;
        let folds = options.network.folds.is_some_and(|folds| folds > 1);
        let refused = [
            (
                options.holdout != Holdout::None,
                "rows held out for testing: put them in a file of their own and evaluate the model \
                 on it",
            ),
            (
                options.validation != Validation::Folds,
                "validation rows that are told: the rows of the lowest hashes are held out",
            ),
            (folds, "folds: one part of a sample is held out"),
            (!options.intervals.is_empty(), "prediction intervals"),
            (tuned, "threshold that held-out rows choose: give a number"),
            (all, "means of the target by levels (target statistics)"),
            (options.checkpoint.is_some(), "checkpoints"),
        ];
        for (_, what) in refused.iter().filter(|(asked, _)| *asked) {
            problems.push(format!("a fit to rows in parts takes no {what}"));
        }
        if !problems.is_empty() {
            return Err(FitError::Settings(problems));
        }
        let mut options = options.clone();
        // A row's own target would be in its input, as all of a level's rows are not in the sample.
        options.prepare.statistics = TargetStatistics::Off;
        let most = draw::sample_rows(columns);
        let mut fit = StreamedFit {
            goal,
            options,
            stage: Stage::Broken,
            task: None,
        };
        fit.enter(Stage::Sketching {
            below: rows.map_or(u64::MAX, |rows| draw::surely_above(most, rows)),
            most,
        })?;
        Ok(fit)
    }

    /// Enters a stage, with its task.
    fn enter(&mut self, stage: Stage) -> Result<(), FitError> {
        let work = match &stage {
            Stage::Sketching { below, most } => Some(Work::Sketch {
                draw: Draw::new(self.options.seed),
                below: *below,
                most: *most,
            }),
            Stage::Summing(_, steps) => Some(Work::Sums(Box::new(steps.task.clone()))),
            Stage::Teaching(_, rounds) => Some(Work::Networks(Box::new(rounds.task.clone()))),
            Stage::Done(_) | Stage::Broken => None,
        };
        self.task = work.map(Task::new).transpose()?;
        self.stage = stage;
        Ok(())
    }

    /// What is to be made of all rows next; `None` when the fit is done.
    pub fn task(&self) -> Option<&Task> {
        self.task.as_ref()
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

    /// Goes on with what the present task made of all rows. An end by `control` leaves the best so
    /// far.
    ///
    /// # Errors
    /// When the total is of another task, or not of all rows; see [`FitError`].
    pub fn solve(&mut self, total: Partial, control: &Control<'_>) -> Result<(), FitError> {
        let Some(task) = &self.task else {
            let text = "the fit is over: there is nothing to solve";
            return Err(FitError::Settings(vec![text.to_string()]));
        };
        if task.id != total.task {
            let text = "the total is of another task than the present one";
            return Err(FitError::Settings(vec![text.to_string()]));
        }
        self.task = None;
        let stage = std::mem::replace(&mut self.stage, Stage::Broken);
        let next = match (stage, total.kind) {
            (Stage::Sketching { most, .. }, Kind::Sketch(sketch)) => {
                self.choose(sketch.finished(), most, control)?
            }
            (Stage::Summing(chosen, steps), Kind::Sums(sums)) => {
                stepped(chosen, steps, &sums, control)?
            }
            (Stage::Teaching(chosen, rounds), Kind::Networks(taught)) => {
                averaged(chosen, rounds, taught, control)?
            }
            _ => {
                let text = "these bytes are of no task";
                return Err(FitError::Settings(vec![text.to_string()]));
            }
        };
        self.enter(next)
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
            if all_seen {
                return Stage::Done(chosen.result);
            }
            let mut chosen = chosen;
            chosen.mark_early();
            return Stage::Done(chosen.ended("the fit was ended", control));
        }
        if let StreamedResult::Fitted(fitted) = &chosen.result
            && matches!(fitted.model.predictor, Predictor::Networks(_))
        {
            let rounds = self.teaching(&fitted.model, &chosen);
            return Stage::Teaching(chosen, Box::new(rounds));
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
        let of = (training.epochs).unwrap_or(epochs(chosen.total) as usize);
        let rate = training.learning_rate.unwrap_or(LEARNING_RATE);
        Rounds {
            task: Teaching {
                model: model.clone(),
                apart: chosen.apart,
                options: UpdateOptions {
                    epochs: 1,
                    learning_rate: rate,
                    batch: Some(training.batch.unwrap_or(BATCH)),
                    weight_decay: training.weight_decay,
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

    /// How many inputs and how many numbers a row of the present task has; no numbers where there are
    /// no sums.
    pub(super) fn shape(&self) -> Option<(usize, usize)> {
        let inputs = self.preparation()?.input_names().len();
        Some(match &self.stage {
            Stage::Summing(_, steps) => (
                inputs,
                Rows::new(&steps.task.polynomial, steps.loss()).width(),
            ),
            _ => (inputs, 0),
        })
    }

    /// Ends the rounds of networks with what was trained by passes over all rows.
    pub(super) fn taught(&mut self, trained: Trained, control: &Control<'_>) {
        self.task = None;
        let stage = std::mem::replace(&mut self.stage, Stage::Broken);
        self.stage = match stage {
            Stage::Teaching(mut chosen, _) => {
                let passes = match (trained.passes, trained.early) {
                    (0, _) => "a part of a pass".to_string(),
                    (1, false) => "1 pass".to_string(),
                    (passes, false) => format!("{passes} passes"),
                    (passes, true) => format!("{passes} passes and a part of the next"),
                };
                if trained.early {
                    chosen.mark_early();
                }
                let how = format!("{passes} through a shuffle buffer");
                let (model, seen) = (trained.model, trained.seen);
                Stage::Done(chosen.with_networks(model, &seen, &how, control))
            }
            stage => stage,
        };
    }

    /// Ends the rounds with the best so far: the coefficients of the last whole pass, or what the
    /// sample has; `why` is told.
    pub(super) fn end(&mut self, why: &str, control: &Control<'_>) {
        self.task = None;
        let stage = std::mem::replace(&mut self.stage, Stage::Broken);
        self.stage = match stage {
            Stage::Summing(mut chosen, mut steps) => {
                chosen.mark_early();
                Stage::Done(match steps.best.take() {
                    Some(best) if steps.passes > 1 => {
                        let passes = steps.passes - 1;
                        chosen.with_polynomial((best.polynomial, passes), &best.seen, control)
                    }
                    _ => chosen.ended(why, control),
                })
            }
            Stage::Teaching(mut chosen, _) => {
                chosen.mark_early();
                Stage::Done(chosen.ended(why, control))
            }
            stage => stage,
        };
    }
}

/// Networks after passes over all rows.
pub(super) struct Trained {
    pub model: Model,
    /// The rows of a pass.
    pub seen: Seen,
    /// Passes that were done.
    pub passes: usize,
    /// Whether it was ended from outside.
    pub early: bool,
}

/// The passes of networks over so many rows, where their number is not told.
pub(super) fn epochs(rows: u64) -> u64 {
    ROWS_SEEN.div_ceil(rows.max(1)).clamp(1, MOST_EPOCHS)
}

/// How the learning rate goes: by half a cosine to 0.
pub(super) fn rate(highest: f64, done: f64) -> f64 {
    0.5 * highest * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos())
}

/// The next pass of a polynomial, or its end.
fn stepped(
    mut chosen: Box<Chosen>,
    mut steps: Box<Steps>,
    total: &RowSums,
    control: &Control<'_>,
) -> Result<Stage, FitError> {
    let loss = steps.loss();
    let refused = |text: String| FitError::Settings(vec![text]);
    let (_, end) = total.sums.range();
    let width = Rows::new(&steps.task.polynomial, loss).width();
    if end != chosen.total || total.sums.width() != width {
        return Err(refused(format!(
            "the sums are of {end} rows, and there are {}",
            chosen.total
        )));
    }
    let sums = (total.sums.total()).map_err(|error| refused(error.to_string()))?;
    if sums.iter().any(|sum| !sum.is_finite()) {
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
        }
        _ => {
            steps.damping *= 0.1;
            steps.best = Some(Best {
                loss: next.before,
                polynomial: steps.task.polynomial.clone(),
                sums,
                seen: total.seen.clone(),
            });
        }
    }
    let small = next.falls * total.seen.used.max(1) as f64 <= ENOUGH * next.before;
    let last = steps.passes >= MOST_PASSES;
    if control.should_stop() {
        chosen.mark_early();
    }
    let polynomial = match &steps.best {
        // A step whose end was not seen, and that is not surely right, is not taken.
        Some(best) if last && !(next.exact || small) => best.polynomial.clone(),
        _ => next.polynomial,
    };
    if next.exact || small || last || control.should_stop() {
        let found = (polynomial, steps.passes);
        return Ok(Stage::Done(chosen.with_polynomial(
            found,
            &total.seen,
            control,
        )));
    }
    steps.task.polynomial = polynomial;
    Ok(Stage::Summing(chosen, steps))
}

/// The next round of networks, or their end.
fn averaged(
    mut chosen: Box<Chosen>,
    mut rounds: Box<Rounds>,
    mut taught: Taught,
    control: &Control<'_>,
) -> Result<Stage, FitError> {
    let refused = |text: &str| FitError::Settings(vec![text.to_string()]);
    let model = &mut rounds.task.model;
    let Predictor::Networks(members) = &mut model.predictor else {
        return Err(refused("there are no networks to train"));
    };
    let mut next = 0;
    for part in &taught.parts {
        if part.rows[0] != next {
            return Err(refused(
                "the networks of the total are not of all rows, each once",
            ));
        }
        next = part.rows[1];
    }
    taught.parts.retain(|part| part.weight > 0.0);
    let weight: f64 = taught.parts.iter().map(|part| part.weight).sum();
    let own =
        |member: &Member| member.network.parameter_count() + member.network.statistics().len();
    let count: usize = members.iter().map(own).sum();
    let fits = taught.parts.iter().all(|part| part.numbers.len() == count);
    if next != chosen.total || !fits || taught.parts.is_empty() {
        return Err(refused(
            "the networks of the total are not of all rows, each once",
        ));
    }
    let mut mean = vec![0.0f64; count];
    for part in &taught.parts {
        let share = part.weight / weight;
        let pairs = mean.iter_mut().zip(&part.numbers);
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
        if rounds.done < rounds.of {
            chosen.mark_early();
        }
        let model = rounds.task.model;
        return Ok(Stage::Done(chosen.with_networks(
            model,
            &taught.seen,
            &how,
            control,
        )));
    }
    Ok(Stage::Teaching(chosen, rounds))
}

/// Whether a fit of these options ends in a polynomial whatever the sample says.
pub(super) fn polynomial_alone(goal: Goal, options: &FitOptions) -> bool {
    goal == Goal::Search || options.profile == Profile::Polynomial
}
