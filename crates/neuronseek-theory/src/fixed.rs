//! Numbers with a fixed number of binary places: an integer n stands for `n / 2^bits`.
//!
//! Orbits double each error at each step, so all constructions need more places than a double
//! has. Fixed point was preferred to floating point: values stay within [-2, 2], and what is
//! rounded where is plain, so that errors can be bounded in integers.

use dashu_int::{IBig, UBig, ops::SquareRoot};

/// 1 with `bits` places.
pub fn one(bits: usize) -> IBig {
    IBig::from(UBig::ONE << bits)
}

/// The value as a double, to the nearest 2^-1074 or 53 digits below it.
pub fn to_f64(value: &IBig, bits: usize) -> f64 {
    // More digits than a double holds; shifting first keeps the exponent in range.
    let places = bits.min(900);
    let kept: IBig = value >> (bits - places);
    kept.to_f64().value() * (-(places as f64)).exp2()
}

/// A double with `bits` places, rounded down.
pub fn from_f64(value: f64, bits: usize) -> IBig {
    let (mantissa, exponent) = parts(value);
    let shift = exponent + bits as i64;
    if shift >= 0 {
        IBig::from(mantissa) << shift as usize
    } else {
        IBig::from(mantissa) >> (-shift) as usize
    }
}

/// A finite double as `mantissa * 2^exponent`.
fn parts(value: f64) -> (i64, i64) {
    let bits = value.to_bits();
    let raw = ((bits >> 52) & 0x7ff) as i64;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) = match raw {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, raw - 1075),
    };
    (if value < 0.0 { -mantissa } else { mantissa }, exponent)
}

/// Pi, rounded down: the series of Chudnovsky and Chudnovsky, summed by halves.
pub fn pi(bits: usize) -> IBig {
    let bits = bits + 32;
    // Each term gives 47 binary digits.
    let terms = bits as u64 / 47 + 2;
    let (_, q, t) = halves(0, terms);
    let root = (UBig::from(10_005u32) << (2 * bits)).sqrt();
    let pi = q * IBig::from(426_880u32) * IBig::from(root) / t;
    pi >> 32
}

/// The products P, Q and the sum T of the terms from `first` to before `last`.
fn halves(first: u64, last: u64) -> (IBig, IBig, IBig) {
    if last - first == 1 {
        let k = IBig::from(first);
        let (p, q) = if first == 0 {
            (IBig::ONE, IBig::ONE)
        } else {
            let six = IBig::from(6u8) * &k;
            let p = (&six - 5u8) * (IBig::from(2u8) * &k - 1u8) * (&six - 1u8);
            (p, &k * &k * &k * IBig::from(10_939_058_860_032_000_u64))
        };
        let term = &p * (IBig::from(13_591_409u32) + k * IBig::from(545_140_134u32));
        let term = if first % 2 == 1 { -term } else { term };
        return (p, q, term);
    }
    let middle = first.midpoint(last);
    let (p1, q1, t1) = halves(first, middle);
    let (p2, q2, t2) = halves(middle, last);
    let t = t1 * &q2 + &p1 * t2;
    (p1 * p2, q1 * q2, t)
}

/// `cos(pi angle / 2^scale)` with `bits` places, to within two units of the last, for an angle
/// from 0 to `2^scale`.
pub fn cos_pi(angle: &UBig, scale: usize, bits: usize) -> IBig {
    let half = UBig::ONE << scale.saturating_sub(1);
    if *angle > half {
        let other = (UBig::ONE << scale) - angle;
        return -cos_pi(&other, scale, bits);
    }
    // The angle is halved until its series is short; each halving costs one product.
    let halvings = ((bits as f64 / 2.0).sqrt() as usize).max(4);
    let places = bits + 2 * halvings + 32;
    let angle = IBig::from(angle.clone());
    let reduced = (angle * pi(places)) >> (scale + halvings);
    let square: IBig = (&reduced * &reduced) >> places;
    // v = cos z - 1 keeps its digits when z is small, and cos 2z - 1 = 2 v (v + 2).
    let mut term = -(square.clone() >> 1);
    let mut v = term.clone();
    let mut next = 3u64;
    while term != IBig::ZERO && term != -IBig::ONE {
        term = -((term * &square) >> places) / IBig::from(next * (next + 1));
        v += &term;
        next += 2;
    }
    let two = one(places + 1);
    for _ in 0..halvings {
        v = (&v * (&v + &two)) >> (places - 1);
    }
    (v + one(places)) >> (places - bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_go_there_and_back() {
        for value in [0.0, 1.0, -0.75, 0.1, -1.0 / 3.0, 1e-12, 5e-300] {
            for bits in [1100, 2000] {
                let back = to_f64(&from_f64(value, bits), bits);
                let lost = if value.abs() < 1e-200 { 1e-260 } else { 0.0 };
                assert!((back - value).abs() <= lost, "{value} {back}");
            }
        }
    }

    #[test]
    fn pi_is_pi() {
        let digits =
            "314159265358979323846264338327950288419716939937510582097494459230781640628620";
        let scaled: IBig = (pi(400) * IBig::from(10u8).pow(77)) >> 400;
        assert!(digits.starts_with(&scaled.to_string()), "{scaled}");
        // The value of an independent series: 16 atan(1/5) - 4 atan(1/239).
        let bits = 5000;
        let atan = |x: u32| {
            let mut term = one(bits + 64) / IBig::from(x);
            let (mut sum, mut n) = (term.clone(), 1u32);
            while term != IBig::ZERO {
                term /= IBig::from(x * x);
                n += 2;
                let part = &term / IBig::from(n);
                if n % 4 == 3 { sum -= part } else { sum += part }
            }
            sum
        };
        let machin: IBig = (IBig::from(16u8) * atan(5) - IBig::from(4u8) * atan(239)) >> 64;
        assert_eq!(machin, pi(bits));
    }

    #[test]
    fn cosines_of_known_angles() {
        let bits = 700;
        let cos = |numerator: u32, scale: usize| cos_pi(&UBig::from(numerator), scale, bits);
        let close = |a: IBig, b: IBig| assert!((&a - &b).abs_at_most(4), "{}", a - b);
        close(cos(0, 3), one(bits));
        close(cos(8, 3), -one(bits));
        close(cos(4, 3), IBig::ZERO);
        let root = IBig::from((UBig::ONE << (2 * bits - 1)).sqrt());
        close(cos(2, 3), root.clone());
        close(cos(6, 3), -root);
        // cos(2a) = 2 cos(a)^2 - 1 at an arbitrary angle.
        let a = cos(123_457, 20);
        close(((&a * &a) >> (bits - 1)) - one(bits), cos(246_914, 20));
    }

    trait AbsAtMost {
        fn abs_at_most(&self, most: u8) -> bool;
    }

    impl AbsAtMost for IBig {
        fn abs_at_most(&self, most: u8) -> bool {
            *self <= IBig::from(most) && *self >= -IBig::from(most)
        }
    }
}
