//! Eight numbers at a time, by the instructions of AVX-512, of AVX2 with FMA, or of any processor.

use super::kernel::LANES;

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Ymm, Zmm};

/// Eight numbers of consecutive rows.
pub(super) trait Eight: Copy {
    /// Columns of each side in one register tile.
    const TILE: usize;
    /// # Safety
    /// The processor has the instructions of the implementation (also below).
    unsafe fn splat(value: f64) -> Self;
    /// # Safety
    /// Eight numbers are readable at `from`.
    unsafe fn load(from: *const f64) -> Self;
    /// # Safety
    /// Eight numbers are writable at `to`.
    unsafe fn store(self, to: *mut f64);
    /// # Safety
    /// See `splat`.
    unsafe fn times(self, other: Self) -> Self;
    /// `self + a * b`.
    ///
    /// # Safety
    /// See `splat`.
    unsafe fn plus(self, a: Self, b: Self) -> Self;
    /// Folds halves: lanes 0..4 + 4..8, then 0..2 + 2..4, then 0 + 1.
    ///
    /// # Safety
    /// See `splat`.
    #[inline(always)]
    unsafe fn fold(self) -> f64 {
        let mut lanes = [0.0; LANES];
        // SAFETY: `lanes` has eight numbers.
        unsafe { self.store(lanes.as_mut_ptr()) };
        let [a, b, c, d, e, f, g, h] = lanes;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }
}

/// Eight numbers without special instructions.
#[derive(Clone, Copy)]
pub(super) struct Plain([f64; LANES]);

impl Eight for Plain {
    const TILE: usize = 2;
    #[inline(always)]
    unsafe fn splat(value: f64) -> Plain {
        Plain([value; LANES])
    }
    #[inline(always)]
    unsafe fn load(from: *const f64) -> Plain {
        // SAFETY: the caller vouches for eight readable numbers.
        Plain(unsafe { from.cast::<[f64; LANES]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller vouches for eight writable numbers.
        unsafe { to.cast::<[f64; LANES]>().write(self.0) }
    }
    #[inline(always)]
    unsafe fn times(mut self, other: Plain) -> Plain {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a *= b;
        }
        self
    }
    #[inline(always)]
    unsafe fn plus(mut self, a: Plain, b: Plain) -> Plain {
        for ((sum, a), b) in self.0.iter_mut().zip(a.0).zip(b.0) {
            *sum += a * b;
        }
        self
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Eight;

    #[derive(Clone, Copy)]
    pub(in super::super) struct Zmm(__m512d);

    // SAFETY of all methods: the trait's contract, the caller runs on a processor with AVX-512F.
    impl Eight for Zmm {
        const TILE: usize = 5;
        #[inline(always)]
        unsafe fn splat(value: f64) -> Zmm {
            // SAFETY: the trait's contract.
            Zmm(unsafe { _mm512_set1_pd(value) })
        }
        #[inline(always)]
        unsafe fn load(from: *const f64) -> Zmm {
            // SAFETY: the trait's contract.
            Zmm(unsafe { _mm512_loadu_pd(from) })
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f64) {
            // SAFETY: the trait's contract.
            unsafe { _mm512_storeu_pd(to, self.0) }
        }
        #[inline(always)]
        unsafe fn times(self, other: Zmm) -> Zmm {
            // SAFETY: the trait's contract.
            Zmm(unsafe { _mm512_mul_pd(self.0, other.0) })
        }
        #[inline(always)]
        unsafe fn plus(self, a: Zmm, b: Zmm) -> Zmm {
            // SAFETY: the trait's contract.
            Zmm(unsafe { _mm512_fmadd_pd(a.0, b.0, self.0) })
        }
    }

    #[derive(Clone, Copy)]
    pub(in super::super) struct Ymm(__m256d, __m256d);

    // SAFETY of all methods: the trait's contract, the processor has AVX2 and FMA.
    impl Eight for Ymm {
        const TILE: usize = 2;
        #[inline(always)]
        unsafe fn splat(value: f64) -> Ymm {
            // SAFETY: the trait's contract.
            unsafe { Ymm(_mm256_set1_pd(value), _mm256_set1_pd(value)) }
        }
        #[inline(always)]
        unsafe fn load(from: *const f64) -> Ymm {
            // SAFETY: the trait's contract.
            unsafe { Ymm(_mm256_loadu_pd(from), _mm256_loadu_pd(from.add(4))) }
        }
        #[inline(always)]
        unsafe fn store(self, to: *mut f64) {
            // SAFETY: the trait's contract.
            unsafe {
                _mm256_storeu_pd(to, self.0);
                _mm256_storeu_pd(to.add(4), self.1);
            }
        }
        #[inline(always)]
        unsafe fn times(self, other: Ymm) -> Ymm {
            // SAFETY: the trait's contract.
            unsafe {
                Ymm(
                    _mm256_mul_pd(self.0, other.0),
                    _mm256_mul_pd(self.1, other.1),
                )
            }
        }
        #[inline(always)]
        unsafe fn plus(self, a: Ymm, b: Ymm) -> Ymm {
            // SAFETY: the trait's contract.
            unsafe {
                Ymm(
                    _mm256_fmadd_pd(a.0, b.0, self.0),
                    _mm256_fmadd_pd(a.1, b.1, self.1),
                )
            }
        }
    }
}
