use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are for: each purpose has streams of its own, so that more draws for one
/// change nothing of another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Initial parameters.
    Initial = 1,
    /// The order of rows, one stream per epoch.
    Shuffle = 2,
    /// Dropped units, one stream per step.
    Dropout = 3,
    /// Permuted columns.
    Permutation = 4,
    /// Samples of rows that a report shows or draws again.
    Explanation = 5,
}

/// The generator of (seed, purpose, index).
pub(crate) fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(((purpose as u64) << 56) | index);
    generator
}
