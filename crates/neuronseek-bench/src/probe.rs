//! The same fair judge for every structure, whoever found it.
//!
//! A structure is fitted anew, from nothing, in closed form by alternating least squares (the `als`
//! search allowed no other term), and judged by its error on rows that neither it nor the search
//! has seen. The paper retrains by a network with batch norm, which at a hundred inputs cannot fit
//! the truth itself: then every structure looks equally bad. That this probe can is shown by the
//! row `truth` of each experiment that uses it.

use neuronseek::matrix::Matrix;
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::prepare::Target;
use neuronseek::search::als::{Als, AlsSettings};
use neuronseek::search::{Formula, Problem, Search, SearchError};

/// Inputs with one target.
#[derive(Debug, Clone)]
pub struct Samples {
    /// rows x inputs.
    pub inputs: Matrix<f64>,
    /// One number per row.
    pub y: Vec<f64>,
}

impl Samples {
    /// The target as a search wants it.
    pub fn target(&self) -> Target {
        Target::Values(Matrix::from_vec(self.y.len(), 1, self.y.clone()))
    }

    /// What a search looks at, with the [`target`](Self::target).
    pub fn problem<'a>(&'a self, target: &'a Target) -> Problem<'a> {
        Problem {
            inputs: &self.inputs,
            target,
            weights: None,
        }
    }

    /// Some of the rows.
    pub fn select(&self, rows: &[usize]) -> Samples {
        Samples {
            inputs: self.inputs.select_rows(rows),
            y: rows.iter().map(|&row| self.y[row]).collect(),
        }
    }
}

/// The test error of `structure` fitted to `training`: mean squared error over the variance of the
/// test target. A term that does not lower BIC is left out; an interaction without a rank has the
/// rank that BIC chooses. A structure without a term predicts the mean.
///
/// # Errors
/// When the rows are too few or a number is not finite.
pub fn retrained_error(
    structure: &Neuron,
    training: &Samples,
    test: &Samples,
    seed: u64,
    control: &Control<'_>,
) -> Result<f64, SearchError> {
    let terms = structure.terms().iter();
    let order = terms.map(|term| term.order()).max().unwrap_or(1);
    let settings = AlsSettings {
        max_order: order.max(1),
        functions: structure.functions(),
        only: Some(structure.clone()),
        ..AlsSettings::default()
    };
    let target = training.target();
    let report = Als { settings }.search(&training.problem(&target), seed, control)?;
    Ok(test_error(&report.formula, test))
}

/// The mean squared error of a formula over the variance of the test target, see
/// [`normalised_error`].
pub fn test_error(formula: &Formula, test: &Samples) -> f64 {
    normalised_error(&formula.values(&test.inputs).column(0), &test.y)
}

/// The mean squared error over the variance of the target; infinite when a prediction is not a
/// number.
pub fn normalised_error(fitted: &[f64], target: &[f64]) -> f64 {
    let mean = target.iter().sum::<f64>() / target.len() as f64;
    let (mut squares, mut total) = (0.0, 0.0);
    for (fitted, y) in fitted.iter().zip(target) {
        squares += (fitted - y).powi(2);
        total += (y - mean).powi(2);
    }
    let error = squares / total;
    if error.is_finite() {
        error
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use neuronseek::table::synthetic::{Case, Settings, generate};

    use super::*;

    #[test]
    fn the_truth_is_fitted_and_half_of_it_is_not() {
        for case in Case::all() {
            let settings = Settings {
                rows: 900,
                dim: 6,
                ..Settings::default()
            };
            let table = generate(&case, &settings).unwrap();
            let all = Samples {
                inputs: table.inputs,
                y: table.y,
            };
            let training = all.select(&(0..600).collect::<Vec<_>>());
            let test = all.select(&(600..900).collect::<Vec<_>>());
            let control = Control::silent();
            let error = |structure: &Neuron| {
                retrained_error(structure, &training, &test, 0, &control).unwrap()
            };
            let of_truth = error(&table.truth);
            assert!(of_truth < 1e-3, "{case}");
            for left_out in 0..table.truth.terms().len() {
                let mut terms = table.truth.terms().to_vec();
                terms.remove(left_out);
                // Noise and the smallest terms of the cases are of one size.
                assert!(error(&Neuron::new(terms)) > 1.3 * of_truth, "{case}");
            }
        }
    }
}
