//! How much memory and time a fit takes: told before any work.
//!
//! The figures are measured ones of this library, rounded up; see `docs/book/scale.md`. What can only
//! be known of the rows themselves (how long texts are, how many inputs columns become, how many terms
//! a neuron has) is counted again when a sample has told it, before all rows are read.

use super::client::{Goal, MOST_PASSES, epochs, polynomial_alone};
use super::draw::sample_rows;
use crate::model::fit::FitError;
use crate::model::options::FitOptions;
use crate::table::Files;

const MEBIBYTE: u64 = 1 << 20;

/// The program, its threads and what its allocator keeps.
const BASE: u64 = 48 * MEBIBYTE;

/// Bytes in memory for a byte of a text file, whose cells may be short, and of a compressed one.
const OF_TEXT: u64 = 40;
const OF_COMPRESSED: u64 = 400;

/// Bytes a cell of a table in memory takes in a fit of all of it: the cells, encoded, selected and
/// scaled several times over.
const CELL_IN_MEMORY: u64 = 200;

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
    limit: u64,
    threads: u64,
    /// Of the program and the sample.
    fixed: u64,
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
        let columns = Plan::columns(files, options).len();
        let threads = threads.max(1) as u64;
        let in_memory = in_memory(files, columns as u64);
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
            limit: limit.unwrap_or(u64::MAX),
            threads,
            fixed: BASE + (sample_rows(columns) * columns) as u64 * CELL_OF_SAMPLE,
            seconds: None,
        };
        let Some(limit) = limit.filter(|_| !plan.in_memory) else {
            return Ok(plan);
        };
        let alone = polynomial_alone(goal, options);
        let numbers = NUMBERS * columns as u64 + 8;
        let shuffled = if alone { 0 } else { plan.shuffled };
        let least = plan.afford(columns as u64, (columns as u64, numbers), shuffled as u64);
        if limit < least {
            return Err(too_little(limit, least.min(in_memory), columns, threads));
        }
        let most = match (alone, options.train.epochs) {
            (true, _) => MOST_PASSES,
            (false, Some(epochs)) => epochs.max(MOST_PASSES),
            (false, None) => MOST_PASSES.max(epochs(files.rows().unwrap_or(0)) as usize),
        };
        plan.passes = [2, 1 + most];
        if let (Some(rows), true) = (files.rows(), alone) {
            let multiplied = (numbers * numbers) as f64 / 2.0;
            let sketch = columns as f64 / READ;
            let sums = columns as f64 / ENCODED + multiplied / MULTIPLIED;
            let all = rows as f64 * (sketch + 2.0 * sums) / threads as f64;
            plan.seconds = Some(CHOICE_SECONDS + all);
        }
        Ok(plan)
    }

    /// The columns that a fit looks at: those that are not left out.
    pub(super) fn columns(files: &Files, options: &FitOptions) -> Vec<String> {
        let ignored = &options.prepare.ignore;
        let names = files.names().iter();
        names
            .filter(|name| !ignored.contains(name))
            .cloned()
            .collect()
    }

    /// Sets the batch by what passes take: of so many columns that are read, of inputs and of numbers
    /// that are summed, of rows to be shuffled. Gives the least memory that would do.
    fn afford(&mut self, columns: u64, (inputs, numbers): (u64, u64), shuffled: u64) -> u64 {
        let sums = numbers * numbers / 2 * 8 * SUBTREES + 2048 * numbers * 8;
        let window = 2 * shuffled * inputs * 12 + shuffled * columns * 8;
        let fixed = self.fixed + self.threads * (columns * COLUMN + sums) + window;
        let row = self.threads * (columns * 16 + inputs * (CELL_OF_BATCH - 16));
        let batch = self.limit.saturating_sub(fixed) / row.max(1);
        self.batch = batch.clamp(LEAST_BATCH, MOST_BATCH) as usize;
        self.memory = fixed + self.batch as u64 * row;
        fixed + LEAST_BATCH * row
    }

    /// Sets the batch anew once a sample has told how many inputs there are and how many numbers of a
    /// row are summed (0 where networks are trained).
    pub(super) fn settle(&mut self, (inputs, numbers): (usize, usize)) -> Result<(), FitError> {
        if numbers == 0 {
            let most = SHUFFLED_CELLS / inputs.max(1);
            self.shuffled = self.shuffled.min(most.max(8_192));
        }
        let shuffled = if numbers == 0 { self.shuffled } else { 0 };
        let shape = (inputs as u64, numbers as u64);
        let least = self.afford(self.columns as u64, shape, shuffled as u64);
        match self.limit < least {
            true => Err(too_little(self.limit, least, inputs, self.threads)),
            false => Ok(()),
        }
    }
}

/// Bytes that a fit of all rows in memory takes.
fn in_memory(files: &Files, columns: u64) -> u64 {
    if let Some(rows) = files.rows() {
        let cells = rows.saturating_mul(columns);
        return cells.saturating_mul(CELL_IN_MEMORY).saturating_add(BASE);
    }
    let compressed = files.paths().any(|path| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        matches!(ending, Some("gz" | "zst"))
    });
    let factor = if compressed { OF_COMPRESSED } else { OF_TEXT };
    files.bytes().saturating_mul(factor).saturating_add(BASE)
}

fn too_little(limit: u64, least: u64, wide: usize, threads: u64) -> FitError {
    let megabytes = least.div_ceil(MEBIBYTE);
    let (plural, fewer) = match threads {
        1 => ("", ""),
        _ => ("s", "; fewer --threads take less"),
    };
    FitError::Settings(vec![format!(
        "{} MiB of memory are too little to work in: a fit of {wide} columns with {threads} \
         thread{plural} takes at least --memory-limit {megabytes}MiB{fewer}",
        limit / MEBIBYTE,
    )])
}
