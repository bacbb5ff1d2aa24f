//! `neuronseek predict`: from a model and a table to predictions.
//!
//! The table is read, and the predictions are written, a batch of rows at a time, so that it may be
//! larger than memory. What the first batch has is found out before anything is written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use neuronseek::matrix::Matrix;
use neuronseek::model::{Interval, Model, Prediction};
use neuronseek::prepare::Oddities;
use neuronseek::table::{Files, Table, TableError};

use crate::arguments::Threads;
use crate::arguments::intervals::{Wanted, per_cent};
use crate::arguments::reading::Reading;
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{self, OutputFile};

/// How many rows are predicted at a time.
const BATCH: usize = 65_536;

/// Predict: CSV with one row per row of the table, in its order
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek predict houses.safetensors new.csv -o predictions.csv

Columns are found by name; their order does not matter, and other columns are ignored.")]
pub struct Arguments {
    /// The model file that fit wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The table: .csv or .tsv (also .gz, .zst), .parquet, or - for CSV on standard input; several
    /// files, patterns in quotes and folders are read as one table, which may be larger than memory
    #[arg(value_name = "DATA", required = true)]
    data: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    wanted: Wanted,
    /// Add a column p_CLASS with the probability of each class
    #[arg(long)]
    proba: bool,
    /// The CSV file; without it the predictions are printed
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists already
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    threads: Threads,
}

/// Predicts.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let output = match &arguments.output {
        Some(path) => Some(OutputFile::claim(path, arguments.force)?),
        None => None,
    };
    arguments.threads.apply()?;
    let model = Model::load(&arguments.model)?;
    let mut oddities = Oddities::default();
    let mut rows = 0;
    let mut failure = None;
    let write = |out: &mut dyn Write| {
        let written = predict(arguments, &model, &mut oddities, &mut rows, out);
        written.map_err(|stop| match stop {
            Stop::Write(error) => error,
            Stop::Other(other) => {
                failure = Some(other);
                io::Error::other("no prediction")
            }
        })
    };
    let result = match &output {
        Some(output) => output.write(write),
        None => output::print_with(write),
    };
    if let Some(failure) = failure {
        return Err(failure);
    }
    for warning in oddities.warnings() {
        console.warn(&warning);
    }
    result?;
    if let Some(output) = output {
        console.note(&format!(
            "{rows} predictions in {}",
            output.path().display()
        ));
    }
    Ok(())
}

/// Why predicting ends early.
enum Stop {
    /// The result cannot be written.
    Write(io::Error),
    /// There is none.
    Other(Failure),
}

impl<F: Into<Failure>> From<F> for Stop {
    fn from(failure: F) -> Stop {
        Stop::Other(failure.into())
    }
}

/// Predicts batch by batch, and counts the rows.
fn predict(
    arguments: &Arguments,
    model: &Model,
    oddities: &mut Oddities,
    rows: &mut usize,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    each_batch(arguments, model, |table| {
        let inputs = model.preparation().encode_batch(table, oddities)?;
        let prediction = model.predict_inputs(&inputs);
        if arguments.proba && matches!(prediction, Prediction::Values { .. }) {
            return Err(Stop::Other(Failure::unusable(format!(
                "{} predicts numbers, which have no class probabilities: leave out --proba",
                arguments.model.display()
            ))));
        }
        check_finite(&prediction, table)?;
        let intervals = intervals(arguments, model, &inputs)?;
        let header = *rows == 0;
        *rows += table.rows();
        match intervals.as_slice() {
            [] => write(&prediction, arguments.proba, header, out),
            intervals => write_intervals(&prediction, intervals, header, out),
        }
        .map_err(Stop::Write)
    })
}

/// Gives the batches of the table to `take`. What can be read only once is one batch.
fn each_batch(
    arguments: &Arguments,
    model: &Model,
    mut take: impl FnMut(&Table) -> Result<(), Stop>,
) -> Result<(), Stop> {
    if let [path] = arguments.data.as_slice()
        && only_once(path)
    {
        return take(&arguments.reading.table(path)?);
    }
    let files = Files::open(&arguments.data, &arguments.reading.options()).map_err(plain)?;
    let needed: Vec<String> = model
        .preparation()
        .input_columns()
        .map(str::to_string)
        .collect();
    // With a column missing, all are read, so that the message can name one like it.
    let all_there = needed.iter().all(|name| files.names().contains(name));
    let columns = all_there.then_some(needed.as_slice());
    for piece in 0..files.pieces().len() {
        for batch in files.read(piece, BATCH, columns).map_err(plain)? {
            take(&batch.map_err(plain)?)?;
        }
    }
    Ok(())
}

/// Whether a path is standard input or a pipe.
fn only_once(path: &Path) -> bool {
    let special = |metadata: std::fs::Metadata| !metadata.is_file() && !metadata.is_dir();
    path.as_os_str() == "-" || std::fs::metadata(path).is_ok_and(special)
}

/// The error without the advice to leave files out, whose rows would lack among the predictions.
fn plain(error: TableError) -> Failure {
    match error {
        TableError::OneOfSeveral { cause } => (*cause).into(),
        error => error.into(),
    }
}

/// The intervals to write.
fn intervals(
    arguments: &Arguments,
    model: &Model,
    inputs: &Matrix<f64>,
) -> Result<Vec<Interval>, Failure> {
    let known = model.interval_levels();
    let mut intervals = model.intervals(inputs);
    let Some(wanted) = &arguments.wanted.intervals else {
        return Ok(intervals);
    };
    if let Some(missing) = wanted.iter().find(|level| !known.contains(level)) {
        let named: Vec<String> = known.iter().map(f64::to_string).collect();
        let has = match known {
            [] => "no intervals".to_string(),
            _ => format!("intervals of level {}", named.join(", ")),
        };
        return Err(Failure::unusable(format!(
            "{} has {has}, and not of level {missing}: fit it with --intervals {missing}",
            arguments.model.display()
        )));
    }
    intervals.retain(|interval| wanted.contains(&interval.level));
    Ok(intervals)
}

/// Numbers with the ends of their intervals.
fn write_intervals(
    prediction: &Prediction,
    intervals: &[Interval],
    with_header: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Prediction::Values { targets, values } = prediction else {
        return write(prediction, false, with_header, out);
    };
    let mut csv = csv::Writer::from_writer(out);
    let names = targets.iter().map(|target| match targets.as_slice() {
        [_] => String::new(),
        _ => format!("_{target}"),
    });
    let header = names.flat_map(|name| {
        let ends = intervals.iter().flat_map(|interval| {
            let level = per_cent(interval.level);
            [format!("lower_{level}"), format!("upper_{level}")]
        });
        let all = std::iter::once("prediction".to_string()).chain(ends);
        all.map(|column| column + &name).collect::<Vec<String>>()
    });
    if with_header {
        csv.write_record(header)?;
    }
    for row in 0..values.rows() {
        let cells = (0..targets.len()).flat_map(|target| {
            let ends = intervals
                .iter()
                .flat_map(move |one| [one.lower.row(row)[target], one.upper.row(row)[target]]);
            std::iter::once(values.row(row)[target]).chain(ends)
        });
        csv.write_record(cells.map(|value| value.to_string()))?;
    }
    csv.flush()
}

/// No NaN leaves the program silently.
fn check_finite(prediction: &Prediction, table: &Table) -> Result<(), Failure> {
    let values = match prediction {
        Prediction::Values { values, .. } => values,
        Prediction::Classes { probabilities, .. } => probabilities,
    };
    let bad = (0..values.rows()).find(|&row| values.row(row).iter().any(|x| !x.is_finite()));
    match bad {
        Some(row) => Err(Failure::unusable(format!(
            "the prediction for data row {} is not a finite number: the model does not fit this \
             table",
            table.place(row).row.unwrap_or(row + 1)
        ))),
        None => Ok(()),
    }
}

fn write(
    prediction: &Prediction,
    proba: bool,
    with_header: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    match prediction {
        Prediction::Values { targets, values } => {
            match targets.as_slice() {
                _ if !with_header => {}
                [_] => csv.write_record(["prediction"])?,
                _ => csv.write_record(targets.iter().map(|name| format!("prediction_{name}")))?,
            }
            for row in 0..values.rows() {
                csv.write_record(values.row(row).iter().map(f64::to_string))?;
            }
        }
        Prediction::Classes {
            classes,
            labels,
            probabilities,
        } => {
            let named = classes.iter().map(|class| format!("p_{class}"));
            let shown = |columns: Vec<String>| if proba { columns } else { Vec::new() };
            if with_header {
                let first = ["prediction".to_string()].into_iter();
                csv.write_record(first.chain(shown(named.collect())))?;
            }
            for (row, &label) in labels.iter().enumerate() {
                let numbers = probabilities.row(row).iter().map(f64::to_string);
                csv.write_record(
                    [classes[label].clone()]
                        .into_iter()
                        .chain(shown(numbers.collect())),
                )?;
            }
        }
    }
    csv.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(prediction: &Prediction, proba: bool) -> String {
        let mut bytes = Vec::new();
        write(prediction, proba, true, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn classes_are_written_as_the_user_wrote_them() {
        let prediction = Prediction::Classes {
            classes: vec!["no, thanks".to_string(), "yes".to_string()],
            labels: vec![0, 1],
            probabilities: Matrix::from_vec(2, 2, vec![0.75, 0.25, 0.5, 0.5]),
        };
        assert_eq!(
            written(&prediction, true),
            "prediction,\"p_no, thanks\",p_yes\n\"no, thanks\",0.75,0.25\nyes,0.5,0.5\n"
        );
        assert_eq!(
            written(&prediction, false),
            "prediction\n\"no, thanks\"\nyes\n"
        );
    }

    #[test]
    fn several_targets_have_a_column_each() {
        let prediction = |targets: &[&str], values: Vec<f64>| Prediction::Values {
            targets: targets.iter().map(ToString::to_string).collect(),
            values: Matrix::from_vec(1, targets.len(), values),
        };
        let two = prediction(&["a", "b"], vec![0.1, -2.0]);
        assert_eq!(written(&two, false), "prediction_a,prediction_b\n0.1,-2\n");
        let one = prediction(&["a"], vec![0.1]);
        assert_eq!(written(&one, false), "prediction\n0.1\n");
        let table = Table::new("t", Vec::new()).unwrap();
        assert!(check_finite(&one, &table).is_ok());
        let failure = check_finite(&prediction(&["a"], vec![f64::NAN]), &table);
        assert!(matches!(failure, Err(Failure::Unusable(text)) if text.contains("data row 1")));
    }
}
