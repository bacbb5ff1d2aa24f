//! From a problem to the rows that a search works on.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::AlsSettings;
use super::basis::Basis;
use super::dense::dot;
use super::fit::Scale;
use super::sample::Sample;
use crate::matrix::Matrix;
use crate::neuron::Term;
use crate::prepare::Target;
use crate::search::{Problem, SearchError};

/// Fewer rows than this tell nothing.
const LEAST_ROWS: usize = 8;

/// The structure is sought on at most this many rows, and fewer where there are many inputs; the
/// coefficients are then fitted to all.
const MOST_ROWS: usize = 20_000;
const MOST_CELLS: usize = 1_000_000;
const ENOUGH_ROWS: usize = 4_000;

/// Starts are tried on so many rows per coefficient of the highest product, at least
/// [`LEAST_SCREEN`].
const SCREEN_ROWS: usize = 8;
const LEAST_SCREEN: usize = 1_000;

/// The random stream that shuffles rows; forward steps use streams below it.
const SHUFFLE: u64 = 1 << 32;

/// What a search works on.
pub(super) struct Rows {
    /// Rows in random order.
    pub sample: Sample,
    /// The first rows of the sample, where starts are tried; `None` when that is all of them.
    pub screen: Option<Sample>,
    pub scale: Scale,
    /// How many classes there are; `None` in regression.
    pub classes: Option<usize>,
    /// Whether the sample has all rows of the problem.
    pub complete: bool,
    /// All rows of the problem in random order, those of the sample first.
    pub order: Vec<usize>,
    pub warnings: Vec<String>,
}

impl Rows {
    /// Checks the problem and draws rows.
    pub fn new(
        problem: &Problem<'_>,
        settings: &AlsSettings,
        seed: u64,
    ) -> Result<Rows, SearchError> {
        check(problem)?;
        let inputs = problem.inputs;
        let most = match settings.only {
            // Fitting one structure is little work.
            Some(_) => MOST_ROWS,
            None => (MOST_CELLS / inputs.columns().max(1)).clamp(ENOUGH_ROWS, MOST_ROWS),
        };
        let mut order: Vec<usize> = (0..inputs.rows()).collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(SHUFFLE);
        order.shuffle(&mut random);
        let complete = order.len() <= most;
        let powers = (1..=settings.max_order).map(Term::pure);
        let functions = settings.functions.iter().copied().map(Term::Function);
        let terms: Vec<Term> = powers.chain(functions).collect();
        let sample = sample(problem, &order[..order.len().min(most)], &terms);
        let few = LEAST_SCREEN.max(SCREEN_ROWS * settings.max_order * inputs.columns());
        let screen =
            (4 * few <= 3 * sample.x.rows()).then(|| self::sample(problem, &order[..few], &terms));
        let scale = scale(&sample, problem.target);
        let mut warnings = Vec::new();
        if !complete {
            warnings.push(format!(
                "the structure was sought on {most} of {} rows, the coefficients were fitted to all",
                inputs.rows()
            ));
        }
        Ok(Rows {
            sample,
            screen,
            scale,
            classes: match problem.target {
                Target::Classes { count, .. } => Some(*count),
                Target::Values(_) => None,
            },
            complete,
            order,
            warnings,
        })
    }
}

/// The sample of the given rows in the given order.
pub(super) fn sample(problem: &Problem<'_>, order: &[usize], terms: &[Term]) -> Sample {
    let targets: Vec<Vec<f64>> = targets(problem.target)
        .into_iter()
        .map(|target| order.iter().map(|&row| target[row]).collect())
        .collect();
    let weights: Vec<f64> = match problem.weights {
        Some(weights) => order.iter().map(|&row| weights[row]).collect(),
        None => vec![1.0; order.len()],
    };
    Sample::new(
        &problem.inputs.select_rows(order),
        &targets,
        &weights,
        terms,
    )
}

/// Least-squares targets, one vector per output: values, 0 and 1 for two classes, one-hot for more.
fn targets(target: &Target) -> Vec<Vec<f64>> {
    match target {
        Target::Values(values) => (0..values.columns()).map(|c| values.column(c)).collect(),
        Target::Classes { labels, count } => {
            let classes = if *count == 2 { 1..2 } else { 0..*count };
            classes
                .map(|class| {
                    labels
                        .iter()
                        .map(|&label| f64::from(label == class))
                        .collect()
                })
                .collect()
        }
    }
}

fn scale(sample: &Sample, target: &Target) -> Scale {
    let basis = Basis::intercept(sample);
    let totals = basis
        .targets
        .iter()
        .map(|target| dot(target, target))
        .collect();
    let share = match target {
        Target::Classes { count, .. } if *count > 2 => 1.0 - 1.0 / *count as f64,
        _ => 1.0,
    };
    Scale {
        totals,
        inputs: basis.with(sample, Term::pure(1)).rank() - 1,
        share,
    }
}

/// Whether a search can work on the problem at all.
pub(in crate::search) fn check(problem: &Problem<'_>) -> Result<(), SearchError> {
    let inputs: &Matrix<f64> = problem.inputs;
    let rows = inputs.rows();
    if rows != problem.target.rows() {
        return Err(SearchError::Settings(vec![format!(
            "{rows} rows of inputs, but {} of the target",
            problem.target.rows()
        )]));
    }
    if inputs.columns() == 0 {
        return Err(SearchError::Settings(vec![
            "there are no inputs".to_string(),
        ]));
    }
    if let Some(cell) = inputs.data().iter().position(|value| !value.is_finite()) {
        return Err(SearchError::NotFinite(format!(
            "row {}, input {}",
            cell / inputs.columns(),
            cell % inputs.columns()
        )));
    }
    if let Target::Values(values) = problem.target
        && let Some(cell) = values.data().iter().position(|value| !value.is_finite())
    {
        let row = cell / values.columns().max(1);
        return Err(SearchError::NotFinite(format!("the target of row {row}")));
    }
    let mut counted = rows;
    if let Some(weights) = problem.weights {
        if weights.len() != rows {
            return Err(SearchError::Settings(vec![format!(
                "{rows} rows of inputs, but {} row weights",
                weights.len()
            )]));
        }
        let bad = |weight: &f64| !(weight.is_finite() && *weight >= 0.0);
        if let Some(row) = weights.iter().position(bad) {
            return Err(SearchError::NotFinite(format!(
                "the weight {} of row {row}: weights are finite and not negative",
                weights[row]
            )));
        }
        counted = weights.iter().filter(|weight| **weight > 0.0).count();
    }
    if counted < LEAST_ROWS {
        return Err(SearchError::TooFewRows {
            rows: counted,
            inputs: inputs.columns(),
            needed: LEAST_ROWS,
        });
    }
    Ok(())
}
