use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};

use super::{Checkpoint, VisionModel, grown, untrained};
use crate::architecture::{Architecture, Plan};
use crate::augment::Augment;
use crate::network::{Network, Numbers, Phase};
use crate::train::State;

fn model(neuron: &str, architecture: Architecture) -> VisionModel {
    let plan = Plan {
        neuron: neuron.parse().unwrap(),
        width: 0.25,
        ..Plan::linear(architecture, [3, 16, 16], 4)
    };
    let mut model = untrained(plan, &["a", "b", "c", "d"], 7);
    for (number, both) in model.numbers.statistics.iter_mut().enumerate() {
        both[0].fill(-0.01 * number as f32);
        both[1].fill(0.5 + 0.02 * number as f32);
    }
    model
}

fn logits(plan: &Plan, numbers: &Numbers) -> Vec<f32> {
    let device = FlexDevice;
    let network = Network::<Flex>::new(plan.graph().unwrap().into(), numbers, &device);
    let pixels: Vec<f32> = (0..2 * 3 * 256)
        .map(|i| ((i * 37) % 101) as f32 / 50.0 - 1.0)
        .collect();
    let images = Tensor::<Flex, 4>::from_data(TensorData::new(pixels, [2, 3, 16, 16]), &device);
    let forward = network.forward(images, Phase::Evaluate, None);
    forward.logits.to_data().iter::<f32>().collect()
}

#[test]
fn a_model_comes_back_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = model("x + cp(2, r=3)", Architecture::ResNet20);
    model.save(&path).unwrap();
    assert_eq!(VisionModel::load(&path).unwrap(), model);
    assert_eq!(std::fs::read(&path).unwrap(), model.to_bytes().unwrap());
}

#[test]
fn other_and_cut_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let bytes = model("x", Architecture::SmallCnn).to_bytes().unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    let text = VisionModel::load(&path).unwrap_err().to_string();
    assert!(text.contains("damaged"), "{text}");
    let table = neuronseek::model::encode("neuronseek", &1, &[]).unwrap();
    std::fs::write(&path, table).unwrap();
    let text = VisionModel::load(&path).unwrap_err().to_string();
    assert!(text.contains("models of tables"), "{text}");
}

#[test]
fn a_checkpoint_comes_back_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let model = model("x + x^2", Architecture::SmallCnn);
    let parameters = model.numbers.parameters.clone();
    let state = State {
        first: parameters.clone(),
        second: parameters.clone(),
        steps: 12,
        average: Some(parameters),
        best: Some((1, model.numbers.clone())),
        gates: Some([vec![1.0], vec![2.0], vec![3.0]]),
        ..State::new(model.numbers.clone())
    };
    let checkpoint = Checkpoint {
        card: model.card,
        augment: Augment::default(),
        images: "fingerprint".to_string(),
        state,
    };
    checkpoint.save(&path).unwrap();
    assert_eq!(Checkpoint::load(&path).unwrap(), checkpoint);
}

#[test]
fn a_grown_network_computes_what_its_parent_does() {
    for architecture in [
        Architecture::SmallCnn,
        Architecture::ResNet20,
        Architecture::DenseNet100,
        Architecture::SeResNet20,
        Architecture::GoogLeNet,
    ] {
        let parent = model("x", architecture);
        let plan = Plan {
            neuron: "x + x^2 + cp(3, r=2)".parse().unwrap(),
            ..parent.card.plan.clone()
        };
        let graph = parent.card.plan.graph().unwrap();
        let numbers = grown(&plan, (&graph, &parent.numbers), 1).unwrap();
        let before = logits(&parent.card.plan, &parent.numbers);
        let after = logits(&plan, &numbers);
        assert!(before.iter().any(|z| z.abs() > 1e-3), "{architecture}");
        for (a, b) in before.iter().zip(&after) {
            assert!(
                (a - b).abs() <= 1e-6 * (1.0 + a.abs()),
                "{architecture}: {a} and {b}"
            );
        }
    }
}

#[test]
fn a_network_that_lost_a_term_is_no_grown_one() {
    let parent = model("x + x^2", Architecture::SmallCnn);
    let plan = Plan {
        neuron: "x".parse().unwrap(),
        ..parent.card.plan.clone()
    };
    let graph = parent.card.plan.graph().unwrap();
    let text = grown(&plan, (&graph, &parent.numbers), 1).unwrap_err();
    assert!(text.to_string().contains("stem.x^2"), "{text}");
}
