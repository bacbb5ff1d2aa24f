//! Fits in rounds: tasks and partials go between processes as bytes.

use neuronseek::model::streaming::{
    Goal, Partial, StreamedFit as LibraryFit, StreamedResult, Task,
};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::model::Model;
use crate::settings::Settings;
use crate::table::Table;
use crate::{error, work};

/// A fit in rounds; see `python/neuronseek/blocks.py`.
#[pyclass(module = "neuronseek._core")]
pub struct StreamedFit {
    fit: LibraryFit,
}

#[pymethods]
impl StreamedFit {
    #[new]
    #[pyo3(signature = (settings, *, columns, rows, weighted))]
    fn new(
        settings: &str,
        columns: usize,
        rows: Option<u64>,
        weighted: bool,
    ) -> PyResult<StreamedFit> {
        let settings = Settings::read(settings)?;
        let mut options = settings.options()?;
        if weighted {
            options.prepare.weights = Some(settings.weights.clone());
        }
        let fit = LibraryFit::new(Goal::Fit, &options, columns, rows);
        Ok(StreamedFit {
            fit: fit.map_err(|error| error::of_fit(&error))?,
        })
    }

    /// The name and the bytes of what is to be made of all rows next; None when the fit is done.
    fn task<'py>(&self, py: Python<'py>) -> PyResult<Option<(&'static str, Bound<'py, PyBytes>)>> {
        let Some(task) = self.fit.task() else {
            return Ok(None);
        };
        let bytes = task.to_bytes().map_err(|error| error::of_fit(&error))?;
        Ok(Some((task.name(), PyBytes::new(py, &bytes))))
    }

    /// Which round of the present kind this is, and how many there are at most.
    #[getter]
    fn rounds(&self) -> Option<(usize, usize)> {
        self.fit.rounds()
    }

    /// Goes on with the total of all rows.
    #[pyo3(signature = (total, *, n_threads, listener, time_limit))]
    fn solve(
        &mut self,
        py: Python<'_>,
        total: &[u8],
        n_threads: usize,
        listener: &Bound<'_, PyAny>,
        time_limit: Option<f64>,
    ) -> PyResult<()> {
        let total = Partial::from_bytes(total).map_err(|error| error::of_fit(&error))?;
        let fit = &mut self.fit;
        work::run(py, n_threads, listener, time_limit, |control| {
            fit.solve(total, control)
        })?
        .map_err(|error| error::of_fit(&error))
    }

    /// The model, once the fit is done.
    fn model(&self) -> PyResult<Model> {
        match self.fit.clone().result() {
            Some(StreamedResult::Fitted(fitted)) => Ok(Model::of(fitted.model)),
            _ => Err(PyRuntimeError::new_err(
                "the fit is not done: solve its task",
            )),
        }
    }
}

/// What a task makes of the rows of a table, the first of which has the number `start`.
#[pyfunction]
pub fn partial<'py>(
    py: Python<'py>,
    task: &[u8],
    table: PyRef<'_, Table>,
    start: u64,
) -> PyResult<Bound<'py, PyBytes>> {
    let table = &table.table;
    let made = work::brief(py, 1, || {
        let made = Task::from_bytes(task)?.partial(table, start)?;
        Ok(made.to_bytes())
    })?;
    let bytes: Vec<u8> = made.map_err(|error| error::of_fit(&error))?;
    Ok(PyBytes::new(py, &bytes))
}

/// Both partials together; the second has the rows behind those of the first.
#[pyfunction]
pub fn combine<'py>(py: Python<'py>, first: &[u8], second: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let made = work::brief(py, 1, || {
        let first = Partial::from_bytes(first)?;
        Ok(first.joined(Partial::from_bytes(second)?)?.to_bytes())
    })?;
    let bytes: Vec<u8> = made.map_err(|error| error::of_fit(&error))?;
    Ok(PyBytes::new(py, &bytes))
}
