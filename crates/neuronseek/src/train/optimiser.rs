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
///
/// RMSprop:  g += d p
/// v = beta2 v + (1 - beta2) g^2
/// p -= rate * g / (sqrt(v) + epsilon)
/// ```
///
/// Kingma and Ba 2015 (arXiv 1412.6980); Loshchilov and Hutter 2019 (arXiv 1711.05101). RMSprop
/// (Tieleman and Hinton 2012) is in PyTorch's form, whose alpha is beta2; it has no use for beta1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimiser {
    /// Decay is part of the gradient.
    Adam,
    /// Decay stands apart from it.
    AdamW,
    /// No mean of gradients, and no correction of the early steps; decay is part of the gradient.
    RmsProp,
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
            Optimiser::Adam | Optimiser::RmsProp => (decay, 1.0),
            Optimiser::AdamW => (0.0, 1.0 - self.rate * decay),
        };
        // RMSprop is Adam with the gradient itself for its mean and without corrections.
        let (beta1, rate, inverse) = match self.optimiser {
            Optimiser::RmsProp => (0.0, self.rate, 1.0),
            Optimiser::Adam | Optimiser::AdamW => (
                self.beta1,
                self.rate / (1.0 - self.beta1.powi(number)),
                1.0 / (1.0 - self.beta2.powi(number)).sqrt(),
            ),
        };
        let numbers = [
            self.scale,
            coupled,
            shrink,
            beta1,
            1.0 - beta1,
            self.beta2,
            1.0 - self.beta2,
            rate,
            inverse,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_of_rmsprop_follow_the_formula() {
        let gradients = [[0.5, -2.0], [-0.25, 1.0], [3.0, 0.0]];
        let (alpha, epsilon, decay) = (0.9, 1e-3, 0.1);
        let mut parameters = [1.0, -0.5];
        let (mut mean, mut square) = ([7.0, 7.0], [0.0; 2]);
        let mut expected = [(1.0f64, 0.0f64), (-0.5, 0.0)];
        for (number, gradient) in (1..).zip(&gradients) {
            let step = Step {
                optimiser: Optimiser::RmsProp,
                beta1: 0.8,
                beta2: alpha,
                epsilon,
                rate: 0.02,
                number,
                scale: 0.5,
            };
            let group = Group {
                parameters: &mut parameters,
                gradient,
                mean: &mut mean,
                square: &mut square,
            };
            step.take(CpuPath::detect(), group, decay);
            for ((p, v), g) in expected.iter_mut().zip(gradient) {
                let g = 0.5 * g + decay * *p;
                *v = alpha * *v + (1.0 - alpha) * g * g;
                *p -= 0.02 * g / (v.sqrt() + epsilon);
            }
        }
        for (found, (expected, _)) in parameters.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14, "{found} and {expected}");
        }
    }
}
