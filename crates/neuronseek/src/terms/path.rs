//! Which instructions the kernels use, chosen once at run time.
//!
//! A build for the lowest x86-64 runs on every machine and still uses AVX-512 or AVX2 where the
//! processor has them. Compiling for the build machine's own processor was rejected: such a
//! binary dies on an older one.

use super::lanes::{Lanes, Real};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The instructions that kernels use.
///
/// A value of a path exists only where the processor has it, so holding one is the proof that
/// its kernels may run. Within a path every float reduction has one fixed order; between paths
/// results differ by rounding, since vectors have other lengths and FMA rounds once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CpuPath(Kind);

impl CpuPath {
    /// The fastest path of this processor.
    pub fn detect() -> CpuPath {
        #[cfg(target_arch = "x86_64")]
        {
            if std::is_x86_feature_detected!("avx512f") {
                return CpuPath(Kind::Avx512);
            }
            if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                return CpuPath(Kind::Avx2);
            }
        }
        CpuPath(Kind::Portable)
    }

    /// The path without any special instruction.
    pub fn portable() -> CpuPath {
        CpuPath(Kind::Portable)
    }

    /// Every path that this processor has, the portable one first.
    pub fn available() -> Vec<CpuPath> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut))]
        let mut paths = vec![CpuPath(Kind::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                paths.push(CpuPath(Kind::Avx2));
            }
            if std::is_x86_feature_detected!("avx512f") {
                paths.push(CpuPath(Kind::Avx512));
            }
        }
        paths
    }

    /// "portable", "avx2" or "avx512".
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }

    /// Runs a kernel with this path's vectors.
    #[inline]
    pub fn run<T: Real, K: Kernel<T>>(self, kernel: K) -> K::Output {
        match self.0 {
            Kind::Portable => kernel.run::<T::Portable>(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a path of this kind is made only where AVX2 and FMA were detected.
            Kind::Avx2 => unsafe { with_avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a path of this kind is made only where AVX-512F was detected.
            Kind::Avx512 => unsafe { with_avx512(kernel) },
        }
    }
}

/// A piece of work written once over [`Lanes`] and compiled for every path.
///
/// Implementations mark `run` and all that it calls in inner loops `#[inline(always)]`: code that
/// is not inlined into the path's entry function would be compiled without its instructions.
pub trait Kernel<T: Real> {
    /// What the work returns.
    type Output;

    /// Does the work with vectors of type `V`.
    fn run<V: Lanes<Scalar = T>>(self) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<T: Real, K: Kernel<T>>(kernel: K) -> K::Output {
    kernel.run::<T::Avx2>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn with_avx512<T: Real, K: Kernel<T>>(kernel: K) -> K::Output {
    kernel.run::<T::Avx512>()
}

/// Calls `$function::<V, K>($arguments)` with the run-time `$order` from 1 to 9 as the constant
/// K, so that the loops over an order's factors unroll.
macro_rules! with_order {
    ($order:expr, $function:ident::<$lanes:ty>($($argument:expr),* $(,)?)) => {
        match $order {
            1 => $function::<$lanes, 1>($($argument),*),
            2 => $function::<$lanes, 2>($($argument),*),
            3 => $function::<$lanes, 3>($($argument),*),
            4 => $function::<$lanes, 4>($($argument),*),
            5 => $function::<$lanes, 5>($($argument),*),
            6 => $function::<$lanes, 6>($($argument),*),
            7 => $function::<$lanes, 7>($($argument),*),
            8 => $function::<$lanes, 8>($($argument),*),
            9 => $function::<$lanes, 9>($($argument),*),
            order => unreachable!("order {order} of a term"),
        }
    };
}
pub(crate) use with_order;
