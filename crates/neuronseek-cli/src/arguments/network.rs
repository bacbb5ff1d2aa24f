//! Flags about the networks that a fit builds and trains.

use clap::Args;
use neuronseek::model::{EmbeddingChoice, NetworkOptions, Profile, TrainOptions};
use neuronseek::network::{Activation, Interactions, Loss, Norm, Placement};
use neuronseek::neuron::Neuron;

use super::choice;

/// How much is done.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Network")]
pub struct Effort {
    /// polynomial: the search's formula alone; small: one small network or the formula; default: a blend of networks trained on folds,
    /// within a minute for 20,000 rows on one core; best: more kinds, folds and passes, within
    /// about five minutes
    #[arg(long, value_name = "PROFILE", default_value = "default", value_parser = choice([
        ("polynomial", Profile::Polynomial), ("small", Profile::Small), ("default", Profile::Default), ("best", Profile::Best),
    ]))]
    pub profile: Profile,
}

/// The shape of the networks.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Network")]
pub struct Shape {
    /// Units of each hidden layer, such as 64,32; none for no hidden layer [default: by profile]
    #[arg(long, value_name = "N,N", value_parser = hidden)]
    pub hidden: Option<Hidden>,
    /// Rank of the network's interactions where the neuron leaves it open
    #[arg(long, value_name = "R", default_value_t = NetworkOptions::default().rank)]
    pub rank: usize,
    /// The layers that use the neuron; the others aggregate by x
    #[arg(long, default_value = "first", value_parser = choice([
        ("first", Placement::First), ("every", Placement::Every),
    ]))]
    pub placement: Placement,
    /// One basis of projections for all units of a layer, or one product per unit
    #[arg(long, default_value = "shared", value_parser = choice([
        ("shared", Interactions::Shared), ("independent", Interactions::Independent),
    ]))]
    pub interactions: Interactions,
    /// The activation between layers
    #[arg(long, default_value = "silu", value_parser = choice([
        ("relu", Activation::Relu), ("silu", Activation::Silu), ("tanh", Activation::Tanh),
        ("sigmoid", Activation::Sigmoid), ("gelu", Activation::Gelu),
        ("identity", Activation::Identity),
    ]))]
    pub activation: Activation,
    /// A norm of each term's values
    #[arg(long, default_value = "none", value_parser = choice([
        ("none", Norm::None), ("batch", Norm::Batch), ("layer", Norm::Layer),
    ]))]
    pub norm: Norm,
    /// The probability that a hidden unit is dropped in training, 0 to below 1 [default: by kind]
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub dropout: Option<f32>,
    /// Piecewise-linear embedding of numeric inputs: auto compares networks with and without, none,
    /// or the most bins an input
    #[arg(long, value_name = "BINS", value_parser = embedding, default_value = "auto")]
    pub embedding: EmbeddingChoice,
    /// A neuron straight from inputs to outputs; none for none
    #[arg(long, value_name = "NEURON", value_parser = skip, default_value_t = Skip::default())]
    pub skip: Skip,
    /// Networks of different seeds, of each kind and fold, 1 to 64 [default: by profile]
    #[arg(long, value_name = "N")]
    pub members: Option<usize>,
    /// Parts of the rows of which each is held out once, 1 to 20; 1 for one part alone
    /// [default: by profile]
    #[arg(long, value_name = "N")]
    pub folds: Option<usize>,
    /// Hold out this share of the rows, drawn by the seed, instead of folds, to end training and to
    /// compare by
    #[arg(
        long,
        value_name = "F",
        allow_negative_numbers = true,
        conflicts_with = "folds"
    )]
    pub validation_fraction: Option<f64>,
}

/// Units of each hidden layer.
#[derive(Debug, Clone)]
pub struct Hidden(pub Vec<usize>);

impl std::fmt::Display for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let units: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&units.join(","))
    }
}

fn hidden(text: &str) -> Result<Hidden, String> {
    if text == "none" {
        return Ok(Hidden(Vec::new()));
    }
    let units: Result<Vec<usize>, _> = text.split(',').map(|units| units.trim().parse()).collect();
    match units {
        Ok(units) if units.iter().all(|&units| units > 0) => Ok(Hidden(units)),
        _ => Err("write the units of each layer, such as 64,32, or none".to_string()),
    }
}

fn embedding(text: &str) -> Result<EmbeddingChoice, String> {
    match text {
        "auto" => Ok(EmbeddingChoice::Auto),
        "none" => Ok(EmbeddingChoice::None),
        bins => match bins.parse() {
            Ok(bins) => Ok(EmbeddingChoice::Bins(bins)),
            Err(_) => Err("write auto, none or a number of bins, such as 32".to_string()),
        },
    }
}

/// A neuron beside the layers, if any.
#[derive(Debug, Clone)]
pub struct Skip(pub Option<Neuron>);

impl Default for Skip {
    fn default() -> Skip {
        Skip(NetworkOptions::default().skip)
    }
}

impl std::fmt::Display for Skip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(neuron) => neuron.fmt(f),
            None => f.write_str("none"),
        }
    }
}

fn skip(text: &str) -> Result<Skip, String> {
    if text == "none" {
        return Ok(Skip(None));
    }
    let neuron: Neuron = text.parse().map_err(|error| format!("{error}"))?;
    Ok(Skip(Some(neuron)))
}

impl Shape {
    /// The options of the library.
    pub fn options(&self) -> NetworkOptions {
        NetworkOptions {
            hidden: self.hidden.as_ref().map(|hidden| hidden.0.clone()),
            rank: self.rank,
            placement: self.placement,
            interactions: self.interactions,
            activation: self.activation,
            norm: self.norm,
            dropout: self.dropout,
            skip: self.skip.0.clone(),
            embedding: self.embedding,
            members: self.members,
            folds: self.folds,
        }
    }
}

/// How the networks are trained.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
pub struct Training {
    /// The most passes over the training rows; the best on validation rows is kept [default: by
    /// profile and rows]
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// The highest learning rate of the schedule [default: 0.006]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// Rows a step [default: by the number of rows]
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Weight decay, 0 to 1 [default: by kind of network]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true)]
    pub weight_decay: Option<f64>,
    /// Epochs without a lower validation loss that end a training [default: by profile]
    #[arg(long, value_name = "N")]
    pub patience: Option<usize>,
    /// What training makes small for numeric targets: mse; huber or huber:DELTA; quantile:TAU; or,
    /// with the logarithm of the mean fitted, poisson (counts), gamma (numbers above 0), tweedie or
    /// tweedie:POWER (amounts with zeros; power above 1 and below 2, default 1.5). Classes always
    /// use cross-entropy
    #[arg(long, value_name = "LOSS", value_parser = str::parse::<Loss>)]
    pub loss: Option<Loss>,
}

impl Training {
    /// The options of the library.
    pub fn options(&self) -> TrainOptions {
        TrainOptions {
            epochs: self.epochs,
            learning_rate: self.learning_rate,
            batch: self.batch,
            weight_decay: self.weight_decay,
            patience: self.patience,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embeddings_have_bins() {
        assert_eq!(embedding("auto"), Ok(EmbeddingChoice::Auto));
        assert_eq!(embedding("none"), Ok(EmbeddingChoice::None));
        assert_eq!(embedding("32"), Ok(EmbeddingChoice::Bins(32)));
        for wrong in ["", "-1", "1.5", "yes"] {
            assert!(embedding(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hidden_layers_are_counted_units() {
        assert_eq!(hidden("8").unwrap().0, [8]);
        assert_eq!(hidden("64, 32").unwrap().to_string(), "64,32");
        assert!(hidden("none").unwrap().0.is_empty());
        for wrong in ["", "0", "64,", "64;32", "-1"] {
            assert!(hidden(wrong).is_err(), "{wrong}");
        }
    }
}
