//! The inner loops over rows: weighted cross products and combinations of columns.
//!
//! One body, compiled for AVX-512, for AVX2 with FMA, and for any processor; the path is chosen
//! at run time. All paths sum rows in the same fixed order: eight lanes by row number modulo
//! eight inside a block of [`BLOCK`] rows, the lanes folded in halves at the end of a block, the
//! blocks in order. AVX-512 and AVX2 therefore agree to the last bit; the portable path rounds
//! products before it adds them and agrees to a few units in the last place of the largest
//! summand. A general matrix product was rejected: it would need a scaled copy of the inputs per
//! factor, and the matrices here (10 x 10 over thousands of rows) are too small for it to be fast.

use super::columns::{BLOCK, Columns};
use super::lanes::{Eight, Plain};

/// Rows are handled in groups of this many.
pub(super) const LANES: usize = 8;

/// Which instructions the inner loops use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Level {
    /// All levels that this processor can run, fastest first.
    pub fn available() -> Vec<Level> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx512f") {
                levels.push(Level::Avx512);
            }
            if std::arch::is_x86_feature_detected!("avx2")
                && std::arch::is_x86_feature_detected!("fma")
            {
                levels.push(Level::Avx2);
            }
        }
        levels.push(Level::Portable);
        levels
    }

    /// The fastest level that this processor can run.
    pub fn detect() -> Level {
        Level::available()[0]
    }
}

/// `sum_i v_i a_i b_i^T`, row-major `a.count() x b.count()`: `v` has one value per padded row.
pub(super) fn cross(level: Level, a: &Columns, v: &[f64], b: &Columns) -> Vec<f64> {
    assert!(a.padded() == v.len() && b.padded() == v.len(), "rows");
    let mut sums = vec![0.0; a.count() * b.count()];
    dispatch(level, a, v, b, false, &mut sums);
    sums
}

/// `sum_i v_i a_i a_i^T`, row-major and symmetric to the bit.
pub(super) fn gram(level: Level, a: &Columns, v: &[f64]) -> Vec<f64> {
    assert!(a.padded() == v.len(), "rows");
    let count = a.count();
    let mut sums = vec![0.0; count * count];
    dispatch(level, a, v, a, true, &mut sums);
    for row in 0..count {
        for column in 0..row {
            sums[row * count + column] = sums[column * count + row];
        }
    }
    sums
}

/// `out_i = sum_d weights_d a_id`.
pub(super) fn combine(level: Level, a: &Columns, weights: &[f64], out: &mut [f64]) {
    assert!(
        a.padded() == out.len() && a.count() == weights.len(),
        "sizes"
    );
    match level {
        // SAFETY: the level was found by run-time detection; the sizes were checked above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::combine_avx512(a, weights, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::combine_avx2(a, weights, out) },
        // SAFETY: the sizes were checked above.
        Level::Portable => unsafe { combine_body::<Plain>(a, weights, out) },
    }
}

fn dispatch(level: Level, a: &Columns, v: &[f64], b: &Columns, upper: bool, sums: &mut [f64]) {
    match level {
        // SAFETY: the level was found by run-time detection; the callers checked the sizes.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { x86::cross_avx512(a, v, b, upper, sums) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { x86::cross_avx2(a, v, b, upper, sums) },
        // SAFETY: the callers checked the sizes.
        Level::Portable => unsafe { cross_body::<Plain>(a, v, b, upper, sums) },
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::lanes::{Ymm, Zmm};
    use super::{Columns, combine_body, cross_body};

    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn cross_avx512(
        a: &Columns,
        v: &[f64],
        b: &Columns,
        upper: bool,
        sums: &mut [f64],
    ) {
        // SAFETY: this function's feature; the caller checked the sizes.
        unsafe { cross_body::<Zmm>(a, v, b, upper, sums) }
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn cross_avx2(
        a: &Columns,
        v: &[f64],
        b: &Columns,
        upper: bool,
        sums: &mut [f64],
    ) {
        // SAFETY: this function's features; the caller checked the sizes.
        unsafe { cross_body::<Ymm>(a, v, b, upper, sums) }
    }

    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn combine_avx512(a: &Columns, weights: &[f64], out: &mut [f64]) {
        // SAFETY: this function's feature; the caller checked the sizes.
        unsafe { combine_body::<Zmm>(a, weights, out) }
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn combine_avx2(a: &Columns, weights: &[f64], out: &mut [f64]) {
        // SAFETY: this function's features; the caller checked the sizes.
        unsafe { combine_body::<Ymm>(a, weights, out) }
    }
}

/// The first column of each tile and the end: as few tiles as fit, of nearly equal width.
fn tile_edges(count: usize, tile: usize) -> Vec<usize> {
    let tiles = count.div_ceil(tile);
    (0..=tiles)
        .map(|index| index * count / tiles.max(1))
        .collect()
}

/// A stretch of columns inside one block of rows.
#[derive(Clone, Copy)]
struct Strip {
    first: *const f64,
    columns: usize,
}

/// # Safety
/// The processor has the instructions of `L`; `a`, `b` and `v` have the same padded rows, a
/// multiple of eight, and `sums` has `a.count() * b.count()` numbers.
#[inline(always)]
unsafe fn cross_body<L: Eight>(a: &Columns, v: &[f64], b: &Columns, upper: bool, sums: &mut [f64]) {
    let (edges_a, edges_b) = (
        tile_edges(a.count(), L::TILE),
        tile_edges(b.count(), L::TILE),
    );
    for start in (0..v.len()).step_by(BLOCK) {
        let length = BLOCK.min(v.len() - start);
        let (block_a, block_b) = (a.block(start, length), b.block(start, length));
        let weights = v[start..start + length].as_ptr();
        for (tile_a, edge_a) in edges_a.windows(2).enumerate() {
            let left = Strip {
                first: block_a[edge_a[0] * length..].as_ptr(),
                columns: edge_a[1] - edge_a[0],
            };
            let from = if upper { tile_a } else { 0 };
            for edge_b in edges_b[from..].windows(2) {
                let right = Strip {
                    first: block_b[edge_b[0] * length..].as_ptr(),
                    columns: edge_b[1] - edge_b[0],
                };
                let out = &mut sums[edge_a[0] * b.count() + edge_b[0]..];
                // SAFETY: both strips lie inside their blocks, `weights` has `length` numbers.
                unsafe { any_tile::<L>(left, right, weights, length, (out, b.count())) };
            }
        }
    }
}

/// # Safety
/// As [`tile`].
#[inline(always)]
unsafe fn any_tile<L: Eight>(
    a: Strip,
    b: Strip,
    v: *const f64,
    length: usize,
    out: (&mut [f64], usize),
) {
    // SAFETY: the caller's contract, with the strips' true widths.
    unsafe {
        match a.columns {
            1 => any_width::<L, 1>(a, b, v, length, out),
            2 => any_width::<L, 2>(a, b, v, length, out),
            3 if L::TILE >= 3 => any_width::<L, 3>(a, b, v, length, out),
            4 if L::TILE >= 4 => any_width::<L, 4>(a, b, v, length, out),
            5 if L::TILE >= 5 => any_width::<L, 5>(a, b, v, length, out),
            _ => unreachable!("a tile is never wider than TILE"),
        }
    }
}

/// # Safety
/// As [`tile`].
#[inline(always)]
unsafe fn any_width<L: Eight, const A: usize>(
    a: Strip,
    b: Strip,
    v: *const f64,
    length: usize,
    out: (&mut [f64], usize),
) {
    let (a, right) = (a.first, b.first);
    // SAFETY: the caller's contract, with the strips' true widths.
    unsafe {
        match b.columns {
            1 => tile::<L, A, 1>(a, right, v, length, out),
            2 => tile::<L, A, 2>(a, right, v, length, out),
            3 if L::TILE >= 3 => tile::<L, A, 3>(a, right, v, length, out),
            4 if L::TILE >= 4 => tile::<L, A, 4>(a, right, v, length, out),
            5 if L::TILE >= 5 => tile::<L, A, 5>(a, right, v, length, out),
            _ => unreachable!("a tile is never wider than TILE"),
        }
    }
}

/// Adds the cross products of A columns with B columns over one block.
///
/// # Safety
/// `a` points to A columns of `length` numbers each, `b` to B such columns, `v` to `length`
/// numbers; `length` is a multiple of eight; the processor has the instructions of `L`.
#[inline(always)]
unsafe fn tile<L: Eight, const A: usize, const B: usize>(
    a: *const f64,
    b: *const f64,
    v: *const f64,
    length: usize,
    (out, stride): (&mut [f64], usize),
) {
    // SAFETY: every pointer stays inside the columns by the contract.
    unsafe {
        let mut sums = [[L::splat(0.0); B]; A];
        for row in (0..length).step_by(LANES) {
            let weight = L::load(v.add(row));
            let mut left = [weight; A];
            for (column, left) in left.iter_mut().enumerate() {
                *left = left.times(L::load(a.add(column * length + row)));
            }
            for column in 0..B {
                let right = L::load(b.add(column * length + row));
                for (sums, left) in sums.iter_mut().zip(left) {
                    sums[column] = sums[column].plus(left, right);
                }
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (column, sum) in sums.iter().enumerate() {
                out[row * stride + column] += sum.fold();
            }
        }
    }
}

/// # Safety
/// The processor has the instructions of `L`; `out` has `a.padded()` numbers, a multiple of
/// eight, and `weights` has `a.count()`.
#[inline(always)]
unsafe fn combine_body<L: Eight>(a: &Columns, weights: &[f64], out: &mut [f64]) {
    for start in (0..out.len()).step_by(BLOCK) {
        let length = BLOCK.min(out.len() - start);
        let block = a.block(start, length).as_ptr();
        let to = out[start..start + length].as_mut_ptr();
        let mut row = 0;
        // SAFETY: rows below `length` of the block's columns, a multiple of eight.
        unsafe {
            while row + 4 * LANES <= length {
                combine_rows::<L, 4>(block, weights, (length, row), to);
                row += 4 * LANES;
            }
            while row < length {
                combine_rows::<L, 1>(block, weights, (length, row), to);
                row += LANES;
            }
        }
    }
}

/// # Safety
/// `block` points to `weights.len()` columns of `length` numbers; rows `row .. row + 8 * R` exist.
#[inline(always)]
unsafe fn combine_rows<L: Eight, const R: usize>(
    block: *const f64,
    weights: &[f64],
    (length, row): (usize, usize),
    to: *mut f64,
) {
    // SAFETY: every pointer stays inside the columns by the contract.
    unsafe {
        let mut sums = [L::splat(0.0); R];
        for (column, &weight) in weights.iter().enumerate() {
            let weight = L::splat(weight);
            let from = block.add(column * length + row);
            for (index, sum) in sums.iter_mut().enumerate() {
                *sum = sum.plus(L::load(from.add(index * LANES)), weight);
            }
        }
        for (index, sum) in sums.iter().enumerate() {
            sum.store(to.add(row + index * LANES));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: usize, count: usize, shift: f64) -> Columns {
        Columns::from_fn(rows, count, |row, column| {
            ((row * 31 + column * 17) as f64 * 0.37 + shift).sin()
        })
    }

    #[test]
    fn every_path_agrees_with_plain_sums() {
        for (rows, left, right) in [(1, 1, 1), (7, 3, 2), (300, 10, 11), (700, 7, 23)] {
            let (a, b) = (columns(rows, left, 0.1), columns(rows, right, 0.7));
            let mut v = vec![0.0; a.padded()];
            for (row, v) in v.iter_mut().enumerate().take(rows) {
                *v = (row as f64 * 0.11).cos();
            }
            for level in Level::available() {
                let sums = cross(level, &a, &v, &b);
                let square = gram(level, &a, &v);
                for i in 0..left {
                    let column = a.column(i);
                    for j in 0..right {
                        let other = b.column(j);
                        let plain: f64 = (0..rows).map(|r| v[r] * column[r] * other[r]).sum();
                        assert!((sums[i * right + j] - plain).abs() < 1e-12 * rows as f64);
                    }
                    for j in 0..left {
                        let other = a.column(j);
                        let plain: f64 = (0..rows).map(|r| v[r] * column[r] * other[r]).sum();
                        assert!((square[i * left + j] - plain).abs() < 1e-12 * rows as f64);
                    }
                }
                let weights: Vec<f64> = (0..left).map(|d| 1.0 - 0.3 * d as f64).collect();
                let mut out = vec![0.0; a.padded()];
                combine(level, &a, &weights, &mut out);
                for (row, out) in out.iter().enumerate().take(rows) {
                    let plain: f64 = (0..left).map(|d| weights[d] * a.column(d)[row]).sum();
                    assert!((out - plain).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn avx512_and_avx2_agree_to_the_bit() {
        let levels = Level::available();
        if !levels.contains(&Level::Avx512) || !levels.contains(&Level::Avx2) {
            return;
        }
        let (a, b) = (columns(999, 13, 0.1), columns(999, 9, 0.7));
        let v: Vec<f64> = (0..a.padded()).map(|row| (row as f64).sin()).collect();
        assert_eq!(
            cross(Level::Avx512, &a, &v, &b),
            cross(Level::Avx2, &a, &v, &b)
        );
        let weights = vec![0.3; 13];
        let (mut first, mut second) = (vec![0.0; a.padded()], vec![0.0; a.padded()]);
        combine(Level::Avx512, &a, &weights, &mut first);
        combine(Level::Avx2, &a, &weights, &mut second);
        assert_eq!(first, second);
    }
}
