//! Logits and gradients of every layer and architecture beside PyTorch's.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../../neuronseek/tests/parity/python.rs"]
mod python;

use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};
use neuronseek_vision::architecture::{Architecture, Plan};
use neuronseek_vision::graph::{Graph, Node, Operation, Window};
use neuronseek_vision::network::{Network, Numbers, Phase, start};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::{Value, json};

type Tape = Autodiff<Flex>;

/// PyTorch's answers in both precisions.
#[derive(Deserialize)]
struct Answers {
    single: Answer,
    double: Answer,
}

#[derive(Deserialize)]
struct Answer {
    logits: Vec<f32>,
    gradients: Vec<Vec<f32>>,
    image_gradient: Vec<f32>,
}

fn described(graph: &Graph, node: &Node, numbers: &[Vec<f32>]) -> Value {
    let window = |kind: &str, window: Window| {
        json!({"kind": kind, "size": window.size, "stride": window.stride,
               "padding": window.padding})
    };
    let mut described = match node.operation {
        Operation::Input => json!({"kind": "input"}),
        Operation::Convolution {
            window: moved,
            groups,
            ..
        } => {
            let mut described = window("convolution", moved);
            described["groups"] = json!(groups);
            described
        }
        Operation::BatchNorm { .. } => json!({"kind": "batch_norm"}),
        Operation::Relu => json!({"kind": "relu"}),
        Operation::Sigmoid => json!({"kind": "sigmoid"}),
        Operation::Power { order, bound } => {
            json!({"kind": "power", "order": order, "bound": bound})
        }
        Operation::Product => json!({"kind": "product"}),
        Operation::Add => json!({"kind": "add"}),
        Operation::Concat => json!({"kind": "concat"}),
        Operation::MaxPool(moved) => window("max_pool", moved),
        Operation::AveragePool(moved) => window("average_pool", moved),
        Operation::GlobalAverage => json!({"kind": "global_average"}),
        Operation::Scale => json!({"kind": "scale"}),
        Operation::Shortcut { outputs, stride } => {
            json!({"kind": "shortcut", "outputs": outputs, "stride": stride})
        }
        Operation::Dense { .. } => json!({"kind": "dense"}),
        Operation::Gate { .. } => unreachable!("no network here is gated"),
    };
    let own = node.first_parameter..node.first_parameter + node.parameter_count;
    let own: Vec<Value> = own
        .map(|place| json!([graph.parameters[place].shape, numbers[place]]))
        .collect();
    described["parameters"] = json!(own);
    described["inputs"] = json!(node.inputs);
    described
}

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| random.random_range(-1.5..1.5f32))
        .collect()
}

/// Whether logits or gradients are as PyTorch has them in double precision: 1e-4 of their size, and
/// what PyTorch itself is off in single precision (in a hundred layers a rounded number may pass a
/// ReLU on the other side).
fn close(name: &str, ours: &[f32], single: &[f32], double: &[f32]) {
    assert_eq!(ours.len(), double.len(), "{name}");
    let apart = |numbers: &[f32]| {
        let pairs = numbers.iter().zip(double);
        let squares = pairs.map(|(a, b)| f64::from(a - b).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let size = double.iter().map(|n| f64::from(*n).powi(2)).sum::<f64>();
    let (found, theirs) = (apart(ours), apart(single));
    // A gradient may be zero but for rounding, such as that of weights along themselves before a
    // norm: hence the absolute part.
    let allowed = 1e-4 * size.sqrt() + 1e-4 + 4.0 * theirs;
    assert!(
        found <= allowed,
        "{name}: {found} apart of {}, PyTorch {theirs}",
        size.sqrt()
    );
}

/// A network with its numbers, images and what its logits are multiplied with.
struct Case {
    name: String,
    plan: Plan,
    graph: Arc<Graph>,
    numbers: Numbers,
    images: usize,
    pixels: Vec<f32>,
    weights: Vec<f32>,
}

impl Case {
    fn new(name: &str, plan: Plan, images: usize) -> Case {
        let graph = Arc::new(plan.graph().unwrap());
        let mut numbers = start(&graph, 2);
        for (place, parameter) in numbers.parameters.iter_mut().enumerate() {
            let noise = random(parameter.len(), place as u64 + 50);
            for (number, noise) in parameter.iter_mut().zip(noise) {
                *number += 0.05 * noise;
            }
        }
        Case {
            name: name.to_string(),
            pixels: random(images * plan.input.iter().product::<usize>(), 1),
            weights: random(images * plan.classes, 3),
            graph,
            numbers,
            images,
            plan,
        }
    }

    fn shape(&self) -> [usize; 4] {
        let [channels, rows, columns] = self.plan.input;
        [self.images, channels, rows, columns]
    }

    fn task(&self) -> Value {
        let nodes = self.graph.nodes.iter();
        let nodes: Vec<Value> = nodes
            .map(|node| described(&self.graph, node, &self.numbers.parameters))
            .collect();
        json!({"nodes": nodes, "images": self.pixels, "shape": self.shape(),
               "weights": self.weights})
    }

    fn compare(self, Answers { single, double }: &Answers) {
        let (name, device) = (&self.name, FlexDevice);
        let mut network = Network::<Tape>::new(self.graph.clone(), &self.numbers, &device);
        let parameters = network.parameters.into_iter();
        network.parameters = parameters.map(Tensor::require_grad).collect();
        let data = TensorData::new(self.pixels.clone(), self.shape());
        let input = Tensor::<Tape, 4>::from_data(data, &device).require_grad();
        let forward = network.forward(input.clone(), Phase::Train, None);
        let data = TensorData::new(self.weights, [self.images, self.plan.classes]);
        let weights = Tensor::<Tape, 2>::from_data(data, &device);
        let logits: Vec<f32> = forward.logits.to_data().iter::<f32>().collect();
        let part = format!("{name} logits");
        close(&part, &logits, &single.logits, &double.logits);
        let found = (forward.logits * weights).sum().backward();
        let parameters = network.parameters.iter().zip(&self.graph.parameters);
        for (place, (parameter, described)) in parameters.enumerate() {
            let gradient = parameter.grad(&found).unwrap().to_data();
            let gradient: Vec<f32> = gradient.iter::<f32>().collect();
            let theirs = [single, double].map(|answer| &answer.gradients[place]);
            let part = format!("{name} {}", described.name);
            close(&part, &gradient, theirs[0], theirs[1]);
        }
        let gradient = input.grad(&found).unwrap().to_data();
        let gradient: Vec<f32> = gradient.iter::<f32>().collect();
        let part = format!("{name} image");
        close(
            &part,
            &gradient,
            &single.image_gradient,
            &double.image_gradient,
        );
    }
}

/// Every architecture, then several neurons.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for architecture in Architecture::ALL {
        let plan = Plan {
            width: 0.12,
            ..Plan::linear(architecture, [3, 13, 12], 5)
        };
        cases.push(Case::new(architecture.name(), plan, 4));
    }
    for neuron in [
        "x^2",
        "x + x^3",
        "x + x^2 + cp(2)",
        "x + x^4 + cp(3, r=5) + x^5",
    ] {
        let plan = Plan {
            neuron: neuron.parse().unwrap(),
            width: 0.5,
            ..Plan::linear(Architecture::SmallCnn, [3, 13, 12], 5)
        };
        cases.push(Case::new(neuron, plan, 6));
    }
    cases
}

#[test]
fn every_architecture_and_neuron_has_the_gradients_of_pytorch() {
    let cases = cases();
    // All at once, since starting PyTorch takes seconds.
    let tasks: Vec<Value> = cases.iter().map(Case::task).collect();
    let answers = python::ask::<_, Vec<Answers>>("torch/graph.py", "torch", &json!(tasks));
    for (case, answers) in cases.into_iter().zip(answers.iter().flatten()) {
        case.compare(answers);
    }
}
