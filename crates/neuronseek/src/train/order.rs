use rand::Rng;

use crate::network::{Purpose, generator};

/// Rows a step: an eighth of the rows, at least 32 and at most 256.
pub fn batch_size(rows: usize) -> usize {
    (rows / 8).clamp(32, 256)
}

/// The order of `rows` rows in an epoch: a pure function of seed and epoch.
///
/// Fisher and Yates's shuffle; a position below n is the high half of the product of n and 32
/// random bits (its bias is below n / 2^32).
pub(super) fn shuffled(rows: usize, seed: u64, epoch: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    let mut generator = generator(seed, Purpose::Shuffle, epoch as u64);
    for last in (1..rows).rev() {
        let draw = u64::from(generator.next_u32());
        let chosen = (draw * (last as u64 + 1)) >> 32;
        order.swap(last, chosen as usize);
    }
    order
}
