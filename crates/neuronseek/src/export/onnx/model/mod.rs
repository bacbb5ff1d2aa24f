//! Models of tables as ONNX, from the user's columns to predictions.

mod encoding;
mod formula;
mod network;
mod outcome;
mod writer;

use self::writer::Writer;
use super::{Dim, ElementType};
use crate::model::{Core, Pipeline};
use crate::prepare::{RawKind, Restoring};

/// A model as ONNX, operator sets 17 and `ai.onnx.ml` 3, which onnxruntime runs since 1.12.
///
/// | value | type | shape |
/// |---|---|---|
/// | an input per column, by its name: numbers, truth values (0 and 1), dates (seconds since 1970-01-01T00:00:00Z) | double, NaN where missing | `rows x 1` |
/// | an input per column of texts, by its name | string, empty where missing | `rows x 1` |
/// | output `prediction` of numbers | double | `rows x targets` |
/// | output `label` of classes | string | `rows` |
/// | output `probabilities` of classes | double | `rows x classes` |
///
/// Preparation, formulas and predictions are computed in double precision, networks in single, as
/// `predict` does; they differ by rounding alone, about 1e-6 of the largest prediction. The inverse
/// trigonometric functions and the tangent of a formula in symbols are computed in single
/// precision, since runtimes have no other. Metadata has two JSON texts: `columns` and `targets`,
/// or `classes`.
///
/// # Errors
/// Every reason why it cannot be written: weights beyond the 2 GiB that a file can hold.
pub fn onnx(pipeline: &Pipeline) -> Result<Vec<u8>, Vec<String>> {
    let mut writer = Writer::new();
    let inputs = encoding::write(&mut writer, &pipeline.recipe);
    let outputs = match &pipeline.core {
        Core::Networks { scale, members } => network::write(&mut writer, scale, members, &inputs),
        Core::Formula {
            scale,
            formula,
            limits,
        } => formula::write(&mut writer, (scale, formula, limits), &inputs),
    };
    outcome::write(&mut writer, &pipeline.outcome, &outputs);
    describe(&mut writer, pipeline);
    let bytes = writer.graph.to_bytes();
    if bytes.len() > i32::MAX as usize {
        return Err(vec![format!(
            "the model has {} bytes and an ONNX file holds at most 2 GiB",
            bytes.len()
        )]);
    }
    Ok(bytes)
}

/// Inputs, outputs and metadata.
fn describe(writer: &mut Writer, pipeline: &Pipeline) {
    let rows = Dim::Named("rows");
    for column in &pipeline.recipe.columns {
        let element = match column.kind {
            RawKind::Text => ElementType::Text,
            RawKind::Number | RawKind::Truth | RawKind::Date => ElementType::Double,
        };
        let shape = [rows, Dim::Fixed(1)];
        writer.graph.input(&column.name, element, &shape);
    }
    let columns = json(&pipeline.recipe.columns);
    writer.graph.metadata("columns", &columns);
    match &pipeline.outcome {
        Restoring::Values(targets) => {
            let shape = [rows, Dim::Fixed(targets.len())];
            let element = ElementType::Double;
            writer.graph.output("prediction", element, &shape);
            writer.graph.metadata("targets", &json(&pipeline.targets));
        }
        Restoring::Classes { classes, .. } => {
            let shape = [rows, Dim::Fixed(classes.len())];
            let element = ElementType::Double;
            writer.graph.output("label", ElementType::Text, &[rows]);
            writer.graph.output("probabilities", element, &shape);
            writer.graph.metadata("classes", &json(classes));
        }
    }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    // Lists of texts always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}
