use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};
use neuronseek::observe::Control;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::joint::pruned_numbers;
use super::{Rows, SearchConfig, joint, search};
use crate::architecture::{Architecture, Plan};
use crate::augment::Augment;
use crate::images::ImageSet;
use crate::network::{Network, Phase, start, vector};
use crate::train::TrainConfig;

/// Grey images of smooth noise whose class is decided by `decide` from their four quarters' light.
fn quarters(count: usize, decide: impl Fn([f64; 4]) -> bool) -> ImageSet {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut set = ImageSet {
        name: "quarters".to_string(),
        channels: 1,
        height: 8,
        width: 8,
        pixels: Vec::new(),
        labels: Vec::new(),
        classes: vec!["no".to_string(), "yes".to_string()],
    };
    for _ in 0..count {
        let light: [f64; 4] = std::array::from_fn(|_| random.random_range(-1.0..1.0));
        for row in 0..8 {
            for column in 0..8 {
                let quarter = row / 4 * 2 + column / 4;
                let noise = random.random_range(-10.0..10.0);
                set.pixels
                    .push((128.0 + 100.0 * light[quarter] + noise) as u8);
            }
        }
        set.labels.push(u32::from(decide(light)));
    }
    set
}

fn orders(images: &ImageSet, rows: Rows) -> Vec<usize> {
    let config = SearchConfig {
        rows,
        images: 600,
        ..SearchConfig::default()
    };
    let found = search(images, &config, &Control::silent()).unwrap();
    let terms = found.report.neuron.terms();
    terms.iter().map(|term| term.order()).collect()
}

#[test]
fn flat_rows_find_the_order_of_the_class() {
    let linear = quarters(600, |[a, b, c, d]| a + b - c - d > 0.0);
    assert_eq!(orders(&linear, Rows::Flat), [1]);
    let square = quarters(600, |[a, b, _, _]| a * a + b * b > 0.7);
    assert!(orders(&square, Rows::Flat).contains(&2));
}

#[test]
fn patches_and_features_are_rows_of_their_sizes() {
    let images = quarters(60, |[a, ..]| a > 0.0);
    for (rows, count, inputs) in [
        (Rows::Patches, 240, 9),
        (Rows::Features, 60, 128),
        (Rows::Flat, 60, 64),
    ] {
        let config = SearchConfig {
            rows,
            epochs: 1,
            ..SearchConfig::default()
        };
        let found = search(&images, &config, &Control::silent()).unwrap();
        assert_eq!((found.rows, found.inputs), (count, inputs), "{rows:?}");
        let again = search(&images, &config, &Control::silent()).unwrap();
        assert_eq!(found.report.neuron, again.report.neuron);
    }
}

#[test]
fn what_cannot_be_searched_is_named() {
    let one = quarters(30, |_| true);
    let config = SearchConfig {
        images: 3,
        ..SearchConfig::default()
    };
    let text = search(&one, &config, &Control::silent())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("one class") && text.contains("3 images"),
        "{text}"
    );
}

fn plan(neuron: &str, architecture: Architecture) -> Plan {
    Plan {
        neuron: neuron.parse().unwrap(),
        width: 0.2,
        ..Plan::linear(architecture, [1, 8, 8], 2)
    }
}

#[test]
fn a_high_price_leaves_one_term_and_no_price_all() {
    let images = quarters(200, |[a, b, ..]| a * a + b * b > 0.7);
    let config = TrainConfig {
        epochs: 6,
        batch: 20,
        learning_rate: 0.02,
        ..TrainConfig::default()
    };
    let plan = plan("x + x^2 + x^3", Architecture::SmallCnn);
    let found = |penalty: f32| {
        let both = (&config, &Augment::default());
        joint(&plan, &images, None, penalty, both, &Control::silent()).unwrap()
    };
    assert_eq!(found(50.0).neuron.terms().len(), 1);
    let all = found(0.0);
    assert_eq!(all.terms.len(), 3);
    assert!(all == found(0.0), "another result with the same seed");
    assert_eq!(all.plan.neuron, all.neuron);
    let short = joint(
        &Plan {
            neuron: "x".parse().unwrap(),
            ..plan.clone()
        },
        &images,
        None,
        0.1,
        (&config, &Augment::default()),
        &Control::silent(),
    );
    assert!(short.unwrap_err().to_string().contains("two terms"));
}

#[test]
fn a_pruned_network_computes_what_the_gated_one_did() {
    for architecture in [
        Architecture::SmallCnn,
        Architecture::DenseNet100,
        Architecture::ResNet20,
    ] {
        let gated = Plan {
            gated: true,
            ..plan("x + x^2 + cp(2, r=3)", architecture)
        };
        let graph = gated.graph().unwrap();
        let mut numbers = start(&graph, 1);
        for both in &mut numbers.statistics {
            both[0].fill(-0.02);
            both[1].fill(0.9);
        }
        let pruned = plan("x + cp(2, r=3)", architecture);
        let gates = [0.8, 0.0, 0.3];
        let own = pruned_numbers(&graph, &numbers, &gates, &pruned).unwrap();
        let pixels: Vec<f32> = (0..128)
            .map(|i| ((i * 29) % 31) as f32 / 15.0 - 1.0)
            .collect();
        let data = TensorData::new(pixels, [2, 1, 8, 8]);
        let images = Tensor::<Flex, 4>::from_data(data, &FlexDevice);
        let logits = |network: Network<Flex>, gates: Option<&Tensor<Flex, 1>>| -> Vec<f32> {
            let forward = network.forward(images.clone(), Phase::Evaluate, gates);
            forward.logits.to_data().iter::<f32>().collect()
        };
        let gates = vector::<Flex>(&gates, &FlexDevice);
        let whole = Network::new(graph.into(), &numbers, &FlexDevice);
        let before = logits(whole, Some(&gates));
        let small = Network::new(pruned.graph().unwrap().into(), &own, &FlexDevice);
        let after = logits(small, None);
        assert!(before.iter().any(|z| z.abs() > 1e-3));
        for (a, b) in before.iter().zip(after) {
            assert!(
                (a - b).abs() <= 1e-5 * (1.0 + a.abs()),
                "{architecture}: {a} and {b}"
            );
        }
    }
}
