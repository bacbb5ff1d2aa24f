//! The losses of another method on the same tables and splits.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

/// Why a file of peers cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The file.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What went wrong, with the line.
        source: csv::Error,
    },
    /// The method.
    #[error("{path} has no row of the method {method}: name one of its column \"method\"")]
    Method {
        /// The file.
        path: String,
        /// What was asked for.
        method: String,
    },
}

#[derive(Deserialize)]
struct Row {
    table: String,
    split: u64,
    method: String,
    nmse: Option<f64>,
    log_loss: Option<f64>,
}

/// Test losses of one method, by table and split.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerLosses {
    /// The method.
    pub method: String,
    losses: HashMap<(String, u64), f64>,
}

impl PeerLosses {
    /// Reads a CSV file with the columns `table`, `split`, `method`, `nmse`, `log_loss` (of classes)
    /// and any others; of several rows of a table and split the last counts.
    ///
    /// # Errors
    /// When the file cannot be read as that, or has no row of the method.
    pub fn read(path: &Path, method: &str) -> Result<PeerLosses, PeerError> {
        let failed = |source| PeerError::Read {
            path: path.display().to_string(),
            source,
        };
        let mut reader = csv::Reader::from_path(path).map_err(failed)?;
        let mut losses = HashMap::new();
        for row in reader.deserialize() {
            let row: Row = row.map_err(failed)?;
            if row.method == method
                && let Some(loss) = row.nmse.or(row.log_loss)
            {
                losses.insert((row.table, row.split), loss);
            }
        }
        match losses.is_empty() {
            false => Ok(PeerLosses {
                method: method.to_string(),
                losses,
            }),
            true => Err(PeerError::Method {
                path: path.display().to_string(),
                method: method.to_string(),
            }),
        }
    }

    /// The loss on a table and split, if the file has it.
    pub fn loss(&self, table: &str, split: u64) -> Option<f64> {
        self.losses.get(&(table.to_string(), split)).copied()
    }
}
