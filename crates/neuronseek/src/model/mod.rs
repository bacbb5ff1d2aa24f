//! The model: preparation + neuron + network in one file; fit, predict, evaluate, save, load.
//!
//! A fit is a contest on validation rows between the network of the found neuron, the plain
//! network of `x` at equal parameters, and the search's polynomial in closed form, of the target
//! or of the function of it that held-out rows prefer. Keeping the
//! found neuron without a contest was rejected: on many tables the plain neuron is as good.

mod blend;
mod blocks;
mod calibration;
mod candidate;
mod checkpoint;
mod data;
mod equation;
mod expanded;
mod file;
mod fit;
mod held_out;
mod imbalance;
mod intervals;
mod leading;
mod metrics;
mod networks;
mod options;
mod paired;
mod pipeline;
mod plan;
mod predict;
mod report;
mod screening;
mod searching;
mod settle;
mod spread;
mod stored;
pub mod streaming;
mod transform;
mod tune;
mod update;

#[cfg(test)]
mod small_tests;

pub use calibration::CalibrationReport;
pub(crate) use data::{fingerprint, hold_out};
pub use equation::{Equation, EquationTerm};
pub(crate) use equation::{factor_text, six_digits};
pub use expanded::{Expanded, ExpandedInput, ExpandedOutput};
pub use file::{FileError, NamedTensor, VERSION, decode, encode, read_whole, write_whole};
pub use fit::{FitError, Fitted, Searched, fit, search};
pub use imbalance::{ClassWeights, DecisionReport, ThresholdChoice};
pub use intervals::{Coverage, Interval, IntervalReport};
pub use metrics::Metrics;
pub(crate) use metrics::most_probable;
pub use options::{
    EmbeddingChoice, FitOptions, Holdout, NetworkOptions, NeuronChoice, Profile, SearchMethod,
    SearchOptions, TrainOptions, TransformChoice, Validation,
};
pub use pipeline::{Core, Pipeline};
pub use predict::{Limits, Model, ModelError, Prediction};
pub use report::{CandidateKind, FitReport, Outcome, Rows, SearchedTarget};
pub use searching::method;
pub use transform::{TransformReport, TransformTrial};
pub use tune::{MAX_TRIALS, RungReport, TrialReport, TrialSettings, Tune, TuneLimit, TuningReport};
pub use update::UpdateOptions;
