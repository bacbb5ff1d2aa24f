//! How much memory and time a fit takes: told, and kept to, before any work.
//!
//! The figures are measured ones of this library, rounded up; see `docs/book/scale.md`.

use super::client::{Goal, MOST_EPOCHS, MOST_PASSES, polynomial_alone};
use super::draw::sample_rows;
use crate::model::fit::FitError;
use crate::model::options::FitOptions;
use crate::table::Files;

const MEBIBYTE: u64 = 1 << 20;

/// The program, its threads and what its allocator keeps.
const BASE: u64 = 48 * MEBIBYTE;

/// Bytes a cell of a table in memory takes in a fit of all of it: the cells, encoded, selected and
/// scaled several times over.
const CELL_IN_MEMORY: u64 = 120;

/// Bytes a cell of the sample takes, the search on it included.
const CELL_OF_SAMPLE: u64 = 200;

/// Bytes a cell of a batch takes: read, encoded, selected, scaled.
const CELL_OF_BATCH: u64 = 56;

/// Bytes a column that is being read takes: its pages.
const COLUMN: u64 = 3 * MEBIBYTE;

/// Numbers of a row that are summed, for each input: several pure terms and a few products.
const NUMBERS: u64 = 8;

/// Subtrees of sums that a thread holds.
const SUBTREES: u64 = 24;

/// Rows of the shuffle buffer of networks, of a table of few columns.
const SHUFFLED: usize = 131_072;
const SHUFFLED_CELLS: usize = 8_000_000;

const MOST_BATCH: u64 = 16_384;
const LEAST_BATCH: u64 = 512;

/// Cells a second that a thread reads, and that it reads and encodes; multiplications a second.
const READ: f64 = 2e8;
const ENCODED: f64 = 3e7;
const MULTIPLIED: f64 = 1.5e10;

/// Seconds that the choice takes on the sample.
const CHOICE_SECONDS: f64 = 1.0;

/// What a fit will do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether all rows are read into memory and fitted there.
    pub in_memory: bool,
    /// Files.
    pub files: usize,
    /// Bytes on disk.
    pub bytes: u64,
    /// Rows, where known before reading.
    pub rows: Option<u64>,
    /// Columns.
    pub columns: usize,
    /// Rows of the sample that chooses.
    pub sampled: usize,
    /// The least and the most passes over all rows, the one for the sample included.
    pub passes: [usize; 2],
    /// Rows that a thread has in memory at a time.
    pub batch: usize,
    /// Rows of the shuffle buffer.
    pub(super) shuffled: usize,
    /// The most memory, in bytes, that is expected.
    pub memory: u64,
    /// What it will take, in seconds, as far as that can be told before; `None` for networks, whose
    /// shape is not known yet.
    pub seconds: Option<f64>,
}

impl Plan {
    /// The plan of a fit of `files` on so many threads. Without a limit of memory, in bytes, all rows
    /// are read into memory.
    ///
    /// # Errors
    /// When the limit is too small to work in: the error says the smallest that is not.
    pub fn new(
        files: &Files,
        (goal, options): (Goal, &FitOptions),
        limit: Option<u64>,
        threads: usize,
    ) -> Result<Plan, FitError> {
        let columns = files.names().len();
        let threads = threads.max(1) as u64;
        // Texts take about as many bytes in memory as in the file.
        let cells = files.rows().map(|rows| rows * columns as u64);
        let in_memory = match cells {
            Some(cells) => BASE + cells * CELL_IN_MEMORY,
            None => BASE + files.bytes() * 16,
        };
        let mut plan = Plan {
            in_memory: limit.is_none_or(|limit| in_memory <= limit),
            files: files.count(),
            bytes: files.bytes(),
            rows: files.rows(),
            columns,
            sampled: sample_rows(columns),
            passes: [1, 1],
            batch: 0,
            shuffled: (SHUFFLED_CELLS / columns.max(1)).clamp(8_192, SHUFFLED),
            memory: in_memory,
            seconds: None,
        };
        let Some(limit) = limit.filter(|_| !plan.in_memory) else {
            return Ok(plan);
        };
        let alone = polynomial_alone(goal, options);
        let wide = columns as u64;
        let numbers = NUMBERS * wide + 8;
        let sums = numbers * numbers / 2 * 8 * SUBTREES + 2048 * numbers * 8;
        let mut fixed = BASE + plan.sampled as u64 * wide * CELL_OF_SAMPLE;
        fixed += threads * (wide * COLUMN + sums);
        if !alone {
            fixed += 3 * plan.shuffled as u64 * wide * CELL_OF_BATCH / 2;
        }
        let row = threads * wide * CELL_OF_BATCH;
        let least = fixed + LEAST_BATCH * row;
        if limit < least {
            let megabytes = least.min(in_memory).div_ceil(MEBIBYTE);
            let fewer = match threads {
                1 => "",
                _ => "; fewer --threads take less",
            };
            return Err(FitError::Settings(vec![format!(
                "{} MiB of memory are too little to work in: a fit of {columns} columns with \
                 {threads} thread{} takes at least --memory-limit {megabytes}MiB{fewer}",
                limit / MEBIBYTE,
                if threads == 1 { "" } else { "s" },
            )]));
        }
        plan.batch = ((limit - fixed) / row).min(MOST_BATCH) as usize;
        plan.memory = fixed + plan.batch as u64 * row;
        plan.passes = match alone {
            true => [2, 1 + MOST_PASSES],
            false => [2, 1 + MOST_EPOCHS as usize],
        };
        if let (Some(rows), true) = (files.rows(), alone) {
            let multiplied = (numbers * numbers) as f64 / 2.0;
            let sketch = columns as f64 / READ;
            let sums = columns as f64 / ENCODED + multiplied / MULTIPLIED;
            let all = rows as f64 * (sketch + 2.0 * sums) / threads as f64;
            plan.seconds = Some(CHOICE_SECONDS + all);
        }
        Ok(plan)
    }
}
