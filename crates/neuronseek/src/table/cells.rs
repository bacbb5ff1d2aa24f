//! How cells lie in memory.

use sha2::{Digest, Sha256};

/// The cells of a column as the file stores them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Cells {
    /// Text, from CSV and TSV, and from Parquet's texts and truth values ("true", "false").
    Text(TextCells),
    /// Numbers, from Parquet and generators.
    Number(NumberCells),
    /// Seconds since 1970-01-01T00:00:00Z, from Parquet's dates and timestamps; NaN is missing.
    Date(Vec<f64>),
}

impl Cells {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Cells::Text(cells) => cells.len(),
            Cells::Number(cells) => cells.values.len(),
            Cells::Date(cells) => cells.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the cells to a digest.
    pub(super) fn digest(&self, hash: &mut Sha256) {
        hash.update((self.len() as u64).to_le_bytes());
        let mut numbers = |values: &[f64]| {
            for value in values {
                hash.update(value.to_bits().to_le_bytes());
            }
        };
        match self {
            Cells::Text(cells) => {
                hash.update(cells.joined.as_bytes());
                for &end in &cells.ends {
                    hash.update((end as u64).to_le_bytes());
                }
            }
            Cells::Number(cells) => numbers(&cells.values),
            Cells::Date(cells) => numbers(cells),
        }
    }

    /// The cells of the given rows, in their order.
    pub(super) fn selected(&self, rows: &[usize]) -> Cells {
        let of = |values: &[f64]| rows.iter().map(|&row| values[row]).collect();
        match self {
            Cells::Text(cells) => Cells::Text(rows.iter().map(|&row| cells.get(row)).collect()),
            Cells::Number(cells) => Cells::Number(NumberCells {
                values: of(&cells.values),
                first_nan: (cells.first_nan)
                    .and_then(|bad| rows.iter().position(|&row| row == bad)),
            }),
            Cells::Date(cells) => Cells::Date(of(cells)),
        }
    }
}

/// A column of numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NumberCells {
    /// The values; NaN is missing.
    pub(super) values: Vec<f64>,
    /// The first row that holds a NaN of its own, which is an error and not a missing cell.
    pub(super) first_nan: Option<usize>,
}

/// A column of texts in two allocations: all texts joined, and where each ends.
///
/// A `Vec<Option<String>>` takes an allocation and 24 bytes more for each cell. An empty text is a
/// missing cell: CSV cannot tell the two apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextCells {
    joined: String,
    ends: Vec<usize>,
}

impl TextCells {
    /// Adds a cell.
    pub fn push(&mut self, cell: Option<&str>) {
        self.joined.push_str(cell.unwrap_or_default());
        self.ends.push(self.joined.len());
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cell of a row, counted from 0; `None` is missing, also beyond the last row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)?;
        let start = match row {
            0 => 0,
            row => self.ends[row - 1],
        };
        Some(&self.joined[start..end]).filter(|cell| !cell.is_empty())
    }

    /// All cells in row order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Gives back memory that growing has left over.
    pub(super) fn shrink(&mut self) {
        self.joined.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

impl<T: AsRef<str>> FromIterator<Option<T>> for TextCells {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(cells: I) -> TextCells {
        let mut result = TextCells::default();
        for cell in cells {
            result.push(cell.as_ref().map(AsRef::as_ref));
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back() {
        let cells: TextCells = [Some("a"), None, Some("éé"), Some("")]
            .into_iter()
            .collect();
        let back: Vec<Option<&str>> = cells.iter().collect();
        assert_eq!(back, [Some("a"), None, Some("éé"), None]);
        assert_eq!((cells.len(), cells.get(4)), (4, None));
    }
}
