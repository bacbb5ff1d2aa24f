//! `neuronseek vision predict`: which class images are of.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use neuronseek::observe::Control;
use neuronseek_vision::device::Device;
use neuronseek_vision::model::{VisionModel, probabilities};

use super::source::Source;
use crate::arguments::Threads;
use crate::console::Console;
use crate::failure::Failure;
use crate::interrupt;
use crate::output::{self, OutputFile};

/// Predict the class of images: CSV with one row per image
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek vision predict model.safetensors photos/ --proba -o predictions.csv")]
pub struct Arguments {
    /// The model file that vision train wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// An image (PNG, JPEG, WebP), or a folder of images; they are resized to the model's size
    #[arg(value_name = "IMAGES")]
    images: PathBuf,
    /// Add a column p_CLASS with the probability of each class
    #[arg(long)]
    proba: bool,
    #[command(flatten)]
    source: Source,
    /// The CSV file; without it the predictions are printed
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists already
    #[arg(long, requires = "output")]
    force: bool,
    /// Where to compute: cpu or cuda
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: Device,
    #[command(flatten)]
    threads: Threads,
}

/// Predicts.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    interrupt::listen_saying("ending")?;
    let output = match &arguments.output {
        Some(path) => Some(OutputFile::claim(path, arguments.force)?),
        None => None,
    };
    arguments.threads.apply()?;
    let model = VisionModel::load(&arguments.model)?;
    let input = model.card.plan.input;
    let read = arguments
        .source
        .unlabelled(&arguments.images, input, console)?;
    let (images, files) = (read.images, read.files);
    let control = Control {
        observer: console,
        stop: interrupt::flag(),
        deadline: None,
    };
    let logits = model.logits(&images, &arguments.device, &control)?;
    console.done();
    let chances = probabilities(&logits, model.card.classes.len());
    let write =
        |out: &mut dyn Write| write(&model.card.classes, &files, &chances, arguments.proba, out);
    let Some(output) = output else {
        return output::print_with(write);
    };
    output.write(write)?;
    console.note(&format!(
        "{} predictions in {}",
        files.len(),
        output.path().display()
    ));
    Ok(())
}

fn write(
    classes: &[String],
    files: &[PathBuf],
    chances: &[f32],
    proba: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    let mut header = vec!["file".to_string(), "prediction".to_string()];
    if proba {
        header.extend(classes.iter().map(|class| format!("p_{class}")));
    }
    csv.write_record(&header)?;
    for (file, chances) in files.iter().zip(chances.chunks_exact(classes.len())) {
        let best = (0..classes.len()).max_by(|&a, &b| chances[a].total_cmp(&chances[b]));
        let best = best.unwrap_or_default();
        let mut row = vec![file.display().to_string(), classes[best].clone()];
        if proba {
            row.extend(chances.iter().map(f32::to_string));
        }
        csv.write_record(&row)?;
    }
    csv.flush()
}
