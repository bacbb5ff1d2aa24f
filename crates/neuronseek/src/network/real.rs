use std::iter::Sum;
use std::ops::{MulAssign, Neg, SubAssign};

use crate::terms;

/// The numbers that a network computes with: `f32` for use, `f64` for checks of its gradients.
///
/// Sealed: no other type can implement it.
pub trait Real:
    terms::Real + Sum + Neg<Output = Self> + SubAssign + MulAssign + sealed::Functions
{
}

impl Real for f32 {}
impl Real for f64 {}

pub(crate) mod sealed {
    /// The functions of a number, in the names of the standard library.
    pub trait Functions: Sized {
        const ZERO: Self;
        const ONE: Self;
        fn exp(self) -> Self;
        fn ln_1p(self) -> Self;
        fn ln(self) -> Self;
        fn sin(self) -> Self;
        fn cos(self) -> Self;
        /// In single precision with an absolute error below 3e-7.
        fn error_function(self) -> Self;
        fn abs(self) -> Self;
        fn larger(self, other: Self) -> Self;

        /// exp in arithmetic that the compiler vectorises; in single precision within 2 units in
        /// the last place, and never 0 or infinite: the argument is clamped to [-87, 88].
        fn bounded_exp(self) -> Self;

        /// The transpose of a block.
        fn transposed(block: [[Self; 4]; 4]) -> [[Self; 4]; 4];
    }

    /// exp(x) = 2^n exp(r) with n the integer nearest to x / ln 2; exp(r) by its Taylor polynomial
    /// of degree 7, whose rest is below 2^-30 for abs(r) <= ln 2 / 2.
    #[inline(always)]
    fn bounded_exp(x: f32) -> f32 {
        // Added to a number below 2^22, it leaves the number's nearest integer in the low bits.
        const ROUND: f32 = 12_582_912.0;
        // ln 2 in two parts: n times the first is exact.
        const LN_2_HIGH: f32 = 0.693_359_4;
        const LN_2_LOW: f32 = -2.121_944_4e-4;
        let x = if x > 88.0 { 88.0 } else { x };
        let x = if x < -87.0 { -87.0 } else { x };
        let shifted = x * std::f32::consts::LOG2_E + ROUND;
        let n = shifted - ROUND;
        let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
        let mut sum = 1.0 / 5040.0;
        for coefficient in [
            1.0 / 720.0,
            1.0 / 120.0,
            1.0 / 24.0,
            1.0 / 6.0,
            0.5,
            1.0,
            1.0,
        ] {
            sum = sum * r + coefficient;
        }
        // The exponent's bits of 2^n.
        let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
        sum * power
    }

    /// erf by its Taylor series up to x^13 for abs(x) < 0.7, whose rest is below 1e-7, and beyond
    /// by formula 7.1.26 of Abramowitz and Stegun (1964), whose error is below 1.5e-7.
    #[inline(always)]
    fn erf(x: f32) -> f32 {
        let magnitude = x.abs();
        let square = x * x;
        let t = 1.0 / (1.0 + 0.327_591_1 * magnitude);
        let mut sum = 1.061_405_4;
        for coefficient in [-1.453_152_1, 1.421_413_7, -0.284_496_72, 0.254_829_6] {
            sum = sum * t + coefficient;
        }
        let outside = 1.0 - sum * t * bounded_exp(-square);
        // 1 / (n! (2 n + 1)) with alternating signs, from n = 6 down to 0.
        let mut series = 1.0 / 9360.0;
        for coefficient in [
            -1.0 / 1320.0,
            1.0 / 216.0,
            -1.0 / 42.0,
            0.1,
            -1.0 / 3.0,
            1.0,
        ] {
            series = series * square + coefficient;
        }
        let inside = std::f32::consts::FRAC_2_SQRT_PI * series * x;
        if magnitude < 0.7 {
            inside
        } else {
            outside.copysign(x)
        }
    }

    #[inline(always)]
    fn transposed<T: Copy>(block: [[T; 4]; 4]) -> [[T; 4]; 4] {
        std::array::from_fn(|j| std::array::from_fn(|i| block[i][j]))
    }

    /// Eight shuffles; the compiler makes sixteen moves of the loop.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn transposed_sse(block: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
        use std::arch::x86_64::{
            __m128, _mm_movehl_ps, _mm_movelh_ps, _mm_unpackhi_ps, _mm_unpacklo_ps,
        };
        let [p, q, r, s] = block.map(bytemuck::cast::<[f32; 4], __m128>);
        // SAFETY: these are instructions of SSE, which every x86-64 processor has.
        let columns = unsafe {
            let (pq, rs) = (_mm_unpacklo_ps(p, q), _mm_unpacklo_ps(r, s));
            let (pq_high, rs_high) = (_mm_unpackhi_ps(p, q), _mm_unpackhi_ps(r, s));
            [
                _mm_movelh_ps(pq, rs),
                _mm_movehl_ps(rs, pq),
                _mm_movelh_ps(pq_high, rs_high),
                _mm_movehl_ps(rs_high, pq_high),
            ]
        };
        columns.map(bytemuck::cast)
    }

    #[cfg(not(target_arch = "x86_64"))]
    use transposed as transposed_f32;
    #[cfg(target_arch = "x86_64")]
    use transposed_sse as transposed_f32;

    macro_rules! functions {
        ($type:ident, $erf:path, $exp:path, $transposed:path, $($name:ident)*) => {
            impl Functions for $type {
                const ZERO: $type = 0.0;
                const ONE: $type = 1.0;
                $(
                    #[inline(always)]
                    fn $name(self) -> $type {
                        $type::$name(self)
                    }
                )*
                #[inline(always)]
                fn error_function(self) -> $type {
                    $erf(self)
                }
                #[inline(always)]
                fn larger(self, other: $type) -> $type {
                    if self > other { self } else { other }
                }
                #[inline(always)]
                fn bounded_exp(self) -> $type {
                    $exp(self)
                }
                #[inline(always)]
                fn transposed(block: [[$type; 4]; 4]) -> [[$type; 4]; 4] {
                    $transposed(block)
                }
            }
        };
    }

    functions!(f32, erf, bounded_exp, transposed_f32, exp ln_1p ln sin cos abs);
    functions!(f64, libm::erf, f64::exp, transposed, exp ln_1p ln sin cos abs);
}

#[cfg(test)]
mod tests {
    use super::sealed::Functions;

    #[test]
    fn erf_is_near_the_exact_one() {
        for step in -6_000..=6_000 {
            let x = step as f32 / 1000.0;
            let error = f64::from(x.error_function()) - libm::erf(f64::from(x));
            assert!(error.abs() < 3e-7, "{x}: {error}");
        }
        assert_eq!(100.0f32.error_function(), 1.0);
        assert_eq!(f32::NEG_INFINITY.error_function(), -1.0);
        assert!(f32::NAN.error_function().is_nan());
    }

    #[test]
    fn bounded_exp_is_within_two_units_in_the_last_place() {
        for step in -87_000..=88_000 {
            let x = step as f32 / 1000.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(x.bounded_exp()) - exact).abs() / exact;
            assert!(error < 2.0 * f64::from(f32::EPSILON), "{x}: {error}");
        }
        assert_eq!(0.0f32.bounded_exp(), 1.0);
        assert!(f32::NAN.bounded_exp().is_nan());
        assert_eq!(f32::NEG_INFINITY.bounded_exp(), (-87.0f32).bounded_exp());
        assert_eq!(f32::INFINITY.bounded_exp(), 88.0f32.bounded_exp());
    }
}
