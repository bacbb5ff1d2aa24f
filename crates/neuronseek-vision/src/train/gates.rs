//! Gates on the terms of all convolutions, trained with the network: the paper's search.
//!
//! A gate is hard-concrete (Louizos et al. 2018): with `u` uniform in (0, 1)
//!
//! ```text
//! s = sigmoid((log u - log(1 - u) + log a) / beta) (r - l) + l,   z = min(max(s, 0), 1)
//! ```
//!
//! beta = 0.66, l = -0.1, r = 1.1; it is open with probability `P = sigmoid(log a - beta log(-l/r))`,
//! and the loss has `lambda sum P` besides the cross-entropy. The paper's schedule: in the first
//! quarter of all steps gates stay open and are not trained, to three quarters lambda rises
//! linearly, then it stays. Adam with its own rate moves log a.

use burn_backend::backend::AutodiffBackend;
use burn_tensor::{Tensor, activation};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::config::Method;
use super::optimiser::Optimiser;
use crate::network::{host, vector};

const BETA: f64 = 0.66;
const LOW: f64 = -0.1;
const HIGH: f64 = 1.1;
/// The probability that a gate is open at the start.
const START: f64 = 0.9;
/// The stream of the gates' noise.
const STREAM: u64 = 0x6761_7465;

/// How gates are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateConfig {
    /// The price of an open gate, at least 0; 0.05 is the paper's.
    pub penalty: f32,
    /// Adam's rate for log a, above 0; the paper's is 0.01.
    pub learning_rate: f32,
}

impl Default for GateConfig {
    fn default() -> GateConfig {
        GateConfig {
            penalty: 0.05,
            learning_rate: 0.01,
        }
    }
}

/// The gates of a network in training.
pub(super) struct Gates<B: AutodiffBackend> {
    config: GateConfig,
    log_alpha: Tensor<B, 1>,
    optimiser: Optimiser<B::InnerBackend>,
    seed: u64,
}

/// `log(-l / r) beta`, by which log a is shifted in the probability.
fn shift() -> f64 {
    BETA * (-LOW / HIGH).ln()
}

/// The probability that a gate of this log a is open.
pub fn open_probability(log_alpha: f32) -> f64 {
    1.0 / (1.0 + (shift() - f64::from(log_alpha)).exp())
}

/// The gate at test time, without noise.
fn settled(log_alpha: f32) -> f32 {
    let sigmoid = 1.0 / (1.0 + (-f64::from(log_alpha)).exp());
    (sigmoid * (HIGH - LOW) + LOW).clamp(0.0, 1.0) as f32
}

impl<B: AutodiffBackend> Gates<B> {
    pub fn new(config: GateConfig, terms: usize, seed: u64, device: &B::Device) -> Gates<B> {
        let start = ((START / (1.0 - START)).ln() + shift()) as f32;
        let log_alpha = vector::<B>(&vec![start; terms], device).require_grad();
        let optimiser = Optimiser::new(Method::AdamW, &[log_alpha.clone().inner()]);
        Gates {
            config,
            log_alpha,
            optimiser,
            seed,
        }
    }

    /// What a checkpoint stores.
    pub fn stored(&self) -> [Vec<f32>; 3] {
        let [first, second] = [&self.optimiser.first[0], &self.optimiser.second[0]];
        [host(&self.log_alpha), host(first), host(second)]
    }

    /// Goes on from a checkpoint.
    pub fn restore(&mut self, stored: &[Vec<f32>; 3], steps: u64) {
        let device = self.log_alpha.device();
        self.log_alpha = vector::<B>(&stored[0], &device).require_grad();
        self.optimiser.first = vec![vector(&stored[1], &device)];
        self.optimiser.second = vec![vector(&stored[2], &device)];
        self.optimiser.steps = steps;
    }

    pub fn probabilities(&self) -> Vec<f64> {
        let log_alpha = host(&self.log_alpha);
        log_alpha.into_iter().map(open_probability).collect()
    }

    /// The gates without noise.
    pub fn settled(&self) -> Vec<f32> {
        host(&self.log_alpha).into_iter().map(settled).collect()
    }

    /// The gates of a step, all open in the first quarter.
    pub fn drawn(&self, step: u64, steps: u64) -> Tensor<B, 1> {
        if self.warming(step, steps) {
            return self.log_alpha.clone().detach().ones_like();
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(STREAM);
        random.set_word_pos(u128::from(step) << 16);
        let count = self.log_alpha.dims()[0];
        let noise: Vec<f32> = (0..count)
            .map(|_| {
                let u: f64 = random.random_range(1e-6..1.0 - 1e-6);
                (u.ln() - (1.0 - u).ln()) as f32
            })
            .collect();
        let noise = vector::<B>(&noise, &self.log_alpha.device());
        let s = activation::sigmoid((self.log_alpha.clone() + noise) / BETA);
        (s * (HIGH - LOW) + LOW).clamp(0.0, 1.0)
    }

    /// The price of the gates at a step, to be added to the loss.
    pub fn price(&self, step: u64, steps: u64) -> Tensor<B, 1> {
        let done = step as f64 / steps as f64;
        let risen = ((done - 0.25) / 0.5).clamp(0.0, 1.0);
        let open = activation::sigmoid(self.log_alpha.clone() - shift());
        open.sum() * (risen * f64::from(self.config.penalty))
    }

    /// The gates' gradient, if they were part of what was differentiated.
    pub fn gradient(&self, gradients: &B::Gradients) -> Option<Tensor<B::InnerBackend, 1>> {
        self.log_alpha.grad(gradients)
    }

    /// Takes a step.
    pub fn step(&mut self, gradient: Option<Tensor<B::InnerBackend, 1>>, step: u64, steps: u64) {
        if self.warming(step, steps) {
            return;
        }
        if let Some(gradient) = gradient {
            self.optimiser.begin();
            let old = self.log_alpha.clone().inner();
            let rate = self.config.learning_rate;
            let new = self.optimiser.moved(0, old, gradient, rate, 0.0);
            self.log_alpha = Tensor::from_inner(new).require_grad();
        }
    }

    fn warming(&self, step: u64, steps: u64) -> bool {
        4 * step < steps
    }
}
