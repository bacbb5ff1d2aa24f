//! The rows of a report: which the fit held out, and samples of them.

use rand::seq::SliceRandom;

use crate::matrix::Matrix;
use crate::model::{Model, ModelError, Prediction, fingerprint, hold_out};
use crate::network::{Purpose, generator};
use crate::prepare::{PrepareError, Target};
use crate::table::Table;

/// What the rows of a table are to a model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Origin {
    /// The rows whose predictions are judged.
    pub judged: Vec<usize>,
    /// The rows that the model was fitted to, ascending; none where this is not the table of the fit.
    pub fitted: Option<Vec<usize>>,
    /// Whether the fit saw the judged rows; none where this is not known.
    pub seen: Option<bool>,
    /// Which rows are judged, in words.
    pub on: String,
}

/// Whether this is the table of the fit, and which rows the fit held out.
pub(super) fn origin(model: &Model, table: &Table) -> Result<Origin, ModelError> {
    let report = model.report();
    let all: Vec<usize> = (0..table.rows()).collect();
    let preparation = model.preparation();
    let has_targets = preparation
        .targets()
        .iter()
        .all(|target| table.column(target).is_ok());
    if !has_targets {
        return Ok(Origin {
            judged: Vec::new(),
            fitted: None,
            seen: None,
            on: format!("no row of {}: it has no target", table.source),
        });
    }
    let own = fingerprint(preparation, table).map_err(PrepareError::from)?;
    let known = report.fingerprint.as_ref() == Some(&own);
    let usable = |rows: &[usize]| preparation.usable_rows(table, rows);
    if !known {
        let judged = usable(&all)?;
        // Models of older versions do not know their table.
        let seen = report.fingerprint.as_ref().map(|_| false);
        return Ok(Origin {
            on: match judged.len() {
                1 => format!("the one labelled row of {}", table.source),
                count => format!("the {count} labelled rows of {}", table.source),
            },
            judged,
            fitted: None,
            seen,
        });
    }
    // A share that cannot be drawn did not hold out a row of this table.
    let held_out = hold_out(&all, report.holdout, report.seed);
    let (fitted, test) = held_out.unwrap_or_else(|_| (all, Vec::new()));
    let (fitted, test) = (usable(&fitted)?, usable(&test)?);
    let rows = "rows of the table that the model was fitted to";
    Ok(match test.is_empty() {
        false => Origin {
            on: format!("the {} test {rows}", test.len()),
            judged: test,
            fitted: Some(fitted),
            seen: Some(false),
        },
        true => Origin {
            on: format!("all {} {rows}", fitted.len()),
            judged: fitted.clone(),
            fitted: Some(fitted),
            seen: Some(true),
        },
    })
}

/// What the search fitted, scaled, of rows whose target is known; the error says why there is none.
pub(super) fn searched_target(
    model: &Model,
    table: &Table,
    rows: &[usize],
) -> Result<Result<Target, String>, ModelError> {
    let preparation = model.preparation();
    let Some(own) = model.report().searched else {
        return Ok(Ok(preparation.target(table, rows)?));
    };
    let truth = preparation.truth(table, rows)?;
    let scaled = truth
        .data()
        .iter()
        .map(|y| (own.transform.forward(*y) - own.mean) / own.deviation);
    let scaled: Vec<f64> = scaled.collect();
    Ok(match scaled.iter().all(|value| value.is_finite()) {
        true => Ok(Target::Values(Matrix::from_vec(
            truth.rows(),
            truth.columns(),
            scaled,
        ))),
        false => Err(format!("the target has numbers without {}", own.transform)),
    })
}

/// The weights of the rows; none where the fit had none or the table has none.
pub(super) fn row_weights(
    model: &Model,
    table: &Table,
    rows: &[usize],
) -> Result<Option<Vec<f64>>, ModelError> {
    let preparation = model.preparation();
    let column = preparation.weights_column();
    match column.is_some_and(|column| table.column(column).is_ok()) {
        true => Ok(preparation.weights(table, rows)?),
        false => Ok(None),
    }
}

/// How much the rows counted in the fit: their weights, if the table has them, times those of their
/// classes.
pub(super) fn fitting_weights(
    model: &Model,
    table: &Table,
    rows: &[usize],
) -> Result<Option<Vec<f64>>, ModelError> {
    let weights = row_weights(model, table, rows)?;
    let of_classes = &model.report().class_weights;
    let Target::Classes { labels, .. } = model.preparation().target(table, rows)? else {
        return Ok(weights);
    };
    if of_classes.is_empty() {
        return Ok(weights);
    }
    let of = |(row, label): (usize, &usize)| {
        let own = weights.as_ref().map_or(1.0, |weights| weights[row]);
        own * of_classes.get(*label).map_or(1.0, |(_, weight)| *weight)
    };
    let both: Vec<f64> = labels.iter().enumerate().map(of).collect();
    let mean = both.iter().sum::<f64>() / both.len().max(1) as f64;
    Ok(Some(both.iter().map(|weight| weight / mean).collect()))
}

/// At most so many of the rows, drawn by the seed, ascending.
pub(super) fn some(rows: &[usize], most: usize, seed: u64) -> Vec<usize> {
    if rows.len() <= most {
        return rows.to_vec();
    }
    let mut random = generator(seed, Purpose::Explanation, 0);
    let mut rows = rows.to_vec();
    rows.shuffle(&mut random);
    rows.truncate(most);
    rows.sort_unstable();
    rows
}

/// The columns that a model reads, of which rows can be put together.
pub(super) struct Cells<'a> {
    model: &'a Model,
    table: Table,
}

impl<'a> Cells<'a> {
    pub fn new(model: &'a Model, table: &Table) -> Result<Cells<'a>, ModelError> {
        let names: Vec<String> = model
            .preparation()
            .input_columns()
            .map(str::to_string)
            .collect();
        let table = table.select(&names).map_err(PrepareError::from)?;
        Ok(Cells { model, table })
    }

    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The encoded inputs of rows whose cell in a column is that of another row: one order a
    /// column.
    pub fn gathered(&self, orders: &[&[usize]]) -> Result<Matrix<f64>, ModelError> {
        Ok(self
            .model
            .preparation()
            .inputs(&self.table.gathered(orders))?)
    }

    /// The encoded inputs of the rows.
    pub fn rows(&self, rows: &[usize]) -> Result<Matrix<f64>, ModelError> {
        self.gathered(&vec![rows; self.table.columns().len()])
    }

    /// The encoded inputs of the rows, each with the cells of row `from` in the columns for each
    /// such row, all rows of the first one first.
    pub fn replaced(
        &self,
        rows: &[usize],
        columns: &[usize],
        from: &[Vec<usize>],
    ) -> Result<Matrix<f64>, ModelError> {
        let count = from.first().map_or(0, Vec::len);
        let plain: Vec<usize> = (0..count).flat_map(|_| rows.iter().copied()).collect();
        let own = |cells: &Vec<usize>| -> Vec<usize> {
            let repeated = cells
                .iter()
                .map(|&row| std::iter::repeat_n(row, rows.len()));
            repeated.flatten().collect()
        };
        let own: Vec<Vec<usize>> = from.iter().map(own).collect();
        let mut orders: Vec<&[usize]> = vec![&plain; self.table.columns().len()];
        for (&column, own) in columns.iter().zip(&own) {
            orders[column] = own;
        }
        self.gathered(&orders)
    }
}

/// The numbers that are explained: targets, the probability of the second of two classes, or the
/// probabilities of the classes.
pub(super) struct Outputs {
    pub names: Vec<String>,
}

impl Outputs {
    pub fn new(model: &Model) -> Outputs {
        let of = |class: &String| format!("probability of {class}");
        let names = match model.preparation().classes() {
            [] => model.report().targets.clone(),
            [_, second] => vec![of(second)],
            classes => classes.iter().map(of).collect(),
        };
        Outputs { names }
    }

    /// rows x outputs, from encoded inputs.
    pub fn of(&self, model: &Model, encoded: &Matrix<f64>) -> Matrix<f64> {
        match model.predict_inputs(encoded) {
            Prediction::Values { values, .. } => values,
            Prediction::Classes { probabilities, .. } if self.names.len() == 1 => {
                Matrix::from_vec(probabilities.rows(), 1, probabilities.column(1))
            }
            Prediction::Classes { probabilities, .. } => probabilities,
        }
    }
}
