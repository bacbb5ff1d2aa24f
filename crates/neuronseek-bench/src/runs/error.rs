use neuronseek::model::FileError;
use thiserror::Error;

/// Why an experiment cannot begin, or ended before its time.
#[derive(Debug, Error)]
pub enum RunsError {
    /// No such part.
    #[error("shard {0} is out of range: write i/n, such as 0/2, with i below n")]
    Shard(String),
    /// No jobs.
    #[error("jobs 0 is out of range: at least 1")]
    Jobs,
    /// The threads could not be started.
    #[error("cannot start a thread: {0}")]
    Threads(String),
    /// A run, result or measurement has no JSON form.
    #[error("cannot write a run as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A file or folder.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A file that appears whole or not at all.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process is at work on the same file.
    #[error("{0} is being written by another run of this experiment: wait for it, or give --shard")]
    Busy(String),
    /// A line that is not a result.
    #[error("{path}, line {line}: {reason}; delete the line, or choose another folder")]
    Line {
        /// The file.
        path: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A run ended with an error.
    #[error("run {id}: {reason}")]
    Run {
        /// The run.
        id: String,
        /// Its error.
        reason: String,
    },
}
