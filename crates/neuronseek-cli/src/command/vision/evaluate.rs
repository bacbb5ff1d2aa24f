//! `neuronseek vision evaluate`: how well a model does on labelled images.

use std::path::PathBuf;

use clap::Args;
use neuronseek::observe::Control;
use neuronseek_vision::device::Device;
use neuronseek_vision::images::Part;
use neuronseek_vision::model::VisionModel;
use neuronseek_vision::train::{Score, score};
use serde::Serialize;

use super::source::Source;
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::display::{Columns, Side, count, number};
use crate::failure::Failure;
use crate::{interrupt, output};

/// Measure a model on labelled images: accuracy, and how each class fares
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek vision evaluate model.safetensors cifar10")]
pub struct Arguments {
    /// The model file that vision train wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The images: a set with a test part, or a folder with one folder of images per class
    #[arg(value_name = "DATA")]
    data: PathBuf,
    /// Measure on the training part of the set
    #[arg(long)]
    train_part: bool,
    #[command(flatten)]
    source: Source,
    /// Where to compute: cpu or cuda
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: Device,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    metrics: Score,
    classes: Vec<Class<'a>>,
}

/// How a class fares.
#[derive(Serialize)]
struct Class<'a> {
    name: &'a str,
    images: usize,
    /// Images of the class that are found.
    recall: f64,
    /// Images said to be of the class that are.
    precision: f64,
    /// The class that images of this one are most often taken for, and how many.
    mistaken_for: Option<(&'a str, usize)>,
}

/// Evaluates.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    interrupt::listen_saying("ending")?;
    arguments.threads.apply()?;
    let model = VisionModel::load(&arguments.model)?;
    let source = arguments.source.sized(model.card.plan.input);
    let part = if arguments.train_part {
        Part::Train
    } else {
        Part::Test
    };
    let images = source.read(&arguments.data, part, console)?;
    let control = Control {
        observer: console,
        stop: interrupt::flag(),
        deadline: None,
    };
    let logits = model.logits(&images, &arguments.device, &control)?;
    console.done();
    let names = &model.card.classes;
    let metrics = score(&logits, &images.labels, names.len());
    let classes = classes(&logits, &images.labels, names);
    if arguments.form.json {
        return output::print_json(&Document { metrics, classes });
    }
    let titles = ["images", "recall", "precision"].map(|title| (title, Side::Right));
    let mut columns = vec![("class", Side::Left)];
    columns.extend(titles);
    columns.push(("most often taken for", Side::Left));
    let mut columns = Columns::new(&columns, console.styled);
    for class in &classes {
        let mistaken = class
            .mistaken_for
            .map(|(name, count)| format!("{name} ({count})"));
        columns.row([
            class.name.to_string(),
            count(class.images),
            number(class.recall, 3),
            number(class.precision, 3),
            mistaken.unwrap_or_default(),
        ]);
    }
    output::print(&format!(
        "accuracy {:.4} (top five {:.4}), loss {:.4}, on {} images\n\n{}\n",
        metrics.accuracy,
        metrics.top5,
        metrics.loss,
        count(metrics.images),
        columns.text()
    ))
}

fn classes<'a>(logits: &[f32], labels: &[u32], names: &'a [String]) -> Vec<Class<'a>> {
    let count = names.len();
    let mut confusion = vec![0usize; count * count];
    for (row, &label) in logits.chunks_exact(count).zip(labels) {
        let said = (0..count).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        confusion[label as usize * count + said.unwrap_or_default()] += 1;
    }
    let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
    let of = |class: usize| {
        let row = &confusion[class * count..(class + 1) * count];
        let right = row[class];
        let images = row.iter().sum();
        let said = (0..count)
            .map(|other| confusion[other * count + class])
            .sum();
        let wrong = (0..count).filter(|&other| other != class && row[other] > 0);
        Class {
            name: &names[class],
            images,
            recall: share(right, images),
            precision: share(right, said),
            mistaken_for: wrong
                .max_by_key(|&other| (row[other], count - other))
                .map(|other| (names[other].as_str(), row[other])),
        }
    };
    (0..count).map(of).collect()
}
