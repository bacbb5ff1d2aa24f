//! `td`: the paper's differentiable search with hard-concrete gates (NS-TD).
//!
//! All candidate terms are trained together by gradients; a random gate multiplies each, and a
//! penalty on the probability that a gate is open closes those that are not worth it. The
//! structure is the set of gates that stay open.
//!
//! The paper's own settings rarely find the structure of the paper's own synthetic cases, so there
//! are two presets. `paper` is the paper's model and schedule. The default keeps the idea and
//! changes what stands in its way:
//!
//! * candidates are canonical: no interaction of order 1, which is the pure order 1;
//! * a term's scale comes from the whole table; the batch norm of 64 rows is noise of up to a
//!   fifth of the variance;
//! * lambda is BIC's price of a term's coefficients, times the noise left. It starts at the
//!   variance of the target and follows the noise down: while it is high, twins (pure k and
//!   interaction k, or two pieces of one product) must leave their load to one of them; when it is
//!   low, terms of a thousandth of the variance and less may open;
//! * every rank-one piece has its own gate, so the rank is found too;
//! * a gate moves by steps, whose number does not depend on the number of rows;
//! * what the open gates propose is refitted in closed form, dropped as long as that lowers BIC,
//!   and trained again on what is left, until proposals no longer lower BIC.
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | settings and their check |
//! | `gate`, `norm`, `loss`, `adam` | the parts of a training step |
//! | `model`, `paper` | the paper's model, and the search with it |
//! | `mixture`, `propose`, `rounds` | the default's model, a round of training, the search |

pub mod gate;
pub mod loss;
pub mod model;

mod adam;
mod mixture;
mod norm;
mod paper;
mod propose;
mod rounds;
mod settings;

pub use settings::{GatedSettings, Preset};

use std::time::Instant;

use super::als::AlsSettings;
use super::{Problem, Report, Search, SearchError};
use crate::neuron::Term;
use crate::observe::{Control, Event};

/// The name of the stage in progress events.
const STAGE: &str = "search (td)";

/// A gate more likely open than this proposes its term.
const OPEN: f64 = 0.5;

/// The differentiable search.
///
/// ```
/// use neuronseek::matrix::Matrix;
/// use neuronseek::observe::Control;
/// use neuronseek::prepare::Target;
/// use neuronseek::search::{Problem, Search, gated::Gated};
/// use neuronseek::table::synthetic::{Case, Mode, Settings, generate};
///
/// let case = Case { mode: Mode::Hybrid, variant: 1 };
/// let table = generate(&case, &Settings { rows: 500, dim: 5, ..Settings::default() })?;
/// let target = Target::Values(Matrix::from_vec(500, 1, table.y));
/// let problem = Problem { inputs: &table.inputs, target: &target, weights: None };
/// let report = Gated::default().search(&problem, 0, &Control::silent())?;
/// assert_eq!(report.neuron.to_string(), "x + cp(2, r=1)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Gated {
    /// The settings.
    pub settings: GatedSettings,
}

impl Gated {
    /// The search with the paper's settings.
    pub fn paper() -> Gated {
        Gated {
            settings: GatedSettings::paper(),
        }
    }
}

impl Search for Gated {
    fn name(&self) -> &'static str {
        "td"
    }

    fn search(
        &self,
        problem: &Problem<'_>,
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Report, SearchError> {
        let began = Instant::now();
        self.settings.check()?;
        control.observer.notice(&Event::Stage { name: STAGE });
        let (mut report, open) = match self.settings.preset {
            Preset::Default => rounds::search(&self.settings, problem, seed, control)?,
            Preset::Paper => paper::search(&self.settings, problem, seed, control)?,
        };
        for evidence in &mut report.evidence {
            evidence.gate_probability = open.of(evidence.term);
        }
        report.method = self.name().to_string();
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }
}

/// The settings of the refit in closed form.
fn refit_settings(settings: &GatedSettings) -> AlsSettings {
    AlsSettings {
        max_order: settings.max_order,
        max_rank: settings.max_rank,
        functions: settings.functions.clone(),
        alternatives: settings.alternatives,
        ..AlsSettings::default()
    }
}

/// The highest probability of an open gate that was met for each term.
#[derive(Debug, Clone, Default)]
struct Probabilities(Vec<(Term, f64)>);

impl Probabilities {
    fn note(&mut self, term: Term, probability: f64) {
        let term = without_rank(term);
        match self.0.iter_mut().find(|(known, _)| *known == term) {
            Some((_, known)) => *known = known.max(probability),
            None => self.0.push((term, probability)),
        }
    }

    fn of(&self, term: Term) -> Option<f64> {
        let term = without_rank(term);
        let found = self.0.iter().find(|(known, _)| *known == term);
        found.map(|(_, probability)| *probability)
    }
}

fn without_rank(term: Term) -> Term {
    match term {
        Term::Interaction { order, .. } => Term::Interaction { order, rank: None },
        term => term,
    }
}

#[cfg(test)]
mod tests;
