//! Adam for the searches that train a few parameters in double precision.

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The optimiser's state: `m <- .9 m + .1 g`, `v <- .999 v + .001 g^2`,
/// `p <- p - rate (m / (1 - .9^t)) / (sqrt(v / (1 - .999^t)) + 1e-8)`.
pub(super) struct Adam {
    first: Vec<f64>,
    second: Vec<f64>,
    /// The decays to the power of the steps made.
    powers: [f64; 2],
}

impl Adam {
    pub fn new(parameters: usize) -> Adam {
        Adam {
            first: vec![0.0; parameters],
            second: vec![0.0; parameters],
            powers: [1.0; 2],
        }
    }

    pub fn step(&mut self, parameters: &mut [f64], gradient: &[f64], rate: f64) {
        self.powers[0] *= FIRST_DECAY;
        self.powers[1] *= SECOND_DECAY;
        let [first, second] = self.powers.map(|power| 1.0 - power);
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((p, g), (m, v)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *m += (1.0 - FIRST_DECAY) * (g - *m);
            *v += (1.0 - SECOND_DECAY) * (g * g - *v);
            *p -= rate * (*m / first) / ((*v / second).sqrt() + EPSILON);
        }
    }
}

/// From 1 at the beginning to 0 at the end of training: `share` of it is done.
pub(super) fn cosine(share: f64) -> f64 {
    0.5 * (1.0 + (std::f64::consts::PI * share.clamp(0.0, 1.0)).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_rate_and_the_minimum_is_reached() {
        let mut parameters = [3.0, -2.0];
        let mut adam = Adam::new(2);
        let slope = |p: &[f64; 2]| [2.0 * (p[0] - 1.0), 20.0 * (p[1] - 4.0)];
        adam.step(&mut parameters, &slope(&[3.0, -2.0]), 0.1);
        assert!((parameters[0] - 2.9).abs() < 1e-6 && (parameters[1] + 1.9).abs() < 1e-6);
        for step in 0..2000 {
            let gradient = slope(&parameters);
            adam.step(
                &mut parameters,
                &gradient,
                0.1 * cosine(f64::from(step) / 2000.0),
            );
        }
        assert!((parameters[0] - 1.0).abs() < 1e-3 && (parameters[1] - 4.0).abs() < 1e-3);
    }
}
