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
    /// Of a table of rows of others: for each row, which one of a table that was read.
    pub rows: Vec<(Arc<Origin>, usize)>,
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
            rows: rows.iter().map(|&row| self.row(row)).collect(),
            ..Origin::default()
        }
    }

    /// The origin of a table of so many rows with another of so many below.
    pub fn above(self: &Arc<Origin>, rows: usize, below: (&Arc<Origin>, usize)) -> Origin {
        let own = (0..rows).map(|row| self.row(row));
        let others = (0..below.1).map(|row| below.0.row(row));
        Origin {
            source: self.source.clone(),
            rows: own.chain(others).collect(),
            ..Origin::default()
        }
    }

    /// The table that was read and its row that a row is.
    fn row(self: &Arc<Origin>, row: usize) -> (Arc<Origin>, usize) {
        let known = self.rows.get(row).cloned();
        known.unwrap_or_else(|| (Arc::clone(self), row))
    }

    /// The place of a row of the table (counted from 0) and column.
    pub fn place(&self, row: usize, column: Option<&str>) -> Place {
        if let Some((origin, row)) = self.rows.get(row) {
            return origin.place(*row, column);
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
        let both = Arc::new(picked.above(2, (&file("b", 7), 1)));
        let all = both.above(3, (&picked, 2));
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
