//! From the path of a search to one structure and its polynomial.

use std::sync::Arc;

use super::basis::Basis;
use super::classes::logits;
use super::design::Design;
use super::fit::Fit;
use super::grow::{Growth, NEAR_EXACT};
use super::refine::{Effort, refine};
use super::rows::{self, Rows};
use super::sample::Sample;
use super::ties::Ties;
use crate::matrix::Matrix;
use crate::observe::Control;
use crate::prepare::Target;
use crate::search::{Alternative, Problem, SearchError};
use crate::terms::Polynomial;

/// Few steps bring factors that fit a part of the rows to the optimum of all.
const ALL_ROWS: Effort = Effort {
    rounds: 4,
    tolerance: 1e-5,
};

/// A refit on all rows may be this much worse than the fit to the rows searched: noise.
const REFIT_WORSE: f64 = 1.01;

/// More rows than this do not sharpen logits that are fitted by iteration.
const LOGISTIC_CELLS: usize = 4_000_000;

/// The structure that a search settles on.
pub(super) struct Chosen {
    pub fit: Fit,
    /// The penalty of the last linear stage.
    pub penalty: f64,
    /// The structures that held-out rows cannot tell from the best, where they were asked.
    pub alternatives: Vec<Alternative>,
    pub warnings: Vec<String>,
}

/// The structure of lowest BIC where it leaves nearly nothing, else the simplest of those that the
/// data cannot tell from the best on held-out rows.
pub(super) fn choose(growth: &Growth<'_>, best: Fit, control: &Control<'_>) -> Chosen {
    let found = best.neuron();
    let others = growth.settings.alternatives;
    let sure = growth.left(&best) <= NEAR_EXACT && !found.is_empty();
    if (sure && others == 0) || (control.should_stop() && !found.is_empty()) {
        return Chosen::sure(best);
    }
    let mut ties = Ties::of_path(growth, best);
    if ties.0.is_empty() {
        return Chosen::sure(growth.finish(growth.empty(), None));
    }
    let (least, choice) = if sure { (0, 0) } else { ties.choose() };
    let chosen = ties.0[choice].fit.clone();
    let judged_penalty = ties.0[choice].judgement.penalty;
    let penalty = if sure { 0.0 } else { judged_penalty };
    let mut warnings = Vec::new();
    if choice != 0 && !found.is_empty() {
        let [of_found, of_chosen] = [0, choice].map(|index| ties.0[index].judgement.error);
        let how = if of_chosen < of_found {
            "better"
        } else {
            "as well with fewer coefficients"
        };
        warnings.push(format!(
            "{found} has the lowest BIC, but {} does {how} on held-out rows (squared error over \
             variance {of_found:.4} and {of_chosen:.4})",
            chosen.neuron(),
        ));
    }
    if ties.0[least].judgement.error >= 1.0 {
        warnings.push("no structure predicts held-out rows better than the mean does".to_string());
    }
    ties.add_seen(growth, others);
    Chosen {
        penalty,
        alternatives: ties.alternatives(&chosen.neuron()),
        fit: chosen,
        warnings,
    }
}

impl Chosen {
    /// A structure that needs no second opinion.
    pub fn sure(fit: Fit) -> Chosen {
        Chosen {
            fit,
            penalty: 0.0,
            alternatives: Vec::new(),
            warnings: Vec::new(),
        }
    }
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
