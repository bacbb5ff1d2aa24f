use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// The numbers that a network computes with: `f32` for use, `f64` for checks of its gradients.
///
/// Sealed: no other type can implement it.
pub trait Real:
    Copy
    + Default
    + Debug
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Sum
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + sealed::Operations
{
}

impl Real for f32 {}
impl Real for f64 {}

pub(crate) mod sealed {
    use super::super::product;

    /// The functions of a number, in the names of the standard library.
    pub trait Operations: Sized {
        const ZERO: Self;
        const ONE: Self;
        fn from_f64(value: f64) -> Self;
        fn to_f64(self) -> f64;
        fn exp(self) -> Self;
        fn ln_1p(self) -> Self;
        fn ln(self) -> Self;
        fn sin(self) -> Self;
        fn cos(self) -> Self;
        fn tanh(self) -> Self;
        fn erf(self) -> Self;
        fn sqrt(self) -> Self;
        fn abs(self) -> Self;
        fn larger(self, other: Self) -> Self;

        /// `c = a b` or `c += a b`; see [`product::multiply`].
        fn multiply(task: product::Product<'_, Self>, c: &mut [Self]);

        /// `c = a b^T`; see [`product::inner_products`].
        fn inner_products(shape: [usize; 3], a: &[Self], b: &[Self], c: &mut [Self]);
    }

    macro_rules! operations {
        ($type:ident, $erf:path, $multiply:path, $inner:path) => {
            impl Operations for $type {
                const ZERO: $type = 0.0;
                const ONE: $type = 1.0;
                #[inline(always)]
                fn from_f64(value: f64) -> $type {
                    value as $type
                }
                #[inline(always)]
                fn to_f64(self) -> f64 {
                    self as f64
                }
                #[inline(always)]
                fn exp(self) -> $type {
                    $type::exp(self)
                }
                #[inline(always)]
                fn ln_1p(self) -> $type {
                    $type::ln_1p(self)
                }
                #[inline(always)]
                fn ln(self) -> $type {
                    $type::ln(self)
                }
                #[inline(always)]
                fn sin(self) -> $type {
                    $type::sin(self)
                }
                #[inline(always)]
                fn cos(self) -> $type {
                    $type::cos(self)
                }
                #[inline(always)]
                fn tanh(self) -> $type {
                    $type::tanh(self)
                }
                #[inline(always)]
                fn erf(self) -> $type {
                    $erf(self)
                }
                #[inline(always)]
                fn sqrt(self) -> $type {
                    $type::sqrt(self)
                }
                #[inline(always)]
                fn abs(self) -> $type {
                    $type::abs(self)
                }
                #[inline(always)]
                fn larger(self, other: $type) -> $type {
                    if self > other { self } else { other }
                }
                fn multiply(task: product::Product<'_, $type>, c: &mut [$type]) {
                    $multiply(task, c)
                }
                fn inner_products(shape: [usize; 3], a: &[$type], b: &[$type], c: &mut [$type]) {
                    $inner(shape, a, b, c)
                }
            }
        };
    }

    operations!(f32, libm::erff, product::multiply, product::inner_products);
    operations!(f64, libm::erf, product::multiply, product::inner_products);
}
