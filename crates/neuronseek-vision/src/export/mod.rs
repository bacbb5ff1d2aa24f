//! Models of images in forms that other programs run.
//!
//! [`onnx`] writes a model as ONNX, the preprocessing within. Whoever wants the numbers alone needs
//! no export: a model file is safetensors, each weight and running statistic under its layer's
//! name, and every safetensors library reads it.

mod operations;
#[cfg(test)]
mod tests;

use neuronseek::export::onnx::{Attribute, Dim, ElementType, OnnxGraph};
use serde::Serialize;

use crate::VisionError;
use crate::augment::Normalisation;
use crate::graph::{Graph, Operation};
use crate::model::VisionModel;
use crate::network::Numbers;
use operations::Writer;

/// What bytes are divided by to become numbers from 0 to 1.
const FULL: f32 = 255.0;

/// The model as ONNX, operator set 17, which onnxruntime runs since 1.12.
///
/// | value | type | shape |
/// |---|---|---|
/// | input `images` | bytes, 0 to 255 | `batch x channels x rows x columns`, any batch |
/// | output `logits` | float | `batch x classes` |
/// | output `probabilities` | float | `batch x classes`, the softmax of the logits |
///
/// Pixels are normalised within the model, `(pixel / 255 - mean) / deviation` per channel, so that
/// nobody has to repeat it. Batch norms use their running statistics. Metadata has three JSON texts:
/// `classes` (names in the order of the logits), `normalisation` and `plan` (the network). The same
/// model gives the same bytes.
///
/// # Errors
/// [`VisionError::Request`] for a plan that cannot be built or still has gates, a normalisation of
/// other channels, and weights beyond the 2 GiB that an ONNX file can hold.
pub fn onnx(model: &VisionModel) -> Result<Vec<u8>, VisionError> {
    let graph = model.card.plan.graph()?;
    check(model, &graph)?;
    let mut onnx = written(&graph, &model.numbers, &model.card.normalisation);
    onnx.metadata("classes", &json(&model.card.classes)?);
    onnx.metadata("normalisation", &json(&model.card.normalisation)?);
    onnx.metadata("plan", &json(&model.card.plan)?);
    Ok(onnx.to_bytes())
}

/// A network from bytes to probabilities.
fn written(graph: &Graph, numbers: &Numbers, normalisation: &Normalisation) -> OnnxGraph {
    let mut onnx = OnnxGraph::new("neuronseek-vision");
    preprocessing(&mut onnx, normalisation, graph.input());
    let mut writer = Writer {
        graph,
        numbers,
        onnx,
    };
    for node in 1..graph.nodes.len() {
        writer.node(node);
    }
    let mut onnx = writer.onnx;
    let last = &graph.nodes[graph.nodes.len() - 1].name;
    onnx.node("Flatten", &[last], &["logits"], &[]);
    onnx.node("Softmax", &["logits"], &["probabilities"], &[]);
    let shape = [Dim::Named("batch"), Dim::Fixed(graph.outputs())];
    onnx.output("logits", ElementType::Float, &shape);
    onnx.output("probabilities", ElementType::Float, &shape);
    onnx
}

fn check(model: &VisionModel, graph: &Graph) -> Result<(), VisionError> {
    let mut reasons = Vec::new();
    let gated = |operation: &Operation| matches!(operation, Operation::Gate { .. });
    if graph.nodes.iter().any(|node| gated(&node.operation)) {
        reasons.push(
            "the network still has gates; export the model that their search leaves".to_string(),
        );
    }
    let channels = graph.input()[0];
    let normalisation = &model.card.normalisation;
    let lengths = [normalisation.mean.len(), normalisation.deviation.len()];
    if lengths != [channels; 2] {
        reasons.push(format!(
            "the normalisation has {} means and {} deviations for images of {channels} channels",
            lengths[0], lengths[1]
        ));
    }
    let bytes = graph.parameter_count() as u64 * 4;
    if bytes >= 1 << 31 {
        reasons.push(format!(
            "{bytes} bytes of weights are beyond the 2 GiB of an ONNX file; use a smaller width"
        ));
    }
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(VisionError::Request(reasons))
    }
}

/// From the bytes `images` to the graph's input.
fn preprocessing(
    onnx: &mut OnnxGraph,
    normalisation: &Normalisation,
    [channels, rows, columns]: [usize; 3],
) {
    let shape = [
        Dim::Named("batch"),
        Dim::Fixed(channels),
        Dim::Fixed(rows),
        Dim::Fixed(columns),
    ];
    onnx.input("images", ElementType::Uint8, &shape);
    let per_channel = [1, channels, 1, 1];
    onnx.initializer("images.full", &[], &[FULL]);
    onnx.initializer("images.mean", &per_channel, &normalisation.mean[..]);
    let deviation = &normalisation.deviation[..];
    onnx.initializer("images.deviation", &per_channel, deviation);
    let to = Attribute::Integer(ElementType::Float.code());
    onnx.node("Cast", &["images"], &["images.float"], &[("to", to)]);
    let steps = [
        ("Div", "images.float", "images.full", "images.unit"),
        ("Sub", "images.unit", "images.mean", "images.centred"),
        ("Div", "images.centred", "images.deviation", "input"),
    ];
    for (operator, value, by, result) in steps {
        onnx.node(operator, &[value, by], &[result], &[]);
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, VisionError> {
    serde_json::to_string(value)
        .map_err(|error| VisionError::request(format!("metadata is no JSON: {error}")))
}
