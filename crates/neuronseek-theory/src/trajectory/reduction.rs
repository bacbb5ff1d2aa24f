//! Lattice reduction in doubles (Lenstra, Lenstra and Lovasz), and the nearest plane (Babai).
//!
//! The basis must be well conditioned, as it is here: weights fall step by step, and after each
//! step a basis that was reduced is nearly reduced still. So doubles suffice, where a reduction at
//! once would need the lattice's hundreds of digits.

/// Lovasz' constant.
const DELTA: f64 = 0.99;

/// A basis in rows, with what has been done to it.
pub(super) struct Basis {
    pub rows: Vec<Vec<f64>>,
    /// The rows as whole combinations of the rows given.
    pub combination: Vec<Vec<i64>>,
    /// Coefficients of Gram and Schmidt, lower triangle.
    mu: Vec<Vec<f64>>,
    /// Squared lengths of the orthogonal parts.
    lengths: Vec<f64>,
}

impl Basis {
    pub fn new(rows: Vec<Vec<f64>>) -> Basis {
        let count = rows.len();
        let unit = |row: usize| (0..count).map(|column| i64::from(row == column)).collect();
        Basis {
            combination: (0..count).map(unit).collect(),
            mu: vec![vec![0.0; count]; count],
            lengths: vec![0.0; count],
            rows,
        }
    }

    /// Reduces; gives whether anything changed. At most `visits` rows are visited, so that it ends
    /// whatever rounding does.
    pub fn reduce(&mut self, visits: usize) -> bool {
        let count = self.rows.len();
        let mut changed = false;
        let mut row = 0;
        for _ in 0..visits {
            if row == count {
                break;
            }
            changed |= self.shorten(row);
            let swap = row > 0 && {
                let mu = self.mu[row][row - 1];
                self.lengths[row] < (DELTA - mu * mu) * self.lengths[row - 1]
            };
            if swap {
                self.rows.swap(row, row - 1);
                self.combination.swap(row, row - 1);
                changed = true;
                row -= 1;
                self.orthogonalise(row);
            } else {
                row += 1;
            }
        }
        changed
    }

    /// Takes whole multiples of earlier rows from a row until all its coefficients are at most
    /// about a half; leaves the row's coefficients up to date.
    fn shorten(&mut self, row: usize) -> bool {
        let mut changed = false;
        loop {
            self.orthogonalise(row);
            let mut again = false;
            for earlier in (0..row).rev() {
                let multiple = self.mu[row][earlier].round();
                if self.mu[row][earlier].abs() <= 0.501 || multiple == 0.0 {
                    continue;
                }
                again = true;
                let (before, from_here) = self.rows.split_at_mut(row);
                for (value, other) in from_here[0].iter_mut().zip(&before[earlier]) {
                    *value -= multiple * other;
                }
                let (before, from_here) = self.combination.split_at_mut(row);
                for (value, other) in from_here[0].iter_mut().zip(&before[earlier]) {
                    *value = value.wrapping_sub((multiple as i64).wrapping_mul(*other));
                }
                let (before, from_here) = self.mu.split_at_mut(row);
                for (value, other) in from_here[0].iter_mut().zip(&before[earlier]).take(earlier) {
                    *value -= multiple * other;
                }
                from_here[0][earlier] -= multiple;
            }
            changed |= again;
            if !again {
                return changed;
            }
        }
    }

    /// The coefficients of a row from those of the rows before.
    fn orthogonalise(&mut self, row: usize) {
        let mut products = vec![0.0; row + 1];
        for column in 0..=row {
            let mut product = dot(&self.rows[row], &self.rows[column]);
            for (inner, earlier) in products.iter().enumerate().take(column) {
                let other = if column == row {
                    self.mu[row][inner]
                } else {
                    self.mu[column][inner]
                };
                product -= other * earlier;
            }
            products[column] = product;
            if column < row {
                self.mu[row][column] = product / self.lengths[column];
            }
        }
        self.lengths[row] = products[row].max(f64::MIN_POSITIVE);
    }

    /// Babai's nearest plane: coefficients of a lattice point near `target`, and target less point.
    pub fn nearest(&self, target: &[f64]) -> (Vec<i64>, Vec<f64>) {
        let count = self.rows.len();
        // The orthogonal parts, rebuilt from the rows.
        let mut rest = target.to_vec();
        let mut coefficients = vec![0; count];
        let orthogonal = self.orthogonal();
        for row in (0..count).rev() {
            let multiple = (dot(&rest, &orthogonal[row]) / self.lengths[row]).round();
            coefficients[row] = multiple as i64;
            for (value, other) in rest.iter_mut().zip(&self.rows[row]) {
                *value -= multiple * other;
            }
        }
        (coefficients, rest)
    }

    fn orthogonal(&self) -> Vec<Vec<f64>> {
        let mut parts: Vec<Vec<f64>> = Vec::with_capacity(self.rows.len());
        for (row, mu) in self.rows.iter().zip(&self.mu) {
            let mut part = row.clone();
            for (earlier, mu) in parts.iter().zip(mu) {
                for (value, other) in part.iter_mut().zip(earlier) {
                    *value -= mu * other;
                }
            }
            parts.push(part);
        }
        parts
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reduced_basis_is_short_and_spans_the_same_lattice() {
        // (1, 0, 31), (0, 1, 17), (0, 0, 100): short vectors exist.
        let given = vec![
            vec![1.0, 0.0, 31.0],
            vec![0.0, 1.0, 17.0],
            vec![0.0, 0.0, 100.0],
        ];
        let mut basis = Basis::new(given.clone());
        assert!(basis.reduce(1000));
        for (row, combination) in basis.rows.iter().zip(&basis.combination) {
            let rebuilt: Vec<f64> = (0..3)
                .map(|column| {
                    (0..3)
                        .map(|i| combination[i] as f64 * given[i][column])
                        .sum()
                })
                .collect();
            assert_eq!(&rebuilt, row);
            assert!(dot(row, row).sqrt() < 9.0, "{row:?}");
        }
        let c = &basis.combination;
        let determinant = c[0][0] * (c[1][1] * c[2][2] - c[1][2] * c[2][1])
            - c[0][1] * (c[1][0] * c[2][2] - c[1][2] * c[2][0])
            + c[0][2] * (c[1][0] * c[2][1] - c[1][1] * c[2][0]);
        assert_eq!(determinant.abs(), 1);
        let target = [3.3, -2.2, 50.0];
        let (coefficients, rest) = basis.nearest(&target);
        for column in 0..3 {
            let point: f64 = (0..3)
                .map(|i| coefficients[i] as f64 * basis.rows[i][column])
                .sum();
            assert!((target[column] - point - rest[column]).abs() < 1e-9);
        }
        assert!(dot(&rest, &rest).sqrt() < 6.0);
    }
}
