//! `neuronseek vision search`: the neuron of an image set.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use neuronseek::model::SearchMethod;
use neuronseek::neuron::{Neuron, Term};
use neuronseek::observe::Control;
use neuronseek_vision::architecture::{Architecture, Plan};
use neuronseek_vision::device::Device;
use neuronseek_vision::images::{ImageSet, Part};
use neuronseek_vision::model::{Card, VisionModel};
use neuronseek_vision::search::{
    Found, JointFound, JointOptions, Rows, SearchConfig, joint, search,
};
use neuronseek_vision::train::TrainConfig;
use serde::Serialize;

use super::source::Source;
use super::training::{Training, Varying};
use crate::arguments::searching::method;
use crate::arguments::{Form, Threads};
use crate::command::search::evidence;
use crate::console::Console;
use crate::display::{self, Columns, Side, count, duration};
use crate::failure::Failure;
use crate::output::OutputFile;
use crate::{interrupt, output};

/// Find the neuron that convolutions on an image set want
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  neuronseek vision search cifar10 --search joint --epochs 10 -o start.safetensors
  neuronseek vision search cifar10 --search features

joint trains a network with a gate on each candidate term of all convolutions and keeps what stays \
open; -o stores its network of the kept terms, from which vision train --grow goes on. The other ways \
search the neuron of a classifier of rows: images averaged down (flat), what a small trained network \
makes of them (features), patches of 3 x 3 pixels (patches).")]
pub struct Arguments {
    /// The images
    #[arg(value_name = "DATA")]
    data: PathBuf,
    /// Where the search looks
    #[arg(
        long,
        value_name = "WAY",
        default_value = "joint",
        help_heading = "Search"
    )]
    search: Way,
    /// The terms that joint chooses from
    #[arg(
        long,
        value_name = "NEURON",
        default_value = "x + x^2 + x^3 + cp(2)",
        help_heading = "Search"
    )]
    candidates: Neuron,
    /// The price of an open gate in nats, at least 0 (joint)
    #[arg(
        long,
        value_name = "P",
        default_value_t = 0.05,
        allow_negative_numbers = true,
        help_heading = "Search"
    )]
    penalty: f32,
    /// The network whose convolutions are searched (joint)
    #[arg(
        long,
        value_name = "NAME",
        default_value = "small-cnn",
        help_heading = "Search"
    )]
    architecture: Architecture,
    /// Rows at most, those held out included (flat, features, patches)
    #[arg(long, value_name = "N", default_value_t = SearchConfig::default().sample,
          help_heading = "Search")]
    rows: usize,
    /// als, td or td-paper (flat, features, patches)
    #[arg(long, default_value = "als", value_parser = method(), help_heading = "Search")]
    method: SearchMethod,
    /// The highest order of a term, 1 to 5 (flat, features, patches)
    #[arg(long, value_name = "K", default_value_t = SearchConfig::default().max_order,
          help_heading = "Search")]
    max_order: usize,
    /// The highest rank of an interaction, 0 to 64 (flat, features, patches)
    #[arg(long, value_name = "R", default_value_t = SearchConfig::default().max_rank,
          help_heading = "Search")]
    max_rank: usize,
    #[command(flatten)]
    training: Training,
    #[command(flatten)]
    varying: Varying,
    #[command(flatten)]
    source: Source,
    /// Where to compute: cpu or cuda (joint)
    #[arg(
        long,
        value_name = "DEVICE",
        default_value = "cpu",
        help_heading = "Search"
    )]
    device: Device,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Store the network of the kept terms (joint)
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Joint,
    Flat,
    Features,
    Patches,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    neuron: &'a Neuron,
    search: &'static str,
    seed: u64,
    /// Candidates of joint with the probability that their gates are open.
    #[serde(skip_serializing_if = "Option::is_none")]
    gates: Option<Vec<Gate>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    /// The share of the deviance of rows of other images that is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<f64>,
    rows: usize,
    inputs: usize,
}

#[derive(Serialize)]
struct Gate {
    term: Term,
    open: f64,
}

/// Searches.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    interrupt::listen_saying("ending without a result")?;
    arguments.threads.apply()?;
    let output = match &arguments.output {
        Some(_) if arguments.search != Way::Joint => {
            return Err(Failure::Usage(
                "-o stores the network of --search joint; the other ways train none".to_string(),
            ));
        }
        Some(path) => Some(OutputFile::claim(path, arguments.force)?),
        None => None,
    };
    let images = arguments
        .source
        .read(&arguments.data, Part::Train, console)?;
    let control = Control {
        observer: console,
        stop: interrupt::flag(),
        deadline: None,
    };
    let rows = match arguments.search {
        Way::Joint => return jointly(arguments, output, &images, console),
        Way::Flat => Rows::Flat,
        Way::Features => Rows::Features,
        Way::Patches => Rows::Patches,
    };
    let config = SearchConfig {
        rows,
        method: arguments.method,
        max_order: arguments.max_order,
        max_rank: arguments.max_rank,
        sample: arguments.rows,
        seed: arguments.seed,
        ..SearchConfig::default()
    };
    let found = search(&images, &config, &control)?;
    console.done();
    for warning in &found.warnings {
        console.warn(warning);
    }
    show(arguments, &found, console)
}

fn show(arguments: &Arguments, found: &Found, console: &Console) -> Result<(), Failure> {
    let report = &found.report;
    if arguments.form.json {
        return output::print_json(&Document {
            neuron: &found.neuron,
            search: arguments.search.name(),
            seed: arguments.seed,
            gates: None,
            method: Some(&report.method),
            explained: Some(found.explained),
            rows: found.rows,
            inputs: found.inputs,
        });
    }
    output::print(&format!(
        "{}\n{}\n{} on {} rows of {} inputs, {}; {} of the deviance of {} rows of other images is \
         explained\n",
        title(&found.neuron, console.styled),
        evidence(report, console.styled),
        report.method,
        count(found.rows),
        found.inputs,
        duration(found.seconds),
        display::percent(found.explained),
        count(found.held_out)
    ))
}

fn jointly(
    arguments: &Arguments,
    output: Option<OutputFile>,
    images: &ImageSet,
    console: &Console,
) -> Result<(), Failure> {
    let input = [images.channels, images.height, images.width];
    let plan = Plan {
        neuron: arguments.candidates.clone(),
        ..Plan::linear(arguments.architecture, input, images.classes.len())
    };
    let config = TrainConfig {
        seed: arguments.seed,
        ..arguments.training.config()
    };
    let control = Control {
        observer: console,
        stop: interrupt::flag(),
        deadline: None,
    };
    let options = JointOptions {
        config: config.clone(),
        augment: arguments.varying.augment(),
        penalty: arguments.penalty,
        device: arguments.device.clone(),
        ..JointOptions::new(plan)
    };
    let found = joint(images, None, &options, &control, &mut |_| Ok(()))?;
    console.done();
    if let Some(output) = output {
        let bytes = model(&found, images, &config).to_bytes()?;
        output.write(|out| out.write_all(&bytes))?;
        console.note(&format!("the network is in {}", output.path().display()));
    }
    if arguments.form.json {
        let gates = found.terms.iter();
        return output::print_json(&Document {
            neuron: &found.plan.neuron,
            search: arguments.search.name(),
            seed: arguments.seed,
            gates: Some(
                gates
                    .map(|gate| Gate {
                        term: gate.term,
                        open: gate.probability,
                    })
                    .collect(),
            ),
            method: None,
            explained: None,
            rows: images.images(),
            inputs: images.image_bytes(),
        });
    }
    let titles = [
        ("term", Side::Left),
        ("gate open", Side::Right),
        ("", Side::Left),
    ];
    let mut columns = Columns::new(&titles, console.styled);
    for gate in &found.terms {
        columns.row([
            gate.term.to_string(),
            display::number(gate.probability, 3),
            display::bar(gate.probability, 20),
        ]);
    }
    output::print(&format!(
        "{}\n{}\njoint on {} images, {} epochs of {}\n",
        title(&found.plan.neuron, console.styled),
        columns.text(),
        count(images.images()),
        config.epochs,
        arguments.architecture
    ))
}

fn model(found: &JointFound, images: &ImageSet, config: &TrainConfig) -> VisionModel {
    VisionModel {
        card: Card {
            plan: found.plan.clone(),
            classes: images.classes.clone(),
            normalisation: found.normalisation.clone(),
            trained_on: images.name.clone(),
            images: images.images(),
            config: config.clone(),
            history: found.history.clone(),
        },
        numbers: found.numbers.clone(),
    }
}

fn title(neuron: &Neuron, styled: bool) -> String {
    format!(
        "{}  {}\n",
        display::heading("Neuron", styled),
        display::heading(&neuron.to_string(), styled)
    )
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Joint => "joint",
            Way::Flat => "flat",
            Way::Features => "features",
            Way::Patches => "patches",
        }
    }
}
