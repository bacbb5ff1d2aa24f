//! How much of what a fit does: folds, kinds of networks, their size and training, by the profile
//! and the size of the data.

use super::options::{EmbeddingChoice, FitOptions, NeuronChoice, Profile, Validation};
use crate::matrix::Matrix;
use crate::network::{Embedding, NetworkConfig, NetworkConfigError, widths_matching};
use crate::neuron::{Neuron, Term};
use crate::train::TrainConfig;

/// Multiplications and additions that networks of the default profile may take; about 50 seconds
/// of one core at 60 GFLOP/s.
const WORK: f64 = 3.2e12;

/// How many times as many those of the best profile may take: at most about five
/// minutes, since most trainings end early.
const BEST: f64 = 10.0;

/// Passes over a thousand rows; over more rows fewer, as their number to the power -0.6.
const EPOCHS: f64 = 200.0;

/// Components of an embedded input.
const EMBEDDING_WIDTH: usize = 8;

/// The share of the rows that is held out where there is one fold.
const SINGLE_SHARE: f64 = 0.15;

/// What a fit does beside the search.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// Parts of the rows of which each is held out once; 1 for one part that is held out.
    pub folds: usize,
    /// Networks of each kind and fold.
    pub members: usize,
    /// Kinds of networks that are tried on the first fold.
    pub kinds: usize,
    /// Kinds of networks that are trained on the other folds too.
    pub kept: usize,
    /// The share of the rows that a single fold holds out.
    single_share: f64,
    hidden: Vec<usize>,
    epochs: usize,
    batch: usize,
    patience: usize,
}

/// One step of the ladder from which the largest affordable one is taken.
struct Rung {
    hidden: [usize; 2],
    folds: usize,
    members: usize,
    kinds: usize,
    kept: usize,
    /// The least passes over the rows.
    epochs: usize,
}

const fn rung(
    hidden: [usize; 2],
    [folds, members]: [usize; 2],
    [kinds, kept]: [usize; 2],
    epochs: usize,
) -> Rung {
    Rung {
        hidden,
        folds,
        members,
        kinds,
        kept,
        epochs,
    }
}

/// From much to little.
const LADDER: [Rung; 14] = [
    rung([256, 128], [10, 2], [9, 6], 120),
    rung([256, 128], [10, 1], [9, 6], 100),
    rung([256, 128], [5, 2], [9, 6], 100),
    rung([256, 128], [10, 1], [6, 4], 150),
    rung([256, 128], [5, 1], [9, 6], 100),
    rung([256, 128], [5, 1], [9, 5], 60),
    rung([256, 128], [5, 1], [6, 3], 80),
    rung([256, 128], [5, 1], [6, 3], 50),
    rung([192, 96], [5, 1], [6, 3], 40),
    rung([128, 64], [5, 1], [5, 3], 40),
    rung([128, 64], [4, 1], [5, 2], 40),
    rung([128, 64], [3, 1], [4, 2], 30),
    rung([128, 64], [2, 1], [3, 2], 20),
    rung([64, 32], [2, 1], [2, 1], 20),
];

impl Plan {
    /// The plan for so many known rows, inputs and outputs.
    pub fn new(options: &FitOptions, rows: usize, inputs: usize, outputs: usize) -> Plan {
        let mut plan = match options.profile {
            Profile::Small | Profile::Polynomial => Plan {
                folds: 1,
                members: 1,
                kinds: 3,
                kept: 3,
                single_share: SINGLE_SHARE,
                hidden: vec![64, 32],
                epochs: 100,
                batch: crate::train::batch_size(rows),
                patience: 20,
            },
            Profile::Default => affordable(WORK, rows, inputs, outputs),
            Profile::Best => affordable(BEST * WORK, rows, inputs, outputs),
        };
        let asked = &options.network;
        plan.folds = asked.folds.unwrap_or(plan.folds).min((rows / 4).max(1));
        if options.validation != Validation::Folds {
            plan.folds = 1;
        }
        plan.single_share = match options.validation {
            Validation::Fraction(share) => share,
            _ => SINGLE_SHARE,
        };
        plan.members = asked.members.unwrap_or(plan.members);
        plan.hidden = asked.hidden.clone().unwrap_or(plan.hidden);
        plan
    }

    /// The share of the known rows that the first fold holds out.
    pub fn share(&self) -> f64 {
        match self.folds {
            1 => self.single_share,
            folds => 1.0 / folds as f64,
        }
    }

    /// The kinds of networks, the most promising first. `inputs` are the scaled inputs of all
    /// known rows, of which the first `seen` are the search's too; `found` is the neuron of the
    /// search, if there was one.
    pub fn networks(
        &self,
        options: &FitOptions,
        (inputs, seen): (&Matrix<f32>, usize),
        outputs: usize,
        found: Option<&Neuron>,
    ) -> Result<Vec<Kind>, NetworkConfigError> {
        let kinds = Kinds {
            plan: self,
            options,
            inputs,
            seen: inputs.leading_columns(seen),
            outputs,
        };
        match (&options.neuron, options.profile) {
            (NeuronChoice::Given(neuron), _) => kinds.given(neuron),
            (NeuronChoice::Search, Profile::Small | Profile::Polynomial) => kinds.small(found),
            (NeuronChoice::Search, _) => kinds.several(found),
        }
    }
}

/// The largest rung that the work affords; the last if none.
fn affordable(work: f64, rows: usize, inputs: usize, outputs: usize) -> Plan {
    let chosen = LADDER.iter().find(|rung| {
        // The embedding's components are as many inputs again eight times over.
        let [a, b] = rung.hidden.map(|units| units as f64);
        let first = (inputs.min(64) * (1 + EMBEDDING_WIDTH) + inputs.saturating_sub(64)) as f64;
        let parameters = first * a + a * b + b * outputs as f64;
        let networks = (rung.kinds + (rung.folds - 1) * rung.kept) * rung.members;
        let trained = rows as f64 * (1.0 - 1.0 / rung.folds as f64);
        let epochs = epochs(rung, trained as usize) as f64;
        6.0 * parameters * trained * epochs * networks as f64 <= work
    });
    let rung = chosen.unwrap_or(&LADDER[LADDER.len() - 1]);
    let trained = rows - rows / rung.folds.max(2);
    let epochs = epochs(rung, trained);
    Plan {
        folds: rung.folds,
        members: rung.members,
        kinds: rung.kinds,
        kept: rung.kept,
        single_share: SINGLE_SHARE,
        hidden: rung.hidden.to_vec(),
        epochs,
        batch: batch(trained),
        patience: (epochs / 3).max(10),
    }
}

fn batch(rows: usize) -> usize {
    (rows / 32).clamp(32, 256)
}

fn epochs(rung: &Rung, rows: usize) -> usize {
    let wished = EPOCHS * (rows.max(1) as f64 / 1000.0).powf(-0.6);
    (wished as usize).clamp(rung.epochs, EPOCHS as usize)
}

/// A kind of network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kind {
    pub config: NetworkConfig,
    pub train: TrainConfig,
    /// The most bins of an embedded input; `None` without an embedding.
    pub bins: Option<usize>,
    /// Whether it sees the inputs that are of networks alone.
    pub statistics: bool,
    /// The trial of a tuning that it is; `None` of the recipe's own.
    pub trial: Option<usize>,
}

/// How a kind departs from the plainest.
struct Variant<'a> {
    neuron: &'a Neuron,
    bins: Option<usize>,
    statistics: bool,
    dropout: f32,
    weight_decay: f64,
}

struct Kinds<'a> {
    plan: &'a Plan,
    options: &'a FitOptions,
    inputs: &'a Matrix<f32>,
    /// The search's inputs among them.
    seen: Matrix<f32>,
    outputs: usize,
}

impl Kinds<'_> {
    /// The network of the user's neuron, and that of `x` beside it where it is to be compared.
    fn given(&self, neuron: &Neuron) -> Result<Vec<Kind>, NetworkConfigError> {
        let linear = Neuron::linear();
        let mut kinds = vec![self.kind(&variant(neuron, None, 0.1))?];
        if self.options.compare && !neuron.is_linear() {
            kinds.push(self.kind(&variant(&linear, None, 0.1))?);
            level(&mut kinds, 0);
        }
        Ok(kinds)
    }

    /// One of the found neuron, one of `x` at equal parameters, one with embedded inputs.
    fn small(&self, found: Option<&Neuron>) -> Result<Vec<Kind>, NetworkConfigError> {
        let linear = Neuron::linear();
        let mut variants: Vec<Variant<'_>> = Vec::new();
        let found = found.filter(|neuron| !neuron.is_empty() && !neuron.is_linear());
        variants.extend(found.map(|neuron| variant(neuron, None, 0.1)));
        variants.push(variant(&linear, None, 0.1));
        if self.options.network.embedding == EmbeddingChoice::Auto {
            variants.push(variant(&linear, Some(16), 0.1));
        }
        let kinds = variants.iter().map(|variant| self.kind(variant));
        let mut kinds = kinds.collect::<Result<Vec<Kind>, _>>()?;
        kinds.dedup();
        level(&mut kinds, 0);
        Ok(kinds)
    }

    /// Of `x`, of the found neuron and of low orders, each plain or with embedded inputs.
    fn several(&self, found: Option<&Neuron>) -> Result<Vec<Kind>, NetworkConfigError> {
        let linear = Neuron::linear();
        let product = Term::Interaction {
            order: 2,
            rank: None,
        };
        let low = Neuron::new([Term::pure(1), Term::pure(2), product]);
        let found = found.filter(|neuron| !neuron.is_empty() && !neuron.is_linear());
        let fine = Variant {
            weight_decay: 0.1,
            ..variant(&linear, Some(256), 0.3)
        };
        let statistics = |bins: Option<usize>| {
            let more = self.inputs.columns() > self.seen.columns();
            more.then(|| Variant {
                statistics: true,
                ..variant(&linear, bins, 0.1)
            })
        };
        let variants = [
            Some(variant(&linear, Some(32), 0.1)),
            statistics(Some(32)),
            statistics(None),
            Some(variant(&linear, None, 0.1)),
            found.map(|neuron| variant(neuron, None, 0.15)),
            Some(variant(&low, Some(32), 0.15)),
            Some(fine),
            Some(variant(&low, None, 0.15)),
            found.map(|neuron| variant(neuron, Some(32), 0.15)),
            statistics(Some(32)).map(|kind| Variant {
                neuron: &low,
                ..kind
            }),
        ];
        let mut kinds: Vec<Kind> = Vec::new();
        for variant in variants.iter().flatten() {
            if variant.bins.is_some() && self.options.network.embedding == EmbeddingChoice::None {
                continue;
            }
            let kind = self.kind(variant)?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let linear = kinds.iter().position(|kind| kind.config.neuron.is_linear());
        let plain = kinds.iter().position(|kind| kind.bins.is_none());
        level(&mut kinds, plain.or(linear).unwrap_or(0));
        if self.options.tune.is_none() {
            kinds.truncate(self.plan.kinds);
        }
        Ok(kinds)
    }

    fn kind(&self, variant: &Variant<'_>) -> Result<Kind, NetworkConfigError> {
        let shape = &self.options.network;
        let bins = match shape.embedding {
            EmbeddingChoice::Auto => variant.bins,
            EmbeddingChoice::None => None,
            EmbeddingChoice::Bins(bins) => Some(bins),
        };
        let inputs = match variant.statistics {
            true => self.inputs,
            false => &self.seen,
        };
        let embedding = bins.and_then(|bins| Embedding::fit(inputs, bins, EMBEDDING_WIDTH));
        let config = NetworkConfig {
            inputs: inputs.columns(),
            outputs: self.outputs,
            hidden: self.plan.hidden.clone(),
            neuron: variant.neuron.clone(),
            placement: shape.placement,
            interactions: shape.interactions,
            rank: shape.rank,
            activation: shape.activation,
            norm: shape.norm,
            dropout: shape.dropout.unwrap_or(variant.dropout),
            skip: shape.skip.clone(),
            embedding,
        };
        config.check()?;
        let train = TrainConfig {
            epochs: self.plan.epochs,
            batch: Some(self.plan.batch),
            patience: Some(self.plan.patience),
            weight_decay: variant.weight_decay,
            ..TrainConfig::default()
        };
        Ok(Kind {
            bins: bins.filter(|_| config.embedding.is_some()),
            statistics: variant.statistics,
            trial: None,
            config,
            train: self.options.train.over(train),
        })
    }
}

fn variant(neuron: &Neuron, bins: Option<usize>, dropout: f32) -> Variant<'_> {
    Variant {
        neuron,
        bins,
        statistics: false,
        dropout,
        weight_decay: TrainConfig::default().weight_decay,
    }
}

/// Gives all kinds as many parameters as the one of this index has, as nearly as widths can; an
/// embedding's own count on top.
fn level(kinds: &mut [Kind], of: usize) {
    let without = |kind: &Kind| {
        let mut config = kind.config.clone();
        config.embedding = None;
        config
    };
    let Some(parameters) = kinds.get(of).map(|kind| without(kind).parameters()) else {
        return;
    };
    for (index, kind) in kinds.iter_mut().enumerate() {
        if index != of {
            kind.config.hidden = widths_matching(&without(kind), parameters);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(profile: Profile, rows: usize, inputs: usize) -> Plan {
        let options = FitOptions {
            profile,
            ..FitOptions::default()
        };
        Plan::new(&options, rows, inputs, 1)
    }

    #[test]
    fn more_rows_are_fitted_with_less_and_best_never_with_less_than_default() {
        let work = |plan: &Plan, rows: usize| {
            let networks = plan.kinds + (plan.folds - 1) * plan.kept;
            networks * plan.members * plan.epochs * plan.hidden[0] * rows
        };
        for rows in [20, 300, 1000, 5000, 20_000, 100_000, 1_000_000] {
            let (default, best) = (
                plan(Profile::Default, rows, 10),
                plan(Profile::Best, rows, 10),
            );
            assert!(work(&best, rows) >= work(&default, rows), "{rows}");
            assert!((2..=10).contains(&default.folds), "{rows}");
            assert!(default.kept <= default.kinds);
        }
        let small = plan(Profile::Default, 1000, 10);
        assert_eq!((small.folds, small.hidden[0]), (10, 256));
        let large = plan(Profile::Default, 1_000_000, 10);
        assert_eq!((large.folds, large.hidden[0]), (2, 64));
    }

    #[test]
    fn what_the_user_asks_for_is_done() {
        let mut options = FitOptions::default();
        options.network.folds = Some(3);
        options.network.members = Some(2);
        options.network.hidden = Some(vec![7]);
        options.network.dropout = Some(0.4);
        options.train.epochs = Some(5);
        let plan = Plan::new(&options, 1000, 2, 1);
        assert_eq!((plan.folds, plan.members), (3, 2));
        let inputs = Matrix::from_vec(100, 2, (0..200).map(|i| i as f32).collect());
        let kinds = plan.networks(&options, (&inputs, 2), 1, None).unwrap();
        for kind in &kinds {
            assert_eq!(kind.config.hidden.len(), 1);
            assert_eq!((kind.config.dropout, kind.train.epochs), (0.4, 5));
        }
        assert!(kinds.iter().any(|kind| kind.config.hidden == [7]));
        options.network.embedding = EmbeddingChoice::None;
        let kinds = plan.networks(&options, (&inputs, 2), 1, None).unwrap();
        assert!(kinds.iter().all(|kind| kind.config.embedding.is_none()));
        options.neuron = NeuronChoice::Given("x^2".parse().unwrap());
        let kinds = plan.networks(&options, (&inputs, 2), 1, None).unwrap();
        assert_eq!(kinds.len(), 1);
    }

    #[test]
    fn kinds_of_one_fit_have_as_many_parameters_but_for_embeddings() {
        let inputs = Matrix::from_vec(200, 4, (0..800).map(|i| (i % 97) as f32).collect());
        let options = FitOptions::default();
        let plan = Plan::new(&options, 500, 4, 1);
        let found: Neuron = "x + x^3 + cp(3, r=2)".parse().unwrap();
        let kinds = plan
            .networks(&options, (&inputs, 3), 1, Some(&found))
            .unwrap();
        let counts = kinds.iter().map(|kind| {
            let mut config = kind.config.clone();
            config.embedding = None;
            config.parameters() as f64
        });
        let counts: Vec<f64> = counts.collect();
        for count in &counts {
            assert!((0.95..1.05).contains(&(count / counts[0])), "{counts:?}");
        }
        assert!(kinds.iter().any(|kind| kind.statistics));
        assert!(kinds.iter().any(|kind| kind.config.neuron == found));
    }
}
