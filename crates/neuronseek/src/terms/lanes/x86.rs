//! The vectors of x86-64: AVX2 with FMA, and AVX-512.

use std::arch::x86_64::*;

use super::Lanes;

macro_rules! x86_lanes {
    ($name:ident, $register:ty, $scalar:ty, $count:literal, $registers:literal, $mask:ty,
     first: $first:expr, load_first: $load_first:expr, store_first: $store_first:expr,
     $splat:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $div:ident,
     $sqrt:ident, $mul_add:ident, $max:ident, where_positive: $where_positive:expr
     $(, transpose: $transpose:ident, reciprocal_sqrt: $reciprocal_sqrt:ident)?) => {
        #[derive(Clone, Copy)]
        pub struct $name($register);

        impl Lanes for $name {
            type Scalar = $scalar;
            type Mask = $mask;
            const COUNT: usize = $count;
            const REGISTERS: usize = $registers;

            #[inline(always)]
            fn splat(value: $scalar) -> Self {
                // SAFETY: this type is only used where the path's instructions exist.
                $name(unsafe { $splat(value) })
            }

            #[inline(always)]
            unsafe fn load(from: *const $scalar) -> Self {
                // SAFETY: as above; the caller gives COUNT readable elements, alignment is
                // not required.
                $name(unsafe { $load(from) })
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut $scalar) {
                // SAFETY: as above; the caller gives COUNT writable elements, alignment is
                // not required.
                unsafe { $store(to, self.0) };
            }

            #[inline(always)]
            fn first(count: usize) -> $mask {
                $first(count)
            }

            #[inline(always)]
            unsafe fn load_first(from: *const $scalar, mask: $mask) -> Self {
                // SAFETY: as above; the caller gives the selected elements, the instruction
                // touches no other.
                $name(unsafe { $load_first(from, mask) })
            }

            #[inline(always)]
            unsafe fn store_first(self, to: *mut $scalar, mask: $mask) {
                // SAFETY: as above; the caller gives the selected elements, the instruction
                // touches no other.
                unsafe { $store_first(to, mask, self.0) };
            }

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: this type is only used where the path's instructions exist.
                $name(unsafe { $add(self.0, other.0) })
            }

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                // SAFETY: this type is only used where the path's instructions exist.
                $name(unsafe { $sub(self.0, other.0) })
            }

            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                // SAFETY: this type is only used where the path's instructions exist.
                $name(unsafe { $mul(self.0, other.0) })
            }

            #[inline(always)]
            fn div(self, other: Self) -> Self {
                // SAFETY: this type is only used where the path's instructions exist.
                $name(unsafe { $div(self.0, other.0) })
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                // SAFETY: this type is only used where the path's instructions exist.
                $name(unsafe { $sqrt(self.0) })
            }

            #[inline(always)]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                // SAFETY: this type is only used where the path's instructions exist.
                $name(unsafe { $mul_add(self.0, factor.0, addend.0) })
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                // SAFETY: this type is only used where the path's instructions exist.
                $name(unsafe { $max(self.0, other.0) })
            }

            #[inline(always)]
            fn where_positive(self, condition: Self) -> Self {
                // SAFETY: this type is only used where the path's instructions exist.
                $name(unsafe { $where_positive(self.0, condition.0) })
            }

            $(
                // An estimate and a step of Newton's method, since a root and a division
                // take the processor as long as ten products.
                #[inline(always)]
                fn reciprocal_sqrt(self) -> Self {
                    // SAFETY: this type is only used where the path's instructions exist.
                    let estimate = $name(unsafe { $reciprocal_sqrt(self.0) });
                    let half = self.mul(Self::splat(-0.5)).mul(estimate);
                    estimate.mul(half.mul_add(estimate, Self::splat(1.5)))
                }

                #[inline(always)]
                unsafe fn transpose_tile(
                    (from, from_stride): (*const $scalar, usize),
                    (to, to_stride): (*mut $scalar, usize),
                ) {
                    const HALF: usize = 8;
                    for row in [0, HALF] {
                        for column in [0, HALF] {
                            // SAFETY: as above; the caller gives 16 runs of 16 elements, of
                            // which this touches 8 runs of 8 at row and column.
                            unsafe {
                                $transpose(
                                    (from.add(row * from_stride + column), from_stride),
                                    (to.add(column * to_stride + row), to_stride),
                                );
                            }
                        }
                    }
                }
            )?
        }
    };
}

/// All bits set in the first `count` of 8 lanes of 32 bits.
#[inline(always)]
fn first_of_8(count: usize) -> __m256i {
    // SAFETY: the callers are the AVX2 vectors, used only where AVX2 exists.
    unsafe {
        let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), lane)
    }
}

/// All bits set in the first `count` of 4 lanes of 64 bits.
#[inline(always)]
fn first_of_4(count: usize) -> __m256i {
    // SAFETY: the callers are the AVX2 vectors, used only where AVX2 exists.
    unsafe {
        let lane = _mm256_setr_epi64x(0, 1, 2, 3);
        _mm256_cmpgt_epi64(_mm256_set1_epi64x(count as i64), lane)
    }
}

/// Transposes 8 rows of 8 numbers: pairs, then quadruples, then halves change places.
///
/// # Safety
/// AVX2 exists, and both are valid for 8 runs of 8 elements, a stride apart.
#[inline(always)]
unsafe fn transpose_8(
    (from, from_stride): (*const f32, usize),
    (to, to_stride): (*mut f32, usize),
) {
    // SAFETY: the caller gives 8 runs of 8 elements on each side.
    unsafe {
        let mut rows = [_mm256_setzero_ps(); 8];
        for (index, row) in rows.iter_mut().enumerate() {
            *row = _mm256_loadu_ps(from.add(index * from_stride));
        }
        let mut pairs = rows;
        for index in 0..4 {
            let (a, b) = (rows[2 * index], rows[2 * index + 1]);
            pairs[2 * index] = _mm256_unpacklo_ps(a, b);
            pairs[2 * index + 1] = _mm256_unpackhi_ps(a, b);
        }
        let mut quads = pairs;
        for half in [0, 4] {
            for index in [0, 1] {
                let (a, b) = (pairs[half + index], pairs[half + index + 2]);
                quads[half + 2 * index] = _mm256_shuffle_ps::<0x44>(a, b);
                quads[half + 2 * index + 1] = _mm256_shuffle_ps::<0xEE>(a, b);
            }
        }
        for index in 0..4 {
            let (a, b) = (quads[index], quads[index + 4]);
            let low = _mm256_permute2f128_ps::<0x20>(a, b);
            let high = _mm256_permute2f128_ps::<0x31>(a, b);
            _mm256_storeu_ps(to.add(index * to_stride), low);
            _mm256_storeu_ps(to.add((index + 4) * to_stride), high);
        }
    }
}

x86_lanes!(
    Avx512F32, __m512, f32, 16, 32, __mmask16,
    first: |count: usize| ((1u32 << count) - 1) as __mmask16,
    load_first: |from, mask| _mm512_maskz_loadu_ps(mask, from),
    store_first: _mm512_mask_storeu_ps,
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_sub_ps,
    _mm512_mul_ps, _mm512_div_ps, _mm512_sqrt_ps, _mm512_fmadd_ps, _mm512_max_ps,
    where_positive: |value, condition| _mm512_maskz_mov_ps(
        _mm512_cmp_ps_mask::<_CMP_GT_OQ>(condition, _mm512_setzero_ps()), value),
    transpose: transpose_8, reciprocal_sqrt: _mm512_rsqrt14_ps
);
x86_lanes!(
    Avx512F64, __m512d, f64, 8, 32, __mmask8,
    first: |count: usize| ((1u32 << count) - 1) as __mmask8,
    load_first: |from, mask| _mm512_maskz_loadu_pd(mask, from),
    store_first: _mm512_mask_storeu_pd,
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_add_pd, _mm512_sub_pd,
    _mm512_mul_pd, _mm512_div_pd, _mm512_sqrt_pd, _mm512_fmadd_pd, _mm512_max_pd,
    where_positive: |value, condition| _mm512_maskz_mov_pd(
        _mm512_cmp_pd_mask::<_CMP_GT_OQ>(condition, _mm512_setzero_pd()), value)
);
x86_lanes!(
    Avx2F32, __m256, f32, 8, 16, __m256i,
    first: first_of_8, load_first: _mm256_maskload_ps, store_first: _mm256_maskstore_ps,
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps,
    _mm256_mul_ps, _mm256_div_ps, _mm256_sqrt_ps, _mm256_fmadd_ps, _mm256_max_ps,
    where_positive: |value, condition| _mm256_and_ps(
        value, _mm256_cmp_ps::<_CMP_GT_OQ>(condition, _mm256_setzero_ps())),
    transpose: transpose_8, reciprocal_sqrt: _mm256_rsqrt_ps
);
x86_lanes!(
    Avx2F64, __m256d, f64, 4, 16, __m256i,
    first: first_of_4, load_first: _mm256_maskload_pd, store_first: _mm256_maskstore_pd,
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_add_pd, _mm256_sub_pd,
    _mm256_mul_pd, _mm256_div_pd, _mm256_sqrt_pd, _mm256_fmadd_pd, _mm256_max_pd,
    where_positive: |value, condition| _mm256_and_pd(
        value, _mm256_cmp_pd::<_CMP_GT_OQ>(condition, _mm256_setzero_pd()))
);
