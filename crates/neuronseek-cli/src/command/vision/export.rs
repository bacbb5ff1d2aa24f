//! `neuronseek vision export`: a model for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use neuronseek_vision::export;
use neuronseek_vision::model::VisionModel;

use crate::console::Console;
use crate::display::size;
use crate::failure::Failure;
use crate::output::OutputFile;

/// Export a model, preprocessing included, for other programs
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek vision export model.safetensors --format onnx -o model.onnx

The ONNX model takes `images`, uint8 of batch x channels x rows x columns, and gives `logits` and \
`probabilities`; they differ from vision predict by rounding alone (about 1e-5 of the largest logit). \
The model file itself is safetensors: its tensors are the weights by the names of their layers.")]
pub struct Arguments {
    /// The model file that vision train wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// What to write
    #[arg(long, value_name = "FORMAT")]
    format: Format,
    /// The file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it exists already
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Onnx,
}

/// Exports.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let output = OutputFile::claim(&arguments.output, arguments.force)?;
    let model = VisionModel::load(&arguments.model)?;
    let bytes = match arguments.format {
        Format::Onnx => export::onnx(&model)?,
    };
    output.write(|out| out.write_all(&bytes))?;
    console.note(&format!(
        "{} in {}",
        size(bytes.len() as u64),
        output.path().display()
    ));
    Ok(())
}
