//! What was made of a range of rows.

use super::sketch::Sketch;
use crate::model::fit::FitError;
use crate::search::als::streamed::Sums;

/// The result of a [`super::Task`] for a range of rows.
#[derive(Debug, Clone)]
pub struct Partial(pub(super) Kind);

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
    /// Rows that count.
    pub used: u64,
    /// The least and the largest scaled target of each output.
    pub extents: Vec<[f64; 2]>,
}

/// Networks that were trained on a range of rows, from where they stood.
#[derive(Debug, Clone, Default)]
pub(super) struct Taught {
    /// Of each range: its first row, how many rows trained, and all parameters and statistics of all
    /// networks.
    pub parts: Vec<(u64, u64, Vec<f32>)>,
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
        Ok(Partial(match (self.0, next.0) {
            (Kind::Sketch(a), Kind::Sketch(b)) => {
                if a.end != b.start {
                    return Err(refused(format!(
                        "what is known of rows {} to {} cannot be joined with rows {} to {}: \
                         combine partials in the order of their rows",
                        a.start, a.end, b.start, b.end
                    )));
                }
                Kind::Sketch(a.joined(b)?)
            }
            (Kind::Sums(mut a), Kind::Sums(b)) => {
                a.sums = (a.sums.joined(b.sums)).map_err(|error| refused(error.to_string()))?;
                a.used += b.used;
                for (extent, other) in a.extents.iter_mut().zip(&b.extents) {
                    *extent = [extent[0].min(other[0]), extent[1].max(other[1])];
                }
                Kind::Sums(a)
            }
            (Kind::Networks(mut a), Kind::Networks(b)) => {
                a.parts.extend(b.parts);
                Kind::Networks(a)
            }
            _ => {
                let text = "partials of two different tasks cannot be combined";
                return Err(refused(text.to_string()));
            }
        }))
    }

    /// As bytes, to send to another process.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match &self.0 {
            Kind::Sketch(sketch) => {
                bytes.push(SKETCH);
                bytes.extend(sketch.to_bytes());
            }
            Kind::Sums(sums) => {
                bytes.push(SUMS);
                bytes.extend_from_slice(&sums.used.to_le_bytes());
                bytes.extend_from_slice(&(sums.extents.len() as u64).to_le_bytes());
                for extent in sums.extents.as_flattened() {
                    bytes.extend_from_slice(&extent.to_le_bytes());
                }
                bytes.extend(sums.sums.to_bytes());
            }
            Kind::Networks(taught) => {
                bytes.push(NETWORKS);
                for (start, rows, numbers) in &taught.parts {
                    for count in [*start, *rows, numbers.len() as u64] {
                        bytes.extend_from_slice(&count.to_le_bytes());
                    }
                    for number in numbers {
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
        let refused = || FitError::Settings(vec!["these bytes are no partial of a task".into()]);
        let read = || -> Option<Kind> {
            let (kind, bytes) = bytes.split_first()?;
            match *kind {
                SKETCH => Some(Kind::Sketch(Sketch::from_bytes(bytes)?)),
                SUMS => {
                    let (used, bytes) = word(bytes)?;
                    let (count, mut bytes) = word(bytes)?;
                    let mut extents = Vec::new();
                    for _ in 0..count {
                        let (low, rest) = word(bytes)?;
                        let (high, rest) = word(rest)?;
                        extents.push([f64::from_bits(low), f64::from_bits(high)]);
                        bytes = rest;
                    }
                    let sums = Sums::from_bytes(bytes).ok()?;
                    Some(Kind::Sums(RowSums {
                        sums,
                        used,
                        extents,
                    }))
                }
                NETWORKS => {
                    let mut parts = Vec::new();
                    let mut bytes = bytes;
                    while !bytes.is_empty() {
                        let (start, rest) = word(bytes)?;
                        let (rows, rest) = word(rest)?;
                        let (count, rest) = word(rest)?;
                        let length = usize::try_from(count).ok()?.checked_mul(4)?;
                        let (numbers, rest) = rest.split_at_checked(length)?;
                        let numbers = numbers.chunks_exact(4);
                        let number = |c: &[u8]| f32::from_le_bytes([c[0], c[1], c[2], c[3]]);
                        parts.push((start, rows, numbers.map(number).collect()));
                        bytes = rest;
                    }
                    Some(Kind::Networks(Taught { parts }))
                }
                _ => None,
            }
        };
        read().map(Partial).ok_or_else(refused)
    }
}

fn word(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (first, rest) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*first), rest))
}
