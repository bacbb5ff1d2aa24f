//! One page of all that experiments left in their folders: text, tables, plots and runs.
//!
//! A folder holds `experiment.json` ([`Experiment`]), and of its name `NAME.md`,
//! `NAME.jsonl` and `NAME.csv`, and plots as `*.svg`. The page needs no other file and no network: plots are part of it, and
//! it has no script. Only the links to the runs lead out of it. A template engine was rejected:
//! one page of a fixed shape is shorter as functions, and nothing is read at run time.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use neuronseek::model::{FileError, read_whole, write_whole};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use thiserror::Error;

mod html;
mod markdown;
mod picture;

/// Why a page cannot be made.
#[derive(Debug, Error)]
pub enum PageError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is not what its name says.
    #[error("{path} is broken: {reason}; run the experiment again, or mend the file")]
    Broken {
        /// The file.
        path: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// No folder was named.
    #[error("no folder to report on: name at least one with --from")]
    NoFolder,
}

/// What an experiment says of itself: `experiment.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experiment {
    /// Its short name, as "recovery".
    pub name: String,
    /// Its heading.
    pub title: String,
    /// The command that repeats it.
    pub command: String,
    /// What it ran on.
    pub machine: String,
    /// When it ran, as 2026-01-31.
    pub date: String,
    /// What it shows, losses included; a sentence each.
    #[serde(default)]
    pub remarks: Vec<String>,
}

/// The file's name in an experiment's folder.
const EXPERIMENT: &str = "experiment.json";

impl Experiment {
    /// Writes `experiment.json` into an existing folder, whole or not at all.
    pub fn write(&self, folder: &Path) -> Result<(), PageError> {
        let path = folder.join(EXPERIMENT);
        let mut text = serde_json::to_string_pretty(self).map_err(|error| broken(&path, &error))?;
        text.push('\n');
        Ok(write_whole(&path, text.as_bytes())?)
    }

    /// Reads a folder's `experiment.json`; the name and the title must not be empty.
    pub fn read(folder: &Path) -> Result<Experiment, PageError> {
        let path = folder.join(EXPERIMENT);
        let experiment: Experiment =
            serde_json::from_slice(&read_whole(&path)?).map_err(|error| broken(&path, &error))?;
        if experiment.name.trim().is_empty() || experiment.title.trim().is_empty() {
            return Err(broken(&path, &"the name or the title is empty"));
        }
        if experiment.name.contains(['/', '\\']) {
            return Err(broken(
                &path,
                &"the name is that of files: it has no / in it",
            ));
        }
        Ok(experiment)
    }
}

/// A plot of a folder.
struct Plot {
    /// The file's name without its ending.
    stem: String,
    /// The SVG element, not yet fit for a page.
    svg: String,
    /// Whether a PNG of the same name stands beside it.
    png: bool,
}

/// All that one folder holds.
struct Folder {
    experiment: Experiment,
    /// The path from the page to the folder, as a link.
    link: String,
    table: String,
    plots: Vec<Plot>,
    /// Lines of `NAME.jsonl`.
    runs: usize,
    /// Rows of `NAME.csv`, its heading not counted.
    rows: usize,
}

/// The page of these folders, in their order, for a file at `page`; plots of a folder in the order
/// of their names. A missing or broken file is an error that names it.
pub fn page(folders: &[PathBuf], page: &Path) -> Result<String, PageError> {
    if folders.is_empty() {
        return Err(PageError::NoFolder);
    }
    let gathered: Result<Vec<Folder>, PageError> =
        folders.iter().map(|folder| gather(folder, page)).collect();
    html::page(&gathered?)
}

fn gather(folder: &Path, page: &Path) -> Result<Folder, PageError> {
    let experiment = Experiment::read(folder)?;
    let name = experiment.name.as_str();
    Ok(Folder {
        link: html::link_between(page, folder),
        table: text(&folder.join(format!("{name}.md")))?,
        plots: plots(folder)?,
        runs: count_runs(&folder.join(format!("{name}.jsonl")))?,
        rows: count_rows(&folder.join(format!("{name}.csv")))?,
        experiment,
    })
}

fn broken(path: &Path, reason: &dyn std::fmt::Display) -> PageError {
    PageError::Broken {
        path: path.display().to_string(),
        reason: reason.to_string(),
    }
}

fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> PageError {
    move |source| {
        PageError::File(FileError::Io {
            action: "read",
            path: path.display().to_string(),
            source,
        })
    }
}

fn text(path: &Path) -> Result<String, PageError> {
    String::from_utf8(read_whole(path)?).map_err(|error| broken(path, &error))
}

fn plots(folder: &Path) -> Result<Vec<Plot>, PageError> {
    let failed = unreadable(folder);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(&failed)? {
        let path = entry.map_err(&failed)?.path();
        if path.extension().is_some_and(|ending| ending == "svg") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut plots = Vec::new();
    for path in paths {
        let svg = text(&path)?;
        // A first reading finds what cannot be embedded while the file's name is known.
        picture::embed(&svg, "check", "").map_err(|reason| broken(&path, &reason))?;
        plots.push(Plot {
            stem: path
                .file_stem()
                .map_or(String::new(), |stem| stem.to_string_lossy().into_owned()),
            svg,
            png: path.with_extension("png").is_file(),
        });
    }
    Ok(plots)
}

/// Counts the lines, each of which must be JSON.
fn count_runs(path: &Path) -> Result<usize, PageError> {
    let file = std::fs::File::open(path).map_err(unreadable(path))?;
    let mut runs = 0;
    for (index, line) in std::io::BufReader::new(file).lines().enumerate() {
        let line = line.map_err(unreadable(path))?;
        if line.trim().is_empty() {
            continue;
        }
        serde_json::from_str::<IgnoredAny>(&line)
            .map_err(|error| broken(path, &format!("line {}: {error}", index + 1)))?;
        runs += 1;
    }
    Ok(runs)
}

/// Counts the rows, each of which must have as many cells as the heading.
fn count_rows(path: &Path) -> Result<usize, PageError> {
    let file = std::fs::File::open(path).map_err(unreadable(path))?;
    let mut rows = 0;
    for row in csv::Reader::from_reader(file).byte_records() {
        row.map_err(|error| broken(path, &error))?;
        rows += 1;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
