//! From images to a trained network.

use std::sync::Arc;
use std::time::Instant;

use burn_backend::backend::AutodiffBackend;
use burn_tensor::Tensor;
use neuronseek::observe::{Control, Event};

use super::config::TrainConfig;
use super::evaluate::{logits, score};
use super::gates::{GateConfig, Gates};
use super::loss::Targets;
use super::optimiser::Optimiser;
use super::state::{Epoch, Pace, Score, State};
use super::step::{Gradients, Task, Trained, gradients};
use crate::VisionError;
use crate::augment::{Augment, Batch, Loader, LoaderConfig, Normalisation};
use crate::backend::VisionBackend;
use crate::graph::{Graph, Role};
use crate::images::ImageSet;
use crate::network::{Network, host, vector};

/// After how many steps the loss is looked at; on a graphics card each look waits for it.
const LOOK: u64 = 10;

/// What to train.
pub struct Job<'a> {
    /// The network.
    pub graph: Arc<Graph>,
    /// How many terms are gated, in a gated network.
    pub gates: Option<(usize, GateConfig)>,
    /// The images.
    pub images: Arc<ImageSet>,
    /// Images to look at after each epoch.
    pub validation: Option<&'a ImageSet>,
    /// How pixels become numbers.
    pub normalisation: &'a Normalisation,
    /// How images are varied.
    pub augment: &'a Augment,
    /// How the network is trained.
    pub config: &'a TrainConfig,
    /// Threads that prepare batches.
    pub workers: usize,
}

/// Trains from a state to the last epoch, on one device or several; after each epoch `each` gets
/// the state, to store it and to show it.
///
/// # Errors
/// [`VisionError::Request`] for settings out of range or a loss that is not finite;
/// [`VisionError::Stopped`] when it should end within an epoch; what `each` returns.
pub fn train<B>(
    job: &Job<'_>,
    state: State,
    devices: &[B::Device],
    control: &Control<'_>,
    each: &mut dyn FnMut(&State) -> Result<(), VisionError>,
) -> Result<State, VisionError>
where
    B: AutodiffBackend + VisionBackend,
    B::InnerBackend: VisionBackend,
{
    job.check(devices.len())?;
    let loader = Loader::training(
        job.images.clone(),
        job.normalisation.clone(),
        LoaderConfig {
            augment: *job.augment,
            batch: job.config.batch,
            workers: job.workers,
            seed: job.config.seed,
        },
    )?;
    let mut run = Run::<B>::new(job, &state, devices, loader.batches());
    let mut state = state;
    while state.history.len() < job.config.epochs {
        let enough = |patience| state.without_gain() >= patience;
        if job.config.patience.is_some_and(enough) {
            break;
        }
        let epoch = run.epoch(state.history.len(), &loader, control)?;
        run.store(&mut state, epoch);
        each(&state)?;
    }
    Ok(state)
}

impl Job<'_> {
    fn check(&self, devices: usize) -> Result<(), VisionError> {
        self.config.check()?;
        let mut reasons = Vec::new();
        if self.config.patience.is_some() && self.validation.is_none() {
            reasons.push("patience needs validation images".to_string());
        }
        if self.images.labels.is_empty() {
            reasons.push(format!("{} has no labelled images", self.images.name));
        }
        if devices == 0 {
            reasons.push("no device to train on".to_string());
        }
        if devices > 1 && self.gates.is_some() {
            reasons.push("gates are trained on one device alone; give one device".to_string());
        }
        let parts = self.config.accumulate * devices;
        if 2 * parts > self.config.batch {
            reasons.push(format!(
                "a batch of {} cannot be cut into {parts} parts of at least two images",
                self.config.batch
            ));
        }
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(VisionError::Request(reasons))
        }
    }
}

/// A run on devices of a backend.
struct Run<'a, B: AutodiffBackend> {
    job: &'a Job<'a>,
    /// Steps of an epoch.
    batches: usize,
    devices: Vec<B::Device>,
    replicas: Vec<Trained<B>>,
    optimiser: Optimiser<B::InnerBackend>,
    average: Option<Vec<Tensor<B::InnerBackend, 1>>>,
    step: u64,
}

impl<'a, B> Run<'a, B>
where
    B: AutodiffBackend + VisionBackend,
    B::InnerBackend: VisionBackend,
{
    fn new(job: &'a Job<'a>, state: &State, devices: &[B::Device], batches: usize) -> Run<'a, B> {
        let first = &devices[0];
        let inner = |numbers: &[Vec<f32>]| -> Vec<Tensor<B::InnerBackend, 1>> {
            numbers.iter().map(|one| vector(one, first)).collect()
        };
        let network = inner(&state.numbers.parameters);
        let mut optimiser = Optimiser::new(job.config.method, &network);
        if !state.first.is_empty() {
            optimiser.first = inner(&state.first);
            optimiser.second = inner(&state.second);
            optimiser.steps = state.steps;
        }
        let start = || state.numbers.parameters.clone();
        let average = job.config.average.map(|_| {
            let numbers = state.average.clone().unwrap_or_else(start);
            inner(&numbers)
        });
        let mut run = Run {
            job,
            batches,
            devices: devices.to_vec(),
            replicas: Vec::new(),
            optimiser,
            average,
            step: state.steps,
        };
        run.replicas = (0..devices.len())
            .map(|device| run.replica(device, state))
            .collect();
        run
    }

    fn replica(&self, device: usize, state: &State) -> Trained<B> {
        let config = self.job.config;
        let device = &self.devices[device];
        let mut network = Network::new(self.job.graph.clone(), &state.numbers, device);
        network.precision = config.precision;
        network.parameters = tracked(network.parameters);
        let gates = self.job.gates.map(|(terms, gating)| {
            let mut gates = Gates::new(gating, terms, config.seed, device);
            if let Some(stored) = &state.gates {
                gates.restore(stored, self.step.saturating_sub(self.steps().div_ceil(4)));
            }
            gates
        });
        Trained { network, gates }
    }

    /// Steps of all epochs.
    fn steps(&self) -> u64 {
        (self.batches * self.job.config.epochs) as u64
    }

    fn epoch(
        &mut self,
        done: usize,
        loader: &Loader,
        control: &Control<'_>,
    ) -> Result<Epoch, VisionError> {
        let begun = Instant::now();
        let zero = Tensor::<B::InnerBackend, 1>::zeros([1], &self.devices[0]);
        let (mut loss, mut right) = (zero.clone(), zero);
        let mut seen = 0;
        let mut rate = 0.0;
        for batch in loader.epoch(done as u64) {
            if control.should_stop() {
                return Err(VisionError::Stopped);
            }
            let gradients = self.gradients(&batch);
            loss = loss + gradients.loss.clone();
            right = right + gradients.right.clone();
            seen += batch.labels.len();
            rate = self.job.config.rate(self.step, self.steps());
            self.apply(gradients, rate);
            self.step += 1;
            if self.step.is_multiple_of(LOOK) {
                let mean = f64::from(host(&loss)[0]) / seen as f64;
                self.look(done, seen, mean, begun, control)?;
            }
        }
        let trained = begun.elapsed().as_secs_f64();
        let mean = |sum: &Tensor<B::InnerBackend, 1>| f64::from(host(sum)[0]) / seen as f64;
        self.look(done, seen, mean(&loss), begun, control)?;
        let validation = self.validate(control)?;
        let gates = self.replicas[0].gates.as_ref();
        Ok(Epoch {
            epoch: done + 1,
            loss: mean(&loss),
            accuracy: mean(&right),
            validation,
            learning_rate: rate,
            pace: Some(Pace {
                seconds: begun.elapsed().as_secs_f64(),
                images_per_second: seen as f64 / trained,
            }),
            gates: gates.map(Gates::probabilities).unwrap_or_default(),
        })
    }

    fn look(
        &self,
        done: usize,
        seen: usize,
        loss: f64,
        begun: Instant,
        control: &Control<'_>,
    ) -> Result<(), VisionError> {
        if !loss.is_finite() {
            return Err(VisionError::request(format!(
                "the loss is no finite number after step {} (epoch {}); lower the learning rate ({})",
                self.step,
                done + 1,
                self.job.config.learning_rate
            )));
        }
        let speed = seen as f64 / begun.elapsed().as_secs_f64();
        let epochs = self.job.config.epochs;
        let message = format!("epoch {}, loss {loss:.3}, {speed:.0} images/s", done + 1);
        control.observer.notice(&Event::Progress {
            name: "train",
            done: self.step as usize,
            total: self.batches * epochs,
            message: &message,
        });
        Ok(())
    }

    fn gradients(&self, batch: &Batch) -> Gradients<B::InnerBackend> {
        let job = self.job;
        let targets = Targets::new(
            &batch.labels,
            &batch.partners,
            &batch.shares,
            job.graph.outputs(),
            job.config.label_smoothing,
        );
        // A last batch of few images has fewer parts: norms need two images.
        let parts = job.config.accumulate * self.devices.len();
        let task = Task {
            batch,
            targets: &targets,
            image: job.graph.input(),
            parts: parts.min(batch.labels.len() / 2).max(1),
            step: self.step,
            steps: self.steps(),
        };
        gradients(&self.replicas, &task)
    }

    /// A step of the first device's network; the others follow.
    fn apply(&mut self, gradients: Gradients<B::InnerBackend>, rate: f32) {
        let config = self.job.config;
        let shortened = clip(gradients.parameters, config.clip);
        self.optimiser.begin();
        let mut moved = Vec::with_capacity(shortened.len());
        for (number, gradient) in shortened.into_iter().enumerate() {
            let decay = match self.job.graph.parameters[number].role {
                Role::Weight { .. } => config.weight_decay,
                Role::Constant(_) => 0.0,
            };
            let old = self.replicas[0].network.parameters[number].clone().inner();
            moved.push(self.optimiser.moved(number, old, gradient, rate, decay));
        }
        self.follow(&moved);
        let running = self.running(&gradients.statistics);
        for (trained, device) in self.replicas.iter_mut().zip(&self.devices) {
            let on = |tensor: &Tensor<_, 1>| Tensor::from_inner(tensor.clone().to_device(device));
            let leaves = moved.iter().map(on).collect();
            trained.network.parameters = tracked(leaves);
            trained.network.statistics = running.iter().map(|s| s.each_ref().map(on)).collect();
        }
        let steps = self.steps();
        if let Some(gates) = &mut self.replicas[0].gates {
            gates.step(gradients.gates, self.step, steps);
        }
    }

    /// The moving average of the parameters; it starts as their mean, not at the initial ones.
    fn follow(&mut self, moved: &[Tensor<B::InnerBackend, 1>]) {
        let (Some(decay), Some(average)) = (self.job.config.average, &mut self.average) else {
            return;
        };
        let steps = self.step as f32;
        let decay = decay.min((1.0 + steps) / (10.0 + steps));
        for (average, new) in average.iter_mut().zip(moved) {
            *average = average.clone() * decay + new.clone() * (1.0 - decay);
        }
    }

    /// Running statistics: nine tenths of the old, one of the batch's.
    fn running(
        &self,
        batch: &[[Tensor<B::InnerBackend, 1>; 2]],
    ) -> Vec<[Tensor<B::InnerBackend, 1>; 2]> {
        let old = &self.replicas[0].network.statistics;
        let mixed = |old: &Tensor<B, 1>, new: &Tensor<B::InnerBackend, 1>| {
            old.clone().inner() * 0.9 + new.clone() * 0.1
        };
        let pairs = old.iter().zip(batch);
        pairs
            .map(|([a, c], [b, d])| [mixed(a, b), mixed(c, d)])
            .collect()
    }

    /// The score of the averaged network, if there is an average.
    fn validate(&self, control: &Control<'_>) -> Result<Option<Score>, VisionError> {
        let Some(images) = self.job.validation else {
            return Ok(None);
        };
        let mut network = self.replicas[0].network.inner();
        if let Some(average) = &self.average {
            network.parameters.clone_from(average);
        }
        let device = &self.devices[0];
        let gates = self.replicas[0].gates.as_ref();
        let gates = gates.map(|gates| vector(&gates.settled(), device));
        let normalisation = self.job.normalisation;
        let logits = logits(&network, images, normalisation, gates.as_ref(), control)?;
        Ok(Some(score(
            &logits,
            &images.labels,
            network.graph.outputs(),
        )))
    }

    fn store(&self, state: &mut State, epoch: Epoch) {
        let trained = &self.replicas[0];
        let copied = |tensors: &[Tensor<B::InnerBackend, 1>]| tensors.iter().map(host).collect();
        state.numbers = trained.network.numbers();
        state.first = copied(&self.optimiser.first);
        state.second = copied(&self.optimiser.second);
        state.steps = self.step;
        state.average = self.average.as_deref().map(copied);
        state.gates = trained.gates.as_ref().map(Gates::stored);
        let accuracy = |epoch: &Epoch| epoch.validation.map_or(0.0, |score| score.accuracy);
        let best = state.best.as_ref().map(|(number, _)| number - 1);
        let so_far = best.map_or(f64::NEG_INFINITY, |best| accuracy(&state.history[best]));
        if self.job.config.patience.is_some() && accuracy(&epoch) > so_far {
            state.best = None;
            state.best = Some((epoch.epoch, state.model()));
        }
        state.history.push(epoch);
    }
}

fn tracked<B: AutodiffBackend>(parameters: Vec<Tensor<B, 1>>) -> Vec<Tensor<B, 1>> {
    parameters.into_iter().map(Tensor::require_grad).collect()
}

/// Gradients whose joint norm is at most `most`. The norm stays on the device.
fn clip<I: burn_backend::backend::Backend>(
    gradients: Vec<Tensor<I, 1>>,
    most: f32,
) -> Vec<Tensor<I, 1>> {
    let squares = gradients.iter().map(|g| (g.clone() * g.clone()).sum());
    let Some(square) = squares.reduce(|a, b| a + b) else {
        return gradients;
    };
    let factor = (square.sqrt() + 1e-12).recip() * most;
    let factor = factor.clamp_max(1.0);
    gradients.into_iter().map(|g| g * factor.clone()).collect()
}
