//! Sums over taps: `out[o, p] = sum over k of weight[o, k] * planes[offset[k] + p]`.
//!
//! A matrix product whose right factor is never written: its row k is the planes read from
//! another place. Places p run over a plane row after row, those between rows are computed and
//! dropped.

use neuronseek::terms::{Lanes, PADDING};

/// Bytes of planes that stay in the second cache while all outputs pass over them.
const CACHED: usize = 384 * 1024;

/// Weights packed for [`sum_taps`].
#[derive(Debug, Clone)]
pub(super) struct Packed {
    /// Outputs of a block, and where its weights start: depth after depth, outputs together.
    blocks: Vec<(usize, usize)>,
    weights: Vec<f32>,
    depth: usize,
}

impl Packed {
    /// Packs `outputs x depth` weights given by (output, place in the depth).
    pub fn new(outputs: usize, depth: usize, weight: impl Fn(usize, usize) -> f32) -> Packed {
        let mut packed = Packed {
            blocks: Vec::new(),
            weights: Vec::with_capacity(outputs * depth),
            depth,
        };
        let mut first = 0;
        for size in [8, 4, 2, 1] {
            while outputs - first >= size {
                packed.blocks.push((size, packed.weights.len()));
                for k in 0..depth {
                    packed
                        .weights
                        .extend((first..first + size).map(|output| weight(output, k)));
                }
                first += size;
            }
        }
        packed
    }
}

/// Places that one call computes, with the slack that vectors beyond the last one need.
pub(super) fn padded_places(places: usize) -> usize {
    places.next_multiple_of(PADDING)
}

/// Writes outputs x `padded_places(places)` sums to `out`.
///
/// Each sum runs over its offsets in ascending order.
///
/// # Panics
/// When `planes` has less than `padded_places(places)` numbers from the largest offset on.
#[inline(always)]
pub(super) fn sum_taps<V: Lanes<Scalar = f32>>(
    packed: &Packed,
    planes: &[f32],
    offsets: &[usize],
    places: usize,
    out: &mut [f32],
) {
    let stride = padded_places(places);
    let outputs: usize = packed.blocks.iter().map(|block| block.0).sum();
    assert_eq!(offsets.len(), packed.depth);
    assert_eq!(packed.weights.len(), outputs * packed.depth);
    assert!(outputs * stride <= out.len(), "sums");
    let last = offsets.iter().max().copied().unwrap_or(0);
    assert!(last + stride <= planes.len(), "planes");
    let touched = planes.len() / stride.max(1) * size_of::<f32>();
    let step = (CACHED / touched.max(1))
        .max(1)
        .next_multiple_of(6 * PADDING);
    for start in (0..stride).step_by(step) {
        let end = stride.min(start + step);
        let mut output = 0;
        for &(size, weights) in &packed.blocks {
            let tile = Tile {
                // SAFETY: start is below the stride, so inside `planes` and `out`.
                planes: unsafe { planes.as_ptr().add(start) },
                offsets,
                weights: packed.weights[weights..].as_ptr(),
                // SAFETY: as above.
                out: unsafe { out.as_mut_ptr().add(output * stride + start) },
                stride,
            };
            // SAFETY: the assertions above cover `size` outputs at all places up to the stride,
            // which all vectors divide.
            unsafe {
                match (size, V::REGISTERS == 32) {
                    (8, true) => tile.row::<V, 8, 3>(end - start),
                    (8, false) => tile.halves::<V, 4, 3>(end - start),
                    (4, true) => tile.row::<V, 4, 6>(end - start),
                    (4, false) => tile.row::<V, 4, 3>(end - start),
                    (2, true) => tile.row::<V, 2, 8>(end - start),
                    (2, false) => tile.row::<V, 2, 5>(end - start),
                    _ => tile.row::<V, 1, 8>(end - start),
                }
            }
            output += size;
        }
    }
}

/// The sums of one block of outputs; all its numbers are in their allocations.
#[derive(Clone, Copy)]
struct Tile<'a> {
    planes: *const f32,
    offsets: &'a [usize],
    weights: *const f32,
    out: *mut f32,
    stride: usize,
}

impl Tile<'_> {
    /// Twice ROWS outputs, whose weights stand together.
    #[inline(always)]
    unsafe fn halves<V: Lanes<Scalar = f32>, const ROWS: usize, const VECTORS: usize>(
        self,
        places: usize,
    ) {
        let second = Tile {
            weights: self.weights.wrapping_add(ROWS),
            out: self.out.wrapping_add(ROWS * self.stride),
            ..self
        };
        // SAFETY: the caller's block has 2 ROWS outputs.
        unsafe {
            self.strip::<V, ROWS, VECTORS>(places, 2 * ROWS);
            second.strip::<V, ROWS, VECTORS>(places, 2 * ROWS);
        }
    }

    #[inline(always)]
    unsafe fn row<V: Lanes<Scalar = f32>, const ROWS: usize, const VECTORS: usize>(
        self,
        places: usize,
    ) {
        // SAFETY: the caller's block has ROWS outputs.
        unsafe { self.strip::<V, ROWS, VECTORS>(places, ROWS) };
    }

    /// All places from the first one on, weights of one tap `step` apart.
    #[inline(always)]
    unsafe fn strip<V: Lanes<Scalar = f32>, const ROWS: usize, const VECTORS: usize>(
        self,
        places: usize,
        step: usize,
    ) {
        let mut place = 0;
        // SAFETY: tiles end at `places` at the latest, which the caller vouches for.
        unsafe {
            while place + VECTORS * V::COUNT <= places {
                self.tile::<V, ROWS, VECTORS>(place, step);
                place += VECTORS * V::COUNT;
            }
            while place + 2 * V::COUNT <= places {
                self.tile::<V, ROWS, 2>(place, step);
                place += 2 * V::COUNT;
            }
            while place < places {
                self.tile::<V, ROWS, 1>(place, step);
                place += V::COUNT;
            }
        }
    }

    #[inline(always)]
    unsafe fn tile<V: Lanes<Scalar = f32>, const ROWS: usize, const VECTORS: usize>(
        self,
        place: usize,
        step: usize,
    ) {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        let planes = self.planes.wrapping_add(place);
        let mut weights = self.weights;
        // SAFETY: the caller vouches for ROWS outputs and VECTORS vectors from `place` on.
        unsafe {
            for &offset in self.offsets {
                let from = planes.add(offset);
                let mut right = [V::splat(0.0); VECTORS];
                for (vector, right) in right.iter_mut().enumerate() {
                    *right = V::load(from.add(vector * V::COUNT));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let left = V::splat(*weights.add(row));
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = left.mul_add(right, *sum);
                    }
                }
                weights = weights.wrapping_add(step);
            }
            for (row, sums) in sums.iter().enumerate() {
                let to = self.out.add(row * self.stride + place);
                for (vector, sum) in sums.iter().enumerate() {
                    sum.store(to.add(vector * V::COUNT));
                }
            }
        }
    }
}
