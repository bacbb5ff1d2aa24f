//! Tables of several files, and of more rows than memory holds.

use std::path::{Path, PathBuf};

use clap::Args;
use neuronseek::model::FitOptions;
use neuronseek::model::streaming::{Goal, Plan};
use neuronseek::table::{Files, Table};

use super::reading::Reading;
use crate::console::Console;
use crate::display;
use crate::failure::Failure;

/// How much memory is used, and what is done with bad files.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Large tables")]
pub struct Large {
    /// Keep within this much memory, such as 2GiB or 500MB: rows that do not fit are read in parts,
    /// several times; a sample of them chooses, all of them fit
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory_limit: Option<u64>,
    /// Leave out files that cannot be read, or that have other columns, and say which; all are read
    /// once more to find them
    #[arg(long)]
    skip_bad_files: bool,
}

/// Rows, in memory or in files.
pub enum Source {
    Table(Table),
    Files(Files),
}

impl Source {
    /// The names of the columns.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Source::Table(table) => table.columns().iter().map(|c| c.name.as_str()).collect(),
            Source::Files(files) => files.names().iter().map(String::as_str).collect(),
        }
    }
}

/// Rows to be fitted.
pub enum Rows {
    /// All of them in memory.
    Whole(Table),
    /// In files, read in parts by a plan.
    Parts(Box<(Files, Plan)>),
}

impl Large {
    /// Opens a file, or several as one table.
    pub fn open(
        &self,
        paths: &[PathBuf],
        reading: &Reading,
        console: &Console,
    ) -> Result<Source, Failure> {
        if let ([path], None, false) = (paths, self.memory_limit, self.skip_bad_files)
            && (path.as_os_str() == "-" || path.is_file() || !is_several(path))
        {
            return Ok(Source::Table(reading.table(path)?));
        }
        let options = reading.options();
        if !self.skip_bad_files {
            return Ok(Source::Files(Files::open(paths, &options)?));
        }
        let (files, bad) = Files::open_without_bad(paths, &options, None)?;
        for (path, error) in &bad {
            console.warn(&format!("{} is left out: {error}", path.display()));
        }
        Ok(Source::Files(files))
    }

    /// Reads the rows, where they are to be in memory, and tells what is going to be done.
    pub fn rows(
        &self,
        source: Source,
        (goal, options): (Goal, &FitOptions),
        console: &Console,
    ) -> Result<Rows, Failure> {
        let files = match source {
            Source::Table(table) => return Ok(Rows::Whole(table)),
            Source::Files(files) => files,
        };
        let threads = rayon::current_num_threads();
        let plan = Plan::new(&files, (goal, options), self.memory_limit, threads)?;
        console.note(&told(&plan, self.memory_limit, threads));
        match plan.in_memory {
            true => Ok(Rows::Whole(files.table()?)),
            false => Ok(Rows::Parts(Box::new((files, plan)))),
        }
    }
}

/// Whether a path stands for several files: a folder or a pattern.
fn is_several(path: &Path) -> bool {
    let text = path.to_string_lossy();
    path.is_dir() || text.contains(['*', '?', '['])
}

/// A plan in a sentence.
fn told(plan: &Plan, limit: Option<u64>, threads: usize) -> String {
    let rows = match plan.rows {
        Some(rows) => format!("{} rows", display::count(rows as usize)),
        None => "rows".to_string(),
    };
    let files = match plan.files {
        1 => "1 file".to_string(),
        files => format!("{files} files"),
    };
    let data = format!(
        "plan: {rows} of {} columns in {files} ({})",
        plan.columns,
        bytes(plan.bytes)
    );
    let within = limit.map_or(String::new(), |limit| format!(" of {}", bytes(limit)));
    if plan.in_memory {
        let memory = bytes(plan.memory);
        return format!("{data}; all rows are read into memory, about {memory}{within}");
    }
    let [least, most] = plan.passes;
    let time = match plan.seconds {
        Some(seconds) => format!("; about {}", display::duration(seconds)),
        None => String::new(),
    };
    format!(
        "{data}; one pass draws a sample of {} rows, which chooses; {} to {} passes fit all rows, {} \
         to {} read in all; up to {}{within} of memory, {} rows at a time on {threads} thread{}{time}",
        display::count(plan.sampled),
        least - 1,
        most - 1,
        bytes(plan.bytes * least as u64),
        bytes(plan.bytes * most as u64),
        bytes(plan.memory),
        display::count(plan.batch),
        if threads == 1 { "" } else { "s" },
    )
}

fn bytes(count: u64) -> String {
    let count = count as f64;
    match count {
        count if count < 1048576.0 => format!("{:.0} KiB", count / 1024.0),
        count if count < 1073741824.0 => format!("{:.0} MiB", count / 1048576.0),
        count => format!("{:.1} GiB", count / 1073741824.0),
    }
}

/// A number of bytes with a unit.
fn size(text: &str) -> Result<u64, String> {
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let number = &text[..text.len() - unit.len()];
    let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "kib" | "k" => 1024.0,
        "mib" | "m" => 1048576.0,
        "gib" | "g" => 1073741824.0,
        "tib" | "t" => 1099511627776.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "" => return Err("write it with a unit, such as 2GiB or 500MB".to_string()),
        _ => {
            return Err(format!(
                "\"{unit}\" is not a unit of memory: MiB, GiB, MB, GB"
            ));
        }
    };
    match number.parse::<f64>() {
        Ok(number) if number > 0.0 && number * factor < 1e18 => Ok((number * factor) as u64),
        _ => Err("write a size above 0, such as 2GiB or 500MB".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("2GiB"), Ok(2 << 30));
        assert_eq!(size("1.5 MB"), Ok(1_500_000));
        assert_eq!(size("512m"), Ok(512 << 20));
        for bad in ["2", "GiB", "-1GiB", "0MB", "2 apples", "1e30TB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
