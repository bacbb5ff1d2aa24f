//! The log of a tuning: JSON lines that people can read and that a tuning goes on from.
//!
//! The first line says which fit it is of. Then one line a measurement, in an order that follows
//! from data, options and seed, whatever ended first; so a log that was cut short holds the first
//! lines of the whole one. The last line says that the tuning ended by its limit. Only `seconds`
//! (of the trial) and `elapsed` (since the tuning began) differ from run to run.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::file::{FileError, read_whole, write_whole};
use super::settings::TrialSettings;

/// The first line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    /// The version of the format.
    tuning: u32,
    /// Identifies data and options.
    fingerprint: String,
    seed: u64,
}

/// A measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    pub trial: usize,
    pub rung: usize,
    pub epochs: usize,
    pub folds: usize,
    pub loss: Option<f64>,
    pub settings: TrialSettings,
    pub seconds: f64,
    pub elapsed: f64,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
struct End {
    /// The limit, in words.
    ended: String,
    elapsed: f64,
}

/// Writes measurements down, and gives those of an earlier run; without a path it does neither.
#[derive(Debug)]
pub(super) struct Log {
    path: Option<PathBuf>,
    /// What stands for sure, when `file` is not open.
    text: String,
    file: Option<File>,
    earlier: VecDeque<(Line, String)>,
    ended: Option<String>,
    /// Seconds of earlier runs.
    pub elapsed: f64,
}

impl Log {
    pub fn open(
        path: Option<&Path>,
        resume: bool,
        fingerprint: String,
        seed: u64,
    ) -> Result<Log, FileError> {
        let head = Head {
            tuning: 1,
            fingerprint,
            seed,
        };
        let mut log = Log {
            path: path.map(Path::to_path_buf),
            text: text(&head)?,
            file: None,
            earlier: VecDeque::new(),
            ended: None,
            elapsed: 0.0,
        };
        match path {
            Some(path) if resume && path.exists() => log.read(path, &head)?,
            Some(path) => write_whole(path, log.text.as_bytes())?,
            None => {}
        }
        Ok(log)
    }

    fn read(&mut self, path: &Path, head: &Head) -> Result<(), FileError> {
        let bytes = read_whole(path)?;
        let text = String::from_utf8_lossy(&bytes);
        // A line that was cut off is as good as none.
        let mut lines = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        let own = lines
            .next()
            .and_then(|line| serde_json::from_str(line).ok());
        if own.as_ref() != Some(head) {
            return Err(FileError::Unrelated {
                path: path.display().to_string(),
            });
        }
        for line in lines {
            if let Ok(one) = serde_json::from_str::<Line>(line) {
                self.elapsed = one.elapsed;
                self.earlier.push_back((one, line.to_string()));
            } else if let Ok(end) = serde_json::from_str::<End>(line) {
                self.elapsed = end.elapsed;
                self.ended = Some(end.ended);
            } else {
                break;
            }
        }
        Ok(())
    }

    /// The earlier loss of this measurement. From the first one on that is not what comes next,
    /// earlier ones count no longer.
    pub fn earlier(&mut self, next: &Line) -> Option<Line> {
        let (line, text) = self.earlier.pop_front()?;
        let same = Line {
            loss: next.loss,
            seconds: next.seconds,
            elapsed: next.elapsed,
            ..line.clone()
        };
        if same != *next {
            self.earlier.clear();
            self.ended = None;
            return None;
        }
        self.text.push_str(&text);
        Some(line)
    }

    /// Whether an earlier run ended by this limit, and all of it has been given.
    pub fn is_complete(&self, limit: &str) -> bool {
        self.earlier.is_empty() && self.ended.as_deref() == Some(limit)
    }

    /// Whether there are earlier measurements left.
    pub fn has_earlier(&self) -> bool {
        !self.earlier.is_empty()
    }

    pub fn append(&mut self, line: &Line) -> Result<(), FileError> {
        self.write(&text(line)?)
    }

    pub fn end(&mut self, limit: &str, elapsed: f64) -> Result<(), FileError> {
        if self.is_complete(limit) {
            return Ok(());
        }
        self.write(&text(&End {
            ended: limit.to_string(),
            elapsed,
        })?)
    }

    fn write(&mut self, line: &str) -> Result<(), FileError> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let failed = |source: std::io::Error| FileError::Io {
            action: "write",
            path: path.display().to_string(),
            source,
        };
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                write_whole(path, self.text.as_bytes())?;
                let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
                self.file.insert(file)
            }
        };
        file.write_all(line.as_bytes()).map_err(failed)
    }
}

/// A line.
fn text(value: &impl Serialize) -> Result<String, FileError> {
    match serde_json::to_string(value) {
        Ok(text) => Ok(text + "\n"),
        Err(error) => Err(FileError::Foreign {
            path: "the log of the tuning".to_string(),
            reason: error.to_string(),
        }),
    }
}
