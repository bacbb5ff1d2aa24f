//! The network whose units are parts of formulas: values and gradient over a batch.
//!
//! Batch matrices are features x rows, so that a unit's values lie together.

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use crate::expression::Operation;
use crate::terms::{CpuPath, Strided, Write, matmul};

/// What a unit does with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Identity,
    /// Sine, cosine, logistic function.
    Function(Shape),
    /// The product of two arguments.
    Product,
}

/// A function of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Sine,
    Cosine,
    Logistic,
}

impl Shape {
    pub fn operation(self) -> Operation {
        match self {
            Shape::Sine => Operation::Sin,
            Shape::Cosine => Operation::Cos,
            Shape::Logistic => Operation::Sigmoid,
        }
    }

    fn value(self, z: f64) -> f64 {
        self.operation().value(z, 0.0)
    }

    fn slope(self, z: f64, value: f64) -> f64 {
        self.operation().slopes(z, 0.0, value)[0]
    }
}

/// The kinds in the order in which a layer has them.
const KINDS: [Kind; 5] = [
    Kind::Identity,
    Kind::Function(Shape::Sine),
    Kind::Function(Shape::Cosine),
    Kind::Function(Shape::Logistic),
    Kind::Product,
];

/// Layers of `units` units of each kind and one output. A layer's arguments are
/// `z = W' h + b` with h the values of the layer before; products take two arguments, the others
/// one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Network {
    inputs: usize,
    pub layers: usize,
    units: usize,
    /// Of each layer W (width of the layer before x arguments) and b; of the output weights and
    /// constant.
    pub parameters: Vec<f64>,
}

/// Working memory of a step.
#[derive(Default)]
pub(super) struct Memory {
    /// The inputs and the values of each layer.
    pub values: Vec<Vec<f64>>,
    arguments: Vec<Vec<f64>>,
    slopes: Vec<f64>,
    flipped: Vec<f64>,
    adjoints: [Vec<f64>; 2],
    pub fitted: Vec<f64>,
}

impl Network {
    pub fn new(inputs: usize, layers: usize, units: usize, random: &mut ChaCha8Rng) -> Network {
        let mut network = Network {
            inputs,
            layers,
            units,
            parameters: Vec::new(),
        };
        network.parameters = vec![0.0; network.constant() + 1];
        for layer in 0..=layers {
            let scale = 1.0 / (network.width(layer) as f64).sqrt();
            let weights = network.weights(layer);
            for weight in &mut network.parameters[weights] {
                *weight = scale * random.sample::<f64, _>(StandardNormal);
            }
        }
        network
    }

    /// The values that layer `layer` gets, counted from 0; the output is the last layer.
    pub fn width(&self, layer: usize) -> usize {
        if layer == 0 {
            self.inputs
        } else {
            KINDS.len() * self.units
        }
    }

    /// The arguments of a hidden layer.
    pub fn arguments(&self) -> usize {
        (KINDS.len() + 1) * self.units
    }

    /// The kind of a unit and where its arguments begin.
    pub fn unit(&self, unit: usize) -> (Kind, usize) {
        match KINDS[unit / self.units] {
            Kind::Product => (Kind::Product, 2 * unit - (KINDS.len() - 1) * self.units),
            kind => (kind, unit),
        }
    }

    fn start(&self, layer: usize) -> usize {
        (0..layer)
            .map(|before| (self.width(before) + 1) * self.arguments())
            .sum()
    }

    /// Where the weights of a layer stand, row after row; the output's weights for the last.
    pub fn weights(&self, layer: usize) -> Range<usize> {
        let start = self.start(layer);
        if layer == self.layers {
            start..start + self.width(layer)
        } else {
            start..start + self.width(layer) * self.arguments()
        }
    }

    /// Where the biases of a hidden layer stand.
    pub fn biases(&self, layer: usize) -> Range<usize> {
        let start = self.weights(layer).end;
        start..start + self.arguments()
    }

    /// Where the output's constant stands.
    pub fn constant(&self) -> usize {
        self.weights(self.layers).end
    }

    /// The values of all layers and the output for `rows` rows; `memory.values[0]` holds the inputs.
    pub fn forward(&self, rows: usize, memory: &mut Memory) {
        let path = CpuPath::detect();
        let arguments = self.arguments();
        memory.values.resize(self.layers + 1, Vec::new());
        memory.arguments.resize(self.layers, Vec::new());
        for layer in 0..self.layers {
            let width = self.width(layer);
            let z = &mut memory.arguments[layer];
            z.resize(arguments * rows, 0.0);
            matmul(
                path,
                [arguments, width, rows],
                Strided::transposed(&self.parameters[self.weights(layer)], arguments),
                (&memory.values[layer], rows),
                (z, rows),
                Write::Replace,
            );
            let biases = &self.parameters[self.biases(layer)];
            for (z, bias) in z.chunks_exact_mut(rows).zip(biases) {
                z.iter_mut().for_each(|z| *z += bias);
            }
            let values = &mut memory.values[layer + 1];
            values.resize(self.width(layer + 1) * rows, 0.0);
            for (unit, to) in values.chunks_exact_mut(rows).enumerate() {
                let (kind, first) = self.unit(unit);
                let a = &z[first * rows..(first + 1) * rows];
                match kind {
                    Kind::Identity => to.copy_from_slice(a),
                    Kind::Function(shape) => {
                        to.iter_mut()
                            .zip(a)
                            .for_each(|(to, a)| *to = shape.value(*a));
                    }
                    Kind::Product => {
                        let b = &z[(first + 1) * rows..(first + 2) * rows];
                        let pairs = a.iter().zip(b);
                        to.iter_mut()
                            .zip(pairs)
                            .for_each(|(to, (a, b))| *to = a * b);
                    }
                }
            }
        }
        memory.fitted.clear();
        memory.fitted.resize(rows, self.parameters[self.constant()]);
        let weights = &self.parameters[self.weights(self.layers)];
        for (values, weight) in memory.values[self.layers].chunks_exact(rows).zip(weights) {
            for (fitted, value) in memory.fitted.iter_mut().zip(values) {
                *fitted += weight * value;
            }
        }
    }

    /// Replaces `gradient` by the derivatives of a loss whose derivative by each row's output is in
    /// `slopes`; after [`Network::forward`] with the same memory.
    pub fn backward(&self, slopes: &[f64], memory: &mut Memory, gradient: &mut [f64]) {
        let rows = slopes.len();
        let path = CpuPath::detect();
        let arguments = self.arguments();
        gradient[self.constant()] = slopes.iter().sum();
        let places = self.weights(self.layers);
        let [above, below] = &mut memory.adjoints;
        above.clear();
        let last = memory.values[self.layers].chunks_exact(rows);
        for (place, values) in places.zip(last) {
            gradient[place] = values.iter().zip(slopes).map(|(v, s)| v * s).sum();
            above.extend(slopes.iter().map(|slope| self.parameters[place] * slope));
        }
        for layer in (0..self.layers).rev() {
            let z = &memory.arguments[layer];
            let values = &memory.values[layer + 1];
            memory.slopes.resize(arguments * rows, 0.0);
            self.argument_slopes(z, values, above, &mut memory.slopes);
            for (place, dz) in self.biases(layer).zip(memory.slopes.chunks_exact(rows)) {
                gradient[place] = dz.iter().sum();
            }
            memory.flipped.resize(arguments * rows, 0.0);
            for (argument, dz) in memory.slopes.chunks_exact(rows).enumerate() {
                for (row, dz) in dz.iter().enumerate() {
                    memory.flipped[row * arguments + argument] = *dz;
                }
            }
            let width = self.width(layer);
            matmul(
                path,
                [width, rows, arguments],
                Strided::rows(&memory.values[layer], rows),
                (&memory.flipped, arguments),
                (&mut gradient[self.weights(layer)], arguments),
                Write::Replace,
            );
            if layer > 0 {
                below.resize(width * rows, 0.0);
                matmul(
                    path,
                    [width, arguments, rows],
                    Strided::rows(&self.parameters[self.weights(layer)], arguments),
                    (&memory.slopes, rows),
                    (below, rows),
                    Write::Replace,
                );
                std::mem::swap(above, below);
            }
        }
    }

    /// From derivatives by the values of a layer to those by its arguments.
    fn argument_slopes(&self, z: &[f64], values: &[f64], above: &[f64], slopes: &mut [f64]) {
        let rows = z.len() / self.arguments();
        let units = above.chunks_exact(rows).zip(values.chunks_exact(rows));
        for (unit, (above, values)) in units.enumerate() {
            let (kind, first) = self.unit(unit);
            let a = &z[first * rows..(first + 1) * rows];
            let (to, next) = slopes[first * rows..].split_at_mut(rows);
            match kind {
                Kind::Identity => to.copy_from_slice(above),
                Kind::Function(shape) => {
                    for (row, to) in to.iter_mut().enumerate() {
                        *to = above[row] * shape.slope(a[row], values[row]);
                    }
                }
                Kind::Product => {
                    let b = &z[(first + 1) * rows..(first + 2) * rows];
                    for (row, (to, next)) in to.iter_mut().zip(next).enumerate() {
                        *to = above[row] * b[row];
                        *next = above[row] * a[row];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn units_have_their_arguments() {
        let network = Network::new(3, 2, 2, &mut ChaCha8Rng::seed_from_u64(1));
        assert_eq!(network.unit(0), (Kind::Identity, 0));
        assert_eq!(network.unit(7), (Kind::Function(Shape::Logistic), 7));
        assert_eq!(network.unit(8), (Kind::Product, 8));
        assert_eq!(network.unit(9), (Kind::Product, 10));
        assert_eq!(network.parameters.len(), 4 * 12 + 11 * 12 + 11);
    }

    #[test]
    fn gradients_equal_finite_differences() {
        for layers in 1..=2 {
            let mut random = ChaCha8Rng::seed_from_u64(2);
            let mut network = Network::new(3, layers, 2, &mut random);
            for parameter in &mut network.parameters {
                *parameter += 0.1 * random.sample::<f64, _>(StandardNormal);
            }
            let rows = 7;
            let mut memory = Memory::default();
            let x: Vec<f64> = (0..21)
                .map(|i| f64::from(i * 13 % 21) / 10.0 - 1.0)
                .collect();
            memory.values.push(x);
            // The loss is sum of (row + 1) * output.
            let slopes: Vec<f64> = (1..=7).map(f64::from).collect();
            let mut gradient = vec![0.0; network.parameters.len()];
            network.forward(rows, &mut memory);
            network.backward(&slopes, &mut memory, &mut gradient);
            for (at, derivative) in gradient.iter().enumerate() {
                let old = network.parameters[at];
                let mut loss = |by: f64| {
                    network.parameters[at] = old + by;
                    network.forward(rows, &mut memory);
                    let pairs = memory.fitted.iter().zip(&slopes);
                    pairs.map(|(f, s)| f * s).sum::<f64>()
                };
                let slope = (loss(1e-5) - loss(-1e-5)) / 2e-5;
                loss(0.0);
                let close = 1e-6 * (1.0 + slope.abs());
                assert!((derivative - slope).abs() < close, "{layers} {at}");
            }
        }
    }
}
