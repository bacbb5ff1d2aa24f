//! `neuronseek bench images`: image networks of found neurons beside linear ones.

use std::path::PathBuf;

use clap::Args;
use neuronseek::neuron::Neuron;
use neuronseek_bench::images::{self, Answer, ImagesSettings, NAME};
use neuronseek_vision::architecture::{Architecture, Placement};

use super::running::{self, Running};
use crate::arguments::{Form, choice};
use crate::command::vision::training::{Training, Varying};
use crate::console::Console;
use crate::failure::Failure;

/// Train image networks of several neurons at equal parameters and equal epochs
#[derive(Debug, Args)]
#[command(after_help = "\
Each network of a neuron is narrowed until it has no more parameters than the linear one of its \
architecture. Seeds, order of images, augmentation and schedule are the same for all; the test images \
decide nothing. The result is a Markdown table: accuracy over seeds, its paired difference to the \
first neuron's, size and speed.

Example: neuronseek bench images ../shared/data/images/cifar10 --neurons \"x;x + x^2\" --epochs 20 \
--out images")]
pub struct Arguments {
    /// Image sets with a training and a test part
    #[arg(value_name = "DATA", required = true)]
    sets: Vec<PathBuf>,
    /// The networks
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "small-cnn,resnet-20"
    )]
    architectures: Vec<Architecture>,
    /// The neurons, divided by semicolons; differences are against the first
    #[arg(
        long,
        value_name = "NEURONS",
        value_delimiter = ';',
        default_value = "x;x + x^2"
    )]
    neurons: Vec<Neuron>,
    /// All convolutions aggregate by the neuron, or the first one alone
    #[arg(long, value_name = "WHERE", default_value = "all", value_parser = choice([
        ("all", Placement::All), ("stem", Placement::Stem),
    ]))]
    placement: Placement,
    /// Seeds, from 0
    #[arg(long, value_name = "N", default_value_t = ImagesSettings::default().seeds)]
    seeds: u64,
    #[command(flatten)]
    training: Training,
    #[command(flatten)]
    varying: Varying,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    form: Form,
}

/// Trains and compares.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let settings = ImagesSettings {
        sets: arguments.sets.clone(),
        architectures: arguments.architectures.clone(),
        neurons: arguments.neurons.clone(),
        placement: arguments.placement,
        seeds: arguments.seeds,
        config: arguments.training.config(),
        augment: arguments.varying.augment(),
    };
    let options = arguments.running.options();
    let control = running::control(console)?;
    let results = images::run(&settings, &options, &control, &|record, progress| {
        let run = &record.run;
        let outcome = match &record.result {
            Answer::Trained { accuracy, .. } => format!("accuracy {accuracy:.4}"),
            Answer::Failed(reason) => reason.clone(),
        };
        let message = format!(
            "{}, {} of {}, seed {}: {outcome}",
            run.set, run.plan.architecture, run.plan.neuron, run.config.seed
        );
        running::show(console, NAME, progress, &message);
    })?;
    let table = images::markdown(&settings, &results.records);
    let what = (NAME, "Image networks at equal parameters");
    let form = (console, &arguments.form);
    (arguments.running).end(form, what, &results, &table, Vec::new())
}
