mod parity;

use super::onnx;
use crate::architecture::{Architecture, Plan};
use crate::model::{VisionModel, untrained};

fn model(gated: bool) -> VisionModel {
    let plan = Plan {
        neuron: "x + x^2".parse().unwrap(),
        width: 0.1,
        gated,
        ..Plan::linear(Architecture::SmallCnn, [3, 9, 8], 2)
    };
    untrained(plan, &["cat", "dog"], 1)
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let bytes = onnx(&model(false)).unwrap();
    assert_eq!(onnx(&model(false)).unwrap(), bytes);
    let mut other = model(false);
    other.numbers.statistics[0][0][0] += 1.0;
    assert_ne!(onnx(&other).unwrap(), bytes);
}

#[test]
fn gates_and_a_normalisation_of_other_channels_are_refused_at_once() {
    let mut model = model(true);
    model.card.normalisation.mean.pop();
    let text = onnx(&model).unwrap_err().to_string();
    assert!(text.contains("gates"), "{text}");
    assert!(text.contains("2 means and 3 deviations"), "{text}");
}

#[test]
fn weights_beyond_the_file_format_are_refused() {
    let mut model = model(false);
    model.card.plan = Plan {
        width: 16.0,
        ..Plan::linear(Architecture::ResNet34, [3, 32, 32], 2)
    };
    let text = onnx(&model).unwrap_err().to_string();
    assert!(text.contains("2 GiB"), "{text}");
}
