//! How long a dense trajectory takes to come by: the price of seeking n by trying.
//!
//! The point (n a_1, ..., n a_K) mod 1, a_k the fractional part of the root of the k-th prime, is
//! dense in the torus (Kronecker). The share of the torus within e of a point in each coordinate is
//! (2 e)^K, so a point drawn at random is first met after some `(1 / (2 e))^K` steps, and half of
//! all points within `ln 2` times as many.

use std::f64::consts::LN_2;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::error::TheoryError;
use crate::trajectory::root_turns;

/// The most steps that all trials of a measurement may be expected to take together.
const MOST_STEPS: f64 = 4e10;

/// First hitting times against the law.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// Coordinates: nodes of a function.
    pub coordinates: usize,
    /// The distance e in turns, in each coordinate.
    pub distance: f64,
    /// The middle one of the measured times.
    pub median: f64,
    /// An interval of confidence 95 % for the median, by order statistics.
    pub interval: (f64, f64),
    /// `ln 2 (1 / (2 e))^K`
    pub law: f64,
    /// Points that were waited for.
    pub trials: usize,
}

/// The law's median.
pub fn law(coordinates: usize, distance: f64) -> f64 {
    LN_2 * (0.5 / distance).powi(coordinates.min(1 << 20) as i32)
}

/// Waits for `trials` points, drawn by ChaCha with this seed, on all threads.
///
/// # Errors
/// No coordinates, a distance outside (0, 1/2), no trials, or a wait that is expected to be longer
/// than 4e10 steps in all.
pub fn measure(
    coordinates: usize,
    distance: f64,
    trials: usize,
    seed: u64,
) -> Result<Waiting, TheoryError> {
    if !(1..=64).contains(&coordinates) {
        return Err(TheoryError::parameter("--nodes", coordinates, "1 to 64"));
    }
    if !(distance > 0.0 && distance < 0.5) {
        return Err(TheoryError::parameter(
            "--eps",
            distance,
            "above 0 and below 0.5 turns",
        ));
    }
    if !(1..=100_000).contains(&trials) {
        return Err(TheoryError::parameter("--trials", trials, "1 to 100000"));
    }
    let expected = law(coordinates, distance) / LN_2 * trials as f64;
    if expected > MOST_STEPS {
        return Err(TheoryError::TooMuch {
            what: format!("waiting for {trials} points of {coordinates} nodes within {distance}"),
            needed: format!("{expected:.1e} steps"),
            allowed: format!("{MOST_STEPS:.0e}"),
            advice: "take fewer nodes, a larger error or fewer trials".to_string(),
        });
    }
    let turns: Vec<u64> = root_turns(coordinates, 64)
        .iter()
        .map(|turn| u64::try_from(turn).unwrap_or(0))
        .collect();
    let reach = (distance * 64f64.exp2()) as u64;
    let mut times: Vec<u64> = (0..trials)
        .into_par_iter()
        .map(|trial| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(trial as u64);
            let target: Vec<u64> = (0..coordinates).map(|_| random.next_u64()).collect();
            first_hit(&turns, &target, reach)
        })
        .collect();
    times.sort_unstable();
    let at = |share: f64| {
        let index = (share * trials as f64)
            .floor()
            .clamp(0.0, trials as f64 - 1.0);
        times[index as usize] as f64
    };
    // Half the trials, give or take two deviations of a fair coin.
    let spread = 0.98 / (trials as f64).sqrt();
    Ok(Waiting {
        coordinates,
        distance,
        median: at(0.5),
        interval: (at(0.5 - spread), at(0.5 + spread)),
        law: law(coordinates, distance),
        trials,
    })
}

/// The first n >= 1 with every coordinate within `reach`. Turns are whole numbers of 2^-64, which
/// wrap by themselves.
fn first_hit(turns: &[u64], target: &[u64], reach: u64) -> u64 {
    let mut place: Vec<u64> = target.iter().map(|target| target.wrapping_neg()).collect();
    let mut n = 0;
    loop {
        n += 1;
        let mut hit = true;
        for (place, turn) in place.iter_mut().zip(turns) {
            *place = place.wrapping_add(*turn);
            hit &= *place < reach || place.wrapping_neg() < reach;
        }
        if hit {
            return n;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_follows_the_law() {
        for (coordinates, distance) in [(1, 0.01), (2, 0.02), (3, 0.05)] {
            let waiting = measure(coordinates, distance, 400, 1).unwrap();
            let ratio = waiting.median / waiting.law;
            assert!((0.6..1.6).contains(&ratio), "{waiting:?}");
            assert_eq!(waiting, measure(coordinates, distance, 400, 1).unwrap());
        }
        // The reference's figure for a function of 32 nodes at one hundredth.
        assert!((law(32, 0.01) / 1.6e54 - 1.0).abs() < 0.02);
    }

    #[test]
    fn what_takes_for_ever_is_refused() {
        assert!(
            measure(32, 0.01, 1, 0)
                .unwrap_err()
                .to_string()
                .contains("steps")
        );
        for (k, e, trials) in [
            (0, 0.1, 1),
            (2, 0.0, 1),
            (2, 0.5, 1),
            (2, f64::NAN, 1),
            (2, 0.1, 0),
        ] {
            assert!(measure(k, e, trials, 0).is_err());
        }
    }
}
