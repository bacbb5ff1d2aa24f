//! Test error against time: how fast a search comes to a good structure.
//!
//! While a method searches, every structure that it would find if it ended now is noted with the
//! time. Afterwards each is fitted by the one probe of [`crate::probe`] and judged on test rows.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use neuronseek::neuron::Neuron;
use neuronseek::observe::{Control, Event, Observer};
use neuronseek::table::synthetic::{Case, Mode, Settings};
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::method::{Method, find};
use crate::probe::retrained_error;
use crate::runs::{Each, Options, Plan, Record, Results, execute};
use crate::scalability::samples;

pub use crate::scalability::Run;

/// The experiment's name.
pub const NAME: &str = "convergence";

/// Settings of [`run`].
///
/// | setting | default | range |
/// |---|---|---|
/// | `cases` | hybrid 1, hybrid 3 | |
/// | `dims` | 10, 100 | at least 3 |
/// | `rows` | 2000 | training rows, at least 2 |
/// | `test_rows` | 1000 | at least 2 |
/// | `budget` | 20 | seconds, above 0 |
/// | `seed` | 0 | |
#[derive(Debug, Clone, PartialEq)]
pub struct ConvergenceSettings {
    /// The synthetic cases.
    pub cases: Vec<Case>,
    /// Numbers of inputs.
    pub dims: Vec<usize>,
    /// Training rows.
    pub rows: usize,
    /// Test rows.
    pub test_rows: usize,
    /// Seconds that a search may take.
    pub budget: f64,
    /// The seed of tables and searches.
    pub seed: u64,
}

impl Default for ConvergenceSettings {
    fn default() -> ConvergenceSettings {
        ConvergenceSettings {
            cases: [1, 3]
                .map(|variant| Case {
                    mode: Mode::Hybrid,
                    variant,
                })
                .to_vec(),
            dims: vec![10, 100],
            rows: 2000,
            test_rows: 1000,
            budget: 20.0,
            seed: 0,
        }
    }
}

/// A structure on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The structure.
    pub neuron: Neuron,
    /// Its test error, fitted by the probe; `None` when it cannot be fitted.
    pub retrained: Option<f64>,
}

/// What came out: changes of structure alone, the last is what the search ended with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The structures in order.
    pub points: Vec<Point>,
    /// The search's error.
    pub error: Option<String>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The seconds at which each structure was reached.
    pub seconds: Vec<f64>,
}

/// A finished run.
pub type Line = Record<Run, Found, Measured>;

/// Notes each structure with its time.
struct Watch {
    began: Instant,
    seen: Mutex<Vec<(f64, Neuron)>>,
}

impl Watch {
    fn note(&self, neuron: &Neuron) {
        let seconds = self.began.elapsed().as_secs_f64();
        if let Ok(mut seen) = self.seen.lock()
            && seen.last().is_none_or(|(_, last)| last != neuron)
        {
            seen.push((seconds, neuron.clone()));
        }
    }
}

impl Observer for Watch {
    fn notice(&self, event: &Event<'_>) {
        if let Event::Snapshot { neuron, .. } = event {
            self.note(neuron);
        }
    }
}

/// Runs all; records by case, inputs, method.
///
/// # Errors
/// When settings are out of range or a file of results cannot be used.
pub fn run(
    settings: &ConvergenceSettings,
    methods: &[Method],
    options: &Options,
    control: &Control<'_>,
    each: &Each<'_, Run, Found, Measured>,
) -> Result<Results<Run, Found, Measured>, ExperimentError> {
    let plan = plan(settings, methods)?;
    let work = |run: &Run, control: &Control<'_>| {
        once(run, find(methods, &run.method, &run.search)?, control)
    };
    Ok(execute(&plan, options, control, &work, each)?)
}

fn plan(settings: &ConvergenceSettings, methods: &[Method]) -> Result<Plan<Run>, ExperimentError> {
    if settings.test_rows < 2 || !(settings.budget > 0.0 && settings.budget <= 1e6) {
        let problem = "test rows must be at least 2 and the budget above 0 seconds";
        return Err(ExperimentError::Settings(problem.to_string()));
    }
    let mut runs = Vec::new();
    for case in &settings.cases {
        for &dim in &settings.dims {
            let table = Settings {
                dim,
                rows: settings.rows + settings.test_rows,
                seed: settings.seed,
                ..Settings::default()
            };
            table.check(case)?;
            runs.extend(methods.iter().map(|method| Run {
                method: method.name.clone(),
                search: method.options.clone(),
                case: *case,
                table,
                test_rows: settings.test_rows,
                budget: settings.budget,
            }));
        }
    }
    Ok(Plan {
        experiment: NAME,
        version: 1,
        runs,
    })
}

fn once(run: &Run, method: &Method, control: &Control<'_>) -> Result<(Found, Measured), String> {
    let (training, test, _) = samples(&run.case, &run.table, run.test_rows)?;
    let target = training.target();
    let problem = training.problem(&target);
    let watch = Watch {
        began: Instant::now(),
        seen: Mutex::new(Vec::new()),
    };
    let watched = Control {
        observer: &watch,
        stop: control.stop,
        deadline: watch.began.checked_add(Duration::from_secs_f64(run.budget)),
    };
    let error = match method.search.search(&problem, run.table.seed, &watched) {
        Ok(report) => {
            watch.note(&report.neuron);
            None
        }
        Err(error) => Some(error.to_string()),
    };
    let seen = watch.seen.into_inner().unwrap_or_default();
    let mut points: Vec<Point> = Vec::new();
    for (_, neuron) in &seen {
        let known = points.iter().find(|point| point.neuron == *neuron);
        let retrained = match known {
            Some(known) => known.retrained,
            None => retrained_error(neuron, &training, &test, run.table.seed, control).ok(),
        };
        points.push(Point {
            neuron: neuron.clone(),
            retrained: retrained.filter(|error| error.is_finite()),
        });
    }
    let measured = Measured {
        seconds: seen.iter().map(|(seconds, _)| *seconds).collect(),
    };
    Ok((Found { points, error }, measured))
}

/// The way of each run as Markdown: when it came within 1.05 times its best, and its best.
pub fn markdown(records: &[Line]) -> String {
    let mut text = "| case | inputs | method | first structure s | s to within 5 % of the best of \
                    all | last s | last structure | last test error |\n\
                    |---|--:|---|--:|--:|--:|---|--:|\n"
        .to_string();
    for line in records {
        let best = records
            .iter()
            .filter(|other| other.run.case == line.run.case && other.run.table == line.run.table)
            .flat_map(|other| &other.result.points)
            .filter_map(|point| point.retrained)
            .fold(f64::INFINITY, f64::min);
        let reached = line.result.points.iter().zip(&line.measured.seconds);
        let reached = reached
            .filter(|(point, _)| point.retrained.is_some_and(|error| error <= 1.05 * best))
            .map(|(_, seconds)| *seconds)
            .next();
        let shown = |s: Option<f64>| s.map_or("-".to_string(), |s| format!("{s:.3}"));
        let last = line.result.points.last();
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |\n",
            line.run.case,
            line.run.table.dim,
            line.run.method,
            shown(line.measured.seconds.first().copied()),
            shown(reached),
            shown(line.measured.seconds.last().copied()),
            match (&line.result.error, last) {
                (Some(error), _) => error.clone(),
                (None, Some(point)) => point.neuron.to_string(),
                (None, None) => "-".to_string(),
            },
            last.and_then(|point| point.retrained)
                .map_or("-".to_string(), |error| format!("{error:.2e}")),
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use neuronseek::model::SearchOptions;

    use super::*;

    #[test]
    fn the_error_of_als_falls_to_that_of_noise() {
        let settings = ConvergenceSettings {
            dims: vec![5],
            rows: 400,
            test_rows: 100,
            ..ConvergenceSettings::default()
        };
        let methods = [Method::new("als", SearchOptions::default())];
        let results = run(
            &settings,
            &methods,
            &Options::default(),
            &Control::silent(),
            &|_, _| {},
        );
        let records = results.unwrap().records;
        assert_eq!(records.len(), 2);
        for record in &records {
            let errors: Vec<f64> = record
                .result
                .points
                .iter()
                .filter_map(|point| point.retrained)
                .collect();
            assert!(errors.len() >= 2 && errors[0] > 10.0 * errors[errors.len() - 1]);
            assert!(errors[errors.len() - 1] < 1e-3);
            assert_eq!(record.measured.seconds.len(), record.result.points.len());
            assert!(record.measured.seconds.is_sorted());
        }
        assert!(markdown(&records).contains("| hybrid 1 | 5 | als |"));
    }
}
