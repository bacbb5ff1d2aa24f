//! The two fits of a comparison.

use std::sync::OnceLock;
use std::time::Instant;

use neuronseek::model::{
    CandidateKind, EmbeddingChoice, FitOptions, FitReport, Holdout, Metrics, NetworkOptions,
    NeuronChoice, Outcome, Profile, TransformChoice, fit, search,
};
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::prepare::{PrepareOptions, TargetStatistics, TargetTransform};

use super::{Answer, Candidate, Ingredient, Measured, Question, REFERENCE, Run, Side};
use crate::tables::TableFile;

/// The folds of the ingredients that have several.
const FOLDS: usize = 5;

/// A table, with what was found on it: a resumed experiment that has nothing left to do on a table
/// does not search it.
pub(super) struct SearchedTable {
    pub file: TableFile,
    found: Vec<(u64, OnceLock<Result<Neuron, String>>)>,
}

impl SearchedTable {
    pub fn new(file: TableFile, splits: &[u64]) -> SearchedTable {
        let empty = |&split: &u64| (split, OnceLock::new());
        SearchedTable {
            file,
            found: splits.iter().map(empty).collect(),
        }
    }

    /// Fits both models of a run.
    pub fn compare(&self, run: &Run, control: &Control<'_>) -> (Answer, Measured) {
        let began = Instant::now();
        let answer = match &run.question {
            Question::Neuron { of, hidden } => self.neurons(run, of, hidden, control),
            Question::Ingredient(Ingredient::Blend) => self.blend(run, control),
            Question::Ingredient(one) => self.ingredient(run, *one, control),
        };
        let seconds = began.elapsed().as_secs_f64();
        (answer.unwrap_or_else(Answer::Failed), Measured { seconds })
    }

    /// The network of the neuron and that of x, by one fit.
    fn neurons(
        &self,
        run: &Run,
        of: &Candidate,
        hidden: &[usize],
        control: &Control<'_>,
    ) -> Result<Answer, String> {
        let neuron = match of {
            Candidate::Found => self.found(run.split, control)?,
            Candidate::Given(neuron) => neuron.clone(),
        };
        let mut options = self.options(run, neuron.clone());
        options.network.hidden = Some(hidden.to_vec());
        options.compare = true;
        let report = self.fit(&options, control)?;
        let of = |wanted: &Neuron| {
            let mut own = report.candidates.iter().filter(|one| &one.neuron == wanted);
            side(
                own.next()
                    .ok_or_else(|| format!("no network of {wanted}"))?,
            )
        };
        answer(
            &report,
            neuron.clone(),
            of(&neuron)?,
            of(&Neuron::linear())?,
        )
    }

    /// The recipe with and without an ingredient, by two fits.
    fn ingredient(
        &self,
        run: &Run,
        one: Ingredient,
        control: &Control<'_>,
    ) -> Result<Answer, String> {
        let without = self.without(run, one);
        let mut with = without.clone();
        match one {
            Ingredient::Embedding => with.network.embedding = EmbeddingChoice::Bins(32),
            Ingredient::Folds => with.network.folds = Some(FOLDS),
            Ingredient::Statistics => with.prepare.statistics = TargetStatistics::Auto,
            Ingredient::Dropout => with.network.dropout = Some(0.1),
            Ingredient::Blend => return Err("a blend is compared within one fit".to_string()),
        }
        let report = self.fit(&with, control)?;
        let chosen = |report: &FitReport| {
            let mut chosen = report.candidates.iter().filter(|one| one.chosen);
            side(chosen.next().ok_or("no model was chosen")?)
        };
        let without = chosen(&self.fit(&without, control)?)?;
        answer(&report, report.neuron.clone(), chosen(&report)?, without)
    }

    fn without(&self, run: &Run, one: Ingredient) -> FitOptions {
        let mut options = self.options(run, Neuron::linear());
        match one {
            Ingredient::Statistics => options.prepare.statistics = TargetStatistics::Off,
            Ingredient::Dropout => options.network.dropout = Some(0.0),
            Ingredient::Embedding | Ingredient::Folds | Ingredient::Blend => {}
        }
        options
    }

    /// The blend and the best of its kinds, by one fit. Kinds that were trained on one fold alone
    /// are no rivals.
    fn blend(&self, run: &Run, control: &Control<'_>) -> Result<Answer, String> {
        let mut options = self.options(run, Neuron::linear());
        options.neuron = NeuronChoice::Search;
        options.profile = Profile::Default;
        options.network.embedding = EmbeddingChoice::Auto;
        options.network.folds = Some(FOLDS);
        let report = self.fit(&options, control)?;
        let is = |kind: CandidateKind| move |one: &&Outcome| one.kind == kind;
        let blend = report.candidates.iter().find(is(CandidateKind::Blend));
        let blend = blend.ok_or("the fit made no blend")?;
        let networks: Vec<&Outcome> =
            (report.candidates.iter().filter(is(CandidateKind::Network))).collect();
        let most = networks.iter().map(|one| one.networks).max();
        let whole = networks.iter().filter(|one| Some(one.networks) == most);
        let best = whole.min_by(|a, b| a.validation.total_cmp(&b.validation));
        let best = best.ok_or("the fit made no network")?;
        answer(&report, best.neuron.clone(), side(blend)?, side(best)?)
    }

    /// One network of this neuron in the small profile, of the target as it is.
    fn options(&self, run: &Run, neuron: Neuron) -> FitOptions {
        FitOptions {
            prepare: self.file.entry.prepare(PrepareOptions::default()),
            target_transform: TransformChoice::Given(TargetTransform::None),
            neuron: NeuronChoice::Given(neuron),
            network: NetworkOptions {
                hidden: Some(REFERENCE.to_vec()),
                embedding: EmbeddingChoice::None,
                members: Some(1),
                folds: Some(1),
                ..NetworkOptions::default()
            },
            profile: Profile::Small,
            holdout: Holdout::Split(run.split),
            seed: run.seed,
            ..FitOptions::default()
        }
    }

    /// What the default search finds on the rows that are not test rows; x where it finds nothing.
    fn found(&self, split: u64, control: &Control<'_>) -> Result<Neuron, String> {
        let of_split = self.found.iter().find(|(own, _)| *own == split);
        let (_, found) = of_split.ok_or_else(|| format!("no split {split}"))?;
        let search = || -> Result<Neuron, String> {
            let options = FitOptions {
                prepare: self.file.entry.prepare(PrepareOptions::default()),
                target_transform: TransformChoice::Given(TargetTransform::None),
                holdout: Holdout::Split(split),
                ..FitOptions::default()
            };
            let searched = search(self.file.table()?, &options, control);
            let neuron = searched.map_err(|error| error.to_string())?.report.neuron;
            Ok(match neuron.is_empty() {
                true => Neuron::linear(),
                false => neuron,
            })
        };
        found.get_or_init(search).clone()
    }

    fn fit(&self, options: &FitOptions, control: &Control<'_>) -> Result<FitReport, String> {
        let fitted = fit(self.file.table()?, None, options, control);
        Ok(fitted.map_err(|error| error.to_string())?.report)
    }
}

fn side(outcome: &Outcome) -> Result<Side, String> {
    let test = outcome.test.as_ref().map(Metrics::loss);
    let test = test.filter(|loss| loss.is_finite());
    Ok(Side {
        test: test.ok_or("the test loss is no number")?,
        parameters: outcome.parameters,
    })
}

fn answer(report: &FitReport, neuron: Neuron, with: Side, without: Side) -> Result<Answer, String> {
    let linear = report.linear.get("test").ok_or("there are no test rows")?;
    Ok(Answer::Compared {
        loss: match linear {
            Metrics::Regression { .. } => "nmse".to_string(),
            Metrics::Classification { .. } => "log loss".to_string(),
        },
        neuron,
        with,
        without,
        linear: linear.loss(),
    })
}
