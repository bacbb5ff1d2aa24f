//! What a model does, in numbers that people can check and in a page that they can read:
//! attributions of single predictions, importance of columns, curves, the polynomial in the user's
//! units, and [`explain`], which puts all of it together.

mod coefficients;
mod curves;
mod document;
mod formula;
mod page;
mod permutation;
mod quality;
mod row;
mod sample;
mod shapley;
mod sketch;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use thiserror::Error;

pub use document::*;
pub use page::page;
pub use permutation::{Importance, permutation_importance, permutations};
pub use shapley::{Attribution, attributions};
pub use sketch::{Sketch, sketches};

use crate::matrix::Matrix;
use crate::model::{Expanded, FitReport, Metrics, Model, ModelError};
use crate::observe::{Control, Event};
use crate::prepare::{Input, TargetTransform};
use crate::table::Table;
use sample::{Cells, Origin, some};

/// What is explained beside the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainOptions {
    /// What the model is called, such as the name of its file.
    pub name: String,
    /// A row of the table, counted from 1, whose prediction is explained.
    pub row: Option<usize>,
    /// Searches of bootstrap samples, if the table is that of the fit; default 10.
    pub bootstrap: usize,
    /// The seed of all samples; default 0.
    pub seed: u64,
}

impl Default for ExplainOptions {
    fn default() -> Self {
        ExplainOptions {
            name: "model".to_string(),
            row: None,
            bootstrap: 10,
            seed: 0,
        }
    }
}

/// Why a model cannot be explained.
#[derive(Debug, Error)]
pub enum ExplainError {
    /// The table.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// There is no such row.
    #[error(
        "{source_name} has {rows} rows, and row {row} is none of them: rows are counted from 1, the header not among them"
    )]
    Row {
        /// The table.
        source_name: String,
        /// Its rows.
        rows: usize,
        /// What was asked for.
        row: usize,
    },
    /// A row without a table.
    #[error("row {0} is of no table: give the table too")]
    NoTable(usize),
}

/// Rows that formulas are looked at on.
const FORMULA_ROWS: usize = 2000;

/// Rows and repeats of permutation importance.
const IMPORTANCE: (usize, usize) = (1000, 5);

/// Maps of pairs.
const PAIRS: usize = 4;

/// Explains a model: what the fit reports and, on the rows of a table, how good predictions are,
/// what the terms of its neuron and its inputs do, and how sure all of it is. If the table is that
/// of the fit, predictions are judged on the rows that the fit held out. The same model, table and
/// options give the same numbers at any number of threads.
///
/// # Errors
/// When the table lacks a column that the model needs, or the row is not in it.
pub fn explain(
    model: &Model,
    table: Option<&Table>,
    options: &ExplainOptions,
    control: &Control<'_>,
) -> Result<Explanation, ExplainError> {
    let report = model.report();
    let mut explanation = Explanation {
        version: 1,
        program: format!("neuronseek {}", env!("CARGO_PKG_VERSION")),
        model: options.name.clone(),
        source: table.map(|table| table.source.clone()),
        data: data(model, report),
        quality: quality::at_fit(report),
        neuron: terms::neuron(model),
        polynomial: None,
        importance: None,
        inputs: Vec::new(),
        pairs: Vec::new(),
        row: None,
    };
    let expanded = model.expanded();
    let Some(table) = table else {
        if let Some(row) = options.row {
            return Err(ExplainError::NoTable(row));
        }
        let none = "there are no intervals without the table that the model was fitted to";
        explanation.polynomial = expanded
            .map(|expanded| formula::polynomial(&expanded, None, &[], Err(none.to_string())));
        return Ok(explanation);
    };
    if let Some(row) = options.row.filter(|row| !(1..=table.rows()).contains(row)) {
        return Err(ExplainError::Row {
            source_name: table.source.clone(),
            rows: table.rows(),
            row,
        });
    }
    let looked = Looked::new(model, table, options.seed)?;
    explanation.data.warnings.extend(looked.warnings()?);
    looked.quality(&mut explanation, control)?;
    looked.neuron(&mut explanation, options, control)?;
    if let Some(expanded) = &expanded {
        control.observer.notice(&Event::Stage { name: "formula" });
        explanation.polynomial = Some(looked.polynomial(expanded)?);
    }
    looked.inputs(&mut explanation, expanded.as_ref(), control)?;
    if let Some(row) = options.row {
        let cells = &looked.cells;
        explanation.row = Some(row::row(model, table, cells, row - 1, options.seed)?);
    }
    Ok(explanation)
}

fn data(model: &Model, report: &FitReport) -> DataPart {
    let transform = report.transform.as_ref();
    let transform = transform.filter(|own| own.transform != TargetTransform::None);
    DataPart {
        task: report.task.clone(),
        task_reason: report.task_reason.clone(),
        targets: report.targets.clone(),
        rows: report.rows,
        fitted: transform.map(|own| own.transform.text(&report.targets.join(", "))),
        fitted_reason: transform.map(|own| own.reason.clone()),
        columns: model.preparation().column_summary().to_vec(),
        warnings: report.warnings.clone(),
    }
}

/// A model and a table, looked at.
struct Looked<'a> {
    model: &'a Model,
    table: &'a Table,
    origin: Origin,
    cells: Cells<'a>,
    /// The inputs of all rows.
    encoded: Matrix<f64>,
    /// The inputs of the rows of the fit, as the fit saw them: statistics of the target leave out a
    /// row's own.
    training: Option<Matrix<f64>>,
    seed: u64,
}

impl<'a> Looked<'a> {
    fn new(model: &'a Model, table: &'a Table, seed: u64) -> Result<Looked<'a>, ModelError> {
        let origin = sample::origin(model, table)?;
        let preparation = model.preparation();
        let training = match &origin.fitted {
            None => None,
            Some(fitted) => {
                let seed = model.report().seed;
                let all = preparation.training_inputs(table, fitted, seed)?;
                Some(all.select_rows(fitted))
            }
        };
        Ok(Looked {
            cells: Cells::new(model, table)?,
            encoded: preparation.inputs(table)?,
            origin,
            training,
            model,
            table,
            seed,
        })
    }

    /// What the user should know of the table, beside what the fit said of its own.
    fn warnings(&self) -> Result<Vec<String>, ModelError> {
        let preparation = self.model.preparation();
        let mut warnings = preparation.encode(self.table)?.warnings;
        let targets = preparation.targets();
        if let Some(target) = targets.iter().find(|own| self.table.column(own).is_err()) {
            warnings.push(format!(
                "{} has no column {target}, so no prediction is judged",
                self.table.source
            ));
            return Ok(warnings);
        }
        let unseen: usize = preparation
            .unseen_classes(self.table)?
            .iter()
            .map(|own| own.1)
            .sum();
        if unseen > 0 {
            warnings.push(format!(
                "{unseen} rows of classes that the training table did not have are left out"
            ));
        }
        Ok(warnings)
    }

    /// The judged rows or, without targets, all.
    fn rows(&self, most: usize) -> Vec<usize> {
        match self.origin.judged.is_empty() {
            true => some(
                &(0..self.table.rows()).collect::<Vec<usize>>(),
                most,
                self.seed,
            ),
            false => some(&self.origin.judged, most, self.seed),
        }
    }

    fn quality(
        &self,
        explanation: &mut Explanation,
        control: &Control<'_>,
    ) -> Result<(), ModelError> {
        control.observer.notice(&Event::Stage { name: "metrics" });
        explanation.quality.measured = quality::measured(
            self.model,
            self.table,
            &self.origin,
            (
                &self.encoded,
                self.training.as_ref().unwrap_or(&self.encoded),
            ),
            self.seed,
        )?;
        Ok(())
    }

    fn neuron(
        &self,
        explanation: &mut Explanation,
        options: &ExplainOptions,
        control: &Control<'_>,
    ) -> Result<(), ModelError> {
        let Some(part) = &mut explanation.neuron.search else {
            return Ok(());
        };
        let rows = self.rows(FORMULA_ROWS);
        let target = match self.origin.judged.is_empty() {
            true => None,
            false => sample::searched_target(self.model, self.table, &rows)?.ok(),
        };
        let inputs = self.encoded.select_rows(&rows);
        terms::measure(part, self.model, &inputs, target.as_ref());
        if let (true, Some(training)) = (options.bootstrap > 0, &self.training) {
            let rows = (&self.origin, training);
            let samples = (options.bootstrap, self.seed);
            terms::bootstrap(part, self.model, self.table, rows, samples, control)?;
        }
        Ok(())
    }

    fn polynomial(&self, expanded: &Expanded) -> Result<PolynomialPart, ModelError> {
        let rows = self.encoded.select_rows(&self.rows(FORMULA_ROWS));
        let intervals = self.intervals(expanded)?;
        let columns = self.columns_of_inputs();
        Ok(formula::polynomial(
            expanded,
            Some(&rows),
            &columns,
            intervals,
        ))
    }

    fn intervals<'b>(
        &'b self,
        expanded: &'b Expanded,
    ) -> Result<Result<coefficients::Intervals<'b>, String>, ModelError> {
        let (Some(fitted), Some(training)) = (&self.origin.fitted, &self.training) else {
            let reason = "intervals need the table that the model was fitted to";
            return Ok(Err(reason.to_string()));
        };
        let most = match coefficients::most_rows(self.model, expanded) {
            Ok(most) => most,
            Err(reason) => return Ok(Err(reason)),
        };
        let places: Vec<usize> = (0..fitted.len()).collect();
        let places = some(&places, most, self.seed);
        let rows: Vec<usize> = places.iter().map(|&place| fitted[place]).collect();
        let target = match sample::searched_target(self.model, self.table, &rows)? {
            Ok(target) => target,
            Err(reason) => return Ok(Err(reason)),
        };
        let weights = sample::fitting_weights(self.model, self.table, &rows)?;
        let rows = coefficients::Rows {
            encoded: &training.select_rows(&places),
            target: &target,
            weights: weights.as_deref(),
            count: self.searched(fitted.len()),
        };
        Ok(coefficients::intervals(self.model, expanded, &rows))
    }

    /// On how many of the rows of the fit the formula was fitted: not on those that candidates were
    /// compared on.
    fn searched(&self, fitted: usize) -> usize {
        let rows = self.model.report().rows;
        match rows.folds {
            0 | 1 => rows.training.min(fitted),
            folds => fitted - fitted / folds,
        }
    }

    /// The column of each input, where it is of one alone.
    fn columns_of_inputs(&self) -> Vec<Option<usize>> {
        let Ok(recipe) = self.model.preparation().recipe() else {
            return Vec::new();
        };
        let columns = self.cells.table().columns();
        let place = |column: usize| {
            let name = &recipe.columns[column].name;
            columns.iter().position(|column| column.name == *name)
        };
        let of = |input: &Input| match input {
            Input::Number { column, .. }
            | Input::Missing { column }
            | Input::Days { column, .. }
            | Input::Cycle { column, .. } => place(*column),
            Input::Is { coding, .. } | Input::Place { coding, .. } => {
                place(recipe.codings[*coding].column)
            }
            Input::Group { .. } => None,
        };
        recipe.inputs.iter().map(of).collect()
    }

    fn inputs(
        &self,
        explanation: &mut Explanation,
        expanded: Option<&Expanded>,
        control: &Control<'_>,
    ) -> Result<(), ModelError> {
        let mut inputs = curves::inputs(self.model, &self.cells, self.seed, control)?;
        control
            .observer
            .notice(&Event::Stage { name: "importance" });
        let importance = self.importance(&mut inputs)?;
        let shapley = expanded.and_then(|expanded| self.shapley(expanded, &mut inputs));
        let (loss, rows) = importance.unwrap_or((loss_name(self.model), 0));
        explanation.importance = Some(ImportancePart {
            loss,
            repeats: IMPORTANCE.1,
            rows,
            shapley_of: shapley,
        });
        let pairs = self.pairs(&inputs, expanded);
        for pair in pairs {
            explanation
                .pairs
                .extend(curves::pair(self.model, &self.cells, pair, self.seed)?);
        }
        let size = |part: &InputPart| part.importance.map_or(0.0, |importance| importance.mean);
        inputs.sort_by(|a, b| size(b).total_cmp(&size(a)));
        explanation.inputs = inputs;
        Ok(())
    }

    /// Permutation importance on some of the judged rows; which loss rises, and how many rows.
    fn importance(
        &self,
        inputs: &mut [InputPart],
    ) -> Result<Option<(&'static str, usize)>, ModelError> {
        if self.origin.judged.is_empty() {
            return Ok(None);
        }
        let rows = some(&self.origin.judged, IMPORTANCE.0, self.seed);
        let table = self
            .table
            .gathered(&vec![rows.as_slice(); self.table.columns().len()]);
        let orders = permutations(rows.len(), IMPORTANCE.1, self.seed);
        for importance in permutation_importance(self.model, &table, &orders)? {
            let own = inputs
                .iter_mut()
                .find(|part| part.column == importance.column);
            if let Some(part) = own {
                part.importance = Some(MeanDeviation {
                    mean: importance.mean,
                    deviation: importance.deviation,
                })
                .filter(|own| own.mean.is_finite() && own.deviation.is_finite());
            }
        }
        Ok(Some((loss_name(self.model), rows.len())))
    }

    /// The mean absolute Shapley value of each column in the polynomial part, of the first target or
    /// over all logits; what it is of.
    fn shapley(&self, expanded: &Expanded, inputs: &mut [InputPart]) -> Option<String> {
        let columns = self.columns_of_inputs();
        if columns.is_empty() {
            return None;
        }
        let outputs = match self.model.preparation().classes().is_empty() {
            true => 1,
            false => expanded.outputs.len(),
        };
        let products: usize = expanded
            .outputs
            .iter()
            .map(|output| output.monomials.len())
            .sum();
        // The cost is the product of the three.
        let most = ((2e7 / products.max(1) as f64).sqrt() as usize).clamp(10, 100);
        let rows = self.rows(most);
        let background = self.encoded.select_rows(&rows);
        let mut sums = vec![0.0; inputs.len()];
        for row in 0..background.rows() {
            for output in 0..outputs {
                let found = attributions(expanded, output, background.row(row), &background);
                let mut own = vec![0.0; inputs.len()];
                for (value, column) in found.values.iter().zip(&columns) {
                    if let Some(column) = column {
                        own[*column] += value;
                    }
                }
                for (sum, value) in sums.iter_mut().zip(own) {
                    *sum += value.abs();
                }
            }
        }
        let count = (background.rows() * outputs).max(1) as f64;
        for (part, sum) in inputs.iter_mut().zip(sums) {
            part.shapley = Some(sum / count);
        }
        let names = expanded.outputs.iter().take(outputs);
        Some(
            names
                .map(|output| output.name.clone())
                .collect::<Vec<String>>()
                .join(", "),
        )
    }

    /// The pairs of columns that act together most in the polynomial part or, if none do, the most
    /// important columns.
    fn pairs(&self, inputs: &[InputPart], expanded: Option<&Expanded>) -> Vec<[usize; 2]> {
        let columns = self.columns_of_inputs();
        let mut strength: BTreeMap<[usize; 2], f64> = BTreeMap::new();
        if let Some(expanded) = expanded {
            let rows = self.encoded.select_rows(&self.rows(FORMULA_ROWS));
            let centred: Vec<Vec<f64>> = (0..rows.rows())
                .map(|row| expanded.centred(rows.row(row)))
                .collect();
            for output in &expanded.outputs {
                let together = formula::Together::new(output, &centred, &columns);
                for (set, share) in together.ranked(2) {
                    let own = |place: usize| columns.get(set[place]).copied().flatten();
                    if let (Some(a), Some(b)) = (own(0), own(1)) {
                        *strength.entry([a.min(b), a.max(b)]).or_default() += share;
                    }
                }
            }
        }
        let mut pairs: Vec<([usize; 2], f64)> = strength.into_iter().collect();
        pairs.retain(|(_, share)| *share > 1e-4);
        pairs.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        if pairs.is_empty() {
            let size = |place: usize| inputs[place].importance.map_or(0.0, |own| own.mean);
            let mut order: Vec<usize> = (0..inputs.len()).filter(|&i| size(i) > 0.0).collect();
            order.sort_by(|&a, &b| size(b).total_cmp(&size(a)));
            let several = [(0, 1), (0, 2), (1, 2)];
            let pair = |(a, b): (usize, usize)| Some([*order.get(a)?, *order.get(b)?]);
            return several.into_iter().filter_map(pair).collect();
        }
        pairs
            .into_iter()
            .map(|(pair, _)| pair)
            .take(PAIRS)
            .collect()
    }
}

/// What [`Metrics::loss`] is.
fn loss_name(model: &Model) -> &'static str {
    match model.report().metrics.values().next() {
        Some(Metrics::Classification { .. }) => "log loss",
        Some(Metrics::Regression {
            deviance: Some(_), ..
        }) => "deviance",
        _ => "nmse",
    }
}
