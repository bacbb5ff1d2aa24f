use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::blocks::BlockModel;
pub(super) use super::blocks::sum_of_outputs;
use super::file::FileError;
use super::intervals::{self, Coverage, Interval, Intervals};
use super::metrics::Metrics;
use super::report::FitReport;
use crate::matrix::Matrix;
use crate::network::{Network, NetworkConfig};
use crate::prepare::{
    InputBlocks, NetworkScale, Outcome as TargetScale, Preparation, PrepareError, SearchScale,
    Target, probabilities,
};
use crate::search::Formula;
use crate::table::Table;
use crate::terms::{CpuPath, Kernel, Lanes, Polynomial, Tape};

/// A fitted model: from the columns of a table to predictions in the user's terms.
#[derive(Debug, Clone)]
pub struct Model {
    pub(super) preparation: Preparation,
    pub(super) search_scale: SearchScale,
    pub(super) network_scale: NetworkScale,
    pub(super) predictor: Predictor,
    pub(super) limits: Limits,
    pub(super) intervals: Option<Intervals>,
    pub(super) report: FitReport,
}

/// What turns encoded inputs into outputs.
#[derive(Debug, Clone)]
pub(super) enum Predictor {
    /// Networks whose outputs are added by their weights.
    Networks(Vec<Member>),
    /// What the search fitted.
    Formula(Formula),
}

/// A network of a blend.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub network: Network<f32>,
    pub weight: f64,
}

/// The range of each target on training rows, with a tenth of its width on either side; a
/// polynomial's outputs are kept inside, since high powers run away outside the data. Empty for
/// classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limits(pub(super) Vec<[f64; 2]>);

impl Limits {
    /// No limits.
    pub fn none() -> Limits {
        Limits(Vec::new())
    }

    /// The limits of the given scaled target.
    pub fn of(target: &Target) -> Limits {
        let Target::Values(values) = target else {
            return Limits(Vec::new());
        };
        let extent = |column: usize| {
            let column = values.column(column);
            let low = column.iter().copied().fold(f64::INFINITY, f64::min);
            let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            [low, high]
        };
        let extents: Vec<[f64; 2]> = (0..values.columns()).map(extent).collect();
        Limits::within(&extents)
    }

    /// The limits of scaled targets of this extent.
    pub(super) fn within(extents: &[[f64; 2]]) -> Limits {
        let limit = |[low, high]: &[f64; 2]| {
            let margin = 0.1 * (high - low);
            [low - margin, high + margin]
        };
        Limits(extents.iter().map(limit).collect())
    }

    /// Brings outputs (rows x targets) into the limits.
    pub fn apply(&self, outputs: &mut Matrix<f64>) {
        if self.0.is_empty() {
            // A formula in symbols may be undefined at a row: then the mean is predicted.
            let undefined = outputs.data_mut().iter_mut().filter(|value| value.is_nan());
            undefined.for_each(|value| *value = 0.0);
            return;
        }
        let columns = outputs.columns().max(1);
        for row in outputs.data_mut().chunks_exact_mut(columns) {
            for (value, limits) in row.iter_mut().zip(&self.0) {
                *value = limited(*value, *limits);
            }
        }
    }

    /// The same of a block, outputs x rows.
    pub(super) fn apply_block(&self, path: CpuPath, block: &mut [f64], rows: usize) {
        if self.0.is_empty() {
            let undefined = block.iter_mut().filter(|value| value.is_nan());
            return undefined.for_each(|value| *value = 0.0);
        }
        for (limits, values) in self.0.iter().zip(block.chunks_exact_mut(rows)) {
            path.run(Clamping(*limits, values));
        }
    }
}

/// One output of a block, brought into its limits.
struct Clamping<'a>([f64; 2], &'a mut [f64]);

impl Kernel<f64> for Clamping<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f64>>(self) {
        let Clamping(limits, values) = self;
        for value in values {
            *value = limited(*value, limits);
        }
    }
}

/// A formula in symbols may be undefined at a row: then the middle is predicted.
#[inline(always)]
fn limited(value: f64, [low, high]: [f64; 2]) -> f64 {
    if value.is_nan() {
        0.5 * (low + high)
    } else {
        value.clamp(low, high)
    }
}

/// Predictions for the rows of a table, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Prediction {
    /// Regression.
    Values {
        /// The target columns.
        targets: Vec<String>,
        /// rows x targets, in the targets' units.
        values: Matrix<f64>,
    },
    /// Classification.
    Classes {
        /// The classes as the user wrote them.
        classes: Vec<String>,
        /// The predicted class of each row, an index into `classes`: the most probable one, unless
        /// the fit had class weights or a threshold.
        labels: Vec<usize>,
        /// rows x classes; of the table, without the weights that training gave to classes.
        probabilities: Matrix<f64>,
    },
}

/// Why a model cannot be read or applied.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The table.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// Nothing to evaluate on.
    #[error("{source_name} has no row with a known target, so there is nothing to evaluate on")]
    NothingToEvaluate {
        /// The table.
        source_name: String,
    },
}

impl Model {
    /// What the fit did.
    pub fn report(&self) -> &FitReport {
        &self.report
    }

    /// How columns become inputs.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// How the search's inputs are scaled.
    pub fn search_scale(&self) -> &SearchScale {
        &self.search_scale
    }

    /// How the networks' inputs are scaled.
    pub fn network_scale(&self) -> &NetworkScale {
        &self.network_scale
    }

    /// The closed-form polynomial, when that is what predicts.
    pub fn polynomial(&self) -> Option<&Polynomial> {
        match &self.predictor {
            Predictor::Formula(formula) => formula.polynomial(),
            Predictor::Networks(_) => None,
        }
    }

    /// The shape of each network and its weight in the sum of outputs, when networks predict.
    pub fn networks(&self) -> Vec<(&NetworkConfig, f64)> {
        match &self.predictor {
            Predictor::Networks(members) => {
                let shapes = members.iter().map(|m| (m.network.config(), m.weight));
                shapes.collect()
            }
            Predictor::Formula(_) => Vec::new(),
        }
    }

    /// Predictions for every row. Extra columns are ignored.
    ///
    /// # Errors
    /// When a column that the model needs is missing or has cells of another kind.
    pub fn predict(&self, table: &Table) -> Result<Prediction, ModelError> {
        if self.blocks().is_some() {
            let inputs = self.preparation.blocks(table)?;
            if let Some(outputs) = self.restored(&inputs) {
                return Ok(self.prediction(outputs));
            }
        }
        // A formula in symbols, or a table with an infinite number, which is an error here.
        Ok(self.predict_inputs(&self.preparation.inputs(table)?))
    }

    /// Predictions from inputs that this model's [`Preparation::encode`] made.
    pub fn predict_inputs(&self, encoded: &Matrix<f64>) -> Prediction {
        self.prediction(self.restored_inputs(encoded))
    }

    /// From restored outputs, rows x outputs.
    fn prediction(&self, outputs: Matrix<f64>) -> Prediction {
        let classes = self.preparation.classes();
        if classes.is_empty() {
            return Prediction::Values {
                targets: self.report.targets.clone(),
                values: outputs,
            };
        }
        let probabilities = probabilities(&outputs, classes.len());
        let labels = self.preparation.outcome().decide(&probabilities);
        Prediction::Classes {
            classes: classes.to_vec(),
            labels,
            probabilities,
        }
    }

    /// Numbers in the targets' units or logits of the table; `None` for a formula in symbols and
    /// where an input is infinite.
    fn restored(&self, inputs: &InputBlocks<'_>) -> Option<Matrix<f64>> {
        let outcome = self.preparation.outcome();
        let count = self.preparation.outputs();
        let outputs = self.blocks()?.outputs(inputs, count, Some(outcome))?;
        Some(match self.preparation.classes() {
            [] => outputs,
            _ => self.preparation.restore(&outputs),
        })
    }

    fn restored_inputs(&self, encoded: &Matrix<f64>) -> Matrix<f64> {
        let restored = self.restored(&InputBlocks::of_matrix(encoded));
        restored.unwrap_or_else(|| self.preparation.restore(&self.outputs(encoded)))
    }

    /// What predicts block by block; `None` for a formula in symbols.
    fn blocks(&self) -> Option<BlockModel<'_>> {
        match &self.predictor {
            Predictor::Networks(members) => Some(BlockModel::Networks {
                scale: &self.network_scale,
                members,
            }),
            Predictor::Formula(formula) => Some(BlockModel::Polynomial {
                scale: &self.search_scale,
                tape: Box::new(Tape::new(formula.polynomial()?)),
                limits: &self.limits,
            }),
        }
    }

    /// The levels of the model's prediction intervals; none where the fit was not asked for any.
    pub fn interval_levels(&self) -> &[f64] {
        self.intervals.as_ref().map_or(&[], Intervals::levels)
    }

    /// The prediction intervals of all rows, one a level, from inputs that this model's
    /// [`Preparation::encode`] made; nothing where the model has none.
    pub fn intervals(&self, encoded: &Matrix<f64>) -> Vec<Interval> {
        let Some(intervals) = &self.intervals else {
            return Vec::new();
        };
        let predicted = self.restored_inputs(encoded);
        intervals.around(&self.network_scale.apply(encoded).to_f32(), &predicted)
    }

    /// How the prediction intervals do on the rows whose target is known, from inputs as
    /// [`Model::intervals`]; nothing where the model has none.
    pub fn coverage(
        &self,
        table: &Table,
        inputs: &Matrix<f64>,
    ) -> Result<Vec<Coverage>, ModelError> {
        if self.intervals.is_none() {
            return Ok(Vec::new());
        }
        let all: Vec<usize> = (0..table.rows()).collect();
        let rows = self.preparation.usable_rows(table, &all)?;
        let truth = self.preparation.truth(table, &rows)?;
        let intervals = self.intervals(&inputs.select_rows(&rows));
        Ok(intervals::coverage(&intervals, &truth))
    }

    /// Scaled targets or logits from encoded inputs.
    pub(super) fn outputs(&self, encoded: &Matrix<f64>) -> Matrix<f64> {
        let inputs = InputBlocks::of_matrix(encoded);
        let count = self.preparation.outputs();
        let found = (self.blocks()).and_then(|blocks| blocks.outputs(&inputs, count, None));
        found.unwrap_or_else(|| {
            let Predictor::Formula(formula) = &self.predictor else {
                return Matrix::default();
            };
            let mut outputs = formula.values(&self.search_scale.apply(encoded));
            self.limits.apply(&mut outputs);
            outputs
        })
    }

    /// Metrics on the rows whose target is known, and how many these are.
    pub fn evaluate(&self, table: &Table) -> Result<(Metrics, usize), ModelError> {
        self.evaluate_inputs(table, &self.preparation.inputs(table)?)
    }

    /// The same, from inputs that this model's [`Preparation::encode`] made of all rows.
    pub fn evaluate_inputs(
        &self,
        table: &Table,
        inputs: &Matrix<f64>,
    ) -> Result<(Metrics, usize), ModelError> {
        let all: Vec<usize> = (0..table.rows()).collect();
        let rows = self.preparation.usable_rows(table, &all)?;
        if rows.is_empty() {
            return Err(ModelError::NothingToEvaluate {
                source_name: table.source.clone(),
            });
        }
        let target = self.preparation.target(table, &rows)?;
        let truth = self.preparation.truth(table, &rows)?;
        let encoded = inputs.select_rows(&rows);
        let outputs = self.outputs(&encoded);
        let scale = self.preparation.outcome();
        let metrics = measure(&outputs, scale, (&target, &truth), None);
        let metrics = metrics.ok_or_else(|| ModelError::NothingToEvaluate {
            source_name: table.source.clone(),
        })?;
        Ok((metrics, rows.len()))
    }
}

/// Metrics of outputs in the user's units, in which numbers of the target are given beside it;
/// `None` without rows.
pub(super) fn measure(
    outputs: &Matrix<f64>,
    scale: &TargetScale,
    (target, truth): (&Target, &Matrix<f64>),
    weights: Option<&[f64]>,
) -> Option<Metrics> {
    match target {
        Target::Values(_) => {
            let predicted = scale.restore(outputs);
            Metrics::regression_of_power(truth, &predicted, weights, scale.power())
        }
        Target::Classes { labels, count } => {
            let probabilities = probabilities(&scale.restore(outputs), *count);
            let decided = scale.decide(&probabilities);
            Metrics::classification_of(labels, &probabilities, &decided, weights)
        }
    }
}
