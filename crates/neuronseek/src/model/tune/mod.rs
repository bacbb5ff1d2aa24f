//! Tuning before a fit: which settings of the recipe suit the table, within a limit.
//!
//! Successive halving (Jamieson and Talwalkar, Non-stochastic best arm identification and
//! hyperparameter optimization, 2016) in brackets. Of a bracket's trials each is trained with a
//! ninth of the epochs on the rows outside the first fold and judged by those in it; the best third
//! goes to a third of the epochs, its best third to all of them, and of these the best third is
//! judged by two more folds: after thousands of trials one fold alone would choose by luck. Each
//! rung costs about as much. Every training starts anew, as the schedule of the learning rate
//! depends on the epochs.
//!
//! Trial 0 is the default recipe; it always goes on, so that the best has something to be compared
//! with. What a trial tries and what it is judged by are functions of data, options, seed and its
//! number, never of time; time ends the sequence and changes nothing in it. Threads take trials as
//! they come, results are written down in the order of trials. Test rows have no part. Models of
//! the losses (Bayesian optimisation) were left out: trials that depend on earlier ones cannot be
//! run side by side in a fixed order.

mod log;
mod report;
mod settings;
mod state;

pub use report::{MAX_TRIALS, RungReport, TrialReport, Tune, TuneLimit, TuningReport};
pub use settings::TrialSettings;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use self::log::{Line, Log};
use self::settings::Draws;
use self::state::State;
use super::fit::FitError;
use super::networks::{Job, Networks, Trained};
use super::options::NeuronChoice;
use super::plan::Kind;
use crate::observe::{Control, Event, Silent};
use crate::train::{Ended, TrainError};

/// Trials of the first bracket; the second has twice as many, the others four times, so that many
/// cores are busy.
const FIRST_BRACKET: usize = 27;

/// One of so many goes on to the next rung.
const SHARE: usize = 3;

/// Folds of the last rung.
const FOLDS: usize = 3;

/// The share of a fit's time limit that tuning may use.
const TIME_SHARE: f64 = 0.6;

/// What a tuning gives to the fit.
pub(super) struct Tuned {
    pub report: TuningReport,
    /// Networks that the fit needs and that trials have trained already.
    pub trained: Vec<(Job, Trained)>,
}

/// Tunes, where the options want it: the kinds of the last networks (of the transformed target, if
/// there are two forms) are afterwards the best trials.
pub(super) fn run(
    all: &mut [Networks<'_>],
    control: &Control<'_>,
) -> Result<Option<Tuned>, FitError> {
    let Some((place, networks)) = all.iter().enumerate().next_back() else {
        return Ok(None);
    };
    let Some(tune) = &networks.options.tune else {
        return Ok(None);
    };
    let kinds = match networks.options.neuron {
        NeuronChoice::Given(_) => 1,
        NeuronChoice::Search => networks.data.plan.kinds,
    };
    control.observer.notice(&Event::Stage { name: "tuning" });
    let tuner = Tuner::new(networks, tune.limit);
    let mut state = State::new(open(networks, tune)?, kinds);
    tuner.brackets(&mut state, control)?;
    let winners = state.winners();
    let taken: Vec<Kind> = (winners.iter())
        .map(|&trial| tuner.draws.trial(trial).kind)
        .collect();
    let stopped = control.should_stop();
    let mut trained = Vec::new();
    for (kind, &trial) in winners.iter().enumerate() {
        // Of fewer epochs than the fit's they are used only when there is time for no others.
        let network = state.network(trial, |rung| stopped || tuner.rungs[rung].is_whole(&tuner));
        let job = Job {
            networks: place,
            kind,
            fold: 0,
            member: 0,
        };
        trained.extend(network.map(|network| (job, network)));
    }
    let report = state.report(&winners);
    let most = networks.data.plan.kinds;
    for networks in all.iter_mut() {
        networks.kinds.truncate(most);
    }
    if taken.is_empty() {
        control.warn("there was no time for a trial of the tuning: the default recipe is used");
    } else {
        all[place].kinds = taken;
    }
    Ok(Some(Tuned { report, trained }))
}

fn open(networks: &Networks<'_>, tune: &Tune) -> Result<Log, FitError> {
    let options = networks.options;
    Ok(Log::open(
        tune.log.as_deref(),
        options.resume,
        networks.data.fingerprint(options),
        options.seed,
    )?)
}

/// What a trial is given on a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rung {
    epochs: usize,
    folds: usize,
}

impl Rung {
    /// Whether networks here are trained as the fit trains them.
    fn is_whole(self, tuner: &Tuner<'_>) -> bool {
        Some(self.epochs) == tuner.rungs.last().map(|rung| rung.epochs)
    }
}

/// What does not change while trials run.
struct Tuner<'a> {
    networks: &'a Networks<'a>,
    draws: Draws<'a>,
    rungs: Vec<Rung>,
    limit: TuneLimit,
    start: Instant,
}

/// A measurement, with the network of the first fold where it was trained for it.
struct Measurement {
    line: Line,
    network: Option<Trained>,
}

impl<'a> Tuner<'a> {
    fn new(networks: &'a Networks<'a>, limit: TuneLimit) -> Tuner<'a> {
        let epochs = networks.kinds.first().map_or(1, |kind| kind.train.epochs);
        let folds = networks.data.folds.len().min(FOLDS);
        let mut rungs = vec![
            Rung {
                epochs: epochs.div_ceil(SHARE * SHARE),
                folds: 1,
            },
            Rung {
                epochs: epochs.div_ceil(SHARE),
                folds: 1,
            },
            Rung { epochs, folds: 1 },
            Rung { epochs, folds },
        ];
        rungs.dedup();
        Tuner {
            networks,
            draws: Draws {
                bases: &networks.kinds,
                options: networks.options,
                inputs: networks.inputs,
            },
            rungs,
            limit,
            start: Instant::now(),
        }
    }

    /// Runs brackets until the limit, or until the fit should end.
    fn brackets(&self, state: &mut State, control: &Control<'_>) -> Result<(), FitError> {
        let within = Control {
            observer: control.observer,
            stop: control.stop,
            deadline: self.deadline(state.log.elapsed, control.deadline),
        };
        let mut first = 0;
        for bracket in 0.. {
            let mut size = FIRST_BRACKET << usize::min(bracket, 2);
            if let TuneLimit::Trials(count) = self.limit {
                size = size.min(count - first);
            }
            if size == 0 || !self.bracket(first, size, state, &within)? {
                break;
            }
            first += size;
        }
        if !control.should_stop() {
            let elapsed = state.log.elapsed + self.start.elapsed().as_secs_f64();
            let written = state.log.end(&self.limit.to_string(), elapsed);
            written.unwrap_or_else(|error| control.warn(&error.to_string()));
        }
        Ok(())
    }

    /// When the last trial ends, after this many seconds of earlier runs.
    fn deadline(&self, before: f64, of_fit: Option<Instant>) -> Option<Instant> {
        let own = match self.limit {
            TuneLimit::Time(time) => {
                let before = Duration::try_from_secs_f64(before).unwrap_or_default();
                self.start.checked_add(time.saturating_sub(before))
            }
            TuneLimit::Trials(_) => None,
        };
        let share = of_fit.map(|deadline| {
            let left = deadline.saturating_duration_since(self.start);
            self.start + left.mul_f64(TIME_SHARE)
        });
        own.into_iter().chain(share).min()
    }

    /// Whether all rungs were done.
    fn bracket(
        &self,
        first: usize,
        size: usize,
        state: &mut State,
        control: &Control<'_>,
    ) -> Result<bool, FitError> {
        let mut trials: Vec<usize> = (first..first + size).collect();
        for rung in 0..self.rungs.len() {
            if !self.rung(rung, &trials, state, control)? {
                return Ok(false);
            }
            trials = state.best(&trials, trials.len().div_ceil(SHARE));
        }
        Ok(true)
    }

    /// Whether all trials were judged on this rung: from the log as far as it goes, then side by
    /// side.
    fn rung(
        &self,
        rung: usize,
        trials: &[usize],
        state: &mut State,
        control: &Control<'_>,
    ) -> Result<bool, FitError> {
        let mut done = 0;
        while done < trials.len() && state.log.has_earlier() {
            let (next, base) = self.line(trials[done], rung);
            let Some(line) = state.log.earlier(&next) else {
                break;
            };
            state.take(base, line, None);
            done += 1;
        }
        let trials = &trials[done..];
        if trials.is_empty() {
            return Ok(true);
        }
        if state.log.is_complete(&self.limit.to_string()) {
            return Ok(false);
        }
        // The losses so far, for what adds to them.
        let before: Vec<Option<f64>> = trials.iter().map(|&trial| state.loss(trial)).collect();
        let next = AtomicUsize::new(0);
        let written = Mutex::new(Written {
            state,
            waiting: BTreeMap::new(),
            count: 0,
        });
        let workers = rayon::current_num_threads().max(1);
        (0..workers)
            .into_par_iter()
            .try_for_each(|_| -> Result<(), FitError> {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= trials.len() || control.should_stop() {
                        return Ok(());
                    }
                    let measured = self.measure(trials[place], rung, before[place], control)?;
                    if let Some(measured) = measured {
                        let mut written = written.lock().unwrap_or_else(|lock| lock.into_inner());
                        written.add(self, place, measured, control);
                    }
                }
            })?;
        let written = written
            .into_inner()
            .unwrap_or_else(|lock| lock.into_inner());
        Ok(written.count == trials.len())
    }

    /// A line of the log without a result, and the trial's base.
    fn line(&self, trial: usize, rung: usize) -> (Line, usize) {
        let drawn = self.draws.drawn(trial);
        let Rung { epochs, folds } = self.rungs[rung];
        let rows = self.networks.data.training.rows();
        let line = Line {
            trial,
            rung,
            epochs,
            folds,
            loss: None,
            settings: TrialSettings::of(&drawn.kind, rows),
            seconds: 0.0,
            elapsed: 0.0,
        };
        (line, drawn.base)
    }

    /// Judges a trial on a rung, by the folds beyond the first where the first has judged `before`;
    /// `None` when it was ended before it was done.
    fn measure(
        &self,
        trial: usize,
        rung: usize,
        before: Option<f64>,
        control: &Control<'_>,
    ) -> Result<Option<Measurement>, FitError> {
        let start = Instant::now();
        let (mut line, _) = self.line(trial, rung);
        let mut kind = self.draws.trial(trial).kind;
        kind.train.epochs = line.epochs;
        // What a trial warns of is in its loss.
        let silent = Control {
            observer: &Silent,
            stop: control.stop,
            deadline: control.deadline,
        };
        let (known, folds) = match line.folds {
            1 => (None, 0..1),
            folds => (before, 1..folds),
        };
        let trained: Vec<Result<Option<Trained>, FitError>> = folds
            .into_par_iter()
            .map(|fold| (self.networks).train_kind(&kind, (fold, 0), &silent, None, &mut |_| {}))
            .collect();
        let mut losses: Vec<f64> = known.into_iter().collect();
        let mut network = None;
        for one in trained {
            match one {
                Ok(Some(one)) if !matches!(one.history.ended, Ended::Deadline | Ended::Stopped) => {
                    losses.push(one.loss);
                    network.get_or_insert(one);
                }
                Ok(_) => return Ok(None),
                Err(FitError::Train(TrainError::Diverged { .. })) => losses.push(f64::INFINITY),
                Err(error) => return Err(error),
            }
        }
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        line.loss = mean.is_finite().then_some(mean);
        line.seconds = start.elapsed().as_secs_f64();
        let network = network.filter(|_| line.folds == 1);
        Ok(Some(Measurement { line, network }))
    }
}

/// Measurements of a rung, that are taken and written down in the order of trials.
struct Written<'a> {
    state: &'a mut State,
    waiting: BTreeMap<usize, Measurement>,
    /// How many are written down.
    count: usize,
}

impl Written<'_> {
    fn add(
        &mut self,
        tuner: &Tuner<'_>,
        place: usize,
        measured: Measurement,
        control: &Control<'_>,
    ) {
        self.waiting.insert(place, measured);
        while let Some(Measurement { mut line, network }) = self.waiting.remove(&self.count) {
            self.count += 1;
            line.elapsed = self.state.log.elapsed + tuner.start.elapsed().as_secs_f64();
            // A full disk must not end a fit that would finish without a log.
            let written = self.state.log.append(&line);
            written.unwrap_or_else(|error| control.warn(&error.to_string()));
            let (_, base) = tuner.line(line.trial, line.rung);
            let elapsed = line.elapsed;
            self.state.take(base, line, network);
            let (done, total) = match tuner.limit {
                TuneLimit::Time(time) => (elapsed as usize, time.as_secs() as usize),
                TuneLimit::Trials(count) => (self.state.trials(), count),
            };
            control.observer.notice(&Event::Progress {
                name: "tuning",
                done,
                total,
                message: &self.state.text(),
            });
        }
    }
}
