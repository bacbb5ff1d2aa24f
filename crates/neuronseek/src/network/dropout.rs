use rand::Rng;

use super::passes::passes;
use super::real::Real;
use super::stream::{Purpose, generator};
use crate::terms::{CpuPath, Kernel, Lanes};

/// Units whose draws are made at once.
const BLOCK: usize = 512;

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
    /// The probability is rounded to 1/65536: two bytes of the stream serve one unit.
    pub(super) fn factors<T: Real>(&self, path: CpuPath, length: usize, out: &mut Vec<T>) {
        let threshold = (f64::from(self.probability) * 65536.0).round() as u32;
        if threshold == 0 {
            return;
        }
        let threshold = threshold.min(65535);
        let keep = T::from_f64(65536.0 / f64::from(65536 - threshold));
        let mut generator = generator(self.seed, Purpose::Dropout, self.step);
        let mut draws = [0u8; 2 * BLOCK];
        out.resize(length, T::ZERO);
        for block in out.chunks_mut(BLOCK) {
            let draws = &mut draws[..2 * block.len()];
            generator.fill_bytes(draws);
            keep_or_drop(path, block, draws, threshold, keep);
        }
    }
}

passes! {
    /// `out = 0` where the draw (two bytes) is below the threshold, else `keep`.
    fn keep_or_drop(out: &'a mut [T], draws: &'a [u8], threshold: u32, keep: T) {
        for (out, draw) in out.iter_mut().zip(draws.chunks_exact(2)) {
            let draw = u32::from(draw[0]) | u32::from(draw[1]) << 8;
            *out = if draw < threshold { T::ZERO } else { keep };
        }
    }
}
