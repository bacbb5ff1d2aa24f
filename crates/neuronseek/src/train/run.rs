use std::sync::atomic::Ordering;

use super::optimiser::{Group, Step};
use super::samples::Encoded;
use super::{
    Checkpoint, Ended, Epoch, History, Samples, TrainConfig, TrainError, batch_size, order,
};
use crate::network::{Batch, Dropout, Network, Workspace, sum_of_squares};
use crate::observe::{Control, Event};
use crate::terms::CpuPath;

/// Trains a network; afterwards it has the parameters of the best epoch.
///
/// Best is the lowest validation loss; without validation rows, the last epoch. `start` continues
/// an earlier training of the same network, settings and rows; `keep` is called with the state
/// after each epoch. `control` is asked before each step; an end from outside leaves the best
/// parameters so far (of the present step, when no epoch has ended yet).
///
/// A loss or gradient that is not finite takes the network back to its best parameters and halves
/// the learning rate, once; a second one ends the training with the best parameters.
///
/// Runs on one thread. The same inputs give the same bits, unless `control` ends it.
///
/// # Errors
/// See [`TrainError`]; everything is checked before any work.
pub fn train(
    network: &mut Network<f32>,
    training: &Samples<'_>,
    validation: Option<&Samples<'_>>,
    config: &TrainConfig,
    control: &Control<'_>,
    start: Option<Checkpoint>,
    keep: &mut dyn FnMut(&Checkpoint),
) -> Result<History, TrainError> {
    config.check()?;
    let encoded = training.encode("training", network, config.loss)?;
    let held_out = match validation {
        None => None,
        Some(samples) => Some(samples.encode("validation", network, config.loss)?),
    };
    let rows = training.rows();
    let state = match start {
        None => Checkpoint::new(network, config, rows),
        Some(checkpoint) => {
            checkpoint.check(network, config, rows)?;
            network
                .parameters_mut()
                .copy_from_slice(&checkpoint.parameters);
            network
                .statistics_mut()
                .copy_from_slice(&checkpoint.statistics);
            checkpoint
        }
    };
    let batch = config.batch.unwrap_or_else(|| batch_size(rows)).min(rows);
    let mut run = Run {
        config,
        control,
        training: encoded,
        validation: held_out,
        batch,
        epoch_steps: rows.div_ceil(batch) as u64,
        decayed: network.decayed(),
        workspace: Workspace::new(network, batch),
        state,
    };
    run.epochs(network, keep)
}

struct Run<'a> {
    config: &'a TrainConfig,
    control: &'a Control<'a>,
    training: Encoded<'a>,
    validation: Option<Encoded<'a>>,
    batch: usize,
    /// Steps of one epoch.
    epoch_steps: u64,
    decayed: Vec<std::ops::Range<usize>>,
    workspace: Workspace<f32>,
    state: Checkpoint,
}

/// How the steps of one epoch ended.
enum Pass {
    Done(Epoch),
    NotFinite,
    Interrupted,
}

impl Run<'_> {
    fn epochs(
        &mut self,
        network: &mut Network<f32>,
        keep: &mut dyn FnMut(&Checkpoint),
    ) -> Result<History, TrainError> {
        let mut ended = Ended::Epochs;
        while self.state.epochs.len() < self.config.epochs {
            if self.out_of_patience() {
                ended = Ended::Patience;
                break;
            }
            match self.pass(network) {
                Pass::Done(epoch) => {
                    self.finish_epoch(network, epoch);
                    keep(&self.state);
                }
                Pass::Interrupted => {
                    return Ok(self.interrupted(network));
                }
                Pass::NotFinite if self.state.halved => {
                    if self.state.best_epoch.is_none() {
                        self.state.restore_best(network);
                        let epoch = self.state.epochs.len() + 1;
                        return Err(TrainError::Diverged { epoch });
                    }
                    self.control.warn(
                        "the loss was not finite again: the training ends with its best epoch",
                    );
                    ended = Ended::Diverged;
                    break;
                }
                Pass::NotFinite => self.halve(network),
            }
        }
        self.state.restore_best(network);
        Ok(self.history(ended))
    }

    /// Takes all steps of one epoch.
    fn pass(&mut self, network: &mut Network<f32>) -> Pass {
        let epoch = self.state.epochs.len();
        let rows = self.training.inputs.rows();
        let order = order::shuffled(rows, self.config.seed, epoch);
        let mut sum = 0.0;
        let mut rate = 0.0;
        for (position, batch) in order.chunks(self.batch).enumerate() {
            if self.control.should_stop() {
                return Pass::Interrupted;
            }
            let step = epoch as u64 * self.epoch_steps + position as u64;
            let loss = self.gradient(network, batch, step);
            let norm =
                f64::from(sum_of_squares(CpuPath::detect(), self.workspace.gradient())).sqrt();
            if !(loss.is_finite() && norm.is_finite()) {
                return Pass::NotFinite;
            }
            sum += loss * batch.len() as f64;
            rate = self.step(network, step, norm);
        }
        let validation_loss = self.validation.as_ref().map(|validation| {
            network.loss(
                validation.inputs,
                &validation.target,
                validation.weights.as_deref(),
                self.config.loss,
            )
        });
        let finite = network.parameters().iter().all(|p| p.is_finite());
        if !finite || validation_loss.is_some_and(|loss| !loss.is_finite()) {
            return Pass::NotFinite;
        }
        Pass::Done(Epoch {
            training_loss: sum / rows as f64,
            validation_loss,
            learning_rate: rate,
        })
    }

    fn gradient(&mut self, network: &mut Network<f32>, rows: &[u32], step: u64) -> f64 {
        let probability = f64::from(network.config().dropout) * self.regularisation(step);
        let dropout = (probability > 0.0).then_some(Dropout {
            probability: probability as f32,
            seed: self.config.seed,
            step,
        });
        let batch = Batch {
            inputs: self.training.inputs,
            target: &self.training.target,
            weights: self.training.weights.as_deref(),
            rows,
        };
        let loss =
            network.loss_and_gradient(&batch, self.config.loss, dropout, &mut self.workspace);
        network.update_statistics(&self.workspace);
        loss
    }

    /// Moves the parameters; gives the learning rate.
    fn step(&mut self, network: &mut Network<f32>, step: u64, norm: f64) -> f64 {
        let config = self.config;
        let steps = config.epochs as u64 * self.epoch_steps;
        let halved = if self.state.halved { 0.5 } else { 1.0 };
        let factor = config.schedule.factor(step, steps, config.warm_up);
        let rate = config.learning_rate * factor * halved;
        self.state.steps += 1;
        let update = Step {
            optimiser: config.optimiser,
            beta1: config.beta1,
            beta2: config.beta2,
            epsilon: config.epsilon,
            rate,
            number: self.state.steps,
            scale: match config.clip {
                Some(clip) if norm > clip => clip / norm,
                _ => 1.0,
            },
        };
        let decay = config.weight_decay * self.regularisation(step);
        let path = CpuPath::detect();
        let mut take = |range: std::ops::Range<usize>, decay: f64| {
            if range.is_empty() {
                return;
            }
            let group = Group {
                parameters: &mut network.parameters_mut()[range.clone()],
                gradient: &self.workspace.gradient()[range.clone()],
                mean: &mut self.state.mean[range.clone()],
                square: &mut self.state.square[range],
            };
            update.take(path, group, decay);
        };
        let mut end = 0;
        for range in &self.decayed {
            take(end..range.start, 0.0);
            take(range.clone(), decay);
            end = range.end;
        }
        take(end..self.workspace.gradient().len(), 0.0);
        rate
    }

    fn regularisation(&self, step: u64) -> f64 {
        let steps = self.config.epochs as u64 * self.epoch_steps;
        self.config.regularisation.factor(step, steps)
    }

    fn finish_epoch(&mut self, network: &Network<f32>, epoch: Epoch) {
        let loss = epoch.validation_loss;
        let done = self.state.epochs.len() + 1;
        let message = match loss {
            Some(loss) => format!("loss {:.4}, validation {loss:.4}", epoch.training_loss),
            None => format!("loss {:.4}", epoch.training_loss),
        };
        self.state.epochs.push(epoch);
        self.state.take(network);
        let better = match (loss, self.state.best_loss) {
            (Some(loss), Some(best)) => loss < best,
            _ => true,
        };
        if better {
            self.state.mark_best(loss);
        }
        self.control.observer.notice(&Event::Progress {
            name: "training",
            done,
            total: self.config.epochs,
            message: &message,
        });
    }

    fn out_of_patience(&self) -> bool {
        let (Some(patience), Some(best)) = (self.config.patience, self.state.best_epoch) else {
            return false;
        };
        self.state.best_loss.is_some() && self.state.epochs.len() >= best + patience
    }

    /// Back to the best parameters, with fresh moments and half the rate.
    fn halve(&mut self, network: &mut Network<f32>) {
        self.control.warn(
            "the loss was not finite: continuing from the best epoch at half the learning rate",
        );
        self.state.restore_best(network);
        self.state.mean.fill(0.0);
        self.state.square.fill(0.0);
        self.state.steps = 0;
        self.state.halved = true;
    }

    fn interrupted(&mut self, network: &mut Network<f32>) -> History {
        // Within the first epoch the present parameters are all there is.
        let usable = network.parameters().iter().all(|p| p.is_finite());
        if self.state.best_epoch.is_some() || !usable {
            self.state.restore_best(network);
        }
        let stopped = self.control.stop.load(Ordering::Relaxed);
        self.history(if stopped {
            Ended::Stopped
        } else {
            Ended::Deadline
        })
    }

    fn history(&self, ended: Ended) -> History {
        History {
            epochs: self.state.epochs.clone(),
            best_epoch: self.state.best_epoch,
            best_loss: self.state.best_loss,
            ended,
            halved: self.state.halved,
        }
    }
}
