//! The state of a fit while it runs, in a file beside the model, so that a killed fit can go on.
//!
//! Everything in a fit is a pure function of data, options and seed, so the state is small: the
//! search's report and each network's training state. When it is written has no influence on the
//! result.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::file::{FileError, read_whole, write_whole};
use super::settle::Settled;
use crate::train::Checkpoint;

const MAGIC: &[u8; 16] = b"neuronseek-fit-3";
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Identifies data and options; a checkpoint of another fit is refused.
    fingerprint: String,
    settled: Option<Settled>,
    networks: BTreeMap<String, Checkpoint>,
}

/// Keeps a fit's state; without a path it keeps nothing.
#[derive(Debug)]
pub(super) struct Keeper {
    path: Option<PathBuf>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    written: Option<Instant>,
    failed: Option<FileError>,
}

impl Keeper {
    /// A keeper that writes to `path`; when `resume` is set, it starts from what is there.
    pub(super) fn open(
        path: Option<&Path>,
        resume: bool,
        fingerprint: String,
    ) -> Result<Keeper, FileError> {
        let mut state = State {
            fingerprint,
            ..State::default()
        };
        if let Some(path) = path.filter(|path| resume && path.exists()) {
            let stored = read_state(path)?;
            if stored.fingerprint != state.fingerprint {
                return Err(FileError::Foreign {
                    path: path.display().to_string(),
                    reason: "it is the checkpoint of a fit with other data or other options; \
                             repeat that fit's command, or leave out --resume"
                        .to_string(),
                });
            }
            state = stored;
        }
        Ok(Keeper {
            path: path.map(Path::to_path_buf),
            inner: Mutex::new(Inner {
                state,
                written: None,
                failed: None,
            }),
        })
    }

    /// What is fitted and what the search found, when that had been settled.
    pub(super) fn settled(&self) -> Option<Settled> {
        self.lock().state.settled.clone()
    }

    /// The training state of the network of this name, when there is one.
    pub(super) fn network(&self, name: &str) -> Option<Checkpoint> {
        self.lock().state.networks.get(name).cloned()
    }

    /// Keeps what is fitted and what the search found.
    pub(super) fn keep_settled(&self, settled: &Settled) {
        let mut inner = self.lock();
        inner.state.settled = Some(settled.clone());
        self.write(&mut inner, true);
    }

    /// Keeps a network's training state; writes at most once a second.
    pub(super) fn keep_network(&self, name: &str, checkpoint: &Checkpoint) {
        if self.path.is_none() {
            return;
        }
        let mut inner = self.lock();
        inner
            .state
            .networks
            .insert(name.to_string(), checkpoint.clone());
        self.write(&mut inner, false);
    }

    /// Writes what is not written yet, as when a fit is ended early.
    pub(super) fn flush(&self) -> Result<(), FileError> {
        let mut inner = self.lock();
        self.write(&mut inner, true);
        inner.failed.take().map_or(Ok(()), Err)
    }

    /// Removes the file: the fit is done.
    pub(super) fn remove(&self) {
        if let Some(path) = &self.path {
            // A checkpoint that is gone already is as good as removed.
            let _ = std::fs::remove_file(path);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn write(&self, inner: &mut Inner, now: bool) {
        let Some(path) = &self.path else { return };
        let due = inner
            .written
            .is_none_or(|written| written.elapsed() >= BETWEEN_WRITES);
        if !(due || now) {
            return;
        }
        let result = match postcard::to_stdvec(&inner.state) {
            Ok(body) => write_whole(path, &[&MAGIC[..], &Sha256::digest(&body), &body].concat()),
            Err(error) => Err(FileError::Foreign {
                path: path.display().to_string(),
                reason: error.to_string(),
            }),
        };
        // A full disk must not end a fit that would finish without a checkpoint.
        inner.failed = result.err();
        inner.written = Some(Instant::now());
    }
}

fn read_state(path: &Path) -> Result<State, FileError> {
    let bytes = read_whole(path)?;
    let damaged = |reason: &str| FileError::Damaged {
        path: path.display().to_string(),
        reason: reason.to_string(),
    };
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| damaged("it does not start as a checkpoint does"))?;
    let (sum, body) = rest
        .split_at_checked(32)
        .ok_or_else(|| damaged("it is cut off"))?;
    if Sha256::digest(body).as_slice() != sum {
        return Err(damaged("its checksum does not fit its content"));
    }
    postcard::from_bytes(body).map_err(|error| damaged(&error.to_string()))
}
