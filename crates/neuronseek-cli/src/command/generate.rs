//! `neuronseek generate`: data whose neuron is known.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use neuronseek::table::synthetic::{self, Case, Law, Mode, Settings, Synthetic};

use crate::arguments::choice;
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{self, OutputFile};

/// What is generated.
#[derive(Debug, Subcommand)]
pub enum Kind {
    Synthetic(Arguments),
}

/// Make one of the paper's 15 synthetic tables: inputs x1, x2, ..., target y
#[derive(Debug, Args)]
pub struct Arguments {
    /// Sums of powers, products of projections, or one of each
    #[arg(long, value_parser = choice(Mode::ALL.map(|mode| (mode.name(), mode))))]
    mode: Mode,
    /// Which formula of the mode, 0 to 4
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=4))]
    variant: u8,
    /// Rows of the table
    #[arg(long, value_name = "N", default_value_t = Settings::default().rows)]
    pub rows: usize,
    /// Inputs
    #[arg(long, value_name = "D", default_value_t = Settings::default().dim)]
    dim: usize,
    /// Deviation of the noise that is added to the formula's value
    #[arg(long, value_name = "SIGMA", default_value_t = Settings::default().noise)]
    noise: f64,
    /// The law of the inputs, each of mean 0 and variance 1
    #[arg(long, default_value = Law::Normal.name(), value_parser = law())]
    law: Law,
    /// Seed of inputs, coefficients and noise
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// The CSV file; the truth goes beside it as NAME.truth.json. Without it the table is printed
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace files that exist already
    #[arg(long, requires = "output")]
    force: bool,
}

/// The parser of an input law.
pub fn law() -> impl clap::builder::TypedValueParser<Value = Law> {
    choice(Law::ALL.map(|law| (law.name(), law)))
}

/// Makes the table.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let files = match &arguments.output {
        Some(path) => Some((
            OutputFile::claim(path, arguments.force)?,
            OutputFile::claim(&truth_path(path), arguments.force)?,
        )),
        None => None,
    };
    let case = Case {
        mode: arguments.mode,
        variant: usize::from(arguments.variant),
    };
    let settings = Settings {
        dim: arguments.dim,
        rows: arguments.rows,
        noise: arguments.noise,
        seed: arguments.seed,
        law: arguments.law,
    };
    let synthetic = synthetic::generate(&case, &settings)?;
    let Some((table, truth)) = files else {
        return output::print_with(|out| write_table(&synthetic, out));
    };
    let mut document = serde_json::to_string_pretty(&synthetic.truth_document())?;
    document.push('\n');
    truth.write(|out| out.write_all(document.as_bytes()))?;
    table.write(|out| write_table(&synthetic, out))?;
    console.note(&format!(
        "{} rows of {} in {}, the truth in {}",
        settings.rows,
        synthetic.truth,
        table.path().display(),
        truth.path().display()
    ));
    Ok(())
}

/// `data.csv` has its truth in `data.truth.json`.
fn truth_path(table: &Path) -> PathBuf {
    table.with_extension("truth.json")
}

/// Numbers are written with the fewest digits that read back as the same number.
fn write_table(synthetic: &Synthetic, out: &mut dyn Write) -> io::Result<()> {
    for input in 1..=synthetic.inputs.columns() {
        write!(out, "x{input},")?;
    }
    writeln!(out, "y")?;
    for (row, y) in synthetic.y.iter().enumerate() {
        for input in synthetic.inputs.row(row) {
            write!(out, "{input},")?;
        }
        writeln!(out, "{y}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_back_as_the_same_numbers() {
        let case = Case {
            mode: Mode::Hybrid,
            variant: 0,
        };
        let settings = Settings {
            rows: 20,
            dim: 3,
            ..Settings::default()
        };
        let synthetic = synthetic::generate(&case, &settings).unwrap();
        let mut bytes = Vec::new();
        write_table(&synthetic, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("x1,x2,x3,y"));
        for (row, line) in lines.enumerate() {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            assert_eq!(&cells[..3], synthetic.inputs.row(row));
            assert_eq!(cells[3], synthetic.y[row]);
        }
    }

    #[test]
    fn the_truth_lies_beside_the_table() {
        assert_eq!(
            truth_path(Path::new("a/data.csv")),
            Path::new("a/data.truth.json")
        );
    }
}
