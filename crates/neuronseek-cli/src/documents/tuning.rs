//! What a tuning tried, in the document of a fit.

use neuronseek::model::{RungReport, TrialReport, TuningReport};
use neuronseek::neuron::Neuron;
use serde::Serialize;

/// What was tried before the fit.
#[derive(Debug, Serialize)]
pub struct TuningPart<'a> {
    trials: usize,
    rungs: Vec<RungPart>,
    /// The kinds of networks of the fit, the best first.
    taken: Vec<TrialPart<'a>>,
    /// The default recipe; null where it was not judged.
    default: Option<TrialPart<'a>>,
}

#[derive(Debug, Serialize)]
struct RungPart {
    epochs: usize,
    folds: usize,
    trials: usize,
}

#[derive(Debug, Serialize)]
struct TrialPart<'a> {
    trial: usize,
    epochs: usize,
    folds: usize,
    loss: Option<f64>,
    neuron: &'a Neuron,
    embedding: Option<usize>,
    statistics: bool,
    hidden: &'a [usize],
    dropout: f32,
    learning_rate: f64,
    weight_decay: f64,
    batch: usize,
}

impl<'a> TuningPart<'a> {
    /// The part of a tuning.
    pub fn new(report: &'a TuningReport) -> TuningPart<'a> {
        TuningPart {
            trials: report.trials,
            rungs: report.rungs.iter().map(RungPart::new).collect(),
            taken: report.taken.iter().map(TrialPart::new).collect(),
            default: report.default.as_ref().map(TrialPart::new),
        }
    }
}

impl RungPart {
    fn new(rung: &RungReport) -> RungPart {
        RungPart {
            epochs: rung.epochs,
            folds: rung.folds,
            trials: rung.trials,
        }
    }
}

impl<'a> TrialPart<'a> {
    fn new(trial: &'a TrialReport) -> TrialPart<'a> {
        let settings = &trial.settings;
        TrialPart {
            trial: trial.trial,
            epochs: trial.epochs,
            folds: trial.folds,
            loss: trial.loss,
            neuron: &settings.neuron,
            embedding: settings.embedding,
            statistics: settings.statistics,
            hidden: &settings.hidden,
            dropout: settings.dropout,
            learning_rate: settings.learning_rate,
            weight_decay: settings.weight_decay,
            batch: settings.batch,
        }
    }
}
