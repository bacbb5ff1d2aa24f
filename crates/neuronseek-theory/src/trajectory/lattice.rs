use std::f64::consts::{PI, TAU};

use dashu_int::{IBig, ops::BitTest, ops::UnsignedAbs};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::reduction::Basis;
use super::{Seeds, Trajectory, root_turns, wanted};
use crate::error::TheoryError;
use crate::fixed;
use crate::function::Function;

/// The most nodes: reduction takes some fourth power of them.
const MOST_NODES: usize = 64;

/// Targets tried at each size of n: the cosine is even, so each angle may have either sign.
const TRIES: usize = 400;

/// n by lattice reduction, for angles a_k that are independent over the rationals: n such that all
/// cos(2 pi n a_k) are within `epsilon` of f at the nodes.
///
/// The lattice of the vectors (n a_k - z_k; n w) is reduced while w falls, which lets n grow; n is
/// the first for which a lattice point near the wanted angles is near enough.
///
/// # Errors
/// Several inputs, fewer than 2 or more than 64 nodes, `epsilon` outside [1e-9, 1], a value outside
/// [-1, 1], or no n found.
pub fn by_lattice(
    function: &Function,
    nodes: usize,
    epsilon: f64,
) -> Result<Trajectory, TheoryError> {
    let wanted = wanted(function, nodes, MOST_NODES, epsilon)?;
    // n is about this long if points were spread evenly; the angles need as many places.
    let even = nodes as f64 * (PI / epsilon).log2().max(1.0);
    let places = (1.6 * even) as usize + 128;
    let mut lattice = Lattice::new(nodes, places);
    let angles: Vec<f64> = wanted.iter().map(|value| value.acos() / TAU).collect();
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let most = (2.2 * even) as usize + 64;
    let mut halvings = 0;
    while halvings < most {
        // Far from the size that can serve, the weight falls faster.
        let expected = halvings as f64 * nodes as f64 / (nodes as f64 + 1.0);
        let near = expected > 0.75 * even;
        halvings += if near { 3 } else { 12 };
        let basis = lattice.reduce(halvings);
        if !near {
            continue;
        }
        if let Some(n) = lattice.search(&basis, (&angles, &wanted), epsilon, &mut random) {
            return Ok(Trajectory {
                n: n.unsigned_abs(),
                seeds: Seeds::Roots(nodes),
                wanted,
            });
        }
    }
    Err(TheoryError::Uncertified {
        what: format!("an integer of {nodes} nodes within {epsilon}"),
        reason: "the lattice has no near point; take fewer nodes or a larger error".to_string(),
    })
}

/// Exact vectors: each a whole n, and n a_k - z_k with `places` binary places.
struct Lattice {
    multiples: Vec<IBig>,
    turns: Vec<Vec<IBig>>,
    places: usize,
}

impl Lattice {
    fn new(nodes: usize, places: usize) -> Lattice {
        let angles: Vec<IBig> = root_turns(nodes, places)
            .into_iter()
            .map(IBig::from)
            .collect();
        let mut multiples = vec![IBig::ZERO; nodes];
        multiples.push(IBig::ONE);
        let mut turns: Vec<Vec<IBig>> = (0..nodes)
            .map(|row| {
                let unit = |column| {
                    if row == column {
                        fixed::one(places)
                    } else {
                        IBig::ZERO
                    }
                };
                (0..nodes).map(unit).collect()
            })
            .collect();
        turns.push(angles);
        Lattice {
            multiples,
            turns,
            places,
        }
    }

    /// Reduces with the weight 2^-halvings on n.
    fn reduce(&mut self, halvings: usize) -> Basis {
        // Each pass works on what rounding left; a reduced basis ends it.
        for _ in 0..12 {
            let mut basis = self.rounded(halvings);
            let changed = basis.reduce(400_000);
            if !changed {
                return basis;
            }
            self.combine(&basis.combination);
        }
        let mut basis = self.rounded(halvings);
        basis.reduce(400_000);
        self.combine(&basis.combination);
        basis
    }

    /// The vectors in doubles, n weighted.
    fn rounded(&self, halvings: usize) -> Basis {
        let row = |(multiple, turns): (&IBig, &Vec<IBig>)| {
            let mut row: Vec<f64> = turns
                .iter()
                .map(|t| fixed::to_f64(t, self.places))
                .collect();
            row.push(fixed::to_f64(multiple, halvings));
            row
        };
        Basis::new(self.multiples.iter().zip(&self.turns).map(row).collect())
    }

    fn combine(&mut self, combination: &[Vec<i64>]) {
        let sum = |weights: &[i64], values: &mut dyn Iterator<Item = &IBig>| {
            let mut sum = IBig::ZERO;
            for (weight, value) in weights
                .iter()
                .zip(values)
                .filter(|(weight, _)| **weight != 0)
            {
                sum += value * IBig::from(*weight);
            }
            sum
        };
        let columns = self.turns[0].len();
        let turns = combination
            .iter()
            .map(|weights| {
                let column = |c: usize| sum(weights, &mut self.turns.iter().map(|row| &row[c]));
                (0..columns).map(column).collect()
            })
            .collect();
        let multiples = combination
            .iter()
            .map(|weights| sum(weights, &mut self.multiples.iter()));
        self.multiples = multiples.collect();
        self.turns = turns;
    }

    /// The shortest n of those near the wanted angles with signs drawn at random.
    fn search(
        &self,
        basis: &Basis,
        (angles, wanted): (&[f64], &[f64]),
        epsilon: f64,
        random: &mut ChaCha8Rng,
    ) -> Option<IBig> {
        let mut best: Option<IBig> = None;
        for _ in 0..TRIES {
            let mut target: Vec<f64> = angles
                .iter()
                .map(|angle| {
                    if random.next_u32().is_multiple_of(2) {
                        *angle
                    } else {
                        -angle
                    }
                })
                .collect();
            target.push(0.0);
            let (coefficients, rest) = basis.nearest(&target);
            // What is left is target less point: the point's angle is the target's less it.
            let near = (target.iter().zip(&rest).zip(wanted)).all(|((target, rest), value)| {
                ((TAU * (target - rest)).cos() - value).abs() < 0.999 * epsilon
            });
            if !near {
                continue;
            }
            let mut n = IBig::ZERO;
            for (coefficient, multiple) in coefficients.iter().zip(&self.multiples) {
                n += multiple * IBig::from(*coefficient);
            }
            let length = |n: &IBig| n.unsigned_abs().bit_len();
            if best.as_ref().is_none_or(|best| length(&n) < length(best)) {
                best = Some(n);
            }
        }
        best
    }
}
