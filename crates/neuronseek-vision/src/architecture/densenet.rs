//! Densely connected networks with bottlenecks and compression (Huang et al. 2017, DenseNet-BC).

use super::{Layers, Stem};
use crate::graph::{NodeId, Operation, Window};

/// Three blocks of 16 bottlenecks, growth 12: 100 layers, for CIFAR.
pub(super) fn thin(layers: &mut Layers<'_>, image: NodeId) -> NodeId {
    dense(layers, image, 12, &[16, 16, 16])
}

/// Blocks of 6, 12, 24 and 16 bottlenecks, growth 32: 121 layers, for ImageNet.
pub(super) fn wide(layers: &mut Layers<'_>, image: NodeId) -> NodeId {
    dense(layers, image, 32, &[6, 12, 24, 16])
}

fn dense(layers: &mut Layers<'_>, image: NodeId, growth: usize, blocks: &[usize]) -> NodeId {
    let growth = layers.channels(growth);
    let mut node = entry(layers, image, 2 * growth);
    for (stage, &count) in blocks.iter().enumerate() {
        for number in 0..count {
            let name = format!("block{}.layer{}", stage + 1, number + 1);
            let grown = bottleneck(layers, &name, node, growth);
            let name = format!("{name}.concat");
            node = layers.builder.add(&name, Operation::Concat, &[node, grown]);
        }
        if stage + 1 < blocks.len() {
            node = transition(layers, &format!("transition{}", stage + 1), node);
        }
    }
    activated(layers, "last", node)
}

/// The first convolution; with the small stem no norm follows it, the first bottleneck has one.
fn entry(layers: &mut Layers<'_>, image: NodeId, outputs: usize) -> NodeId {
    match layers.plan.stem {
        Stem::Small => layers.pre_normed_neuron("stem", image, outputs, Window::same(3)),
        Stem::Large => {
            let node = layers.stem(image, outputs);
            layers.stem_pool(node)
        }
    }
}

fn activated(layers: &mut Layers<'_>, name: &str, input: NodeId) -> NodeId {
    let node = layers.builder.norm(&format!("{name}.norm"), input);
    layers.relu(name, node)
}

/// norm, ReLU, one pixel to 4 growth channels, norm, ReLU, the neuron to growth channels.
fn bottleneck(layers: &mut Layers<'_>, name: &str, input: NodeId, growth: usize) -> NodeId {
    let first = format!("{name}.conv1");
    let node = activated(layers, &first, input);
    let node = layers
        .builder
        .convolution(&first, node, 4 * growth, Window::same(1));
    let second = format!("{name}.conv2");
    let node = activated(layers, &second, node);
    layers.pre_normed_neuron(&second, node, growth, Window::same(3))
}

/// norm, ReLU, one pixel to half of the channels, mean of 2 x 2.
fn transition(layers: &mut Layers<'_>, name: &str, input: NodeId) -> NodeId {
    let node = activated(layers, name, input);
    let half = layers.builder.shape(node)[0] / 2;
    let node = layers
        .builder
        .convolution(name, node, half.max(1), Window::same(1));
    let window = Window {
        size: 2,
        stride: 2,
        padding: 0,
    };
    let name = format!("{name}.pool");
    layers
        .builder
        .add(&name, Operation::AveragePool(window), &[node])
}
