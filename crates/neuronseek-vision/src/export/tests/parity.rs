//! What onnxruntime computes from bytes is what the network computes.

use std::collections::HashMap;
use std::sync::Arc;

use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::{Value, json};

#[path = "../../../../neuronseek/tests/parity/python.rs"]
mod python;

use super::super::{onnx, written};
use super::model;
use crate::architecture::{Architecture, Plan, Stem};
use crate::augment::Normalisation;
use crate::graph::{Builder, Graph, Operation, Window};
use crate::model::{VisionModel, probabilities};
use crate::network::{Network, Numbers, Phase, start};

#[derive(Deserialize)]
struct Answer {
    logits: Vec<f32>,
    probabilities: Vec<f32>,
    metadata: HashMap<String, String>,
}

/// Exported networks with images and our own logits of them.
struct Cases {
    folder: tempfile::TempDir,
    asked: Vec<Value>,
    expected: Vec<(String, Vec<f32>)>,
}

impl Cases {
    fn new() -> Cases {
        Cases {
            folder: tempfile::tempdir().unwrap(),
            asked: Vec::new(),
            expected: Vec::new(),
        }
    }

    fn add(
        &mut self,
        name: &str,
        bytes: &[u8],
        network: &Network<Flex>,
        normalisation: &Normalisation,
        images: usize,
    ) {
        let path = self
            .folder
            .path()
            .join(format!("{}.onnx", self.asked.len()));
        std::fs::write(&path, bytes).unwrap();
        let [channels, rows, columns] = network.graph.input();
        let shape = [images, channels, rows, columns];
        let mut random = ChaCha8Rng::seed_from_u64(13);
        let pixels = (0..shape.iter().product()).map(|_| random.random::<u8>());
        let pixels: Vec<u8> = pixels.collect();
        let mut numbers = vec![0.0; pixels.len()];
        let size = channels * rows * columns;
        for (image, out) in pixels
            .chunks_exact(size)
            .zip(numbers.chunks_exact_mut(size))
        {
            normalisation.apply(image, out);
        }
        let logits = network
            .forward(tensor(numbers, shape), Phase::Evaluate, None)
            .logits;
        let logits: Vec<f32> = logits.to_data().iter::<f32>().collect();
        // Networks that say the same of every image would agree by their last bias alone.
        if images > 1 {
            let spread = (logits[0] - logits[network.graph.outputs()]).abs();
            assert!(spread > 1e-3, "{name}: {spread}");
        }
        self.asked
            .push(json!({"model": path, "shape": shape, "pixels": pixels}));
        self.expected.push((name.to_string(), logits));
    }

    /// onnxruntime's answers, if there is one, after comparing.
    fn compared(&self, classes: usize) -> Option<Vec<Answer>> {
        let answers = python::ask::<_, Vec<Answer>>(
            "onnx/predict.py",
            "numpy, onnx, onnxruntime",
            &json!({"cases": self.asked}),
        )?;
        assert_eq!(answers.len(), self.expected.len());
        for (answer, (name, logits)) in answers.iter().zip(&self.expected) {
            near(&answer.logits, logits, name);
            near(&answer.probabilities, &probabilities(logits, classes), name);
        }
        Some(answers)
    }
}

fn near(found: &[f32], expected: &[f32], name: &str) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(expected) {
        let near = (found - expected).abs() <= 1e-4 * (1.0 + expected.abs());
        assert!(near, "{name}: onnxruntime {found}, the network {expected}");
    }
}

fn tensor(numbers: Vec<f32>, shape: [usize; 4]) -> Tensor<Flex, 4> {
    Tensor::from_data(TensorData::new(numbers, shape), &FlexDevice)
}

/// Numbers as training might leave them: no norm has its first mean, variance, gain or shift, and
/// the running statistics are near a batch's. (With any statistics values would grow from layer to
/// layer, and rounding with them.)
fn trained(graph: &Arc<Graph>) -> Numbers {
    let mut numbers = start(graph, 11);
    let mut random = ChaCha8Rng::seed_from_u64(12);
    for (parameter, values) in graph.parameters.iter().zip(&mut numbers.parameters) {
        let (low, high) = match parameter.name.rsplit('.').next() {
            Some("gain") => (-0.05, 0.3),
            Some("shift" | "bias") => (-0.5, 0.5),
            _ => continue,
        };
        for value in values {
            *value += random.random_range(low..high);
        }
    }
    let [channels, rows, columns] = graph.input();
    let shape = [16, channels, rows, columns];
    let pixels = (0..shape.iter().product()).map(|_| random.random_range(-2.0f32..2.0));
    let batch = tensor(pixels.collect(), shape);
    let network = Network::<Flex>::new(graph.clone(), &numbers, &FlexDevice);
    let statistics = network.forward(batch, Phase::Train, None).batch;
    for (running, batch) in numbers.statistics.iter_mut().zip(&statistics) {
        *running = batch
            .each_ref()
            .map(|values| values.to_data().iter::<f32>().collect());
        for mean in &mut running[0] {
            *mean += random.random_range(-0.2..0.2);
        }
        for variance in &mut running[1] {
            *variance = *variance * random.random_range(0.6f32..1.6) + 0.1;
        }
    }
    numbers
}

/// Every architecture with each neuron and stem.
fn models() -> Vec<(String, VisionModel)> {
    let mut models = Vec::new();
    for architecture in Architecture::ALL {
        for neuron in ["x", "x + x^2", "x + x^3 + cp(2, r=3)"] {
            for (stem, input) in [(Stem::Small, [3, 13, 10]), (Stem::Large, [3, 37, 43])] {
                let mut model = model(false);
                model.card.plan = Plan {
                    neuron: neuron.parse().unwrap(),
                    width: 0.12,
                    stem,
                    ..Plan::linear(architecture, input, 2)
                };
                model.numbers = trained(&Arc::new(model.card.plan.graph().unwrap()));
                models.push((format!("{architecture}, {neuron}, {stem:?}"), model));
            }
        }
    }
    models
}

#[test]
fn onnxruntime_predicts_what_every_model_does() {
    let models = models();
    let mut cases = Cases::new();
    for (name, model) in &models {
        let bytes = onnx(model).unwrap();
        let network = model.network(&FlexDevice).unwrap();
        for images in [1, 3] {
            cases.add(name, &bytes, &network, &model.card.normalisation, images);
        }
    }
    let Some(answers) = cases.compared(2) else {
        return;
    };
    for (answers, (_, model)) in answers.chunks_exact(2).zip(&models) {
        let text = |key: &str| answers[0].metadata[key].as_str();
        let classes: Vec<String> = serde_json::from_str(text("classes")).unwrap();
        assert_eq!(classes, model.card.classes);
        let plan: Plan = serde_json::from_str(text("plan")).unwrap();
        assert_eq!(plan, model.card.plan);
        let normalisation: Normalisation = serde_json::from_str(text("normalisation")).unwrap();
        assert_eq!(normalisation, model.card.normalisation);
    }
}

/// Operations in forms that no architecture uses today.
fn operations() -> Vec<Operation> {
    let convolution = |size, stride, groups, bias| Operation::Convolution {
        outputs: 4,
        window: Window::strided(size, stride),
        groups,
        bias,
        gain: 1.0,
    };
    let power = |order, bound| Operation::Power { order, bound };
    let shortcut = |outputs, stride| Operation::Shortcut { outputs, stride };
    vec![
        convolution(3, 2, 1, true),
        convolution(5, 1, 2, false),
        convolution(3, 1, 4, true),
        power(1, None),
        power(2, None),
        power(5, Some(0.7)),
        Operation::AveragePool(Window::same(3)),
        Operation::MaxPool(Window {
            size: 2,
            stride: 2,
            padding: 0,
        }),
        shortcut(7, 2),
        shortcut(7, 1),
        shortcut(4, 3),
    ]
}

#[test]
fn onnxruntime_computes_what_every_operation_does() {
    let normalisation = Normalisation {
        mean: vec![0.5, 0.4, 0.3, 0.6],
        deviation: vec![0.2, 0.3, 0.25, 0.15],
    };
    let mut cases = Cases::new();
    for operation in operations() {
        let (mut builder, image) = Builder::new([4, 7, 6]);
        let layer = builder.add("layer", operation, &[image]);
        // Sums and products of any number of values, some of them the same.
        let product = builder.add("product", Operation::Product, &[layer, layer, layer]);
        let one = builder.add("one", Operation::Product, &[layer]);
        let sum = builder.add("sum", Operation::Add, &[layer, product, one]);
        builder.classify(sum, 3);
        let graph = Arc::new(builder.finish());
        let numbers = trained(&graph);
        let bytes = written(&graph, &numbers, &normalisation).to_bytes();
        let network = Network::new(graph, &numbers, &FlexDevice);
        cases.add(
            &format!("{operation:?}"),
            &bytes,
            &network,
            &normalisation,
            3,
        );
    }
    cases.compared(3);
}
