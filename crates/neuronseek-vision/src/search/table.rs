//! The library's search on rows made of images, and what its formula is worth on other rows.

use std::time::Instant;

use neuronseek::matrix::Matrix;
use neuronseek::model::{SearchOptions, method};
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::prepare::{Origin, SearchScale, Target, probabilities};
use neuronseek::search::{Formula, Problem, Report};

use super::rows::{Table, Tables, tables};
use super::settings::{Rows, SearchConfig};
use crate::VisionError;
use crate::images::ImageSet;

/// A neuron found on a table made of images.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The neuron; `x` where the search found no term that pays.
    pub neuron: Neuron,
    /// What the library's search found and why: path, evidence per term, runners-up.
    pub report: Report,
    /// What a row was.
    pub kind: Rows,
    /// Rows searched on.
    pub rows: usize,
    /// Inputs of a row.
    pub inputs: usize,
    /// Rows of other images.
    pub held_out: usize,
    /// The share of the deviance of the rows held out that the formula explains: 1 less its log loss
    /// over that of the classes' shares. Below 0 where it is worse than they are.
    pub explained: f64,
    /// Wall-clock seconds, those of the backbone included.
    pub seconds: f64,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Seeks a neuron on a table made of labelled images.
///
/// # Errors
/// [`VisionError::Request`] for settings out of range, images without labels, of one class or too
/// few, and what the library's search refuses; [`VisionError::Stopped`] when it should end before
/// there are rows (the search itself then ends with the best it has).
pub fn search(
    images: &ImageSet,
    config: &SearchConfig,
    control: &Control<'_>,
) -> Result<Found, VisionError> {
    let begun = Instant::now();
    config.check(images)?;
    let Tables { search, held_out } = tables(images, config, control)?;
    let classes = Classes::of(&search, images.classes.len());
    let scale = SearchScale::fit(&search.inputs, Origin::Auto);
    let target = classes.target(&search);
    let scaled = scale.apply(&search.inputs);
    let problem = Problem {
        inputs: &scaled,
        target: &target,
        weights: None,
    };
    let options = SearchOptions {
        method: config.method,
        max_order: config.max_order,
        max_rank: config.max_rank,
        ..SearchOptions::default()
    };
    let report = method(&options)
        .search(&problem, config.seed, control)
        .map_err(|error| VisionError::request(error.to_string()))?;
    let inputs = scale.apply(&held_out.inputs);
    let explained = classes.explained(&report.formula, &inputs, &held_out.labels);
    let warnings = warnings(config, &report, search.inputs.columns(), explained);
    for warning in &warnings[report.warnings.len()..] {
        control.warn(warning);
    }
    Ok(Found {
        neuron: if report.neuron.is_empty() {
            Neuron::linear()
        } else {
            report.neuron.clone()
        },
        kind: config.rows,
        rows: search.labels.len(),
        inputs: search.inputs.columns(),
        held_out: held_out.labels.len(),
        explained,
        seconds: begun.elapsed().as_secs_f64(),
        warnings,
        report,
    })
}

/// The library's warnings, then ours.
fn warnings(config: &SearchConfig, report: &Report, inputs: usize, explained: f64) -> Vec<String> {
    let mut warnings = report.warnings.clone();
    if inputs > super::MOST_INPUTS {
        warnings.push(format!(
            "{inputs} inputs; beyond {} the search finds structures less often, average down to \
             fewer pixels",
            super::MOST_INPUTS
        ));
    }
    if report.neuron.is_empty() {
        warnings.push("no term tells the classes apart; the neuron is left at x".to_string());
    }
    if config.rows == Rows::Patches && explained < 0.1 {
        warnings.push(format!(
            "one patch says little of its image's class: {:.1} % of the deviance of other images' \
             patches is explained",
            100.0 * explained
        ));
    }
    warnings
}

/// The classes that are among the rows searched on, with their shares. A class that is not would
/// be an output that is 0 everywhere.
struct Classes {
    /// The number of each class among those present.
    number: Vec<Option<usize>>,
    shares: Vec<f64>,
}

impl Classes {
    fn of(table: &Table, classes: usize) -> Classes {
        let mut counts = vec![0usize; classes];
        for &label in &table.labels {
            counts[label as usize] += 1;
        }
        let mut number = vec![None; classes];
        let mut shares = Vec::new();
        for (class, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            number[class] = Some(shares.len());
            shares.push(count as f64 / table.labels.len() as f64);
        }
        Classes { number, shares }
    }

    fn target(&self, table: &Table) -> Target {
        let numbers = table.labels.iter();
        Target::Classes {
            labels: numbers
                .filter_map(|&label| self.number[label as usize])
                .collect(),
            count: self.shares.len(),
        }
    }

    /// The share of the deviance that the formula explains, of rows whose class is known to it.
    fn explained(&self, formula: &Formula, inputs: &Matrix<f64>, labels: &[u32]) -> f64 {
        let chances = probabilities(&formula.values(inputs), self.shares.len());
        let (mut loss, mut constant) = (0.0, 0.0);
        for (row, &label) in labels.iter().enumerate() {
            if let Some(number) = self.number[label as usize] {
                loss -= chances.row(row)[number].max(f64::MIN_POSITIVE).ln();
                constant -= self.shares[number].ln();
            }
        }
        if constant > 0.0 {
            1.0 - loss / constant
        } else {
            0.0
        }
    }
}
