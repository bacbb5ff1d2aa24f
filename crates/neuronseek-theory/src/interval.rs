//! Arithmetic of intervals, rounded outwards.
//!
//! Sums, products, quotients and roots are correctly rounded by IEEE 754, so one step outwards
//! encloses them. The elementary functions of the platform are taken to err by at most
//! 4 units in the last place, which the usual libraries keep with room to spare.

use std::f64::consts::{FRAC_PI_2, PI};
use std::ops::{Add, Mul, Neg, Sub};

/// How far an elementary function may be off, in units in the last place.
const LIBRARY_ULPS: f64 = 4.0;

/// The numbers from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Every number.
    pub const WHOLE: Interval = Interval {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };

    /// From `low` to `high`.
    pub const fn new(low: f64, high: f64) -> Interval {
        Interval { low, high }
    }

    /// One number.
    pub const fn point(value: f64) -> Interval {
        Interval::new(value, value)
    }

    /// The ends moved outwards by one rounding; what is not a number becomes everything.
    fn rounded(low: f64, high: f64) -> Interval {
        if low.is_nan() || high.is_nan() {
            return Interval::WHOLE;
        }
        Interval::new(low.next_down(), high.next_up())
    }

    /// The ends moved outwards by the error of an elementary function.
    fn widened(low: f64, high: f64) -> Interval {
        let error = |value: f64| LIBRARY_ULPS * f64::EPSILON * value.abs() + f64::MIN_POSITIVE;
        Interval::rounded(low - error(low), high + error(high))
    }

    /// `high - low`
    pub fn width(self) -> f64 {
        self.high - self.low
    }

    /// A number in the middle.
    pub fn middle(self) -> f64 {
        0.5 * (self.low + self.high)
    }

    /// The largest absolute value.
    pub fn magnitude(self) -> f64 {
        self.low.abs().max(self.high.abs())
    }

    /// Whether `value` lies inside.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The smallest interval with both.
    pub fn hull(self, other: Interval) -> Interval {
        Interval::new(self.low.min(other.low), self.high.max(other.high))
    }

    /// What two enclosures of one number leave.
    pub fn meet(self, other: Interval) -> Interval {
        let met = Interval::new(self.low.max(other.low), self.high.min(other.high));
        if met.low <= met.high { met } else { self }
    }

    /// An increasing elementary function.
    pub fn increasing(self, function: impl Fn(f64) -> f64) -> Interval {
        Interval::widened(function(self.low), function(self.high))
    }

    /// The quotient; `None` where the divisor may be 0.
    pub fn over(self, other: Interval) -> Option<Interval> {
        if other.contains(0.0) {
            return None;
        }
        let quotients = [
            self.low / other.low,
            self.low / other.high,
            self.high / other.low,
            self.high / other.high,
        ];
        Some(ends(quotients))
    }

    /// The absolute value.
    pub fn abs(self) -> Interval {
        let low = if self.contains(0.0) {
            0.0
        } else {
            self.low.abs().min(self.high.abs())
        };
        Interval::new(low, self.magnitude())
    }

    /// The square root of what is not negative.
    pub fn sqrt(self) -> Interval {
        let root = Interval::rounded(self.low.max(0.0).sqrt(), self.high.max(0.0).sqrt());
        Interval::new(root.low.max(0.0), root.high)
    }

    /// The sine.
    pub fn sin(self) -> Interval {
        let around = Interval::widened(
            self.low.sin().min(self.high.sin()),
            self.low.sin().max(self.high.sin()),
        );
        // Crests lie at pi/2 + 2 pi k, troughs half a period later; far out their places blur.
        let slack = 1e-15 * (1.0 + self.magnitude());
        let reaches = |first: f64| {
            let turn = |value: f64| ((value - first) / (2.0 * PI)).floor();
            !(self.width() < 2.0 * PI && slack < 1e-3)
                || turn(self.low - slack) != turn(self.high + slack)
        };
        let low = if reaches(-FRAC_PI_2) {
            -1.0
        } else {
            around.low
        };
        let high = if reaches(FRAC_PI_2) { 1.0 } else { around.high };
        Interval::new(low.max(-1.0), high.min(1.0))
    }

    /// The cosine.
    pub fn cos(self) -> Interval {
        (self + Interval::rounded(FRAC_PI_2, FRAC_PI_2)).sin()
    }

    /// A whole power.
    pub fn powi(self, exponent: i32) -> Option<Interval> {
        if exponent < 0 {
            return Interval::point(1.0).over(self.powi(-exponent)?);
        }
        let base = if exponent % 2 == 0 { self.abs() } else { self };
        let powers = Interval::widened(base.low.powi(exponent), base.high.powi(exponent));
        // powi multiplies: its error grows with the exponent.
        let more = f64::from(exponent) * f64::EPSILON;
        let wide = Interval::rounded(
            powers.low - more * powers.low.abs(),
            powers.high + more * powers.high.abs(),
        );
        Some(if exponent % 2 == 0 {
            Interval::new(wide.low.max(0.0), wide.high)
        } else {
            wide
        })
    }
}

/// The smallest interval with all four, rounded outwards.
fn ends(values: [f64; 4]) -> Interval {
    if values.iter().any(|value| value.is_nan()) {
        return Interval::WHOLE;
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Interval::rounded(low, high)
}

impl Add for Interval {
    type Output = Interval;
    fn add(self, other: Interval) -> Interval {
        Interval::rounded(self.low + other.low, self.high + other.high)
    }
}

impl Sub for Interval {
    type Output = Interval;
    fn sub(self, other: Interval) -> Interval {
        Interval::rounded(self.low - other.high, self.high - other.low)
    }
}

impl Neg for Interval {
    type Output = Interval;
    fn neg(self) -> Interval {
        Interval::new(-self.high, -self.low)
    }
}

impl Mul for Interval {
    type Output = Interval;
    fn mul(self, other: Interval) -> Interval {
        // An end that is 0 gives 0 whatever the other end, also where that is infinite.
        let times = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        ends([
            times(self.low, other.low),
            times(self.low, other.high),
            times(self.high, other.low),
            times(self.high, other.high),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_interval() -> impl Strategy<Value = (Interval, f64)> {
        (-8.0..8.0f64, 0.0..8.0f64, 0.0..=1.0f64).prop_map(|(low, width, share)| {
            let high = low + width;
            (Interval::new(low, high), (low + share * width).min(high))
        })
    }

    proptest! {
        #[test]
        fn values_lie_inside((a, x) in any_interval(), (b, y) in any_interval(), n in -4..6i32) {
            prop_assert!((a + b).contains(x + y));
            prop_assert!((a - b).contains(x - y));
            prop_assert!((a * b).contains(x * y));
            prop_assert!(a.over(b).is_none_or(|q| q.contains(x / y)));
            prop_assert!(a.sin().contains(x.sin()), "{a:?} {x}");
            prop_assert!(a.cos().contains(x.cos()));
            prop_assert!(a.abs().contains(x.abs()));
            prop_assert!(a.increasing(f64::exp).contains(x.exp()));
            prop_assert!(a.abs().sqrt().contains(x.abs().sqrt()));
            prop_assert!(a.powi(n).is_none_or(|p| p.contains(x.powi(n))), "{a:?} {x} {n}");
        }
    }

    #[test]
    fn a_sine_over_a_crest_reaches_one() {
        assert_eq!(Interval::new(1.0, 2.0).sin().high, 1.0);
        assert!(Interval::new(0.0, 1.0).sin().high < 0.85);
        assert_eq!(Interval::new(0.0, 7.0).sin(), Interval::new(-1.0, 1.0));
    }
}
