use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What random numbers are for: each purpose has streams of its own, so that more draws for one
/// change nothing of another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// The order of images, one stream per epoch.
    Shuffle = 1,
    /// Where an image is cropped and whether it is flipped.
    Crop = 2,
    /// Where the square is cut out.
    Cutout = 3,
    /// The share of an image in its mixture.
    Mixup = 4,
    /// Operations on an image and their signs.
    RandAugment = 5,
}

/// The most epochs and images that have streams of their own: 24 and 32 bits of a stream's number.
pub(super) const MOST_EPOCHS: u64 = 1 << 24;

/// The generator of (seed, purpose, epoch, image).
pub(super) fn generator(seed: u64, purpose: Purpose, epoch: u64, image: u32) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let stream = (purpose as u64) << 56 | (epoch % MOST_EPOCHS) << 32 | u64::from(image);
    generator.set_stream(stream);
    generator
}

/// A number below `bound`: the high half of the product with 32 random bits (its bias is below
/// `bound / 2^32`).
pub(super) fn below(bound: u32, generator: &mut ChaCha8Rng) -> u32 {
    ((u64::from(generator.next_u32()) * u64::from(bound)) >> 32) as u32
}

/// The images in the order of an epoch: Fisher and Yates's shuffle.
pub(super) fn shuffled(images: u32, seed: u64, epoch: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..images).collect();
    let mut generator = generator(seed, Purpose::Shuffle, epoch, 0);
    for last in (1..images).rev() {
        order.swap(last as usize, below(last + 1, &mut generator) as usize);
    }
    order
}
