//! Sums over rows whose bits depend on the rows and their numbers alone.
//!
//! Floating-point sums depend on their order. Here rows are summed in leaves of [`LEAF`] rows, and
//! leaves in a binary tree, both cut by row *number*: however the rows were cut into batches,
//! partitions or files, and whoever summed which, the same additions are done. A range of rows keeps
//! the largest whole subtrees that it covers, at most two of each size, and the rows of leaves that
//! it covers in part; two ranges that lie beside each other join to what one range would have kept.
//! Sums that are exact in any order were rejected: they take several products where this takes one.

use thiserror::Error;

use crate::terms::{CpuPath, Strided, Write, matmul};

/// Rows of a leaf.
pub const LEAF: usize = 256;

/// Columns of the products of a leaf that are computed at a time: half of the symmetric matrix is
/// left out by whole tiles.
const TILE: usize = 64;

/// Why sums cannot be joined or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SumsError {
    /// The ranges do not lie beside each other.
    #[error("sums up to row {end} cannot be joined with those from row {start} on")]
    Apart {
        /// Where the first range ends.
        end: u64,
        /// Where the second one starts.
        start: u64,
    },
    /// The sums are of different things.
    #[error("sums of {first} numbers a row cannot be joined with those of {second}")]
    Widths {
        /// Numbers a row of the first.
        first: usize,
        /// Numbers a row of the second.
        second: usize,
    },
    /// Bytes that are no sums.
    #[error("these bytes are no sums over rows")]
    Damaged,
}

/// Products of all pairs of numbers of a row, summed over a range of rows: `sum_i v_i v_i^T`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    width: usize,
    start: u64,
    end: u64,
    /// Rows before the first whole leaf; all rows where there is no leaf boundary among them.
    head: Vec<f64>,
    nodes: Vec<Node>,
    /// Rows behind the last whole leaf.
    tail: Vec<f64>,
}

/// The sums of 2^level leaves, the first of which is number `index * 2^level`.
#[derive(Debug, Clone, PartialEq)]
struct Node {
    level: u32,
    index: u64,
    /// The lower triangle, row after row.
    sums: Vec<f64>,
}

impl Sums {
    /// No rows yet; the first to come has this number. `width` is the length of v.
    pub fn new(width: usize, start: u64) -> Sums {
        Sums {
            width,
            start,
            end: start,
            head: Vec::new(),
            nodes: Vec::new(),
            tail: Vec::new(),
        }
    }

    /// The length of v.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The first row and the one behind the last.
    pub fn range(&self) -> (u64, u64) {
        (self.start, self.end)
    }

    /// Adds the next rows, each of `width` numbers.
    ///
    /// # Panics
    /// When the last row is cut, or the width is 0.
    pub fn push(&mut self, mut rows: &[f64]) {
        assert_eq!(rows.len() % self.width, 0, "rows");
        while !rows.is_empty() {
            let left = (LEAF as u64 - self.end % LEAF as u64) as usize;
            let count = (rows.len() / self.width).min(left);
            let (now, later) = rows.split_at(count * self.width);
            rows = later;
            let whole = count == LEAF;
            self.end += count as u64;
            if whole {
                self.grow(leaf(self.width, now));
            } else if self.in_head() {
                self.head.extend_from_slice(now);
            } else {
                self.tail.extend_from_slice(now);
                self.close_leaf();
            }
        }
    }

    /// Whether the last row of the range lies in a leaf that begins before the range.
    fn in_head(&self) -> bool {
        !self.start.is_multiple_of(LEAF as u64)
            && (self.end - 1) / LEAF as u64 == self.start / LEAF as u64
    }

    /// Makes a leaf of the rows behind the last, when they are one.
    fn close_leaf(&mut self) {
        if self.end.is_multiple_of(LEAF as u64) && !self.tail.is_empty() {
            let rows = std::mem::take(&mut self.tail);
            self.grow(leaf(self.width, &rows));
        }
    }

    /// Adds the leaf that ends the range.
    fn grow(&mut self, sums: Vec<f64>) {
        self.add(Node {
            level: 0,
            index: self.end / LEAF as u64 - 1,
            sums,
        });
    }

    /// Adds the next node and joins subtrees that are whole now.
    fn add(&mut self, mut node: Node) {
        while let Some(left) = self.nodes.last() {
            let siblings = left.level == node.level && node.index % 2 == 1;
            if !(siblings && left.index + 1 == node.index) {
                break;
            }
            let Some(mut left) = self.nodes.pop() else {
                break;
            };
            for (sum, right) in left.sums.iter_mut().zip(&node.sums) {
                *sum += right;
            }
            node = Node {
                level: node.level + 1,
                index: node.index / 2,
                sums: left.sums,
            };
        }
        self.nodes.push(node);
    }

    /// The sums of both ranges, of which `next` is the later one.
    ///
    /// # Errors
    /// When the ranges do not lie beside each other, or the widths differ.
    pub fn joined(mut self, next: Sums) -> Result<Sums, SumsError> {
        if self.width != next.width {
            return Err(SumsError::Widths {
                first: self.width,
                second: next.width,
            });
        }
        if self.end != next.start {
            return Err(SumsError::Apart {
                end: self.end,
                start: next.start,
            });
        }
        if self.start == self.end {
            return Ok(next);
        }
        // The rows of the leaf that both have a part of.
        self.push(&next.head);
        for node in next.nodes {
            self.end = ((node.index + 1) * LEAF as u64) << node.level;
            self.add(node);
        }
        self.push(&next.tail);
        Ok(self)
    }

    /// The sums over all rows of a range that starts at row 0: the whole symmetric matrix, width x
    /// width.
    ///
    /// # Errors
    /// When the range starts elsewhere.
    pub fn total(&self) -> Result<Vec<f64>, SumsError> {
        if self.start != 0 {
            return Err(SumsError::Apart {
                end: 0,
                start: self.start,
            });
        }
        let width = self.width;
        let mut total = vec![0.0; triangle(width)];
        let rest = leaf(width, &self.tail);
        let parts = self.nodes.iter().map(|node| &node.sums).chain([&rest]);
        for part in parts {
            for (total, sum) in total.iter_mut().zip(part) {
                *total += sum;
            }
        }
        let mut matrix = vec![0.0; width * width];
        for i in 0..width {
            for j in 0..=i {
                let sum = total[triangle(i) + j];
                (matrix[i * width + j], matrix[j * width + i]) = (sum, sum);
            }
        }
        Ok(matrix)
    }

    /// The sums as bytes, the same on every machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let count = |numbers: &[f64]| numbers.len() as u64;
        for number in [
            self.width as u64,
            self.start,
            self.end,
            count(&self.head),
            count(&self.tail),
            self.nodes.len() as u64,
        ] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        put(&mut bytes, &self.head);
        put(&mut bytes, &self.tail);
        for node in &self.nodes {
            bytes.extend_from_slice(&u64::from(node.level).to_le_bytes());
            bytes.extend_from_slice(&node.index.to_le_bytes());
            put(&mut bytes, &node.sums);
        }
        bytes
    }

    /// Sums from the bytes of [`Sums::to_bytes`].
    ///
    /// # Errors
    /// When they are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Sums, SumsError> {
        let words = bytes.chunks_exact(8);
        if !words.remainder().is_empty() {
            return Err(SumsError::Damaged);
        }
        let mut words = words.map(|word| {
            let mut own = [0; 8];
            own.copy_from_slice(word);
            u64::from_le_bytes(own)
        });
        let mut next = || words.next().ok_or(SumsError::Damaged);
        let (width, start, end) = (next()?, next()?, next()?);
        let (head, tail, nodes) = (next()?, next()?, next()?);
        let most = bytes.len() as u64;
        let sizes = (1..=1 << 20).contains(&width) && head.max(tail).max(nodes) <= most;
        if !sizes || start > end || end > 1 << 60 {
            return Err(SumsError::Damaged);
        }
        let width = width as usize;
        let mut words =
            |count: usize| -> Result<Vec<u64>, SumsError> { (0..count).map(|_| next()).collect() };
        let numbers = |words: Vec<u64>| words.into_iter().map(f64::from_bits).collect();
        let (head, tail): (Vec<f64>, Vec<f64>) = (
            numbers(words(head as usize)?),
            numbers(words(tail as usize)?),
        );
        let mut all = Vec::new();
        for _ in 0..nodes {
            let [level, index] = words(2)?[..] else {
                return Err(SumsError::Damaged);
            };
            // Beyond this there are more rows than numbers of rows.
            if level > 48 || index >= (u64::MAX >> level) / (LEAF as u64) {
                return Err(SumsError::Damaged);
            }
            all.push(Node {
                level: level as u32,
                index,
                sums: numbers(words(triangle(width))?),
            });
        }
        let rows = |numbers: &[f64]| numbers.len().is_multiple_of(width.max(1));
        if words(1).is_ok() || !rows(&head) || !rows(&tail) {
            return Err(SumsError::Damaged);
        }
        Ok(Sums {
            width,
            start,
            end,
            head,
            nodes: all,
            tail,
        })
    }
}

fn put(bytes: &mut Vec<u8>, numbers: &[f64]) {
    for number in numbers {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
}

/// Numbers of a lower triangle of so many rows.
fn triangle(rows: usize) -> usize {
    rows * (rows + 1) / 2
}

/// The lower triangle of `V^T V`, V the rows of a leaf.
fn leaf(width: usize, rows: &[f64]) -> Vec<f64> {
    let mut sums = Vec::with_capacity(triangle(width));
    if width == 0 {
        return sums;
    }
    let count = rows.len() / width;
    let path = CpuPath::detect();
    let mut strip = vec![0.0; TILE * width];
    for first in (0..width).step_by(TILE) {
        let own = TILE.min(width - first);
        let wide = first + own;
        matmul(
            path,
            [own, count, wide],
            Strided::transposed(rows.get(first..).unwrap_or_default(), width),
            (rows, width),
            (&mut strip, width),
            Write::Replace,
        );
        for (row, line) in strip.chunks_exact(width).take(own).enumerate() {
            sums.extend_from_slice(&line[..=first + row]);
        }
    }
    sums
}
