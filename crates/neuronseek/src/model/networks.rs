//! The networks of each form of the target.

use std::time::Instant;

use rayon::prelude::*;

use super::checkpoint::Keeper;
use super::data::Data;
use super::fit::FitError;
use super::options::FitOptions;
use super::plan::Kind;
use crate::matrix::Matrix;
use crate::network::{Loss, Network};
use crate::neuron::Neuron;
use crate::observe::{Control, Event};
use crate::prepare::{Outcome as TargetScale, Target, TargetTransform};
use crate::train::{Checkpoint, History, Samples, TrainConfig, train};

/// One network to train: of which of the [`Networks`], kind, fold and member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Job {
    pub networks: usize,
    pub kind: usize,
    pub fold: usize,
    pub member: usize,
}

/// Trains the networks of all jobs; those that were ended before an epoch was done are left out.
pub(super) fn train_all(
    all: &[Networks<'_>],
    jobs: &[Job],
    control: &Control<'_>,
) -> Result<Vec<(Job, Trained)>, FitError> {
    let trained: Vec<Option<Trained>> = jobs
        .par_iter()
        .enumerate()
        .map(|(index, job)| {
            let control = limited(control, index, jobs.len());
            all[job.networks].train(*job, &control)
        })
        .collect::<Result<_, FitError>>()?;
    let both = jobs.iter().copied().zip(trained);
    Ok(both.filter_map(|(job, one)| Some((job, one?))).collect())
}

/// The networks of one form of the target.
pub(super) struct Networks<'a> {
    pub form: usize,
    pub data: &'a Data,
    pub options: &'a FitOptions,
    pub kinds: Vec<Kind>,
    pub scale: TargetScale,
    /// The scaled inputs of all known rows.
    pub inputs: &'a Matrix<f32>,
    /// The scaled target of all known rows.
    target: Target,
    /// What known rows count in training.
    weights: Option<Vec<f64>>,
    keeper: &'a Keeper,
}

impl<'a> Networks<'a> {
    /// The networks to train for the form of this index, of this scale and found neuron.
    pub fn new(
        form: usize,
        (data, inputs): (&'a Data, &'a Matrix<f32>),
        options: &'a FitOptions,
        (scale, found): (TargetScale, Option<&Neuron>),
        keeper: &'a Keeper,
    ) -> Result<Networks<'a>, FitError> {
        let target = data.known.scaled(&scale);
        Ok(Networks {
            form,
            data,
            options,
            kinds: {
                let seen = data.preparation.search_inputs();
                (data.plan).networks(options, (inputs, seen), target.outputs(), found)?
            },
            scale,
            inputs,
            target,
            weights: data.fitting_weights(&data.known),
            keeper,
        })
    }

    /// Trains one; `None` when the fit was ended before an epoch was done.
    fn train(&self, job: Job, control: &Control<'_>) -> Result<Option<Trained>, FitError> {
        let name = self.name(job);
        control.observer.notice(&Event::Stage { name: &name });
        // Kinds may differ in what the name does not say, such as dropout.
        let key = format!("{name}, kind {}", job.kind);
        let trained = self.train_kind(
            &self.kinds[job.kind],
            (job.fold, job.member),
            control,
            self.keeper.network(&key),
            &mut |checkpoint| self.keeper.keep_network(&key, checkpoint),
        )?;
        if let Some(trained) = &trained {
            let history = &trained.history;
            control.observer.notice(&Event::Trained {
                name: &name,
                history,
            });
        }
        Ok(trained)
    }

    /// Trains a member of any kind on the rows outside a fold, from a checkpoint on if there is
    /// one; `None` when it was ended before an epoch was done.
    pub fn train_kind(
        &self,
        kind: &Kind,
        (fold, member): (usize, usize),
        control: &Control<'_>,
        start: Option<Checkpoint>,
        keep: &mut dyn FnMut(&Checkpoint),
    ) -> Result<Option<Trained>, FitError> {
        // Mixed in so that neighbouring seeds, folds and members differ.
        let place = (fold * 64 + member) as u64;
        let seed = self
            .options
            .seed
            .wrapping_mul(1_000_003)
            .wrapping_add(place);
        let mut network = Network::new(kind.config.clone(), seed)?;
        let loss = self.options.loss;
        let settings = TrainConfig {
            seed,
            loss: loss.unwrap_or_else(|| Loss::of(&self.target)),
            ..kind.train.clone()
        };
        let held_out = &self.data.folds[fold];
        let inputs = kind.config.inputs;
        let training = self.rows(&others(held_out, self.inputs.rows()), inputs);
        let validation = self.rows(held_out, inputs);
        let history = train(
            &mut network,
            &training.samples(),
            Some(&validation.samples()),
            &settings,
            control,
            start,
            keep,
        )?;
        Ok(history.best_epoch.map(|epochs| Trained {
            held_out: network.predict(&validation.inputs).to_f64(),
            network,
            epochs,
            loss: history.best_loss.unwrap_or(f64::INFINITY),
            history,
        }))
    }

    /// The name of a network, for people.
    fn name(&self, job: Job) -> String {
        let kind = &self.kinds[job.kind];
        let mut name = format!("network of {}", kind.config.neuron);
        if let Some(bins) = kind.bins {
            name.push_str(&format!(", {bins} bins"));
        }
        if kind.statistics {
            name.push_str(", binned statistics");
        }
        if let Some(trial) = kind.trial {
            name.push_str(&format!(", trial {trial}"));
        }
        let transform = self.scale.transform();
        if let Some(transform) = transform.filter(|t| *t != TargetTransform::None) {
            name.push_str(&format!(" ({transform})"));
        }
        if self.data.folds.len() > 1 {
            name.push_str(&format!(", fold {}", job.fold + 1));
        }
        if self.data.plan.members > 1 {
            name.push_str(&format!(", #{}", job.member + 1));
        }
        name
    }

    fn rows(&self, rows: &[usize], inputs: usize) -> Rows {
        let weights = self.weights.as_ref();
        let all = self.inputs.select_rows(rows);
        Rows {
            inputs: match inputs == all.columns() {
                true => all,
                false => all.leading_columns(inputs),
            },
            target: self.target.select_rows(rows),
            weights: weights.map(|weights| rows.iter().map(|&row| weights[row]).collect()),
        }
    }
}

/// The rows below `count` that are not among `rows`, which ascend.
fn others(rows: &[usize], count: usize) -> Vec<usize> {
    (0..count)
        .filter(|row| rows.binary_search(row).is_err())
        .collect()
}

/// Rows as networks see them.
struct Rows {
    inputs: Matrix<f32>,
    target: Target,
    weights: Option<Vec<f64>>,
}

impl Rows {
    fn samples(&self) -> Samples<'_> {
        Samples {
            inputs: &self.inputs,
            target: &self.target,
            weights: self.weights.as_deref(),
        }
    }
}

/// A trained network.
pub(super) struct Trained {
    pub network: Network<f32>,
    /// The epoch of its best weights.
    pub epochs: usize,
    /// Its loss on the rows of its fold.
    pub loss: f64,
    /// How its training went.
    pub history: History,
    /// Its outputs for the rows of its fold.
    pub held_out: Matrix<f64>,
}

/// Gives job `index` of `jobs` its share of the time that is left: the threads take the jobs in
/// contiguous runs, one run a thread.
fn limited<'a>(control: &Control<'a>, index: usize, jobs: usize) -> Control<'a> {
    let now = Instant::now();
    let run = jobs.div_ceil(rayon::current_num_threads().max(1));
    let left_in_run = (run - index % run) as u32;
    Control {
        observer: control.observer,
        stop: control.stop,
        deadline: control
            .deadline
            .map(|deadline| now + deadline.saturating_duration_since(now) / left_in_run),
    }
}
