//! The matrix product for small matrices.
//!
//! A general GEMM packs its operands first, which at 120 x 64 x 10 costs more than the product.
//! Here nothing is packed: the right factor is read in vectors along its rows, the left factor
//! one number at a time, so the left one may have any strides (a transposed matrix is free).

use super::lanes::{Lanes, Real};
use super::path::{CpuPath, Kernel};

/// Depth that is summed in registers before the sums are added to memory: so many rows of the
/// right factor stay in the cache.
const DEPTH_BLOCK: usize = 256;

/// A matrix whose element (i, j) stands at `data[i * row + j * column]`.
#[derive(Debug, Clone, Copy)]
pub struct Strided<'a, T> {
    /// The elements.
    pub data: &'a [T],
    /// From one row to the next.
    pub row: usize,
    /// From one column to the next.
    pub column: usize,
}

impl<'a, T> Strided<'a, T> {
    /// A matrix stored row after row, `stride` elements apart.
    pub fn rows(data: &'a [T], stride: usize) -> Strided<'a, T> {
        Strided {
            data,
            row: stride,
            column: 1,
        }
    }

    /// The transpose of a matrix stored row after row, `stride` elements apart.
    pub fn transposed(data: &'a [T], stride: usize) -> Strided<'a, T> {
        Strided {
            data,
            row: 1,
            column: stride,
        }
    }
}

/// What happens to the old elements of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// They are replaced by the product.
    Replace,
    /// The product is added to them.
    Add,
}

/// `C = A B` or `C += A B` with A `m x k`, B `k x n`, C `m x n` for `[m, k, n] = shape`.
///
/// `b` and `c` are (elements row after row, elements from one row to the next). Fastest where n
/// is a multiple of [`super::PADDING`]. Each element is summed over k in ascending order, 256
/// summands at a time.
///
/// # Panics
/// When a slice is too short for its shape.
pub fn matmul<T: Real>(
    path: CpuPath,
    shape: [usize; 3],
    a: Strided<'_, T>,
    b: (&[T], usize),
    c: (&mut [T], usize),
    write: Write,
) {
    let [m, k, n] = shape;
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if write == Write::Replace {
            for row in 0..m {
                c.0[row * c.1..row * c.1 + n].fill(T::default());
            }
        }
        return;
    }
    assert!((m - 1) * a.row + (k - 1) * a.column < a.data.len(), "left");
    assert!((k - 1) * b.1 + n <= b.0.len(), "right factor");
    assert!((m - 1) * c.1 + n <= c.0.len(), "result");
    path.run(Product {
        shape,
        a,
        b,
        c,
        write,
    });
}

/// What [`affine`] does to the product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finish<'a, T> {
    /// One a row of the result, added to the product.
    pub bias: &'a [T],
    /// Whether results below 0 become 0; a NaN stays one.
    pub rectified: bool,
}

/// `C = A B + bias`, rectified if so wished: the same bits as rows filled with the bias, [`matmul`]
/// that adds to them and a pass over the result, without two of three ways through the cache.
///
/// # Panics
/// When a slice is too short for its shape, or there is nothing to sum.
pub(crate) fn affine<T: Real>(
    path: CpuPath,
    shape: [usize; 3],
    a: Strided<'_, T>,
    b: (&[T], usize),
    c: (&mut [T], usize),
    finish: Finish<'_, T>,
) {
    let [m, k, n] = shape;
    if m == 0 || n == 0 {
        return;
    }
    assert!(k > 0, "depth");
    assert!((m - 1) * a.row + (k - 1) * a.column < a.data.len(), "left");
    assert!((k - 1) * b.1 + n <= b.0.len(), "right factor");
    assert!((m - 1) * c.1 + n <= c.0.len(), "result");
    assert!(m <= finish.bias.len(), "bias");
    if k > DEPTH_BLOCK {
        for (row, &bias) in finish.bias[..m].iter().enumerate() {
            c.0[row * c.1..row * c.1 + n].fill(bias);
        }
        matmul(path, shape, a, b, (&mut *c.0, c.1), Write::Add);
        for row in (0..m).take_while(|_| finish.rectified) {
            let below = c.0[row * c.1..row * c.1 + n].iter_mut();
            let below = below.filter(|value| **value < T::default());
            below.for_each(|value| *value = T::default());
        }
        return;
    }
    path.run(Affine {
        shape,
        a,
        b,
        c,
        finish,
    });
}

struct Product<'a, T> {
    shape: [usize; 3],
    a: Strided<'a, T>,
    b: (&'a [T], usize),
    c: (&'a mut [T], usize),
    write: Write,
}

impl<T: Real> Kernel<T> for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        let [m, k, n] = self.shape;
        let c = self.c.0.as_mut_ptr();
        for depth in (0..k).step_by(DEPTH_BLOCK) {
            // SAFETY: `matmul` has checked that the last element of each factor and of the
            // result lies inside its slice; the offset is that of an element.
            let (a, b) = unsafe {
                (
                    self.a.data.as_ptr().add(depth * self.a.column),
                    self.b.0.as_ptr().add(depth * self.b.1),
                )
            };
            let block = Block {
                m,
                n,
                k: DEPTH_BLOCK.min(k - depth),
                a: (a, self.a.row, self.a.column),
                b: (b, self.b.1),
                c: (c, self.c.1),
                add: depth > 0 || self.write == Write::Add,
                bias: std::ptr::null(),
                rectified: false,
            };
            // SAFETY: the block's elements lie inside the slices, as checked by `matmul`.
            unsafe { block.columns::<V, false>() };
        }
    }
}

struct Affine<'a, T> {
    shape: [usize; 3],
    a: Strided<'a, T>,
    b: (&'a [T], usize),
    c: (&'a mut [T], usize),
    finish: Finish<'a, T>,
}

impl<T: Real> Kernel<T> for Affine<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        let [m, k, n] = self.shape;
        let block = Block {
            m,
            n,
            k,
            a: (self.a.data.as_ptr(), self.a.row, self.a.column),
            b: (self.b.0.as_ptr(), self.b.1),
            c: (self.c.0.as_mut_ptr(), self.c.1),
            add: false,
            bias: self.finish.bias.as_ptr(),
            rectified: self.finish.rectified,
        };
        // SAFETY: the block's elements lie inside the slices and there are m numbers of bias, as
        // checked by `affine`.
        unsafe { block.columns::<V, true>() };
    }
}

/// A product whose elements are all inside their allocations, by whoever made it.
#[derive(Clone, Copy)]
struct Block<T> {
    m: usize,
    n: usize,
    k: usize,
    a: (*const T, usize, usize),
    b: (*const T, usize),
    c: (*mut T, usize),
    add: bool,
    /// Of an affine block: one a row.
    bias: *const T,
    rectified: bool,
}

impl<T: Real> Block<T> {
    /// All of it; AFFINE adds the bias instead of what is stored. (The two are compiled apart: with
    /// both in one loop the sums lie in memory.)
    #[inline(always)]
    unsafe fn columns<V: Lanes<Scalar = T>, const AFFINE: bool>(self) {
        // SAFETY: the caller vouches for the block.
        unsafe {
            if V::REGISTERS == 32 {
                self.columns_wide::<V, AFFINE>();
            } else {
                self.columns_narrow::<V, AFFINE>();
            }
        }
    }

    /// Tiles for 32 registers: 6 x 4, 8 x 3, 12 x 2 and 14 x 1 vectors of sums.
    #[inline(always)]
    unsafe fn columns_wide<V: Lanes<Scalar = T>, const AFFINE: bool>(self) {
        let mut column = 0;
        while column < self.n {
            let left = self.n - column;
            // SAFETY: the panels from `column` on are inside the block.
            unsafe {
                match left.div_ceil(V::COUNT) {
                    1 => self.panel::<V, 14, 1, AFFINE>(column),
                    2 => self.panel::<V, 12, 2, AFFINE>(column),
                    3 => self.panel::<V, 8, 3, AFFINE>(column),
                    _ => self.panel::<V, 6, 4, AFFINE>(column),
                }
            }
            column += left.min(4 * V::COUNT);
        }
    }

    /// Tiles for 16 registers: 6 x 2 and 10 x 1 vectors of sums.
    #[inline(always)]
    unsafe fn columns_narrow<V: Lanes<Scalar = T>, const AFFINE: bool>(self) {
        let mut column = 0;
        while column < self.n {
            let left = self.n - column;
            // SAFETY: the panels from `column` on are inside the block.
            unsafe {
                match left.div_ceil(V::COUNT) {
                    1 => self.panel::<V, 10, 1, AFFINE>(column),
                    _ => self.panel::<V, 6, 2, AFFINE>(column),
                }
            }
            column += left.min(2 * V::COUNT);
        }
    }

    /// All rows of up to VECTORS vectors of columns from `column` on.
    #[inline(always)]
    unsafe fn panel<
        V: Lanes<Scalar = T>,
        const ROWS: usize,
        const VECTORS: usize,
        const AFFINE: bool,
    >(
        self,
        column: usize,
    ) {
        let width = (self.n - column).min(VECTORS * V::COUNT);
        let mut row = 0;
        // SAFETY: rows and columns stay below m and n; where the last vector is not full, the
        // masked tile touches its selected elements alone.
        unsafe {
            if width == VECTORS * V::COUNT {
                while row + ROWS <= self.m {
                    self.tile::<V, ROWS, VECTORS, false, AFFINE>(row, column, V::COUNT);
                    row += ROWS;
                }
                while row < self.m {
                    self.tile::<V, 1, VECTORS, false, AFFINE>(row, column, V::COUNT);
                    row += 1;
                }
            } else {
                let last = width - (VECTORS - 1) * V::COUNT;
                while row + ROWS <= self.m {
                    self.tile::<V, ROWS, VECTORS, true, AFFINE>(row, column, last);
                    row += ROWS;
                }
                while row < self.m {
                    self.tile::<V, 1, VECTORS, true, AFFINE>(row, column, last);
                    row += 1;
                }
            }
        }
    }

    /// ROWS x VECTORS sums in registers; with MASKED the last vector has `last` columns.
    #[inline(always)]
    unsafe fn tile<
        V: Lanes<Scalar = T>,
        const ROWS: usize,
        const VECTORS: usize,
        const MASKED: bool,
        const AFFINE: bool,
    >(
        self,
        row: usize,
        column: usize,
        last: usize,
    ) {
        let mask = V::first(last);
        let masked = |vector: usize| MASKED && vector + 1 == VECTORS;
        // A NaN is not below it.
        let floor = match self.rectified {
            true => V::splat(T::default()),
            false => V::splat(T::from_f64(f64::NEG_INFINITY)),
        };
        let mut sums = [[V::splat(T::default()); VECTORS]; ROWS];
        // SAFETY: the caller keeps `row + ROWS <= m` and the columns below n.
        unsafe {
            let mut a = self.a.0.add(row * self.a.1);
            let mut b = self.b.0.add(column);
            for _ in 0..self.k {
                let mut right = [V::splat(T::default()); VECTORS];
                for (vector, right) in right.iter_mut().enumerate() {
                    let from = b.add(vector * V::COUNT);
                    *right = if masked(vector) {
                        V::load_first(from, mask)
                    } else {
                        V::load(from)
                    };
                }
                for (i, sums) in sums.iter_mut().enumerate() {
                    let left = V::splat(*a.add(i * self.a.1));
                    for (sum, right) in sums.iter_mut().zip(right) {
                        *sum = left.mul_add(right, *sum);
                    }
                }
                // Beyond the last element only after the last round, where nothing is read.
                a = a.wrapping_add(self.a.2);
                b = b.wrapping_add(self.b.1);
            }
            for (i, sums) in sums.iter().enumerate() {
                for (vector, &sum) in sums.iter().enumerate() {
                    let to = self
                        .c
                        .0
                        .add((row + i) * self.c.1 + column + vector * V::COUNT);
                    if AFFINE {
                        let sum = floor.max(sum.add(V::splat(*self.bias.add(row + i))));
                        if masked(vector) {
                            sum.store_first(to, mask);
                        } else {
                            sum.store(to);
                        }
                    } else if masked(vector) {
                        let old = self.old::<V>(V::load_first(to, mask));
                        sum.add(old).store_first(to, mask);
                    } else if self.add {
                        sum.add(V::load(to)).store(to);
                    } else {
                        sum.store(to);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn old<V: Lanes<Scalar = T>>(&self, stored: V) -> V {
        if self.add {
            stored
        } else {
            V::splat(T::default())
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn random<T: Real>(length: usize, rng: &mut ChaCha8Rng) -> Vec<T> {
        (0..length)
            .map(|_| T::from_f64(rng.random_range(-1.0..1.0)))
            .collect()
    }

    fn check<T: Real>(shape: [usize; 3], tolerance: f64) {
        let [m, k, n] = shape;
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let a: Vec<T> = random(m * k, &mut rng);
        let stride = n + 3;
        let b: Vec<T> = random(k * stride, &mut rng);
        let old: Vec<T> = random(m * stride, &mut rng);
        for path in CpuPath::available() {
            for write in [Write::Replace, Write::Add] {
                for transposed in [false, true] {
                    let left = if transposed {
                        Strided::transposed(&a, m)
                    } else {
                        Strided::rows(&a, k)
                    };
                    let mut c = old.clone();
                    matmul(path, shape, left, (&b, stride), (&mut c, stride), write);
                    for i in 0..m {
                        for j in 0..stride {
                            let found = c[i * stride + j].to_f64();
                            let before = old[i * stride + j].to_f64();
                            if j >= n {
                                assert_eq!(found, before, "beyond the row's end");
                                continue;
                            }
                            let product: f64 = (0..k)
                                .map(|p| {
                                    let left = a[i * left.row + p * left.column].to_f64();
                                    left * b[p * stride + j].to_f64()
                                })
                                .sum();
                            let kept = if write == Write::Add { before } else { 0.0 };
                            let error = (found - product - kept).abs();
                            assert!(error < tolerance * (k as f64).sqrt(), "{path:?} {shape:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn equals_the_definition_at_all_sizes() {
        for m in [1, 5, 6, 13, 29] {
            for k in [1, 7, 300] {
                for n in [1, 3, 8, 16, 17, 40, 64, 67] {
                    check::<f32>([m, k, n], 20.0 * f64::from(f32::EPSILON));
                    check::<f64>([m, k, n], 20.0 * f64::EPSILON);
                }
            }
        }
    }

    #[test]
    fn affine_has_the_bits_of_its_three_steps() {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        for (m, k, n) in [
            (1, 5, 16),
            (13, 64, 48),
            (29, 300, 67),
            (7, 600, 64),
            (64, 8, 3),
        ] {
            let a: Vec<f32> = random(k * m, &mut rng);
            let b: Vec<f32> = random(k * n, &mut rng);
            let mut bias: Vec<f32> = random(m, &mut rng);
            bias[0] = f32::NAN;
            let (shape, left) = ([m, k, n], Strided::transposed(&a, m));
            for path in CpuPath::available() {
                for rectified in [false, true] {
                    let rows = bias.iter().flat_map(|bias| vec![*bias; n]);
                    let mut expected: Vec<f32> = rows.collect();
                    matmul(path, shape, left, (&b, n), (&mut expected, n), Write::Add);
                    let below = expected.iter_mut().filter(|value| **value < 0.0);
                    below.filter(|_| rectified).for_each(|value| *value = 0.0);
                    let mut found = vec![7.0; m * n];
                    let bias = &bias;
                    let finish = Finish { bias, rectified };
                    affine(path, shape, left, (&b, n), (&mut found, n), finish);
                    let bits = |values: &[f32]| -> Vec<u32> {
                        values.iter().map(|value| value.to_bits()).collect()
                    };
                    assert_eq!(bits(&found), bits(&expected), "{path:?} {shape:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_to_sum_gives_zero() {
        let mut c = [1.0f32; 4];
        let path = CpuPath::portable();
        matmul(
            path,
            [2, 0, 2],
            Strided::rows(&[], 0),
            (&[], 2),
            (&mut c, 2),
            Write::Replace,
        );
        assert_eq!(c, [0.0; 4]);
    }
}
