//! A run in a file, to go on as if it had not been interrupted.

use std::path::Path;

use neuronseek::model::{FileError, NamedTensor};
use serde::{Deserialize, Serialize};

use super::Card;
use super::file::{named, numbers, read, write};
use crate::VisionError;
use crate::augment::Augment;
use crate::network::Numbers;
use crate::train::{State, timeless};

const CHECKPOINT: &str = "neuronseek-vision-checkpoint";

/// A run after some epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What is trained, on what and how.
    pub card: Card,
    /// How images are varied.
    pub augment: Augment,
    /// A fingerprint of the training images.
    pub images: String,
    /// What training has come to.
    pub state: State,
}

#[derive(Serialize, Deserialize)]
struct Document {
    card: Card,
    augment: Augment,
    images: String,
    steps: u64,
    best: Option<usize>,
    average: bool,
}

impl Checkpoint {
    /// Writes the checkpoint, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), VisionError> {
        let graph = self.card.plan.graph()?;
        let state = &self.state;
        let mut tensors = under("now", named(&graph, &state.numbers));
        if let Some((_, best)) = &state.best {
            tensors.extend(under("best", named(&graph, best)));
        }
        let vectors = [
            ("first", state.first.as_slice()),
            ("second", state.second.as_slice()),
            ("average", state.average.as_deref().unwrap_or_default()),
        ];
        for (name, vectors) in vectors {
            for (parameter, values) in graph.parameters.iter().zip(vectors) {
                tensors.push(flat(format!("{name}.{}", parameter.name), values));
            }
        }
        for (name, values) in GATES.iter().zip(state.gates.iter().flatten()) {
            tensors.push(flat((*name).to_string(), values));
        }
        let mut card = self.card.clone();
        card.history = timeless(&state.history);
        let document = Document {
            card,
            augment: self.augment,
            images: self.images.clone(),
            steps: state.steps,
            best: state.best.as_ref().map(|(epoch, _)| *epoch),
            average: state.average.is_some(),
        };
        write(path, CHECKPOINT, &document, &tensors)
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// When the file cannot be read, is none, or is damaged.
    pub fn load(path: &Path) -> Result<Checkpoint, VisionError> {
        let (document, tensors): (Document, _) = read(path, CHECKPOINT)?;
        let shown = path.display().to_string();
        let graph = document.card.plan.graph()?;
        let network = |name: &str| -> Result<Numbers, VisionError> {
            numbers(&graph, &beneath(name, &tensors), &shown)
        };
        let vectors = |name: &str| -> Result<Vec<Vec<f32>>, VisionError> {
            let mine = beneath(name, &tensors);
            let find = |parameter: &crate::graph::Parameter| {
                let found = mine.iter().find(|t| t.name == parameter.name);
                let right = found.filter(|t| t.values.len() == parameter.count());
                let missing = || FileError::Damaged {
                    path: shown.clone(),
                    reason: format!("{name}.{} is missing", parameter.name),
                };
                Ok(right.ok_or_else(missing)?.values.clone())
            };
            graph.parameters.iter().map(find).collect()
        };
        let adam = tensors.iter().any(|t| t.name.starts_with("second."));
        let gate = |name: &str| tensors.iter().find(|t| t.name == name);
        let gates: Vec<Vec<f32>> = GATES
            .iter()
            .filter_map(|name| gate(name))
            .map(|t| t.values.clone())
            .collect();
        let best = document
            .best
            .map(|epoch| Ok::<_, VisionError>((epoch, network("best")?)));
        let state = State {
            numbers: network("now")?,
            first: vectors("first")?,
            second: if adam { vectors("second")? } else { Vec::new() },
            steps: document.steps,
            average: document.average.then(|| vectors("average")).transpose()?,
            best: best.transpose()?,
            gates: <[Vec<f32>; 3]>::try_from(gates).ok(),
            history: document.card.history.clone(),
        };
        Ok(Checkpoint {
            card: document.card,
            augment: document.augment,
            images: document.images,
            state,
        })
    }
}

const GATES: [&str; 3] = ["gates.log_alpha", "gates.first", "gates.second"];

fn flat(name: String, values: &[f32]) -> NamedTensor {
    NamedTensor {
        name,
        shape: vec![values.len()],
        values: values.to_vec(),
    }
}

/// Tensors with a prefix before their names.
fn under(prefix: &str, mut tensors: Vec<NamedTensor>) -> Vec<NamedTensor> {
    for tensor in &mut tensors {
        tensor.name = format!("{prefix}.{}", tensor.name);
    }
    tensors
}

/// The tensors of a prefix, without it.
fn beneath(prefix: &str, tensors: &[NamedTensor]) -> Vec<NamedTensor> {
    let prefix = format!("{prefix}.");
    let stripped = |tensor: &NamedTensor| {
        let name = tensor.name.strip_prefix(&prefix)?;
        Some(NamedTensor {
            name: name.to_string(),
            ..tensor.clone()
        })
    };
    tensors.iter().filter_map(stripped).collect()
}
