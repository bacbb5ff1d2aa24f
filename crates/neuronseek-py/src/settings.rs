//! From an estimator's parameters to the options of a fit.

use std::time::Duration;

use neuronseek::model::{
    ClassWeights, EmbeddingChoice, FitOptions, NeuronChoice, Profile, SearchMethod,
    ThresholdChoice, TransformChoice, Tune, TuneLimit,
};
use neuronseek::network::{Activation, Interactions, Loss, Norm, Placement};
use neuronseek::neuron::{Function, Neuron};
use neuronseek::prepare::{ColumnKind, Origin, TargetStatistics, Task};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Deserialize;

/// What an estimator asks for; what it leaves out keeps the library's default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    targets: Vec<String>,
    task: Task,
    /// The column of weights, in tables that have any.
    pub weights: String,
    #[serde(default)]
    kinds: Vec<(String, ColumnKind)>,
    #[serde(default)]
    profile: Profile,
    neuron: Option<String>,
    method: Option<String>,
    max_order: Option<usize>,
    max_rank: Option<usize>,
    #[serde(default)]
    functions: Vec<Function>,
    origin: Option<Origin>,
    alternatives: Option<usize>,
    hidden: Option<Vec<usize>>,
    rank: Option<usize>,
    placement: Option<Placement>,
    interactions: Option<Interactions>,
    activation: Option<Activation>,
    norm: Option<Norm>,
    dropout: Option<f32>,
    embedding: Option<Embedding>,
    members: Option<usize>,
    folds: Option<usize>,
    validation_fraction: Option<f64>,
    epochs: Option<usize>,
    learning_rate: Option<f64>,
    batch: Option<usize>,
    weight_decay: Option<f64>,
    patience: Option<usize>,
    loss: Option<String>,
    target_transform: Option<String>,
    target_statistics: Option<TargetStatistics>,
    #[serde(default)]
    extrapolate: bool,
    class_weight: Option<ClassWeight>,
    threshold: Option<String>,
    positive: Option<String>,
    #[serde(default)]
    intervals: Vec<f64>,
    tune: Option<Tuning>,
    seed: u64,
    /// Whether only networks may be the model, so that it can be trained further.
    #[serde(default)]
    networks_only: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Embedding {
    Bins(usize),
    Word(String),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ClassWeight {
    Word(String),
    Given(Vec<(String, f64)>),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tuning {
    Seconds(f64),
    Trials(usize),
}

impl Settings {
    /// Reads the parameters.
    pub fn read(json: &str) -> PyResult<Settings> {
        serde_json::from_str(json).map_err(|error| {
            // The place in the text that Python made is of no use to anybody.
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            PyValueError::new_err(format!("a parameter cannot be used: {text}"))
        })
    }

    /// The options of the library.
    pub fn options(&self) -> PyResult<FitOptions> {
        let mut options = FitOptions::default();
        let prepare = &mut options.prepare;
        prepare.targets = self.targets.clone();
        prepare.task = self.task;
        prepare.kinds = self.kinds.clone();
        prepare.extrapolate = self.extrapolate;
        prepare.statistics = self.target_statistics.unwrap_or_default();
        options.profile = self.profile;
        if let Some(neuron) = &self.neuron {
            options.neuron = NeuronChoice::Given(parsed("neuron", neuron)?);
        }
        let search = &mut options.search;
        if let Some(method) = &self.method {
            search.method = parsed::<SearchMethod>("method", method)?;
        }
        set(&mut search.max_order, self.max_order);
        set(&mut search.max_rank, self.max_rank);
        search.functions = self.functions.clone();
        set(&mut search.origin, self.origin);
        set(&mut search.alternatives, self.alternatives);
        let network = &mut options.network;
        network.hidden = self.hidden.clone();
        set(&mut network.rank, self.rank);
        set(&mut network.placement, self.placement);
        set(&mut network.interactions, self.interactions);
        set(&mut network.activation, self.activation);
        set(&mut network.norm, self.norm);
        network.dropout = self.dropout;
        network.embedding = match &self.embedding {
            None => EmbeddingChoice::Auto,
            Some(Embedding::Bins(bins)) => EmbeddingChoice::Bins(*bins),
            Some(Embedding::Word(word)) if word == "auto" => EmbeddingChoice::Auto,
            Some(Embedding::Word(word)) if word == "none" => EmbeddingChoice::None,
            Some(Embedding::Word(word)) => {
                return Err(PyValueError::new_err(format!(
                    "embedding is \"{word}\", allowed are \"auto\", \"none\" or a number of bins"
                )));
            }
        };
        network.members = self.members;
        network.folds = self.folds;
        options.train.epochs = self.epochs;
        options.train.learning_rate = self.learning_rate;
        options.train.batch = self.batch;
        options.train.weight_decay = self.weight_decay;
        options.train.patience = self.patience;
        if let Some(share) = self.validation_fraction {
            options.validation = neuronseek::model::Validation::Fraction(share);
        }
        options.loss = match &self.loss {
            Some(loss) => Some(parsed::<Loss>("loss", loss)?),
            None if self.networks_only && self.task == Task::Classification => {
                Some(Loss::CrossEntropy)
            }
            None if self.networks_only => Some(Loss::MeanSquared),
            None => None,
        };
        if let Some(transform) = &self.target_transform {
            options.target_transform = match transform.as_str() {
                "auto" => TransformChoice::Auto,
                name => TransformChoice::Given(parsed("target_transform", name)?),
            };
        }
        options.class_weights = match &self.class_weight {
            None => ClassWeights::None,
            Some(ClassWeight::Word(word)) => parsed("class_weight", word)?,
            Some(ClassWeight::Given(weights)) => ClassWeights::Given(weights.clone()),
        };
        if let Some(threshold) = &self.threshold {
            options.threshold = Some(parsed::<ThresholdChoice>("threshold", threshold)?);
        }
        options.positive = self.positive.clone();
        options.intervals = self.intervals.clone();
        options.tune =
            match &self.tune {
                None => None,
                Some(Tuning::Seconds(seconds)) => Some(Tune {
                    limit: TuneLimit::Time(Duration::try_from_secs_f64(*seconds).map_err(
                        |_| PyValueError::new_err("tune is a number of seconds above 0"),
                    )?),
                    log: None,
                }),
                Some(Tuning::Trials(trials)) => Some(Tune {
                    limit: TuneLimit::Trials(*trials),
                    log: None,
                }),
            };
        options.seed = self.seed;
        Ok(options)
    }
}

fn set<T: Copy>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn parsed<T: std::str::FromStr>(name: &str, text: &str) -> PyResult<T>
where
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error| PyValueError::new_err(format!("{name}: {error}")))
}

/// The terms of a neuron as JSON.
pub fn structure(neuron: &Neuron) -> PyResult<String> {
    serde_json::to_string(&neuron.terms().iter().map(Described::of).collect::<Vec<_>>())
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

/// A term in plain words.
#[derive(serde::Serialize)]
struct Described {
    kind: &'static str,
    text: String,
    order: Option<usize>,
    rank: Option<usize>,
    function: Option<String>,
}

impl Described {
    fn of(term: &neuronseek::neuron::Term) -> Described {
        use neuronseek::neuron::Term;
        let (kind, order, rank, function) = match term {
            Term::Pure { order } => ("pure", Some(*order), None, None),
            Term::Interaction { order, rank } => ("interaction", Some(*order), *rank, None),
            Term::Function(function) => ("function", None, None, Some(function.name().to_string())),
        };
        Described {
            kind,
            text: term.to_string(),
            order,
            rank,
            function,
        }
    }
}
