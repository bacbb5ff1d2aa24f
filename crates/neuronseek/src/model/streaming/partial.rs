//! What was made of a range of rows.

use super::seen::{Seen, word};
use super::sketch::Sketch;
use crate::model::fit::FitError;
use crate::search::als::streamed::Sums;

/// The result of a [`super::Task`] for a range of rows.
#[derive(Debug, Clone)]
pub struct Partial {
    /// Which task it is of.
    pub(super) task: u64,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Sketch(Sketch),
    Sums(RowSums),
    Networks(Taught),
}

/// Sums for a step of a polynomial.
#[derive(Debug, Clone)]
pub(super) struct RowSums {
    pub sums: Sums,
    pub seen: Seen,
}

/// Networks that were trained on ranges of rows, each from where they stood.
#[derive(Debug, Clone, Default)]
pub(super) struct Taught {
    pub parts: Vec<Part>,
    pub seen: Seen,
}

/// Networks that were trained on a range of rows.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The first row and the one behind the last.
    pub rows: [u64; 2],
    /// How much the rows count together; 0 where none trained.
    pub weight: f64,
    /// All parameters and statistics of all networks; none where none trained.
    pub numbers: Vec<f32>,
}

const SKETCH: u8 = 1;
const SUMS: u8 = 2;
const NETWORKS: u8 = 3;

impl Partial {
    /// Both together; `next` has the rows behind those of this one.
    ///
    /// # Errors
    /// When they are of two tasks, or their rows do not lie beside each other.
    pub fn joined(self, next: Partial) -> Result<Partial, FitError> {
        let refused = |text: String| FitError::Settings(vec![text]);
        if self.task != next.task {
            let text = "partials of two different tasks cannot be combined: make them anew with the \
                        present task";
            return Err(refused(text.to_string()));
        }
        let beside = |end: u64, start: u64| match end == start {
            true => Ok(()),
            false => Err(refused(format!(
                "rows up to {end} cannot be combined with rows from {start} on: combine partials in \
                 the order of their rows, each once"
            ))),
        };
        let kind = match (self.kind, next.kind) {
            (Kind::Sketch(a), Kind::Sketch(b)) => {
                beside(a.end, b.start)?;
                Kind::Sketch(a.joined(b)?)
            }
            (Kind::Sums(mut a), Kind::Sums(b)) => {
                beside(a.sums.range().1, b.sums.range().0)?;
                a.sums = (a.sums.joined(b.sums)).map_err(|error| refused(error.to_string()))?;
                a.seen.add(&b.seen);
                Kind::Sums(a)
            }
            (Kind::Networks(mut a), Kind::Networks(b)) => {
                if let (Some(last), Some(first)) = (a.parts.last(), b.parts.first()) {
                    beside(last.rows[1], first.rows[0])?;
                }
                a.parts.extend(b.parts);
                a.seen.add(&b.seen);
                Kind::Networks(a)
            }
            _ => return Err(refused("these bytes are of no task".to_string())),
        };
        Ok(Partial {
            task: self.task,
            kind,
        })
    }

    /// As bytes, to send to another process.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.task.to_le_bytes().to_vec();
        match &self.kind {
            Kind::Sketch(sketch) => {
                bytes.push(SKETCH);
                bytes.extend(sketch.to_bytes());
            }
            Kind::Sums(sums) => {
                bytes.push(SUMS);
                sums.seen.put(&mut bytes);
                bytes.extend(sums.sums.to_bytes());
            }
            Kind::Networks(taught) => {
                bytes.push(NETWORKS);
                taught.seen.put(&mut bytes);
                for part in &taught.parts {
                    let [start, end] = part.rows;
                    let count = part.numbers.len() as u64;
                    for number in [start, end, part.weight.to_bits(), count] {
                        bytes.extend_from_slice(&number.to_le_bytes());
                    }
                    for number in &part.numbers {
                        bytes.extend_from_slice(&number.to_le_bytes());
                    }
                }
            }
        }
        bytes
    }

    /// From the bytes of [`Partial::to_bytes`].
    ///
    /// # Errors
    /// When they are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Partial, FitError> {
        let read = || {
            let (task, bytes) = word(bytes)?;
            let (kind, bytes) = bytes.split_first()?;
            let kind = match *kind {
                SKETCH => Kind::Sketch(Sketch::from_bytes(bytes)?),
                SUMS => {
                    let (seen, bytes) = Seen::take(bytes)?;
                    let sums = Sums::from_bytes(bytes).ok()?;
                    Kind::Sums(RowSums { sums, seen })
                }
                NETWORKS => {
                    let (seen, bytes) = Seen::take(bytes)?;
                    let parts = parts(bytes)?;
                    Kind::Networks(Taught { parts, seen })
                }
                _ => return None,
            };
            Some(Partial { task, kind })
        };
        let refused = || FitError::Settings(vec!["these bytes are no partial of a task".into()]);
        read().ok_or_else(refused)
    }
}

fn parts(mut bytes: &[u8]) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (start, rest) = word(bytes)?;
        let (end, rest) = word(rest)?;
        let (weight, rest) = word(rest)?;
        let (count, rest) = word(rest)?;
        let length = usize::try_from(count).ok()?.checked_mul(4)?;
        let (numbers, rest) = rest.split_at_checked(length)?;
        let number = |c: &[u8]| f32::from_le_bytes([c[0], c[1], c[2], c[3]]);
        parts.push(Part {
            rows: [start, end],
            weight: f64::from_bits(weight),
            numbers: numbers.chunks_exact(4).map(number).collect(),
        });
        bytes = rest;
    }
    Some(parts)
}
