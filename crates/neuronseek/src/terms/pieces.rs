//! Products of projections: `t = sum_r prod_m p_{m,r}` and its derivatives.

use super::lanes::{Lanes, Real};
use super::path::{Kernel, with_order};

/// Where the pieces of one order stand.
///
/// There are `sums * rank` pieces; piece j belongs to sum `j / rank`. Projection m of piece j is
/// row `m * sums * rank + j` of the group's projections, sum s is row s of its values; every row
/// has `capacity` numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct PieceRows {
    pub order: usize,
    pub sums: usize,
    pub rank: usize,
    pub capacity: usize,
}

impl PieceRows {
    fn pieces(self) -> usize {
        self.sums * self.rank
    }

    #[inline(always)]
    fn check<V: Lanes>(self, projections: usize, values: usize) {
        assert!(self.order * self.pieces() * self.capacity <= projections);
        assert!(self.sums * self.capacity <= values);
        assert!(self.capacity.is_multiple_of(V::COUNT));
    }
}

/// Each sum over its pieces of the product of a piece's projections.
pub(super) struct PieceValues<'a, T> {
    pub rows: PieceRows,
    pub projections: &'a [T],
    pub values: &'a mut [T],
}

impl<T: Real> Kernel<T> for PieceValues<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        self.rows
            .check::<V>(self.projections.len(), self.values.len());
        with_order!(self.rows.order, piece_values::<V>(self));
    }
}

#[inline(always)]
fn piece_values<V: Lanes, const K: usize>(work: PieceValues<'_, V::Scalar>) {
    let PieceRows { rank, capacity, .. } = work.rows;
    let factor = work.rows.pieces() * capacity;
    for sum in 0..work.rows.sums {
        for row in (0..capacity).step_by(V::COUNT) {
            let mut total = V::splat(V::Scalar::default());
            for piece in sum * rank..(sum + 1) * rank {
                // SAFETY: `check` has seen K rows per piece and a row per sum inside the slices.
                unsafe {
                    let first = work.projections.as_ptr().add(piece * capacity + row);
                    let mut product = V::load(first);
                    for m in 1..K {
                        product = product.mul(V::load(first.add(m * factor)));
                    }
                    total = total.add(product);
                }
            }
            // SAFETY: as above.
            unsafe { total.store(work.values.as_mut_ptr().add(sum * capacity + row)) };
        }
    }
}

/// Replaces projections by the derivatives with respect to them:
/// `dp_m = dt * prod_{l != m} p_l`.
pub(super) struct PieceGradients<'a, T> {
    pub rows: PieceRows,
    pub projections: &'a mut [T],
    /// sums x capacity
    pub derivatives: &'a [T],
}

impl<T: Real> Kernel<T> for PieceGradients<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        self.rows
            .check::<V>(self.projections.len(), self.derivatives.len());
        with_order!(self.rows.order, piece_gradients::<V>(self));
    }
}

#[inline(always)]
fn piece_gradients<V: Lanes, const K: usize>(work: PieceGradients<'_, V::Scalar>) {
    let PieceRows { rank, capacity, .. } = work.rows;
    let factor = work.rows.pieces() * capacity;
    for piece in 0..work.rows.pieces() {
        for row in (0..capacity).step_by(V::COUNT) {
            // SAFETY: `check` has seen K rows per piece and a row per sum inside the slices.
            unsafe {
                let first = work.projections.as_mut_ptr().add(piece * capacity + row);
                let derivative = work.derivatives.as_ptr();
                let mut before = V::load(derivative.add(piece / rank * capacity + row));
                let mut projections = [before; K];
                let mut left = [before; K];
                for m in 0..K {
                    projections[m] = V::load(first.add(m * factor));
                    left[m] = before;
                    before = before.mul(projections[m]);
                }
                let mut after = projections[K - 1];
                left[K - 1].store(first.add((K - 1) * factor));
                for m in (0..K - 1).rev() {
                    left[m].mul(after).store(first.add(m * factor));
                    after = after.mul(projections[m]);
                }
            }
        }
    }
}
