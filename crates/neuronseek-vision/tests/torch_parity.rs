//! Logits and gradients of every layer and architecture beside PyTorch's.

mod python;

use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};
use neuronseek_vision::architecture::{Architecture, Plan};
use neuronseek_vision::graph::{Graph, Node, Operation, Window};
use neuronseek_vision::network::{Network, Phase, start};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::{Value, json};

type Tape = Autodiff<Flex>;

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

/// Whether a logit or gradient is as PyTorch has it, relative to the size of its vector.
fn close(name: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    let norm = |numbers: &mut dyn Iterator<Item = f32>| {
        let sum: f64 = numbers.map(|n| f64::from(n) * f64::from(n)).sum();
        sum.sqrt()
    };
    let apart = norm(&mut ours.iter().zip(theirs).map(|(a, b)| a - b));
    let size = norm(&mut theirs.iter().copied());
    // A gradient that is zero but for rounding, such as that of weights before a norm along
    // themselves, is compared with the size of its parts.
    assert!(apart <= 1e-4 * size + 1e-4, "{name}: {apart} of {size}");
}

fn compare(name: &str, plan: &Plan, images: usize) {
    let graph = Arc::new(plan.graph().unwrap());
    let mut numbers = start(&graph, 2);
    for (place, parameter) in numbers.parameters.iter_mut().enumerate() {
        let noise = random(parameter.len(), place as u64 + 50);
        for (number, noise) in parameter.iter_mut().zip(noise) {
            *number += 0.05 * noise;
        }
    }
    let [channels, rows, columns] = plan.input;
    let shape = [images, channels, rows, columns];
    let pixels = random(shape.iter().product(), 1);
    let weights = random(images * plan.classes, 3);
    let nodes = graph.nodes.iter();
    let nodes: Vec<Value> = nodes
        .map(|node| described(&graph, node, &numbers.parameters))
        .collect();
    let task = json!({"nodes": nodes, "images": pixels, "shape": shape, "weights": weights});
    let Some(theirs) = python::ask::<Answer>("torch/graph.py", "torch", &task) else {
        return;
    };
    let device = FlexDevice;
    let mut network = Network::<Tape>::new(graph.clone(), &numbers, &device);
    network.parameters = network
        .parameters
        .into_iter()
        .map(Tensor::require_grad)
        .collect();
    let data = TensorData::new(pixels, shape);
    let input = Tensor::<Tape, 4>::from_data(data, &device).require_grad();
    let forward = network.forward(input.clone(), Phase::Train, None);
    let data = TensorData::new(weights, [images, plan.classes]);
    let weights = Tensor::<Tape, 2>::from_data(data, &device);
    let logits: Vec<f32> = forward.logits.to_data().iter::<f32>().collect();
    close(&format!("{name} logits"), &logits, &theirs.logits);
    let found = (forward.logits * weights).sum().backward();
    for (place, parameter) in network.parameters.iter().enumerate() {
        let gradient = parameter.grad(&found).unwrap().to_data();
        let gradient: Vec<f32> = gradient.iter::<f32>().collect();
        let part = &graph.parameters[place].name;
        close(
            &format!("{name} {part}"),
            &gradient,
            &theirs.gradients[place],
        );
    }
    let gradient = input.grad(&found).unwrap().to_data();
    let gradient: Vec<f32> = gradient.iter::<f32>().collect();
    close(&format!("{name} image"), &gradient, &theirs.image_gradient);
}

#[test]
fn every_architecture_has_the_gradients_of_pytorch() {
    for architecture in Architecture::ALL {
        let plan = Plan {
            width: 0.25,
            ..Plan::linear(architecture, [3, 17, 16], 5)
        };
        compare(architecture.name(), &plan, 4);
    }
}

#[test]
fn every_neuron_has_the_gradients_of_pytorch() {
    for neuron in [
        "x^2",
        "x + x^3",
        "x + x^2 + cp(2)",
        "x + x^4 + cp(3, r=5) + x^5",
    ] {
        let plan = Plan {
            neuron: neuron.parse().unwrap(),
            ..Plan::linear(Architecture::SmallCnn, [3, 13, 12], 5)
        };
        compare(neuron, &plan, 6);
    }
}
