//! What can go wrong with image sets and networks for them.

use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VisionError {
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {cause}", path = path.display())]
    File {
        /// "read" or "write".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {reason}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and what to do.
        reason: String,
    },
    /// A set has no test images.
    #[error("{path}: {reason}", path = path.display())]
    NoTest {
        /// The folder.
        path: PathBuf,
        /// Where they were looked for.
        reason: &'static str,
    },
    /// A request cannot be carried out; all reasons at once.
    #[error("{}", .0.join("; "))]
    Request(Vec<String>),
    /// A model or a checkpoint cannot be read or written.
    #[error(transparent)]
    Model(#[from] neuronseek::model::FileError),
    /// Stopped from outside.
    #[error("stopped")]
    Stopped,
}

impl VisionError {
    /// A file that cannot be read or written.
    pub fn file(action: &'static str, path: &Path, cause: io::Error) -> VisionError {
        VisionError::File {
            action,
            path: path.to_path_buf(),
            cause,
        }
    }

    /// A file that is not what it should be.
    pub fn content(path: &Path, reason: impl Into<String>) -> VisionError {
        VisionError::Content {
            path: path.to_path_buf(),
            reason: reason.into(),
        }
    }

    /// A request that cannot be carried out.
    pub fn request(reason: impl Into<String>) -> VisionError {
        VisionError::Request(vec![reason.into()])
    }
}
