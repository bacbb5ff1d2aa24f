use dashu_int::{UBig, ops::BitTest};

use super::Seed;
use super::walk::NODE_BITS;
use crate::fixed;

/// The orbit in the angle, exact: with w = cos(pi t), T is the tent map
/// `t <- 2 relu(t) - 4 relu(t - 1/2)`, which shifts binary digits and turns them over where one is
/// shifted out. Nothing is ever rounded.
#[derive(Debug, Clone)]
pub struct Tent<'a> {
    seed: &'a Seed,
}

impl<'a> Tent<'a> {
    /// The twin of the orbit of this seed.
    pub fn new(seed: &'a Seed) -> Tent<'a> {
        Tent { seed }
    }

    /// One step of the tent map on `angle / 2^digits`, by integers alone.
    pub fn step(angle: &UBig, digits: usize) -> UBig {
        let twice = angle << 1;
        let one = UBig::ONE << digits;
        if twice <= one {
            twice
        } else {
            (one << 1) - twice
        }
    }

    /// The first `places` binary digits of the angle after so many steps, without the steps
    /// between: the digits from there on, turned over if the last digit shifted out is 1.
    ///
    /// Beyond the last digit there are zeros, turned over too, so that an angle that ends is
    /// rounded down by at most one unit.
    pub fn digits(&self, steps: usize, places: usize) -> u128 {
        let digit = |index: usize| {
            let place = self.seed.digits.checked_sub(index + 1);
            place.is_some_and(|place| self.seed.angle.bit(place))
        };
        let turned = steps > 0 && digit(steps - 1);
        (steps..steps + places).fold(0, |digits, index| {
            digits << 1 | u128::from(digit(index) != turned)
        })
    }

    /// The orbit's value after so many steps, with [`NODE_BITS`] places, to within 8 units.
    pub fn value(&self, steps: usize) -> i128 {
        // One digit more than places, and the angle's derivative is at most pi.
        let places = NODE_BITS + 4;
        let angle = UBig::from(self.digits(steps, places));
        i128::try_from(fixed::cos_pi(&angle, places, NODE_BITS)).unwrap_or_default()
    }

    /// The symbols of the orbit from there on: whether w is below 0.
    pub fn symbols(&self, steps: usize, count: usize) -> Vec<bool> {
        (steps..steps + count)
            .map(|step| self.digits(step, 1) == 1)
            .collect()
    }
}
