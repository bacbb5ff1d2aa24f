//! `neuronseek export`: a model for other programs.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use neuronseek::export;
use neuronseek::model::{Expanded, Model, Pipeline};

use crate::console::Console;
use crate::display::size;
use crate::failure::Failure;
use crate::output::OutputFile;

/// Export a model, preparation included, for other programs
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek export houses.safetensors --format onnx -o houses.onnx

What is exported takes the columns of the table that the model was fitted to, as they are: numbers \
and truth values (0 and 1), texts, dates as seconds since 1970-01-01T00:00:00Z; the head of each file \
says which and how missing cells are given. Predictions differ from those of predict by rounding \
alone, about 1e-6 of the largest. latex and sympy hold the polynomial part of the model: the formula \
that predicts or, where networks predict, the one that the search fitted.")]
pub struct Arguments {
    /// The model file that fit wrote
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
    /// Of c: the precision that networks are computed in
    #[arg(long, value_name = "PRECISION", default_value = "float")]
    precision: Precision,
    /// Of sql: the data base
    #[arg(long, value_name = "DIALECT", default_value = "sqlite")]
    dialect: Dialect,
    /// Of sql: the table of rows to predict, such as houses or public.houses
    #[arg(long, value_name = "NAME", default_value = "data")]
    table: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Precision {
    Float,
    Double,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dialect {
    Sqlite,
    Duckdb,
    Postgres,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// ONNX, opset 17, with the look-up of texts
    Onnx,
    /// One C99 file that allocates nothing
    C,
    /// One Rust file that needs core alone
    Rust,
    /// One SELECT
    Sql,
    /// A Python file that needs NumPy alone
    Python,
    /// A Python file with an nn.Module, and its weights beside it (.weights.safetensors)
    Torch,
    /// The polynomial part as LaTeX
    Latex,
    /// The polynomial part as a Python file for SymPy
    Sympy,
    /// All steps of the model as JSON
    Json,
}

/// Exports.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let output = OutputFile::claim(&arguments.output, arguments.force)?;
    let weights = match arguments.format {
        Format::Torch => {
            let path = weights_of(&arguments.output);
            Some(OutputFile::claim(&path, arguments.force)?)
        }
        _ => None,
    };
    let model = Model::load(&arguments.model)?;
    let bytes = match arguments.format {
        Format::Latex => export::latex(&polynomial(&model, &arguments.model)?).into_bytes(),
        Format::Sympy => export::sympy(&polynomial(&model, &arguments.model)?).into_bytes(),
        format => {
            let written = model
                .pipeline()
                .and_then(|pipeline| written(&pipeline, format, arguments));
            let (bytes, more) = written.map_err(|reasons| refused(arguments, &reasons))?;
            if let (Some(file), Some(more)) = (&weights, more) {
                file.write(|out| out.write_all(&more))?;
                console.note(&format!("weights in {}", file.path().display()));
            }
            bytes
        }
    };
    output.write(|out| out.write_all(&bytes))?;
    let path = output.path().display();
    console.note(&format!("{} in {path}", size(bytes.len() as u64)));
    Ok(())
}

/// A file, and the weights beside it where the format has any.
type Written = (Vec<u8>, Option<Vec<u8>>);

fn written(
    pipeline: &Pipeline,
    format: Format,
    arguments: &Arguments,
) -> Result<Written, Vec<String>> {
    let text = match format {
        Format::Onnx => return Ok((export::onnx::onnx(pipeline)?, None)),
        Format::Torch => {
            let export = export::torch(pipeline)?;
            return Ok((export.module.into_bytes(), Some(export.weights)));
        }
        Format::C => export::c(pipeline, arguments.precision.into())?,
        Format::Rust => export::rust(pipeline)?,
        Format::Sql => export::sql(pipeline, arguments.dialect.into(), &arguments.table)?,
        Format::Python => export::python(pipeline)?,
        Format::Json | Format::Latex | Format::Sympy => export::json(pipeline),
    };
    Ok((text.into_bytes(), None))
}

impl From<Precision> for export::Precision {
    fn from(precision: Precision) -> export::Precision {
        match precision {
            Precision::Float => export::Precision::Float,
            Precision::Double => export::Precision::Double,
        }
    }
}

impl From<Dialect> for export::Dialect {
    fn from(dialect: Dialect) -> export::Dialect {
        match dialect {
            Dialect::Sqlite => export::Dialect::Sqlite,
            Dialect::Duckdb => export::Dialect::Duckdb,
            Dialect::Postgres => export::Dialect::Postgres,
        }
    }
}

/// The file of weights beside a Python file.
fn weights_of(path: &Path) -> PathBuf {
    path.with_extension("weights.safetensors")
}

fn refused(arguments: &Arguments, reasons: &[String]) -> Failure {
    Failure::unusable(format!(
        "{} cannot be exported: {}",
        arguments.model.display(),
        reasons.join("; ")
    ))
}

fn polynomial(model: &Model, path: &Path) -> Result<Expanded, Failure> {
    model.expanded().ok_or_else(|| {
        Failure::unusable(format!(
            "{} has no polynomial: its neuron was given, or has functions in it, or it is too large \
             to be multiplied out (50,000 products of inputs)",
            path.display()
        ))
    })
}
