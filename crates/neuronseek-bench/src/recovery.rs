//! How often a search finds the structure of a synthetic case.
//!
//! Every method sees the same tables: the fifteen cases of [`Case::all`], each with seeds
//! `first_seed .. first_seed + seeds`. A row's verdict compares orders, ranks included:
//! [`Verdict::Perfect`] is exact. The rows come in a fixed order whatever `jobs` is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use neuronseek::matrix::Matrix;
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::prepare::Target;
use neuronseek::search::{Problem, Search};
use neuronseek::table::synthetic::{self, Case, Law, Settings, generate};
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

/// Settings of [`run`].
///
/// | setting | default | range |
/// |---|---|---|
/// | `dim` | 10 | at least 3 |
/// | `rows` | 2500 | at least 2 |
/// | `noise` | 0.01 | as [`synthetic::Settings`] |
/// | `law` | normal | |
/// | `seeds` | 20 | at least 1 |
/// | `first_seed` | 0 | |
/// | `jobs` | 1 | at least 1 |
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecoverySettings {
    /// The number of inputs.
    pub dim: usize,
    /// The number of rows.
    pub rows: usize,
    /// The deviation of the noise.
    pub noise: f64,
    /// The law of the inputs.
    pub law: Law,
    /// How many seeds each case is generated with.
    pub seeds: u64,
    /// The first seed.
    pub first_seed: u64,
    /// How many searches run at once, each on one thread. With more jobs than idle cores the
    /// seconds mean little.
    pub jobs: usize,
}

impl Default for RecoverySettings {
    fn default() -> RecoverySettings {
        RecoverySettings {
            dim: 10,
            rows: 2500,
            noise: 0.01,
            law: Law::Normal,
            seeds: 20,
            first_seed: 0,
            jobs: 1,
        }
    }
}

/// Why the experiment cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Settings out of range.
    #[error("{0}")]
    Settings(String),
    /// The generator's settings.
    #[error(transparent)]
    Synthetic(#[from] synthetic::SettingsError),
    /// The threads could not be started.
    #[error("cannot start a thread: {0}")]
    Threads(String),
}

/// How a found structure compares with the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// The same terms with the same ranks.
    Perfect,
    /// All true terms with at least their ranks, and more.
    Noisy,
    /// A true term, or a part of its rank, is missing.
    Missing,
    /// The search ended with an error.
    Failed,
}

/// One search.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The method's name as given to [`run`].
    pub method: String,
    /// "pure 0" to "hybrid 4".
    pub case: String,
    /// The seed of the table and of the search.
    pub seed: u64,
    /// The true structure.
    pub truth: Neuron,
    /// What was found; empty when the search failed.
    pub found: Neuron,
    /// How the two compare.
    pub verdict: Verdict,
    /// Wall-clock seconds of the search on its one thread.
    pub seconds: f64,
    /// The search's error.
    pub error: Option<String>,
}

/// All searches of one method on one case, or on all cases.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The method.
    pub method: String,
    /// The case; `None` is all of them.
    pub case: Option<String>,
    /// How many searches there were.
    pub runs: usize,
    /// How many of each verdict.
    pub perfect: usize,
    /// See [`Verdict::Noisy`].
    pub noisy: usize,
    /// See [`Verdict::Missing`].
    pub missing: usize,
    /// See [`Verdict::Failed`].
    pub failed: usize,
    /// The median of the seconds.
    pub median_seconds: f64,
    /// The longest search.
    pub highest_seconds: f64,
}

/// Compares a structure with the truth, orders and ranks.
pub fn verdict(found: &Neuron, truth: &Neuron) -> Verdict {
    if found == truth {
        return Verdict::Perfect;
    }
    let rank = |neuron: &Neuron, order: usize| {
        let term = neuron.interactions().into_iter().find(|(o, _)| *o == order);
        term.map_or(0, |(_, rank)| rank.unwrap_or(usize::MAX))
    };
    let pure = truth
        .pure_orders()
        .iter()
        .all(|order| found.pure_orders().contains(order));
    let functions = truth
        .functions()
        .iter()
        .all(|function| found.functions().contains(function));
    let interactions = truth
        .interactions()
        .iter()
        .all(|&(order, _)| rank(found, order) >= rank(truth, order));
    if pure && functions && interactions {
        Verdict::Noisy
    } else {
        Verdict::Missing
    }
}

/// Runs every method on every case with every seed; rows by method, then case, then seed.
///
/// Each input is divided by its root mean square before the search, the zero kept.
///
/// # Errors
/// When settings are out of range. A search that fails is a row, not an error.
pub fn run(
    settings: &RecoverySettings,
    methods: &[(&str, &dyn Search)],
    done: &(dyn Fn(&Row) + Sync),
) -> Result<Vec<Row>, RecoveryError> {
    if settings.jobs == 0 || settings.seeds == 0 {
        return Err(RecoveryError::Settings(format!(
            "jobs {} and seeds {} must be at least 1",
            settings.jobs, settings.seeds
        )));
    }
    for case in Case::all() {
        table_settings(settings, settings.first_seed).check(&case)?;
    }
    let seeds = settings.first_seed..settings.first_seed.saturating_add(settings.seeds);
    let tasks: Vec<Task<'_>> = methods
        .iter()
        .flat_map(|&(name, search)| Case::all().map(move |case| (name, search, case)))
        .flat_map(|(name, search, case)| seeds.clone().map(move |seed| (name, search, case, seed)))
        .collect();
    let pools = (0..settings.jobs.min(tasks.len()))
        .map(|_| pool())
        .collect::<Result<Vec<_>, _>>()?;
    let next = AtomicUsize::new(0);
    let work = |pool: &ThreadPool| {
        let mut rows = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(index) else {
                return rows;
            };
            let row = search_once(settings, pool, task);
            if let Ok(row) = &row {
                done(row);
            }
            rows.push((index, row));
        }
    };
    let mut rows = Vec::with_capacity(tasks.len());
    // Plain threads, each with a search pool of one thread: a worker of an outer pool that waits
    // for an inner one would take up another search meanwhile, and its seconds would add up.
    std::thread::scope(|scope| {
        let threads: Vec<_> = pools
            .iter()
            .map(|pool| scope.spawn(|| work(pool)))
            .collect();
        for thread in threads {
            match thread.join() {
                Ok(part) => rows.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    rows.sort_by_key(|(index, _)| *index);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// One search to do.
type Task<'a> = (&'a str, &'a dyn Search, Case, u64);

fn pool() -> Result<ThreadPool, RecoveryError> {
    let built = ThreadPoolBuilder::new().num_threads(1).build();
    built.map_err(|reason| RecoveryError::Threads(reason.to_string()))
}

fn table_settings(settings: &RecoverySettings, seed: u64) -> Settings {
    Settings {
        dim: settings.dim,
        rows: settings.rows,
        noise: settings.noise,
        seed,
        law: settings.law,
    }
}

fn search_once(
    settings: &RecoverySettings,
    pool: &ThreadPool,
    &(name, search, case, seed): &Task<'_>,
) -> Result<Row, RecoveryError> {
    let table = generate(&case, &table_settings(settings, seed))?;
    let inputs = unit_mean_square(&table.inputs);
    let target = Target::Values(Matrix::from_vec(table.y.len(), 1, table.y));
    let problem = Problem {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let began = Instant::now();
    let result = pool.install(|| search.search(&problem, seed, &Control::silent()));
    let seconds = began.elapsed().as_secs_f64();
    let (found, verdict, error) = match result {
        Ok(report) => {
            let verdict = verdict(&report.neuron, &table.truth);
            (report.neuron, verdict, None)
        }
        Err(error) => (Neuron::default(), Verdict::Failed, Some(error.to_string())),
    };
    Ok(Row {
        method: name.to_string(),
        case: case.to_string(),
        seed,
        truth: table.truth,
        found,
        verdict,
        seconds,
        error,
    })
}

/// Each input divided by its root mean square.
fn unit_mean_square(inputs: &Matrix<f64>) -> Matrix<f64> {
    let mut scaled = inputs.clone();
    let rows = inputs.rows() as f64;
    let sizes: Vec<f64> = (0..inputs.columns())
        .map(|input| {
            let squares = (0..inputs.rows()).map(|row| inputs.row(row)[input].powi(2));
            (squares.sum::<f64>() / rows).sqrt()
        })
        .collect();
    for row in 0..scaled.rows() {
        for (value, size) in scaled.row_mut(row).iter_mut().zip(&sizes) {
            if *size > 0.0 {
                *value /= size;
            }
        }
    }
    scaled
}

/// One summary per method and case, then one per method, in the order of the rows.
pub fn summarise(rows: &[Row]) -> Vec<Summary> {
    let mut methods: Vec<&str> = Vec::new();
    for row in rows {
        if !methods.contains(&row.method.as_str()) {
            methods.push(&row.method);
        }
    }
    let mut summaries = Vec::new();
    for method in methods {
        let own: Vec<&Row> = rows.iter().filter(|row| row.method == method).collect();
        for case in Case::all() {
            let case = case.to_string();
            let part: Vec<&Row> = own.iter().copied().filter(|row| row.case == case).collect();
            if !part.is_empty() {
                summaries.push(summary(method, Some(case), &part));
            }
        }
        summaries.push(summary(method, None, &own));
    }
    summaries
}

fn summary(method: &str, case: Option<String>, rows: &[&Row]) -> Summary {
    let count = |verdict: Verdict| rows.iter().filter(|row| row.verdict == verdict).count();
    let mut seconds: Vec<f64> = rows.iter().map(|row| row.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    let median = match seconds.len() {
        0 => 0.0,
        length if length % 2 == 0 => (seconds[middle - 1] + seconds[middle]) / 2.0,
        _ => seconds[middle],
    };
    Summary {
        method: method.to_string(),
        case,
        runs: rows.len(),
        perfect: count(Verdict::Perfect),
        noisy: count(Verdict::Noisy),
        missing: count(Verdict::Missing),
        failed: count(Verdict::Failed),
        median_seconds: median,
        highest_seconds: seconds.last().copied().unwrap_or(0.0),
    }
}

#[cfg(test)]
mod tests {
    use neuronseek::observe::Control;
    use neuronseek::search::{Report, SearchError};

    use super::*;

    fn compare(found: &str, truth: &str) -> Verdict {
        verdict(&found.parse().unwrap(), &truth.parse().unwrap())
    }

    #[test]
    fn verdicts_look_at_both_streams_and_at_ranks() {
        let truth = "x^2 + cp(3, r=1)";
        assert_eq!(compare("cp(3, r=1) + x^2", truth), Verdict::Perfect);
        assert_eq!(compare("x^2 + cp(3, r=2)", truth), Verdict::Noisy);
        assert_eq!(compare("x + x^2 + cp(3, r=1)", truth), Verdict::Noisy);
        assert_eq!(compare("x^2", truth), Verdict::Missing);
        assert_eq!(compare("x + cp(3, r=1)", truth), Verdict::Missing);
        assert_eq!(compare("cp(2, r=1)", "cp(2, r=2)"), Verdict::Missing);
    }

    /// Always fails, so that the rows can be looked at without a search.
    struct Refusing;

    impl Search for Refusing {
        fn name(&self) -> &'static str {
            "refusing"
        }
        fn search(
            &self,
            problem: &Problem<'_>,
            _: u64,
            _: &Control<'_>,
        ) -> Result<Report, SearchError> {
            let square: f64 = problem.inputs.column(0).iter().map(|x| x * x).sum();
            assert!((square / problem.inputs.rows() as f64 - 1.0).abs() < 1e-12);
            Err(SearchError::NotFinite("a test".into()))
        }
    }

    #[test]
    fn rows_come_in_order_and_failures_are_counted() {
        let settings = RecoverySettings {
            rows: 50,
            dim: 4,
            seeds: 2,
            jobs: 2,
            ..RecoverySettings::default()
        };
        let rows = run(&settings, &[("no", &Refusing)], &|_| {}).unwrap();
        assert_eq!(rows.len(), 30);
        let expected: Vec<(String, u64)> = Case::all()
            .flat_map(|case| (0..2).map(move |seed| (case.to_string(), seed)))
            .collect();
        let found: Vec<(String, u64)> = rows
            .iter()
            .map(|row| (row.case.clone(), row.seed))
            .collect();
        assert_eq!(found, expected);
        let summaries = summarise(&rows);
        assert_eq!(summaries.len(), 16);
        assert_eq!((summaries[15].runs, summaries[15].failed), (30, 30));
        assert_eq!(summaries[15].case, None);
    }

    #[test]
    fn bad_settings_are_refused() {
        let settings = RecoverySettings {
            dim: 1,
            ..RecoverySettings::default()
        };
        assert!(run(&settings, &[("no", &Refusing)], &|_| {}).is_err());
        let settings = RecoverySettings {
            jobs: 0,
            ..RecoverySettings::default()
        };
        assert!(run(&settings, &[("no", &Refusing)], &|_| {}).is_err());
    }
}
