//! How searches fare as tables get wider and longer, at equal budgets of time on one thread.
//!
//! Every method has the same seconds. What it has found by then is judged twice: the structure by
//! the one probe of [`crate::probe`], which fits it anew, and the method's own formula by its
//! predictions, both on rows that nobody has seen. The probe can fit the truth at every size: the
//! method `truth` among the rows is the true structure given to it.

use std::time::Instant;

use neuronseek::model::SearchOptions;
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::table::synthetic::{Case, Settings, generate};
use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::memory;
use crate::method::{Method, find, limited};
use crate::probe::{Samples, retrained_error, test_error};
use crate::recovery::unit_mean_square;
use crate::runs::{Each, Options, Plan, Record, Results, execute};
use crate::structure::without_ranks;

mod summary;

pub use summary::{Summary, exponent, markdown, summarise};

/// The experiment's name.
pub const NAME: &str = "scalability";

/// The row of the true structure.
const TRUTH: &str = "truth";

/// A structure is as good as the truth when its test error is at most this many times the truth's.
pub const AS_GOOD: f64 = 1.05;

/// Settings of [`run`]: every method on every case, number of inputs, of rows, budget and seed.
///
/// | setting | default | range |
/// |---|---|---|
/// | `dims` | 10, 30, 50, 100 | at least 3 |
/// | `rows` | 20,000 | training rows, at least 2 |
/// | `test_rows` | 1000 | at least 2 |
/// | `budgets` | 10 | seconds, above 0 |
/// | `cases` | all 15 | |
/// | `noise` | 0.01 | as [`Settings`] |
/// | `seeds` | 1 | at least 1 |
#[derive(Debug, Clone, PartialEq)]
pub struct ScalabilitySettings {
    /// Numbers of inputs.
    pub dims: Vec<usize>,
    /// Numbers of training rows.
    pub rows: Vec<usize>,
    /// Test rows.
    pub test_rows: usize,
    /// Seconds that a search may take.
    pub budgets: Vec<f64>,
    /// The synthetic cases.
    pub cases: Vec<Case>,
    /// The deviation of the noise.
    pub noise: f64,
    /// Tables of each case.
    pub seeds: u64,
}

impl Default for ScalabilitySettings {
    fn default() -> ScalabilitySettings {
        ScalabilitySettings {
            dims: vec![10, 30, 50, 100],
            rows: vec![20_000],
            test_rows: 1000,
            budgets: vec![10.0],
            cases: Case::all().collect(),
            noise: 0.01,
            seeds: 1,
        }
    }
}

/// One search to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The method's name, or "truth".
    pub method: String,
    /// Its settings.
    pub search: SearchOptions,
    /// The synthetic case.
    pub case: Case,
    /// How its table is generated, test rows included, which are the last.
    pub table: Settings,
    /// How many rows are for the test.
    pub test_rows: usize,
    /// Seconds that the search may take; 0 for the truth.
    pub budget: f64,
}

/// What came out. Where the budget ended the search, it depends on the machine's speed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The true structure.
    pub truth: Neuron,
    /// What was found.
    pub found: Neuron,
    /// Whether both are the same but for ranks.
    pub exact_orders: bool,
    /// Whether both are the same, ranks included.
    pub exact: bool,
    /// The test error (over the variance) of the structure fitted by the probe.
    pub retrained: Option<f64>,
    /// The test error of the method's own formula.
    pub own: Option<f64>,
    /// Why there is no error.
    pub error: Option<String>,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Seconds of the search.
    pub seconds: f64,
    /// Seconds of the probe.
    pub probe_seconds: f64,
    /// The peak of resident memory in MiB during the search, the table and all else included;
    /// with several jobs it is that of all.
    pub peak_mib: Option<f64>,
}

/// A finished run.
pub type Line = Record<Run, Found, Measured>;

/// Runs all; records by inputs, rows, budget, method (the truth first), case, seed.
///
/// # Errors
/// When settings are out of range or a file of results cannot be used.
pub fn run(
    settings: &ScalabilitySettings,
    methods: &[Method],
    options: &Options,
    control: &Control<'_>,
    each: &Each<'_, Run, Found, Measured>,
) -> Result<Results<Run, Found, Measured>, ExperimentError> {
    let plan = plan(settings, methods)?;
    let work = |run: &Run, control: &Control<'_>| {
        if run.method == TRUTH {
            return once(run, None, control);
        }
        once(run, Some(find(methods, &run.method, &run.search)?), control)
    };
    Ok(execute(&plan, options, control, &work, each)?)
}

fn plan(settings: &ScalabilitySettings, methods: &[Method]) -> Result<Plan<Run>, ExperimentError> {
    let refuse = |problem: &str| Err(ExperimentError::Settings(problem.to_string()));
    if settings.seeds == 0 || settings.test_rows < 2 {
        return refuse("seeds must be at least 1 and test rows at least 2");
    }
    if settings.budgets.iter().any(|b| !(*b > 0.0 && *b <= 1e6)) {
        return refuse("a budget must be above 0 seconds");
    }
    let truth = [(TRUTH, SearchOptions::default(), vec![0.0])];
    let searched = methods.iter().map(|method| {
        let name = method.name.as_str();
        (name, method.options.clone(), settings.budgets.clone())
    });
    let contestants: Vec<_> = truth.into_iter().chain(searched).collect();
    let mut runs = Vec::new();
    for (&dim, &rows) in settings
        .dims
        .iter()
        .flat_map(|dim| settings.rows.iter().map(move |rows| (dim, rows)))
    {
        for (method, search, budgets) in &contestants {
            for (budget, case) in budgets
                .iter()
                .flat_map(|budget| settings.cases.iter().map(move |case| (budget, case)))
            {
                for seed in 0..settings.seeds {
                    let table = Settings {
                        dim,
                        rows: rows + settings.test_rows,
                        noise: settings.noise,
                        seed,
                        ..Settings::default()
                    };
                    table.check(case)?;
                    runs.push(Run {
                        method: method.to_string(),
                        search: search.clone(),
                        case: *case,
                        table,
                        test_rows: settings.test_rows,
                        budget: *budget,
                    });
                }
            }
        }
    }
    Ok(Plan {
        experiment: NAME,
        version: 1,
        runs,
    })
}

/// Training and test rows of a table, inputs divided by their root mean square.
pub(crate) fn samples(
    case: &Case,
    table: &Settings,
    test_rows: usize,
) -> Result<(Samples, Samples, Neuron), String> {
    let table = generate(case, table).map_err(|error| error.to_string())?;
    let all = Samples {
        inputs: unit_mean_square(&table.inputs),
        y: table.y,
    };
    let training = all.y.len() - test_rows;
    let rows: Vec<usize> = (0..all.y.len()).collect();
    let (training, test) = rows.split_at(training);
    Ok((all.select(training), all.select(test), table.truth))
}

fn once(
    run: &Run,
    method: Option<&Method>,
    control: &Control<'_>,
) -> Result<(Found, Measured), String> {
    let (training, test, truth) = samples(&run.case, &run.table, run.test_rows)?;
    let remembered = memory::forget_peak();
    let began = Instant::now();
    let mut found = Found {
        found: truth.clone(),
        exact: true,
        exact_orders: true,
        truth,
        retrained: None,
        own: None,
        error: None,
    };
    if let Some(method) = method {
        search(run, method, (&training, &test), control, &mut found);
    }
    let seconds = began.elapsed().as_secs_f64();
    let peak_mib = memory::peak().filter(|_| remembered);
    let began = Instant::now();
    if found.error.is_none() {
        let seed = run.table.seed;
        match retrained_error(&found.found, &training, &test, seed, control) {
            Ok(error) => found.retrained = Some(error),
            Err(error) => found.error = Some(error.to_string()),
        }
    }
    let measured = Measured {
        seconds,
        probe_seconds: began.elapsed().as_secs_f64(),
        peak_mib,
    };
    Ok((found, measured))
}

fn search(
    run: &Run,
    method: &Method,
    (training, test): (&Samples, &Samples),
    control: &Control<'_>,
    found: &mut Found,
) {
    let target = training.target();
    let problem = training.problem(&target);
    let limited = limited(control, Instant::now(), Some(run.budget));
    match method.search.search(&problem, run.table.seed, &limited) {
        Ok(report) => {
            found.exact = report.neuron == found.truth;
            found.exact_orders = without_ranks(&report.neuron) == without_ranks(&found.truth);
            found.own = Some(test_error(&report.formula, test)).filter(|error| error.is_finite());
            found.found = report.neuron;
        }
        Err(error) => {
            (found.exact, found.exact_orders) = (false, false);
            found.found = Neuron::default();
            found.error = Some(error.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use neuronseek::table::synthetic::Mode;

    use super::*;

    #[test]
    fn als_is_as_good_as_the_truth_and_linear_is_not() {
        let settings = ScalabilitySettings {
            dims: vec![4, 6],
            rows: vec![400],
            test_rows: 100,
            cases: vec![Case {
                mode: Mode::Hybrid,
                variant: 1,
            }],
            ..ScalabilitySettings::default()
        };
        let methods = ["als", "linear"].map(|name| {
            let options = SearchOptions {
                method: name.parse().unwrap(),
                ..SearchOptions::default()
            };
            Method::new(name, options)
        });
        let results = run(
            &settings,
            &methods,
            &Options::default(),
            &Control::silent(),
            &|_, _| {},
        );
        let records = results.unwrap().records;
        let summaries = summarise(&records);
        let names: Vec<&str> = summaries.iter().map(|s| s.method.as_str()).collect();
        assert_eq!(names, ["truth", "als", "linear", "truth", "als", "linear"]);
        let good: Vec<usize> = summaries.iter().map(|s| s.as_good).collect();
        assert_eq!(good, [1, 1, 0, 1, 1, 0]);
        assert!(summaries[1].own.unwrap() < 1e-3 && summaries[2].own.unwrap() > 0.01);
        assert!(markdown(&records).contains("inputs to the power"));
    }
}
