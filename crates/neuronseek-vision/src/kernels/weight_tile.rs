//! Sums over places with vectors over outputs, the inner loops of a weight gradient.

use neuronseek::terms::Lanes;

/// Some rows of one image and group; all its numbers are in their allocations.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    pub planes: *const f32,
    /// From one place to the next one below and to the right, in the planes.
    pub read: [usize; 2],
    pub offsets: &'a [usize],
    /// rows x columns x width
    pub gradient: *const f32,
    pub rows: usize,
    pub columns: usize,
    /// taps x width
    pub sums: *mut f32,
    pub width: usize,
}

impl Tile<'_> {
    /// Adds the products of all taps and outputs.
    ///
    /// # Safety
    /// The planes have all places at every offset, the gradient rows x columns x width numbers and
    /// the sums taps x width; vectors divide the width.
    #[inline(always)]
    pub unsafe fn all<V: Lanes<Scalar = f32>>(self) {
        let vectors = self.width / V::COUNT;
        let mut vector = 0;
        while vector < vectors {
            let output = vector * V::COUNT;
            // SAFETY: vectors end at the width.
            unsafe {
                match (vectors - vector, V::REGISTERS == 32) {
                    (1, true) => self.taps::<V, 8, 1, 2>(output),
                    (2, true) => self.taps::<V, 9, 2, 1>(output),
                    (3, true) => self.taps::<V, 8, 3, 1>(output),
                    (_, true) => self.taps::<V, 6, 4, 1>(output),
                    (1, false) => self.taps::<V, 8, 1, 4>(output),
                    (_, false) => self.taps::<V, 6, 2, 1>(output),
                }
            }
            vector += (vectors - vector).min(if V::REGISTERS == 32 { 4 } else { 2 });
        }
    }

    /// All taps of VECTORS vectors of outputs, ROWS at a time. The last ROWS overlap those before
    /// them, and only what is missing is added.
    #[inline(always)]
    unsafe fn taps<
        V: Lanes<Scalar = f32>,
        const ROWS: usize,
        const VECTORS: usize,
        const TOGETHER: usize,
    >(
        self,
        output: usize,
    ) {
        let depth = self.offsets.len();
        // SAFETY: blocks end at the depth; the caller vouches for the vectors.
        unsafe {
            if depth >= ROWS {
                let mut tap = 0;
                while tap < depth {
                    let first = tap.min(depth - ROWS);
                    self.block::<V, ROWS, VECTORS, TOGETHER>(first, tap - first, output);
                    tap = first + ROWS;
                }
            } else {
                for tap in 0..depth {
                    self.block::<V, 1, VECTORS, TOGETHER>(tap, 0, output);
                }
            }
        }
    }

    /// Sums of ROWS taps from `first` on, of which the first `done` are not added; TOGETHER
    /// places share the taps' addresses.
    #[inline(always)]
    unsafe fn block<
        V: Lanes<Scalar = f32>,
        const ROWS: usize,
        const VECTORS: usize,
        const TOGETHER: usize,
    >(
        self,
        first: usize,
        done: usize,
        output: usize,
    ) {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        let mut starts = [self.planes; ROWS];
        for (start, offset) in starts.iter_mut().zip(&self.offsets[first..first + ROWS]) {
            *start = start.wrapping_add(*offset);
        }
        let mut right = self.gradient.wrapping_add(output);
        // SAFETY: the caller vouches for all places of the rows at every tap, for VECTORS vectors
        // of each, and for the sums.
        unsafe {
            for row in 0..self.rows {
                let left = row * self.read[0];
                let whole = self.columns / TOGETHER * TOGETHER;
                for column in (0..whole).step_by(TOGETHER) {
                    step::<V, ROWS, VECTORS, TOGETHER>(
                        &starts,
                        (left + column * self.read[1], self.read[1]),
                        (right, self.width),
                        &mut sums,
                    );
                    right = right.wrapping_add(TOGETHER * self.width);
                }
                for column in whole..self.columns {
                    step::<V, ROWS, VECTORS, 1>(
                        &starts,
                        (left + column * self.read[1], self.read[1]),
                        (right, self.width),
                        &mut sums,
                    );
                    right = right.wrapping_add(self.width);
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                // No `skip`: a first row known only at run time would keep the sums in memory.
                if row < done {
                    continue;
                }
                for (vector, sum) in sums.iter().enumerate() {
                    let at = (first + row) * self.width + output + vector * V::COUNT;
                    let to = self.sums.add(at);
                    sum.add(V::load(to)).store(to);
                }
            }
        }
    }
}

/// Adds the products of TOGETHER places.
///
/// # Safety
/// The starts are valid at the places, `step` apart, and the gradient's rows, `right.1` apart, for VECTORS
/// vectors.
#[inline(always)]
unsafe fn step<
    V: Lanes<Scalar = f32>,
    const ROWS: usize,
    const VECTORS: usize,
    const TOGETHER: usize,
>(
    starts: &[*const f32; ROWS],
    (place, step): (usize, usize),
    right: (*const f32, usize),
    sums: &mut [[V; VECTORS]; ROWS],
) {
    let mut factors = [[V::splat(0.0); VECTORS]; TOGETHER];
    // SAFETY: the caller vouches for it.
    unsafe {
        for (index, factors) in factors.iter_mut().enumerate() {
            for (vector, factor) in factors.iter_mut().enumerate() {
                *factor = V::load(right.0.add(index * right.1 + vector * V::COUNT));
            }
        }
        for (start, sums) in starts.iter().zip(sums) {
            for (index, factors) in factors.iter().enumerate() {
                let left = V::splat(*start.add(place + index * step));
                for (sum, factor) in sums.iter_mut().zip(factors) {
                    *sum = left.mul_add(*factor, *sum);
                }
            }
        }
    }
}
