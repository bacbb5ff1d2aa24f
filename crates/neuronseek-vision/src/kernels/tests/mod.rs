//! Every kernel on every path against a plain reference in double precision.

use neuronseek::terms::CpuPath;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

mod convolution;
mod element_wise;
mod norm;
mod pool;

fn random(length: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..length).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Asserts that all numbers are within `tolerance` of the largest expected one.
fn close(found: &[f32], expected: &[f64], tolerance: f64, context: &str) {
    assert_eq!(found.len(), expected.len(), "{context}");
    let scale = expected
        .iter()
        .fold(1.0, |most: f64, value| most.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(*found) - expected).abs();
        assert!(
            error <= tolerance * scale,
            "{context} at {index}: {found} for {expected}"
        );
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}

/// What `work` gives with 1 and with 3 threads, which must be the same bits.
fn at_all_threads(work: impl Fn() -> Vec<f32> + Send + Sync) -> Vec<f32> {
    let [one, three] = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.expect("a pool of threads").install(&work)
    });
    let bits = |values: &[f32]| {
        values
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&one), bits(&three), "threads change the result");
    one
}

fn on_all_paths(work: impl Fn(CpuPath)) {
    for path in CpuPath::available() {
        work(path);
    }
}
