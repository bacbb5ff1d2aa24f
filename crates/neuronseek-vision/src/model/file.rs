//! How models and checkpoints lie in files: tensors by name, the rest as JSON, with a checksum.

use std::path::Path;

use neuronseek::model::{FileError, NamedTensor, decode, encode, read_whole, write_whole};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Card, VisionModel};
use crate::VisionError;
use crate::graph::Graph;
use crate::network::Numbers;

/// The format of models of images.
const MODEL: &str = "neuronseek-vision";

impl VisionModel {
    /// The bytes of the model file; the same model gives the same bytes.
    ///
    /// # Errors
    /// When the numbers do not belong to the plan.
    pub fn to_bytes(&self) -> Result<Vec<u8>, VisionError> {
        let graph = self.card.plan.graph()?;
        let tensors = named(&graph, &self.numbers);
        encode(MODEL, &self.card, &tensors).map_err(VisionError::request)
    }

    /// Writes the model, whole or not at all.
    ///
    /// # Errors
    /// As [`VisionModel::to_bytes`], and when the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), VisionError> {
        Ok(write_whole(path, &self.to_bytes()?)?)
    }

    /// Reads a model.
    ///
    /// # Errors
    /// When the file cannot be read, is no model of images, or is damaged.
    pub fn load(path: &Path) -> Result<VisionModel, VisionError> {
        let shown = path.display().to_string();
        let (card, tensors): (Card, _) = decode(MODEL, &read_whole(path)?, &shown)?;
        let graph = card.plan.graph()?;
        let numbers = numbers(&graph, &tensors, &shown)?;
        Ok(VisionModel { card, numbers })
    }
}

/// Writes a document with tensors in a format.
pub(super) fn write<D: Serialize>(
    path: &Path,
    format: &str,
    document: &D,
    tensors: &[NamedTensor],
) -> Result<(), VisionError> {
    let bytes = encode(format, document, tensors).map_err(VisionError::request)?;
    Ok(write_whole(path, &bytes)?)
}

/// Reads a document with tensors in a format.
pub(super) fn read<D: DeserializeOwned>(
    path: &Path,
    format: &str,
) -> Result<(D, Vec<NamedTensor>), VisionError> {
    let shown = path.display().to_string();
    Ok(decode(format, &read_whole(path)?, &shown)?)
}

/// A network's numbers by the names of its layers.
pub(super) fn named(graph: &Graph, numbers: &Numbers) -> Vec<NamedTensor> {
    let parameters = graph.parameters.iter().zip(&numbers.parameters);
    let mut tensors: Vec<NamedTensor> = parameters
        .map(|(parameter, values)| NamedTensor {
            name: parameter.name.clone(),
            shape: parameter.shape.clone(),
            values: values.clone(),
        })
        .collect();
    for ((name, channels), both) in graph.norms.iter().zip(&numbers.statistics) {
        for (part, values) in ["running_mean", "running_variance"].iter().zip(both) {
            tensors.push(NamedTensor {
                name: format!("{name}.{part}"),
                shape: vec![*channels],
                values: values.clone(),
            });
        }
    }
    tensors
}

/// The numbers of a graph from named tensors.
pub(super) fn numbers(
    graph: &Graph,
    tensors: &[NamedTensor],
    path: &str,
) -> Result<Numbers, VisionError> {
    let find = |name: &str, shape: &[usize]| {
        let found = tensors.iter().find(|tensor| tensor.name == name);
        match found {
            Some(tensor) if tensor.shape == shape => Ok(tensor.values.clone()),
            found => {
                let has = found.map_or("is missing".to_string(), |t| {
                    format!("has shape {:?} where {shape:?} is expected", t.shape)
                });
                Err(FileError::Damaged {
                    path: path.to_string(),
                    reason: format!("tensor {name} {has}"),
                })
            }
        }
    };
    let parameters: Result<Vec<_>, FileError> = graph
        .parameters
        .iter()
        .map(|parameter| find(&parameter.name, &parameter.shape))
        .collect();
    let statistics: Result<Vec<_>, FileError> = graph
        .norms
        .iter()
        .map(|(name, channels)| {
            Ok([
                find(&format!("{name}.running_mean"), &[*channels])?,
                find(&format!("{name}.running_variance"), &[*channels])?,
            ])
        })
        .collect();
    Ok(Numbers {
        parameters: parameters?,
        statistics: statistics?,
    })
}
