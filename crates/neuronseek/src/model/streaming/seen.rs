//! What became of the rows of a range.

/// How many rows count in a fit, why others do not, and between what the targets lie.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Seen {
    /// Rows that count.
    pub used: u64,
    /// Rows without a target.
    pub without_target: u64,
    /// Rows of a class that the sample does not have.
    pub of_unseen_class: u64,
    /// Rows whose target the chosen transform is not defined at.
    pub outside_domain: u64,
    /// The least and the largest of each target, in the user's unit; none of classes.
    pub extents: Vec<[f64; 2]>,
}

impl Seen {
    /// Both together.
    pub fn add(&mut self, other: &Seen) {
        self.used += other.used;
        self.without_target += other.without_target;
        self.of_unseen_class += other.of_unseen_class;
        self.outside_domain += other.outside_domain;
        if self.extents.is_empty() {
            self.extents.clone_from(&other.extents);
        }
        for (own, other) in self.extents.iter_mut().zip(&other.extents) {
            *own = [own[0].min(other[0]), own[1].max(other[1])];
        }
    }

    pub fn put(&self, bytes: &mut Vec<u8>) {
        let counts = [
            self.used,
            self.without_target,
            self.of_unseen_class,
            self.outside_domain,
            self.extents.len() as u64,
        ];
        for count in counts {
            bytes.extend_from_slice(&count.to_le_bytes());
        }
        for end in self.extents.as_flattened() {
            bytes.extend_from_slice(&end.to_le_bytes());
        }
    }

    /// From the front of some bytes; also the bytes behind.
    pub fn take(mut bytes: &[u8]) -> Option<(Seen, &[u8])> {
        let mut next = || {
            let (now, later) = word(bytes)?;
            bytes = later;
            Some(now)
        };
        let mut seen = Seen {
            used: next()?,
            without_target: next()?,
            of_unseen_class: next()?,
            outside_domain: next()?,
            extents: Vec::new(),
        };
        for _ in 0..next()? {
            seen.extents
                .push([f64::from_bits(next()?), f64::from_bits(next()?)]);
        }
        Some((seen, bytes))
    }
}

/// A number from the front of some bytes; also the bytes behind.
pub(super) fn word(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (first, rest) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*first), rest))
}
