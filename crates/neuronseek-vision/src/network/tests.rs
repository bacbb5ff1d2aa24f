use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_backend::DType;
use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Network, Numbers, Phase, start};
use crate::architecture::{Architecture, Plan};
use crate::graph::{Builder, Graph, Operation, Window};

type Tape = Autodiff<Flex>;

fn random(count: usize, seed: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

/// The network in double precision, its inputs, and what its logits are multiplied with.
struct Case {
    graph: Arc<Graph>,
    numbers: Vec<Vec<f64>>,
    images: Vec<f64>,
    shape: [usize; 4],
    weights: Vec<f64>,
}

impl Case {
    fn new(graph: Graph, images: usize) -> Case {
        let [channels, rows, columns] = graph.input();
        let shape = [images, channels, rows, columns];
        let spread = |(seed, start): (usize, Vec<f32>)| {
            let noise = random(start.len(), seed as u64 + 100);
            let both = start.into_iter().zip(noise);
            both.map(|(a, b)| f64::from(a) + 0.3 * b).collect()
        };
        let parameters = start(&graph, 3).parameters.into_iter().enumerate();
        Case {
            numbers: parameters.map(spread).collect(),
            images: random(shape.iter().product(), 1),
            shape,
            weights: random(images * graph.outputs(), 2),
            graph: Arc::new(graph),
        }
    }

    /// `sum weights * logits` and its gradients for parameters and images.
    fn run(
        &self,
        numbers: &[Vec<f64>],
        images: &[f64],
        dtype: DType,
    ) -> (f64, Vec<Vec<f64>>, Vec<f64>) {
        let device = FlexDevice;
        let vector = |numbers: &Vec<f64>| {
            let data = TensorData::new(numbers.clone(), [numbers.len()]);
            Tensor::<Tape, 1>::from_data(data, (&device, dtype)).require_grad()
        };
        let graph = self.graph.clone();
        let statistics = start(&graph, 0).statistics;
        let empty = Numbers {
            parameters: Vec::new(),
            statistics,
        };
        let mut network = Network::<Tape>::new(graph, &empty, &device);
        network.parameters = numbers.iter().map(vector).collect();
        let data = TensorData::new(images.to_vec(), self.shape);
        let images = Tensor::<Tape, 4>::from_data(data, (&device, dtype)).require_grad();
        let forward = network.forward(images.clone(), Phase::Train, None);
        let [rows, classes] = forward.logits.dims();
        let data = TensorData::new(self.weights.clone(), [rows, classes]);
        let weights = Tensor::<Tape, 2>::from_data(data, (&device, dtype));
        let sum = (forward.logits * weights).sum();
        let value = sum.to_data().iter::<f64>().next().unwrap();
        let found = sum.backward();
        let of = |parameter: &Tensor<Tape, 1>| {
            let gradient = parameter.grad(&found).unwrap();
            gradient.to_data().iter::<f64>().collect()
        };
        let gradients = network.parameters.iter().map(of).collect();
        let of_images = images.grad(&found).unwrap().to_data();
        (value, gradients, of_images.iter::<f64>().collect())
    }

    /// Gradients in double precision against finite differences of some numbers of every
    /// parameter, then gradients of the kernels in single precision against those.
    fn check(&self, name: &str) {
        let (_, exact, of_images) = self.run(&self.numbers, &self.images, DType::F64);
        let step = 1e-5;
        for (place, numbers) in self.numbers.iter().enumerate() {
            for number in [0, numbers.len() / 2, numbers.len() - 1] {
                let at = |shift: f64| {
                    let mut moved = self.numbers.clone();
                    moved[place][number] += shift;
                    self.run(&moved, &self.images, DType::F64).0
                };
                let difference = (at(step) - at(-step)) / (2.0 * step);
                let found = exact[place][number];
                let near = (difference - found).abs() <= 1e-4 * (1.0 + found.abs());
                let parameter = &self.graph.parameters[place].name;
                assert!(near, "{name} {parameter}: {difference} and {found}");
            }
        }
        for number in [0, self.images.len() / 3, self.images.len() - 1] {
            let at = |shift: f64| {
                let mut moved = self.images.clone();
                moved[number] += shift;
                self.run(&self.numbers, &moved, DType::F64).0
            };
            let difference = (at(step) - at(-step)) / (2.0 * step);
            let found = of_images[number];
            let near = (difference - found).abs() <= 1e-4 * (1.0 + found.abs());
            assert!(near, "{name} pixel {number}: {difference} and {found}");
        }
        let (_, single, images) = self.run(&self.numbers, &self.images, DType::F32);
        let parts = single.iter().zip(&exact).chain([(&images, &of_images)]);
        for (number, (single, exact)) in parts.enumerate() {
            let size = exact.iter().map(|g| g * g).sum::<f64>().sqrt();
            let apart = single.iter().zip(exact).map(|(a, b)| (a - b) * (a - b));
            let apart = apart.sum::<f64>().sqrt();
            let name = format!("{name}, gradient {number}");
            assert!(apart <= 1e-4 * size + 1e-6, "{name}: {apart} of {size}");
        }
    }
}

fn single(operation: Operation) -> Graph {
    let (mut builder, image) = Builder::new([4, 7, 6]);
    let node = builder.add("layer", operation, &[image]);
    builder.classify(node, 3);
    builder.finish()
}

fn of_neuron(neuron: &str) -> Graph {
    let plan = Plan {
        neuron: neuron.parse().unwrap(),
        width: 0.1,
        ..Plan::linear(Architecture::SmallCnn, [2, 9, 8], 3)
    };
    plan.graph().unwrap()
}

#[test]
fn gradients_of_every_layer_against_finite_differences() {
    let convolution = |size, stride, groups, bias| Operation::Convolution {
        outputs: 4,
        window: Window::strided(size, stride),
        groups,
        bias,
        gain: 1.0,
    };
    let power = |order, bound| Operation::Power { order, bound };
    let window = Window {
        size: 2,
        stride: 2,
        padding: 0,
    };
    for operation in [
        convolution(3, 1, 1, true),
        convolution(3, 2, 1, false),
        convolution(5, 1, 2, false),
        convolution(3, 1, 4, false),
        convolution(1, 2, 1, false),
        Operation::BatchNorm { gain: 0.7 },
        Operation::Relu,
        Operation::Sigmoid,
        power(1, Some(0.8)),
        power(2, None),
        power(3, Some(0.8)),
        Operation::MaxPool(window),
        Operation::AveragePool(Window::same(3)),
        Operation::Shortcut {
            outputs: 7,
            stride: 2,
        },
    ] {
        Case::new(single(operation), 3).check(&format!("{operation:?}"));
    }
}

#[test]
fn gradients_of_neurons_against_finite_differences() {
    for neuron in [
        "x",
        "x^3",
        "x + x^2",
        "x + cp(2, r=3)",
        "x + x^4 + cp(3, r=2)",
    ] {
        Case::new(of_neuron(neuron), 3).check(neuron);
    }
}

#[test]
fn gradients_of_blocks_against_finite_differences() {
    for architecture in [Architecture::SeResNet20, Architecture::DenseNet100] {
        let plan = Plan {
            width: 0.1,
            ..Plan::linear(architecture, [2, 8, 8], 3)
        };
        let mut graph = plan.graph().unwrap();
        // The whole network would take minutes in double precision: its first blocks, closed.
        let cut = graph
            .nodes
            .iter()
            .position(|node| {
                node.name.starts_with("stage1.block2") || node.name.starts_with("block1.layer3")
            })
            .unwrap();
        let (mut builder, image) = Builder::new(graph.input());
        let mut places = vec![image];
        for node in graph.nodes.drain(..cut).skip(1) {
            let inputs: Vec<usize> = node.inputs.iter().map(|&i| places[i]).collect();
            places.push(builder.add(&node.name, node.operation, &inputs));
        }
        builder.classify(places[cut - 1], 3);
        Case::new(builder.finish(), 2).check(architecture.name());
    }
}

#[test]
fn a_trained_network_evaluates_by_its_running_statistics() {
    let graph = Arc::new(of_neuron("x + x^2"));
    let mut numbers = start(&graph, 5);
    let device = FlexDevice;
    let images: Vec<f32> = random(8 * 2 * 9 * 8, 9)
        .into_iter()
        .map(|x| x as f32)
        .collect();
    let images = Tensor::<Flex, 4>::from_data(TensorData::new(images, [8, 2, 9, 8]), &device);
    let network = Network::<Flex>::new(graph.clone(), &numbers, &device);
    let trained = network.forward(images.clone(), Phase::Train, None);
    assert_eq!(trained.batch.len(), graph.norms.len());
    // With the batch's statistics as the running ones both phases agree, but for n - 1.
    for (running, batch) in numbers.statistics.iter_mut().zip(&trained.batch) {
        *running = batch.each_ref().map(super::host);
    }
    let network = Network::<Flex>::new(graph, &numbers, &device);
    let evaluated = network.forward(images, Phase::Evaluate, None);
    let pairs = evaluated.logits.to_data();
    let other = trained.logits.to_data();
    for (a, b) in pairs.iter::<f32>().zip(other.iter::<f32>()) {
        assert!((a - b).abs() < 0.05 * (1.0 + b.abs()), "{a} and {b}");
    }
}

#[test]
fn layers_start_alike_whatever_stands_beside_them() {
    let [linear, both] = ["x", "x + x^2"].map(of_neuron);
    let [a, b] = [&linear, &both].map(|graph| start(graph, 1));
    let place = |graph: &Graph| graph.parameter("layer2.x.weight").unwrap();
    // Widths are equal, hence shapes too.
    assert_eq!(a.parameters[place(&linear)], b.parameters[place(&both)]);
    assert_ne!(
        b.parameters[place(&both)],
        b.parameters[both.parameter("layer2.x^2.weight").unwrap()]
    );
    assert_ne!(start(&linear, 1), start(&linear, 2));
}
