//! From the path of a search to one structure and its polynomial.

use std::sync::Arc;

use super::basis::Basis;
use super::design::Design;
use super::fit::Fit;
use super::folds::{Judgement, judge};
use super::grow::{Growth, NEAR_EXACT};
use super::refine::{Effort, refine};
use super::rows::{self, Rows};
use super::sample::Sample;
use crate::linear::baseline;
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
    let mut choice = usize::from(found.is_empty());
    for index in 1..fits.len() {
        let simpler = parameters[index] <= parameters[0];
        let margin = if simpler { BETTER } else { LINEAR_BETTER };
        let better = judgements[index].error < judgements[choice].error * (1.0 - margin);
        if better && (simpler || index == 1) {
            choice = index;
        }
    }
    let warnings = remarks(&fits, &judgements, choice);
    Chosen {
        fit: fits.swap_remove(choice),
        penalty: judgements[choice].penalty,
        warnings,
    }
}

fn remarks(fits: &[Fit], judgements: &[Judgement], choice: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if choice != 0 && !fits[0].neuron().is_empty() {
        warnings.push(format!(
            "{} has the lowest BIC, but {} does better on held-out rows: {:.4} of the variance is left instead of {:.4}",
            fits[0].neuron(),
            fits[choice].neuron(),
            judgements[choice].error,
            judgements[0].error,
        ));
    }
    if judgements[choice].error >= 1.0 {
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
    let classes = match problem.target {
        Target::Classes { count, .. } => Some(*count),
        Target::Values(_) => None,
    };
    let all;
    let (sample, fit) = if rows.complete {
        (&rows.sample, chosen.fit.clone())
    } else {
        let width = chosen.fit.basis.terms.len() * problem.inputs.columns() + 1;
        let most = if classes.is_some() {
            LOGISTIC_CELLS / width
        } else {
            usize::MAX
        };
        let order = &rows.order[..rows.order.len().min(most.max(rows.sample.x.rows()))];
        all = rows::sample(problem, order, &chosen.fit.basis.terms);
        let fit = carry_over(&chosen.fit, &rows.sample, &all);
        (&all, fit)
    };
    let design = Design::new(sample, &fit);
    let coefficients = match classes {
        None => {
            // What a penalty is worth against the rows' squares falls with their number.
            let penalty = chosen.penalty * rows.sample.weight / sample.weight;
            design.solve(sample, &[penalty]).swap_remove(0)
        }
        Some(count) => logits(sample, &design, count)?,
    };
    if coefficients
        .iter()
        .flatten()
        .any(|value| !value.is_finite())
    {
        return Err(SearchError::NotFinite(
            "the coefficients of the fit".to_string(),
        ));
    }
    Ok(design.polynomial(sample, &coefficients))
}

/// The fit on another sample of the same problem, its products brought to their optimum there.
fn carry_over(fit: &Fit, from: &Sample, to: &Sample) -> Fit {
    let mut fit = fit.clone();
    let inputs = from.inputs();
    for product in &mut fit.products {
        for (index, value) in product.factors.iter_mut().enumerate() {
            *value *= to.scale[index % inputs] / from.scale[index % inputs];
        }
    }
    if !fit.products.is_empty() {
        fit.basis = Arc::new(Basis::new(to, &fit.basis.terms));
        refine(to, &mut fit, ALL_ROWS, None);
    }
    fit
}

/// Logistic regression on the design: least squares on 0 and 1 found the structure, this makes its
/// outputs log-odds.
fn logits(sample: &Sample, design: &Design, count: usize) -> Result<Vec<Vec<f64>>, SearchError> {
    let class = |row: usize| {
        if count == 2 {
            usize::from(sample.targets[0][row] > 0.5)
        } else {
            sample
                .targets
                .iter()
                .position(|target| target[row] > 0.5)
                .unwrap_or(0)
        }
    };
    let rows = sample.x.rows();
    let labels: Vec<usize> = (0..rows).map(class).collect();
    let weights: Vec<f64> = sample.root[..rows].iter().map(|root| root * root).collect();
    let target = Target::Classes { labels, count };
    let fit = baseline(&design.to_matrix(), &target, Some(&weights))
        .map_err(|error| SearchError::NotFinite(error.to_string()))?;
    let model = fit.model;
    let outputs = 0..model.intercept.len();
    Ok(outputs
        .map(|output| {
            let own = model.coefficients.row(output).iter().copied();
            std::iter::once(model.intercept[output])
                .chain(own)
                .collect()
        })
        .collect())
}
