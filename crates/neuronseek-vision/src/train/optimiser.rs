//! Steps from gradients.

use burn_backend::backend::Backend;
use burn_tensor::Tensor;

use super::config::Method;

/// What an optimiser remembers of earlier steps.
#[derive(Debug, Clone)]
pub struct Optimiser<B: Backend> {
    method: Method,
    /// Velocities, or the means of gradients; one per parameter, zero at the start.
    pub first: Vec<Tensor<B, 1>>,
    /// The means of squared gradients; empty for SGD.
    pub second: Vec<Tensor<B, 1>>,
    /// Steps done.
    pub steps: u64,
}

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const ADAM_EPSILON: f32 = 1e-8;

impl<B: Backend> Optimiser<B> {
    /// An optimiser of these parameters that has done no step.
    pub fn new(method: Method, parameters: &[Tensor<B, 1>]) -> Optimiser<B> {
        let zeros = || parameters.iter().map(Tensor::zeros_like).collect();
        Optimiser {
            method,
            first: zeros(),
            second: match method {
                Method::Sgd { .. } => Vec::new(),
                Method::AdamW => zeros(),
            },
            steps: 0,
        }
    }

    /// Begins a step: the parameters are then handed to [`Optimiser::moved`] one by one.
    pub fn begin(&mut self) {
        self.steps += 1;
    }

    /// The parameter of a number after the step of its gradient.
    pub fn moved(
        &mut self,
        number: usize,
        parameter: Tensor<B, 1>,
        gradient: Tensor<B, 1>,
        rate: f32,
        decay: f32,
    ) -> Tensor<B, 1> {
        match self.method {
            Method::Sgd { momentum } => {
                let gradient = if decay > 0.0 {
                    gradient + parameter.clone() * decay
                } else {
                    gradient
                };
                let velocity = self.first[number].clone() * momentum + gradient.clone();
                self.first[number] = velocity.clone();
                parameter - (velocity * momentum + gradient) * rate
            }
            Method::AdamW => {
                let first = self.first[number].clone() * BETA1 + gradient.clone() * (1.0 - BETA1);
                let square = gradient.clone() * gradient;
                let second = self.second[number].clone() * BETA2 + square * (1.0 - BETA2);
                self.first[number] = first.clone();
                self.second[number] = second.clone();
                let steps = self.steps as f64;
                let bias = |beta: f32| (1.0 - f64::from(beta).powf(steps)) as f32;
                let deviation = (second / bias(BETA2)).sqrt() + ADAM_EPSILON;
                let step = first / bias(BETA1) / deviation;
                parameter * (1.0 - rate * decay) - step * rate
            }
        }
    }
}
