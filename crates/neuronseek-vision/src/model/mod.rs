//! A trained network with all that is needed to use it, in one file.

mod checkpoint;
mod file;
mod fit;
mod grow;
mod predict;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use burn_backend::backend::Backend;
use serde::{Deserialize, Serialize};

pub use checkpoint::Checkpoint;
pub use fit::{FitOptions, Fitted, fit};
pub use grow::grown;
pub use predict::probabilities;

use crate::VisionError;
use crate::architecture::Plan;
use crate::augment::Normalisation;
use crate::images::ImageSet;
use crate::network::{Network, Numbers};
use crate::train::{Epoch, TrainConfig};

/// A trained network.
#[derive(Debug, Clone, PartialEq)]
pub struct VisionModel {
    /// Everything but the numbers.
    pub card: Card,
    /// The numbers, in the order of the plan's graph.
    pub numbers: Numbers,
}

/// What a model is and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The network.
    pub plan: Plan,
    /// The classes' names, in the order of the logits.
    pub classes: Vec<String>,
    /// How pixels become numbers.
    pub normalisation: Normalisation,
    /// The name of the image set.
    pub trained_on: String,
    /// How many images.
    pub images: usize,
    /// How it was trained.
    pub config: TrainConfig,
    /// How training went.
    pub history: Vec<Epoch>,
}

impl VisionModel {
    /// The network on a device.
    ///
    /// # Errors
    /// [`VisionError::Request`] for a plan that cannot be built.
    pub fn network<B: Backend>(&self, device: &B::Device) -> Result<Network<B>, VisionError> {
        let graph = Arc::new(self.card.plan.graph()?);
        Ok(Network::new(graph, &self.numbers, device))
    }

    /// Whether images have the size and, if labelled, the classes that the model knows.
    ///
    /// # Errors
    /// [`VisionError::Request`] with all that is different.
    pub fn check(&self, images: &ImageSet) -> Result<(), VisionError> {
        let mut reasons = Vec::new();
        let size = [images.channels, images.height, images.width];
        if size != self.card.plan.input {
            let text = |[c, h, w]: [usize; 3]| format!("{c} x {h} x {w}");
            reasons.push(format!(
                "{} has images of {} (channels x rows x columns) where the model takes {}",
                images.name,
                text(size),
                text(self.card.plan.input)
            ));
        }
        if !images.labels.is_empty() && images.classes != self.card.classes {
            reasons.push(format!(
                "{} has other classes ({}) than the model ({})",
                images.name,
                listed(&images.classes),
                listed(&self.card.classes)
            ));
        }
        if reasons.is_empty() {
            Ok(())
        } else {
            Err(VisionError::Request(reasons))
        }
    }
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(5).map(String::as_str);
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > 5 {
        text.push_str(&format!(", ... {} in all", names.len()));
    }
    text
}

/// A model as it is before training, for tests.
#[cfg(test)]
pub(crate) fn untrained(plan: Plan, classes: &[&str], seed: u64) -> VisionModel {
    let numbers = crate::network::start(&plan.graph().unwrap(), seed);
    let card = Card {
        plan,
        classes: classes.iter().map(ToString::to_string).collect(),
        normalisation: Normalisation {
            mean: vec![0.5, 0.4, 0.3],
            deviation: vec![0.2, 0.3, 0.25],
        },
        trained_on: "nothing".to_string(),
        images: 0,
        config: TrainConfig::default(),
        history: Vec::new(),
    };
    VisionModel { card, numbers }
}
