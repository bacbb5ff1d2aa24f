//! From the user's search options to a method.

use super::options::{SearchMethod, SearchOptions};
use crate::linear::{self, LinearError};
use crate::matrix::Matrix;
use crate::neuron::{Neuron, Term};
use crate::observe::Control;
use crate::prepare::{Target, probabilities};
use crate::search::als::{Als, AlsSettings};
use crate::search::eql::Eql;
use crate::search::gated::{Gated, GatedSettings, Preset};
use crate::search::genetic::{Genetic, GeneticSettings};
use crate::search::gp::Gp;
use crate::search::metasymnet::MetaSymNet;
use crate::search::polynomial::{Lasso, LassoSettings, Linear, Poly, PolySettings};
use crate::search::threshold::{Form, Threshold, ThresholdSettings};
use crate::search::{Evidence, Formula, Problem, Report, Search, SearchError, Step};
use crate::terms::{Polynomial, PureTerm};

/// Fewer rows than this cannot tell a neuron from `x`.
const FEWEST_ROWS: usize = 16;

/// The search that the options ask for. Rivals take of them what they know: `max_order` bounds the
/// orders of `sr`, `threshold`, `poly` and `lasso`; the others take none.
pub fn method(options: &SearchOptions) -> Box<dyn Search> {
    match options.method {
        SearchMethod::Als => Box::new(Als {
            settings: AlsSettings {
                max_order: options.max_order,
                max_rank: options.max_rank,
                functions: options.functions.clone(),
                alternatives: options.alternatives,
                ..AlsSettings::default()
            },
        }),
        SearchMethod::Td => Box::new(gated(options, Preset::Default)),
        SearchMethod::TdPaper => Box::new(gated(options, Preset::Paper)),
        SearchMethod::Sr | SearchMethod::SrReleased => Box::new(Genetic {
            settings: GeneticSettings {
                max_order: options.max_order,
                released: options.method == SearchMethod::SrReleased,
                ..GeneticSettings::default()
            },
        }),
        SearchMethod::Gp => Box::new(Gp::default()),
        SearchMethod::Threshold | SearchMethod::Tucker | SearchMethod::Stridge => {
            Box::new(Threshold {
                settings: ThresholdSettings {
                    form: match options.method {
                        SearchMethod::Tucker => Form::Tucker,
                        _ => Form::Cp,
                    },
                    stridge: options.method == SearchMethod::Stridge,
                    max_order: options.max_order,
                    ..ThresholdSettings::default()
                },
            })
        }
        SearchMethod::Eql => Box::new(Eql::default()),
        SearchMethod::MetaSymNet => Box::new(MetaSymNet::default()),
        SearchMethod::Poly => Box::new(Poly {
            settings: PolySettings {
                max_order: options.max_order,
                ..PolySettings::default()
            },
        }),
        SearchMethod::Lasso => Box::new(Lasso {
            settings: LassoSettings {
                max_order: options.max_order,
                ..LassoSettings::default()
            },
        }),
        SearchMethod::Linear => Box::new(Linear),
    }
}

fn gated(options: &SearchOptions, preset: Preset) -> Gated {
    Gated {
        settings: GatedSettings {
            preset,
            max_order: options.max_order,
            max_rank: options.max_rank,
            functions: options.functions.clone(),
            alternatives: options.alternatives,
            ..GatedSettings::default()
        },
    }
}

/// Runs it; on few rows, that of `x`.
pub fn run(
    problem: &Problem<'_>,
    options: &SearchOptions,
    seed: u64,
    control: &Control<'_>,
) -> Result<Report, SearchError> {
    let rows = problem.inputs.rows();
    if rows >= FEWEST_ROWS {
        return method(options).search(problem, seed, control);
    }
    let mut report = inner_product(problem)?;
    report.warnings.push(format!(
        "{rows} training rows are too few to search a neuron, which takes at least {FEWEST_ROWS}: \
         the neuron is x"
    ));
    Ok(report)
}

/// The linear model, as a search would report it.
fn inner_product(problem: &Problem<'_>) -> Result<Report, SearchError> {
    let refused = |error: LinearError| SearchError::NotFinite(error.to_string());
    let fitted = linear::baseline(problem.inputs, problem.target, problem.weights);
    let model = fitted.map_err(refused)?.model;
    let weight = |row: usize| problem.weights.map_or(1.0, |weights| weights[row]);
    let neuron = Neuron::linear();
    let step = Step {
        neuron: neuron.clone(),
        action: "the only step".to_string(),
        criterion: 0.0,
    };
    let explained = explained(problem.target, &model.predict(problem.inputs), &weight);
    let coefficients = &model.coefficients;
    let columns = (0..coefficients.columns()).flat_map(|input| coefficients.column(input));
    let weights = Matrix::from_vec(
        coefficients.columns(),
        coefficients.rows(),
        columns.collect(),
    );
    let polynomial = Polynomial {
        inputs: problem.inputs.columns(),
        pure: vec![PureTerm { order: 1, weights }],
        intercept: model.intercept,
        functions: Vec::new(),
        pieces: Vec::new(),
    };
    Ok(Report {
        method: Linear.name().to_string(),
        evidence: vec![Evidence {
            term: Term::pure(1),
            bic_gain: None,
            gate_probability: None,
            explained,
        }],
        neuron,
        formula: Formula::Polynomial(polynomial),
        path: vec![step],
        runners_up: Vec::new(),
        alternatives: Vec::new(),
        seconds: 0.0,
        warnings: Vec::new(),
    })
}

/// The share of the target's variance, or of its deviance, that outputs explain; at least 0.
fn explained(target: &Target, outputs: &Matrix<f64>, weight: &dyn Fn(usize) -> f64) -> f64 {
    let rows = outputs.rows();
    let total: f64 = (0..rows).map(weight).sum();
    let (mut left, mut whole) = (0.0, 0.0);
    match target {
        Target::Values(values) => {
            for column in 0..values.columns() {
                let truth = |row: usize| values.row(row)[column];
                let mean = (0..rows).map(|row| weight(row) * truth(row)).sum::<f64>() / total;
                for row in 0..rows {
                    left += weight(row) * (truth(row) - outputs.row(row)[column]).powi(2);
                    whole += weight(row) * (truth(row) - mean).powi(2);
                }
            }
        }
        Target::Classes { labels, count } => {
            let predicted = probabilities(outputs, *count);
            let mut frequency = vec![0.0; *count];
            for (row, &label) in labels.iter().enumerate() {
                frequency[label] += weight(row) / total;
            }
            for (row, &label) in labels.iter().enumerate() {
                left -= weight(row) * predicted.row(row)[label].max(f64::MIN_POSITIVE).ln();
                whole -= weight(row) * frequency[label].max(f64::MIN_POSITIVE).ln();
            }
        }
    }
    match whole > 0.0 {
        true => (1.0 - left / whole).max(0.0),
        false => 0.0,
    }
}
