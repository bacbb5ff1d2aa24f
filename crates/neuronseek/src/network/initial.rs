//! Initial parameters.
//!
//! | what | drawn from |
//! |---|---|
//! | weights of x and of embeddings | uniform within 1 / sqrt(inputs + components of embeddings) |
//! | steps of embeddings | uniform within 1 / sqrt(bins) |
//! | weights of x^2 and higher, and of functions | normal, deviation 0.1 / sqrt(inputs) |
//! | shared factors | normal, deviation 1 / sqrt(inputs): projections of scaled inputs are about 1 |
//! | weights after a product | normal, deviation 0.1 / sqrt(rank) |
//! | independent factors | normal, deviation 0.1^(1/order) / sqrt(inputs): products are about 0.1 |
//! | bias, shift | 0 |
//! | scale, running variance | 1; running mean 0 |
//!
//! Higher orders start small because large ones explode at the edges of the data before training
//! has bent them. A neuron without x has nothing else to start from, so that its lowest term gets
//! ten times as much.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::embedding::Embedded;
use super::layout::{Layer, Layout, Source};
use super::real::Real;
use super::stream::{Purpose, generator};

/// Parameters and statistics.
pub(super) fn draw<T: Real>(layout: &Layout, seed: u64) -> (Vec<T>, Vec<T>) {
    let mut generator = generator(seed, Purpose::Initial, 0);
    let mut parameters = vec![T::ZERO; layout.parameters];
    let mut statistics = vec![T::ZERO; layout.statistics];
    for layer in layout.layers.iter().chain(&layout.skip) {
        draw_layer(layer, &mut parameters, &mut generator);
    }
    for segment in &layout.segments {
        let range = segment.offset..segment.offset + segment.len();
        if segment.name.ends_with(".scale") {
            parameters[range].fill(T::ONE);
        } else if segment.name.ends_with(".variance") {
            statistics[range].fill(T::ONE);
        }
    }
    (parameters, statistics)
}

fn draw_layer<T: Real>(layer: &Layer, parameters: &mut [T], generator: &mut ChaCha8Rng) {
    let inputs = (layer.inputs as f64).sqrt();
    let components = layer.embedded.as_ref().map_or(0, Embedded::components);
    let linear = ((layer.inputs + components) as f64).sqrt();
    // The scale of what stands beside x; ten times as much where nothing else starts.
    let mut small = if layer.first_row == 0 { 0.1 } else { 1.0 };
    for block in &layer.blocks {
        let offset = layer.weights + (block.row - layer.first_row) * layer.outputs;
        let weights = &mut parameters[offset..offset + block.rows * layer.outputs];
        match block.source {
            Source::Power { order: 1 } | Source::Embedding => {
                uniform(weights, 1.0 / linear, generator);
                continue;
            }
            Source::Power { .. } | Source::Function(_) => {
                normal(weights, small / inputs, generator);
            }
            Source::Product { .. } => {
                normal(weights, small / (block.rows as f64).sqrt(), generator);
            }
        }
        small = 0.1;
    }
    for block in &layer.blocks {
        if let Source::Product { order, projection } = block.source {
            let offset = layer.factors + projection * layer.inputs;
            let length = order * block.rows * layer.inputs;
            normal(
                &mut parameters[offset..offset + length],
                1.0 / inputs,
                generator,
            );
        }
    }
    for embedded in layer.embedded.iter().flat_map(|embedded| &embedded.inputs) {
        let bins = embedded.bins();
        let length = layer.embedded.as_ref().map_or(0, |all| all.width) * bins;
        let steps = &mut parameters[embedded.steps..embedded.steps + length];
        uniform(steps, 1.0 / (bins as f64).sqrt(), generator);
    }
    for term in &layer.independent {
        let offset = layer.factors + term.projection * layer.inputs;
        let length = term.order * layer.outputs * layer.inputs;
        let deviation = f64::powf(small, 1.0 / term.order as f64) / inputs;
        normal(
            &mut parameters[offset..offset + length],
            deviation,
            generator,
        );
        small = 0.1;
    }
}

fn uniform<T: Real>(out: &mut [T], bound: f64, generator: &mut ChaCha8Rng) {
    for out in out {
        let unit = generator.next_u32() as f64 / u32::MAX as f64;
        *out = T::from_f64((2.0 * unit - 1.0) * bound);
    }
}

fn normal<T: Real>(out: &mut [T], deviation: f64, generator: &mut ChaCha8Rng) {
    for out in out {
        let draw: f64 = StandardNormal.sample(generator);
        *out = T::from_f64(draw * deviation);
    }
}
