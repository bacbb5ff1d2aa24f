use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::super::networks::Trained;
use super::log::{Line, Log};
use super::report::{RungReport, TrialReport, TuningReport};

/// The trial that tries the default recipe.
const DEFAULT: usize = 0;

/// What has been measured.
pub(super) struct State {
    pub log: Log,
    /// Each trial as it was judged last.
    measured: BTreeMap<usize, Measured>,
    rungs: Vec<RungReport>,
    /// How many winners there will be.
    kinds: usize,
}

struct Measured {
    /// Which of the recipe's kinds the trial departs from.
    base: usize,
    line: Line,
    /// The network of the first fold, of the best trials alone.
    network: Option<Trained>,
}

impl State {
    /// Nothing is measured yet.
    pub fn new(log: Log, kinds: usize) -> State {
        State {
            log,
            measured: BTreeMap::new(),
            rungs: Vec::new(),
            kinds,
        }
    }

    /// Takes a measurement of a trial, after those of lower rungs.
    pub fn take(&mut self, base: usize, line: Line, network: Option<Trained>) {
        if self.rungs.len() <= line.rung {
            self.rungs.push(RungReport {
                epochs: line.epochs,
                folds: line.folds,
                trials: 0,
            });
        }
        self.rungs[line.rung].trials += 1;
        let before = self.measured.remove(&line.trial);
        let network = network.or(before.and_then(|before| before.network));
        self.measured.insert(
            line.trial,
            Measured {
                base,
                line,
                network,
            },
        );
        let mut with: Vec<&Line> = (self.measured.values())
            .filter(|one| one.network.is_some())
            .map(|one| &one.line)
            .collect();
        with.sort_by(|a, b| better(a, b));
        let dropped: Vec<usize> = with.iter().skip(2 * self.kinds).map(|l| l.trial).collect();
        for trial in dropped {
            if let Some(one) = self.measured.get_mut(&trial) {
                one.network = None;
            }
        }
    }

    /// What a trial was judged by last.
    pub fn loss(&self, trial: usize) -> Option<f64> {
        self.measured.get(&trial).and_then(|one| one.line.loss)
    }

    /// Trials that were judged.
    pub fn trials(&self) -> usize {
        self.measured.len()
    }

    /// The best of these trials, ascending, and the default among them.
    pub fn best(&self, trials: &[usize], count: usize) -> Vec<usize> {
        let order = self.ranked(|trial| trials.contains(&trial));
        let mut best: Vec<usize> = order.iter().take(count).map(|one| one.line.trial).collect();
        let more = order.iter().map(|one| one.line.trial).skip(count);
        best.extend(more.filter(|&trial| trial == DEFAULT));
        best.sort_unstable();
        best
    }

    /// The trials that the fit is made with, the best first: at most a third of one base, as a
    /// blend lives of differences, and the default among them, if there may be two.
    pub fn winners(&self) -> Vec<usize> {
        let order = self.ranked(|_| true);
        let of_base = self.kinds.div_ceil(3);
        let mut taken: Vec<&Measured> = Vec::new();
        for most in [of_base, usize::MAX] {
            for &one in &order {
                let trial = one.line.trial;
                let twins = taken.iter().filter(|other| other.base == one.base).count();
                let new = taken.iter().all(|other| other.line.trial != trial);
                if new && twins < most && taken.len() < self.kinds {
                    taken.push(one);
                }
            }
        }
        let default = order.iter().find(|one| one.line.trial == DEFAULT);
        let has = taken.iter().any(|one| one.line.trial == DEFAULT);
        if let (Some(default), false, 2..) = (default, has, self.kinds) {
            taken.pop();
            taken.push(default);
        }
        taken.sort_by(|a, b| better(&a.line, &b.line));
        taken.iter().map(|one| one.line.trial).collect()
    }

    /// A trial's network, if it is kept and the trial got to a rung that is good enough.
    pub fn network(&mut self, trial: usize, good: impl Fn(usize) -> bool) -> Option<Trained> {
        let one = self.measured.get_mut(&trial)?;
        good(one.line.rung).then(|| one.network.take()).flatten()
    }

    /// What was tried, and these trials that were taken.
    pub fn report(&self, taken: &[usize]) -> TuningReport {
        let report = |trial: &usize| {
            let line = &self.measured.get(trial)?.line;
            Some(TrialReport {
                trial: line.trial,
                settings: line.settings.clone(),
                epochs: line.epochs,
                folds: line.folds,
                loss: line.loss,
            })
        };
        TuningReport {
            trials: self.trials(),
            rungs: self.rungs.clone(),
            taken: taken.iter().filter_map(report).collect(),
            default: report(&DEFAULT),
        }
    }

    /// How it stands, in words.
    pub fn text(&self) -> String {
        let mut best = self.measured.values().map(|one| &one.line);
        let Some(first) = best.next() else {
            return String::new();
        };
        let best = best.fold(first, |best, line| match better(line, best) {
            Ordering::Less => line,
            _ => best,
        });
        let loss = best.loss.unwrap_or(f64::INFINITY);
        format!(
            "{} trials, best {loss:.4} (trial {})",
            self.trials(),
            best.trial
        )
    }

    /// Those trials that have a loss, the best first.
    fn ranked(&self, of: impl Fn(usize) -> bool) -> Vec<&Measured> {
        let all = self.measured.values();
        let own = all.filter(|one| one.line.loss.is_some() && of(one.line.trial));
        let mut order: Vec<&Measured> = own.collect();
        order.sort_by(|a, b| better(&a.line, &b.line));
        order
    }
}

/// First by rung, then by loss, where there is one, then by number.
fn better(a: &Line, b: &Line) -> Ordering {
    let loss = |line: &Line| line.loss.unwrap_or(f64::INFINITY);
    (b.rung.cmp(&a.rung))
        .then(loss(a).total_cmp(&loss(b)))
        .then(a.trial.cmp(&b.trial))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::settings::TrialSettings;
    use super::*;
    use crate::neuron::Neuron;

    /// Trials as (number, base, rung, loss).
    fn state(kinds: usize, measured: &[(usize, usize, usize, Option<f64>)]) -> State {
        let log = Log::open(None, false, String::new(), 0).unwrap();
        let mut state = State::new(log, kinds);
        for &(trial, base, last, loss) in measured {
            for rung in 0..=last {
                let line = Line {
                    trial,
                    rung,
                    epochs: 3usize.pow(rung as u32),
                    folds: 1,
                    loss: if rung == last { loss } else { Some(9.0) },
                    settings: TrialSettings {
                        neuron: Neuron::linear(),
                        embedding: None,
                        statistics: false,
                        hidden: vec![8],
                        dropout: 0.1,
                        learning_rate: 0.006,
                        weight_decay: 0.02,
                        batch: 32,
                    },
                    seconds: 0.0,
                    elapsed: 0.0,
                };
                state.take(base, line, None);
            }
        }
        state
    }

    #[test]
    fn a_loss_counts_among_those_of_its_rung() {
        let all = [
            (1, 0, 0, Some(0.1)),
            (2, 1, 1, Some(0.8)),
            (3, 2, 1, Some(0.7)),
        ];
        let state = state(2, &all);
        assert_eq!(state.winners(), [3, 2]);
        assert_eq!(state.report(&[3]).taken[0].epochs, 3);
        assert_eq!(state.report(&[3]).rungs.len(), 2);
        assert_eq!(state.report(&[3]).rungs[1].trials, 2);
    }

    #[test]
    fn a_third_of_the_winners_is_of_one_base_and_the_default_is_one() {
        let all = [
            (0, 0, 0, Some(0.9)),
            (7, 1, 0, Some(0.1)),
            (8, 1, 0, Some(0.2)),
            (9, 2, 0, Some(0.3)),
            (10, 3, 0, Some(0.4)),
        ];
        assert_eq!(state(3, &all).winners(), [7, 9, 0]);
        assert_eq!(state(1, &all).winners(), [7]);
        // Where there are no others, a base may have more.
        assert_eq!(state(3, &all[1..3]).winners(), [7, 8]);
    }

    #[test]
    fn the_best_go_on_with_the_default_and_without_those_that_diverged() {
        let all = [
            (0, 0, 0, Some(0.9)),
            (1, 1, 0, None),
            (2, 1, 0, Some(0.2)),
            (3, 2, 0, Some(0.3)),
        ];
        let state = state(3, &all);
        assert_eq!(state.best(&[0, 1, 2, 3], 1), [0, 2]);
        assert_eq!(state.best(&[1, 2, 3], 1), [2]);
        assert!(state.best(&[1], 1).is_empty());
    }
}
