//! Why a table or an image set cannot be had.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use neuronseek::table::TableError;
use thiserror::Error;

use crate::arff::ArffError;

/// Why a table or an image set cannot be had: what, where, and what to do.
#[derive(Debug, Error)]
pub enum DataError {
    /// The catalogue that the program was built with cannot be read.
    #[error("a built-in catalogue cannot be read: {0}")]
    Catalogue(String),
    /// No table of this name.
    #[error("no table is named \"{name}\"; {}", suggestion(.near, "data list"))]
    UnknownName {
        /// What was asked for.
        name: String,
        /// Names like it, the most alike first.
        near: Vec<String>,
    },
    /// No image set of this name.
    #[error("no image set is named \"{name}\"; {}", suggestion(.near, "vision sets"))]
    UnknownSet {
        /// What was asked for.
        name: String,
        /// Names like it, the most alike first.
        near: Vec<String>,
    },
    /// An image set's server is away or has it no more.
    #[error(
        "{name} cannot be fetched: {reason}; the same command goes on where this one stopped when \
         the server gives it. Until then, get {}, put {} into {folder}, unchanged, and the same \
         command checks {}", listed(.addresses), them(.addresses), them(.addresses)
    )]
    Away {
        /// The set.
        name: String,
        /// The address and what is wrong.
        reason: String,
        /// Where the files that are not here are published.
        addresses: Vec<String>,
        /// The set's folder.
        folder: String,
    },
    /// The table has no public address that is certain.
    #[error(
        "{name} cannot be fetched: it is {reason}; \
         name a folder that has it with --data or NEURONSEEK_DATA"
    )]
    LocalOnly {
        /// The table.
        name: String,
        /// What it was made of.
        reason: String,
    },
    /// A file or folder.
    #[error("cannot {doing} {path}: {cause}")]
    File {
        /// "read", "write", ...
        doing: &'static str,
        /// The file.
        path: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The disk is full.
    #[error(
        "cannot write {path}: no room is left on its disk{}; make room there or name a folder on \
         another disk, and give the same command again", whole(*.bytes)
    )]
    NoRoom {
        /// The file.
        path: String,
        /// How large it is as a whole, where that is known.
        bytes: Option<u64>,
    },
    /// A folder's `INDEX.json`.
    #[error("{path} is no index of tables: {reason}; mend it, or name another folder")]
    Index {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A file of a folder of tables is not what its index says.
    #[error(
        "{path} is damaged: its sha256 is {found}, but INDEX.json beside it says {expected}; \
         get the file again, or take sha256 out of INDEX.json if the change is yours"
    )]
    Damaged {
        /// The file.
        path: String,
        /// The checksum of the file.
        found: String,
        /// What the index says.
        expected: String,
    },
    /// A file is there that may not be replaced.
    #[error(
        "{path} exists already and is another table; choose another folder, or add --force to replace it"
    )]
    Exists {
        /// The file.
        path: String,
    },
    /// An address that cannot be used.
    #[error("{address} is no address of a server: {reason}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// The server refuses, or has no such thing.
    #[error("{address} answers {status}{}; {}", told(.message), advice(*.status))]
    Status {
        /// The address.
        address: String,
        /// The HTTP status.
        status: u16,
        /// What the server says, where it says anything.
        message: String,
    },
    /// The connection failed, at every try.
    #[error(
        "{address} cannot be fetched ({tries} {}): {reason}; \
         see to the network and give the same command again, which goes on where this one stopped",
        if *.tries == 1 { "try" } else { "tries" }
    )]
    Connection {
        /// The address.
        address: String,
        /// How often it was tried.
        tries: usize,
        /// What went wrong the last time.
        reason: String,
    },
    /// The server's answer is not of the expected form.
    #[error("{address}: {reason}; is it an OpenML server?")]
    Answer {
        /// The address.
        address: String,
        /// What is wrong.
        reason: String,
    },
    /// A file arrived whole but is another one.
    #[error(
        "{address}: the file's {kind} is {found}, but {expected} was promised; nothing of it is \
         kept: try again later, or report it to the server"
    )]
    Checksum {
        /// The address.
        address: String,
        /// "md5" or "sha256".
        kind: &'static str,
        /// The checksum of what arrived.
        found: String,
        /// The checksum promised.
        expected: String,
    },
    /// The server's table is another one than the protocol's.
    #[error("{name} at {source_name} is not the protocol's table: {reason}")]
    OtherTable {
        /// The table.
        name: String,
        /// The address.
        source_name: String,
        /// How it differs.
        reason: String,
    },
    /// Ended from outside.
    #[error("stopped; what has arrived is kept, and the same command goes on from there")]
    Stopped,
    /// An ARFF file.
    #[error(transparent)]
    Arff(#[from] ArffError),
    /// A table file.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl DataError {
    /// The error of an operation on a file.
    pub(crate) fn file(doing: &'static str, path: &Path, cause: io::Error) -> DataError {
        let path = path.display().to_string();
        match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                DataError::NoRoom { path, bytes: None }
            }
            _ => DataError::File { doing, path, cause },
        }
    }
}

/// Reads a whole file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, DataError> {
    std::fs::read(path).map_err(|cause| DataError::file("read", path, cause))
}

/// Makes a folder with those above it.
pub(crate) fn make_folder(path: &Path) -> Result<PathBuf, DataError> {
    std::fs::create_dir_all(path).map_err(|cause| DataError::file("make", path, cause))?;
    Ok(path.to_path_buf())
}

fn suggestion(near: &[String], list: &str) -> String {
    match near {
        [] => format!("neuronseek {list} prints the names"),
        near => format!("did you mean {}?", near.join(" or ")),
    }
}

fn listed(words: &[String]) -> String {
    match words {
        [first @ .., before, last] => {
            let first: String = first.iter().map(|word| format!("{word}, ")).collect();
            format!("{first}{before} and {last}")
        }
        words => words.concat(),
    }
}

fn them(files: &[String]) -> &'static str {
    match files {
        [_] => "it",
        _ => "them",
    }
}

fn whole(bytes: Option<u64>) -> String {
    match bytes {
        Some(bytes) => format!(" (the whole file has {bytes} bytes)"),
        None => String::new(),
    }
}

fn told(message: &str) -> String {
    match message {
        "" => String::new(),
        message => format!(" ({message})"),
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        404 | 410 | 412 => "the table is not there any more: use a local copy with --data",
        401 | 403 => "the server wants a login or does not serve this network",
        429 => "too many requests: try again in some minutes",
        500.. => "the server has trouble: try again later",
        _ => "the request was not understood: is it an OpenML server?",
    }
}
