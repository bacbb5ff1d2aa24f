//! The numbers of a report, as `neuronseek explain --json` prints them and the page draws them.

use serde::Serialize;

use crate::model::Rows;
use crate::prepare::ColumnSummary;

/// A model explained. Lists are empty and options `None` where there is nothing to say: without
/// data there are no measurements and no curves, with networks of a given neuron no formula.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Of this layout.
    pub version: u32,
    /// Name and version of the program.
    pub program: String,
    /// What the model is called, such as the name of its file.
    pub model: String,
    /// Where the rows come from.
    pub source: Option<String>,
    /// The table as the fit understood it.
    pub data: DataPart,
    /// How good predictions are.
    pub quality: QualityPart,
    /// The neuron and the search for it.
    pub neuron: NeuronPart,
    /// The polynomial part in the user's units.
    pub polynomial: Option<PolynomialPart>,
    /// What the importances of `inputs` are.
    pub importance: Option<ImportancePart>,
    /// The columns that the model reads, the most important first.
    pub inputs: Vec<InputPart>,
    /// Maps of pairs of columns.
    pub pairs: Vec<PairPart>,
    /// One row.
    pub row: Option<RowPart>,
}

/// The table as the fit understood it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataPart {
    /// "regression" or "classification".
    pub task: String,
    /// Why it was taken for that.
    pub task_reason: Option<String>,
    /// The target columns.
    pub targets: Vec<String>,
    /// How the rows were used.
    pub rows: Rows,
    /// The function of the target that is fitted; none for the target itself.
    pub fitted: Option<String>,
    /// Why.
    pub fitted_reason: Option<String>,
    /// What became of each column.
    pub columns: Vec<ColumnSummary>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// How good predictions are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QualityPart {
    /// As measured at the fit, the split that says most first.
    pub at_fit: Vec<SplitPart>,
    /// On the rows of the report.
    pub measured: Option<MeasuredPart>,
}

/// Metrics of one split at the fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SplitPart {
    /// "test", "validation" or "training".
    pub split: String,
    /// The metrics.
    pub metrics: Vec<ComparedMetric>,
}

/// A metric of the model, the linear model and the constant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedMetric {
    /// Such as "rmse".
    pub name: &'static str,
    /// Of the model.
    pub model: Option<f64>,
    /// Of the linear model.
    pub linear: Option<f64>,
    /// Of the mean, or of the classes' frequencies.
    pub constant: Option<f64>,
    /// Whether low is good.
    pub lower_is_better: bool,
}

/// What was measured on the rows of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasuredPart {
    /// How many rows have a known target.
    pub rows: usize,
    /// Which rows, in words.
    pub on: String,
    /// Whether the fit saw these rows; none where that is not known.
    pub seen: Option<bool>,
    /// The level of the intervals.
    pub level: f64,
    /// Bootstrap samples.
    pub resamples: usize,
    /// Metrics with intervals.
    pub metrics: Vec<MetricPart>,
    /// One a target of a regression.
    pub regression: Vec<RegressionPart>,
    /// Of a classification.
    pub classes: Option<ClassesPart>,
}

/// A metric with its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricPart {
    /// Such as "rmse".
    pub name: &'static str,
    /// Of the model.
    pub value: Option<f64>,
    /// Percentiles over bootstrap samples of the rows.
    pub interval: Option<[f64; 2]>,
    /// Of the linear model that was fitted to the rows of the fit.
    pub linear: Option<f64>,
    /// Its interval.
    pub linear_interval: Option<[f64; 2]>,
    /// Whether low is good.
    pub lower_is_better: bool,
}

/// Predictions of numbers beside what they should be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegressionPart {
    /// The target.
    pub target: String,
    /// Predicted, actual, row of the table from 1; of at most 2000 rows.
    pub points: Vec<(f64, f64, usize)>,
    /// By tenths of the prediction.
    pub bins: Vec<BinPart>,
    /// Actual less predicted.
    pub residuals: Histogram,
}

/// The rows of a tenth of the predictions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BinPart {
    /// Mean prediction.
    pub predicted: f64,
    /// Mean of the target.
    pub actual: f64,
    /// Its 10th percentile.
    pub low: f64,
    /// Its 90th percentile.
    pub high: f64,
    /// How many rows.
    pub rows: usize,
}

/// Counts between ascending edges.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Histogram {
    /// One more than counts.
    pub edges: Vec<f64>,
    /// How many numbers, the last edge included.
    pub counts: Vec<usize>,
}

/// Predictions of classes beside what they should be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassesPart {
    /// The classes.
    pub names: Vec<String>,
    /// Rows by their class, columns by the predicted one.
    pub confusion: Vec<Vec<usize>>,
    /// One curve of the second of two classes, or one each against the rest.
    pub roc: Vec<RocPart>,
    /// The same.
    pub precision_recall: Vec<PrecisionRecallPart>,
    /// The same.
    pub calibration: Vec<CalibrationPart>,
}

/// A receiver operating characteristic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RocPart {
    /// The class against the rest.
    pub class: String,
    /// Area under the curve.
    pub auc: f64,
    /// Rate of false positives, rate of true positives.
    pub points: Vec<(f64, f64)>,
}

/// Precision by recall.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PrecisionRecallPart {
    /// The class against the rest.
    pub class: String,
    /// Average precision: the sum over thresholds of precision times the rise of recall.
    pub average: f64,
    /// Recall, precision.
    pub points: Vec<(f64, f64)>,
    /// The share of rows of the class: the precision of chance.
    pub share: f64,
}

/// Probabilities beside frequencies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationPart {
    /// The class.
    pub class: String,
    /// By tenths of the probability, empty ones left out.
    pub bins: Vec<CalibrationBin>,
}

/// The rows whose probability lies in a tenth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Mean probability.
    pub probability: f64,
    /// The share of rows of the class.
    pub share: f64,
    /// How many rows.
    pub rows: usize,
    /// Wilson's interval of the share, of the level of the report.
    pub interval: [f64; 2],
}

/// The neuron and the search for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NeuronPart {
    /// The model's neuron.
    pub text: String,
    /// "networks" or "polynomial".
    pub predictor: &'static str,
    /// Why the model was chosen.
    pub choice: String,
    /// Coefficients of the model.
    pub parameters: usize,
    /// What was compared.
    pub candidates: Vec<CandidatePart>,
    /// By which metric.
    pub compared_by: String,
    /// None where the neuron was given.
    pub search: Option<SearchPart>,
}

/// Something that was fitted and compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidatePart {
    /// In words.
    pub name: String,
    /// Coefficients.
    pub parameters: usize,
    /// Networks; 0 for a polynomial.
    pub networks: usize,
    /// Loss on held-out rows.
    pub validation: f64,
    /// Loss on test rows.
    pub test: Option<f64>,
    /// Its weight in the blend.
    pub weight: Option<f64>,
    /// Whether it is the model.
    pub chosen: bool,
}

/// What the search found and how sure it was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchPart {
    /// The method.
    pub method: String,
    /// The neuron found.
    pub found: String,
    /// The share of the (fitted function of the) target's variance that the formula leaves on the
    /// rows of the report.
    pub left: Option<f64>,
    /// One a term.
    pub terms: Vec<TermPart>,
    /// Other structures, the best first.
    pub runners_up: Vec<RunnerUpPart>,
    /// Structures that held-out rows cannot tell from the best.
    pub alternatives: Vec<crate::search::Alternative>,
    /// Searches of bootstrap samples.
    pub bootstrap: Option<BootstrapPart>,
    /// How the search went.
    pub path: Vec<crate::search::Step>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// A term of the found neuron.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TermPart {
    /// As text.
    pub term: String,
    /// In words.
    pub meaning: String,
    /// The covariance of the term's values with the formula's over the formula's variance, on the
    /// rows of the report; over all terms they add up to 1.
    pub share: Option<f64>,
    /// The share of the target's variance, or deviance, that is lost when the term is dropped and
    /// the rest refitted; as measured at the fit.
    pub dropped: f64,
    /// By how much BIC rises then.
    pub bic_gain: Option<f64>,
    /// The probability that the term's gate is open.
    pub gate_probability: Option<f64>,
    /// The share of bootstrap samples whose search kept a term of this kind and order.
    pub bootstrap: Option<f64>,
}

/// A structure that the search fitted and did not choose.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunnerUpPart {
    /// The structure.
    pub neuron: String,
    /// Its criterion.
    pub criterion: f64,
    /// By how much it is above that of the chosen one.
    pub gap: Option<f64>,
}

/// Searches of bootstrap samples of the rows of the fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BootstrapPart {
    /// How many.
    pub resamples: usize,
    /// What they found, the most frequent first.
    pub structures: Vec<StructureCount>,
}

/// How often a structure was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StructureCount {
    /// The structure, ranks left out.
    pub neuron: String,
    /// In so many samples.
    pub count: usize,
}

/// The polynomial part in the user's units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolynomialPart {
    /// Whether predictions come from it.
    pub predicts: bool,
    /// Inputs that are shifted first.
    pub shifts: Vec<ShiftPart>,
    /// How the intervals were computed.
    pub intervals: Option<String>,
    /// Why there are none.
    pub intervals_missing: Option<String>,
    /// One a target, or one a logit.
    pub outputs: Vec<PolynomialOutput>,
}

/// An input that enters less a constant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShiftPart {
    /// The input.
    pub input: String,
    /// The constant.
    pub shift: f64,
}

/// One output of the polynomial part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolynomialOutput {
    /// What it is equal to.
    pub name: String,
    /// In symbols, the strongest monomials.
    pub text: String,
    /// As LaTeX.
    pub latex: String,
    /// How many monomials there are.
    pub total: usize,
    /// The constant.
    pub constant: f64,
    /// The strongest, first the strongest.
    pub monomials: Vec<MonomialPart>,
    /// The strongest pairs of inputs.
    pub pairs: Vec<InteractionPart>,
    /// The strongest triples.
    pub triples: Vec<InteractionPart>,
}

/// A product of powers of inputs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonomialPart {
    /// As text.
    pub text: String,
    /// The inputs with their powers.
    pub inputs: Vec<(String, u32)>,
    /// In the user's units.
    pub coefficient: f64,
    /// Of 95 %.
    pub interval: Option<[f64; 2]>,
    /// The variance of coefficient times product over that of the polynomial, on the rows of the
    /// report; single ones may be above 1 where products cancel.
    pub share: Option<f64>,
}

/// Inputs that act together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InteractionPart {
    /// The inputs.
    pub inputs: Vec<String>,
    /// The share of the polynomial's variance that is of these inputs together alone (a Sobol
    /// index: the variance as if inputs were independent).
    pub share: f64,
}

/// What the importances are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportancePart {
    /// Which loss rises.
    pub loss: &'static str,
    /// Permutations of each column.
    pub repeats: usize,
    /// Rows.
    pub rows: usize,
    /// What Shapley values are of; none where there is no polynomial.
    pub shapley_of: Option<String>,
}

/// A column that the model reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InputPart {
    /// The column.
    pub column: String,
    /// "number", "date", "truth" or "text".
    pub kind: &'static str,
    /// By how much the loss rises when it is permuted; none without known targets.
    pub importance: Option<MeanDeviation>,
    /// The mean absolute Shapley value of the polynomial part, over the inputs that are of this column
    /// alone.
    pub shapley: Option<f64>,
    /// How its cells lie between the ends of the grid; of numbers and dates.
    pub density: Option<Histogram>,
    /// How often each level of the grid occurs; of texts and truth values.
    pub levels: Option<Vec<LevelCount>>,
    /// What the curves are drawn over.
    pub grid: Grid,
    /// Partial dependence of the model.
    pub dependence: Vec<DependencePart>,
    /// The mean response of the polynomial part.
    pub response: Vec<ResponsePart>,
}

/// A mean and a standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MeanDeviation {
    /// The mean.
    pub mean: f64,
    /// The deviation.
    pub deviation: f64,
}

/// How often a level occurs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelCount {
    /// The level.
    pub level: String,
    /// In so many rows.
    pub rows: usize,
}

/// Cells that occur in the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Grid {
    /// Ascending numbers, or milliseconds since 1970: all that occur or, of many, from the 1st to the
    /// 99th percentile.
    Numbers(Vec<f64>),
    /// Levels, the most frequent first.
    Texts(Vec<String>),
}

/// Partial dependence and individual curves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DependencePart {
    /// A target, or the probability of a class.
    pub output: String,
    /// The mean prediction at each cell of the grid, other columns as in the rows.
    pub mean: Vec<f64>,
    /// Of single rows.
    pub individual: Vec<Vec<f64>>,
}

/// The mean response of the polynomial part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResponsePart {
    /// A target, a function of it, or a logit.
    pub output: String,
    /// At each cell of the grid.
    pub values: Vec<f64>,
}

/// A map of two columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairPart {
    /// The columns.
    pub columns: [String; 2],
    /// A target, or the probability of a class.
    pub output: String,
    /// The grid of the first.
    pub x: Grid,
    /// The grid of the second.
    pub y: Grid,
    /// `values[j][i]` is the mean prediction at `x[i]`, `y[j]`.
    pub values: Vec<Vec<f64>>,
}

/// One row explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowPart {
    /// The row of the table, from 1.
    pub row: usize,
    /// A target, or the probability of a class.
    pub output: String,
    /// The mean prediction over the sampled rows.
    pub base: f64,
    /// The prediction.
    pub prediction: f64,
    /// What the table says, if it does.
    pub actual: Option<String>,
    /// How it was computed.
    pub method: String,
    /// One a column, the largest first; with the base they add up to the prediction.
    pub contributions: Vec<ContributionPart>,
}

/// What a column contributes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContributionPart {
    /// The column.
    pub column: String,
    /// Its cell in the row; none where it is missing.
    pub cell: Option<String>,
    /// By how much it raises the prediction.
    pub value: f64,
    /// Of sampling.
    pub standard_error: f64,
}
