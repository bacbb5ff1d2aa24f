//! Fits and models.

use std::ops::Range;
use std::path::PathBuf;

use neuronseek::explain::{self, ExplainOptions};
use neuronseek::model::{
    self, FitError, Model as LibraryModel, ModelError, Prediction, UpdateOptions, Validation,
    write_whole,
};
use neuronseek::observe::Control;
use neuronseek::prepare::Role;
use neuronseek::table::{Table as LibraryTable, TableError};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::exceptions::{PyFileExistsError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::settings::{self, Settings};
use crate::table::{AnyMatrix, Table};
use crate::{error, export, terms, work};

/// Importances are of at most so many rows...
const IMPORTANCE_ROWS: usize = 1000;

/// ...and cost at most so many predictions, but of few rows.
const IMPORTANCE_PREDICTIONS: usize = 20_000;

/// Between so many rows of a prediction signals are asked for.
const CHUNK: usize = 8192;

/// A fitted model.
#[pyclass(frozen, module = "neuronseek._core")]
pub struct Model {
    model: LibraryModel,
    /// One a column that the model reads; none in a model that was read from a file.
    importances: Vec<(String, f64)>,
}

/// Values, or the places of labels with probabilities.
type Predicted<'py> = (Option<Bound<'py, PyArray1<i64>>>, Bound<'py, PyArray2<f64>>);

/// A level, the lower and the upper ends of its intervals.
type Ends<'py> = (f64, Bound<'py, PyArray2<f64>>, Bound<'py, PyArray2<f64>>);

/// Fits a model; see `python/neuronseek/_core.pyi`.
#[pyfunction]
#[pyo3(signature = (table, settings, *, validation, n_threads, listener, time_limit))]
pub fn fit(
    py: Python<'_>,
    table: PyRef<'_, Table>,
    settings: &str,
    validation: Option<PyRef<'_, Table>>,
    n_threads: usize,
    listener: &Bound<'_, PyAny>,
    time_limit: Option<f64>,
) -> PyResult<Model> {
    let settings = Settings::read(settings)?;
    let mut options = settings.options()?;
    let (table, validation) = (&table.table, validation.as_ref().map(|table| &table.table));
    work::run(py, n_threads, listener, time_limit, |control| {
        let merged = table.with_repeats_merged(&settings.weights)?;
        let mut whole = merged.table;
        if merged.weighted {
            options.prepare.weights = Some(settings.weights.clone());
        }
        if let Some(validation) = validation {
            whole = below(whole, validation, &settings.weights)?;
            options.validation = Validation::Last(validation.rows());
        }
        let fitted = model::fit(&whole, None, &options, control)?;
        let importances = importances(&fitted.model, &whole, options.seed, control)?;
        Ok(Model {
            model: fitted.model,
            importances,
        })
    })?
    .map_err(|failure: Failure| failure.exception())
}

impl Model {
    /// A model without importances.
    pub fn of(model: LibraryModel) -> Model {
        Model {
            model,
            importances: Vec::new(),
        }
    }
}

/// Why a fit has no model.
enum Failure {
    Table(TableError),
    Fit(FitError),
    Model(ModelError),
}

impl Failure {
    fn exception(&self) -> PyErr {
        match self {
            Failure::Table(error) => error::unusable(error),
            Failure::Fit(error) => error::of_fit(error),
            Failure::Model(error) => error::of_model(error),
        }
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Failure {
        Failure::Table(error)
    }
}

impl From<FitError> for Failure {
    fn from(error: FitError) -> Failure {
        Failure::Fit(error)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Failure {
        Failure::Model(error)
    }
}

/// The rows for validation, which count 1 each, below the others.
fn below(
    whole: LibraryTable,
    validation: &LibraryTable,
    weights: &str,
) -> Result<LibraryTable, TableError> {
    let weighted = whole.columns().iter().any(|column| column.name == weights);
    if !weighted || validation.column(weights).is_ok() {
        return whole.with_rows_of(validation);
    }
    let ones = vec![1.0; validation.rows()];
    let ones = neuronseek::table::Column::of_numbers(weights, ones);
    whole.with_rows_of(&validation.clone().with_column(ones)?)
}

/// By how much the loss on rows of the fit rises when a column is shuffled, at least 0, in shares
/// of their sum.
fn importances(
    model: &LibraryModel,
    table: &LibraryTable,
    seed: u64,
    control: &Control<'_>,
) -> Result<Vec<(String, f64)>, ModelError> {
    let columns = model.preparation().input_columns().count().max(1);
    let most = (IMPORTANCE_PREDICTIONS / columns).clamp(100, IMPORTANCE_ROWS);
    let rows = table.rows();
    let chosen: Vec<usize> = match rows <= most {
        true => (0..rows).collect(),
        false => (0..most).map(|place| place * rows / most).collect(),
    };
    let sample = table.gathered(&vec![chosen.as_slice(); table.columns().len()]);
    let orders = explain::permutations(sample.rows(), 1, seed);
    if control.should_stop() {
        return Ok(Vec::new());
    }
    let found = explain::permutation_importance(model, &sample, &orders)?;
    let rise = |one: &explain::Importance| one.mean.max(0.0);
    let total: f64 = found.iter().map(rise).sum();
    let share = |value: f64| if total > 0.0 { value / total } else { 0.0 };
    let each = found
        .iter()
        .map(|one| (one.column.clone(), share(rise(one))));
    Ok(each.collect())
}

#[pymethods]
impl Model {
    /// Reads a model file, of this package or of the command.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Model> {
        let model = work::brief(py, 1, || LibraryModel::load(&path))?;
        Ok(Model::read(model.map_err(|error| error::of_model(&error))?))
    }

    /// Reads the bytes of a model file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Model> {
        let model = work::brief(py, 1, || LibraryModel::from_bytes(bytes, "the state"))?;
        Ok(Model::read(model.map_err(|error| error::of_model(&error))?))
    }

    /// The bytes of a model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self
            .model
            .to_bytes()
            .map_err(|error| error::of_model(&error))?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Model>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let py = slf.py();
        let read = slf.get_type().getattr("from_bytes")?;
        Ok((read, (slf.get().to_bytes(py)?,)))
    }

    /// Writes a model file, whole or not at all.
    fn save(&self, path: PathBuf, overwrite: bool) -> PyResult<()> {
        if !overwrite && path.exists() {
            return Err(PyFileExistsError::new_err(format!(
                "{} exists already: choose another name, or allow replacing it with \
                 overwrite=True",
                path.display()
            )));
        }
        let bytes = self
            .model
            .to_bytes()
            .map_err(|error| error::of_model(&error))?;
        write_whole(&path, &bytes).map_err(|error| error::of_file(&error))
    }

    /// Predictions for the rows of a table: (None, rows x targets) or (labels, rows x classes).
    fn predict<'py>(
        &self,
        py: Python<'py>,
        table: PyRef<'_, Table>,
        n_threads: usize,
    ) -> PyResult<Predicted<'py>> {
        let table = &table.table;
        self.chunked(py, table.rows(), n_threads, |rows| {
            let all = 0..table.rows();
            match rows == all {
                true => self.model.predict(table),
                false => self.model.predict(&part_of(table, rows)),
            }
        })
    }

    /// The same for the rows of a matrix.
    fn predict_matrix<'py>(
        &self,
        py: Python<'py>,
        matrix: AnyMatrix<'_>,
        names: Vec<String>,
        n_threads: usize,
    ) -> PyResult<Predicted<'py>> {
        let view = matrix.view();
        self.chunked(py, view.shape().0, n_threads, |rows| {
            let columns = view.columns(&names, rows);
            let table =
                LibraryTable::new("X", columns).map_err(neuronseek::prepare::PrepareError::from)?;
            self.model.predict(&table)
        })
    }

    /// The levels of prediction intervals.
    #[getter]
    fn interval_levels(&self) -> Vec<f64> {
        self.model.interval_levels().to_vec()
    }

    /// Prediction intervals: for each level the lower and the upper ends, rows x targets.
    fn intervals<'py>(
        &self,
        py: Python<'py>,
        table: PyRef<'_, Table>,
        n_threads: usize,
    ) -> PyResult<Vec<Ends<'py>>> {
        let table = &table.table;
        let mut all: Vec<(f64, Vec<f64>, Vec<f64>)> = Vec::new();
        let mut columns = 0;
        for part in parts(table.rows(), n_threads) {
            let intervals = work::brief(py, n_threads, || {
                let inputs = self.model.preparation().inputs(&part_of(table, part))?;
                Ok(self.model.intervals(&inputs))
            })?;
            let intervals = intervals.map_err(|error: ModelError| error::of_model(&error))?;
            for (place, one) in intervals.iter().enumerate() {
                columns = one.lower.columns();
                if all.len() <= place {
                    all.push((one.level, Vec::new(), Vec::new()));
                }
                all[place].1.extend_from_slice(one.lower.data());
                all[place].2.extend_from_slice(one.upper.data());
            }
            py.check_signals()?;
        }
        let each = all.into_iter().map(|(level, lower, upper)| {
            Ok((
                level,
                array(py, lower, columns)?,
                array(py, upper, columns)?,
            ))
        });
        each.collect()
    }

    /// The names and the values of the terms of the search's polynomial, rows x names.
    fn terms<'py>(
        &self,
        py: Python<'py>,
        table: PyRef<'_, Table>,
        n_threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let table = &table.table;
        let mut values: Vec<f64> = Vec::new();
        for part in parts(table.rows(), n_threads) {
            let own = work::brief(py, n_threads, || {
                terms::values(&self.model, &part_of(table, part))
            })?;
            values.extend_from_slice(own.map_err(|error| error::of_model(&error))?.data());
            py.check_signals()?;
        }
        let columns = terms::names(&self.model).len();
        match columns {
            // A neuron without terms has no features, for as many rows.
            0 => Ok(PyArray2::zeros(py, [table.rows(), 0], false)),
            columns => array(py, values, columns),
        }
    }

    #[getter]
    fn term_names(&self) -> Vec<String> {
        terms::names(&self.model)
    }

    /// The model with its networks trained further.
    #[pyo3(signature = (table, *, weights, epochs, learning_rate, batch, seed, n_threads, listener))]
    #[allow(clippy::too_many_arguments)]
    fn update(
        &self,
        py: Python<'_>,
        table: PyRef<'_, Table>,
        weights: Option<String>,
        epochs: usize,
        learning_rate: f64,
        batch: Option<usize>,
        seed: u64,
        n_threads: usize,
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<Model> {
        let table = &table.table;
        let options = UpdateOptions {
            epochs,
            learning_rate,
            batch,
            weight_decay: None,
            weights,
            seed,
        };
        let updated = work::run(py, n_threads, listener, None, |control| {
            self.model.update(table, &options, control)
        })?;
        Ok(Model {
            model: updated.map_err(|error| error::of_fit(&error))?,
            importances: self.importances.clone(),
        })
    }

    /// The columns that predictions read.
    #[getter]
    fn input_columns(&self) -> Vec<String> {
        let columns = self.model.preparation().input_columns();
        columns.map(str::to_string).collect()
    }

    /// All columns of the table of the fit but targets and weights, used or not.
    #[getter]
    fn columns(&self) -> Vec<String> {
        let preparation = self.model.preparation();
        let read: Vec<&str> = preparation.input_columns().collect();
        let summaries = preparation.column_summary().iter();
        // Statistics of combinations have summaries, too, and are no columns.
        let own = summaries.filter(|one| match one.role {
            Role::Target | Role::Weights => false,
            _ => one.inputs == 0 || read.contains(&one.name.as_str()),
        });
        own.map(|one| one.name.clone()).collect()
    }

    #[getter]
    fn classes(&self) -> Vec<String> {
        self.model.preparation().classes().to_vec()
    }

    #[getter]
    fn targets(&self) -> Vec<String> {
        self.model.report().targets.clone()
    }

    #[getter]
    fn neuron(&self) -> String {
        self.model.report().neuron.to_string()
    }

    /// The search's neuron, or that of the model where none was searched.
    #[getter]
    fn found(&self) -> String {
        let report = self.model.report();
        let search = report.search.as_ref();
        search
            .map_or(&report.neuron, |search| &search.neuron)
            .to_string()
    }

    /// The terms of the found neuron as JSON.
    #[getter]
    fn structure(&self) -> PyResult<String> {
        let report = self.model.report();
        let search = report.search.as_ref();
        settings::structure(search.map_or(&report.neuron, |search| &search.neuron))
    }

    /// The report of the fit as JSON.
    #[getter]
    fn report(&self) -> PyResult<String> {
        json(self.model.report())
    }

    /// The few monomials of a formula that is nearly exact, as text.
    #[getter]
    fn equation(&self) -> Option<String> {
        self.model
            .report()
            .equation
            .as_ref()
            .map(|equation| equation.text())
    }

    /// The polynomial in the user's units as JSON, if there is one.
    #[getter]
    fn expanded(&self) -> PyResult<Option<String>> {
        self.model.expanded().as_ref().map(json).transpose()
    }

    /// By column, of those that predictions read.
    #[getter]
    fn importances(&self) -> Vec<(String, f64)> {
        self.importances.clone()
    }

    /// The bytes of an export, and those of the weights beside it.
    fn export<'py>(
        &self,
        py: Python<'py>,
        format: &str,
        detail: Option<&str>,
        table: &str,
    ) -> PyResult<(Bound<'py, PyBytes>, Option<Bound<'py, PyBytes>>)> {
        let (bytes, more) = work::brief(py, 1, || {
            export::written(&self.model, format, detail, table)
        })??;
        Ok((
            PyBytes::new(py, &bytes),
            more.map(|more| PyBytes::new(py, &more)),
        ))
    }

    /// The page of a report, and its numbers as JSON.
    #[pyo3(signature = (table, *, name, row, bootstrap, seed, n_threads, listener))]
    #[allow(clippy::too_many_arguments)]
    fn explain(
        &self,
        py: Python<'_>,
        table: Option<PyRef<'_, Table>>,
        name: String,
        row: Option<usize>,
        bootstrap: usize,
        seed: u64,
        n_threads: usize,
        listener: &Bound<'_, PyAny>,
    ) -> PyResult<(String, String)> {
        let table = table.as_ref().map(|table| &table.table);
        let options = ExplainOptions {
            name,
            row,
            bootstrap,
            seed,
        };
        let explanation = work::run(py, n_threads, listener, None, |control| {
            explain::explain(&self.model, table, &options, control)
        })?;
        let explanation = explanation.map_err(|error| error::unusable(&error))?;
        let page = explain::page(&explanation);
        let page = page.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((page, json(&explanation)?))
    }
}

impl Model {
    fn read(model: LibraryModel) -> Model {
        Model {
            model,
            importances: Vec::new(),
        }
    }

    /// Predicts some rows at a time and asks for signals between.
    fn chunked<'py>(
        &self,
        py: Python<'py>,
        rows: usize,
        threads: usize,
        predict: impl Fn(Range<usize>) -> Result<Prediction, ModelError> + Sync,
    ) -> PyResult<Predicted<'py>> {
        let mut values: Vec<f64> = Vec::new();
        let mut labels: Vec<i64> = Vec::new();
        let mut columns = 0;
        for part in parts(rows, threads) {
            let predicted = work::brief(py, threads, || predict(part))?;
            match predicted.map_err(|error| error::of_model(&error))? {
                Prediction::Values { values: own, .. } => {
                    columns = own.columns();
                    values.extend_from_slice(own.data());
                }
                Prediction::Classes {
                    labels: own,
                    probabilities,
                    ..
                } => {
                    columns = probabilities.columns();
                    labels.extend(own.iter().map(|&label| label as i64));
                    values.extend_from_slice(probabilities.data());
                }
            }
            py.check_signals()?;
        }
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            return Err(PyValueError::new_err(format!(
                "the prediction for row {} is not a finite number: the model does not fit this \
                 table",
                row / columns.max(1)
            )));
        }
        let classes = !self.model.preparation().classes().is_empty();
        let labels = classes.then(|| PyArray1::from_vec(py, labels));
        Ok((labels, array(py, values, columns)?))
    }
}

/// The parts that rows are predicted in; at least one.
fn parts(rows: usize, threads: usize) -> impl Iterator<Item = Range<usize>> {
    let step = CHUNK * threads.max(1);
    let count = rows.div_ceil(step).max(1);
    (0..count).map(move |part| part * step..((part + 1) * step).min(rows))
}

/// Some rows of a table.
fn part_of(table: &LibraryTable, rows: Range<usize>) -> LibraryTable {
    if rows == (0..table.rows()) {
        return table.clone();
    }
    let rows: Vec<usize> = rows.collect();
    table.gathered(&vec![rows.as_slice(); table.columns().len()])
}

fn array(py: Python<'_>, values: Vec<f64>, columns: usize) -> PyResult<Bound<'_, PyArray2<f64>>> {
    let rows = values.len().checked_div(columns).unwrap_or(0);
    PyArray1::from_vec(py, values).reshape([rows, columns])
}

fn json<T: serde::Serialize>(value: &T) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| PyValueError::new_err(error.to_string()))
}
