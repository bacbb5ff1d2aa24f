//! Gates on the terms of all convolutions, trained with the network, then pruned.
//!
//! The paper moves its gates by Adam at a rate of 0.01. From the probability 0.9, where they start,
//! log a has to fall by 2.2 to the probability 0.5 and by 3.0 to where a gate is 0 without noise:
//! 300 steps that all point the same way. A run of a few epochs has fewer, and no gate would ever
//! close. So the rate follows from the number of steps ([`gate_rate`]): a gate that is pushed one
//! way can travel 6 within the second half of any run, twice the way. Scaling the penalty instead
//! was rejected: Adam's steps do not depend on it.

use std::sync::Arc;
use std::time::Instant;

use burn_autodiff::Autodiff;
use burn_backend::backend::AutodiffBackend;
use burn_flex::{Flex, FlexDevice};
use neuronseek::neuron::Term;
use neuronseek::observe::{Control, Event};
use neuronseek::search::gated::gate::expected;

use super::prune::pruned;
use super::settings::image_reasons;
use crate::VisionError;
use crate::architecture::Plan;
use crate::augment::{Augment, Normalisation};
use crate::backend::VisionBackend;
use crate::device::Device;
use crate::images::ImageSet;
use crate::network::{Numbers, start};
use crate::train::{Epoch, GateConfig, Job, State, TrainConfig, open_probability, timeless, train};

/// The paper's rate.
const PAPER_RATE: f32 = 0.01;

/// How far log a can travel in the second half of a run: twice the way to a closed gate.
const TRAVEL: f32 = 6.0;

/// A gate more likely open than this keeps its term.
const OPEN: f64 = 0.5;

/// What is searched, and how.
///
/// | setting | default | range |
/// |---|---|---|
/// | `plan` | none | two terms at least, all candidates |
/// | `config` | [`TrainConfig::default`] | without patience |
/// | `penalty` | 0.05, the paper's | 0 or more |
/// | `gate_rate` | [`gate_rate`] of the run's steps | above 0 |
#[derive(Debug, Clone)]
pub struct JointOptions {
    /// The network with all candidate terms in its neuron; it is gated whatever `gated` says.
    pub plan: Plan,
    /// How it is trained. Patience is refused: the best epoch would most often be one from before
    /// the gates closed.
    pub config: TrainConfig,
    /// How images are varied.
    pub augment: Augment,
    /// The price of an open gate, in nats of the loss.
    pub penalty: f32,
    /// Adam's rate for log a; none takes the rate that the number of steps asks for.
    pub gate_rate: Option<f32>,
    /// Where to compute: the processor or one graphics card.
    pub device: Device,
    /// Threads that prepare batches.
    pub workers: usize,
}

impl JointOptions {
    /// The defaults for a network.
    pub fn new(plan: Plan) -> JointOptions {
        JointOptions {
            plan,
            config: TrainConfig::default(),
            augment: Augment::default(),
            penalty: GateConfig::default().penalty,
            gate_rate: None,
            device: Device::Cpu,
            workers: 1,
        }
    }

    fn check(&self, images: &ImageSet) -> Result<(), VisionError> {
        let mut reasons = image_reasons(images);
        if self.plan.neuron.terms().len() < 2 {
            reasons.push(format!(
                "the neuron {} leaves no choice; give two terms or more",
                self.plan.neuron
            ));
        }
        if self.config.patience.is_some() {
            reasons.push("gates need all epochs; leave patience out".to_string());
        }
        if !(self.penalty.is_finite() && self.penalty >= 0.0) {
            reasons.push(format!("penalty {} must be 0 or more", self.penalty));
        }
        if let Some(rate) = self.gate_rate
            && !(rate.is_finite() && rate > 0.0)
        {
            reasons.push(format!("gate rate {rate} must be above 0"));
        }
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(VisionError::Request(reasons))
        }
    }
}

/// `max(0.01, 6 / (steps / 2))`: Adam's rate for the gates of a run of so many steps. From 1200
/// steps on it is the paper's.
pub fn gate_rate(steps: usize) -> f32 {
    (2.0 * TRAVEL / steps.max(1) as f32).max(PAPER_RATE)
}

/// A term with its gate at the end of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GatedTerm {
    /// The term.
    pub term: Term,
    /// The probability that its gate is open.
    pub probability: f64,
    /// The gate's value without noise, 0 to 1, which its numbers were multiplied with.
    pub gate: f32,
    /// Whether it is part of the neuron found.
    pub kept: bool,
}

/// What the search inside the network found.
#[derive(Debug, Clone, PartialEq)]
pub struct JointFound {
    /// The network of the neuron found, without gates; `plan.neuron` is the neuron.
    pub plan: Plan,
    /// Its numbers: it computes what the gated network did, so that training can go on. If no gate
    /// stayed open, those that training starts from.
    pub numbers: Numbers,
    /// How pixels became numbers.
    pub normalisation: Normalisation,
    /// Every candidate, in the order of the neuron that was searched.
    pub terms: Vec<GatedTerm>,
    /// Adam's rate for the gates.
    pub gate_rate: f32,
    /// How training went, with the gates' probabilities after each epoch and without how long it took.
    pub history: Vec<Epoch>,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// Trains a network with a gate on every term and prunes the terms whose gates closed: those whose
/// probability ended at 0.5 or below. If that is all, the most probable one is kept, with a warning and
/// the numbers that training starts from: while every gate is shut nothing passes, norms come to run on
/// zeros, and opening one gate afterwards gives no network. `each` sees every epoch.
///
/// # Errors
/// [`VisionError::Request`] for what cannot be built or trained, images without labels, of one class
/// or too few, a single term, patience; [`VisionError::Stopped`] when it should end; what `each`
/// returns.
pub fn joint(
    images: &ImageSet,
    validation: Option<&ImageSet>,
    options: &JointOptions,
    control: &Control<'_>,
    each: &mut dyn FnMut(&Epoch) -> Result<(), VisionError>,
) -> Result<JointFound, VisionError> {
    options.device.check()?;
    options.check(images)?;
    let sets = (images, validation);
    match &options.device {
        Device::Cpu => on::<Autodiff<Flex>>(sets, options, &[FlexDevice], control, each),
        #[cfg(feature = "cuda")]
        Device::Cuda(numbers) => {
            let devices: Vec<_> = numbers
                .iter()
                .map(|&n| burn_cuda::CudaDevice::new(n))
                .collect();
            on::<Autodiff<burn_cuda::Cuda>>(sets, options, &devices, control, each)
        }
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(_) => Err(VisionError::request("this build has no CUDA")),
    }
}

fn on<B>(
    (images, validation): (&ImageSet, Option<&ImageSet>),
    options: &JointOptions,
    devices: &[B::Device],
    control: &Control<'_>,
    each: &mut dyn FnMut(&Epoch) -> Result<(), VisionError>,
) -> Result<JointFound, VisionError>
where
    B: AutodiffBackend + VisionBackend,
    B::InnerBackend: VisionBackend,
{
    let begun = Instant::now();
    let name = "search (joint)";
    control.observer.notice(&Event::Stage { name });
    let plan = Plan {
        gated: true,
        ..options.plan.clone()
    };
    let graph = Arc::new(plan.graph()?);
    let normalisation = Normalisation::of(images);
    let config = &options.config;
    let batches = images.labels.len().div_ceil(config.batch.max(1));
    let by_steps = gate_rate(batches * config.epochs);
    let gating = GateConfig {
        penalty: options.penalty,
        learning_rate: options.gate_rate.unwrap_or(by_steps),
    };
    let job = Job {
        graph: graph.clone(),
        gates: Some((plan.neuron.terms().len(), gating)),
        images: Arc::new(images.clone()),
        validation,
        normalisation: &normalisation,
        augment: &options.augment,
        config,
        workers: options.workers,
    };
    let state = State::new(start(&graph, config.seed));
    let mut after = |state: &State| state.history.last().map_or(Ok(()), &mut *each);
    let done = train::<B>(&job, state, devices, control, &mut after)?;
    let log_alpha = done.gates.as_ref().map_or(&[][..], |gates| &gates[0]);
    let terms = settled(plan.neuron.terms(), log_alpha);
    let gates: Vec<Option<f32>> = terms.iter().map(|t| t.kept.then_some(t.gate)).collect();
    let (plan, mut numbers) = pruned(&plan, &done.model(), &gates)?;
    if terms.iter().all(|term| term.probability <= OPEN) {
        control.warn(&format!(
            "the penalty {} closed all gates; {} is the most probable term and its network is \
             untrained: search again with a lower penalty",
            options.penalty, plan.neuron
        ));
        numbers = start(&plan.graph()?, config.seed);
    }
    Ok(JointFound {
        plan,
        numbers,
        normalisation,
        terms,
        gate_rate: gating.learning_rate,
        history: timeless(&done.history),
        seconds: begun.elapsed().as_secs_f64(),
    })
}

/// Which terms are kept. A gate of a term that is not kept counts as 0 even where it is not quite
/// (it is below 0.11 then).
fn settled(terms: &[Term], log_alpha: &[f32]) -> Vec<GatedTerm> {
    let of = |(&term, &log_alpha): (&Term, &f32)| {
        let probability = open_probability(log_alpha);
        let kept = probability > OPEN;
        let value = expected(f64::from(log_alpha)).value as f32;
        GatedTerm {
            term,
            probability,
            gate: if kept { value } else { 0.0 },
            kept,
        }
    };
    let mut settled: Vec<GatedTerm> = terms.iter().zip(log_alpha).map(of).collect();
    if !settled.iter().any(|term| term.kept) {
        // The first of equals: the lowest order.
        let best = settled
            .iter_mut()
            .rev()
            .max_by(|a, b| a.probability.total_cmp(&b.probability));
        if let Some(best) = best {
            best.kept = true;
            best.gate = 1.0;
        }
    }
    settled
}
