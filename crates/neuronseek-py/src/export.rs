//! A model in forms that other programs run.

use neuronseek::export::{self, Dialect, Precision};
use neuronseek::model::Model;
use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

/// A file, and the weights beside it where the format has any.
pub type Written = (Vec<u8>, Option<Vec<u8>>);

/// Writes `format`; `detail` is the precision of "c" and the dialect of "sql", `table` the table
/// that SQL reads.
pub fn written(
    model: &Model,
    format: &str,
    detail: Option<&str>,
    table: &str,
) -> Result<Written, PyErr> {
    let refused = |reasons: Vec<String>| {
        PyValueError::new_err(format!(
            "the model cannot be exported: {}",
            reasons.join("; ")
        ))
    };
    let pipeline = || model.pipeline().map_err(refused);
    let expanded = || {
        model.expanded().ok_or_else(|| {
            PyValueError::new_err(
                "the model has no polynomial: its neuron was given, or has functions in it, or it \
                 is too large to be multiplied out (50,000 products of inputs)",
            )
        })
    };
    let precision = || match detail {
        None | Some("float") => Ok(Precision::Float),
        Some("double") => Ok(Precision::Double),
        Some(other) => Err(PyValueError::new_err(format!(
            "precision is \"{other}\", allowed are \"float\" and \"double\""
        ))),
    };
    let dialect = || match detail {
        None | Some("sqlite") => Ok(Dialect::Sqlite),
        Some("duckdb") => Ok(Dialect::Duckdb),
        Some("postgres") => Ok(Dialect::Postgres),
        Some(other) => Err(PyValueError::new_err(format!(
            "dialect is \"{other}\", allowed are \"sqlite\", \"duckdb\" and \"postgres\""
        ))),
    };
    let text = match format {
        "onnx" => return Ok((export::onnx::onnx(&pipeline()?).map_err(refused)?, None)),
        "torch" => {
            let export = export::torch(&pipeline()?).map_err(refused)?;
            return Ok((export.module.into_bytes(), Some(export.weights)));
        }
        "c" => export::c(&pipeline()?, precision()?).map_err(refused)?,
        "rust" => export::rust(&pipeline()?).map_err(refused)?,
        "sql" => export::sql(&pipeline()?, dialect()?, table).map_err(refused)?,
        "python" => export::python(&pipeline()?).map_err(refused)?,
        "json" => export::json(&pipeline()?),
        "latex" => export::latex(&expanded()?),
        "sympy" => export::sympy(&expanded()?),
        other => {
            return Err(PyValueError::new_err(format!(
                "\"{other}\" is no format: use onnx, c, rust, sql, python, torch, json, latex or \
                 sympy"
            )));
        }
    };
    Ok((text.into_bytes(), None))
}
