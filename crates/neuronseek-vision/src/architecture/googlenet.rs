//! GoogLeNet, that is Inception v1 (Szegedy et al. 2015), with batch norms in place of biases.

use super::{Layers, Stem};
use crate::graph::{NodeId, Operation, Window};

/// Published channels of a module: 1 x 1; 3 x 3 reduce, 3 x 3; 5 x 5 reduce, 5 x 5; after pool.
type Module = (&'static str, [usize; 6]);

const THIRD: [Module; 2] = [
    ("3a", [64, 96, 128, 16, 32, 32]),
    ("3b", [128, 128, 192, 32, 96, 64]),
];
const FOURTH: [Module; 5] = [
    ("4a", [192, 96, 208, 16, 48, 64]),
    ("4b", [160, 112, 224, 24, 64, 64]),
    ("4c", [128, 128, 256, 24, 64, 64]),
    ("4d", [112, 144, 288, 32, 64, 64]),
    ("4e", [256, 160, 320, 32, 128, 128]),
];
const FIFTH: [Module; 2] = [
    ("5a", [256, 160, 320, 32, 128, 128]),
    ("5b", [384, 192, 384, 48, 128, 128]),
];

/// The whole network up to its last module.
pub(super) fn inception(layers: &mut Layers<'_>, image: NodeId) -> NodeId {
    let halve = Window::strided(3, 2);
    let mut node = entry(layers, image);
    for (modules, pool) in [
        (&THIRD[..], Some("pool3")),
        (&FOURTH[..], Some("pool4")),
        (&FIFTH[..], None),
    ] {
        for (name, channels) in modules {
            node = module(layers, name, node, channels);
        }
        if let Some(name) = pool {
            node = layers.max_pool(name, node, halve);
        }
    }
    node
}

/// The published stem for large images; one convolution to 192 channels for small ones.
fn entry(layers: &mut Layers<'_>, image: NodeId) -> NodeId {
    let [narrow, wide] = [64, 192].map(|published| layers.channels(published));
    if layers.plan.stem == Stem::Small {
        return layers.stem(image, wide);
    }
    let node = layers.stem(image, narrow);
    let node = layers.stem_pool(node);
    let node = pixel(layers, "stem.reduce", node, narrow);
    let node = layers.neuron("stem2", node, wide, Window::same(3));
    let node = layers.relu("stem2", node);
    layers.max_pool("pool2", node, Window::strided(3, 2))
}

fn pixel(layers: &mut Layers<'_>, name: &str, input: NodeId, outputs: usize) -> NodeId {
    let node = layers.linear(name, input, outputs, Window::same(1));
    layers.relu(name, node)
}

fn module(layers: &mut Layers<'_>, name: &str, input: NodeId, channels: &[usize; 6]) -> NodeId {
    let [one, three_reduce, three, five_reduce, five, pooled] =
        channels.map(|published| layers.channels(published));
    let name = format!("inception{name}");
    let path = |part: &str| format!("{name}.{part}");
    let first = pixel(layers, &path("1x1"), input, one);
    let mut reduced = |part: &str, reduce, outputs, size| {
        let node = pixel(layers, &path(&format!("{part}.reduce")), input, reduce);
        let node = layers.neuron(&path(part), node, outputs, Window::same(size));
        layers.relu(&path(part), node)
    };
    let second = reduced("3x3", three_reduce, three, 3);
    let third = reduced("5x5", five_reduce, five, 5);
    let node = layers.max_pool(&path("pool"), input, Window::same(3));
    let fourth = pixel(layers, &path("pool.1x1"), node, pooled);
    let all = [first, second, third, fourth];
    layers.builder.add(&path("concat"), Operation::Concat, &all)
}
