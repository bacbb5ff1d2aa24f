//! `eql`: an equation learner, a small network whose units are parts of formulas.
//!
//! The network is trained by Adam; from the first to the third quarter of the epochs an L1 penalty
//! makes weights small; then those of little effect are set to 0 and the others refitted without a
//! penalty. What is left is written as a formula in symbols, dropped by one addend after the other
//! while that lowers BIC, with the addends' coefficients by least squares. The structure is read from
//! the formula.
//!
//! One hidden layer is the default: its formulas are sums of functions of projections and of products
//! of two. Products of more need more layers, whose formulas are seldom short.
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | settings and their check |
//! | `network` | values and gradient over a batch |
//! | `training` | epochs, penalty, thresholding |
//! | `sparse` | from a network with zeros to an expression |

mod network;
mod settings;
mod sparse;
mod training;

use std::time::Instant;

pub use settings::EqlSettings;

use self::sparse::{Atom, Sparse};
use self::training::Training;
use super::gp::Rows;
use super::moments::{Fitted, Moments};
use super::regression::Regression;
use super::{Formula, Problem, Report, Search, SearchError};
use crate::expression::{Expression, Tape};
use crate::neuron::Neuron;
use crate::observe::{Control, Event};

const STAGE: &str = "search (eql)";

/// Steps of the last refinement of all constants, where there are few, and the rows for it.
const LAST_STEPS: usize = 40;
const LAST_ROWS: usize = 20_000;

/// The equation learner.
#[derive(Debug, Clone, Default)]
pub struct Eql {
    /// The settings.
    pub settings: EqlSettings,
}

impl Search for Eql {
    fn name(&self) -> &'static str {
        "eql"
    }

    fn search(
        &self,
        problem: &Problem<'_>,
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Report, SearchError> {
        let began = Instant::now();
        self.settings.check()?;
        let regression = Regression::new(problem, self.name())?;
        control.observer.notice(&Event::Stage { name: STAGE });
        let mut training = Training::new(&self.settings, &regression, seed);
        training.run(control)?;
        let (network, mut warnings) = training.thinned();
        for warning in &warnings {
            control.warn(warning);
        }
        let expression = finished(&regression, Sparse::new(&network))?;
        let mut neuron = expression.neuron();
        if neuron.is_empty() {
            neuron = Neuron::linear();
            let warning = "the formula is a constant: the structure is the plain inner product";
            control.warn(warning);
            warnings.push(warning.to_string());
        }
        Ok(Report {
            method: self.name().to_string(),
            neuron,
            formula: Formula::Expression {
                inputs: regression.inputs.columns(),
                outputs: vec![expression],
            },
            evidence: Vec::new(),
            path: training.path,
            runners_up: Vec::new(),
            alternatives: Vec::new(),
            seconds: began.elapsed().as_secs_f64(),
            warnings,
        })
    }
}

/// The output's addends that BIC keeps, with coefficients by least squares, as an expression.
fn finished(regression: &Regression<'_>, mut sparse: Sparse) -> Result<Expression, SearchError> {
    let atoms: Vec<Atom> = sparse.output.parts.keys().copied().collect();
    let values = sparse.values(regression.inputs, &atoms);
    let moments = Moments::new(&values, &regression.y, &regression.weights)?;
    let costs: Vec<usize> = atoms.iter().map(|atom| sparse.parameters(*atom)).collect();
    let fitted = eliminated(regression, &moments, &costs);
    let (coefficients, intercept) = moments.restore(&fitted);
    sparse.output.constant = intercept;
    sparse.output.parts = fitted
        .active
        .iter()
        .zip(coefficients)
        .map(|(place, coefficient)| (atoms[*place], coefficient))
        .collect();
    let mut expression = sparse.expression();
    let rows: Vec<usize> = (0..regression.y.len().min(LAST_ROWS)).collect();
    let rows = Rows::select(regression, &rows);
    let columns = rows.columns();
    let sample = rows.sample(&columns);
    sample.refine(&mut expression, LAST_STEPS, &mut Tape::default());
    Ok(expression.simplified())
}

/// Features are dropped one by one as long as that lowers BIC, `costs` the parameters of each.
fn eliminated(regression: &Regression<'_>, moments: &Moments, costs: &[usize]) -> Fitted {
    let (_, total) = regression.moments();
    let every: Vec<usize> = (0..costs.len()).collect();
    let mut fitted = moments.fit(&every, 0.0);
    loop {
        let Some(factor) = &fitted.factor else {
            return fitted;
        };
        let parameters: usize = 1 + fitted.active.iter().map(|j| costs[*j]).sum::<usize>();
        let now = regression.bic(fitted.residual * total, parameters);
        // Without a feature the residual rises by b^2 over its element of the inverse.
        let rises = fitted.coefficients.iter().zip(factor.inverse_diagonal());
        let without = fitted.active.iter().zip(rises).map(|(j, (b, inverse))| {
            let residual = fitted.residual + b * b / inverse;
            (*j, regression.bic(residual * total, parameters - costs[*j]))
        });
        let best = without.min_by(|a, b| a.1.total_cmp(&b.1));
        match best {
            Some((dropped, bic)) if bic < now => {
                let kept = fitted.active.iter().copied().filter(|j| *j != dropped);
                let kept: Vec<usize> = kept.collect();
                fitted = moments.fit(&kept, 0.0);
            }
            _ => return fitted,
        }
    }
}

#[cfg(test)]
mod tests;
