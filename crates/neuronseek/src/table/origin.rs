//! Where a table's rows lie in its file, for messages.

use std::sync::Arc;

use super::error::Place;

/// Where a table comes from; shared by its columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Origin {
    /// The file's path, or "standard input".
    pub source: String,
    /// The row of the file, counted from 0, that is the table's first: above 0 in batches.
    pub first: usize,
    /// The lines of the table's rows; empty where there are none (Parquet).
    pub lines: Lines,
    /// Of a table that was put together: from which row on, before `picked`, rows are of another
    /// table.
    pub parts: Vec<(usize, Arc<Origin>)>,
    /// Of rows that were picked from a table: which ones.
    pub picked: Vec<usize>,
}

impl Origin {
    /// The origin of a whole table.
    pub fn whole(source: &str, lines: Lines) -> Origin {
        Origin {
            source: source.to_string(),
            lines,
            ..Origin::default()
        }
    }

    /// The origin of rows that are picked from a table of this origin.
    pub fn picked(self: &Arc<Origin>, rows: &[usize]) -> Origin {
        Origin {
            source: self.source.clone(),
            parts: vec![(0, Arc::clone(self))],
            picked: rows.to_vec(),
            ..Origin::default()
        }
    }

    /// The origin of a table of so many rows with another below.
    pub fn above(self: &Arc<Origin>, rows: usize, below: &Arc<Origin>) -> Origin {
        let mut parts = match (self.parts.is_empty(), self.picked.is_empty()) {
            (false, true) => self.parts.clone(),
            _ => vec![(0, Arc::clone(self))],
        };
        parts.push((rows, Arc::clone(below)));
        Origin {
            source: self.source.clone(),
            parts,
            ..Origin::default()
        }
    }

    /// The place of a row of the table (counted from 0) and column.
    pub fn place(&self, row: usize, column: Option<&str>) -> Place {
        let row = self.picked.get(row).copied().unwrap_or(row);
        let part = self.parts.partition_point(|(start, _)| *start <= row);
        if let Some((start, origin)) = self.parts[..part].last() {
            return origin.place(row - start, column);
        }
        Place {
            source: self.source.clone(),
            row: Some(self.first + row + 1),
            line: self.lines.line(row),
            column: column.map(str::to_string),
        }
    }
}

/// The line at which each row begins: kept only for rows that do not begin on the line after
/// the row before, which are few.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Lines {
    jumps: Vec<(usize, u64)>,
}

impl Lines {
    /// Notes the line of the next row.
    pub fn push(&mut self, row: usize, line: u64) {
        if self.line(row) != Some(line) {
            self.jumps.push((row, line));
        }
    }

    /// The line of a row.
    pub fn line(&self, row: usize) -> Option<u64> {
        let position = self.jumps.partition_point(|&(start, _)| start <= row);
        let (start, line) = self.jumps[..position].last()?;
        Some(line + (row - start) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_picked_and_put_together_know_where_they_were() {
        let file = |source: &str, first| {
            Arc::new(Origin {
                source: source.to_string(),
                first,
                ..Origin::default()
            })
        };
        // Rows 100, 101, 102 of a, of which the last and the first are picked, with row 7 of b below.
        let picked = Arc::new(file("a", 100).picked(&[2, 0]));
        let both = Arc::new(picked.above(2, &file("b", 7)));
        let all = both.above(3, &picked);
        let place = |row: usize| {
            let place = all.place(row, None);
            (place.source, place.row)
        };
        assert_eq!(place(0), ("a".to_string(), Some(103)));
        assert_eq!(place(1), ("a".to_string(), Some(101)));
        assert_eq!(place(2), ("b".to_string(), Some(8)));
        assert_eq!(place(4), ("a".to_string(), Some(101)));
    }

    #[test]
    fn lines_are_remembered_by_their_jumps() {
        let mut lines = Lines::default();
        assert_eq!(lines.line(0), None);
        let all = [2, 3, 4, 7, 8, 10];
        for (row, line) in all.into_iter().enumerate() {
            lines.push(row, line);
        }
        assert_eq!(lines.jumps, [(0, 2), (3, 7), (5, 10)]);
        for (row, line) in all.into_iter().enumerate() {
            assert_eq!(lines.line(row), Some(line));
        }
    }
}
