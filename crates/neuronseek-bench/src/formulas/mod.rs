//! Which published formulas a method finds again.
//!
//! Of the polynomial ones the found formula, expanded, must be the truth; of the rational ones the
//! predictions on fresh rows must explain more than [`EXPLAINED`] of the variance. Every method has
//! the same seconds on one thread and the same rows, drawn uniformly from the ranges of the list,
//! without noise. (The lists' own numbers of rows, often 20, are not used.) Programs of others run
//! beside, see [`look_for`].

mod peers;
mod read;

use std::path::PathBuf;
use std::time::Instant;

use neuronseek::expression::Monomials;
use neuronseek::matrix::Matrix;
use neuronseek::model::SearchOptions;
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::search;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

pub use peers::{Package, Peer, UnknownPeer, look_for};
pub use read::{Formula, Formulas, Kind, read};

use crate::method::{Method, find, limited};
use crate::probe::{Samples, test_error};
use crate::runs::{Each, Options, Plan, Record, Results, RunsError, execute};
use crate::statistics::median;

/// The experiment's name.
pub const NAME: &str = "formulas";

/// A polynomial is recovered when no coefficient differs by more than this share of the largest.
pub const TOLERANCE: f64 = 1e-4;

/// A rational formula counts when R^2 on fresh rows is above this.
pub const EXPLAINED: f64 = 0.999;

/// Settings of [`run`].
///
/// | setting | default | range |
/// |---|---|---|
/// | `folder` | | the lists, see [`read()`] |
/// | `only` | none | parts of names; empty takes all |
/// | `rows` | 1000 | training rows, at least 20 |
/// | `budget` | 5 | seconds, above 0 |
/// | `seed` | 0 | |
/// | `peers` | none | programs of others, see [`look_for`] |
#[derive(Debug, Clone, PartialEq)]
pub struct FormulasSettings {
    /// Where the lists lie.
    pub folder: PathBuf,
    /// Only formulas whose name contains one of these.
    pub only: Vec<String>,
    /// Training rows; as many again are for the test.
    pub rows: usize,
    /// Seconds that a search may take.
    pub budget: f64,
    /// The seed of rows and searches.
    pub seed: u64,
    /// Programs of others that run beside the methods.
    pub peers: Vec<Package>,
}

/// Why the experiment cannot run.
#[derive(Debug, thiserror::Error)]
pub enum FormulasError {
    /// Settings out of range.
    #[error("{0}")]
    Settings(String),
    /// A list of formulas.
    #[error("cannot read {path}: {reason}")]
    List {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The runs.
    #[error(transparent)]
    Runs(#[from] RunsError),
}

/// One formula to find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The method's or the peer's name.
    pub method: String,
    /// The method's settings; a peer has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchOptions>,
    /// The version of the peer; a method has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The formula.
    pub formula: Formula,
    /// Training rows.
    pub rows: usize,
    /// Seconds that the search may take.
    pub budget: f64,
    /// The seed.
    pub seed: u64,
}

/// What came out. Where the budget ended the search, it depends on the machine's speed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The structure.
    pub neuron: Neuron,
    /// The formula of a peer, over the inputs in the units of the lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
    /// Of a polynomial: whether the found formula is the same polynomial.
    pub recovered: Option<bool>,
    /// R^2 on fresh rows; `None` when a prediction is not a number.
    pub r2: Option<f64>,
    /// The search's error.
    pub error: Option<String>,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Seconds of the search.
    pub seconds: f64,
}

/// A finished run.
pub type Line = Record<Run, Found, Measured>;

/// Runs every method, then every peer, on every formula; records by method, then in the order of the lists.
///
/// # Errors
/// When settings are out of range, or a list or a file of results cannot be used.
pub fn run(
    settings: &FormulasSettings,
    methods: &[Method],
    options: &Options,
    control: &Control<'_>,
    each: &Each<'_, Run, Found, Measured>,
) -> Result<Results<Run, Found, Measured>, FormulasError> {
    if settings.rows < 20 || !(settings.budget > 0.0 && settings.budget <= 1e6) {
        let problem = "rows must be at least 20 and the budget above 0 seconds";
        return Err(FormulasError::Settings(problem.to_string()));
    }
    let mut formulas = read(&settings.folder)?.chosen;
    let wanted = |name: &str| {
        settings
            .only
            .iter()
            .any(|part| name.contains(part.as_str()))
    };
    formulas.retain(|formula| settings.only.is_empty() || wanted(&formula.name));
    if formulas.is_empty() {
        let problem = "no formula has such a name".to_string();
        return Err(FormulasError::Settings(problem));
    }
    let run = |formula: &Formula, method: &str| Run {
        method: method.to_string(),
        search: None,
        version: None,
        formula: formula.clone(),
        rows: settings.rows,
        budget: settings.budget,
        seed: settings.seed,
    };
    let of_methods = methods.iter().flat_map(|method| {
        formulas.iter().map(|formula| Run {
            search: Some(method.options.clone()),
            ..run(formula, &method.name)
        })
    });
    let of_peers = settings.peers.iter().flat_map(|package| {
        formulas.iter().map(|formula| Run {
            version: Some(package.version.clone()),
            ..run(formula, package.peer.name())
        })
    });
    let plan = Plan {
        experiment: NAME,
        version: 1,
        runs: of_methods.chain(of_peers).collect(),
    };
    let work = |run: &Run, control: &Control<'_>| match &run.search {
        Some(search) => once(run, find(methods, &run.method, search)?, control),
        None => peers::once(run),
    };
    Ok(execute(&plan, options, control, &work, each)?)
}

/// Rows of a formula, each input divided by its size, and the sizes.
fn samples(run: &Run, sizes: &[f64], random: &mut ChaCha8Rng) -> Samples {
    let ranges = &run.formula.ranges;
    let mut inputs = Matrix::zeros(run.rows, ranges.len());
    let mut y = Vec::with_capacity(run.rows);
    let mut row = 0;
    let mut tries = 0;
    // Rows at which a formula is not defined (a division by 0) are drawn again.
    while row < run.rows && tries < 100 * run.rows {
        tries += 1;
        let x: Vec<f64> = ranges
            .iter()
            .map(|[low, high]| low + (high - low) * random.random::<f64>())
            .collect();
        let value = run.formula.expression.value(&x);
        if value.is_finite() {
            let scaled = x.iter().zip(sizes).map(|(x, size)| x / size);
            for (to, from) in inputs.row_mut(row).iter_mut().zip(scaled) {
                *to = from;
            }
            y.push(value);
            row += 1;
        }
    }
    Samples { inputs, y }
}

/// The size of each input: the larger end of its range.
fn sizes(run: &Run) -> Vec<f64> {
    let ranges = run.formula.ranges.iter();
    ranges
        .map(|[low, high]| low.abs().max(high.abs()))
        .collect()
}

/// Training and test rows, each input divided by its size.
fn rows(run: &Run, sizes: &[f64]) -> Result<(Samples, Samples), String> {
    let mut random = ChaCha8Rng::seed_from_u64(run.seed);
    let training = samples(run, sizes, &mut random);
    let test = samples(run, sizes, &mut random);
    if test.y.len() < run.rows {
        return Err(format!("{} is hardly anywhere defined", run.formula.name));
    }
    Ok((training, test))
}

fn once(run: &Run, method: &Method, control: &Control<'_>) -> Result<(Found, Measured), String> {
    let sizes = sizes(run);
    let (training, test) = rows(run, &sizes)?;
    let target = training.target();
    let problem = training.problem(&target);
    let began = Instant::now();
    let limited = limited(control, began, Some(run.budget));
    let report = method.search.search(&problem, run.seed, &limited);
    let seconds = began.elapsed().as_secs_f64();
    let found = match report {
        Ok(report) => Found {
            formula: None,
            recovered: recovered(run, monomials(&report.formula), &sizes),
            r2: Some(1.0 - test_error(&report.formula, &test)).filter(|r2| r2.is_finite()),
            neuron: report.neuron,
            error: None,
        },
        Err(error) => Found {
            neuron: Neuron::default(),
            formula: None,
            recovered: (run.formula.kind == Kind::Polynomial).then_some(false),
            r2: None,
            error: Some(error.to_string()),
        },
    };
    Ok((found, Measured { seconds }))
}

fn monomials(formula: &search::Formula) -> Option<Monomials> {
    match formula {
        search::Formula::Polynomial(polynomial) => Monomials::of_polynomial(polynomial, 0),
        search::Formula::Expression { outputs, .. } => outputs.first()?.monomials(),
    }
}

/// Whether `found`, over inputs divided by their sizes, is the run's polynomial; `None` where that
/// is none.
fn recovered(run: &Run, found: Option<Monomials>, sizes: &[f64]) -> Option<bool> {
    if run.formula.kind != Kind::Polynomial {
        return None;
    }
    let truth = run.formula.expression.monomials()?.rescaled(sizes);
    Some(found.is_some_and(|found| found.distance(&truth) <= TOLERANCE))
}

/// Counts per method as Markdown, then the polynomials that some method missed.
pub fn markdown(records: &[Line]) -> String {
    let mut methods: Vec<&str> = Vec::new();
    for line in records {
        if !methods.contains(&line.run.method.as_str()) {
            methods.push(&line.run.method);
        }
    }
    let mut text =
        "| method | polynomials recovered | of | rational with R^2 > 0.999 | of | median s \
                    | longest s |\n|---|--:|--:|--:|--:|--:|--:|\n"
            .to_string();
    for method in methods {
        let own: Vec<&Line> = records.iter().filter(|l| l.run.method == method).collect();
        let of = |kind: Kind| own.iter().filter(move |l| l.run.formula.kind == kind);
        let seconds: Vec<f64> = own.iter().map(|l| l.measured.seconds).collect();
        let exact = of(Kind::Polynomial).filter(|l| l.result.recovered == Some(true));
        let explained = of(Kind::Rational).filter(|l| l.result.r2.is_some_and(|r2| r2 > EXPLAINED));
        text.push_str(&format!(
            "| {method} | {} | {} | {} | {} | {:.3} | {:.2} |\n",
            exact.count(),
            of(Kind::Polynomial).count(),
            explained.count(),
            of(Kind::Rational).count(),
            median(&seconds).unwrap_or(0.0),
            seconds.iter().copied().fold(0.0, f64::max),
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn als_finds_a_polynomial_and_linear_does_not() {
        let formula = Formula {
            name: "Nguyen-1".to_string(),
            list: "a list".to_string(),
            expression: "x1^3 + x1^2 + x1 * x2".parse().unwrap(),
            kind: Kind::Polynomial,
            ranges: vec![[-1.0, 1.0], [0.0, 3.0]],
        };
        for (name, expected) in [("als", true), ("linear", false), ("lasso", true)] {
            let options = SearchOptions {
                method: name.parse().unwrap(),
                ..SearchOptions::default()
            };
            let method = Method::new(name, options.clone());
            let run = Run {
                method: name.to_string(),
                search: Some(options),
                version: None,
                formula: formula.clone(),
                rows: 200,
                budget: 60.0,
                seed: 1,
            };
            let (found, _) = once(&run, &method, &Control::silent()).unwrap();
            assert_eq!(found.recovered, Some(expected), "{name} {}", found.neuron);
            assert_eq!(found.r2.unwrap() > EXPLAINED, expected, "{name}");
        }
    }
}
