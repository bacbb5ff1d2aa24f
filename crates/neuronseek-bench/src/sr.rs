//! The vectorised symbolic regression beside that of its authors, with the same settings.
//!
//! The table is one of the synthetic cases. `benchmarks/vec_sym_regressor.py` runs tnlearn's
//! `VecSymRegressor` on it; ours runs on one thread with the same population, generations and
//! tournament. Both are measured in processor seconds of the search alone.

use cpu_time::ThreadTime;
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::search::genetic::{Genetic, GeneticSettings};
use neuronseek::search::{Search, SearchError};
use neuronseek::table::synthetic::{self, Case, generate};
use serde::Serialize;

use crate::probe::{Samples, test_error};
use crate::python;

const PROGRAM: &str = include_str!("../../../benchmarks/vec_sym_regressor.py");

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct SrSettings {
    /// The case of the table.
    pub case: Case,
    /// The table.
    pub table: synthetic::Settings,
    /// The search; its `released` is not used: both kinds of selection are run.
    pub search: GeneticSettings,
    /// The seed of the searches.
    pub seed: u64,
    /// Whether tnlearn runs beside.
    pub tnlearn: bool,
}

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
pub enum SrError {
    /// The table's settings.
    #[error(transparent)]
    Synthetic(#[from] synthetic::SettingsError),
    /// The search.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// The table could not be handed to Python.
    #[error("cannot write the table for the comparison: {0}")]
    Io(#[from] std::io::Error),
}

/// One of our searches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ours {
    /// "own fitness" or "random, as released": what the tournament selects by.
    pub selection: &'static str,
    /// Processor seconds.
    pub seconds: f64,
    /// The error of the best program (with own fitness: scaled by the best a and b).
    pub program_mse: f64,
    /// The error of the formula with refined constants.
    pub mse: f64,
    /// What was found.
    pub neuron: Neuron,
}

/// tnlearn's search.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Theirs {
    /// tnlearn's version.
    pub tnlearn: String,
    /// Processor seconds.
    pub seconds: f64,
    /// The error of the best program.
    pub mse: f64,
    /// The best program.
    pub program: String,
}

/// The comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SrResult {
    /// The true structure.
    pub truth: Neuron,
    /// Both of our selections.
    pub ours: Vec<Ours>,
    /// tnlearn's search.
    pub theirs: Option<Theirs>,
    /// Why there is none.
    pub note: Option<String>,
}

/// Runs the searches one after the other.
///
/// # Errors
/// When settings are out of range. Without tnlearn the result says so.
pub fn run(settings: &SrSettings) -> Result<SrResult, SrError> {
    let table = generate(&settings.case, &settings.table)?;
    let samples = Samples {
        inputs: table.inputs,
        y: table.y,
    };
    let ours = [false, true].map(|released| search(settings, &samples, released));
    let ours = ours.into_iter().collect::<Result<Vec<Ours>, _>>()?;
    let (theirs, note) = if settings.tnlearn {
        match theirs(settings, &samples)? {
            Ok(theirs) => (Some(theirs), None),
            Err(reason) => (None, Some(reason)),
        }
    } else {
        (None, None)
    };
    Ok(SrResult {
        truth: table.truth,
        ours,
        theirs,
        note,
    })
}

fn search(settings: &SrSettings, samples: &Samples, released: bool) -> Result<Ours, SearchError> {
    let target = samples.target();
    let problem = samples.problem(&target);
    let search = Genetic {
        settings: GeneticSettings {
            released,
            ..settings.search.clone()
        },
    };
    let began = ThreadTime::now();
    let report = search.search(&problem, settings.seed, &Control::silent())?;
    let seconds = began.elapsed().as_secs_f64();
    let count = samples.y.len() as f64;
    let mean = samples.y.iter().sum::<f64>() / count;
    let variance = samples.y.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / count;
    Ok(Ours {
        selection: if released {
            "random, as released"
        } else {
            "own fitness"
        },
        seconds,
        program_mse: report.path.last().map_or(f64::INFINITY, |s| s.criterion),
        mse: variance * test_error(&report.formula, samples),
        neuron: report.neuron,
    })
}

fn theirs(settings: &SrSettings, samples: &Samples) -> std::io::Result<Result<Theirs, String>> {
    let file = python::table(&samples.inputs, &samples.y)?;
    let arguments = [
        file.path().display().to_string(),
        "--population".to_string(),
        settings.search.population.to_string(),
        "--generations".to_string(),
        settings.search.generations.to_string(),
    ];
    Ok(python::run(PROGRAM, &arguments).and_then(|document| {
        let number = |key: &str| document[key].as_f64();
        match (number("seconds"), number("mse")) {
            (Some(seconds), Some(mse)) => Ok(Theirs {
                tnlearn: document["tnlearn"].as_str().unwrap_or("").to_string(),
                seconds,
                mse,
                program: document["program"].as_str().unwrap_or("").to_string(),
            }),
            _ => Err("no comparison: the program printed no numbers".to_string()),
        }
    }))
}

#[cfg(test)]
mod tests {
    use neuronseek::table::synthetic::Mode;

    use super::*;

    #[test]
    fn selection_by_own_fitness_is_no_worse() {
        let settings = SrSettings {
            case: Case {
                mode: Mode::Pure,
                variant: 3,
            },
            table: synthetic::Settings::default(),
            search: GeneticSettings {
                population: 300,
                generations: 8,
                ..GeneticSettings::default()
            },
            seed: 0,
            tnlearn: false,
        };
        let result = run(&settings).unwrap();
        assert_eq!(result.ours.len(), 2);
        assert!(result.ours[0].mse <= result.ours[1].mse);
        assert!(result.ours.iter().all(|one| one.mse <= one.program_mse));
        assert_eq!(result.ours[0].neuron, result.truth);
    }
}
