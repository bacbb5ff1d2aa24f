use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_flex::{Flex, FlexDevice};
use burn_tensor::Tensor;
use neuronseek::observe::Control;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    GateConfig, Job, Method, Optimiser, State, Targets, TrainConfig, cross_entropy,
    open_probability, score, train,
};
use crate::VisionError;
use crate::architecture::{Architecture, Plan};
use crate::augment::{Augment, Normalisation};
use crate::images::ImageSet;
use crate::network::start;

type Tape = Autodiff<Flex>;

/// Stripes that lie or stand, in noise: two classes that a convolution tells apart.
fn stripes(count: usize, seed: u64) -> ImageSet {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut set = ImageSet {
        name: "stripes".to_string(),
        channels: 1,
        height: 10,
        width: 10,
        pixels: Vec::new(),
        labels: Vec::new(),
        classes: vec!["lying".to_string(), "standing".to_string()],
    };
    for image in 0..count {
        let label = (image % 2) as u32;
        let phase = random.random_range(0..2usize);
        for row in 0..10 {
            for column in 0..10 {
                let along = if label == 0 { row } else { column };
                let light = if (along + phase) % 2 == 0 { 170 } else { 80 };
                set.pixels.push(light + random.random_range(0..60u8));
            }
        }
        set.labels.push(label);
    }
    set
}

fn config() -> TrainConfig {
    TrainConfig {
        epochs: 4,
        batch: 16,
        learning_rate: 0.05,
        ..TrainConfig::default()
    }
}

fn plan() -> Plan {
    Plan {
        neuron: "x + x^2".parse().unwrap(),
        width: 0.125,
        ..Plan::linear(Architecture::SmallCnn, [1, 10, 10], 2)
    }
}

fn run(config: &TrainConfig, from: Option<State>, devices: usize, until: usize) -> State {
    let (images, other) = (stripes(90, 1), stripes(40, 2));
    let graph = Arc::new(plan().graph().unwrap());
    let state = from.unwrap_or_else(|| State::new(start(&graph, config.seed)));
    let job = Job {
        graph,
        gates: None,
        images: Arc::new(images.clone()),
        validation: Some(&other),
        normalisation: &Normalisation::of(&images),
        augment: &Augment::default(),
        config,
        workers: 1,
    };
    let devices = vec![FlexDevice; devices];
    let mut last = None;
    let done = train::<Tape>(&job, state, &devices, &Control::silent(), &mut |state| {
        last = Some(state.clone());
        if state.history.len() == until {
            return Err(VisionError::Stopped);
        }
        Ok(())
    });
    match done {
        Ok(state) => state,
        Err(_) => last.unwrap(),
    }
}

/// The state without how long it took.
fn timeless(mut state: State) -> State {
    state.history = super::timeless(&state.history);
    state
}

#[test]
fn the_loss_falls_and_stripes_are_told_apart() {
    let state = run(&config(), None, 1, 0);
    let history = &state.history;
    assert_eq!(history.len(), 4);
    assert!(history[3].loss < 0.6 * history[0].loss, "{history:?}");
    assert!(
        history[3].validation.unwrap().accuracy > 0.95,
        "{history:?}"
    );
}

#[test]
fn a_run_that_was_interrupted_goes_on_as_if_it_had_not_been() {
    for config in [
        config(),
        TrainConfig {
            method: Method::AdamW,
            learning_rate: 0.002,
            average: Some(0.9),
            patience: Some(3),
            ..config()
        },
    ] {
        let whole = run(&config, None, 1, 0);
        let half = run(&config, None, 1, 2);
        assert_eq!(half.history.len(), 2);
        let resumed = run(&config, Some(half), 1, 0);
        assert_eq!(timeless(whole), timeless(resumed));
    }
}

#[test]
fn parts_on_two_devices_are_parts_on_one() {
    let accumulated = TrainConfig {
        accumulate: 2,
        epochs: 2,
        ..config()
    };
    let parallel = TrainConfig {
        accumulate: 1,
        ..accumulated.clone()
    };
    let one = timeless(run(&accumulated, None, 1, 0));
    let two = timeless(run(&parallel, None, 2, 0));
    assert_eq!(one, two);
}

#[test]
fn patience_ends_and_keeps_the_best_epoch() {
    // Stripes are known after an epoch or two; later epochs cannot be better than all right.
    let config = TrainConfig {
        epochs: 40,
        patience: Some(2),
        ..config()
    };
    let state = run(&config, None, 1, 0);
    assert!(state.history.len() < 40);
    let (best, numbers) = state.best.clone().unwrap();
    assert_eq!(state.history.len(), best + 2);
    assert_eq!(state.model(), numbers);
}

#[test]
fn sgd_and_adamw_take_the_steps_of_their_formulas() {
    let device = FlexDevice;
    let vector = |number: f32| Tensor::<Flex, 1>::from_floats([number], &device);
    let value = |tensor: &Tensor<Flex, 1>| f64::from(super::super::network::host(tensor)[0]);
    let mut sgd = Optimiser::new(Method::Sgd { momentum: 0.9 }, &[vector(2.0)]);
    sgd.begin();
    let w = sgd.moved(0, vector(2.0), vector(1.0), 0.1, 0.5);
    // g + decay w = 2, v = 2, step 0.1 (2 + 0.9 2).
    assert!((value(&w) - (2.0 - 0.38)).abs() < 1e-6);
    sgd.begin();
    let w = sgd.moved(0, w, vector(0.0), 0.1, 0.0);
    // v = 1.8, step 0.1 (0.9 1.8).
    assert!((value(&w) - (1.62 - 0.162)).abs() < 1e-6);
    let mut adam = Optimiser::new(Method::AdamW, &[vector(2.0)]);
    adam.begin();
    let w = adam.moved(0, vector(2.0), vector(-3.0), 0.01, 0.1);
    // The first step is the rate towards the sign, after the decay.
    assert!((value(&w) - (2.0 * 0.999 + 0.01)).abs() < 1e-6);
}

#[test]
fn the_learning_rate_rises_and_falls() {
    let config = TrainConfig {
        learning_rate: 0.2,
        warm_up: 0.1,
        ..TrainConfig::default()
    };
    assert!((config.rate(0, 1000) - 0.002).abs() < 1e-6);
    assert!((config.rate(99, 1000) - 0.2).abs() < 1e-6);
    assert!((config.rate(550, 1000) - 0.1).abs() < 1e-6);
    assert!(config.rate(999, 1000) < 1e-5);
}

#[test]
fn targets_smooth_and_mix() {
    let targets = Targets::new(&[0, 2], &[1, 2], &[0.75, 0.5], 4, 0.2);
    let near = |a: &[f32], b: [f32; 4]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(near(&targets.shares[..4], [0.65, 0.25, 0.05, 0.05]));
    assert!(near(&targets.shares[4..], [0.05, 0.05, 0.85, 0.05]));
    let device = FlexDevice;
    let logits = Tensor::<Flex, 2>::from_floats([[0.0, 0.0, 0.0, 0.0]; 2], &device);
    let loss = cross_entropy(logits, targets.tensor(&device));
    let loss = f64::from(super::super::network::host(&loss)[0]);
    assert!((loss - 2.0 * 4.0f64.ln()).abs() < 1e-5);
}

#[test]
fn scores_of_known_logits() {
    let logits = [2.0, 1.0, 0.0, 0.0, 0.0, 3.0];
    let score = score(&logits, &[0, 0], 3);
    assert!((score.accuracy - 0.5).abs() < 1e-12);
    assert!((score.top5 - 1.0).abs() < 1e-12);
    let first = (1.0 + (-1.0f64).exp() + (-2.0f64).exp()).ln();
    let second = (3.0f64.exp() + 2.0).ln();
    assert!((score.loss - (first + second) / 2.0).abs() < 1e-6);
}

#[test]
fn gates_close_where_their_price_is_all_that_counts() {
    let images = stripes(64, 3);
    let plan = Plan {
        gated: true,
        ..plan()
    };
    let graph = Arc::new(plan.graph().unwrap());
    let config = TrainConfig {
        epochs: 12,
        ..config()
    };
    let gates = GateConfig {
        penalty: 100.0,
        learning_rate: 0.3,
    };
    let job = Job {
        graph: graph.clone(),
        gates: Some((2, gates)),
        images: Arc::new(images.clone()),
        validation: None,
        normalisation: &Normalisation::of(&images),
        augment: &Augment::default(),
        config: &config,
        workers: 1,
    };
    let state = State::new(start(&graph, 0));
    let control = Control::silent();
    let done = train::<Tape>(&job, state, &[FlexDevice], &control, &mut |_| Ok(())).unwrap();
    let history = &done.history;
    assert!((history[2].gates[0] - 0.9).abs() < 1e-3, "{history:?}");
    assert!(history[11].gates.iter().all(|&p| p < 0.5), "{history:?}");
    assert_eq!(open_probability(100.0), 1.0);
}

#[test]
fn settings_out_of_range_are_named_at_once() {
    let bad = TrainConfig {
        epochs: 0,
        batch: 1,
        learning_rate: f32::NAN,
        average: Some(1.0),
        patience: Some(0),
        ..TrainConfig::default()
    };
    let text = bad.check().unwrap_err().to_string();
    for name in ["epochs", "batch", "learning rate", "average", "patience"] {
        assert!(text.contains(name), "{name} not in: {text}");
    }
}
