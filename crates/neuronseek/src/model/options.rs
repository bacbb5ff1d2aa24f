use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::imbalance::{ClassWeights, ThresholdChoice};
use super::tune::Tune;
use crate::network::{Activation, Interactions, Loss, MAX_BINS, NetworkConfig, Norm, Placement};
use crate::neuron::{Function, Neuron};
use crate::prepare::{Origin, PrepareOptions, TargetTransform, Task};
use crate::train::{TrainConfig, TrainError};

/// The most folds.
const MAX_FOLDS: usize = 20;

/// Where the neuron comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum NeuronChoice {
    /// Searched, and kept only if it beats `x` on validation rows at equal parameters.
    #[default]
    Search,
    /// Given by the user: no search.
    Given(Neuron),
}

/// Which function of the target is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TransformChoice {
    /// The target as it is, unless a transform of a single target is better on held-out rows
    /// beyond noise.
    #[default]
    Auto,
    /// This one, of all targets.
    Given(TargetTransform),
}

macro_rules! search_methods {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// The search method and its preset.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        pub enum SearchMethod {
            $($(#[$doc])* $variant,)*
        }

        impl SearchMethod {
            /// All methods, the library's own first.
            pub const ALL: &[SearchMethod] = &[$(SearchMethod::$variant,)*];

            /// The name on the command line.
            pub fn name(self) -> &'static str {
                match self {
                    $(SearchMethod::$variant => $name,)*
                }
            }
        }
    };
}

search_methods! {
    /// Alternating least squares with model choice.
    #[default]
    Als "als",
    /// The differentiable search, made to work.
    Td "td",
    /// The differentiable search with the paper's settings.
    TdPaper "td-paper",
    /// The predecessor's symbolic regression: genetic programming over element-wise formulas.
    Sr "sr",
    /// The same with the random selection of its released code.
    SrReleased "sr-released",
    /// Symbolic regression by genetic programming.
    Gp "gp",
    /// The paper's first version: terms in CP form whose coefficients are thresholded.
    Threshold "threshold",
    /// The same in Tucker form.
    Tucker "tucker",
    /// The same in CP form with the pruning of STRidge.
    Stridge "stridge",
    /// The equation learner: a network of sines, sigmoids and products.
    Eql "eql",
    /// A tree of meta functions that grows and chooses its operators by gradients.
    MetaSymNet "metasymnet",
    /// All monomials, by ridge.
    Poly "poly",
    /// All monomials, by the lasso.
    Lasso "lasso",
    /// The inner product.
    Linear "linear",
}

impl std::str::FromStr for SearchMethod {
    type Err = String;

    fn from_str(text: &str) -> Result<SearchMethod, String> {
        let found = SearchMethod::ALL
            .iter()
            .find(|method| method.name() == text);
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = SearchMethod::ALL.iter().map(|m| m.name()).collect();
            format!("\"{text}\" is no search method: {}", names.join(", "))
        })
    }
}

/// Settings of a search, whatever its method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchOptions {
    /// How to search; default `als`.
    pub method: SearchMethod,
    /// The highest order of a term, 1 to 9; default 5.
    pub max_order: usize,
    /// The highest rank of an interaction, 0 to 64, where 0 allows none; default 8.
    pub max_rank: usize,
    /// Element-wise functions that the search may use beside powers; default none.
    pub functions: Vec<Function>,
    /// Where inputs have their zero; default automatic.
    pub origin: Origin,
    /// How many structures beside those on the search's path are judged by held-out rows, so that
    /// the report names those that the data cannot tell from the best; `als` and `td` alone;
    /// default 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub alternatives: usize,
}

/// So that what was stored before there was this option means the same.
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Default for SearchOptions {
    fn default() -> Self {
        SearchOptions {
            method: SearchMethod::Als,
            max_order: 5,
            max_rank: 8,
            functions: Vec::new(),
            origin: Origin::Auto,
            alternatives: 0,
        }
    }
}

/// How much a fit does, and how large its result may be.
///
/// | | polynomial | small | default | best |
/// |---|---|---|---|---|
/// | model | the search's polynomial | one network or the polynomial | a blend of networks of several kinds | the same |
/// | folds | none | 1 | 2 to 10, by rows | 5 to 10, by rows |
/// | networks of a kind and fold | 0 | 1 | 1 | 1 to 3, by rows |
/// | hidden units | | 64, 32 | 256, 128 or 128, 64, by rows | 256, 128 |
/// | work | the search's | little | 2.6e12 operations of networks: within a minute on one core | 10 times as much |
///
/// Work is counted, not timed, so that the result does not depend on the machine's speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The search's polynomial in closed form, fitted on all rows that are not test rows.
    Polynomial,
    /// One small network, trained with one part of the rows held out, or the polynomial.
    Small,
    /// Networks of different kinds (of the found neuron, of `x`, with and without embedded
    /// inputs), each trained once per fold and blended by the rows that its folds held out.
    #[default]
    Default,
    /// The same with more folds, networks and kinds.
    Best,
}

/// Whether networks embed their numeric inputs piecewise linearly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum EmbeddingChoice {
    /// Networks with and without are compared, but for a given neuron, which gets none.
    #[default]
    Auto,
    /// No network does.
    None,
    /// All networks do, with at most so many bins an input.
    Bins(usize),
}

/// The shape of the networks; inputs, outputs and the neuron follow from the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkOptions {
    /// Units of each hidden layer; networks of other neurons beside are widened or narrowed to
    /// equal parameters. `None` leaves it to the profile.
    pub hidden: Option<Vec<usize>>,
    /// The rank of interactions in the network.
    pub rank: usize,
    /// The layers that use the neuron.
    pub placement: Placement,
    /// How interactions are parameterised.
    pub interactions: Interactions,
    /// The activation.
    pub activation: Activation,
    /// The norm per term.
    pub norm: Norm,
    /// The dropout probability, 0 to below 1. `None` leaves it to the profile: 0.1 to 0.3.
    pub dropout: Option<f32>,
    /// A neuron straight from inputs to outputs.
    pub skip: Option<Neuron>,
    /// Whether numeric inputs are embedded.
    pub embedding: EmbeddingChoice,
    /// Networks of different seeds, of each kind and fold, that are averaged, 1 to 64. `None`
    /// leaves it to the profile.
    pub members: Option<usize>,
    /// Parts of the rows of which each is held out once, 1 to 20; 1 holds out one part of 15 %
    /// alone. `None` leaves it to the profile.
    pub folds: Option<usize>,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        NetworkOptions {
            hidden: None,
            rank: 8,
            placement: Placement::First,
            interactions: Interactions::Shared,
            activation: Activation::Silu,
            norm: Norm::None,
            dropout: None,
            skip: Some(Neuron::linear()),
            embedding: EmbeddingChoice::Auto,
            members: None,
            folds: None,
        }
    }
}

/// Which rows end the training of networks and are what candidates are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub enum Validation {
    /// Each fold in its turn, as many as the network options or the profile say.
    #[default]
    Folds,
    /// This share of the rows, above 0 and below 1, drawn by the seed, in one fold.
    Fraction(f64),
    /// The last so many rows of the table, in one fold; the others train.
    Last(usize),
}

/// How networks are trained. What is not here follows [`TrainConfig`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrainOptions {
    /// The highest number of passes over the rows. `None` leaves it to profile and rows: 100 for
    /// small, else 20 to 200, so that there are a few thousand steps.
    pub epochs: Option<usize>,
    /// The highest learning rate of the schedule; default 0.006.
    pub learning_rate: Option<f64>,
    /// Rows a step; `None` chooses by the number of rows.
    pub batch: Option<usize>,
    /// Weight decay; `None` leaves it to the kind of network: 0.02 to 0.1.
    pub weight_decay: Option<f64>,
    /// Epochs without a lower validation loss that end a training; `None` leaves it to the
    /// profile: a third of the epochs, at least 10.
    pub patience: Option<usize>,
}

impl TrainOptions {
    /// What is asked for, upon `base`.
    pub(super) fn over(&self, base: TrainConfig) -> TrainConfig {
        TrainConfig {
            epochs: self.epochs.unwrap_or(base.epochs),
            learning_rate: self.learning_rate.unwrap_or(base.learning_rate),
            batch: self.batch.or(base.batch),
            weight_decay: self.weight_decay.unwrap_or(base.weight_decay),
            patience: self.patience.or(base.patience),
            ..base
        }
    }
}

/// Which rows are held out for the test metrics.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub enum Holdout {
    /// None.
    #[default]
    None,
    /// A share of the rows, above 0 and below 1, drawn by the seed.
    Fraction(f64),
    /// The tabular protocol's hash split of this number.
    Split(u64),
}

/// Settings of a fit. [`Default`] gives the command's defaults, but for the target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FitOptions {
    /// Targets, kinds of columns, columns to leave out, weights.
    pub prepare: PrepareOptions,
    /// Which function of the target is fitted; default by held-out rows.
    pub target_transform: TransformChoice,
    /// Searched or given.
    pub neuron: NeuronChoice,
    /// How to search.
    pub search: SearchOptions,
    /// What networks are built.
    pub network: NetworkOptions,
    /// How much is done.
    pub profile: Profile,
    /// How networks are trained.
    pub train: TrainOptions,
    /// What training makes small; `None` is the mean squared error or the cross-entropy.
    pub loss: Option<Loss>,
    /// How much the rows of each class count in training; probabilities are those of the table
    /// whatever they are, and without a threshold a mistake costs its class's weight.
    pub class_weights: ClassWeights,
    /// Which of two classes is predicted; `None` is the most probable.
    pub threshold: Option<ThresholdChoice>,
    /// The class whose probability the threshold is of; `None` is the second in order.
    pub positive: Option<String>,
    /// Levels of prediction intervals, each above 0 and below 1; none without.
    pub intervals: Vec<f64>,
    /// Trials before the fit, of settings of the networks that are left open here; `None` without.
    pub tune: Option<Tune>,
    /// Which rows are held out.
    pub holdout: Holdout,
    /// Which rows end training and are compared by.
    pub validation: Validation,
    /// The seed of everything random.
    pub seed: u64,
    /// Whether a plain network of equal size is fitted beside a given neuron.
    pub compare: bool,
    /// Where the state of the fit is kept while it runs; removed when it ends.
    pub checkpoint: Option<PathBuf>,
    /// Whether the fit goes on from an existing checkpoint.
    pub resume: bool,
}

impl FitOptions {
    /// Whether networks of several kinds may be one model.
    pub(super) fn blends(&self) -> bool {
        let several = matches!(self.profile, Profile::Default | Profile::Best);
        self.neuron == NeuronChoice::Search && several
    }

    /// How the table is prepared: with a loss of numbers, a target that may be either is numbers.
    pub fn preparing(&self) -> PrepareOptions {
        let mut options = self.prepare.clone();
        options.statistics_apart = self.blends();
        if options.task == Task::Auto && self.loss.is_some_and(|loss| loss != Loss::CrossEntropy) {
            options.task = Task::Regression;
        }
        options
    }

    /// All settings of this struct's own that are out of range, in words; empty when all is well.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Holdout::Fraction(share) = self.holdout
            && !(share > 0.0 && share < 1.0)
        {
            problems.push(format!(
                "test fraction {share} is out of range: above 0 and below 1"
            ));
        }
        if let Validation::Fraction(share) = self.validation
            && !(share > 0.0 && share < 1.0)
        {
            problems.push(format!(
                "validation fraction {share} is out of range: above 0 and below 1"
            ));
        }
        if self.validation != Validation::Folds && self.network.folds.is_some_and(|folds| folds > 1)
        {
            problems.push(
                "folds and validation rows that are told exclude each other: leave one of the two \
                 out"
                .to_string(),
            );
        }
        if self.profile == Profile::Polynomial {
            problems.extend(self.polynomial_problems());
        }
        let mut count = |name: &str, value: Option<usize>, most: usize| {
            if let Some(value) = value.filter(|value| !(1..=most).contains(value)) {
                problems.push(format!("{name} {value} is out of range: 1 to {most}"));
            }
        };
        count("members", self.network.members, 64);
        count("folds", self.network.folds, MAX_FOLDS);
        if let EmbeddingChoice::Bins(bins) = self.network.embedding {
            count("embedding", Some(bins), MAX_BINS);
        }
        problems.extend(self.tune.as_ref().and_then(Tune::problem));
        if self.tune.is_some() && self.compare {
            problems.push(
                "a comparison is of networks trained alike, and tuning trains one of them its own \
                 way: leave out one of the two"
                    .to_string(),
            );
        }
        let train = self.train.over(TrainConfig::default());
        if let Err(TrainError::Config { problems: bad }) = train.check() {
            problems.extend(bad);
        }
        // Of one input and output: what is wrong with any network is said before all work, whether or
        // not one will be trained.
        let shape = NetworkConfig {
            inputs: 1,
            outputs: 1,
            hidden: self.network.hidden.clone().unwrap_or_default(),
            neuron: Neuron::linear(),
            placement: self.network.placement,
            interactions: self.network.interactions,
            rank: self.network.rank,
            activation: self.network.activation,
            norm: self.network.norm,
            dropout: self.network.dropout.unwrap_or(0.0),
            skip: self.network.skip.clone(),
            embedding: None,
        };
        if let Err(error) = shape.check() {
            problems.extend(error.problems);
        }
        problems.extend(self.loss.and_then(|loss| self.loss_problem(loss)));
        for (place, level) in self.intervals.iter().enumerate() {
            if !(*level > 0.0 && *level < 1.0) {
                problems.push(format!(
                    "the level of intervals {level} is out of range: above 0 and below 1"
                ));
            } else if self.intervals[..place].contains(level) {
                problems.push(format!("the level of intervals {level} is given twice"));
            }
        }
        problems
    }

    /// What the polynomial alone cannot do.
    fn polynomial_problems(&self) -> Vec<String> {
        let asked = [
            (self.loss.is_some(), "a loss other than least squares"),
            (
                matches!(self.neuron, NeuronChoice::Given(_)),
                "a given neuron, whose coefficients only networks learn",
            ),
            (self.tune.is_some(), "tuning, which is of networks"),
            (
                self.validation != Validation::Folds,
                "validation rows, which end the training of networks",
            ),
            (
                !self.intervals.is_empty(),
                "intervals, which are of rows that the fit held out",
            ),
        ];
        let asked = asked.iter().filter(|(asked, _)| *asked);
        asked
            .map(|(_, what)| {
                format!(
                    "the profile polynomial trains no network and takes no {}",
                    what.trim_start_matches("a ")
                )
            })
            .collect()
    }

    fn loss_problem(&self, loss: Loss) -> Option<String> {
        let name = loss.name();
        if loss != Loss::CrossEntropy && self.prepare.task == Task::Classification {
            return Some(format!(
                "the {name} is for numbers, and the task is classification"
            ));
        }
        let plain = [
            TransformChoice::Auto,
            TransformChoice::Given(TargetTransform::None),
        ];
        if loss.power().is_some() && !plain.contains(&self.target_transform) {
            return Some(format!(
                "the {name} fits the logarithm of the target's mean, and takes no target \
                 transform: leave one of the two out"
            ));
        }
        loss.problem()
    }
}
