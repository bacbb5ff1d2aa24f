//! Products of feature maps and their gradients.

use neuronseek::terms::{CpuPath, Kernel, Lanes};
use rayon::prelude::*;

use super::element_wise::PIECE;

/// `y = factors[0] * factors[1] * ...`, multiplied from the left.
///
/// # Panics
/// When there is no factor, or the lengths differ.
pub fn product(path: CpuPath, factors: &[&[f32]], y: &mut [f32]) {
    assert!(!factors.is_empty());
    for factor in factors {
        assert_eq!(factor.len(), y.len());
    }
    y.par_chunks_mut(PIECE).enumerate().for_each(|(index, y)| {
        let start = index * PIECE;
        path.run(Product { factors, start, y });
    });
}

struct Product<'a> {
    factors: &'a [&'a [f32]],
    start: usize,
    y: &'a mut [f32],
}

impl Kernel<f32> for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f32>>(self) {
        let whole = self.y.len() / V::COUNT * V::COUNT;
        let (all, rest) = (V::first(V::COUNT), V::first(self.y.len() - whole));
        let Product { factors, start, y } = self;
        // SAFETY: `product` has checked that all factors are as long as the result, of which y is
        // the piece from `start` on; the last mask ends with it.
        unsafe {
            for first in (0..whole).step_by(V::COUNT) {
                multiply::<V, false>(factors, start + first, y.as_mut_ptr().add(first), all);
            }
            multiply::<V, true>(factors, start + whole, y.as_mut_ptr().add(whole), rest);
        }
    }
}

/// Writes one vector of products.
///
/// # Safety
/// All factors have a vector, or its selected lanes, from `at` on, as has `to`.
#[inline(always)]
unsafe fn multiply<V: Lanes<Scalar = f32>, const MASKED: bool>(
    factors: &[&[f32]],
    at: usize,
    to: *mut f32,
    mask: V::Mask,
) {
    let mut product = V::splat(1.0);
    // SAFETY: the caller vouches for it.
    unsafe {
        for factor in factors {
            product = product.mul(read::<V, MASKED>(factor.as_ptr().add(at), mask));
        }
        write::<V, MASKED>(product, to, mask);
    }
}

/// A vector from memory, or its selected lanes: masks are slow where they select all.
#[inline(always)]
unsafe fn read<V: Lanes<Scalar = f32>, const MASKED: bool>(from: *const f32, mask: V::Mask) -> V {
    // SAFETY: the caller vouches for it.
    unsafe {
        if MASKED {
            V::load_first(from, mask)
        } else {
            V::load(from)
        }
    }
}

/// A vector to memory, or its selected lanes.
#[inline(always)]
unsafe fn write<V: Lanes<Scalar = f32>, const MASKED: bool>(lanes: V, to: *mut f32, mask: V::Mask) {
    // SAFETY: the caller vouches for it.
    unsafe {
        if MASKED {
            lanes.store_first(to, mask);
        } else {
            lanes.store(to);
        }
    }
}

/// `gradients[j] = gy * the product of all factors but the j-th`, without a division, so that
/// factors may be 0.
///
/// # Panics
/// When there are not as many gradients as factors, or the lengths differ.
pub fn product_gradient(
    path: CpuPath,
    factors: &[&[f32]],
    gy: &[f32],
    gradients: &mut [&mut [f32]],
) {
    assert_eq!(factors.len(), gradients.len());
    for (factor, gradient) in factors.iter().zip(gradients.iter()) {
        assert_eq!(factor.len(), gy.len());
        assert_eq!(gradient.len(), gy.len());
    }
    let pieces = gy.len().div_ceil(PIECE);
    let mut columns: Vec<Vec<&mut [f32]>> = (0..pieces).map(|_| Vec::new()).collect();
    for gradient in gradients {
        for (column, piece) in columns.iter_mut().zip(gradient.chunks_mut(PIECE)) {
            column.push(piece);
        }
    }
    columns
        .par_iter_mut()
        .enumerate()
        .for_each(|(index, gradients)| {
            let start = index * PIECE;
            path.run(ProductGradient {
                factors,
                start,
                gy: &gy[start..gy.len().min(start + PIECE)],
                gradients,
            });
        });
}

struct ProductGradient<'a, 'b> {
    factors: &'a [&'a [f32]],
    start: usize,
    gy: &'a [f32],
    gradients: &'a mut [&'b mut [f32]],
}

impl Kernel<f32> for ProductGradient<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f32>>(mut self) {
        let whole = self.gy.len() / V::COUNT * V::COUNT;
        let (all, rest) = (V::first(V::COUNT), V::first(self.gy.len() - whole));
        // SAFETY: `product_gradient` has checked that all arrays have one length; gy and the
        // gradients are its piece from `start` on, with which the last mask ends.
        unsafe {
            for first in (0..whole).step_by(V::COUNT) {
                self.vector::<V, false>(first, all);
            }
            self.vector::<V, true>(whole, rest);
        }
    }
}

impl ProductGradient<'_, '_> {
    /// The gradients of one vector of places: the factors before each one are multiplied from the
    /// left, those after it from the right.
    ///
    /// # Safety
    /// The piece has a vector, or its selected lanes, from `first` on.
    #[inline(always)]
    unsafe fn vector<V: Lanes<Scalar = f32>, const MASKED: bool>(
        &mut self,
        first: usize,
        mask: V::Mask,
    ) {
        let at = self.start + first;
        // SAFETY: the caller vouches for it.
        unsafe {
            let mut before = read::<V, MASKED>(self.gy.as_ptr().add(first), mask);
            for (factor, gradient) in self.factors.iter().zip(self.gradients.iter_mut()) {
                write::<V, MASKED>(before, gradient.as_mut_ptr().add(first), mask);
                before = before.mul(read::<V, MASKED>(factor.as_ptr().add(at), mask));
            }
            let mut after = V::splat(1.0);
            let pairs = self.factors.iter().zip(self.gradients.iter_mut());
            for (factor, gradient) in pairs.rev() {
                let to = gradient.as_mut_ptr().add(first);
                write::<V, MASKED>(read::<V, MASKED>(to, mask).mul(after), to, mask);
                after = after.mul(read::<V, MASKED>(factor.as_ptr().add(at), mask));
            }
        }
    }
}
