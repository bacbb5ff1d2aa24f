//! Errors of the library as exceptions.

use std::any::Any;
use std::panic;

use neuronseek::model::{FileError, FitError, ModelError};
use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};

/// An error and its causes in one line, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

/// What cannot be used is a `ValueError`.
pub fn unusable(error: &dyn std::error::Error) -> PyErr {
    PyValueError::new_err(in_python(&chain(error)))
}

/// The library's advice names the command's flags; here it names what a user of Python does.
fn in_python(text: &str) -> String {
    let mut text = text.to_string();
    for (flag, advice) in [
        (
            "leave the column out with --ignore",
            "leave the column out of X",
        ),
        ("leave it out with --ignore", "leave it out of X"),
        ("read it as missing with --missing", "make it NaN"),
        (
            "take the column as text with --kind",
            "name it in categorical_features",
        ),
        (
            "give it a kind with --kind",
            "name it in categorical_features",
        ),
        ("; use --task classification", "; use a classifier"),
        ("use --task classification", "use a classifier"),
        ("; use --task regression", "; use a regressor"),
        (
            "; repeat the command that wrote it, or leave out --resume",
            "",
        ),
    ] {
        let Some(start) = text.find(flag) else {
            continue;
        };
        // The flag's value ends with the phrase.
        let rest = &text[start + flag.len()..];
        let end = rest.find([',', ';']).unwrap_or(rest.len());
        let end = if flag.contains("--task") { 0 } else { end };
        text = format!("{}{advice}{}", &text[..start], &rest[end..]);
    }
    text
}

/// A fit's errors: files are `OSError`, an end before there was a model is `RuntimeError`, all
/// others are `ValueError`.
pub fn of_fit(error: &FitError) -> PyErr {
    match error {
        FitError::File(error) => of_file(error),
        FitError::EndedEarly => PyRuntimeError::new_err(
            "the time limit ended the fit before there was a model: allow more time".to_string(),
        ),
        other => unusable(other),
    }
}

/// A model's errors, as those of a fit.
pub fn of_model(error: &ModelError) -> PyErr {
    match error {
        ModelError::File(error) => of_file(error),
        other => unusable(other),
    }
}

/// `OSError` of what the system refuses, `ValueError` of what is no model.
pub fn of_file(error: &FileError) -> PyErr {
    match error {
        FileError::Io { .. } => PyOSError::new_err(chain(error)),
        other => unusable(other),
    }
}

/// A panic is a bug of ours, said as a `RuntimeError`.
pub fn of_panic(payload: &(dyn Any + Send)) -> PyErr {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    PyRuntimeError::new_err(format!(
        "sorry, this is a bug in neuronseek {}, not in your data; please report it: {}",
        env!("CARGO_PKG_VERSION"),
        text.unwrap_or("a panic without words")
    ))
}

/// Panics on threads of ours become exceptions and print nothing; those of other extensions in
/// the same process have a hook of their own, as each links its own standard library.
pub fn hush() {
    panic::set_hook(Box::new(|_| {}));
}
