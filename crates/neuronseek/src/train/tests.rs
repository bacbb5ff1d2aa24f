use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::matrix::Matrix;
use crate::network::{
    Activation, Interactions, Loss, Network, NetworkConfig, Norm, Placement, Purpose, generator,
};
use crate::observe::{Control, Event, Observer, Silent};
use crate::prepare::Target;

fn network_config() -> NetworkConfig {
    NetworkConfig {
        inputs: 3,
        outputs: 1,
        hidden: vec![16, 8],
        neuron: "x + x^2 + cp(2, r=4)".parse().unwrap(),
        placement: Placement::Every,
        interactions: Interactions::Shared,
        rank: 8,
        activation: Activation::Relu,
        norm: Norm::None,
        dropout: 0.0,
        skip: None,
        embedding: None,
    }
}

/// y = sin(2 a) + b c, noise-free.
struct Data(Matrix<f32>, Target);

impl Data {
    fn new(rows: usize, seed: u64) -> Data {
        let mut generator = generator(seed, Purpose::Initial, 99);
        let x: Vec<f32> = (0..rows * 3)
            .map(|_| StandardNormal.sample(&mut generator))
            .collect();
        let y = x
            .chunks(3)
            .map(|x| f64::from((2.0 * x[0]).sin() + x[1] * x[2]))
            .collect();
        Data(
            Matrix::from_vec(rows, 3, x),
            Target::Values(Matrix::from_vec(rows, 1, y)),
        )
    }

    fn samples(&self) -> Samples<'_> {
        Samples {
            inputs: &self.0,
            target: &self.1,
            weights: None,
        }
    }
}

fn settings(epochs: usize) -> TrainConfig {
    TrainConfig {
        epochs,
        ..TrainConfig::default()
    }
}

/// Trains a new network; gives it with its history.
fn fit(
    network: NetworkConfig,
    config: &TrainConfig,
    control: &Control<'_>,
) -> Result<(Network<f32>, History), TrainError> {
    let (training, validation) = (Data::new(500, 1), Data::new(200, 2));
    let mut network = Network::new(network, 0).unwrap();
    let history = train(
        &mut network,
        &training.samples(),
        Some(&validation.samples()),
        config,
        control,
        None,
        &mut |_| {},
    )?;
    Ok((network, history))
}

#[test]
fn the_loss_falls() {
    for optimiser in [Optimiser::Adam, Optimiser::AdamW, Optimiser::RmsProp] {
        for schedule in [Schedule::Cosine, Schedule::CosineLog] {
            let config = TrainConfig {
                optimiser,
                schedule,
                weight_decay: 1e-4,
                ..settings(60)
            };
            let (_, history) = fit(network_config(), &config, &Control::silent()).unwrap();
            let first = history.epochs[0].training_loss;
            let best = history.best_loss.unwrap();
            assert!(first > 0.5 && best < 0.15, "{config:?}: {first} to {best}");
        }
    }
}

#[test]
fn the_best_epoch_is_restored() {
    let config = TrainConfig {
        patience: Some(3),
        learning_rate: 0.05,
        ..settings(200)
    };
    let (network, history) = fit(network_config(), &config, &Control::silent()).unwrap();
    assert_eq!(history.ended, Ended::Patience);
    let best = history.best_epoch.unwrap();
    assert_eq!(history.epochs.len(), best + 3);
    let losses: Vec<f64> = history
        .epochs
        .iter()
        .filter_map(|e| e.validation_loss)
        .collect();
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[best - 1], lowest);
    assert_eq!(history.best_loss, Some(lowest));
    let validation = Data::new(200, 2);
    let target = crate::network::EncodedTarget::new(&validation.1);
    let now = network.loss(&validation.0, &target, None, Loss::MeanSquared);
    assert_eq!(now, lowest);
}

/// Continues from each of three checkpoints, through JSON, and compares with no interruption.
#[test]
fn continuing_gives_the_bytes_of_an_uninterrupted_training() {
    let shape = NetworkConfig {
        norm: Norm::Batch,
        dropout: 0.2,
        ..network_config()
    };
    let config = TrainConfig {
        seed: 7,
        ..settings(12)
    };
    let (training, validation) = (Data::new(500, 1), Data::new(200, 2));
    let run = |start: Option<Checkpoint>, keep: &mut dyn FnMut(&Checkpoint)| {
        // Another seed: a continued training must not depend on the network it is given.
        let seed = if start.is_some() { 9 } else { 0 };
        let mut network = Network::<f32>::new(shape.clone(), seed).unwrap();
        let history = train(
            &mut network,
            &training.samples(),
            Some(&validation.samples()),
            &config,
            &Control::silent(),
            start,
            keep,
        );
        (network, history.unwrap())
    };
    let mut kept = Vec::new();
    let whole = run(None, &mut |state| {
        kept.push(serde_json::to_string(state).unwrap());
    });
    assert_eq!(kept.len(), 12);
    for epochs in [1, 6, 12] {
        let state: Checkpoint = serde_json::from_str(&kept[epochs - 1]).unwrap();
        assert_eq!(state.epochs.len(), epochs);
        let mut later = Vec::new();
        let continued = run(Some(state), &mut |state| {
            later.push(serde_json::to_string(state).unwrap());
        });
        assert_eq!(continued, whole, "from epoch {epochs}");
        assert_eq!(later, kept[epochs..]);
    }
}

#[test]
fn a_foreign_checkpoint_is_refused() {
    let training = Data::new(100, 1);
    let mut kept = None;
    let mut network = Network::new(network_config(), 0).unwrap();
    let mut run = |config: &TrainConfig, data: &Data, start: Option<Checkpoint>| {
        let control = Control::silent();
        train(
            &mut network,
            &data.samples(),
            None,
            config,
            &control,
            start,
            &mut |state| {
                kept = Some(state.clone());
            },
        )
        .map(|_| kept.clone().unwrap())
    };
    let state = run(&settings(1), &training, None).unwrap();
    let refused = |result: Result<_, TrainError>| {
        assert!(matches!(result, Err(TrainError::Checkpoint(_))));
    };
    refused(run(&settings(2), &training, Some(state.clone())).map(|_| ()));
    refused(run(&settings(1), &Data::new(101, 1), Some(state.clone())).map(|_| ()));
    let mut damaged = state;
    damaged.mean.pop();
    refused(run(&settings(1), &training, Some(damaged)).map(|_| ()));
}

#[test]
fn threads_do_not_change_the_result() {
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap()
            .install(|| fit(network_config(), &settings(5), &Control::silent()).unwrap())
    };
    assert_eq!(run(1), run(2));
}

/// Sets the stop flag after some epochs.
struct StopAfter<'a>(usize, &'a AtomicBool);

impl Observer for StopAfter<'_> {
    fn notice(&self, event: &Event<'_>) {
        if let Event::Progress { done, .. } = event
            && *done == self.0
        {
            self.1.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn it_ends_when_told() {
    let stop = AtomicBool::new(false);
    let control = Control {
        observer: &StopAfter(3, &stop),
        stop: &stop,
        deadline: None,
    };
    let (_, history) = fit(network_config(), &settings(50), &control).unwrap();
    assert_eq!(history.ended, Ended::Stopped);
    assert_eq!(history.epochs.len(), 3);
    assert!(history.best_epoch.is_some());

    let control = Control {
        observer: &Silent,
        stop: &AtomicBool::new(false),
        deadline: Some(Instant::now()),
    };
    let (network, history) = fit(network_config(), &settings(50), &control).unwrap();
    assert_eq!(history.ended, Ended::Deadline);
    assert_eq!(history.best_epoch, None);
    assert_eq!(network, Network::new(network_config(), 0).unwrap());
}

#[test]
fn a_loss_that_is_not_finite_never_gets_out() {
    let shape = NetworkConfig {
        neuron: "x + x^9".parse().unwrap(),
        hidden: vec![16, 16, 16],
        activation: Activation::Identity,
        ..network_config()
    };
    let config = TrainConfig {
        learning_rate: 1.0,
        clip: None,
        warm_up: 0.0,
        ..settings(30)
    };
    match fit(shape, &config, &Control::silent()) {
        Err(error) => assert!(matches!(error, TrainError::Diverged { .. }), "{error}"),
        Ok((network, history)) => {
            assert!(history.halved);
            assert!(network.parameters().iter().all(|p| p.is_finite()));
        }
    }
}

#[test]
fn all_bad_settings_are_named_at_once() {
    let config = TrainConfig {
        epochs: 0,
        learning_rate: f64::NAN,
        batch: Some(0),
        beta2: 1.0,
        clip: Some(0.0),
        patience: Some(0),
        loss: Loss::Quantile { tau: 1.0 },
        ..TrainConfig::default()
    };
    let Err(TrainError::Config { problems }) = config.check() else {
        panic!("accepted");
    };
    assert_eq!(problems.len(), 7, "{problems:?}");
    TrainConfig::default().check().unwrap();
}

#[test]
fn samples_that_do_not_fit_are_refused() {
    let good = Data::new(50, 1);
    let try_with = |samples: Samples<'_>, loss: Loss| {
        let mut network = Network::new(network_config(), 0).unwrap();
        let config = TrainConfig {
            loss,
            ..settings(1)
        };
        let control = Control::silent();
        let result = train(
            &mut network,
            &samples,
            None,
            &config,
            &control,
            None,
            &mut |_| {},
        );
        match result {
            Err(TrainError::Samples { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    };
    let squared = Loss::MeanSquared;
    let columns = Matrix::from_vec(50, 2, vec![0.0; 100]);
    let rows = Matrix::from_vec(49, 3, vec![0.0; 147]);
    let with = |inputs| Samples {
        inputs,
        ..good.samples()
    };
    assert!(try_with(with(&columns), squared).contains("inputs"));
    assert!(try_with(with(&rows), squared).contains("targets"));
    let mut broken = good.0.clone();
    broken.row_mut(7)[1] = f32::INFINITY;
    assert!(try_with(with(&broken), squared).contains("input 1 of row 7"));
    assert!(
        try_with(good.samples(), Loss::CrossEntropy)
            .contains("the cross-entropy is for a target of classes")
    );
    let mut weights = vec![1.0; 50];
    weights[3] = -1.0;
    let weighted = Samples {
        weights: Some(&weights),
        ..good.samples()
    };
    assert!(try_with(weighted, squared).contains("row 3"));
    let zeros = vec![0.0; 50];
    let weighted = Samples {
        weights: Some(&zeros),
        ..good.samples()
    };
    assert!(try_with(weighted, squared).contains("add up"));
}

#[test]
fn weights_of_another_scale_are_the_same_weights() {
    let data = Data::new(100, 1);
    let run = |scale: f64| {
        let weights: Vec<f64> = (0..100).map(|row| scale * (1 + row % 4) as f64).collect();
        let mut network = Network::new(network_config(), 0).unwrap();
        let samples = Samples {
            weights: Some(&weights),
            ..data.samples()
        };
        let control = Control::silent();
        train(
            &mut network,
            &samples,
            None,
            &settings(3),
            &control,
            None,
            &mut |_| {},
        )
        .unwrap();
        network
    };
    assert_eq!(run(1.0), run(1024.0));
}

#[test]
fn classes_are_learnt() {
    let data = Data::new(600, 1);
    let Target::Values(values) = &data.1 else {
        panic!("values");
    };
    for count in [2, 3] {
        let class = |y: &f64| ((y + 1.0).clamp(0.0, 1.99) * count as f64 / 2.0) as usize;
        let target = Target::Classes {
            labels: values.data().iter().map(class).collect(),
            count,
        };
        let shape = NetworkConfig {
            outputs: target.outputs(),
            ..network_config()
        };
        let mut network = Network::new(shape, 0).unwrap();
        let samples = Samples {
            inputs: &data.0,
            target: &target,
            weights: None,
        };
        let config = TrainConfig {
            loss: Loss::of(&target),
            ..settings(40)
        };
        let control = Control::silent();
        let history = train(
            &mut network,
            &samples,
            None,
            &config,
            &control,
            None,
            &mut |_| {},
        )
        .unwrap();
        let last = history.epochs.last().unwrap().training_loss;
        assert!(last < 0.4, "{count} classes: {last}");
        assert_eq!(history.best_epoch, Some(40));
    }
}

#[test]
fn schedules_by_formula() {
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
    near(Schedule::Cosine.factor(0, 100, 0.0), 1.0);
    near(Schedule::Cosine.factor(50, 100, 0.0), 0.5);
    near(Schedule::Cosine.factor(2, 100, 0.05), 0.6);
    near(Schedule::Cosine.factor(5, 100, 0.05), 1.0);
    near(Schedule::CosineLog.factor(0, 150, 0.0), 0.0);
    // log2(1 + 15 t) is 1, 2 and 1/2 at t = 1/15, 1/5 and (sqrt 2 - 1) / 15.
    near(Schedule::CosineLog.factor(10, 150, 0.0), 0.0);
    near(Schedule::CosineLog.factor(30, 150, 0.0), 0.0);
    assert!(Schedule::CosineLog.factor(41_421, 1_500_000, 0.0) > 1.0 - 1e-9);
    near(Schedule::Constant.factor(99, 100, 0.0), 1.0);
    near(Regularisation::HalfThenCosine.factor(50, 100), 1.0);
    near(Regularisation::HalfThenCosine.factor(75, 100), 0.5);
    near(Regularisation::HalfThenCosine.factor(100, 100), 0.0);
}

#[test]
fn batches_and_orders() {
    assert_eq!(batch_size(10), 32);
    assert_eq!(batch_size(800), 100);
    assert_eq!(batch_size(100_000), 256);
    let mut order = order::shuffled(1000, 3, 4);
    assert_eq!(order, order::shuffled(1000, 3, 4));
    assert_ne!(order, order::shuffled(1000, 3, 5));
    order.sort_unstable();
    assert!(order.iter().copied().eq(0..1000));
}
