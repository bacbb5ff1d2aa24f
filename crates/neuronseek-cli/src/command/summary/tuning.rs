//! What a tuning tried, in a line.

use neuronseek::model::{TrialReport, TuningReport};

use super::defined;
use crate::display::count;

/// How many settings were tried, the best of them and its evidence; `None` where none was judged.
pub fn line(report: &TuningReport) -> Option<String> {
    let best = report.taken.first()?;
    let settings = &best.settings;
    let bins = match settings.embedding {
        Some(bins) => format!(", {bins} bins"),
        None => String::new(),
    };
    let statistics = match settings.statistics {
        true => ", binned means",
        false => "",
    };
    let hidden: Vec<String> = settings.hidden.iter().map(usize::to_string).collect();
    let judged = |trial: &TrialReport| {
        let folds = match trial.folds {
            1 => "1 fold".to_string(),
            folds => format!("{folds} folds"),
        };
        let loss = defined(trial.loss);
        format!("loss {loss} on {folds} after {} epochs", trial.epochs)
    };
    let default = match &report.default {
        Some(default) if default.trial != best.trial => {
            format!("; the default recipe: {}", judged(default))
        }
        _ => String::new(),
    };
    Some(format!(
        "{} trials, best {}: {}{bins}{statistics}, layers {}, dropout {}, learning rate {}, \
         weight decay {}, batch {}: {}{default}",
        count(report.trials),
        best.trial,
        settings.neuron,
        hidden.join("-"),
        settings.dropout,
        settings.learning_rate,
        settings.weight_decay,
        settings.batch,
        judged(best),
    ))
}
