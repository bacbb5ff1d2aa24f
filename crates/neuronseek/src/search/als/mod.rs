//! `als`: alternating least squares with model choice.

mod alternate;
mod basis;
mod columns;
mod dense;
mod fit;
mod grow;
mod kernel;
mod refine;
mod sample;
mod settings;
mod starts;

use std::time::Instant;

pub use settings::AlsSettings;

use self::basis::Basis;
use self::fit::Scale;
use self::grow::Growth;
use self::sample::Sample;
use super::{Problem, Report, Search, SearchError};
use crate::neuron::Term;
use crate::observe::Control;
use crate::prepare::Target;
use crate::terms::Polynomial;

/// Alternating least squares with model choice.
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
        let Target::Values(values) = problem.target else {
            return Err(SearchError::NotFinite("classes".into()));
        };
        let targets: Vec<Vec<f64>> = (0..values.columns()).map(|c| values.column(c)).collect();
        let terms: Vec<Term> = (1..=self.settings.max_order).map(Term::pure)
            .chain(self.settings.functions.iter().copied().map(Term::Function)).collect();
        let ones = vec![1.0; values.rows()];
        let weights = problem.weights.unwrap_or(&ones);
        let sample = Sample::new(problem.inputs, &targets, weights, &terms);
        let base = Basis::new(&sample, &[Term::pure(1)]);
        let scale = Scale {
            totals: Basis::intercept(&sample).targets.iter().map(|t| dense::dot(t, t)).collect(),
            inputs: base.rank() - 1,
            share: 1.0,
        };
        let mut growth = Growth { sample: &sample, scale: &scale, settings: &self.settings, seed, seen: vec![], path: vec![], fits: vec![] };
        let fit = growth.run(control);
        Ok(Report {
            method: "als".into(),
            neuron: fit.neuron(),
            polynomial: Polynomial { inputs: sample.inputs(), intercept: vec![], pure: vec![], functions: vec![], pieces: vec![] },
            evidence: vec![],
            path: growth.path,
            runners_up: growth.seen,
            seconds: began.elapsed().as_secs_f64(),
            warnings: vec![],
        })
    }
}
