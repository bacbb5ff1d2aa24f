use rand::Rng;

use super::real::Real;
use super::stream::{Purpose, generator};

/// Which hidden units a training step drops: a pure function of seed and step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The probability that a unit is dropped, 0 to below 1.
    pub probability: f32,
    /// The seed of the training.
    pub seed: u64,
    /// The number of the step.
    pub step: u64,
}

impl Dropout {
    /// Fills `out` with `length` factors, 0 or 1 / (1 - probability). Nothing with probability 0.
    ///
    /// The probability is rounded to 1/65536: one draw of 32 bits serves two units.
    pub(super) fn factors<T: Real>(&self, length: usize, out: &mut Vec<T>) {
        let threshold = (f64::from(self.probability) * 65536.0).round() as u32;
        if threshold == 0 {
            return;
        }
        let threshold = threshold.min(65535);
        let keep = T::from_f64(65536.0 / f64::from(65536 - threshold));
        let factor = |draw: u32| if draw < threshold { T::ZERO } else { keep };
        let mut generator = generator(self.seed, Purpose::Dropout, self.step);
        out.resize(length, T::ZERO);
        let mut pairs = out.chunks_exact_mut(2);
        for pair in &mut pairs {
            let draw = generator.next_u32();
            pair[0] = factor(draw & 0xffff);
            pair[1] = factor(draw >> 16);
        }
        for last in pairs.into_remainder() {
            *last = factor(generator.next_u32() & 0xffff);
        }
    }
}
