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

        /// The transpose of a block.
        fn transposed(block: [[Self; 4]; 4]) -> [[Self; 4]; 4];
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
        ($type:ident, $erf:path, $transposed:path, $($name:ident)*) => {
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
                #[inline(always)]
                fn transposed(block: [[$type; 4]; 4]) -> [[$type; 4]; 4] {
                    $transposed(block)
                }
            }
        };
    }

    functions!(f32, libm::erff, transposed_f32, exp ln_1p ln sin cos tanh abs);
    functions!(f64, libm::erf, transposed, exp ln_1p ln sin cos tanh abs);
}
