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
        fn tanh(self) -> Self;
        fn erf(self) -> Self;
        fn abs(self) -> Self;
        fn larger(self, other: Self) -> Self;
    }

    macro_rules! functions {
        ($type:ident, $erf:path, $($name:ident)*) => {
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
                fn erf(self) -> $type {
                    $erf(self)
                }
                #[inline(always)]
                fn larger(self, other: $type) -> $type {
                    if self > other { self } else { other }
                }
            }
        };
    }

    functions!(f32, libm::erff, exp ln_1p ln sin cos tanh abs);
    functions!(f64, libm::erf, exp ln_1p ln sin cos tanh abs);
}
