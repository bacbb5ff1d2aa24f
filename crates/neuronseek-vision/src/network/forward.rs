//! From images to logits.

use burn_tensor::{Tensor, activation};

use super::Network;
use crate::backend::{self, Computed, EPSILON, Function, VisionBackend, primitive, tensor};
use crate::graph::{Node, NodeId, Operation};

/// Which statistics batch norms use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The batch's own, which are returned.
    Train,
    /// The running ones.
    Evaluate,
}

/// What comes out.
#[derive(Debug, Clone)]
pub struct Forward<B: VisionBackend> {
    /// `images x classes`.
    pub logits: Tensor<B, 2>,
    /// The last value with pixels, `images x channels x rows x columns`: what class activation
    /// maps and the search on features look at.
    pub features: Tensor<B, 4>,
    /// In training, mean and variance of each batch norm's batch (the variance with `n - 1`).
    pub batch: Vec<[Tensor<B, 1>; 2]>,
}

impl<B: VisionBackend> Network<B> {
    /// Logits of images, `images x channels x rows x columns`; `gates` holds one number per term
    /// in a gated network.
    pub fn forward(
        &self,
        images: Tensor<B, 4>,
        phase: Phase,
        gates: Option<&Tensor<B, 1>>,
    ) -> Forward<B> {
        let mut run = Run {
            network: self,
            phase,
            gates,
            values: vec![None; self.graph.nodes.len()],
            readers: self.graph.readers(),
            batch: Vec::new(),
            features: None,
        };
        run.values[0] = Some(images);
        for node in 1..self.graph.nodes.len() {
            run.step(node);
        }
        let last = self.graph.nodes.len() - 1;
        let logits = run.take(last);
        let [rows, classes, ..] = logits.dims();
        Forward {
            features: run.features.unwrap_or_else(|| logits.clone()),
            logits: logits.reshape([rows, classes]),
            batch: run.batch,
        }
    }
}

/// A pass through the graph. A value is dropped after its last reader.
struct Run<'a, B: VisionBackend> {
    network: &'a Network<B>,
    phase: Phase,
    gates: Option<&'a Tensor<B, 1>>,
    values: Vec<Option<Tensor<B, 4>>>,
    readers: Vec<usize>,
    batch: Vec<[Tensor<B, 1>; 2]>,
    features: Option<Tensor<B, 4>>,
}

impl<B: VisionBackend> Run<'_, B> {
    /// The value of a node for one reader.
    fn take(&mut self, node: NodeId) -> Tensor<B, 4> {
        self.readers[node] = self.readers[node].saturating_sub(1);
        let value = if self.readers[node] == 0 {
            self.values[node].take()
        } else {
            self.values[node].clone()
        };
        value.unwrap_or_else(|| unreachable!("nodes run in order, inputs before their readers"))
    }

    fn step(&mut self, number: NodeId) {
        if self.values[number].is_some() {
            return; // A ReLU that ran with the node before it.
        }
        let graph = &self.network.graph;
        let node = &graph.nodes[number];
        let relu = self.relu_after(number);
        let inputs: Vec<Tensor<B, 4>> = node.inputs.iter().map(|&i| self.take(i)).collect();
        let value = self.value(node, inputs, relu);
        let place = if relu { number + 1 } else { number };
        self.values[place] = Some(value);
    }

    /// Whether the next node is a ReLU that alone reads this one, so that both run at once.
    fn relu_after(&self, number: NodeId) -> bool {
        let nodes = &self.network.graph.nodes;
        let node = &nodes[number];
        let joins = match node.operation {
            Operation::BatchNorm { .. } => true,
            Operation::Add => node.inputs.len() == 2,
            _ => false,
        };
        let reads = |next: &Node| next.operation == Operation::Relu && next.inputs == [number];
        joins && self.readers[number] == 1 && nodes.get(number + 1).is_some_and(reads)
    }

    fn value(&mut self, node: &Node, mut inputs: Vec<Tensor<B, 4>>, relu: bool) -> Tensor<B, 4> {
        match node.operation {
            Operation::Input => unreachable!("the input is there from the start"),
            Operation::Convolution {
                window,
                groups,
                bias,
                ..
            } => {
                let precision = self.network.precision;
                let weights = precision.operand(self.parameter::<4>(node, 0));
                let x = precision.operand(inputs.remove(0));
                let function = Function::Convolution { window, groups };
                let y = apply::<B, 2>(function, [x, weights].map(primitive));
                let y = precision.result(tensor::<B, 4>(y.value));
                if bias {
                    let bias = self.parameter::<1>(node, 1);
                    let count = bias.dims()[0];
                    return y + bias.reshape([1, count, 1, 1]);
                }
                y
            }
            Operation::BatchNorm { .. } => self.batch_norm(node, inputs.remove(0), relu),
            Operation::Relu => one(Function::Relu, inputs.remove(0)),
            Operation::Sigmoid => activation::sigmoid(inputs.remove(0)),
            Operation::Power { order, bound } => {
                one(Function::Power { order, bound }, inputs.remove(0))
            }
            Operation::Add if relu => {
                let both = [inputs.remove(0), inputs.remove(0)];
                tensor(apply::<B, 2>(Function::AddRelu, both.map(primitive)).value)
            }
            Operation::Add => folded(inputs, |a, b| a + b),
            Operation::Product => {
                let factors: Vec<_> = inputs.into_iter().map(primitive).collect();
                tensor(B::value(Function::Product, &factors).value)
            }
            Operation::Scale => folded(inputs, |a, b| a * b),
            Operation::Concat => Tensor::cat(inputs, 1),
            Operation::MaxPool(window) => one(Function::MaxPool(window), inputs.remove(0)),
            Operation::AveragePool(window) => one(Function::AveragePool(window), inputs.remove(0)),
            Operation::GlobalAverage => {
                let x = inputs.remove(0);
                self.features = Some(x.clone());
                x.mean_dim(3).mean_dim(2)
            }
            Operation::Shortcut { outputs, stride } => shortcut(inputs.remove(0), outputs, stride),
            Operation::Dense { outputs, .. } => self.dense(node, inputs.remove(0), outputs),
            Operation::Gate { term } => match self.gates {
                Some(gates) => {
                    let gate = gates.clone().narrow(0, term, 1);
                    inputs.remove(0) * gate.reshape([1, 1, 1, 1])
                }
                None => inputs.remove(0),
            },
        }
    }

    /// A parameter of a node in its shape.
    fn parameter<const D: usize>(&self, node: &Node, number: usize) -> Tensor<B, D> {
        let place = node.first_parameter + number;
        let mut shape = [1; D];
        shape.copy_from_slice(&self.network.graph.parameters[place].shape);
        self.network.parameters[place].clone().reshape(shape)
    }

    fn batch_norm(&mut self, node: &Node, x: Tensor<B, 4>, relu: bool) -> Tensor<B, 4> {
        let gain = self.parameter::<1>(node, 0);
        let shift = self.parameter::<1>(node, 1);
        if self.phase == Phase::Evaluate {
            let number = node.statistics.unwrap_or_default();
            let [mean, variance] = self.network.statistics[number].clone();
            let scale = gain / (variance + EPSILON).sqrt();
            let shift = shift - mean * scale.clone();
            return B::affine(x, scale, shift, relu);
        }
        let [images, _, rows, columns] = x.dims();
        let numbers = (images * rows * columns) as f32;
        let inputs = [primitive(x), primitive(gain), primitive(shift)];
        let computed = apply::<B, 3>(Function::BatchNorm { relu }, inputs);
        let mut kept = computed.kept.into_iter().map(tensor::<B, 1>);
        if let (Some(mean), Some(inverse)) = (kept.next(), kept.next()) {
            let variance = inverse.powi_scalar(-2) - EPSILON;
            let unbiased = variance * (numbers / (numbers - 1.0).max(1.0));
            self.batch.push([mean, unbiased]);
        }
        tensor(computed.value)
    }

    fn dense(&self, node: &Node, x: Tensor<B, 4>, outputs: usize) -> Tensor<B, 4> {
        let [images, inputs, ..] = x.dims();
        let weights = self.parameter::<2>(node, 0);
        let bias = self.parameter::<1>(node, 1);
        let x = x.reshape([images, inputs]);
        let y = x.matmul(weights.transpose()) + bias.unsqueeze();
        y.reshape([images, outputs, 1, 1])
    }
}

fn apply<B: VisionBackend, const N: usize>(
    function: Function,
    inputs: [backend::Primitive<B>; N],
) -> Computed<B> {
    B::value(function, &inputs)
}

fn one<B: VisionBackend>(function: Function, x: Tensor<B, 4>) -> Tensor<B, 4> {
    tensor(apply::<B, 1>(function, [primitive(x)]).value)
}

fn folded<B: VisionBackend>(
    inputs: Vec<Tensor<B, 4>>,
    join: impl Fn(Tensor<B, 4>, Tensor<B, 4>) -> Tensor<B, 4>,
) -> Tensor<B, 4> {
    let joined = inputs.into_iter().reduce(join);
    joined.unwrap_or_else(|| unreachable!("a node that joins has inputs"))
}

/// Every `stride`-th pixel, zeros for the channels that are new (half before, half behind).
fn shortcut<B: VisionBackend>(x: Tensor<B, 4>, outputs: usize, stride: usize) -> Tensor<B, 4> {
    let [images, channels, rows, columns] = x.dims();
    let x = if stride > 1 {
        let step = stride as isize;
        x.slice([
            burn_tensor::Slice::full(),
            burn_tensor::Slice::full(),
            burn_tensor::Slice::new(0, Some(rows as isize), step),
            burn_tensor::Slice::new(0, Some(columns as isize), step),
        ])
    } else {
        x
    };
    let [.., rows, columns] = x.dims();
    let like = (&x.device(), x.dtype());
    let zeros = |count: usize| Tensor::zeros([images, count, rows, columns], like);
    let before = (outputs - channels) / 2;
    let after = outputs - channels - before;
    let mut parts = Vec::new();
    if before > 0 {
        parts.push(zeros(before));
    }
    let behind = (after > 0).then(|| zeros(after));
    parts.push(x);
    parts.extend(behind);
    Tensor::cat(parts, 1)
}
