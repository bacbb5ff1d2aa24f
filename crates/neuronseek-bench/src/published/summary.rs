//! What the runs on one table say together, and beside what was published.

use neuronseek::neuron::Neuron;
use serde::Serialize;

use super::{Answer, CASES, Case, Line, Measure, Protocol, Published, PublishedSettings, Scored};
use crate::ablation;
use crate::statistics::{deviation, interval, mean};

/// Mean and deviation over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// With n - 1; none of one seed.
    pub deviation: Option<f64>,
}

impl Spread {
    fn of(values: &[f64]) -> Option<Spread> {
        Some(Spread {
            mean: mean(values)?,
            deviation: deviation(values),
        })
    }
}

/// How our mean stands to a published one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Better by more than the deviations of both.
    Better,
    /// Worse by more than them.
    Worse,
    /// Neither.
    Within,
}

impl Verdict {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Within => "within",
        }
    }
}

/// Our network of the found neuron against the first published number of the same measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Against {
    /// The number.
    pub published: Published,
    /// Ours less it, over it.
    pub change: f64,
    /// By sqrt(a^2 + b^2) of the deviations a and b over seeds, those that are known.
    pub verdict: Verdict,
}

/// One measure of one table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The case.
    pub case: Case,
    /// What is compared.
    pub measure: Measure,
    /// Rows of training, validation and test, of the first seed.
    pub rows: [usize; 3],
    /// Encoded inputs, of the first seed.
    pub inputs: usize,
    /// Seeds of which both networks were trained.
    pub runs: usize,
    /// Seeds of which one was not.
    pub failed: usize,
    /// The neuron that was found most often, of equally frequent ones the first.
    pub neuron: Neuron,
    /// How often.
    pub times: usize,
    /// The network of the found neuron.
    pub found: Spread,
    /// The network of x.
    pub linear: Spread,
    /// The 95 % interval of the mean of found - x by Student's t; none of one seed.
    pub interval: Option<(f64, f64)>,
    /// What it says.
    pub pays: Option<ablation::Verdict>,
    /// Mean parameters of the two.
    pub parameters: [f64; 2],
    /// The default fit on the test rows of seed 0, and its parameters.
    pub default: Option<(f64, usize)>,
    /// Beside the published number.
    pub against: Option<Against>,
}

/// One for each table and measure of which any seed was trained.
pub fn summarise(records: &[Line]) -> Vec<Summary> {
    let of = |case: &'static Case| {
        let same =
            |line: &&Line| line.run.protocol == case.protocol && line.run.table == case.table;
        let own: Vec<&Line> = records.iter().filter(same).collect();
        let measures = case.measures().iter();
        measures.filter_map(move |&measure| one(case, measure, &own))
    };
    CASES.iter().flat_map(of).collect()
}

/// The tables of the chosen experiments without a run, each once.
pub fn absent(settings: &PublishedSettings, records: &[Line]) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for case in settings.cases() {
        let run = records.iter().any(|line| line.run.table == case.table);
        if !run && !names.contains(&case.table) {
            names.push(case.table);
        }
    }
    names
}

fn one(case: &'static Case, measure: Measure, records: &[&Line]) -> Option<Summary> {
    let mut columns: [Vec<f64>; 5] = Default::default();
    let mut neurons: Vec<(&Neuron, usize)> = Vec::new();
    let (mut shape, mut failed, mut default) = (None, 0, None);
    for record in records {
        match &record.result {
            Answer::Networks {
                neuron,
                rows,
                inputs,
                found,
                linear,
            } => {
                let value = |of: &Scored| of.scores.get(measure);
                let (with, without) = (value(found)?, value(linear)?);
                let parameters = [found.parameters as f64, linear.parameters as f64];
                let values = [with, without, with - without, parameters[0], parameters[1]];
                for (column, value) in columns.iter_mut().zip(values) {
                    column.push(value);
                }
                shape = shape.or(Some((*rows, *inputs)));
                match neurons.iter_mut().find(|(known, _)| *known == neuron) {
                    Some((_, count)) => *count += 1,
                    None => neurons.push((neuron, 1)),
                }
            }
            Answer::Default(scored) => {
                default = scored.scores.get(measure).map(|v| (v, scored.parameters));
            }
            Answer::Failed(_) => failed += 1,
        }
    }
    let (rows, inputs) = shape?;
    let most = neurons.iter().map(|(_, count)| *count).max()?;
    let (neuron, times) = *neurons.iter().find(|(_, count)| *count == most)?;
    let found = Spread::of(&columns[0])?;
    let interval = interval(&columns[2]);
    let all_linear = neurons.iter().all(|(neuron, _)| neuron.is_linear());
    Some(Summary {
        case: *case,
        measure,
        rows,
        inputs,
        runs: columns[0].len(),
        failed,
        neuron: neuron.clone(),
        times,
        found,
        linear: Spread::of(&columns[1])?,
        interval,
        pays: pays(interval, all_linear, measure),
        parameters: [mean(&columns[3])?, mean(&columns[4])?],
        default,
        against: against(case, measure, found),
    })
}

fn pays(
    interval: Option<(f64, f64)>,
    all_linear: bool,
    measure: Measure,
) -> Option<ablation::Verdict> {
    if all_linear {
        return Some(ablation::Verdict::Same);
    }
    let (low, high) = interval?;
    let (lower, higher) = (high < 0.0, low > 0.0);
    let (better, worse) = match measure.rises() {
        true => (higher, lower),
        false => (lower, higher),
    };
    Some(match (better, worse) {
        (true, _) => ablation::Verdict::Pays,
        (_, true) => ablation::Verdict::Costs,
        _ => ablation::Verdict::Neither,
    })
}

fn against(case: &Case, measure: Measure, found: Spread) -> Option<Against> {
    let mut same = case.published.iter();
    let published = *same.find(|number| number.measure == Some(measure))?;
    let difference = found.mean - published.value;
    let [a, b] = [found.deviation, published.deviation].map(|one| one.unwrap_or(0.0));
    let better = (difference > 0.0) == measure.rises();
    Some(Against {
        published,
        change: difference / published.value,
        verdict: match difference.abs() <= a.hypot(b) {
            true => Verdict::Within,
            false if better => Verdict::Better,
            false => Verdict::Worse,
        },
    })
}

/// How often each verdict is given in an experiment: better, worse, within.
pub(super) fn counts(all: &[Summary], protocol: Protocol) -> [usize; 3] {
    [Verdict::Better, Verdict::Worse, Verdict::Within].map(|verdict| {
        let own = all.iter().filter(|one| one.case.protocol == protocol);
        own.filter_map(|one| one.against)
            .filter(|against| against.verdict == verdict)
            .count()
    })
}
