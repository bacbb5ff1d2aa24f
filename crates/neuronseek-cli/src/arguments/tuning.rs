//! Flags about tuning before a fit.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use neuronseek::model::{Tune, TuneLimit};

use super::searching::duration;

/// How long settings are tried.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Tuning")]
pub struct Tuning {
    /// For this time before the fit, such as 90, 60s, 5m, 1h, try settings of the networks on
    /// held-out rows (never test rows), and fit with the best: neuron, embedding, widths, dropout,
    /// learning rate, weight decay and batch, as far as no flag sets them. With -o each trial is a
    /// JSON line in MODEL.tuning.jsonl, from which --resume goes on
    #[arg(long, value_name = "TIME", value_parser = duration, conflicts_with = "compare")]
    pub tune: Option<Duration>,
    /// The same for so many trials instead of a time: a result that depends on no clock
    #[arg(long, value_name = "N", conflicts_with_all = ["tune", "compare"])]
    pub tune_trials: Option<usize>,
}

impl Tuning {
    /// The options of the library.
    pub fn options(&self, log: Option<PathBuf>) -> Option<Tune> {
        let time = self.tune.map(TuneLimit::Time);
        let limit = time.or(self.tune_trials.map(TuneLimit::Trials))?;
        Some(Tune { limit, log })
    }
}
