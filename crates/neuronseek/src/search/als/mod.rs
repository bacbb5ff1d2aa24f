//! `als`: alternating least squares with model choice.
//!
//! Held at all other factors, a term `prod_m <u_m, x>` is linear in each factor u_m, so every
//! factor has a least-squares solution in closed form. A structure grows forward, one element-wise
//! term or one product of projections at a time, and drops backward what no longer pays, by BIC.
//! (Gates trained by gradients, the other method of this library, need thousands of steps for what
//! a few sweeps do here.) One search runs through these files:
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | settings and their check |
//! | `rows` | checks the problem, draws the rows to search on, makes targets of classes |
//! | `sample`, `columns`, `kernel`, `lanes` | the rows, blocked for vector instructions, and sums over them |
//! | `basis` | element-wise terms, orthonormal, so that they can be projected out |
//! | `starts`, `alternate` | one more product, from several starts |
//! | `fit`, `refine` | a structure's coefficients, by damped Gauss-Newton steps |
//! | `grow`, `shrink` | forward and backward, by BIC |
//! | `folds`, `ties` | the choice among the structures on the path, by held-out rows |
//! | `design`, `finish` | the last linear stage on all rows |
//! | `classes` | log loss and log-odds, for classes |
//! | `proposals` | drop-and-refit for structures that another search proposes |
//! | `compare` | given structures beside each other |
//! | `evidence` | what each term is worth |
//! | `streamed` | coefficients fitted to more rows than memory holds |

mod alternate;
mod basis;
mod classes;
mod columns;
mod compare;
mod dense;
mod design;
mod evidence;
mod finish;
mod fit;
mod folds;
mod grow;
mod kernel;
mod lanes;
pub(super) mod proposals;
mod refine;
mod rows;
mod sample;
mod settings;
mod shrink;
mod starts;
pub mod streamed;
mod ties;

use std::time::Instant;

pub use compare::compare;
pub use settings::AlsSettings;

use self::finish::Chosen;
use self::grow::Growth;
use self::rows::Rows;
use super::{Candidate, Formula, Problem, Report, Search, SearchError};
use crate::observe::{Control, Event};

/// The name of the stage in progress events.
const STAGE: &str = "search (als)";

/// Two structures whose BIC differs by less than this are a tie that the report names.
const TIE: f64 = 6.0;

/// How many other structures a report lists.
const RUNNERS_UP: usize = 10;

/// The search by alternating least squares with model choice.
///
/// ```
/// use neuronseek::matrix::Matrix;
/// use neuronseek::observe::Control;
/// use neuronseek::prepare::Target;
/// use neuronseek::search::{Problem, Search, als::Als};
/// use neuronseek::table::synthetic::{Case, Mode, Settings, generate};
///
/// let case = Case { mode: Mode::Hybrid, variant: 1 };
/// let table = generate(&case, &Settings { rows: 500, dim: 5, ..Settings::default() })?;
/// let target = Target::Values(Matrix::from_vec(500, 1, table.y));
/// let problem = Problem { inputs: &table.inputs, target: &target, weights: None };
/// let report = Als::default().search(&problem, 0, &Control::silent())?;
/// assert_eq!(report.neuron.to_string(), "x + cp(2, r=1)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Als {
    /// The settings.
    pub settings: AlsSettings,
}

impl Search for Als {
    fn name(&self) -> &'static str {
        "als"
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
        let rows = Rows::new(problem, &self.settings, seed)?;
        let mut growth = Growth::new(&rows, &self.settings, seed, STAGE);
        let best = growth.run(control);
        let chosen = finish::choose(&growth, best, control);
        let mut report = report(problem, &rows, growth, chosen, control)?;
        report.method = self.name().to_string();
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }
}

/// What was found and why; without the method's name and seconds.
fn report(
    problem: &Problem<'_>,
    rows: &Rows,
    growth: Growth<'_>,
    chosen: Chosen,
    control: &Control<'_>,
) -> Result<Report, SearchError> {
    let polynomial = finish::polynomial(problem, rows, &chosen)?;
    let mut warnings = rows.warnings.clone();
    warnings.extend(chosen.warnings);
    let neuron = chosen.fit.neuron();
    let seen = growth.seen.into_iter().map(|seen| seen.candidate);
    let mut runners_up: Vec<Candidate> = seen.collect();
    runners_up.retain(|candidate| candidate.neuron != neuron && !candidate.neuron.is_empty());
    runners_up.sort_by(|a, b| a.criterion.total_cmp(&b.criterion));
    runners_up.truncate(RUNNERS_UP);
    let near = runners_up
        .iter()
        .filter(|other| (other.criterion - chosen.fit.bic).abs() < TIE);
    for other in near {
        warnings.push(format!(
            "{} explains the data about as well as {neuron} (BIC differs by {:.1})",
            other.neuron,
            other.criterion - chosen.fit.bic
        ));
    }
    for warning in &warnings {
        control.warn(warning);
    }
    Ok(Report {
        method: String::new(),
        evidence: evidence::evidence(&rows.sample, &rows.scale, &chosen.fit),
        neuron,
        formula: Formula::Polynomial(polynomial),
        path: growth.path,
        runners_up,
        alternatives: chosen.alternatives,
        seconds: 0.0,
        warnings,
    })
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
