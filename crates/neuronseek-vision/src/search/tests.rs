use std::sync::Mutex;

use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};
use neuronseek::model::SearchMethod;
use neuronseek::neuron::Term;
use neuronseek::observe::{Control, Event, Observer};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::rows::tables;
use super::{Found, JointOptions, Rows, SearchConfig, gate_rate, joint, pruned, search};
use crate::VisionError;
use crate::architecture::{Architecture, Placement, Plan};
use crate::images::ImageSet;
use crate::network::{Network, Numbers, Phase, start};
use crate::train::{TrainConfig, logits, score};

/// Gray images of `side x side` whose contrasts `image` gives as -1 to 1, class 0 or 1.
fn gray(
    count: usize,
    side: usize,
    seed: u64,
    mut image: impl FnMut(&mut ChaCha8Rng) -> (Vec<f64>, u32),
) -> ImageSet {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut set = ImageSet {
        name: "gray".to_string(),
        channels: 1,
        height: side,
        width: side,
        pixels: Vec::new(),
        labels: Vec::new(),
        classes: vec!["a".to_string(), "b".to_string()],
    };
    for _ in 0..count {
        let (contrasts, label) = image(&mut random);
        let pixel = |contrast: f64| (120.0 + 100.0 * contrast).round().clamp(0.0, 255.0) as u8;
        set.pixels.extend(contrasts.into_iter().map(pixel));
        set.labels.push(label);
    }
    set
}

fn noise(count: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}

fn along(filter: impl Fn(usize) -> f64, image: &[f64]) -> f64 {
    image.iter().enumerate().map(|(i, x)| filter(i) * x).sum()
}

fn horizontal(pixel: usize) -> f64 {
    if pixel % 4 < 2 { 1.0 } else { -1.0 }
}

fn vertical(pixel: usize) -> f64 {
    if pixel / 4 < 2 { 1.0 } else { -1.0 }
}

/// The class is the sign of one filter: x.
fn by_filter(seed: u64) -> ImageSet {
    gray(600, 4, seed, |random| {
        let image = noise(16, random);
        let label = u32::from(along(horizontal, &image) > 0.0);
        (image, label)
    })
}

/// The class is whether the squared contrasts are above their mean: x^2.
fn by_squares(seed: u64) -> ImageSet {
    gray(600, 4, seed, |random| {
        let image = noise(16, random);
        let squares: f64 = image.iter().map(|x| x * x).sum();
        (image, u32::from(squares > 16.0 / 3.0))
    })
}

/// The class is the sign of the product of two filters: cp(2).
fn by_product(seed: u64) -> ImageSet {
    gray(900, 4, seed, |random| {
        let image = noise(16, random);
        let product = along(horizontal, &image) * along(vertical, &image);
        (image, u32::from(product > 0.0))
    })
}

/// Weak or strong contrast all over the image, of mean zero: a patch of it is enough.
fn by_contrast(count: usize, side: usize, seed: u64) -> ImageSet {
    gray(count, side, seed, |random| {
        let label = random.random_range(0..2u32);
        let strength = if label == 0 { 0.35 } else { 0.9 };
        let image = noise(side * side, random);
        (image.into_iter().map(|x| strength * x).collect(), label)
    })
}

/// Dark or light all over the image, in noise.
fn by_light(count: usize, side: usize, seed: u64) -> ImageSet {
    gray(count, side, seed, |random| {
        let label = random.random_range(0..2u32);
        let light = if label == 0 { -0.15 } else { 0.15 };
        let image = noise(side * side, random);
        (image.into_iter().map(|x| light + 0.8 * x).collect(), label)
    })
}

fn found(images: &ImageSet, config: &SearchConfig) -> Found {
    search(images, config, &Control::silent()).unwrap()
}

/// A found neuron without ranks.
fn orders(found: &Found) -> (Vec<usize>, Vec<usize>) {
    let interactions = found.neuron.interactions().into_iter();
    (
        found.neuron.pure_orders(),
        interactions.map(|(order, _)| order).collect(),
    )
}

#[test]
fn flat_images_give_the_order_that_made_their_classes() {
    for method in [SearchMethod::Als, SearchMethod::Td] {
        let config = SearchConfig {
            method,
            max_order: 2,
            ..SearchConfig::default()
        };
        let linear = found(&by_filter(1), &config);
        assert_eq!(orders(&linear), (vec![1], vec![]), "{:?}", linear.neuron);
        assert!(linear.explained > 0.5, "{}", linear.explained);
        let squares = found(&by_squares(2), &config);
        assert_eq!(orders(&squares), (vec![2], vec![]), "{:?}", squares.neuron);
        let product = found(&by_product(3), &config);
        assert_eq!(orders(&product), (vec![], vec![2]), "{:?}", product.neuron);
        assert_eq!(
            (product.rows, product.held_out, product.inputs),
            (720, 180, 16)
        );
    }
}

#[test]
fn patches_give_the_order_and_say_how_little_they_know() {
    let config = SearchConfig {
        rows: Rows::Patches,
        max_order: 2,
        sample: 1000,
        ..SearchConfig::default()
    };
    let contrast = found(&by_contrast(300, 12, 1), &config);
    assert_eq!(
        orders(&contrast),
        (vec![2], vec![]),
        "{:?}",
        contrast.neuron
    );
    assert_eq!(
        (contrast.rows, contrast.held_out, contrast.inputs),
        (800, 200, 9)
    );
    let light = found(&by_light(300, 12, 1), &config);
    assert_eq!(orders(&light), (vec![1], vec![]), "{:?}", light.neuron);
    let random = gray(300, 12, 4, |random| {
        (noise(144, random), random.random_range(0..2u32))
    });
    let nothing = found(&random, &config);
    assert!(nothing.explained < 0.05, "{}", nothing.explained);
    let said = |warning: &String| warning.contains("one patch says little");
    assert!(nothing.warnings.iter().any(said), "{:?}", nothing.warnings);
}

#[test]
fn features_of_a_trained_network_tell_classes_apart() {
    let config = SearchConfig {
        rows: Rows::Features,
        max_order: 2,
        width: 0.125,
        ..SearchConfig::default()
    };
    let light = found(&by_light(400, 8, 1), &config);
    assert_eq!((light.rows, light.held_out, light.inputs), (160, 40, 16));
    assert!(light.explained > 0.5, "{}", light.explained);
    assert_eq!(light.neuron.pure_orders(), [1], "{}", light.neuron);
}

#[test]
fn the_same_seed_gives_the_same_and_another_draws_others() {
    let images = by_contrast(120, 12, 5);
    for rows in Rows::ALL {
        let config = SearchConfig {
            rows,
            max_order: 2,
            sample: 60,
            epochs: 1,
            width: 0.1,
            seed: 3,
            ..SearchConfig::default()
        };
        let [mut once, again] = [0; 2].map(|_| found(&images, &config));
        once.seconds = again.seconds;
        once.report.seconds = again.report.seconds;
        assert_eq!(once, again);
        let other = SearchConfig {
            seed: 4,
            ..config.clone()
        };
        let control = Control::silent();
        let [a, b] = [&config, &other].map(|config| tables(&images, config, &control).unwrap());
        assert_ne!(a.search.inputs, b.search.inputs);
    }
}

#[test]
fn averages_keep_the_mean_where_areas_divide_evenly() {
    let images = by_light(60, 12, 6);
    let config = SearchConfig {
        side: Some(4),
        ..SearchConfig::default()
    };
    let [coarse, fine] = [Some(4), Some(12)].map(|side| {
        let config = SearchConfig {
            side,
            ..config.clone()
        };
        tables(&images, &config, &Control::silent()).unwrap().search
    });
    assert_eq!((coarse.inputs.columns(), fine.inputs.columns()), (16, 144));
    assert_eq!(coarse.labels, fine.labels);
    for row in 0..coarse.inputs.rows() {
        let mean = |row: &[f64]| row.iter().sum::<f64>() / row.len() as f64;
        let apart = mean(coarse.inputs.row(row)) - mean(fine.inputs.row(row));
        assert!(apart.abs() < 1e-9, "{apart}");
    }
    let colour = ImageSet {
        channels: 3,
        height: 32,
        width: 32,
        ..images
    };
    assert_eq!(SearchConfig::default().pooled_side(&colour), 7);
}

#[test]
fn what_cannot_be_searched_is_refused_with_all_reasons() {
    let images = by_filter(1);
    let text = |images: &ImageSet, config: &SearchConfig| {
        search(images, config, &Control::silent())
            .unwrap_err()
            .to_string()
    };
    let bad = SearchConfig {
        max_order: 6,
        max_rank: 65,
        sample: 0,
        side: Some(5),
        epochs: 0,
        width: f64::NAN,
        ..SearchConfig::default()
    };
    let said = text(&images, &bad);
    for name in ["max_order", "max_rank", "sample", "side", "epochs", "width"] {
        assert!(said.contains(name), "{name} not in: {said}");
    }
    let mut one = images.clone();
    one.labels.fill(1);
    assert!(text(&one, &SearchConfig::default()).contains("one class"));
    let few = images.rows(&[0, 1, 2]);
    assert!(text(&few, &SearchConfig::default()).contains("at least 50"));
    let rival = SearchConfig {
        method: SearchMethod::Gp,
        ..SearchConfig::default()
    };
    assert!(text(&images, &rival).contains("use als or td"));
    let options = JointOptions {
        config: TrainConfig {
            patience: Some(2),
            ..TrainConfig::default()
        },
        penalty: -1.0,
        gate_rate: Some(0.0),
        ..JointOptions::new(Plan::linear(Architecture::SmallCnn, [1, 4, 4], 2))
    };
    let control = Control::silent();
    let error = joint(&one, None, &options, &control, &mut |_| Ok(())).unwrap_err();
    let said = error.to_string();
    for name in ["one class", "no choice", "patience", "penalty", "gate rate"] {
        assert!(said.contains(name), "{name} not in: {said}");
    }
}

fn joint_options(neuron: &str) -> JointOptions {
    let plan = Plan {
        neuron: neuron.parse().unwrap(),
        width: 0.125,
        ..Plan::linear(Architecture::SmallCnn, [1, 8, 8], 2)
    };
    JointOptions {
        config: TrainConfig {
            epochs: 8,
            batch: 16,
            learning_rate: 0.05,
            label_smoothing: 0.0,
            ..TrainConfig::default()
        },
        ..JointOptions::new(plan)
    }
}

#[test]
fn gates_inside_the_network_close_on_what_is_not_needed() {
    let (images, other) = (by_light(320, 8, 1), by_light(200, 8, 2));
    let options = joint_options("x + x^2 + cp(2, r=4)");
    let control = Control::silent();
    let mut epochs = 0;
    let found = joint(&images, Some(&other), &options, &control, &mut |_| {
        epochs += 1;
        Ok(())
    });
    let found = found.unwrap();
    assert_eq!(epochs, 8);
    assert_eq!(found.plan.neuron.to_string(), "x", "{:?}", found.terms);
    let network = Network::<Flex>::new(
        found.plan.graph().unwrap().into(),
        &found.numbers,
        &FlexDevice,
    );
    let logits = logits(&network, &other, &found.normalisation, None, &control).unwrap();
    let accuracy = score(&logits, &other.labels, 2).accuracy;
    assert!(accuracy > 0.9, "{accuracy}");
    let again = joint(&images, Some(&other), &options, &control, &mut |_| Ok(())).unwrap();
    assert_eq!((again.numbers, again.terms), (found.numbers, found.terms));
}

#[test]
fn a_penalty_that_closes_all_gates_leaves_a_network_to_train() {
    let images = by_light(160, 8, 3);
    let options = JointOptions {
        penalty: 50.0,
        ..joint_options("x + x^2")
    };
    let warned = Warned(Mutex::new(Vec::new()));
    let control = Control {
        observer: &warned,
        ..Control::silent()
    };
    let found = joint(&images, None, &options, &control, &mut |_| Ok(())).unwrap();
    assert!(found.terms.iter().all(|term| term.probability < 0.5));
    assert_eq!(found.plan.neuron.terms().len(), 1);
    let graph = found.plan.graph().unwrap();
    assert_eq!(found.numbers, start(&graph, options.config.seed));
    let warned = warned.0.into_inner().unwrap();
    assert!(
        warned.iter().any(|w| w.contains("lower penalty")),
        "{warned:?}"
    );
}

/// Keeps warnings.
struct Warned(Mutex<Vec<String>>);

impl Observer for Warned {
    fn notice(&self, event: &Event<'_>) {
        if let Event::Warning(text) = event {
            self.0.lock().unwrap().push((*text).to_string());
        }
    }
}

/// Logits of a network under gates, of images of numbers.
fn logits_of(plan: &Plan, numbers: &Numbers, gates: Option<&[f32]>) -> Vec<f32> {
    let device = FlexDevice;
    let network = Network::<Flex>::new(plan.graph().unwrap().into(), numbers, &device);
    let pixels: Vec<f32> = (0..4 * 2 * 144)
        .map(|i| ((i * 37) % 101) as f32 / 50.0 - 1.0)
        .collect();
    let images = Tensor::<Flex, 4>::from_data(TensorData::new(pixels, [4, 2, 12, 12]), &device);
    let gates = gates.map(|gates| Tensor::<Flex, 1>::from_floats(gates, &device));
    let forward = network.forward(images, Phase::Evaluate, gates.as_ref());
    forward.logits.to_data().iter::<f32>().collect()
}

#[test]
fn a_pruned_network_computes_what_the_gated_one_did() {
    // Norms behind the terms; norms before them, where x has none; the stem alone.
    for (architecture, placement) in [
        (Architecture::SmallCnn, Placement::All),
        (Architecture::DenseNet100, Placement::All),
        (Architecture::SeResNet20, Placement::Stem),
    ] {
        for (gates, neuron) in [
            ([Some(0.7), None, Some(0.4)], "x + cp(2, r=3)"),
            ([None, Some(0.9), None], "x^2"),
            ([Some(0.3), None, None], "x"),
        ] {
            let plan = Plan {
                neuron: "x + x^2 + cp(2, r=3)".parse().unwrap(),
                placement,
                width: 0.25,
                gated: true,
                ..Plan::linear(architecture, [2, 12, 12], 3)
            };
            let mut numbers = start(&plan.graph().unwrap(), 5);
            for (number, values) in numbers.parameters.iter_mut().enumerate() {
                // Shifts start at 0, where a gate would not show.
                values
                    .iter_mut()
                    .for_each(|v| *v += 0.01 * (number % 5) as f32);
            }
            for both in &mut numbers.statistics {
                both[0].fill(-0.02);
                both[1].fill(0.9);
            }
            let (smaller, rest) = pruned(&plan, &numbers, &gates).unwrap();
            assert_eq!(smaller.neuron.to_string(), neuron);
            assert!(!smaller.gated);
            let open = gates.map(|gate| gate.unwrap_or(0.0));
            let gated = logits_of(&plan, &numbers, Some(&open));
            let closed = logits_of(&smaller, &rest, None);
            assert!(gated.iter().any(|z| z.abs() > 1e-3), "{gated:?}");
            for (a, b) in gated.iter().zip(&closed) {
                let near = (a - b).abs() <= 1e-5 * (1.0 + a.abs());
                assert!(near, "{architecture} {neuron}: {a} and {b}");
            }
        }
    }
}

#[test]
fn pruning_everything_or_an_ungated_network_is_refused() {
    let plan = Plan {
        neuron: "x + x^2".parse().unwrap(),
        gated: true,
        ..Plan::linear(Architecture::SmallCnn, [1, 8, 8], 2)
    };
    let numbers = start(&plan.graph().unwrap(), 0);
    let refused = |plan: &Plan, gates: &[Option<f32>]| {
        matches!(pruned(plan, &numbers, gates), Err(VisionError::Request(_)))
    };
    assert!(refused(&plan, &[None, None]));
    assert!(refused(&plan, &[Some(1.0)]));
    let open = Plan {
        gated: false,
        ..plan
    };
    assert!(refused(&open, &[Some(1.0), None]));
}

#[test]
fn gates_can_travel_in_runs_of_any_length() {
    for steps in [20, 100, 400, 1200, 100_000] {
        let way = gate_rate(steps) * steps as f32 / 2.0;
        assert!(way >= 6.0 - 1e-4, "{steps}: {way}");
    }
    assert_eq!(gate_rate(1200), 0.01);
    assert_eq!(gate_rate(50_000), 0.01);
    // The way: from the probability 0.9 to a gate that is 0 without noise.
    let closed = (1.0f64 / 11.0).ln();
    let begins = 9.0f64.ln() + 0.66 * closed;
    assert!((begins - closed) * 1.9 < 6.0);
    let options = joint_options("x + x^3");
    assert_eq!(options.plan.neuron.terms(), [Term::pure(1), Term::pure(3)]);
}
