//! `neuronseek export`: a model for other programs.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use neuronseek::export;
use neuronseek::model::{Expanded, Model};

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
    /// Of c: the precision that networks are computed in [default: float]
    #[arg(long, value_name = "PRECISION")]
    precision: Option<Precision>,
    /// Of sql: the data base [default: sqlite]
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,
    /// Of sql: the table of rows to predict, such as houses or public.houses [default: data]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
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
    check(arguments)?;
    let output = OutputFile::claim(&arguments.output, arguments.force)?;
    let weights = match arguments.format {
        Format::Torch => {
            let path = weights_of(&arguments.output);
            Some(OutputFile::claim(&path, arguments.force)?)
        }
        _ => None,
    };
    let model = Model::load(&arguments.model)?;
    let (bytes, more) = written(&model, arguments)?;
    if let Some((file, more)) = weights.zip(more) {
        file.write(|out| out.write_all(&more))?;
        console.note(&format!("weights in {}", file.path().display()));
    }
    output.write(|out| out.write_all(&bytes))?;
    let path = output.path().display();
    console.note(&format!("{} in {path}", size(bytes.len() as u64)));
    Ok(())
}

/// Refuses options of other formats.
fn check(arguments: &Arguments) -> Result<(), Failure> {
    let given = [
        ("--precision", Format::C, arguments.precision.is_some()),
        ("--dialect", Format::Sql, arguments.dialect.is_some()),
        ("--table", Format::Sql, arguments.table.is_some()),
    ];
    for (option, format, given) in given {
        if given && arguments.format != format {
            let name = if format == Format::C { "c" } else { "sql" };
            return Err(Failure::Usage(format!(
                "{option} is of --format {name}; leave it out"
            )));
        }
    }
    Ok(())
}

/// A file, and the weights beside it where the format has any.
type Written = (Vec<u8>, Option<Vec<u8>>);

fn written(model: &Model, arguments: &Arguments) -> Result<Written, Failure> {
    let refused = |reasons: Vec<String>| {
        Failure::unusable(format!(
            "{} cannot be exported: {}",
            arguments.model.display(),
            reasons.join("; ")
        ))
    };
    let pipeline = || model.pipeline().map_err(refused);
    let expanded = || polynomial(model, &arguments.model);
    let text = match arguments.format {
        Format::Onnx => {
            let bytes = export::onnx::onnx(&pipeline()?).map_err(refused)?;
            return Ok((bytes, None));
        }
        Format::Torch => {
            let export = export::torch(&pipeline()?).map_err(refused)?;
            return Ok((export.module.into_bytes(), Some(export.weights)));
        }
        Format::C => {
            let precision = arguments.precision.unwrap_or(Precision::Float);
            export::c(&pipeline()?, precision.into()).map_err(refused)?
        }
        Format::Rust => export::rust(&pipeline()?).map_err(refused)?,
        Format::Sql => {
            let dialect = arguments.dialect.unwrap_or(Dialect::Sqlite);
            let table = arguments.table.as_deref().unwrap_or("data");
            export::sql(&pipeline()?, dialect.into(), table).map_err(refused)?
        }
        Format::Python => export::python(&pipeline()?).map_err(refused)?,
        Format::Json => export::json(&pipeline()?),
        Format::Latex => export::latex(&expanded()?),
        Format::Sympy => export::sympy(&expanded()?),
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

fn polynomial(model: &Model, path: &Path) -> Result<Expanded, Failure> {
    model.expanded().ok_or_else(|| {
        Failure::unusable(format!(
            "{} has no polynomial: its neuron was given, or has functions in it, or it is too large \
             to be multiplied out (50,000 products of inputs)",
            path.display()
        ))
    })
}
