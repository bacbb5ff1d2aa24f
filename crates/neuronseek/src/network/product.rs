//! Matrix products of a layer.
//!
//! Every batch matrix is features x rows of the batch, row-major: a feature's values lie together.
//! So element-wise passes run over whole blocks, the operand of a product that is long is
//! contiguous, and the small operand (the parameters) may have any strides.

/// `a b`, with `a: m x k` of any strides and `b: k x n` row-major.
pub struct Product<'a, T> {
    /// m, n, k.
    pub shape: [usize; 3],
    /// The left matrix.
    pub a: &'a [T],
    /// Its strides from row to row and from column to column.
    pub strides: [usize; 2],
    /// The right matrix.
    pub b: &'a [T],
    /// Whether the product is added to what `c` holds.
    pub add: bool,
}

/// Sets `c: m x n` (row-major) to the product, or adds the product to it.
///
/// # Panics
/// When a slice is too short for the shape.
pub(crate) fn multiply<T: super::real::Real>(task: Product<'_, T>, c: &mut [T]) {
    let [m, n, k] = task.shape;
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !task.add {
            c[..m * n].fill(T::ZERO);
        }
        return;
    }
    let [row, column] = task.strides;
    assert!(task.a.len() > (m - 1) * row + (k - 1) * column, "left");
    assert!(task.b.len() >= k * n, "right");
    assert!(c.len() >= m * n, "result");
    // SAFETY: the assertions above keep every access of an m x k, a k x n and an m x n matrix of
    // these strides inside its slice, and `c` is borrowed alone.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            n as isize,
            task.add,
            task.a.as_ptr(),
            column as isize,
            row as isize,
            task.b.as_ptr(),
            1,
            n as isize,
            T::ONE,
            T::ONE,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Sets `c: m x n` to `a b^T` with `a: m x k` and `b: n x k`, all row-major.
///
/// # Panics
/// When a slice is too short for the shape.
pub(crate) fn inner_products<T: super::real::Real>(
    [m, n, k]: [usize; 3],
    a: &[T],
    b: &[T],
    c: &mut [T],
) {
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        c[..m * n].fill(T::ZERO);
        return;
    }
    assert!(a.len() >= m * k, "left");
    assert!(b.len() >= n * k, "right");
    assert!(c.len() >= m * n, "result");
    // SAFETY: as in `multiply`.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            n as isize,
            false,
            a.as_ptr(),
            1,
            k as isize,
            b.as_ptr(),
            k as isize,
            1,
            T::ZERO,
            T::ONE,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}
