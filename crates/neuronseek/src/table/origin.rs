//! Where a table's rows lie in its file, for messages.

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
}

impl Origin {
    /// The origin of a whole table.
    pub fn whole(source: &str, lines: Lines) -> Origin {
        Origin {
            source: source.to_string(),
            first: 0,
            lines,
        }
    }

    /// The place of a row of the table (counted from 0) and column.
    pub fn place(&self, row: usize, column: Option<&str>) -> Place {
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
