//! The paper's model against PyTorch float64: loss, gradients, and parameters after some steps.
//!
//! Skipped, with a printed word, where `$NEURONSEEK_PYTHON` (else `python3`) has no torch.

// A panic here is a failed test.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use neuronseek::matrix::Matrix;
use neuronseek::neuron::Function;
use neuronseek::prepare::Target;
use neuronseek::search::gated::loss::{BatchRows, TargetStore};
use neuronseek::search::gated::model::{GatedModel, ModelShape, Rates};
use neuronseek::terms::{Batch, CpuPath, RowStore, padded};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

const PROGRAM: &str = include_str!("torch/td_model.py");
const ROWS: usize = 37;
const STEPS: usize = 4;
const LAMBDA: f64 = 0.2;
/// The program's exit status where torch is missing.
const WITHOUT_TORCH: i32 = 3;
const TOLERANCE: f64 = 1e-5;

/// Parameters by name, without padding.
type Named = BTreeMap<&'static str, Vec<f64>>;

fn named(shape: &ModelShape, flat: &[f64]) -> Named {
    let stride = padded(shape.inputs);
    let factor_rows = shape.order * (shape.order + 1) / 2 * shape.outputs * shape.rank;
    let weight_rows = (shape.order + shape.functions) * shape.outputs;
    let values = shape.gates() * shape.outputs;
    let mut rest = flat;
    let mut take = |length: usize| {
        let (part, later) = rest.split_at(length);
        rest = later;
        part
    };
    let mut rows = |count: usize| -> Vec<f64> {
        let rows = take(count * stride).chunks_exact(stride);
        rows.flat_map(|row| &row[..shape.inputs]).copied().collect()
    };
    let (factors, weights) = (rows(factor_rows), rows(weight_rows));
    let mut list = |count: usize| take(padded(count))[..count].to_vec();
    BTreeMap::from([
        ("factors", factors),
        ("weights", weights),
        ("gain", list(values)),
        ("offset", list(values)),
        ("gates", list(shape.gates())),
        ("bias", list(shape.outputs)),
    ])
}

fn torch(document: &Value) -> Option<Value> {
    let python = std::env::var_os("NEURONSEEK_PYTHON").unwrap_or_else(|| "python3".into());
    let started = Command::new(&python)
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        println!("skipped: {} cannot be started", python.to_string_lossy());
        return None;
    };
    let mut input = child.stdin.take().unwrap();
    // A program that ends before it reads closes the pipe; its status tells why.
    let _ = input.write_all(document.to_string().as_bytes());
    drop(input);
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(WITHOUT_TORCH) {
        println!("skipped: {} has no torch", python.to_string_lossy());
        return None;
    }
    assert!(output.status.success(), "the PyTorch program failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn compare(found: &Named, expected: &Value, what: &str) {
    for (name, found) in found {
        let expected = expected[*name].as_array().unwrap();
        assert_eq!(found.len(), expected.len(), "{what} of {name}");
        for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
            let expected = expected.as_f64().unwrap();
            let error = (found - expected).abs();
            assert!(
                error <= TOLERANCE * expected.abs().max(1e-3),
                "{what} of {name}[{index}]: {found} instead of {expected}"
            );
        }
    }
}

fn check(inputs: usize, target: &Target) {
    let mut rng = ChaCha8Rng::seed_from_u64(inputs as u64);
    let data: Vec<f64> = (0..ROWS * inputs)
        .map(|_| rng.random_range(-1.5..1.5))
        .collect();
    let x = Matrix::from_vec(ROWS, inputs, data);
    let shape = ModelShape {
        inputs,
        outputs: target.outputs(),
        order: 5,
        rank: 3,
        functions: 1,
    };
    let mut model = GatedModel::<f64>::new(shape, ROWS, CpuPath::detect(), &mut rng);
    let matrices =
        padded(inputs) * (15 * shape.outputs * shape.rank + (shape.order + 1) * shape.outputs);
    for value in &mut model.parameters_mut()[..matrices] {
        *value *= 8.0;
    }
    let uniforms: Vec<Vec<f64>> = (0..STEPS)
        .map(|_| {
            (0..shape.gates())
                .map(|_| rng.random_range(0.05..0.95))
                .collect()
        })
        .collect();
    let (y, labels) = match target {
        Target::Values(y) => (json!(y.data()), Value::Null),
        Target::Classes { labels, .. } => (Value::Null, json!(labels)),
    };
    let document = json!({
        "inputs": inputs, "outputs": shape.outputs, "order": shape.order, "rank": shape.rank,
        "x": x.data(), "y": y, "labels": labels, "lambda": LAMBDA, "uniforms": uniforms,
        "parameters": named(&shape, model.parameters()),
    });
    let Some(expected) = torch(&document) else {
        return;
    };

    let store = RowStore::new(&x, &[Function::Sin]);
    let target = TargetStore::new(target);
    let rows: Vec<u32> = (0..ROWS as u32).collect();
    let mut batch = Batch::new(ROWS, inputs, 1, CpuPath::detect());
    batch.gather(&store, &rows);
    for (step, uniforms) in uniforms.iter().enumerate() {
        let rows = BatchRows {
            rows: &rows,
            weights: None,
        };
        let loss = model.loss_and_gradient(&batch, &target, rows, uniforms, LAMBDA);
        if step == 0 {
            let expected_loss = expected["loss"].as_f64().unwrap();
            assert!((loss - expected_loss).abs() <= TOLERANCE * expected_loss);
            compare(
                &named(&shape, model.gradient()),
                &expected["gradient"],
                "gradient",
            );
        }
        model.update(&Rates::PAPER);
    }
    compare(
        &named(&shape, model.parameters()),
        &expected["after"],
        "value after Adam",
    );
}

#[test]
fn regression_equals_pytorch() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (inputs, outputs) in [(4, 1), (17, 2)] {
        let y = (0..ROWS * outputs)
            .map(|_| rng.random_range(-1.0..1.0))
            .collect();
        check(inputs, &Target::Values(Matrix::from_vec(ROWS, outputs, y)));
    }
}

#[test]
fn classification_equals_pytorch() {
    for count in [2, 3] {
        let labels = (0..ROWS).map(|row| row * row % count).collect();
        check(5, &Target::Classes { labels, count });
    }
}
