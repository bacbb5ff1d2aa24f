use dashu_int::{IBig, UBig, ops::SquareRoot};

use crate::fixed;

/// The number that holds a function: an angle, and its cosine.
///
/// The itinerary of w0 begins with the wanted symbols and goes on at w = 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// `t0 2^digits`, with w0 = cos(pi t0).
    pub angle: UBig,
    /// Binary digits of the angle: one more than there are symbols.
    pub digits: usize,
    /// `w0 2^bits`.
    pub w0: IBig,
    /// Binary places of w0.
    pub bits: usize,
}

impl Seed {
    /// `w0 2^bits` in base 16.
    pub fn hexadecimal(&self) -> String {
        format!("{:x}", self.w0)
    }
}

/// The seed by Gray decoding and one cosine: a running exclusive-or turns symbols into the binary
/// digits of t0, since T is the tent map in the angle.
pub fn gray(symbols: &[bool], bits: usize) -> Seed {
    let digits = symbols.len() + 1;
    // Little-endian bytes; the last symbol's digit stands above the final 1.
    let mut bytes = vec![0u8; digits.div_ceil(8)];
    bytes[0] = 1;
    let mut digit = false;
    for (index, &symbol) in symbols.iter().enumerate() {
        digit ^= symbol;
        let place = digits - 1 - index;
        bytes[place / 8] |= u8::from(digit) << (place % 8);
    }
    let angle = UBig::from_le_bytes(&bytes);
    let w0 = rounded(fixed::cos_pi(&angle, digits, bits + GUARD), GUARD);
    Seed {
        angle,
        digits,
        w0,
        bits,
    }
}

/// Places beyond the wanted ones, so that both ways round to the same number.
const GUARD: usize = 64;

/// w0 by walking back from w = 0 through the inverse branches `w <- s sqrt((w + 1) / 2)`, a
/// contraction: what is rounded away late in the orbit is forgotten, so places are added only as
/// the walk nears the seed.
pub fn backward(symbols: &[bool], bits: usize) -> IBig {
    let mut w = IBig::ZERO;
    let mut places = 0;
    for (before, &symbol) in symbols.iter().enumerate().rev() {
        // Whole words at a time, so that most steps do not shift at all.
        let needed = (bits + 2 * GUARD).saturating_sub(before).max(2 * GUARD);
        let needed = needed.next_multiple_of(64);
        if needed > places {
            w <<= needed - places;
            places = needed;
        }
        let sum = w + fixed::one(places);
        // The sum of a number above -1 is never negative.
        let (_, magnitude) = sum.into_parts();
        let root = IBig::from((magnitude << (places - 1)).sqrt());
        w = if symbol { -root } else { root };
    }
    rounded(w, places - bits)
}

/// Drops places, to the nearest.
fn rounded(value: IBig, places: usize) -> IBig {
    (value + fixed::one(places - 1)) >> places
}
