//! `neuronseek predict`: from a model and a table to predictions.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use neuronseek::matrix::Matrix;
use neuronseek::model::{Interval, Model, Prediction};

use crate::arguments::Threads;
use crate::arguments::intervals::{Wanted, per_cent};
use crate::arguments::reading::Reading;
use crate::console::Console;
use crate::failure::Failure;
use crate::output::{self, OutputFile};

/// Predict: CSV with one row per row of the table, in its order
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek predict houses.safetensors new.csv -o predictions.csv

Columns are found by name; their order does not matter, and other columns are ignored.")]
pub struct Arguments {
    /// The model file that fit wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The table: .csv or .tsv (also .gz, .zst), .parquet, or - for CSV on standard input
    #[arg(value_name = "DATA")]
    data: PathBuf,
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
    let table = arguments.reading.table(&arguments.data)?;
    let encoded = model.preparation().encode(&table)?;
    for warning in &encoded.warnings {
        console.warn(warning);
    }
    let prediction = model.predict_inputs(&encoded.inputs);
    if arguments.proba && matches!(prediction, Prediction::Values { .. }) {
        return Err(Failure::unusable(format!(
            "{} predicts numbers, which have no class probabilities: leave out --proba",
            arguments.model.display()
        )));
    }
    check_finite(&prediction)?;
    let intervals = intervals(arguments, &model, &encoded.inputs)?;
    let write = |out: &mut dyn Write| match intervals.as_slice() {
        [] => write(&prediction, arguments.proba, out),
        intervals => write_intervals(&prediction, intervals, out),
    };
    let Some(output) = output else {
        return output::print_with(write);
    };
    output.write(write)?;
    console.note(&format!(
        "{} predictions in {}",
        table.rows(),
        output.path().display()
    ));
    Ok(())
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
    out: &mut dyn Write,
) -> io::Result<()> {
    let Prediction::Values { targets, values } = prediction else {
        return write(prediction, false, out);
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
    csv.write_record(header)?;
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
fn check_finite(prediction: &Prediction) -> Result<(), Failure> {
    let values = match prediction {
        Prediction::Values { values, .. } => values,
        Prediction::Classes { probabilities, .. } => probabilities,
    };
    let bad = (0..values.rows()).find(|&row| values.row(row).iter().any(|x| !x.is_finite()));
    match bad {
        Some(row) => Err(Failure::unusable(format!(
            "the prediction for data row {} is not a finite number: the model does not fit this \
             table",
            row + 1
        ))),
        None => Ok(()),
    }
}

fn write(prediction: &Prediction, proba: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    match prediction {
        Prediction::Values { targets, values } => {
            match targets.as_slice() {
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
            csv.write_record(
                ["prediction".to_string()]
                    .into_iter()
                    .chain(shown(named.collect())),
            )?;
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
        write(prediction, proba, &mut bytes).unwrap();
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
        assert!(check_finite(&one).is_ok());
        let failure = check_finite(&prediction(&["a"], vec![f64::NAN]));
        assert!(matches!(failure, Err(Failure::Unusable(text)) if text.contains("data row 1")));
    }
}
