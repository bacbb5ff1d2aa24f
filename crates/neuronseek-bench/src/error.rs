use neuronseek::table::synthetic;

use crate::runs::RunsError;

/// Why an experiment on synthetic tables cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// Settings out of range.
    #[error("{0}")]
    Settings(String),
    /// The generator's settings.
    #[error(transparent)]
    Synthetic(#[from] synthetic::SettingsError),
    /// The runs.
    #[error(transparent)]
    Runs(#[from] RunsError),
}
