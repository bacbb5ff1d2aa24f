use thiserror::Error;

/// A matrix is not positive definite as far as double precision can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the matrix is not positive definite: pivot {pivot} of {size} is not above rounding error")]
pub struct NotPositiveDefinite {
    /// The first row whose pivot failed, from 0.
    pub pivot: usize,
    /// The number of rows.
    pub size: usize,
}

/// The Cholesky factor `A = L L'` of a small symmetric positive definite matrix.
///
/// The factor overwrites the buffer it is given, and [`Cholesky::into_buffer`] hands that buffer
/// back, so that a loop of many solves allocates nothing. All sums run in a fixed order.
#[derive(Debug, Clone, PartialEq)]
pub struct Cholesky {
    size: usize,
    /// `size x size`, row after row; the upper triangle is whatever the caller left there.
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factors `matrix`, `size x size` row after row, of which the lower triangle alone is read.
    ///
    /// A pivot counts as positive when it is above `size * epsilon` times the diagonal element it
    /// started from: what is smaller is rounding error of the subtraction.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] at the first pivot that is not, NaN included.
    ///
    /// # Panics
    /// When `matrix` does not have `size * size` elements.
    pub fn factor(matrix: Vec<f64>, size: usize) -> Result<Cholesky, NotPositiveDefinite> {
        assert_eq!(matrix.len(), size * size, "elements of the matrix");
        let mut lower = matrix;
        let tolerance = size as f64 * f64::EPSILON;
        for i in 0..size {
            let (above, rest) = lower.split_at_mut(i * size);
            let row = &mut rest[..size];
            for j in 0..i {
                let other = &above[j * size..j * size + j + 1];
                row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
            }
            let diagonal = row[i];
            let pivot = diagonal - dot(&row[..i], &row[..i]);
            // `<=` would let NaN through.
            if !(pivot > tolerance * diagonal && pivot.is_finite()) {
                return Err(NotPositiveDefinite { pivot: i, size });
            }
            row[i] = pivot.sqrt();
        }
        Ok(Cholesky { size, lower })
    }

    /// Overwrites `right` (`size` elements) with the solution of `A x = right`.
    pub fn solve(&self, right: &mut [f64]) {
        let n = self.size;
        for i in 0..n {
            let row = &self.lower[i * n..i * n + i + 1];
            right[i] = (right[i] - dot(&row[..i], &right[..i])) / row[i];
        }
        for i in (0..n).rev() {
            let row = &self.lower[i * n..i * n + i + 1];
            right[i] /= row[i];
            let value = right[i];
            for (right, factor) in right[..i].iter_mut().zip(row) {
                *right -= factor * value;
            }
        }
    }

    /// The diagonal of the inverse of `A`, at a cost of about half a factorisation.
    pub fn inverse_diagonal(&self) -> Vec<f64> {
        let n = self.size;
        let mut diagonal = vec![0.0; n];
        // Column j of L^-1 starts at row j; the inverse is (L^-1)' L^-1.
        let mut column = vec![0.0; n];
        for j in 0..n {
            column[j] = 1.0 / self.lower[j * n + j];
            for i in j + 1..n {
                let row = &self.lower[i * n..i * n + i + 1];
                column[i] = -dot(&row[j..i], &column[j..i]) / row[i];
            }
            diagonal[j] = dot(&column[j..], &column[j..]);
        }
        diagonal
    }

    /// The natural logarithm of the determinant of `A`.
    pub fn log_determinant(&self) -> f64 {
        (0..self.size)
            .map(|i| 2.0 * self.lower[i * self.size + i].ln())
            .sum()
    }

    /// The buffer that [`Cholesky::factor`] was given, to be used again.
    pub fn into_buffer(self) -> Vec<f64> {
        self.lower
    }
}

/// The inner product, in eight interleaved partial sums that a compiler can keep in vectors.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (left_chunks, right_chunks) = (left.chunks_exact(8), right.chunks_exact(8));
    let (left_rest, right_rest) = (left_chunks.remainder(), right_chunks.remainder());
    for (left, right) in left_chunks.zip(right_chunks) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    for ((sum, left), right) in sums.iter_mut().zip(left_rest).zip(right_rest) {
        *sum += left * right;
    }
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `B B' + n I` for a fixed `B` without symmetry, and so positive definite.
    fn positive_definite(n: usize) -> Vec<f64> {
        let b: Vec<f64> = (0..n * n)
            .map(|i| ((i * 7919 + 13) % 101) as f64 / 50.0 - 1.0)
            .collect();
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                a[i * n + j] = (0..n).map(|k| b[i * n + k] * b[j * n + k]).sum();
            }
            a[i * n + i] += n as f64 * 0.1;
        }
        a
    }

    #[test]
    fn factors_a_matrix_with_a_known_factor() {
        // L = [[2, 0], [3, 4]]
        let cholesky = Cholesky::factor(vec![4.0, 99.0, 6.0, 25.0], 2).unwrap();
        assert_eq!(cholesky.lower, vec![2.0, 99.0, 3.0, 4.0]);
        assert!((cholesky.log_determinant() - 64f64.ln()).abs() < 1e-14);
    }

    #[test]
    fn solves_and_inverts_at_sizes_around_the_chunk() {
        for n in [1, 2, 7, 8, 9, 17, 40] {
            let a = positive_definite(n);
            let truth: Vec<f64> = (0..n).map(|i| i as f64 - 2.5).collect();
            let mut x: Vec<f64> = (0..n)
                .map(|i| dot(&a[i * n..(i + 1) * n], &truth))
                .collect();
            let cholesky = Cholesky::factor(a, n).unwrap();
            cholesky.solve(&mut x);
            for (x, truth) in x.iter().zip(&truth) {
                assert!((x - truth).abs() < 1e-9, "{n}: {x} {truth}");
            }
            for (j, diagonal) in cholesky.inverse_diagonal().iter().enumerate() {
                let mut unit = vec![0.0; n];
                unit[j] = 1.0;
                cholesky.solve(&mut unit);
                assert!((diagonal - unit[j]).abs() < 1e-10 * diagonal.abs());
            }
        }
    }

    #[test]
    fn refuses_indefinite_singular_and_nan() {
        let refused = |matrix: Vec<f64>| Cholesky::factor(matrix, 2).unwrap_err().pivot;
        assert_eq!(refused(vec![1.0, 0.0, 2.0, 1.0]), 1);
        assert_eq!(refused(vec![1.0, 0.0, 1.0, 1.0]), 1);
        assert_eq!(refused(vec![0.0, 0.0, 0.0, 1.0]), 0);
        assert_eq!(refused(vec![f64::NAN, 0.0, 0.0, 1.0]), 0);
        assert_eq!(refused(vec![1.0, 0.0, f64::NAN, 1.0]), 1);
        // Singular but for rounding.
        let third = 1.0 / 3.0;
        assert_eq!(refused(vec![third * third, 0.0, third * 0.1, 0.1 * 0.1]), 1);
    }
}
