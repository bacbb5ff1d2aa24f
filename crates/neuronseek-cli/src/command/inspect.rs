//! `neuronseek inspect`: what is in a model file.

use std::path::PathBuf;

use clap::Args;
use neuronseek::explain;
use neuronseek::model::Model;
use neuronseek::prepare::Role;

use super::{drawing, summary};
use crate::arguments::Form;
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::documents::FitDocument;
use crate::failure::Failure;
use crate::output::{self, OutputFile};

/// Steps of a curve, one letter each.
const STEPS: usize = 32;

/// Print what is in a model: its neuron, inputs, comparison and metrics
#[derive(Debug, Args)]
#[command(after_help = "Example: neuronseek inspect houses.safetensors")]
pub struct Arguments {
    /// The model file that fit wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Draw what each term explains and how it compares, as an SVG file
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Replace the picture if it exists already
    #[arg(long, requires = "picture")]
    force: bool,
    #[command(flatten)]
    form: Form,
}

/// Prints it.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let picture = match &arguments.picture {
        Some(path) => Some(OutputFile::claim(path, arguments.force)?),
        None => None,
    };
    let model = Model::load(&arguments.model)?;
    let report = model.report();
    if let Some(picture) = picture {
        let svg = super::picture::svg(report);
        picture.write(|out| out.write_all(svg.as_bytes()))?;
    }
    if arguments.form.json {
        return output::print_json(&FitDocument::new(report, None, Some(&arguments.model)));
    }
    let mut text = summary::fit(report, console.styled);
    text.push_str(&format!("\n{}", drawing::neuron(&report.neuron)));
    text.push_str(&drawing::sketches(
        &explain::sketches(&model, STEPS),
        console.styled,
    ));
    text.push_str(&format!("\n{}", columns(&model, console.styled)));
    for warning in &report.warnings {
        text.push_str(&format!("warning at the fit: {warning}\n"));
    }
    output::print(&text)
}

/// What became of each column of the training table.
fn columns(model: &Model, styled: bool) -> String {
    let mut columns = Columns::new(
        &[
            ("column", Side::Left),
            ("role", Side::Left),
            ("kind", Side::Left),
            ("inputs", Side::Right),
            ("missing", Side::Right),
            ("done", Side::Left),
        ],
        styled,
    );
    for column in model.preparation().column_summary() {
        let role = match column.role {
            Role::Input => "input",
            Role::Target => "target",
            Role::Weights => "weights",
            Role::Unused => "left out",
        };
        let some = |count: usize| match count {
            0 => String::new(),
            count => display::count(count),
        };
        columns.row([
            column.name.clone(),
            role.to_string(),
            column.kind.map_or(String::new(), |kind| kind.to_string()),
            some(column.inputs),
            some(column.missing),
            column.done.clone(),
        ]);
    }
    columns.text()
}
