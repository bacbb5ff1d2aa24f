//! `poly`, `lasso` and `linear`: what someone would try who doubts that a search is needed.
//!
//! All monomials of the inputs up to a degree are written out as features, and a linear model is
//! fitted to them: by ridge (`poly`), by lasso and a refit (`lasso`), or to the inputs alone
//! (`linear`). Their number grows as inputs^degree, which is what terms in tensor form avoid, so
//! the degree falls as inputs become many; a warning says so.
//!
//! The structure is read off the coefficients. A term is found when one of its monomials has a
//! coefficient that cannot be noise: `x^k` by monomials of one input, `cp(k)`, of unknown rank, by
//! those of several. A product of projections also has monomials of one input, so an interaction of
//! order k usually shows as `x^k + cp(k)`.
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | settings and their check |
//! | `features` | the list of monomials and their values |
//! | `lasso` | coordinate descent |
//! | `reading` | structure, formula and evidence of a fit |

mod features;
mod lasso;
mod reading;
mod settings;

use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

pub use settings::{LassoSettings, PolySettings};

use self::features::Monomial;
use self::lasso::Descent;

use self::reading::Reading;
use super::moments::{Fitted, Moments};
use super::regression::Regression;
use super::{Candidate, Problem, Report, Search, SearchError, Step};
use crate::linear::{LinearError, Penalty, ridge};
use crate::matrix::Matrix;
use crate::neuron::Neuron;
use crate::observe::{Control, Event};

/// So many numbers are kept at most; of more rows a sample is drawn.
const MOST_CELLS: usize = 50_000_000;

/// The lowest penalty of the lasso's path, as a share of the highest.
const LOWEST: f64 = 1e-4;

/// The path ends when BIC has not fallen for so many different sets of monomials.
const PATIENCE: usize = 20;

/// Other structures that a report names.
const RUNNERS_UP: usize = 10;

/// Ridge on all monomials.
#[derive(Debug, Clone, Default)]
pub struct Poly {
    /// The settings.
    pub settings: PolySettings,
}

/// Lasso on all monomials, and least squares on those that it leaves.
#[derive(Debug, Clone, Default)]
pub struct Lasso {
    /// The settings.
    pub settings: LassoSettings,
}

/// Ridge on the inputs: the plain inner product, which has no settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Linear;

impl Search for Poly {
    fn name(&self) -> &'static str {
        "poly"
    }

    fn search(
        &self,
        problem: &Problem<'_>,
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Report, SearchError> {
        let began = Instant::now();
        self.settings.check()?;
        let asked = (self.settings.max_order, self.settings.max_features);
        let work = Work::new(problem, (self.name(), asked), seed, control)?;
        let mut report = by_degrees(&work, control)?;
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }
}

impl Search for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn search(
        &self,
        problem: &Problem<'_>,
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Report, SearchError> {
        let began = Instant::now();
        let work = Work::new(problem, (self.name(), (1, 1)), seed, control)?;
        let mut report = by_degrees(&work, control)?;
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }
}

impl Search for Lasso {
    fn name(&self) -> &'static str {
        "lasso"
    }

    fn search(
        &self,
        problem: &Problem<'_>,
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Report, SearchError> {
        let began = Instant::now();
        self.settings.check()?;
        let asked = (self.settings.max_order, self.settings.max_features);
        let work = Work::new(problem, (self.name(), asked), seed, control)?;
        let mut report = along_penalties(&work, self.settings.penalties, control)?;
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }
}

/// The rows and the degree that a search works with.
struct Work {
    method: &'static str,
    inputs: Matrix<f64>,
    y: Vec<f64>,
    weights: Vec<f64>,
    degree: usize,
    warnings: Vec<String>,
}

impl Work {
    /// `asked` is the highest order and the most features.
    fn new(
        problem: &Problem<'_>,
        (method, asked): (&'static str, (usize, usize)),
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Work, SearchError> {
        let regression = Regression::new(problem, method)?;
        let name = format!("search ({method})");
        control.observer.notice(&Event::Stage { name: &name });
        let (rows, columns) = (regression.inputs.rows(), regression.inputs.columns());
        let degree = features::degree_within(columns, asked.0, asked.1);
        let used = features::count(columns, degree).unwrap_or(usize::MAX);
        let mut warnings = Vec::new();
        if degree < asked.0 {
            let next = features::count(columns, degree + 1);
            let next = next.map_or("too many".to_string(), |count| count.to_string());
            warnings.push(format!(
                "order {} of {columns} inputs has {next} monomials, more than {}: order {degree} is \
                 used, with {used}",
                degree + 1,
                asked.1
            ));
        }
        let most = (MOST_CELLS / used.max(1)).max(1000);
        let mut chosen: Vec<usize> = (0..rows).collect();
        if rows > most {
            chosen.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            chosen.truncate(most);
            chosen.sort_unstable();
            warnings.push(format!(
                "{used} monomials of {rows} rows do not fit into memory: {most} rows are used"
            ));
        }
        warnings.iter().for_each(|warning| control.warn(warning));
        Ok(Work {
            method,
            inputs: regression.inputs.select_rows(&chosen),
            y: chosen.iter().map(|&row| regression.y[row]).collect(),
            weights: chosen.iter().map(|&row| regression.weights[row]).collect(),
            degree,
            warnings,
        })
    }

    fn regression(&self) -> Regression<'_> {
        Regression {
            inputs: &self.inputs,
            y: self.y.clone(),
            weights: self.weights.clone(),
        }
    }

    fn step(&self, done: (usize, usize), step: &Step, control: &Control<'_>) {
        let message = format!("{}, BIC {:.1}", step.neuron, step.criterion);
        control.observer.notice(&Event::Progress {
            name: &format!("search ({})", self.method),
            done: done.0,
            total: done.1,
            message: &message,
        });
        control.observer.notice(&Event::Snapshot {
            neuron: &step.neuron,
            criterion: step.criterion,
        });
    }

    /// The report of a fit; nothing telling is the plain inner product, with a warning.
    fn report(
        &self,
        reading: &Reading<'_>,
        path: Vec<Step>,
        mut others: Vec<Candidate>,
        control: &Control<'_>,
    ) -> Report {
        let mut warnings = self.warnings.clone();
        let mut neuron = reading.neuron();
        if self.degree == 1 {
            neuron = Neuron::linear();
        } else if neuron.is_empty() {
            neuron = Neuron::linear();
            let warning = "no coefficient differs from 0 by more than noise may explain: the \
                           structure is the plain inner product";
            control.warn(warning);
            warnings.push(warning.to_string());
        }
        others.retain(|other| other.neuron != neuron);
        others.sort_by(|a, b| a.criterion.total_cmp(&b.criterion));
        let mut seen: Vec<Neuron> = Vec::new();
        others.retain(|other| {
            let new = !seen.contains(&other.neuron);
            seen.push(other.neuron.clone());
            new
        });
        others.truncate(RUNNERS_UP);
        Report {
            method: self.method.to_string(),
            evidence: reading.evidence(&neuron),
            neuron,
            formula: reading.formula(),
            path,
            runners_up: others,
            alternatives: Vec::new(),
            seconds: 0.0,
            warnings,
        }
    }
}

fn candidates(path: &[Step]) -> Vec<Candidate> {
    let steps = path.iter().filter(|step| !step.neuron.is_empty());
    let candidate = |step: &Step| Candidate {
        neuron: step.neuron.clone(),
        criterion: step.criterion,
    };
    steps.map(candidate).collect()
}

/// Ridge on degree 1, then 2, ... up to the degree asked for, the last of which is reported.
fn by_degrees(work: &Work, control: &Control<'_>) -> Result<Report, SearchError> {
    let regression = work.regression();
    let all = features::monomials(work.inputs.columns(), work.degree);
    let mut path: Vec<Step> = Vec::new();
    let mut degree = 1;
    loop {
        let began = Instant::now();
        let many = all.partition_point(|monomial| monomial.len() <= degree);
        let monomials = &all[..many];
        let (moments, fitted, penalty) = ridge_on(&regression, monomials)?;
        let reading = Reading {
            regression: &regression,
            monomials,
            moments: &moments,
            ridge: penalty,
            fitted: &fitted,
        };
        let step = Step {
            neuron: reading.neuron(),
            action: format!("degree {degree}, penalty {penalty:.1e}"),
            criterion: reading.bic(),
        };
        work.step((degree, work.degree), &step, control);
        path.push(step);
        let next = features::count(work.inputs.columns(), degree + 1).unwrap_or(usize::MAX);
        // A degree cannot be left half-way: one that would outlast the time is not begun.
        let growth = (next as f64 / many as f64).powi(3);
        let needed = growth * began.elapsed().as_secs_f64();
        let late = control.deadline.is_some_and(|deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            needed > left.as_secs_f64()
        });
        if degree == work.degree || late || control.should_stop() {
            let others = candidates(&path);
            return Ok(work.report(&reading, path, others, control));
        }
        degree += 1;
    }
}

/// Ridge on these monomials, with the penalty that was chosen.
fn ridge_on(
    regression: &Regression<'_>,
    monomials: &[Monomial],
) -> Result<(Moments, Fitted, f64), SearchError> {
    let features = features::values(regression.inputs, monomials);
    let moments = Moments::new(&features, &regression.y, &regression.weights)?;
    let target = Matrix::from_vec(regression.y.len(), 1, regression.y.clone());
    let weights = Some(regression.weights.as_slice());
    let fit = ridge(&features, &target, weights, Penalty::CrossValidated).map_err(refused)?;
    let every: Vec<usize> = (0..monomials.len()).collect();
    let fitted = moments.fit(&every, fit.penalty);
    Ok((moments, fitted, fit.penalty))
}

fn refused(error: LinearError) -> SearchError {
    match error {
        LinearError::NotFinite => SearchError::NotFinite("a monomial of the inputs".to_string()),
        other => SearchError::Settings(vec![other.to_string()]),
    }
}

/// The refit of lowest BIC along the lasso's path.
fn along_penalties(
    work: &Work,
    penalties: usize,
    control: &Control<'_>,
) -> Result<Report, SearchError> {
    let regression = work.regression();
    let monomials = features::monomials(work.inputs.columns(), work.degree);
    let features = features::values(&work.inputs, &monomials);
    let moments = Moments::new(&features, &work.y, &work.weights)?;
    drop(features);
    let read = |fitted: &Fitted| {
        let reading = Reading {
            regression: &regression,
            monomials: &monomials,
            moments: &moments,
            ridge: 0.0,
            fitted,
        };
        (reading.neuron(), reading.bic())
    };
    let mut descent = Descent::new(&moments);
    let highest = descent.highest();
    let most = (0.5 * moments.count) as usize;
    let mut best = moments.fit(&[], 0.0);
    let (mut found, mut lowest) = read(&best);
    let (mut path, mut others, mut since) = (Vec::new(), Vec::new(), 0);
    let mut last: Vec<usize> = Vec::new();
    for step in 1..penalties {
        if since == PATIENCE || control.should_stop() {
            break;
        }
        let share = LOWEST.powf(step as f64 / (penalties - 1) as f64);
        descent.solve(highest * share);
        let active = descent.active();
        if active.len() > most {
            break;
        }
        if active != last {
            since += 1;
            let fitted = moments.fit(&active, 0.0);
            let (neuron, bic) = read(&fitted);
            others.push(Candidate {
                neuron: neuron.clone(),
                criterion: bic,
            });
            if bic < lowest {
                (best, found, lowest, since) = (fitted, neuron, bic, 0);
            }
            last = active;
        }
        let step_taken = Step {
            neuron: found.clone(),
            action: format!("penalty {:.1e}, {} monomials", highest * share, last.len()),
            criterion: lowest,
        };
        work.step((step, penalties - 1), &step_taken, control);
        path.push(step_taken);
    }
    let reading = Reading {
        regression: &regression,
        monomials: &monomials,
        moments: &moments,
        ridge: 0.0,
        fitted: &best,
    };
    others.retain(|other| !other.neuron.is_empty());
    Ok(work.report(&reading, path, others, control))
}

#[cfg(test)]
mod tests;
