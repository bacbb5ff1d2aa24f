//! `neuronseek vision search joint`: gates inside the convolutions.

use std::path::PathBuf;

use clap::Args;
use neuronseek::neuron::{Neuron, Structure, Term};
use neuronseek::observe::Control;
use neuronseek_vision::architecture::{Architecture, Plan};
use neuronseek_vision::device::Device;
use neuronseek_vision::images::{ImageSet, Part};
use neuronseek_vision::model::{Card, VisionModel};
use neuronseek_vision::search::{JointFound, JointOptions, joint};
use neuronseek_vision::train::{GateConfig, TrainConfig};
use serde::Serialize;

use super::title;
use crate::arguments::{Form, Threads};
use crate::command::vision::source::Source;
use crate::command::vision::training::{Training, Varying};
use crate::console::Console;
use crate::display::{self, Columns, Side, count, duration};
use crate::failure::Failure;
use crate::output::OutputFile;
use crate::{interrupt, output};

/// Search inside the network: a gate on each candidate term of all convolutions
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek vision search joint cifar10 --epochs 10 -o start.safetensors

The network is trained with its gates by the paper's schedule: open in the first quarter, priced more \
and more to three quarters. Terms whose gates stay open are the neuron; -o stores the network of them, \
from which vision train --grow goes on.")]
pub struct Arguments {
    /// The images
    #[arg(value_name = "DATA")]
    data: PathBuf,
    /// The terms to choose from
    #[arg(
        long,
        value_name = "NEURON",
        default_value = "x + x^2 + x^3 + cp(2)",
        help_heading = "Search"
    )]
    candidates: Neuron,
    /// The price of an open gate in nats, at least 0
    #[arg(long, value_name = "P", default_value_t = GateConfig::default().penalty,
          allow_negative_numbers = true, help_heading = "Search")]
    penalty: f32,
    /// The network whose convolutions are searched
    #[arg(
        long,
        value_name = "NAME",
        default_value = "small-cnn",
        help_heading = "Search"
    )]
    architecture: Architecture,
    /// Where to compute: cpu or cuda
    #[arg(
        long,
        value_name = "DEVICE",
        default_value = "cpu",
        help_heading = "Search"
    )]
    device: Device,
    #[command(flatten)]
    training: Training,
    #[command(flatten)]
    varying: Varying,
    #[command(flatten)]
    source: Source,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Store the network of the kept terms
    #[arg(short, long, value_name = "MODEL")]
    output: Option<PathBuf>,
    /// Replace the model file if it exists already
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    neuron: &'a Neuron,
    structure: Structure,
    search: &'static str,
    seed: u64,
    seconds: f64,
    images: usize,
    gates: Vec<Gate>,
}

/// A candidate.
#[derive(Serialize)]
struct Gate {
    term: Term,
    /// The probability that its gate is open.
    open: f64,
    kept: bool,
}

/// Searches.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    interrupt::listen_saying("ending without a result")?;
    arguments.threads.apply()?;
    arguments.device.check()?;
    let output = match &arguments.output {
        Some(path) => Some(OutputFile::claim(path, arguments.force)?),
        None => None,
    };
    let images = arguments
        .source
        .read(&arguments.data, Part::Train, console)?;
    let input = [images.channels, images.height, images.width];
    let plan = Plan {
        neuron: arguments.candidates.clone(),
        ..Plan::linear(arguments.architecture, input, images.classes.len())
    };
    let config = TrainConfig {
        seed: arguments.seed,
        ..arguments.training.config()
    };
    let options = JointOptions {
        config: config.clone(),
        augment: arguments.varying.augment(),
        penalty: arguments.penalty,
        device: arguments.device.clone(),
        ..JointOptions::new(plan)
    };
    let control = Control {
        observer: console,
        stop: interrupt::flag(),
        deadline: None,
    };
    let found = joint(&images, None, &options, &control, &mut |_| Ok(()))?;
    console.done();
    if let Some(output) = output {
        let bytes = model(&found, &images, config).to_bytes()?;
        output.write(|out| out.write_all(&bytes))?;
        console.note(&format!("the network is in {}", output.path().display()));
    }
    if arguments.form.json {
        return output::print_json(&document(arguments, &found, &images));
    }
    output::print(&text(arguments, &found, &images, console.styled))
}

fn document<'a>(arguments: &Arguments, found: &'a JointFound, images: &ImageSet) -> Document<'a> {
    let gates = found.terms.iter().map(|gate| Gate {
        term: gate.term,
        open: gate.probability,
        kept: gate.kept,
    });
    Document {
        neuron: &found.plan.neuron,
        structure: found.plan.neuron.structure(),
        search: "joint",
        seed: arguments.seed,
        seconds: found.seconds,
        images: images.images(),
        gates: gates.collect(),
    }
}

fn text(arguments: &Arguments, found: &JointFound, images: &ImageSet, styled: bool) -> String {
    let titles = [
        ("term", Side::Left),
        ("gate open", Side::Right),
        ("", Side::Left),
    ];
    let mut columns = Columns::new(&titles, styled);
    for gate in &found.terms {
        columns.row([
            gate.term.to_string(),
            display::number(gate.probability, 3),
            display::bar(gate.probability, 20),
        ]);
    }
    format!(
        "{}\n{}\njoint on {} images, {} epochs of {}, {}\n",
        title(&found.plan.neuron, styled),
        columns.text(),
        count(images.images()),
        found.history.len(),
        arguments.architecture,
        duration(found.seconds)
    )
}

fn model(found: &JointFound, images: &ImageSet, config: TrainConfig) -> VisionModel {
    VisionModel {
        card: Card {
            plan: found.plan.clone(),
            classes: images.classes.clone(),
            normalisation: found.normalisation.clone(),
            trained_on: images.name.clone(),
            images: images.images(),
            config,
            history: found.history.clone(),
        },
        numbers: found.numbers.clone(),
    }
}
