//! Small dense algebra: a Cholesky factorisation that drops dependent columns, and the
//! eigenvectors of a symmetric matrix.

/// A lower Cholesky factor of a symmetric matrix, columns that depend on earlier ones left out.
pub(super) struct Cholesky {
    size: usize,
    /// Row-major; zero rows and columns where dropped.
    lower: Vec<f64>,
    /// Whether a column is independent of those before it.
    pub kept: Vec<bool>,
}

impl Cholesky {
    /// Factorises `matrix` (row-major, `size x size`, positive semidefinite). A column whose part
    /// that is orthogonal to the earlier ones has less than `tolerance` of its squared length is
    /// dropped: its unknown is 0 in every solution.
    pub fn new(matrix: &[f64], size: usize, tolerance: f64) -> Cholesky {
        let mut lower = vec![0.0; size * size];
        let mut kept = vec![false; size];
        for row in 0..size {
            let (above, rest) = lower.split_at_mut(row * size);
            let current = &mut rest[..size];
            for column in 0..row {
                if kept[column] {
                    let other = &above[column * size..][..size];
                    let sum =
                        matrix[row * size + column] - dot(&current[..column], &other[..column]);
                    current[column] = sum / other[column];
                }
            }
            let diagonal = matrix[row * size + row];
            let pivot = diagonal - dot(&current[..row], &current[..row]);
            if pivot > tolerance * diagonal && pivot > f64::MIN_POSITIVE && pivot.is_finite() {
                current[row] = pivot.sqrt();
                kept[row] = true;
            } else {
                current[..row].fill(0.0);
            }
        }
        Cholesky { size, lower, kept }
    }

    /// Solves `L y = b` in place.
    pub fn forward(&self, b: &mut [f64]) {
        for row in 0..self.size {
            let line = &self.lower[row * self.size..][..self.size];
            b[row] = if self.kept[row] {
                (b[row] - dot(&line[..row], &b[..row])) / line[row]
            } else {
                0.0
            };
        }
    }

    /// Solves `L^T x = y` in place.
    pub fn backward(&self, y: &mut [f64]) {
        for row in (0..self.size).rev() {
            if !self.kept[row] {
                y[row] = 0.0;
                continue;
            }
            let line = &self.lower[row * self.size..][..=row];
            y[row] /= line[row];
            let value = y[row];
            for (y, l) in y.iter_mut().zip(&line[..row]) {
                *y -= l * value;
            }
        }
    }

    /// The solution of `L L^T x = b`.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        self.forward(&mut x);
        self.backward(&mut x);
        x
    }
}

/// The inner product; eight partial sums by position, folded in halves.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0f64; 8];
    let (whole_a, whole_b) = (a.chunks_exact(8), b.chunks_exact(8));
    let mut rest: f64 = 0.0;
    for (a, b) in whole_a.remainder().iter().zip(whole_b.remainder()) {
        rest += a * b;
    }
    for (a, b) in whole_a.zip(whole_b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h)) + rest
}

/// Eigenvalues, descending, and eigenvectors of a symmetric row-major matrix, by cyclic Jacobi
/// rotations: slow for large matrices but accurate, short, and without a choice of shifts.
pub(super) fn eigen(matrix: &[f64], size: usize) -> Vec<(f64, Vec<f64>)> {
    let mut a = matrix.to_vec();
    let mut vectors = vec![0.0; size * size];
    for index in 0..size {
        vectors[index * size + index] = 1.0;
    }
    let scale: f64 = a.iter().map(|value| value * value).sum();
    for _ in 0..30 {
        let off: f64 = (0..size)
            .flat_map(|row| (0..row).map(move |column| (row, column)))
            .map(|(row, column)| a[row * size + column].powi(2))
            .sum();
        if off <= 1e-20 * scale {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                rotate(&mut a, &mut vectors, size, (p, q));
            }
        }
    }
    let mut pairs: Vec<(f64, Vec<f64>)> = (0..size)
        .map(|index| {
            let vector = vectors[index * size..][..size].to_vec();
            (a[index * size + index], vector)
        })
        .collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs
}

/// One Jacobi rotation that makes element (p, q) zero; `vectors` holds eigenvectors as rows.
fn rotate(a: &mut [f64], vectors: &mut [f64], size: usize, (p, q): (usize, usize)) {
    let element = a[p * size + q];
    if element == 0.0 {
        return;
    }
    let theta = (a[q * size + q] - a[p * size + p]) / (2.0 * element);
    let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for index in 0..size {
        let (left, right) = (a[index * size + p], a[index * size + q]);
        a[index * size + p] = cosine * left - sine * right;
        a[index * size + q] = sine * left + cosine * right;
    }
    for matrix in [a, vectors] {
        let (low, high) = matrix.split_at_mut(q * size);
        let rows = low[p * size..][..size].iter_mut().zip(&mut high[..size]);
        for (first, second) in rows {
            let (left, right) = (*first, *second);
            *first = cosine * left - sine * right;
            *second = sine * left + cosine * right;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependent_column_is_dropped() {
        // Columns a, b, a + b.
        let (a, b) = ([1.0, 2.0, 3.0], [0.5, -1.0, 2.0]);
        let columns = [
            a.to_vec(),
            b.to_vec(),
            (0..3).map(|i| a[i] + b[i]).collect(),
        ];
        let mut gram = vec![0.0; 9];
        for i in 0..3 {
            for j in 0..3 {
                gram[i * 3 + j] = dot(&columns[i], &columns[j]);
            }
        }
        let factor = Cholesky::new(&gram, 3, 1e-10);
        assert_eq!(factor.kept, [true, true, false]);
        // 2 a - b
        let right: Vec<f64> = (0..3)
            .map(|i| 2.0 * gram[i * 3] - gram[i * 3 + 1])
            .collect();
        let solution = factor.solve(&right);
        for (found, expected) in solution.iter().zip([2.0, -1.0, 0.0]) {
            assert!((found - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn eigenvectors_rebuild_the_matrix() {
        let size = 9;
        let mut matrix = vec![0.0; size * size];
        for i in 0..size {
            for j in 0..=i {
                let value = ((i * 7 + j * 3) as f64).sin();
                matrix[i * size + j] = value;
                matrix[j * size + i] = value;
            }
        }
        let pairs = eigen(&matrix, size);
        assert!(pairs.windows(2).all(|pair| pair[0].0 >= pair[1].0));
        for i in 0..size {
            for j in 0..size {
                let rebuilt: f64 = pairs.iter().map(|(value, v)| value * v[i] * v[j]).sum();
                assert!((rebuilt - matrix[i * size + j]).abs() < 1e-10);
            }
        }
    }
}
