use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::settings::TrialSettings;

/// Tuning before a fit: how long, and where its trials are written down.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tune {
    /// When no further trial begins.
    pub limit: TuneLimit,
    /// The file that trials are written to, a JSON line each; with
    /// [`FitOptions::resume`](super::super::FitOptions::resume) those that stand there are not
    /// run again. It stays when the fit is done.
    pub log: Option<PathBuf>,
}

/// When tuning ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TuneLimit {
    /// After this time, above 0; a tuning that goes on from a log counts the time before. What is
    /// tried follows from data, options and seed; how many trials there is time for does not.
    Time(Duration),
    /// After so many trials, 1 to [`MAX_TRIALS`].
    Trials(usize),
}

/// The most trials.
pub const MAX_TRIALS: usize = 1_000_000;

impl Default for TuneLimit {
    fn default() -> TuneLimit {
        TuneLimit::Time(Duration::from_secs(300))
    }
}

impl fmt::Display for TuneLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TuneLimit::Time(time) => write!(f, "{} s", time.as_secs_f64()),
            TuneLimit::Trials(1) => f.write_str("1 trial"),
            TuneLimit::Trials(count) => write!(f, "{count} trials"),
        }
    }
}

impl Tune {
    /// What is out of range, in words.
    pub(in crate::model) fn problem(&self) -> Option<String> {
        match self.limit {
            TuneLimit::Time(time) if time.is_zero() => {
                Some("the time to tune is 0: give it some, such as 5m".to_string())
            }
            TuneLimit::Trials(count) if !(1..=MAX_TRIALS).contains(&count) => Some(format!(
                "tune trials {count} is out of range: 1 to {MAX_TRIALS}"
            )),
            _ => None,
        }
    }
}

/// What a tuning tried and took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TuningReport {
    /// Settings that were tried.
    pub trials: usize,
    /// From few epochs to all of them, then on more folds.
    pub rungs: Vec<RungReport>,
    /// The kinds of networks that were fitted with, the best trial first.
    pub taken: Vec<TrialReport>,
    /// The default recipe, which is the first trial and stays to the last rung.
    pub default: Option<TrialReport>,
}

/// A rung of the ladder: what a trial is given, and how many got there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungReport {
    /// The most passes over the rows.
    pub epochs: usize,
    /// Folds whose held-out rows judge.
    pub folds: usize,
    /// Trials that were judged here.
    pub trials: usize,
}

/// A trial, as it was judged on the highest rung that it got to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialReport {
    /// Its number, from 0.
    pub trial: usize,
    /// What was tried.
    pub settings: TrialSettings,
    /// The most passes over the rows.
    pub epochs: usize,
    /// Folds whose held-out rows judged.
    pub folds: usize,
    /// The mean over these folds of what training makes small, on the rows that each held out, of
    /// the scaled target; `None` where it was not finite.
    pub loss: Option<f64>,
}
