use dashu_int::{IBig, ops::UnsignedAbs};

use super::Seed;
use crate::error::TheoryError;
use crate::fixed;
use crate::function::Function;
use crate::interval::Interval;
use crate::jet::{MOST_INPUTS, Region};
use crate::orbit::Grid;

/// Binary places of the values at nodes.
pub const NODE_BITS: usize = 96;

/// Pi with [`NODE_BITS`] places, rounded down.
const PI_96: i128 = 248_902_613_312_231_085_230_521_944_622;

/// The orbit's value at a node of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The computed value, with [`NODE_BITS`] places, rounded down.
    pub value: i128,
    /// In the same unit: the exact orbit of w0 is at most this far away.
    pub radius: i128,
}

impl Node {
    /// The computed value.
    pub fn to_f64(self) -> f64 {
        self.value as f64 * (-(NODE_BITS as f64)).exp2()
    }

    /// The radius.
    pub fn radius(self) -> f64 {
        self.radius as f64 * (-(NODE_BITS as f64)).exp2()
    }
}

/// The orbit of a seed under T, seen every m steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orbit {
    /// One value per node.
    pub nodes: Vec<Node>,
    /// Steps between nodes.
    pub m: usize,
}

impl Orbit {
    /// Binary places of w0 that a faithful orbit of these symbols needs: one per step, and 32 to
    /// spare. Near 1 each step costs two places, and the orbit stays there as long as w is not
    /// negative: for that m more, or as many as the longest such run where that is longer.
    pub fn places(symbols: &[bool], m: usize) -> usize {
        let runs = symbols.split(|below| *below).map(<[bool]>::len);
        symbols.len() + runs.max().unwrap_or(0).max(m) + 32
    }

    /// Follows the orbit. At each step one place less of w still matters, and whole words of such
    /// places are dropped.
    pub fn follow(seed: &Seed, nodes: usize, m: usize) -> Orbit {
        let mut walker = Walker::new(seed, nodes.saturating_sub(1) * m);
        let mut found = Vec::with_capacity(nodes);
        for node in 0..nodes {
            found.push(walker.node());
            walker.advance(nodes - 1 - node, m, double);
        }
        Orbit { nodes: found, m }
    }

    /// Follows the orbit with `places` binary places throughout, whatever that makes of it.
    pub fn at_precision(seed: &Seed, nodes: usize, m: usize, places: usize) -> Vec<f64> {
        let mut w = change_places(seed.w0.clone(), seed.bits, places);
        let one = fixed::one(places);
        let mut found = Vec::with_capacity(nodes);
        for node in 0..nodes {
            found.push(fixed::to_f64(&w, places));
            for _ in 0..if node + 1 < nodes { m } else { 0 } {
                w = double(&w, places, &one);
            }
        }
        found
    }

    /// The values at the nodes.
    pub fn values(&self) -> Vec<f64> {
        self.nodes.iter().map(|node| node.to_f64()).collect()
    }

    /// The largest distance of a node's exact value from the function's there, proven: integers
    /// throughout, with the radius of the orbit and the enclosure of the function's value.
    ///
    /// # Errors
    /// When a node is not within pi 2^-m.
    pub fn certify(&self, function: &Function, grid: &Grid) -> Result<f64, TheoryError> {
        let bound = PI_96 >> self.m;
        let mut largest = 0;
        for (index, node) in self.nodes.iter().enumerate() {
            let place = grid.place(index);
            let error = distance(node, enclosed(function, &place)?);
            if error > bound {
                return Err(TheoryError::Uncertified {
                    what: format!("the node at {}", function.describe(&place)),
                    reason: format!(
                        "it is {:.3e} off, the theorem says at most pi 2^-{} = {:.3e}; \
                         values near +-1 need more precision: add --rescale",
                        scaled(error),
                        self.m,
                        scaled(bound)
                    ),
                });
            }
            largest = largest.max(error);
        }
        Ok(scaled(largest))
    }
}

/// The function's value at a node.
fn enclosed(function: &Function, place: &[f64; MOST_INPUTS]) -> Result<Interval, TheoryError> {
    let region: Region = place.map(Interval::point);
    let jet = function
        .enclose(&region)
        .map_err(|undefined| TheoryError::Undefined {
            place: function.describe(place),
            reason: undefined.0.to_string(),
        })?;
    Ok(jet.value)
}

/// The largest distance of the exact orbit from any number of the interval, rounded up.
fn distance(node: &Node, value: Interval) -> i128 {
    let end = |end: f64| i128::try_from(fixed::from_f64(end, NODE_BITS)).unwrap_or(i128::MAX / 4);
    let (low, high) = (end(value.low), end(value.high) + 1);
    (node.value - low).max(high - node.value) + node.radius
}

/// From the unit of nodes.
fn scaled(value: i128) -> f64 {
    (value as f64 * (-(NODE_BITS as f64)).exp2()).next_up()
}

/// A point of the orbit with the places that still matter.
pub(super) struct Walker {
    w: IBig,
    places: usize,
    one: IBig,
    /// Places that the seed has beyond one per step; kept to the end.
    spare: usize,
    /// The exact orbit is at most this far away, in units of the last place.
    radius: f64,
}

impl Walker {
    /// At the seed, with so many steps ahead.
    pub(super) fn new(seed: &Seed, steps: usize) -> Walker {
        Walker {
            spare: seed.bits.saturating_sub(steps),
            w: seed.w0.clone(),
            places: seed.bits,
            one: fixed::one(seed.bits),
            radius: 0.0,
        }
    }

    /// The number and its binary places.
    pub(super) fn state(&self) -> (&IBig, usize) {
        (&self.w, self.places)
    }

    /// Takes m steps by `map`, which computes 2 w^2 - 1 rounded down from w, its places and 1,
    /// then drops the places that no longer matter. Nothing happens when no node is left.
    pub(super) fn advance(
        &mut self,
        nodes_left: usize,
        m: usize,
        map: impl Fn(&IBig, usize, &IBig) -> IBig,
    ) {
        if nodes_left == 0 {
            return;
        }
        for _ in 0..m {
            self.widen();
            self.w = map(&self.w, self.places, &self.one);
        }
        self.drop_places((nodes_left - 1) * m + self.spare);
    }

    /// The radius after a step. With an error e, `|2 (w + e)^2 - 2 w^2| <= 4 |w| e + 2 e^2`;
    /// one unit for the rounding, one for what of the square is below the smallest double.
    fn widen(&mut self) {
        let square = self.radius * self.radius * (-(self.places as f64)).exp2();
        let grown = 4.0 * size(&self.w, self.places) * self.radius + 2.0 * square + 2.0;
        self.radius = grown * SLACK;
    }

    /// Keeps at least so many places, in steps of whole words.
    fn drop_places(&mut self, needed: usize) {
        let dropped = self.places.saturating_sub(needed.max(2 * NODE_BITS)) / 64 * 64;
        if dropped == 0 {
            return;
        }
        self.w >>= dropped;
        self.places -= dropped;
        self.one = fixed::one(self.places);
        self.radius = (self.radius * (-(dropped as f64)).exp2() + 1.0) * SLACK;
    }

    pub(super) fn node(&self) -> Node {
        let value = change_places(self.w.clone(), self.places, NODE_BITS);
        let radius = self.radius * (NODE_BITS as f64 - self.places as f64).exp2() * SLACK;
        Node {
            value: i128::try_from(value).unwrap_or(i128::MAX / 4),
            // A unit for the places dropped, one for the fraction.
            radius: radius.min(1e37) as i128 + 2,
        }
    }
}

/// More than the roundings of a few products of doubles.
const SLACK: f64 = 1.0 + 1e-14;

/// `2 w^2 - 1`, rounded down.
fn double(w: &IBig, places: usize, one: &IBig) -> IBig {
    IBig::from(w.sqr() >> (places - 1)) - one
}

fn change_places(value: IBig, from: usize, to: usize) -> IBig {
    if to >= from {
        value << (to - from)
    } else {
        value >> (from - to)
    }
}

/// The absolute value as a double, rounded up.
fn size(w: &IBig, places: usize) -> f64 {
    // 62 digits, and one unit of them for the rest.
    let cut = places.saturating_sub(62);
    let top = u64::try_from(w.unsigned_abs() >> cut).unwrap_or(u64::MAX);
    (top as f64 + 1.0) * (cut as f64 - places as f64).exp2() * SLACK
}
