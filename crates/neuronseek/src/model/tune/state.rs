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
