//! A matrix in blocks of rows, each block column after column.

use super::kernel::LANES;

/// Rows in a block: a block of ten columns fits the first-level cache, of a hundred the second.
pub(super) const BLOCK: usize = 256;

/// `rows x count` numbers: blocks of [`BLOCK`] rows, in a block each column contiguous, so that
/// loops over rows use full vectors whatever the number of columns. Rows are padded with zeros to
/// a multiple of eight.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    rows: usize,
    padded: usize,
    count: usize,
    data: Vec<f64>,
}

impl Columns {
    /// A matrix from a function of (row, column).
    pub fn from_fn(rows: usize, count: usize, value: impl Fn(usize, usize) -> f64) -> Columns {
        let mut columns = Columns::zeros(rows, count);
        for column in 0..count {
            for row in 0..rows {
                let place = columns.place(row, column);
                columns.data[place] = value(row, column);
            }
        }
        columns
    }

    /// A matrix of zeros.
    pub fn zeros(rows: usize, count: usize) -> Columns {
        let padded = rows.next_multiple_of(LANES);
        Columns {
            rows,
            padded,
            count,
            data: vec![0.0; padded * count],
        }
    }

    /// The number of rows without padding.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of rows with padding, a multiple of eight.
    pub fn padded(&self) -> usize {
        self.padded
    }

    /// The number of columns.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The block of `length` rows from `start`, column after column.
    #[inline]
    pub fn block(&self, start: usize, length: usize) -> &[f64] {
        &self.data[start * self.count..(start + length) * self.count]
    }

    /// One column with its padding.
    pub fn column(&self, column: usize) -> Vec<f64> {
        let mut values = Vec::with_capacity(self.padded);
        for start in (0..self.padded).step_by(BLOCK) {
            let length = BLOCK.min(self.padded - start);
            let block = self.block(start, length);
            values.extend_from_slice(&block[column * length..(column + 1) * length]);
        }
        values
    }

    /// Replaces one column; `values` has one number per padded row.
    pub fn set_column(&mut self, column: usize, values: &[f64]) {
        for start in (0..self.padded).step_by(BLOCK) {
            let length = BLOCK.min(self.padded - start);
            let from = start * self.count + column * length;
            self.data[from..from + length].copy_from_slice(&values[start..start + length]);
        }
    }

    /// The columns of `self`, then those of `other`.
    pub fn beside(&self, other: &Columns) -> Columns {
        let mut joined = Columns::zeros(self.rows, self.count + other.count);
        for start in (0..self.padded).step_by(BLOCK) {
            let length = BLOCK.min(self.padded - start);
            let (left, right) = (self.block(start, length), other.block(start, length));
            let from = start * joined.count;
            joined.data[from..from + left.len()].copy_from_slice(left);
            joined.data[from + left.len()..from + left.len() + right.len()].copy_from_slice(right);
        }
        joined
    }

    fn place(&self, row: usize, column: usize) -> usize {
        let start = row / BLOCK * BLOCK;
        let length = BLOCK.min(self.padded - start);
        start * self.count + column * length + row - start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back_with_zero_padding() {
        let rows = BLOCK + 5;
        let value = |row: usize, column: usize| (row * 10 + column) as f64;
        let mut columns = Columns::from_fn(rows, 3, value);
        assert_eq!(columns.padded(), BLOCK + 8);
        let second = columns.column(1);
        assert!((0..rows).all(|row| second[row] == value(row, 1)));
        assert!(second[rows..].iter().all(|&value| value == 0.0));
        let third = columns.column(2);
        columns.set_column(0, &third);
        assert_eq!(columns.column(0), third);
        let joined = columns.beside(&Columns::from_fn(rows, 2, |_, column| column as f64 + 7.0));
        assert_eq!(joined.column(2), third);
        assert_eq!(joined.column(4)[BLOCK], 8.0);
        assert_eq!(joined.rows(), rows);
    }
}
