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
/// The x86 vectors must only be made inside a kernel that [`CpuPath::run`] started: their
/// operations are instructions that other processors lack. This module and `CpuPath` see to it
/// by being the only ones that name them.
///
/// [`CpuPath::run`]: super::CpuPath::run
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

    /// COUNT numbers from memory, of any alignment.
    ///
    /// # Safety
    /// `from` is valid for reading `COUNT` elements.
    unsafe fn load(from: *const Self::Scalar) -> Self;

    /// COUNT numbers to memory, of any alignment.
    ///
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
    /// 1 / sqrt(lane) for normal positive numbers, to within 2^-22 of the exact value.
    #[inline(always)]
    fn reciprocal_sqrt(self) -> Self {
        Self::splat(Self::Scalar::from_f64(1.0)).div(self.sqrt())
    }
    /// self * factor + addend; rounded once where the path has FMA.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The larger one; `other` where either is no number.
    fn max(self, other: Self) -> Self;
    /// self where `condition` > 0, and 0 elsewhere.
    fn where_positive(self, condition: Self) -> Self;

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

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.map(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn where_positive(self, condition: Self) -> Self {
        self.map(condition, |a, condition| {
            if condition > T::default() {
                a
            } else {
                T::default()
            }
        })
    }
}

#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::{CpuPath, Kernel};

    struct ReciprocalRoots<'a, T>(&'a [T], &'a mut [T]);

    impl<T: Real> Kernel<T> for ReciprocalRoots<'_, T> {
        type Output = ();

        #[inline(always)]
        fn run<V: Lanes<Scalar = T>>(self) {
            let to = self.1.chunks_exact_mut(V::COUNT);
            for (from, to) in self.0.chunks_exact(V::COUNT).zip(to) {
                // SAFETY: each chunk has COUNT elements.
                unsafe {
                    V::load(from.as_ptr())
                        .reciprocal_sqrt()
                        .store(to.as_mut_ptr());
                }
            }
        }
    }

    fn check<T: Real>(tolerance: f64) {
        let from: Vec<T> = (0..PADDING as i32 * 40)
            .map(|index| T::from_f64(1.37f64.powi(index / 4 - 80) * f64::from(1 + index % 4)))
            .collect();
        for path in CpuPath::available() {
            let mut to = vec![T::default(); from.len()];
            path.run(ReciprocalRoots(&from, &mut to));
            for (from, to) in from.iter().zip(&to) {
                let product = to.to_f64() * from.to_f64().sqrt();
                assert!(
                    (product - 1.0).abs() < tolerance,
                    "{path:?} {from:?} {to:?}"
                );
            }
        }
    }

    struct Choices<'a, T>([&'a [T]; 2], [&'a mut [T]; 2]);

    impl<T: Real> Kernel<T> for Choices<'_, T> {
        type Output = ();

        #[inline(always)]
        fn run<V: Lanes<Scalar = T>>(self) {
            let Choices([a, b], [larger, kept]) = self;
            for first in (0..a.len()).step_by(V::COUNT) {
                // SAFETY: all slices have one length, a multiple of COUNT.
                unsafe {
                    let (a, b) = (
                        V::load(a.as_ptr().add(first)),
                        V::load(b.as_ptr().add(first)),
                    );
                    a.max(b).store(larger.as_mut_ptr().add(first));
                    a.where_positive(b).store(kept.as_mut_ptr().add(first));
                }
            }
        }
    }

    fn check_choices<T: Real>() {
        let values = [-1.0, 0.0, -0.0, 2.0, f64::NAN, f64::INFINITY, 3.0].map(T::from_f64);
        let a: Vec<T> = (0..PADDING * 7).map(|index| values[index % 7]).collect();
        let b: Vec<T> = (0..PADDING * 7)
            .map(|index| values[index / 7 % 7])
            .collect();
        for path in CpuPath::available() {
            let mut larger = vec![T::default(); a.len()];
            let mut kept = larger.clone();
            path.run(Choices([&a, &b], [&mut larger, &mut kept]));
            for index in 0..a.len() {
                let (a, b) = (a[index], b[index]);
                let expected = [
                    if a > b { a } else { b },
                    if b > T::default() { a } else { T::default() },
                ];
                for (found, expected) in [larger[index], kept[index]].into_iter().zip(expected) {
                    let bits = [found, expected].map(|value| value.to_f64().to_bits());
                    assert_eq!(bits[0], bits[1], "{path:?} {a:?} {b:?}");
                }
            }
        }
    }

    #[test]
    fn choices_treat_zeros_and_no_numbers_alike_on_all_paths() {
        check_choices::<f32>();
        check_choices::<f64>();
    }

    #[test]
    fn reciprocal_roots_are_near_the_exact_ones_on_all_paths() {
        check::<f32>(2f64.powi(-22));
        check::<f64>(1e-15);
    }
}
