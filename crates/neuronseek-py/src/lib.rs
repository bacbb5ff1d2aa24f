//! The compiled part of the Python package `neuronseek`: tables from arrays and frames, fits,
//! predictions, and the command.
//!
//! Estimators, their parameters and their conventions are Python's own (`python/neuronseek`); they
//! hand over a table and settings, and get a model. A binding of each type of the library was
//! rejected: it would be a second interface to keep, and no user of scikit-learn wants it.
//!
//! Work runs on threads of its own without the interpreter's lock, and the calling thread waits for
//! what it tells and for signals (see `work.rs`).

use std::ffi::OsString;

use pyo3::prelude::*;

mod arrow;
mod error;
mod export;
mod model;
mod settings;
mod streaming;
mod table;
mod terms;
mod work;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the command `neuronseek` with a command line, the program's name first; the exit code.
#[pyfunction]
fn command(py: Python<'_>, line: Vec<OsString>) -> u8 {
    // An exit code is opaque, but it is one of two: what a program ends with.
    py.detach(|| neuronseek_cli::exit_code(line))
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    error::hush();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<table::Table>()?;
    module.add_class::<model::Model>()?;
    module.add_class::<streaming::StreamedFit>()?;
    module.add_function(wrap_pyfunction!(command, module)?)?;
    module.add_function(wrap_pyfunction!(streaming::partial, module)?)?;
    module.add_function(wrap_pyfunction!(streaming::combine, module)?)?;
    module.add_function(wrap_pyfunction!(model::fit, module)?)?;
    Ok(())
}
