//! Sums over taps with vectors over outputs: `out[p, o] = sum over k of planes[offset[k] + p] *
//! weight[k, o]`.
//!
//! Where there are many outputs this beats vectors over places: no place between rows is
//! computed, images may be small, strides cost nothing, and weights are read from aligned vectors.
//! The result has outputs together, so that it is transposed at the end.

use neuronseek::terms::{Buffer, Lanes, PADDING, padded};

/// Bytes of planes that stay in the second cache while all outputs pass over them.
const CACHED: usize = 256 * 1024;

/// Weights that are summed before their sums go to memory: a block of them stays in the second
/// cache.
const DEPTH_BLOCK: usize = 576;

/// Whether vectors over so many outputs are well filled.
pub(super) fn fills_vectors(outputs: usize) -> bool {
    4 * outputs >= 3 * padded(outputs)
}

/// `outputs x depth` weights given by (output, place in the depth) as depth x padded(outputs).
pub(super) fn by_depth(
    outputs: usize,
    depth: usize,
    weight: impl Fn(usize, usize) -> f32,
) -> Buffer<f32> {
    let width = padded(outputs);
    let mut weights = Buffer::zeros(depth * width);
    for (k, row) in weights.chunks_exact_mut(width.max(1)).enumerate() {
        for (output, to) in row[..outputs].iter_mut().enumerate() {
            *to = weight(output, k);
        }
    }
    weights
}

/// Rows of places, evenly spaced in the planes and in the result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub rows: usize,
    pub columns: usize,
    /// From one place to the next one below and to the right, in the planes.
    pub read: [usize; 2],
    /// The first place in the result, and from one to the next one below and to the right.
    pub written: [usize; 3],
    /// Planes' numbers that a row of places reads.
    pub touched: usize,
}

/// Writes the sums of all places; `out` counts padded(outputs) numbers a place.
///
/// Each sum runs over its offsets in ascending order, 576 at a time.
///
/// # Panics
/// When the planes, the weights or the result are too short.
#[inline(always)]
pub(super) fn sum_places<V: Lanes<Scalar = f32>>(
    places: Places,
    planes: &[f32],
    offsets: &[usize],
    weights: &[f32],
    out: &mut [f32],
    width: usize,
) {
    if places.rows == 0 || places.columns == 0 {
        return;
    }
    let end = |[down, right]: [usize; 2]| (places.rows - 1) * down + (places.columns - 1) * right;
    let [first, down, right] = places.written;
    assert!(
        (first + end([down, right]) + 1) * width <= out.len(),
        "sums"
    );
    let last = offsets.iter().max().copied().unwrap_or(0);
    assert!(last + end(places.read) < planes.len(), "planes");
    assert!(offsets.len() * width <= weights.len() && width.is_multiple_of(PADDING));
    let step = (CACHED / size_of::<f32>() / places.touched.max(1)).max(1);
    for row in (0..places.rows).step_by(step) {
        let mut depth = 0;
        loop {
            let end = offsets.len().min(depth + DEPTH_BLOCK);
            let block = Block {
                // SAFETY: the first place of a row and the first weight of a block are inside.
                planes: unsafe { planes.as_ptr().add(row * places.read[0]) },
                offsets: &offsets[depth..end],
                weights: weights[depth * width..].as_ptr(),
                // SAFETY: as above.
                out: unsafe { out.as_mut_ptr().add((first + row * down) * width) },
                places: Places {
                    rows: step.min(places.rows - row),
                    ..places
                },
                width,
                add: depth > 0,
            };
            // SAFETY: the assertions above cover all places, offsets and vectors.
            unsafe { block.all::<V>() };
            depth = end;
            if depth == offsets.len() {
                break;
            }
        }
    }
}

/// Some rows of places and some weights; all its numbers are in their allocations.
#[derive(Clone, Copy)]
struct Block<'a> {
    planes: *const f32,
    offsets: &'a [usize],
    weights: *const f32,
    out: *mut f32,
    places: Places,
    width: usize,
    add: bool,
}

impl Block<'_> {
    #[inline(always)]
    unsafe fn all<V: Lanes<Scalar = f32>>(self) {
        let mut output = 0;
        while output < self.width {
            let vectors = ((self.width - output) / V::COUNT).min(2);
            // SAFETY: vectors end at the width.
            unsafe {
                match (vectors, self.places.read[1], V::REGISTERS == 32) {
                    (1, 1, _) => self.rows::<V, 8, 1, 1>(output),
                    (1, 2, _) => self.rows::<V, 8, 1, 2>(output),
                    (_, 1, true) => self.rows::<V, 8, 2, 1>(output),
                    (_, 2, true) => self.rows::<V, 8, 2, 2>(output),
                    (_, 1, false) => self.rows::<V, 4, 2, 1>(output),
                    (_, 2, false) => self.rows::<V, 4, 2, 2>(output),
                    (1, ..) => self.rows::<V, 4, 1, 0>(output),
                    _ => self.rows::<V, 4, 2, 0>(output),
                }
            }
            output += vectors * V::COUNT;
        }
    }

    /// All rows, TOGETHER places at a time; STEP is the known distance between places, or 0.
    #[inline(always)]
    unsafe fn rows<
        V: Lanes<Scalar = f32>,
        const TOGETHER: usize,
        const VECTORS: usize,
        const STEP: usize,
    >(
        self,
        output: usize,
    ) {
        for row in 0..self.places.rows {
            // SAFETY: tiles end at the row's last place; the caller vouches for the vectors.
            unsafe {
                if self.places.columns >= TOGETHER {
                    self.row::<V, TOGETHER, VECTORS, STEP>(row, output);
                } else if self.places.columns >= 4 {
                    self.row::<V, 4, VECTORS, STEP>(row, output);
                } else {
                    self.row::<V, 1, VECTORS, STEP>(row, output);
                }
            }
        }
    }

    /// One row of at least TOGETHER places. The last tile may overlap the one before, whose
    /// places it computes again.
    #[inline(always)]
    unsafe fn row<
        V: Lanes<Scalar = f32>,
        const TOGETHER: usize,
        const VECTORS: usize,
        const STEP: usize,
    >(
        self,
        row: usize,
        output: usize,
    ) {
        let columns = self.places.columns;
        let mut column = 0;
        while column < columns {
            let first = column.min(columns - TOGETHER);
            // SAFETY: the tile ends at the last column at the latest.
            unsafe {
                self.tile::<V, TOGETHER, VECTORS, STEP>(row, (first, column - first), output);
            }
            column = first + TOGETHER;
        }
    }

    /// Sums of TOGETHER places from `first` on, of which the first `done` are not written.
    #[inline(always)]
    unsafe fn tile<
        V: Lanes<Scalar = f32>,
        const TOGETHER: usize,
        const VECTORS: usize,
        const STEP: usize,
    >(
        self,
        row: usize,
        (first, done): (usize, usize),
        output: usize,
    ) {
        let [down, right] = self.places.read;
        let step = if STEP > 0 { STEP } else { right };
        let from = self.planes.wrapping_add(row * down + first * right);
        let mut weights = self.weights.wrapping_add(output);
        let mut sums = [[V::splat(0.0); VECTORS]; TOGETHER];
        // SAFETY: the caller vouches for all places, weights and vectors.
        unsafe {
            for &offset in self.offsets {
                let from = from.add(offset);
                let mut factors = [V::splat(0.0); VECTORS];
                for (vector, factor) in factors.iter_mut().enumerate() {
                    *factor = V::load(weights.add(vector * V::COUNT));
                }
                for (place, sums) in sums.iter_mut().enumerate() {
                    let left = V::splat(*from.add(place * step));
                    for (sum, factor) in sums.iter_mut().zip(&factors) {
                        *sum = left.mul_add(*factor, *sum);
                    }
                }
                weights = weights.wrapping_add(self.width);
            }
            let [_, down, right] = self.places.written;
            for (place, sums) in sums.iter().enumerate() {
                // No `skip`: a first place known only at run time would keep the sums in memory.
                if place < done {
                    continue;
                }
                let at = (row * down + (first + place) * right) * self.width + output;
                for (vector, sum) in sums.iter().enumerate() {
                    let to = self.out.add(at + vector * V::COUNT);
                    if self.add {
                        sum.add(V::load(to)).store(to);
                    } else {
                        sum.store(to);
                    }
                }
            }
        }
    }
}
