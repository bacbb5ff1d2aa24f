//! `neuronseek vision train`: from images to a model.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek_vision::VisionError;
use neuronseek_vision::architecture::{Architecture, Placement, Plan};
use neuronseek_vision::images::{ImageSet, Part};
use neuronseek_vision::model::{FitOptions, Fitted, VisionModel, fit};
use neuronseek_vision::train::{Epoch, EventLog, Score, TrainConfig};
use serde::Serialize;

use super::source::Source;
use super::training::{Running, Training, Varying};
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::display::{count, number};
use crate::failure::Failure;
use crate::output::OutputFile;
use crate::{interrupt, output};

/// Train a convolutional network of any neuron on images
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  neuronseek vision train cifar10 --architecture resnet-20 --neuron \"x + x^2\" -o model.safetensors
  neuronseek vision train photos/ --size 64 --architecture resnet-18 -o photos.safetensors

DATA is a CIFAR, SVHN or STL-10 file, archive or folder, the name of a public set that vision fetch \
got, or a folder with one folder of images per class. Where it has a test part (or a test folder), \
the network is tested on it after each epoch; the test decides nothing. Ctrl-C ends the run; with -o \
the model so far is saved, and the same command with --resume goes on.")]
pub struct Arguments {
    /// The images
    #[arg(value_name = "DATA")]
    data: PathBuf,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    training: Training,
    #[command(flatten)]
    ending: Ending,
    #[command(flatten)]
    varying: Varying,
    #[command(flatten)]
    source: Source,
    /// Test on these images instead of the set's own test part
    #[arg(long, value_name = "DATA", help_heading = "Images")]
    test: Option<PathBuf>,
    #[command(flatten)]
    saving: Saving,
    #[command(flatten)]
    running: Running,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
}

/// Which network.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Network")]
struct Network {
    /// small-cnn, resnet-20, resnet-18, resnet-34, densenet-100, densenet-121, se-resnet-20,
    /// se-resnet-18 or googlenet
    #[arg(long, value_name = "NAME", default_value = "resnet-20")]
    architecture: Architecture,
    /// How convolutions aggregate, such as "x + x^2" or "x + cp(2, r=8)"; linear is the published
    /// form [default: linear, or the neuron of the grown model]
    #[arg(long, value_name = "NEURON")]
    neuron: Option<Neuron>,
    /// All convolutions aggregate by the neuron, or the first one alone
    #[arg(long, value_name = "WHERE", default_value = "all")]
    placement: PlacementName,
    /// The factor of all channel counts
    #[arg(
        long,
        value_name = "F",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    width: f64,
    /// Narrow the network until it has no more parameters than the linear one
    #[arg(long)]
    match_parameters: bool,
    /// Start from a trained model, which may have fewer terms: new ones add nothing at first. Its
    /// architecture and width are taken
    #[arg(long, value_name = "MODEL", conflicts_with_all = [
        "architecture", "width", "match_parameters", "placement",
    ])]
    grow: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlacementName {
    All,
    Stem,
}

/// When training ends.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
struct Ending {
    /// End after this many epochs without a better validation accuracy, and keep the best one
    #[arg(long, value_name = "N", requires = "validation_fraction")]
    patience: Option<usize>,
    /// Hold out this share of the training images to end early, 0 to 0.5
    #[arg(
        long,
        value_name = "F",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    validation_fraction: f64,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// Where the model goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
struct Saving {
    /// The model file (safetensors); MODEL.checkpoint beside it keeps the run after each epoch
    #[arg(short, long, value_name = "MODEL")]
    output: Option<PathBuf>,
    /// Replace the model file if it exists already
    #[arg(long, requires = "output")]
    force: bool,
    /// Go on from MODEL.checkpoint, which an ended run of the same command left
    #[arg(long, requires = "output")]
    resume: bool,
}

impl Arguments {
    fn config(&self) -> TrainConfig {
        TrainConfig {
            patience: self.ending.patience,
            seed: self.ending.seed,
            ..self.training.config()
        }
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    neuron: &'a Neuron,
    architecture: Architecture,
    width: f64,
    parameters: usize,
    multiply_adds: u64,
    classes: usize,
    images: usize,
    seed: u64,
    seconds: f64,
    stopped: bool,
    test: Option<Score>,
    history: &'a [Epoch],
}

/// Trains.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    interrupt::listen()?;
    arguments.threads.apply()?;
    arguments.running.device.check()?;
    arguments.config().check()?;
    let saving = &arguments.saving;
    let output = match &saving.output {
        Some(path) => Some(OutputFile::claim(path, saving.force || saving.resume)?),
        None => None,
    };
    let parent = arguments.network.grow.as_deref().map(VisionModel::load);
    let parent = parent.transpose()?;
    let images = arguments
        .source
        .read(&arguments.data, Part::Train, console)?;
    let test = test(arguments, console)?;
    let plan = plan(&arguments.network, &images, parent.as_ref())?;
    let graph = plan.graph()?;
    console.note(&format!(
        "{} of {}, width {}: {} parameters, {} multiply-adds an image; {} images of {} classes",
        plan.architecture,
        plan.neuron,
        number(plan.width, 3),
        count(graph.parameter_count()),
        count(graph.multiply_adds() as usize),
        count(images.labels.len()),
        images.classes.len()
    ));
    let checkpoint = saving.output.as_deref().map(beside);
    let options = FitOptions {
        plan,
        config: arguments.config(),
        augment: arguments.varying.augment(),
        validation_fraction: arguments.ending.validation_fraction,
        parent,
        checkpoint: checkpoint.clone(),
        resume: saving.resume,
        device: arguments.running.device.clone(),
        workers: usize::from(arguments.running.workers),
    };
    let fitted = fitted(arguments, &images, test.as_ref(), &options, console)?;
    console.done();
    if let Some(output) = &output {
        let bytes = fitted.model.to_bytes()?;
        output.write(|out| out.write_all(&bytes))?;
        console.note(&format!("the model is in {}", output.path().display()));
    }
    if let Some(checkpoint) = checkpoint.filter(|_| !fitted.stopped) {
        // A finished run needs none; if it cannot be removed it does no harm.
        let _ = std::fs::remove_file(checkpoint);
    }
    show(
        arguments,
        &fitted,
        graph.parameter_count(),
        graph.multiply_adds(),
    )
}

fn fitted(
    arguments: &Arguments,
    images: &ImageSet,
    test: Option<&ImageSet>,
    options: &FitOptions,
    console: &Console,
) -> Result<Fitted, Failure> {
    let control = Control {
        observer: console,
        stop: interrupt::flag(),
        deadline: None,
    };
    let mut log = arguments
        .running
        .log
        .as_deref()
        .map(EventLog::create)
        .transpose()?;
    let epochs = options.config.epochs;
    let held_out = match options.validation_fraction {
        0.0 => "test",
        _ => "validation",
    };
    let fitted = fit(images, test, options, &control, &mut |epoch| {
        console.note(&line(epoch, epochs, held_out));
        log.as_mut().map_or(Ok(()), |log| log.add(epoch))
    });
    match fitted {
        Err(VisionError::Stopped) => Err(Failure::Interrupted(
            "ended before the first epoch was done; nothing was saved".to_string(),
        )),
        other => Ok(other?),
    }
}

/// The test images: those asked for, or the set's own.
fn test(arguments: &Arguments, console: &Console) -> Result<Option<ImageSet>, Failure> {
    let source = &arguments.source;
    match &arguments.test {
        Some(data) => Ok(Some(source.read(data, Part::Test, console)?)),
        None => {
            let own = source.own_test(&arguments.data, console)?;
            if own.is_none() {
                console.note("no test images: give some with --test to measure the model");
            }
            Ok(own)
        }
    }
}

fn plan(
    network: &Network,
    images: &ImageSet,
    parent: Option<&VisionModel>,
) -> Result<Plan, Failure> {
    if let Some(parent) = parent {
        parent.check(images)?;
        let own = parent.card.plan.clone();
        let neuron = network.neuron.clone().unwrap_or_else(|| own.neuron.clone());
        return Ok(Plan { neuron, ..own });
    }
    let input = [images.channels, images.height, images.width];
    let plan = Plan {
        neuron: network.neuron.clone().unwrap_or_else(Neuron::linear),
        placement: match network.placement {
            PlacementName::All => Placement::All,
            PlacementName::Stem => Placement::Stem,
        },
        width: network.width,
        ..Plan::linear(network.architecture, input, images.classes.len())
    };
    if network.match_parameters {
        Ok(plan.matched()?)
    } else {
        Ok(plan)
    }
}

fn beside(model: &Path) -> PathBuf {
    let mut path = model.as_os_str().to_owned();
    path.push(".checkpoint");
    path.into()
}

fn line(epoch: &Epoch, epochs: usize, held_out: &str) -> String {
    let mut line = format!(
        "epoch {:>3} of {epochs}  loss {:.4}  train {:.4}",
        epoch.epoch, epoch.loss, epoch.accuracy
    );
    if let Some(score) = epoch.validation {
        line.push_str(&format!(
            "  {held_out} {:.4} (loss {:.4})",
            score.accuracy, score.loss
        ));
    }
    if let Some(pace) = epoch.pace {
        line.push_str(&format!("  {:.0} images/s", pace.images_per_second));
    }
    line
}

fn show(
    arguments: &Arguments,
    fitted: &Fitted,
    parameters: usize,
    multiply_adds: u64,
) -> Result<(), Failure> {
    let card = &fitted.model.card;
    if arguments.form.json {
        let paces = fitted.history.iter().filter_map(|epoch| epoch.pace);
        return output::print_json(&Document {
            neuron: &card.plan.neuron,
            architecture: card.plan.architecture,
            width: card.plan.width,
            parameters,
            multiply_adds,
            classes: card.classes.len(),
            images: card.images,
            seed: card.config.seed,
            seconds: paces.map(|pace| pace.seconds).sum(),
            stopped: fitted.stopped,
            test: fitted.test,
            history: &fitted.history,
        });
    }
    let mut text = String::new();
    if fitted.stopped {
        let done = card.history.len();
        text.push_str(&format!(
            "ended after epoch {done} of {}; the same command with --resume goes on\n",
            card.config.epochs
        ));
    }
    match fitted.test {
        Some(score) => text.push_str(&format!(
            "test accuracy {:.4} (top five {:.4}), loss {:.4}, on {} images\n",
            score.accuracy,
            score.top5,
            score.loss,
            count(score.images)
        )),
        None => text.push_str("not tested\n"),
    }
    output::print(&text)
}
