use std::f64::consts::{PI, TAU};

use dashu_int::UBig;

use super::{Seeds, Trajectory, primes_from, wanted};
use crate::error::TheoryError;
use crate::function::Function;

/// The most nodes.
const MOST_NODES: usize = 4096;

/// n by Chinese remainders: with c_k = cos(2 pi / q_k) for the first K primes q_k from pi / epsilon
/// on, n = round(q_k acos(f(k)) / (2 pi)) mod q_k for all k. Each value is then within epsilon:
/// half a step of the angle is pi / q_k.
///
/// # Errors
/// Several inputs, fewer than 2 or more than 4096 nodes, `epsilon` outside [1e-9, 1], or a value
/// outside [-1, 1].
pub fn by_remainders(
    function: &Function,
    nodes: usize,
    epsilon: f64,
) -> Result<Trajectory, TheoryError> {
    let wanted = wanted(function, nodes, MOST_NODES, epsilon)?;
    let primes: Vec<u64> = primes_from((PI / epsilon).ceil() as u64)
        .take(nodes)
        .collect();
    let (mut n, mut product) = (UBig::ZERO, UBig::ONE);
    for (&prime, value) in primes.iter().zip(&wanted) {
        let remainder = (prime as f64 * value.acos() / TAU).round() as u64 % prime;
        let have = &n % prime;
        let missing = (remainder + prime - have) % prime;
        let factor = times(missing, inverse(&product % prime, prime), prime);
        n += &product * factor;
        product *= prime;
    }
    Ok(Trajectory {
        n,
        seeds: Seeds::Primes(primes),
        wanted,
    })
}

fn times(a: u64, b: u64, modulus: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64
}

/// The inverse modulo a prime: the power `prime - 2`, by Fermat.
fn inverse(value: u64, prime: u64) -> u64 {
    let (mut power, mut square, mut exponent) = (1, value % prime, prime - 2);
    while exponent > 0 {
        if exponent % 2 == 1 {
            power = times(power, square, prime);
        }
        square = times(square, square, prime);
        exponent /= 2;
    }
    power
}
