//! Operations on each number by itself: relu and sums.
//!
//! Each reads its arrays once; long arrays fall into pieces for the threads.

use neuronseek::terms::{CpuPath, Kernel, Lanes};
use rayon::prelude::*;

/// Numbers that one thread takes at a time.
pub(super) const PIECE: usize = 16 * 1024;

/// A function of N numbers, applied lane by lane.
pub(super) trait Operation<const N: usize>: Copy + Send + Sync {
    fn apply<V: Lanes<Scalar = f32>>(self, from: [V; N]) -> V;
}

/// `to[i] = operation(from[0][i], from[1][i], ...)` on all threads.
pub(super) fn map<const N: usize, O: Operation<N>>(
    path: CpuPath,
    operation: O,
    from: [&[f32]; N],
    to: &mut [f32],
) {
    for from in from {
        assert_eq!(from.len(), to.len());
    }
    to.par_chunks_mut(PIECE)
        .enumerate()
        .for_each(|(index, to)| {
            let from = from.map(|from| &from[index * PIECE..][..to.len()]);
            path.run(Map {
                operation,
                from,
                to,
            });
        });
}

struct Map<'a, const N: usize, O> {
    operation: O,
    from: [&'a [f32]; N],
    to: &'a mut [f32],
}

impl<const N: usize, O: Operation<N>> Kernel<f32> for Map<'_, N, O> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f32>>(self) {
        map_lanes::<V, N, O>(self.operation, self.from, self.to);
    }
}

/// [`map`] on this thread, inside a kernel.
#[inline(always)]
pub(super) fn map_lanes<V: Lanes<Scalar = f32>, const N: usize, O: Operation<N>>(
    operation: O,
    from: [&[f32]; N],
    to: &mut [f32],
) {
    for from in from {
        assert_eq!(from.len(), to.len());
    }
    let whole = to.len() / V::COUNT * V::COUNT;
    let mask = V::first(to.len() - whole);
    let to = to.as_mut_ptr();
    // SAFETY: all slices have the same length; whole vectors end at `whole`, and the mask selects
    // the numbers after it.
    unsafe {
        for index in (0..whole).step_by(V::COUNT) {
            operation
                .apply::<V>(vectors(from, index))
                .store(to.add(index));
        }
        let last: [V; N] = first_lanes(from, whole, mask);
        operation.apply(last).store_first(to.add(whole), mask);
    }
}

/// A vector of each array.
///
/// # Safety
/// Every array has a vector from `at` on.
#[inline(always)]
pub(super) unsafe fn vectors<V: Lanes<Scalar = f32>, const N: usize>(
    from: [&[f32]; N],
    at: usize,
) -> [V; N] {
    // A closure given to the array's `map` would be compiled without the path's instructions.
    let mut vectors = [V::splat(0.0); N];
    for (vector, from) in vectors.iter_mut().zip(from) {
        // SAFETY: the caller vouches for it.
        *vector = unsafe { V::load(from.as_ptr().add(at)) };
    }
    vectors
}

/// The selected lanes of a vector of each array, 0 in the others.
///
/// # Safety
/// Every array has the selected numbers from `at` on.
#[inline(always)]
pub(super) unsafe fn first_lanes<V: Lanes<Scalar = f32>, const N: usize>(
    from: [&[f32]; N],
    at: usize,
    mask: V::Mask,
) -> [V; N] {
    let mut vectors = [V::splat(0.0); N];
    for (vector, from) in vectors.iter_mut().zip(from) {
        // SAFETY: the caller vouches for it.
        *vector = unsafe { V::load_first(from.as_ptr().add(at), mask) };
    }
    vectors
}

/// `y = max(x, 0)`; what is no number stays none.
///
/// # Panics
/// When the lengths differ.
pub fn relu(path: CpuPath, x: &[f32], y: &mut [f32]) {
    map(path, Relu, [x], y);
}

/// `gx = gy` where `y > 0` and 0 elsewhere, from the values y of [`relu`] or [`add_relu`], of which
/// gx is the gradient by either summand.
///
/// # Panics
/// When the lengths differ.
pub fn relu_gradient(path: CpuPath, y: &[f32], gy: &[f32], gx: &mut [f32]) {
    map(path, WherePositive, [gy, y], gx);
}

/// `y = max(a + b, 0)`, the end of a residual block.
///
/// # Panics
/// When the lengths differ.
pub fn add_relu(path: CpuPath, a: &[f32], b: &[f32], y: &mut [f32]) {
    map(path, AddRelu, [a, b], y);
}

#[derive(Clone, Copy)]
struct Relu;

impl Operation<1> for Relu {
    #[inline(always)]
    fn apply<V: Lanes<Scalar = f32>>(self, [x]: [V; 1]) -> V {
        V::splat(0.0).max(x)
    }
}

#[derive(Clone, Copy)]
struct WherePositive;

impl Operation<2> for WherePositive {
    #[inline(always)]
    fn apply<V: Lanes<Scalar = f32>>(self, [value, condition]: [V; 2]) -> V {
        value.where_positive(condition)
    }
}

#[derive(Clone, Copy)]
struct AddRelu;

impl Operation<2> for AddRelu {
    #[inline(always)]
    fn apply<V: Lanes<Scalar = f32>>(self, [a, b]: [V; 2]) -> V {
        V::splat(0.0).max(a.add(b))
    }
}
