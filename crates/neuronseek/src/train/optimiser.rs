use serde::{Deserialize, Serialize};

use crate::network::{Real, passes};
use crate::terms::{CpuPath, Kernel, Lanes};

/// How gradients become steps.
///
/// With g the gradient, t the number of the step from 1, and d the decay (0 for biases):
///
/// ```text
/// Adam:  g += d p         AdamW:  p -= rate d p
/// m = beta1 m + (1 - beta1) g
/// v = beta2 v + (1 - beta2) g^2
/// p -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
/// ```
///
/// Kingma and Ba 2015 (arXiv 1412.6980); Loshchilov and Hutter 2019 (arXiv 1711.05101).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimiser {
    /// Decay is part of the gradient.
    Adam,
    /// Decay stands apart from it.
    AdamW,
}

/// The numbers of one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub optimiser: Optimiser,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    pub rate: f64,
    /// The number of this step, from 1.
    pub number: u64,
    /// What the gradient is multiplied by, for clipping.
    pub scale: f64,
}

/// Parameters with their gradient and moments, all of one length.
pub(super) struct Group<'a, T> {
    pub parameters: &'a mut [T],
    pub gradient: &'a [T],
    pub mean: &'a mut [T],
    pub square: &'a mut [T],
}

impl Step {
    /// Moves the parameters of one group, whose weight decay is `decay`.
    pub(super) fn take<T: Real>(&self, path: CpuPath, group: Group<'_, T>, decay: f64) {
        let number = self.number.min(i32::MAX as u64) as i32;
        let (coupled, shrink) = match self.optimiser {
            Optimiser::Adam => (decay, 1.0),
            Optimiser::AdamW => (0.0, 1.0 - self.rate * decay),
        };
        let numbers = [
            self.scale,
            coupled,
            shrink,
            self.beta1,
            1.0 - self.beta1,
            self.beta2,
            1.0 - self.beta2,
            self.rate / (1.0 - self.beta1.powi(number)),
            1.0 / (1.0 - self.beta2.powi(number)).sqrt(),
            self.epsilon,
        ];
        move_group(
            path,
            group.parameters,
            group.gradient,
            group.mean,
            group.square,
            &numbers.map(T::from_f64),
        );
    }
}

passes! {
    /// One pass over a group; `numbers` as [`Step::take`] lists them.
    fn move_group(
        parameters: &'a mut [T],
        gradient: &'a [T],
        mean: &'a mut [T],
        square: &'a mut [T],
        numbers: &'a [T; 10],
    ) {
        let [scale, coupled, shrink, beta1, rest1, beta2, rest2, rate, inverse, epsilon] = *numbers;
        let moments = mean.iter_mut().zip(square);
        for ((p, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(moments) {
            let g = g * scale + coupled * *p;
            *m = beta1 * *m + rest1 * g;
            *v = beta2 * *v + rest2 * g * g;
            *p = shrink * *p - rate * *m / (v.sqrt() * inverse + epsilon);
        }
    }
}
