//! Construction B: one integer holds a function, and a dense trajectory passes by it.
//!
//! The values at the nodes are T_n(c_k), T_n the Chebyshev polynomial `T_n(cos a) = cos(n a)`. The
//! numbers c_k do not depend on f, which enters through n alone. The trajectory
//! (T_n(c_1), ..., T_n(c_K)), n = 1, 2, ..., is dense in [-1, 1]^K (Kronecker).
//!
//! Two ways lead to n: Chinese remainders, exact and immediate, for c_k = cos(2 pi / q_k) with
//! distinct primes q_k ([`by_remainders`]); and lattice reduction for angles that are independent
//! over the rationals ([`by_lattice`]), where n is nearly as short as it can be. Both are evaluated
//! by the Montgomery ladder ([`ladder`]), a pair of neurons of order 2 per binary digit of n.

mod ladder;
mod lattice;
mod reduction;
mod remainders;

pub use ladder::ladder;
pub use lattice::by_lattice;
pub use remainders::by_remainders;

use dashu_int::{UBig, ops::BitTest, ops::SquareRoot};
use rayon::prelude::*;

use crate::error::TheoryError;
use crate::fixed;
use crate::function::Function;

/// An integer that holds a function of one input.
#[derive(Debug, Clone)]
pub struct Trajectory {
    /// The integer.
    pub n: UBig,
    /// Where the seeds' angles come from.
    pub seeds: Seeds,
    /// The wanted values at the nodes k / (K - 1).
    pub wanted: Vec<f64>,
}

/// The angles of the c_k, in turns; they do not depend on the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seeds {
    /// 1 / q_k
    Primes(Vec<u64>),
    /// The fractional part of the root of the k-th prime, for so many k.
    Roots(usize),
}

impl Seeds {
    /// The angles with `bits` binary places, in turns.
    pub fn turns(&self, bits: usize) -> Vec<UBig> {
        match self {
            Seeds::Primes(primes) => primes.iter().map(|q| (UBig::ONE << bits) / *q).collect(),
            Seeds::Roots(count) => root_turns(*count, bits),
        }
    }
}

impl Trajectory {
    /// Binary digits of n.
    pub fn bits(&self) -> usize {
        self.n.bit_len()
    }

    /// The values at the nodes by the ladder, on all threads.
    pub fn values(&self) -> Vec<f64> {
        let places = self.bits() + 128;
        let turns = self.seeds.turns(places + 8);
        turns
            .into_par_iter()
            .map(|turn| {
                // cos(2 pi turn): pi times an angle of twice the turn.
                let angle = folded(turn << 1, places + 8);
                let c = fixed::cos_pi(&angle, places + 8, places);
                ladder(&self.n, &c, places)
            })
            .collect()
    }

    /// The values by the angles alone, cos(2 pi n a_k): what the ladder must come to.
    pub fn values_by_angles(&self) -> Vec<f64> {
        let places = self.bits() + 128;
        let value = |turn: UBig| {
            let whole = turn * &self.n;
            let rest = whole % (UBig::ONE << places);
            let angle = folded(rest << 1, places);
            fixed::to_f64(&fixed::cos_pi(&angle, places, 80), 80)
        };
        self.seeds.turns(places).into_iter().map(value).collect()
    }

    /// `K log2(1 / (2 e))` for the largest distance e, in turns, of the angles of given values from
    /// the wanted ones: the digits that n must have to meet K angles as closely by its length.
    pub fn information(&self, values: &[f64]) -> f64 {
        let turns = |value: &f64| value.clamp(-1.0, 1.0).acos() / std::f64::consts::TAU;
        let pairs = values.iter().zip(&self.wanted);
        let largest = pairs
            .map(|(a, b)| (turns(a) - turns(b)).abs())
            .fold(0.0, f64::max);
        self.wanted.len() as f64 * (0.5 / largest.max(f64::MIN_POSITIVE)).log2()
    }

    /// The largest distance of given values from the wanted ones.
    pub fn node_error(&self, values: &[f64]) -> f64 {
        let errors = values.iter().zip(&self.wanted).map(|(a, b)| (a - b).abs());
        errors.fold(0.0, f64::max)
    }
}

/// An angle of up to two half turns as one of at most one, of the same cosine.
fn folded(angle: UBig, places: usize) -> UBig {
    let half_turn = UBig::ONE << places;
    if angle > half_turn {
        (half_turn << 1) - angle
    } else {
        angle
    }
}

/// The values of a function at K nodes k / (K - 1), and checks of what both ways need.
fn wanted(
    function: &Function,
    nodes: usize,
    most: usize,
    epsilon: f64,
) -> Result<Vec<f64>, TheoryError> {
    if function.inputs() != 1 {
        let allowed = "1: the trajectory's nodes lie on a line";
        return Err(TheoryError::parameter(
            "the number of inputs",
            function.inputs(),
            allowed,
        ));
    }
    if !(2..=most).contains(&nodes) {
        return Err(TheoryError::parameter(
            "--nodes",
            nodes,
            format!("2 to {most}"),
        ));
    }
    if !(1e-9..=1.0).contains(&epsilon) {
        return Err(TheoryError::parameter("--eps", epsilon, "1e-9 to 1"));
    }
    let mut values = Vec::with_capacity(nodes);
    for node in 0..nodes {
        let place = [node as f64 / (nodes - 1) as f64, 0.0, 0.0];
        let value = function.value(&place[..1]);
        if value.abs() > 1.0 || value.is_nan() {
            return Err(TheoryError::Undefined {
                place: function.describe(&place),
                reason: format!("the value there is {value}, outside [-1, 1]"),
            });
        }
        values.push(value);
    }
    Ok(values)
}

/// The fractional parts of the roots of the first primes, with `bits` binary places.
pub fn root_turns(count: usize, bits: usize) -> Vec<UBig> {
    let one = UBig::ONE << bits;
    primes_from(2)
        .take(count)
        .map(|prime| (UBig::from(prime) << (2 * bits)).sqrt() % &one)
        .collect()
}

/// The primes from `first` on.
fn primes_from(first: u64) -> impl Iterator<Item = u64> {
    let prime = |n: &u64| {
        *n >= 2
            && (2..)
                .take_while(|d| d * d <= *n)
                .all(|d| !n.is_multiple_of(d))
    };
    (first..).filter(prime)
}

#[cfg(test)]
mod tests;
