//! Which rows are drawn for the sample: those of the lowest hash of row number and seed, the lowest
//! of them held out.

use serde::{Deserialize, Serialize};

use crate::table::split::splitmix64;

/// Numbers of a sample: rows x columns.
const CELLS: usize = 4_000_000;

/// The hash of each row number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Draw {
    seed: u64,
}

impl Draw {
    pub fn new(seed: u64) -> Draw {
        // Apart from the tabular protocol's split, which hashes row numbers too.
        Draw {
            seed: splitmix64(seed ^ 0x5741_4d50_4c45),
        }
    }

    pub fn hash(self, row: u64) -> u64 {
        splitmix64(row ^ self.seed)
    }
}

/// Rows of a sample of a table of so many columns.
pub(super) fn sample_rows(columns: usize) -> usize {
    (CELLS / columns.max(1)).clamp(8_000, 60_000)
}

/// How many of the sampled rows are held out.
pub(super) fn held_out(sampled: usize, most: usize) -> usize {
    match sampled < most {
        true => sampled / 5,
        false => sampled / 3,
    }
}

/// A hash that is above those of a sample of `most` of `rows` rows, but in one case of a number
/// beyond counting; so that few other rows are kept on the way.
pub(super) fn surely_above(most: usize, rows: u64) -> u64 {
    let share = 1.5 * (most as f64 + 1000.0) / rows.max(1) as f64;
    match share < 1.0 {
        true => (share * u64::MAX as f64) as u64,
        false => u64::MAX,
    }
}
