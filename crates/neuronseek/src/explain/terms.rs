//! The neuron in words and shares, and how sure the search was of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::RngExt;
use rayon::prelude::*;

use super::document::{
    BootstrapPart, CandidatePart, NeuronPart, RunnerUpPart, SearchPart, StructureCount, TermPart,
};
use super::sample::{self, Origin};
use crate::matrix::Matrix;
use crate::model::{FitReport, Metrics, Model, ModelError, method};
use crate::network::{Purpose, generator};
use crate::neuron::{Neuron, Term};
use crate::observe::{Control, Event};
use crate::prepare::Target;
use crate::search::{Formula, Problem, Report};
use crate::table::Table;
use crate::terms::{Piece, Polynomial};

/// Variances below this share of the mean square are those of rounding.
const ROUNDING: f64 = 1e-24;

/// What the report of the fit says of the neuron.
pub(super) fn neuron(model: &Model) -> NeuronPart {
    let report = model.report();
    let candidate = |outcome: &crate::model::Outcome| CandidatePart {
        name: report.candidate_name(outcome),
        parameters: outcome.parameters,
        networks: outcome.networks,
        validation: outcome.validation,
        test: outcome.test.as_ref().map(Metrics::loss),
        weight: outcome.weight,
        chosen: outcome.chosen,
    };
    NeuronPart {
        text: report.neuron.to_string(),
        predictor: match model.networks().is_empty() {
            true => "polynomial",
            false => "networks",
        },
        choice: report.choice.clone(),
        parameters: report.parameters,
        candidates: report.candidates.iter().map(candidate).collect(),
        compared_by: report.compared_by(),
        search: report
            .search
            .as_ref()
            .map(|search| of_search(report, search)),
    }
}

fn of_search(report: &FitReport, search: &Report) -> SearchPart {
    let chosen = search.path.last().map(|step| step.criterion);
    let own = search
        .path
        .iter()
        .rev()
        .find(|step| step.neuron == search.neuron);
    let chosen = own.map(|step| step.criterion).or(chosen);
    let runner_up = |other: &crate::search::Candidate| RunnerUpPart {
        neuron: other.neuron.to_string(),
        criterion: other.criterion,
        gap: chosen.map(|chosen| other.criterion - chosen),
    };
    let term = |evidence: &crate::search::Evidence| TermPart {
        term: evidence.term.to_string(),
        meaning: meaning(evidence.term),
        share: None,
        dropped: evidence.explained,
        bic_gain: evidence.bic_gain,
        gate_probability: evidence.gate_probability,
        bootstrap: None,
    };
    SearchPart {
        method: search.method.clone(),
        found: search.neuron.to_string(),
        left: report.equation.as_ref().map(|equation| equation.left),
        terms: search.evidence.iter().map(term).collect(),
        runners_up: search.runners_up.iter().map(runner_up).collect(),
        alternatives: search.alternatives.clone(),
        bootstrap: None,
        path: search.path.clone(),
        warnings: search.warnings.clone(),
    }
}

/// A term in words.
fn meaning(term: Term) -> String {
    match term {
        Term::Pure { order: 1 } => "a weighted sum of the inputs".to_string(),
        Term::Pure { order: 2 } => "a weighted sum of the squares of the inputs".to_string(),
        Term::Pure { order: 3 } => "a weighted sum of the cubes of the inputs".to_string(),
        Term::Pure { order } => {
            format!("a weighted sum of the inputs, each to the power of {order}")
        }
        Term::Function(function) => {
            format!("a weighted sum of {}(input), one an input", function.name())
        }
        Term::Interaction { order, rank } => {
            let product = format!("of {order} weighted sums of the inputs");
            match rank {
                Some(1) => format!("a product {product}"),
                Some(rank) => format!("a sum of {rank} products, each {product}"),
                None => format!("a sum of products, each {product}"),
            }
        }
    }
}

/// Adds what needs rows: the share of each term, and what the formula leaves. The inputs are those
/// of the judged rows or, without targets, of any; `target` is scaled.
pub(super) fn measure(
    part: &mut SearchPart,
    model: &Model,
    inputs: &Matrix<f64>,
    target: Option<&Target>,
) {
    let Some((formula, scale, _)) = model.formula() else {
        return;
    };
    let scaled = scale.apply(inputs);
    if let Some(Target::Values(target)) = target {
        part.left = left(&formula.values(&scaled), target).or(part.left);
    }
    let Formula::Polynomial(polynomial) = formula else {
        return;
    };
    let terms = polynomial.neuron();
    for (term, share) in terms
        .terms()
        .iter()
        .zip(shares(polynomial, &terms, &scaled))
    {
        let name = term.to_string();
        // Ranks may be left open by one of them.
        let same =
            |part: &&mut TermPart| part.term == name || kind_of_text(&part.term) == kind(*term);
        if let Some(part) = part.terms.iter_mut().find(same) {
            part.share = share;
        }
    }
}

fn kind_of_text(text: &str) -> String {
    text.parse::<Neuron>()
        .ok()
        .and_then(|neuron| neuron.terms().first().map(|term| kind(*term)))
        .unwrap_or_default()
}

/// A term without its rank.
fn kind(term: Term) -> String {
    match term {
        Term::Interaction { order, .. } => format!("cp({order})"),
        other => other.to_string(),
    }
}

/// The share of the target's variance that the formula leaves; the mean over targets.
fn left(fitted: &Matrix<f64>, target: &Matrix<f64>) -> Option<f64> {
    if (fitted.rows(), fitted.columns()) != (target.rows(), target.columns()) {
        return None;
    }
    match Metrics::regression(target, fitted, None)? {
        Metrics::Regression { nmse, .. } => nmse.filter(|nmse| nmse.is_finite()),
        Metrics::Classification { .. } => None,
    }
}

/// Of each term the covariance of its values with those of the polynomial over the variance of
/// these, summed over the outputs: they add up to 1.
pub(super) fn shares(
    polynomial: &Polynomial,
    terms: &Neuron,
    scaled: &Matrix<f64>,
) -> Vec<Option<f64>> {
    let whole = polynomial.values(scaled);
    let outputs = whole.columns();
    let variance: f64 = (0..outputs)
        .map(|output| covariance(&whole.column(output), &whole.column(output)))
        .sum();
    let squares: f64 = whole.data().iter().map(|value| value * value).sum();
    if variance <= ROUNDING * squares {
        return vec![None; terms.terms().len()];
    }
    let share = |term: &Term| {
        let own = part(polynomial, *term).values(scaled);
        let covariance: f64 = (0..outputs)
            .map(|output| covariance(&own.column(output), &whole.column(output)))
            .sum();
        Some(covariance / variance).filter(|share| share.is_finite())
    };
    terms.terms().iter().map(share).collect()
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - mean_a) * (b - mean_b))
        .sum()
}

/// The polynomial of one term alone.
fn part(polynomial: &Polynomial, term: Term) -> Polynomial {
    let own =
        |piece: &&Piece| matches!(term, Term::Interaction { order, .. } if order == piece.order());
    Polynomial {
        inputs: polynomial.inputs,
        intercept: vec![0.0; polynomial.outputs()],
        pure: (polynomial.pure.iter())
            .filter(|pure| term == Term::pure(pure.order))
            .cloned()
            .collect(),
        functions: (polynomial.functions.iter())
            .filter(|function| term == Term::Function(function.function))
            .cloned()
            .collect(),
        pieces: polynomial.pieces.iter().filter(own).cloned().collect(),
    }
}

/// Searches bootstrap samples of the rows of the fit by the method and the options of the fit, on all
/// rows that the fit did not hold out. Ended early, those that are done count.
pub(super) fn bootstrap(
    part: &mut SearchPart,
    model: &Model,
    table: &Table,
    (origin, training): (&Origin, &Matrix<f64>),
    (resamples, seed): (usize, u64),
    control: &Control<'_>,
) -> Result<(), ModelError> {
    const NAME: &str = "search of bootstrap samples";
    let (Some(options), Some(fitted)) = (&model.report().search_options, &origin.fitted) else {
        return Ok(());
    };
    let inputs = model.search_scale().apply(training);
    let Ok(target) = sample::searched_target(model, table, fitted)? else {
        return Ok(());
    };
    let weights = sample::fitting_weights(model, table, fitted)?;
    let method = method(options);
    let ending = Control {
        stop: control.stop,
        deadline: control.deadline,
        ..Control::silent()
    };
    let finished = AtomicUsize::new(0);
    let search_one = |sample: usize| -> Option<Vec<String>> {
        if control.should_stop() {
            return None;
        }
        let mut random = generator(seed, Purpose::Explanation, (1 << 40) + sample as u64);
        let drawn: Vec<usize> = (0..fitted.len())
            .map(|_| random.random_range(0..fitted.len()))
            .collect();
        let weights = weights.as_ref();
        let weights: Option<Vec<f64>> =
            weights.map(|weights| drawn.iter().map(|&row| weights[row]).collect());
        let problem = Problem {
            inputs: &inputs.select_rows(&drawn),
            target: &target.select_rows(&drawn),
            weights: weights.as_deref(),
        };
        let found = method.search(&problem, seed, &ending);
        // What was ended early found less than it would have.
        if control.should_stop() {
            return None;
        }
        control.observer.notice(&Event::Progress {
            name: NAME,
            done: finished.fetch_add(1, Ordering::Relaxed) + 1,
            total: resamples,
            message: "",
        });
        // A sample that cannot be searched, as of one class alone, says nothing.
        let neuron = found.ok()?.neuron;
        Some(neuron.terms().iter().map(|term| kind(*term)).collect())
    };
    let found: Vec<Option<Vec<String>>> = (0..resamples).into_par_iter().map(search_one).collect();
    let mut structures: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept = vec![0; part.terms.len()];
    let mut done = 0;
    for kinds in found.into_iter().flatten() {
        done += 1;
        for (count, term) in kept.iter_mut().zip(&part.terms) {
            *count += usize::from(kinds.contains(&kind_of_text(&term.term)));
        }
        *structures.entry(kinds.join(" + ")).or_default() += 1;
    }
    if done == 0 {
        return Ok(());
    }
    for (term, count) in part.terms.iter_mut().zip(kept) {
        term.bootstrap = Some(count as f64 / done as f64);
    }
    let mut structures: Vec<StructureCount> = structures
        .into_iter()
        .map(|(neuron, count)| StructureCount { neuron, count })
        .collect();
    structures.sort_by(|a, b| b.count.cmp(&a.count).then(a.neuron.cmp(&b.neuron)));
    part.bootstrap = Some(BootstrapPart {
        resamples: done,
        structures,
    });
    Ok(())
}
