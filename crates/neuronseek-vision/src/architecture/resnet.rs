//! Residual networks (He et al. 2016), with squeeze and excitation (Hu et al. 2018) if asked.

use super::Layers;
use crate::graph::{NodeId, Operation, Window};

/// By how much squeeze and excitation narrows.
const REDUCTION: usize = 16;

/// How a block's input joins its output where the shape changes.
#[derive(Clone, Copy)]
enum Joining {
    /// Every second pixel, zeros for new channels.
    Padded,
    /// A convolution of one pixel with its norm.
    Projected,
}

/// The networks for CIFAR: three stages of 16, 32 and 64 channels, `6 blocks + 2` layers.
pub(super) fn thin(layers: &mut Layers<'_>, image: NodeId, blocks: usize, squeeze: bool) -> NodeId {
    let width = layers.channels(16);
    let mut node = layers.stem(image, width);
    for (stage, published) in [16, 32, 64].into_iter().enumerate() {
        let block = Block {
            stage,
            outputs: layers.channels(published),
            joining: Joining::Padded,
            squeeze,
        };
        node = block.repeated(layers, node, blocks);
    }
    node
}

/// The networks for ImageNet: four stages of 64 to 512 channels.
pub(super) fn wide(
    layers: &mut Layers<'_>,
    image: NodeId,
    blocks: [usize; 4],
    squeeze: bool,
) -> NodeId {
    let width = layers.channels(64);
    let node = layers.stem(image, width);
    let mut node = layers.stem_pool(node);
    for (stage, published) in [64, 128, 256, 512].into_iter().enumerate() {
        let block = Block {
            stage,
            outputs: layers.channels(published),
            joining: Joining::Projected,
            squeeze,
        };
        node = block.repeated(layers, node, blocks[stage]);
    }
    node
}

/// Two convolutions of the neuron and what goes around them.
struct Block {
    stage: usize,
    outputs: usize,
    joining: Joining,
    squeeze: bool,
}

impl Block {
    /// Blocks one after another; the first of a later stage halves the image.
    fn repeated(&self, layers: &mut Layers<'_>, mut node: NodeId, count: usize) -> NodeId {
        for number in 0..count {
            let name = format!("stage{}.block{}", self.stage + 1, number + 1);
            let stride = if self.stage > 0 && number == 0 { 2 } else { 1 };
            node = self.once(layers, &name, node, stride);
        }
        node
    }

    fn once(&self, layers: &mut Layers<'_>, name: &str, input: NodeId, stride: usize) -> NodeId {
        let first = format!("{name}.conv1");
        let window = Window::strided(3, stride);
        let node = layers.neuron(&first, input, self.outputs, window);
        let node = layers.relu(&first, node);
        let second = format!("{name}.conv2");
        let mut node = layers.neuron(&second, node, self.outputs, Window::same(3));
        if self.squeeze {
            node = squeezed(layers, &format!("{name}.squeeze"), node);
        }
        let around = self.around(layers, name, input, stride);
        let sum = [node, around];
        let node = layers
            .builder
            .add(&format!("{name}.sum"), Operation::Add, &sum);
        layers.relu(name, node)
    }

    fn around(&self, layers: &mut Layers<'_>, name: &str, input: NodeId, stride: usize) -> NodeId {
        if stride == 1 && layers.builder.shape(input)[0] == self.outputs {
            return input;
        }
        let name = format!("{name}.shortcut");
        match self.joining {
            Joining::Padded => {
                let operation = Operation::Shortcut {
                    outputs: self.outputs,
                    stride,
                };
                layers.builder.add(&name, operation, &[input])
            }
            Joining::Projected => {
                layers.linear(&name, input, self.outputs, Window::strided(1, stride))
            }
        }
    }
}

/// Channels weighted by `sigmoid(W2 relu(W1 mean + b1) + b2)` of their means.
fn squeezed(layers: &mut Layers<'_>, name: &str, input: NodeId) -> NodeId {
    let channels = layers.builder.shape(input)[0];
    let mut add = |part: &str, operation, inputs: &[NodeId]| {
        layers
            .builder
            .add(&format!("{name}.{part}"), operation, inputs)
    };
    let narrow = Operation::Dense {
        outputs: (channels / REDUCTION).max(1),
        gain: std::f32::consts::SQRT_2,
    };
    let again = Operation::Dense {
        outputs: channels,
        gain: 1.0,
    };
    let mean = add("mean", Operation::GlobalAverage, &[input]);
    let node = add("narrow", narrow, &[mean]);
    let node = add("relu", Operation::Relu, &[node]);
    let node = add("widen", again, &[node]);
    let gates = add("sigmoid", Operation::Sigmoid, &[node]);
    add("scale", Operation::Scale, &[input, gates])
}
