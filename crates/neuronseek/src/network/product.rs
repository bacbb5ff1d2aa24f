//! Matrix products of a layer.
//!
//! Every batch matrix is features x rows of the batch, row-major: a feature's values lie together.
//! So element-wise passes run over whole blocks, the operand of a product that is long is
//! contiguous, and the small operand (the parameters) may have any strides: [`matmul`] needs no
//! packing. Only weight gradients sum over the rows of the batch; for them one operand is transposed
//! first, which costs a few per cent of the product.

use super::passes;
use super::real::Real;
use crate::terms::{CpuPath, Strided, Write, matmul, padded};

/// Sets `c: m x n` to `a b^T` with `a: m x k` and `b: n x k`, all row-major. `scratch` holds at
/// least [`scratch_length`] numbers.
///
/// # Panics
/// When a slice is too short for the shape.
pub(super) fn inner_products<T: Real>(
    path: CpuPath,
    [m, n, k]: [usize; 3],
    (a, b): (&[T], &[T]),
    c: &mut [T],
    scratch: &mut [T],
) {
    if m == 0 || n == 0 {
        return;
    }
    if n == 1 {
        // A vector of sums would hold one column alone.
        return passes::inner_products_with_one(path, &a[..m * k], &b[..k], &mut c[..m]);
    }
    if keeps_order(m, n) {
        let (flipped, _) = scratch.split_at_mut(k * n);
        passes::transpose(path, &b[..n * k], k, flipped);
        let a = Strided::rows(a, k);
        matmul(path, [m, k, n], a, (flipped, n), (c, n), Write::Replace);
    } else {
        let (flipped, rest) = scratch.split_at_mut(k * m);
        let (result, _) = rest.split_at_mut(n * m);
        passes::transpose(path, &a[..m * k], k, flipped);
        let b = Strided::rows(b, k);
        matmul(
            path,
            [n, k, m],
            b,
            (flipped, m),
            (result, m),
            Write::Replace,
        );
        passes::transpose(path, result, m, &mut c[..m * n]);
    }
}

/// Whether `a b^T` is cheaper than the transpose of `b a^T`: the columns of a product are computed
/// in whole vectors.
fn keeps_order(m: usize, n: usize) -> bool {
    m * padded(n) <= n * padded(m)
}

/// How much scratch the shape needs.
pub(super) fn scratch_length([m, n, k]: [usize; 3]) -> usize {
    if keeps_order(m, n) {
        k * n
    } else {
        k * m + n * m
    }
}
