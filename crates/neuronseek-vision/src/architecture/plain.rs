//! A small plain network for quick comparisons.

use super::Layers;
use crate::graph::{NodeId, Window};

/// Convolutions 32, 64/2, 128/2, 128/2, each with norm and ReLU.
pub(super) fn small(layers: &mut Layers<'_>, image: NodeId) -> NodeId {
    let width = layers.channels(32);
    let mut node = layers.stem(image, width);
    for (layer, published) in [64, 128, 128].into_iter().enumerate() {
        let name = format!("layer{}", layer + 2);
        let outputs = layers.channels(published);
        node = layers.neuron(&name, node, outputs, Window::strided(3, 2));
        node = layers.relu(&name, node);
    }
    node
}
