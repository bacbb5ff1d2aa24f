//! Configurations, tensors, predictions, matching sizes.

use super::{normal, small};
use crate::matrix::Matrix;
use crate::network::*;
use crate::terms::CpuPath;

/// Every kind of parameter and statistic.
fn rich() -> NetworkConfig {
    NetworkConfig {
        norm: Norm::Batch,
        activation: Activation::Relu,
        skip: Some("x + x^2".parse().unwrap()),
        ..small("x + x^3 + sin(x) + cp(2) + cp(3, r=2)")
    }
}

#[test]
fn all_bad_values_are_named_at_once() {
    let config = NetworkConfig {
        inputs: 0,
        hidden: vec![4, 0, MAX_WIDTH + 1],
        rank: 0,
        dropout: 1.0,
        skip: Some(crate::neuron::Neuron::new([])),
        ..small("x")
    };
    let problems = config.check().unwrap_err().problems;
    assert_eq!(problems.len(), 6, "{problems:?}");
    for (problem, word) in problems
        .iter()
        .zip(["inputs", "layer 2", "layer 3", "skip", "rank", "dropout"])
    {
        assert!(problem.contains(word), "{problem}");
    }
    let nan = NetworkConfig {
        dropout: f32::NAN,
        ..small("x")
    };
    assert!(nan.check().is_err());
    let huge = NetworkConfig {
        hidden: vec![1 << 19, 1 << 19],
        ..small("x")
    };
    assert!(huge.check().unwrap_err().problems[0].contains("parameters"));
    assert_eq!(Network::<f32>::new(huge, 0).unwrap_err().problems.len(), 1);
}

#[test]
fn insane_sizes_are_counted_without_overflow() {
    let config = NetworkConfig {
        inputs: usize::MAX,
        outputs: usize::MAX,
        rank: usize::MAX,
        hidden: vec![usize::MAX; 3],
        ..small("x + x^2 + cp(9)")
    };
    assert!(config.check().is_err());
    assert_eq!(config.parameters(), usize::MAX);
}

#[test]
fn parameters_by_hand() {
    // 8-64-32-1 of x + x^2 + cp(2, r=8): per layer (2 i + 8) o + 16 i + o.
    let config = NetworkConfig {
        inputs: 8,
        outputs: 1,
        hidden: vec![64, 32],
        ..small("x + x^2 + cp(2, r=8)")
    };
    let layer = |i: usize, o: usize| (2 * i + 8) * o + 16 * i + o;
    let expected = layer(8, 64) + layer(64, 32) + layer(32, 1);
    assert_eq!(config.parameters(), expected);
    let network = Network::<f32>::new(config, 0).unwrap();
    assert_eq!(network.parameter_count(), expected);
}

#[test]
fn tensors_come_back_and_are_checked() {
    let mut network = Network::<f32>::new(rich(), 1).unwrap();
    let noise: Vec<f32> = normal(network.statistics().len(), 2);
    for (statistic, noise) in network.statistics_mut().iter_mut().zip(noise) {
        *statistic = noise.abs();
    }
    let mut tensors = network.tensors();
    let names: Vec<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    for name in [
        "layers.0.x.weights",
        "layers.0.x^3.weights",
        "layers.0.sin.weights",
        "layers.1.cp(2).weights",
        "layers.1.cp(3).factors",
        "layers.0.cp(2).scale",
        "layers.0.x.variance",
        "layers.2.bias",
        "skip.x^2.weights",
    ] {
        assert!(names.contains(&name), "{name} among {names:?}");
    }
    let total: usize = tensors.iter().map(|tensor| tensor.values.len()).sum();
    assert_eq!(
        total,
        network.parameter_count() + network.statistics().len()
    );
    tensors.reverse();
    assert_eq!(Network::from_tensors(rich(), &tensors).unwrap(), network);

    let error = Network::from_tensors(rich(), &tensors[1..]).unwrap_err();
    assert!(matches!(error, TensorError::Missing(_)));
    let mut doubled = tensors.clone();
    doubled.push(tensors[0].clone());
    assert!(Network::from_tensors(rich(), &doubled).is_err());
    let mut renamed = tensors.clone();
    renamed.push(Tensor {
        name: "other".into(),
        ..tensors[0].clone()
    });
    let error = Network::from_tensors(rich(), &renamed).unwrap_err();
    assert_eq!(error, TensorError::Unknown("other".into()));
    let mut reshaped = tensors.clone();
    reshaped[3].shape.push(1);
    assert!(matches!(
        Network::from_tensors(rich(), &reshaped).unwrap_err(),
        TensorError::Shape { .. }
    ));
}

#[test]
fn values_that_are_not_finite_are_refused() {
    let mut network = Network::<f32>::new(rich(), 1).unwrap();
    let before = network.clone();
    let mut parameters = network.parameters().to_vec();
    parameters[7] = f32::NAN;
    assert!(matches!(
        network.set_parameters(&parameters).unwrap_err(),
        TensorError::Value { position: 7, .. }
    ));
    assert!(network.set_parameters(&parameters[1..]).is_err());
    assert_eq!(network, before);
    let negative = vec![-1.0f32; 5];
    let mut tensors = before.tensors();
    let variance = tensors
        .iter_mut()
        .find(|tensor| tensor.name == "layers.0.x.variance");
    variance.unwrap().values = &negative;
    assert!(matches!(
        Network::from_tensors(rich(), &tensors).unwrap_err(),
        TensorError::Value { .. }
    ));
}

#[test]
fn predictions_in_parts_equal_the_whole_at_any_thread_count() {
    let network = Network::<f32>::new(rich(), 1).unwrap();
    let rows = 1000;
    let inputs = Matrix::from_vec(rows, 3, normal::<f32>(rows * 3, 3));
    let predict = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| network.predict(&inputs))
    };
    let whole = predict(1);
    assert_eq!(whole, predict(2));
    for (start, end) in [(0, 1), (3, 20), (100, 611), (999, 1000), (5, 5)] {
        let part: Vec<usize> = (start..end).collect();
        let predicted = network.predict(&inputs.select_rows(&part));
        assert_eq!(predicted, whole.select_rows(&part), "{start} to {end}");
    }
}

#[test]
fn every_path_computes_the_same_within_rounding() {
    for norm in [Norm::None, Norm::Batch, Norm::Layer] {
        let config = NetworkConfig { norm, ..rich() };
        let network = Network::<f32>::new(config, 1).unwrap();
        let inputs = Matrix::from_vec(77, 3, normal::<f32>(77 * 3, 3));
        let target = EncodedTarget::Values(Matrix::from_vec(77, 2, normal(77 * 2, 4)));
        let rows: Vec<u32> = (0..77).collect();
        let batch = Batch {
            inputs: &inputs,
            target: &target,
            weights: None,
            rows: &rows,
        };
        let mut results = Vec::new();
        for path in CpuPath::available() {
            let mut workspace = Workspace::new(&network, 80);
            workspace.path = path;
            let loss = network.loss_and_gradient(&batch, Loss::MeanSquared, None, &mut workspace);
            results.push((path, loss, workspace.gradient().to_vec()));
        }
        let (_, loss, gradient) = &results[0];
        let largest = gradient.iter().fold(0.0f32, |a, b| a.max(b.abs()));
        for (path, other_loss, other) in &results[1..] {
            assert!((loss - other_loss).abs() < 1e-5 * loss, "{path:?}");
            for (a, b) in gradient.iter().zip(other) {
                assert!((a - b).abs() < 1e-5 * largest, "{path:?}: {a} and {b}");
            }
        }
    }
}

#[test]
fn batch_norm_predicts_by_running_statistics() {
    let config = NetworkConfig {
        norm: Norm::Batch,
        hidden: vec![4],
        ..small("x")
    };
    let mut network = Network::<f64>::new(config, 1).unwrap();
    let inputs = Matrix::from_vec(50, 3, normal::<f64>(150, 3));
    let target = EncodedTarget::Values(Matrix::zeros(50, 2));
    let rows: Vec<u32> = (0..50).collect();
    let batch = Batch {
        inputs: &inputs,
        target: &target,
        weights: None,
        rows: &rows,
    };
    let mut workspace = Workspace::new(&network, 50);
    let in_training = network.loss_and_gradient(&batch, Loss::MeanSquared, None, &mut workspace);
    for _ in 0..400 {
        network.update_statistics(&workspace);
    }
    let predicted = network.loss(&inputs, &target, None, Loss::MeanSquared);
    // The running variance is 50/49 of the batch's.
    assert!((predicted / in_training - 1.0).abs() < 0.1);
    assert_ne!(predicted, in_training);
}

#[test]
fn seeds_differ_and_higher_orders_start_small() {
    let config = NetworkConfig {
        inputs: 100,
        hidden: vec![200],
        ..small("x + x^3 + cp(2, r=25)")
    };
    let network = Network::<f64>::new(config.clone(), 1).unwrap();
    assert_eq!(network, Network::new(config.clone(), 1).unwrap());
    assert_ne!(network, Network::new(config, 2).unwrap());
    let deviation = |name: &str| {
        let tensors = network.tensors();
        let tensor = tensors.iter().find(|tensor| tensor.name == name).unwrap();
        let squares: f64 = tensor.values.iter().map(|v| v * v).sum();
        (squares / tensor.values.len() as f64).sqrt()
    };
    for (name, expected) in [
        ("layers.0.x.weights", 0.1 / f64::sqrt(3.0)),
        ("layers.0.x^3.weights", 0.01),
        ("layers.0.cp(2).weights", 0.02),
        ("layers.0.cp(2).factors", 0.1),
    ] {
        let found = deviation(name);
        assert!((found / expected - 1.0).abs() < 0.05, "{name}: {found}");
    }
    assert_eq!(deviation("layers.0.bias"), 0.0);
}

#[test]
fn widths_come_near_the_wish() {
    let linear = NetworkConfig {
        hidden: vec![64, 32],
        ..small("x")
    };
    for parameters in [50, 500, 9_000, 200_000] {
        let hidden = widths_matching(&linear, parameters);
        let found = NetworkConfig {
            hidden: hidden.clone(),
            ..linear.clone()
        };
        let distance = found.parameters().abs_diff(parameters) as f64;
        assert!(distance <= 0.03 * parameters as f64 + 3.0, "{hidden:?}");
        assert!(hidden[0].abs_diff(2 * hidden[1]) <= 2, "{hidden:?}");
    }
    assert_eq!(widths_matching(&linear, linear.parameters()), [64, 32]);
    assert_eq!(widths_matching(&linear, 0), [1, 1]);
    let none = NetworkConfig {
        hidden: vec![],
        ..linear
    };
    assert!(widths_matching(&none, 100).is_empty());
}
