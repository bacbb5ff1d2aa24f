//! From the path of a search to one structure and its polynomial.

use std::sync::Arc;

use super::basis::Basis;
use super::classes::{log_losses, logits};
use super::design::Design;
use super::fit::Fit;
use super::folds::{Judgement, judge};
use super::grow::{Growth, NEAR_EXACT};
use super::refine::{Effort, refine};
use super::rows::{self, Rows};
use super::sample::Sample;
use crate::matrix::Matrix;
use crate::neuron::Term;
use crate::observe::Control;
use crate::prepare::Target;
use crate::search::{Problem, SearchError};
use crate::terms::Polynomial;

/// Another structure must lower the held-out error by this share to replace that of lowest BIC.
const BETTER: f64 = 1e-3;

/// The linear neuron must lower it by this share to replace one with fewer parameters.
const LINEAR_BETTER: f64 = 5e-3;

/// Few steps bring factors that fit a part of the rows to the optimum of all.
const ALL_ROWS: Effort = Effort {
    rounds: 4,
    tolerance: 1e-5,
};

/// A refit on all rows may be this much worse than the fit to the rows searched: noise.
const REFIT_WORSE: f64 = 1.01;

/// How many structures beside the linear one and that of lowest BIC are compared by log loss.
const LOGISTIC_RIVALS: usize = 2;

/// More rows than this do not sharpen logits that are fitted by iteration.
const LOGISTIC_CELLS: usize = 4_000_000;

/// The structure that a search settles on.
pub(super) struct Chosen {
    pub fit: Fit,
    /// The penalty of the last linear stage.
    pub penalty: f64,
    pub warnings: Vec<String>,
}

/// The structure of lowest BIC, unless a simpler one on the path, or the linear neuron, does
/// better on held-out rows.
pub(super) fn choose(growth: &Growth<'_>, best: Fit, control: &Control<'_>) -> Chosen {
    let (sample, scale) = (growth.sample, &growth.rows.scale);
    let found = best.neuron();
    if (growth.left(&best) <= NEAR_EXACT || control.should_stop()) && !found.is_empty() {
        return Chosen {
            fit: best,
            penalty: 0.0,
            warnings: Vec::new(),
        };
    }
    let mut fits = vec![best, linear(growth)];
    let mut judgements = judge(sample, &fits, &scale.totals);
    for (fit, judgement) in &growth.fits {
        if fit.neuron().is_empty() || fit.neuron() == found {
            continue;
        }
        judgements.push(match judgement {
            Some(judgement) => *judgement,
            None => judge(sample, std::slice::from_ref(fit), &scale.totals)[0],
        });
        fits.push(fit.clone());
    }
    let parameters: Vec<usize> = fits
        .iter()
        .map(|fit| fit.parameters(sample, scale.inputs))
        .collect();
    let errors: Vec<f64> = match growth.rows.classes {
        None => judgements.iter().map(|judgement| judgement.error).collect(),
        Some(count) => class_errors(sample, &fits, &judgements, count),
    };
    let linear_allowed = growth.settings.allows(Term::pure(1));
    let mut choice = usize::from(found.is_empty() && linear_allowed);
    for index in 1..fits.len() {
        let simpler = parameters[index] <= parameters[0];
        let margin = if simpler { BETTER } else { LINEAR_BETTER };
        let better = errors[index] < errors[choice] * (1.0 - margin);
        if better && (simpler || index == 1) && (linear_allowed || index != 1) {
            choice = index;
        }
    }
    let warnings = remarks(growth.rows, &fits, &errors, choice);
    Chosen {
        fit: fits.swap_remove(choice),
        penalty: judgements[choice].penalty,
        warnings,
    }
}

/// The log losses of the linear neuron, of the structure of lowest BIC and of those of the least
/// squared error; the others are out.
fn class_errors(sample: &Sample, fits: &[Fit], judgements: &[Judgement], count: usize) -> Vec<f64> {
    let mut others: Vec<usize> = (2..fits.len()).collect();
    others.sort_by(|&a, &b| judgements[a].error.total_cmp(&judgements[b].error));
    others.truncate(LOGISTIC_RIVALS);
    let rivals: Vec<usize> = (0..2).chain(others).collect();
    let chosen: Vec<Fit> = rivals.iter().map(|&index| fits[index].clone()).collect();
    let mut errors = vec![f64::INFINITY; fits.len()];
    for (index, loss) in rivals.into_iter().zip(log_losses(sample, &chosen, count)) {
        errors[index] = loss;
    }
    errors
}

fn remarks(rows: &Rows, fits: &[Fit], errors: &[f64], choice: usize) -> Vec<String> {
    let (what, useless) = match rows.classes {
        None => ("squared error over variance", 1.0),
        Some(_) => ("log loss", f64::INFINITY),
    };
    let mut warnings = Vec::new();
    if choice != 0 && !fits[0].neuron().is_empty() {
        warnings.push(format!(
            "{} has the lowest BIC, but {} does better on held-out rows ({what} {:.4} instead of {:.4})",
            fits[0].neuron(),
            fits[choice].neuron(),
            errors[choice],
            errors[0],
        ));
    }
    if errors[choice] >= useless {
        warnings.push("no structure predicts held-out rows better than the mean does".to_string());
    }
    warnings
}

fn linear(growth: &Growth<'_>) -> Fit {
    let basis = Arc::new(Basis::new(growth.sample, &[Term::pure(1)]));
    let linear = Fit {
        basis,
        ..growth.empty()
    };
    growth.finish(linear, None)
}

/// The polynomial of the chosen structure, fitted to all rows of the problem; logits for classes.
pub(super) fn polynomial(
    problem: &Problem<'_>,
    rows: &Rows,
    chosen: &Chosen,
) -> Result<Polynomial, SearchError> {
    let own = last_stage(rows, &rows.sample, chosen, &chosen.fit);
    if rows.complete {
        return own;
    }
    let width = chosen.fit.basis.terms.len() * problem.inputs.columns() + 1;
    let most = match rows.classes {
        Some(_) => LOGISTIC_CELLS / width,
        None => usize::MAX,
    };
    let order = &rows.order[..rows.order.len().min(most.max(rows.sample.x.rows()))];
    let all = rows::sample(problem, order, &chosen.fit.basis.terms);
    let fit = carry_over(&chosen.fit, &rows.sample, &all, rows.classes.is_none());
    let refitted = last_stage(rows, &all, chosen, &fit);
    let Target::Values(values) = problem.target else {
        return refitted;
    };
    // One row far outside, not among those searched, can own the high powers of a refit.
    let (own, refitted) = (own?, refitted?);
    let error = |polynomial: &Polynomial| bounded_error(polynomial, problem, values);
    Ok(if error(&refitted) <= error(&own) * REFIT_WORSE {
        refitted
    } else {
        own
    })
}

fn last_stage(
    rows: &Rows,
    sample: &Sample,
    chosen: &Chosen,
    fit: &Fit,
) -> Result<Polynomial, SearchError> {
    let design = Design::new(sample, fit);
    let coefficients = match rows.classes {
        None => {
            // What a penalty is worth against the rows' squares falls with their number.
            let penalty = chosen.penalty * rows.sample.weight / sample.weight;
            design.solve(sample, &[penalty]).swap_remove(0)
        }
        Some(count) => logits(sample, &design, count)?,
    };
    let finite = coefficients.iter().flatten().all(|value| value.is_finite());
    if !finite {
        let what = "the coefficients of the fit".to_string();
        return Err(SearchError::NotFinite(what));
    }
    Ok(design.polynomial(sample, &coefficients))
}

/// The weighted sum of squared errors of predictions kept within the range of the target.
fn bounded_error(polynomial: &Polynomial, problem: &Problem<'_>, values: &Matrix<f64>) -> f64 {
    let fitted = polynomial.values(problem.inputs);
    let mut sum = 0.0;
    for output in 0..values.columns() {
        let target = values.column(output);
        let low = target.iter().copied().fold(f64::INFINITY, f64::min);
        let high = target.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (row, y) in target.iter().enumerate() {
            let weight = problem.weights.map_or(1.0, |weights| weights[row]);
            sum += weight * (y - fitted.row(row)[output].clamp(low, high)).powi(2);
        }
    }
    sum
}

/// The fit on another sample of the same problem, its products brought to their optimum there if
/// asked for.
fn carry_over(fit: &Fit, from: &Sample, to: &Sample, optimise: bool) -> Fit {
    let mut fit = fit.clone();
    let inputs = from.inputs();
    for product in &mut fit.products {
        for (index, value) in product.factors.iter_mut().enumerate() {
            *value *= to.scale[index % inputs] / from.scale[index % inputs];
        }
    }
    if optimise && !fit.products.is_empty() {
        fit.basis = Arc::new(Basis::new(to, &fit.basis.terms));
        refine(to, &mut fit, ALL_ROWS, None);
    }
    fit
}
