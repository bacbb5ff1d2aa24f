//! Exported models beside onnxruntime: what it computes from bytes is what the network computes.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};

use neuronseek::observe::Control;
use neuronseek_vision::architecture::{Architecture, Plan, Stem};
use neuronseek_vision::augment::Normalisation;
use neuronseek_vision::device::Device;
use neuronseek_vision::export;
use neuronseek_vision::images::ImageSet;
use neuronseek_vision::model::{Card, VisionModel, probabilities};
use neuronseek_vision::network::start;
use neuronseek_vision::train::TrainConfig;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use serde_json::{Value, json};

const CLASSES: usize = 5;

#[derive(Deserialize)]
struct Answer {
    logits: Vec<f32>,
    probabilities: Vec<f32>,
    metadata: HashMap<String, String>,
}

/// Runs the program in Python; none where `$NEURONSEEK_PYTHON` (else `python3`) has no onnx and
/// onnxruntime.
fn ask(cases: &[Value]) -> Option<Vec<Answer>> {
    let python = std::env::var("NEURONSEEK_PYTHON").unwrap_or_else(|_| "python3".into());
    let has_runtime = Command::new(&python)
        .args(["-c", "import numpy, onnx, onnxruntime"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_runtime {
        println!("skipped: {python} has no onnx and onnxruntime (set NEURONSEEK_PYTHON)");
        return None;
    }
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/onnx/predict.py");
    let mut child = Command::new(&python)
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = serde_json::to_vec(&json!({"cases": cases})).unwrap();
    // The program reads all of its input before it prints.
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "predict.py failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// A model as training might leave it: no norm with its first mean, variance, gain or shift.
fn model(architecture: Architecture, neuron: &str, stem: Stem, input: [usize; 3]) -> VisionModel {
    let plan = Plan {
        neuron: neuron.parse().unwrap(),
        width: 0.12,
        stem,
        ..Plan::linear(architecture, input, CLASSES)
    };
    let graph = plan.graph().unwrap();
    let mut numbers = start(&graph, 11);
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let mut draw = |values: &mut [f32], low: f32, high: f32| {
        values.fill_with(|| random.random_range(low..high));
    };
    for [mean, variance] in &mut numbers.statistics {
        draw(mean, -0.4, 0.4);
        draw(variance, 0.3, 1.5);
    }
    for (parameter, values) in graph.parameters.iter().zip(&mut numbers.parameters) {
        let name = &parameter.name;
        if name.ends_with(".gain") {
            draw(values, 0.4, 1.2);
        } else if name.ends_with(".shift") || name.ends_with(".bias") {
            draw(values, -0.5, 0.5);
        }
    }
    let deviation = [0.2, 0.3, 0.25, 0.15];
    let card = Card {
        plan,
        classes: (0..CLASSES)
            .map(|class| format!("class \"{class}\""))
            .collect(),
        normalisation: Normalisation {
            mean: [0.5, 0.4, 0.3, 0.6][..input[0]].to_vec(),
            deviation: deviation[..input[0]].to_vec(),
        },
        trained_on: "nothing".to_string(),
        images: 0,
        config: TrainConfig::default(),
        history: Vec::new(),
    };
    VisionModel { card, numbers }
}

fn images(count: usize, [channels, height, width]: [usize; 3]) -> ImageSet {
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let pixels = (0..count * channels * height * width).map(|_| random.random::<u8>());
    ImageSet {
        name: "noise".to_string(),
        channels,
        height,
        width,
        pixels: pixels.collect(),
        labels: Vec::new(),
        classes: Vec::new(),
    }
}

/// Every architecture with each neuron and stem.
fn models() -> Vec<(String, VisionModel)> {
    let mut models = Vec::new();
    for architecture in Architecture::ALL {
        for neuron in ["x", "x + x^2", "x + x^3 + cp(2, r=3)"] {
            for (stem, input) in [(Stem::Small, [3, 13, 10]), (Stem::Large, [1, 37, 43])] {
                let name = format!("{architecture}, {neuron}, {stem:?}");
                models.push((name, model(architecture, neuron, stem, input)));
            }
        }
    }
    models
}

fn near(found: &[f32], expected: &[f32], name: &str) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(expected) {
        let near = (found - expected).abs() <= 1e-4 * (1.0 + expected.abs());
        assert!(near, "{name}: onnxruntime {found}, the network {expected}");
    }
}

#[test]
fn onnxruntime_predicts_what_the_network_does() {
    let folder = tempfile::tempdir().unwrap();
    let models = models();
    let mut cases = Vec::new();
    let mut expected = Vec::new();
    for (number, (name, model)) in models.iter().enumerate() {
        let path = folder.path().join(format!("{number}.onnx"));
        std::fs::write(&path, export::onnx(model).unwrap()).unwrap();
        for count in [1, 3] {
            let input = model.card.plan.input;
            let images = images(count, input);
            let shape = [count, input[0], input[1], input[2]];
            cases.push(json!({"model": path, "shape": shape, "pixels": images.pixels}));
            let control = Control::silent();
            let logits = model.logits(&images, &Device::Cpu, &control).unwrap();
            // Networks that say the same of every image would agree by their last bias alone.
            if count == 3 {
                let spread = (logits[0] - logits[CLASSES]).abs();
                assert!(spread > 1e-3, "{name}: {spread}");
            }
            expected.push((name, model, logits));
        }
    }
    let Some(answers) = ask(&cases) else {
        return;
    };
    assert_eq!(answers.len(), expected.len());
    for (answer, (name, model, logits)) in answers.iter().zip(&expected) {
        near(&answer.logits, logits, name);
        near(&answer.probabilities, &probabilities(logits, CLASSES), name);
        let text = |key: &str| answer.metadata[key].as_str();
        let classes: Vec<String> = serde_json::from_str(text("classes")).unwrap();
        assert_eq!(classes, model.card.classes);
        let plan: Plan = serde_json::from_str(text("plan")).unwrap();
        assert_eq!(plan, model.card.plan);
        let normalisation: Normalisation = serde_json::from_str(text("normalisation")).unwrap();
        assert_eq!(normalisation, model.card.normalisation);
    }
}
