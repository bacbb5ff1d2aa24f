//! Vectors of numbers under one trait, so that a kernel is written once for every path.

/// A float that kernels work on: `f32` for speed, `f64` to check gradients.
pub trait Real:
    Copy
    + Default
    + PartialOrd
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::AddAssign
    + Send
    + Sync
    + 'static
    + sealed::Sealed
{
    /// The number nearest to `value`.
    fn from_f64(value: f64) -> Self;

    /// The same number in double precision.
    fn to_f64(self) -> f64;

    /// The square root.
    fn sqrt(self) -> Self;
}

pub(crate) mod sealed {
    use super::{Lanes, Portable};

    /// Which vectors a float has on each path.
    pub trait Sealed: Sized {
        type Portable: Lanes<Scalar = Self>;
        #[cfg(target_arch = "x86_64")]
        type Avx2: Lanes<Scalar = Self>;
        #[cfg(target_arch = "x86_64")]
        type Avx512: Lanes<Scalar = Self>;
    }

    impl Sealed for f32 {
        type Portable = Portable<f32, 4>;
        #[cfg(target_arch = "x86_64")]
        type Avx2 = super::x86::Avx2F32;
        #[cfg(target_arch = "x86_64")]
        type Avx512 = super::x86::Avx512F32;
    }

    impl Sealed for f64 {
        type Portable = Portable<f64, 2>;
        #[cfg(target_arch = "x86_64")]
        type Avx2 = super::x86::Avx2F64;
        #[cfg(target_arch = "x86_64")]
        type Avx512 = super::x86::Avx512F64;
    }
}

macro_rules! real {
    ($float:ty) => {
        impl Real for $float {
            #[inline(always)]
            fn from_f64(value: f64) -> $float {
                value as $float
            }

            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline(always)]
            fn sqrt(self) -> $float {
                self.sqrt()
            }
        }
    };
}
real!(f32);
real!(f64);

/// Rows in kernels' buffers are padded to a multiple of this many elements, the longest vector of
/// all paths, so that loops over rows have no remainder.
pub const PADDING: usize = 16;

/// `length` rounded up to a multiple of [`PADDING`].
pub fn padded(length: usize) -> usize {
    length.div_ceil(PADDING) * PADDING
}

/// A vector of [`Lanes::COUNT`] floats. All operations are lane by lane.
///
/// The x86 vectors must only be made inside a kernel that `CpuPath::run` started: their
/// operations are instructions that other processors lack. This module and `CpuPath` see to it
/// by being the only ones that name them.
pub trait Lanes: Copy {
    /// The float in each lane.
    type Scalar: Real;

    /// Selects the first lanes.
    type Mask: Copy;

    /// Lanes in a vector; divides [`PADDING`].
    const COUNT: usize;

    /// Vectors that the processor holds in registers.
    const REGISTERS: usize;

    /// The same value in every lane.
    fn splat(value: Self::Scalar) -> Self;

    /// # Safety
    /// `from` is valid for reading `COUNT` elements.
    unsafe fn load(from: *const Self::Scalar) -> Self;

    /// # Safety
    /// `to` is valid for writing `COUNT` elements.
    unsafe fn store(self, to: *mut Self::Scalar);

    /// Selects the first `count` lanes, `count <= COUNT`.
    fn first(count: usize) -> Self::Mask;

    /// The selected lanes from memory, 0 in the others.
    ///
    /// # Safety
    /// `from` is valid for reading the selected elements.
    unsafe fn load_first(from: *const Self::Scalar, mask: Self::Mask) -> Self;

    /// Writes the selected lanes alone.
    ///
    /// # Safety
    /// `to` is valid for writing the selected elements.
    unsafe fn store_first(self, to: *mut Self::Scalar, mask: Self::Mask);

    /// self + other
    fn add(self, other: Self) -> Self;
    /// self - other
    fn sub(self, other: Self) -> Self;
    /// self * other
    fn mul(self, other: Self) -> Self;
    /// self / other
    fn div(self, other: Self) -> Self;
    /// The square root of each lane.
    fn sqrt(self) -> Self;
    /// self * factor + addend; rounded once where the path has FMA.
    fn mul_add(self, factor: Self, addend: Self) -> Self;

    /// 16 rows of `from` become 16 columns of `to`, strides in elements.
    ///
    /// # Safety
    /// Both are valid for 16 runs of 16 elements, a stride apart.
    #[inline(always)]
    unsafe fn transpose_tile(
        (from, from_stride): (*const Self::Scalar, usize),
        (to, to_stride): (*mut Self::Scalar, usize),
    ) {
        for row in 0..PADDING {
            for column in 0..PADDING {
                // SAFETY: row and column are below 16.
                unsafe {
                    *to.add(column * to_stride + row) = *from.add(row * from_stride + column)
                };
            }
        }
    }

    /// The sum of all lanes: the upper half is added to the lower half until one is left.
    #[inline(always)]
    fn sum(self) -> Self::Scalar {
        let mut lanes = [Self::Scalar::default(); PADDING];
        // SAFETY: the array holds PADDING >= COUNT elements.
        unsafe { self.store(lanes.as_mut_ptr()) };
        let mut half = Self::COUNT / 2;
        while half > 0 {
            for lane in 0..half {
                lanes[lane] += lanes[lane + half];
            }
            half /= 2;
        }
        lanes[0]
    }
}

/// Vectors as arrays; the compiler uses what the lowest target has.
#[derive(Clone, Copy)]
pub struct Portable<T, const N: usize>([T; N]);

impl<T: Real, const N: usize> Portable<T, N> {
    #[inline(always)]
    fn map(mut self, other: Self, operation: impl Fn(T, T) -> T) -> Self {
        for (lane, other) in self.0.iter_mut().zip(other.0) {
            *lane = operation(*lane, other);
        }
        self
    }
}

impl<T: Real, const N: usize> Lanes for Portable<T, N> {
    type Scalar = T;
    type Mask = usize;
    const COUNT: usize = N;
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn splat(value: T) -> Self {
        Portable([value; N])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: the caller gives N readable elements; an array has its elements' alignment.
        Portable(unsafe { from.cast::<[T; N]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: the caller gives N writable elements; an array has its elements' alignment.
        unsafe { to.cast::<[T; N]>().write(self.0) };
    }

    #[inline(always)]
    fn first(count: usize) -> usize {
        count
    }

    #[inline(always)]
    unsafe fn load_first(from: *const T, mask: usize) -> Self {
        let mut lanes = [T::default(); N];
        for (lane, value) in lanes.iter_mut().enumerate().take(mask) {
            // SAFETY: the caller gives `mask` readable elements.
            *value = unsafe { *from.add(lane) };
        }
        Portable(lanes)
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut T, mask: usize) {
        for (lane, value) in self.0.iter().enumerate().take(mask) {
            // SAFETY: the caller gives `mask` writable elements.
            unsafe { *to.add(lane) = *value };
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.map(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.map(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.map(other, |a, b| a * b)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.map(other, |a, b| a / b)
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Portable(self.0.map(T::sqrt))
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        self.mul(factor).add(addend)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Lanes;

    macro_rules! x86_lanes {
        ($name:ident, $register:ty, $scalar:ty, $count:literal, $registers:literal, $mask:ty,
         first: $first:expr, load_first: $load_first:expr, store_first: $store_first:expr,
         $splat:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $div:ident,
         $sqrt:ident, $mul_add:ident
         $(, transpose: $transpose:ident)?) => {
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

                $(
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
        _mm512_mul_ps, _mm512_div_ps, _mm512_sqrt_ps, _mm512_fmadd_ps,
        transpose: transpose_8
    );
    x86_lanes!(
        Avx512F64, __m512d, f64, 8, 32, __mmask8,
        first: |count: usize| ((1u32 << count) - 1) as __mmask8,
        load_first: |from, mask| _mm512_maskz_loadu_pd(mask, from),
        store_first: _mm512_mask_storeu_pd,
        _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_add_pd, _mm512_sub_pd,
        _mm512_mul_pd, _mm512_div_pd, _mm512_sqrt_pd, _mm512_fmadd_pd
    );
    x86_lanes!(
        Avx2F32, __m256, f32, 8, 16, __m256i,
        first: first_of_8, load_first: _mm256_maskload_ps, store_first: _mm256_maskstore_ps,
        _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps,
        _mm256_mul_ps, _mm256_div_ps, _mm256_sqrt_ps, _mm256_fmadd_ps,
        transpose: transpose_8
    );
    x86_lanes!(
        Avx2F64, __m256d, f64, 4, 16, __m256i,
        first: first_of_4, load_first: _mm256_maskload_pd, store_first: _mm256_maskstore_pd,
        _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_add_pd, _mm256_sub_pd,
        _mm256_mul_pd, _mm256_div_pd, _mm256_sqrt_pd, _mm256_fmadd_pd
    );
}
