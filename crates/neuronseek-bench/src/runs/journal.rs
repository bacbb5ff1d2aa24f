//! The file of lines: appended while runs finish, read when an experiment goes on.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use neuronseek::model::write_whole;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Record, RunsError, Shard};

/// The lines of one shard, open for appending and locked against other processes.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// What the folder had at the start: this file's lines first, then those of others.
    lines: Vec<Line>,
}

/// A whole line.
struct Line {
    id: String,
    text: String,
    path: PathBuf,
    /// Counted from 1.
    number: usize,
}

impl Line {
    fn wrong(path: &Path, number: usize, reason: &serde_json::Error) -> RunsError {
        RunsError::Line {
            path: path.display().to_string(),
            line: number,
            reason: reason.to_string(),
        }
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> RunsError + 'a {
    move |source| RunsError::Io {
        action,
        path: path.display().to_string(),
        source,
    }
}

impl Journal {
    /// Opens the file of `shard` in `folder`, makes both if need be, cuts off a torn last line,
    /// and reads what is there; also what other shards have written.
    pub fn open(folder: &Path, experiment: &str, shard: Shard) -> Result<Journal, RunsError> {
        fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
        let path = folder.join(format!("{experiment}{}.jsonl", shard.suffix()));
        let mut file = File::options()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            // A file system without locks is no reason to refuse.
            return Err(RunsError::Busy(path.display().to_string()));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(failed("read", &path))?;
        let whole = whole_lines(&bytes);
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(failed("write", &path))?;
        }
        let mut lines = parse(&path, &bytes[..whole])?;
        for other in files(folder, experiment)? {
            if other != path {
                let bytes = fs::read(&other).map_err(failed("read", &other))?;
                lines.extend(parse(&other, &bytes[..whole_lines(&bytes)])?);
            }
        }
        Ok(Journal { path, file, lines })
    }

    /// The finished runs among `wanted`, by id.
    pub fn finished<R, O, M>(
        &self,
        wanted: &HashSet<&str>,
    ) -> Result<HashMap<String, Record<R, O, M>>, RunsError>
    where
        R: DeserializeOwned,
        O: DeserializeOwned,
        M: DeserializeOwned,
    {
        let mut finished = HashMap::new();
        for line in &self.lines {
            if wanted.contains(line.id.as_str()) && !finished.contains_key(&line.id) {
                let record = serde_json::from_str(&line.text)
                    .map_err(|reason| Line::wrong(&line.path, line.number, &reason))?;
                finished.insert(line.id.clone(), record);
            }
        }
        Ok(finished)
    }

    /// Appends one line by one write, so that a kill tears the last line at most.
    pub fn append(&mut self, record: &impl Serialize) -> Result<(), RunsError> {
        let mut line = serde_json::to_string(record)?;
        line.push('\n');
        let written = self.file.write_all(line.as_bytes());
        written.map_err(failed("write", &self.path))
    }

    /// Rewrites the file: `records` in their order, then this file's lines of other plans by id.
    pub fn finish<R, O, M>(self, records: &[Record<R, O, M>]) -> Result<(), RunsError>
    where
        R: Serialize,
        O: Serialize,
        M: Serialize,
    {
        let mut text = String::new();
        for record in records {
            text.push_str(&serde_json::to_string(record)?);
            text.push('\n');
        }
        let mut kept: HashSet<&str> = records.iter().map(|record| record.id.as_str()).collect();
        let own = self.lines.iter().filter(|line| line.path == self.path);
        let mut others: Vec<&Line> = own.filter(|line| kept.insert(&line.id)).collect();
        others.sort_by(|a, b| a.id.cmp(&b.id));
        for line in others {
            text.push_str(&line.text);
            text.push('\n');
        }
        Ok(write_whole(&self.path, text.as_bytes())?)
    }
}

/// How many bytes there are up to the last end of a line.
fn whole_lines(bytes: &[u8]) -> usize {
    let last = bytes.iter().rposition(|&byte| byte == b'\n');
    last.map_or(0, |end| end + 1)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Line>, RunsError> {
    #[derive(Deserialize)]
    struct Id {
        id: String,
    }
    let mut lines = Vec::new();
    for (index, bytes) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if bytes.is_empty() {
            continue;
        }
        let number = index + 1;
        let Id { id } =
            serde_json::from_slice(bytes).map_err(|reason| Line::wrong(path, number, &reason))?;
        lines.push(Line {
            id,
            text: String::from_utf8_lossy(bytes).into_owned(),
            path: path.to_path_buf(),
            number,
        });
    }
    Ok(lines)
}

/// The files of all shards of `experiment`, and of the whole, by name.
fn files(folder: &Path, experiment: &str) -> Result<Vec<PathBuf>, RunsError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        let path = entry.map_err(failed("read", folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let middle = name
            .and_then(|name| name.strip_prefix(experiment))
            .and_then(|name| name.strip_suffix(".jsonl"));
        if middle.is_some_and(|middle| middle.is_empty() || middle.starts_with('.')) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
