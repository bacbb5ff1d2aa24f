//! A fitted model's networks trained on, on rows that come later.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::fit::FitError;
use super::predict::{Member, Model, Predictor};
use crate::matrix::Matrix;
use crate::network::Loss;
use crate::observe::{Control, Event};
use crate::prepare::Target;
use crate::table::Table;
use crate::train::{Checkpoint, Samples, Schedule, TrainConfig, train};

/// How a model learns on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateOptions {
    /// Passes over the rows; default 1.
    pub epochs: usize,
    /// The learning rate, the same at every step; default 0.001.
    pub learning_rate: f64,
    /// Rows a step; `None` chooses by the number of rows.
    pub batch: Option<usize>,
    /// Weight decay, 0 to 1; `None` is that of [`TrainConfig`].
    pub weight_decay: Option<f64>,
    /// The column of row weights in the table, if there is one.
    pub weights: Option<String>,
    /// The seed of the order of rows and of dropout.
    pub seed: u64,
}

impl Default for UpdateOptions {
    fn default() -> UpdateOptions {
        UpdateOptions {
            epochs: 1,
            learning_rate: 1e-3,
            batch: None,
            weight_decay: None,
            weights: None,
            seed: 0,
        }
    }
}

impl Model {
    /// The model with its networks trained further on the rows of `table` whose target is known.
    /// Preparation, neuron, weights of networks, calibration and intervals stay as the fit made
    /// them, and so do the figures of the report, which says so in a warning.
    ///
    /// # Errors
    /// When the model is a formula, which has no weights to move; when the table has no row with a
    /// known target; see [`FitError`].
    pub fn update(
        &self,
        table: &Table,
        options: &UpdateOptions,
        control: &Control<'_>,
    ) -> Result<Model, FitError> {
        let Predictor::Networks(members) = &self.predictor else {
            return Err(FitError::Settings(vec![
                "the model is a formula, which has no weights to train further: fit one with a \
                 loss, or with a neuron that is given"
                    .to_string(),
            ]));
        };
        let all: Vec<usize> = (0..table.rows()).collect();
        let rows = self.preparation.usable_rows(table, &all)?;
        if rows.is_empty() {
            return Err(FitError::TooFewRows {
                source_name: table.source.clone(),
                rows: 0,
                needed: 1,
            });
        }
        let encoded = self.preparation.inputs(table)?.select_rows(&rows);
        let target = match self.preparation.target(table, &rows)? {
            Target::Values(_) => {
                let truth = self.preparation.truth(table, &rows)?;
                Target::Values(self.preparation.outcome().scaled(&truth))
            }
            classes => classes,
        };
        let own = match &options.weights {
            None => None,
            Some(column) => Some(self.preparation.weights_of(table, column, &rows)?),
        };
        let lesson = Lesson {
            encoded: &encoded,
            weights: self.weighted(&target, own),
            target: &target,
        };
        control.observer.notice(&Event::Stage { name: "update" });
        let members = self.taught(members, &lesson, options, control)?;
        let mut model = self.clone();
        model.predictor = Predictor::Networks(members);
        let warning = "trained further after the fit, whose figures are of the model before";
        if !model.report.warnings.iter().any(|known| known == warning) {
            model.report.warnings.push(warning.to_string());
        }
        Ok(model)
    }

    /// The networks trained further on some rows.
    pub(super) fn taught(
        &self,
        members: &[Member],
        lesson: &Lesson<'_>,
        options: &UpdateOptions,
        control: &Control<'_>,
    ) -> Result<Vec<Member>, FitError> {
        let inputs = self.network_scale.apply(lesson.encoded).to_f32();
        let one = |(index, member): (usize, &Member)| {
            let count = member.network.config().inputs;
            let own = match count == inputs.columns() {
                true => inputs.clone(),
                false => inputs.leading_columns(count),
            };
            let samples = Samples {
                inputs: &own,
                target: lesson.target,
                weights: lesson.weights.as_deref(),
            };
            let base = TrainConfig::default();
            let config = TrainConfig {
                weight_decay: options.weight_decay.unwrap_or(base.weight_decay),
                epochs: options.epochs,
                learning_rate: options.learning_rate,
                batch: options.batch,
                schedule: Schedule::Constant,
                warm_up: 0.0,
                patience: None,
                loss: (self.report.loss).unwrap_or_else(|| Loss::of(lesson.target)),
                seed: (options.seed.wrapping_mul(1_000_003)).wrapping_add(index as u64),
                ..base
            };
            let mut network = member.network.clone();
            let keep = &mut |_: &Checkpoint| {};
            train(&mut network, &samples, None, &config, control, None, keep)?;
            Ok(Member {
                network,
                weight: member.weight,
            })
        };
        members.par_iter().enumerate().map(one).collect()
    }

    /// What rows count: their own weights times those of their classes.
    pub(super) fn weighted(&self, target: &Target, own: Option<Vec<f64>>) -> Option<Vec<f64>> {
        let classes = &self.report.class_weights;
        let Target::Classes { labels, .. } = target else {
            return own;
        };
        if classes.is_empty() {
            return own;
        }
        let weights = labels.iter().enumerate().map(|(row, &label)| {
            let own = own.as_ref().map_or(1.0, |own| own[row]);
            own * classes.get(label).map_or(1.0, |(_, weight)| *weight)
        });
        Some(weights.collect())
    }
}

/// Rows to learn from.
pub(super) struct Lesson<'a> {
    /// rows x inputs, before any scaling.
    pub encoded: &'a Matrix<f64>,
    /// On the model's scale.
    pub target: &'a Target,
    pub weights: Option<Vec<f64>>,
}
