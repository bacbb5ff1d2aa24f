//! The rows of the sample out of those seen so far.

use super::draw::Draw;
use crate::table::{Table, TableError};

/// What was seen of a range of rows.
#[derive(Debug, Clone)]
pub struct Sketch {
    pub(super) start: u64,
    pub(super) end: u64,
    most: usize,
    /// Hash and number of each row of `table`.
    pub(super) rows: Vec<(u64, u64)>,
    /// The rows of the lowest hashes, in the order of their numbers; `None` without any.
    pub(super) table: Option<Table>,
}

impl Sketch {
    /// Of the rows of a table, the first of which has number `start`, at most `most`, those of the
    /// lowest hashes not above `below`.
    pub fn new(table: &Table, start: u64, (draw, below): (Draw, u64), most: usize) -> Sketch {
        let end = start + table.rows() as u64;
        let hashed = (start..end).map(|row| (draw.hash(row), row));
        let rows: Vec<(u64, u64)> = hashed.filter(|(hash, _)| *hash <= below).collect();
        let places: Vec<usize> = rows.iter().map(|(_, row)| (row - start) as usize).collect();
        let mut sketch = Sketch {
            start,
            end,
            most,
            table: (!rows.is_empty()).then(|| table.picked(&places)),
            rows,
        };
        sketch.prune(most);
        sketch
    }

    /// Drops rows above the lowest `most`, once there are more than `beyond`.
    fn prune(&mut self, beyond: usize) {
        let Some(table) = self.table.as_ref().filter(|_| self.rows.len() > beyond) else {
            return;
        };
        let mut hashes: Vec<u64> = self.rows.iter().map(|(hash, _)| *hash).collect();
        hashes.sort_unstable();
        let last = hashes[self.most - 1];
        let kept = self.rows.iter().enumerate();
        let kept = kept.filter(|(_, (hash, _))| *hash <= last);
        let places: Vec<usize> = kept.map(|(place, _)| place).collect();
        self.table = Some(table.picked(&places));
        self.rows.retain(|(hash, _)| *hash <= last);
    }

    /// What was seen of both ranges, `next` the later one.
    pub fn joined(mut self, next: Sketch) -> Result<Sketch, TableError> {
        self.table = match (self.table, next.table) {
            (Some(table), Some(below)) => Some(table.with_rows_of(&below)?),
            (table, below) => table.or(below),
        };
        self.rows.extend(next.rows);
        self.end = next.end;
        self.prune(2 * self.most);
        Ok(self)
    }

    /// The sampled rows in the order of their numbers, with their hashes.
    pub fn finished(mut self) -> Sketch {
        self.prune(self.most);
        self
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |number: u64| bytes.extend_from_slice(&number.to_le_bytes());
        put(self.start);
        put(self.end);
        put(self.most as u64);
        put(self.rows.len() as u64);
        for (hash, row) in &self.rows {
            put(*hash);
            put(*row);
        }
        if let Some(table) = &self.table {
            bytes.extend(table.to_bytes());
        }
        bytes
    }

    /// `None` for other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Sketch> {
        let (head, rest) = bytes.split_at_checked(32)?;
        let word = |bytes: &[u8]| {
            let mut own = [0; 8];
            own.copy_from_slice(bytes);
            u64::from_le_bytes(own)
        };
        let head: Vec<u64> = head.chunks_exact(8).map(word).collect();
        let [start, end, most, count] = head[..] else {
            return None;
        };
        let count = usize::try_from(count).ok()?;
        let (rows, cells) = rest.split_at_checked(count.checked_mul(16)?)?;
        let rows = rows.chunks_exact(16);
        let rows: Vec<(u64, u64)> = rows.map(|row| (word(&row[..8]), word(&row[8..]))).collect();
        let table = match cells.is_empty() {
            true => None,
            false => Some(Table::from_bytes(cells, "the sample")?.ok()?),
        };
        let fits = table.as_ref().map_or(0, Table::rows) == rows.len();
        let sizes = (1..1 << 32).contains(&most) && start <= end && end < 1 << 60;
        (fits && sizes).then_some(Sketch {
            start,
            end,
            most: most as usize,
            rows,
            table,
        })
    }
}
