//! Layers, norms, activations, losses and optimisers against torch modules and autograd.

use std::collections::BTreeMap;

use neuronseek::matrix::Matrix;
use neuronseek::network::{
    Activation, Batch, EncodedTarget, Interactions, Loss, Network, NetworkConfig, Norm, Placement,
    Real, Workspace,
};
use neuronseek::observe::Control;
use neuronseek::prepare::Target;
use neuronseek::train::{Optimiser, Regularisation, Samples, Schedule, TrainConfig, train};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

const ROWS: usize = 12;

#[derive(Serialize)]
struct Case {
    shared: bool,
    activation: Activation,
    loss: Loss,
    inputs: Vec<Vec<f64>>,
    target: Vec<Vec<f64>>,
    labels: Vec<u32>,
    weights: Vec<f64>,
    tensors: Vec<NamedTensor>,
    train: Option<TrainConfig>,
}

#[derive(Serialize)]
struct NamedTensor {
    name: String,
    shape: Vec<usize>,
    values: Vec<f64>,
}

#[derive(Deserialize)]
struct Answer {
    outputs: Vec<Vec<f64>>,
    loss: f64,
    gradients: BTreeMap<String, Vec<f64>>,
    statistics: BTreeMap<String, Vec<f64>>,
    trained: Option<BTreeMap<String, Vec<f64>>>,
}

/// One network with data, in both precisions.
struct Subject {
    config: NetworkConfig,
    loss: Loss,
    inputs: Matrix<f64>,
    target: Target,
    weights: Vec<f64>,
    parameters: Vec<f64>,
    train: Option<TrainConfig>,
}

fn config(neuron: &str) -> NetworkConfig {
    NetworkConfig {
        inputs: 4,
        outputs: 1,
        hidden: vec![6, 5],
        neuron: neuron.parse().unwrap(),
        placement: Placement::Every,
        interactions: Interactions::Shared,
        rank: 3,
        activation: Activation::Tanh,
        norm: Norm::None,
        dropout: 0.0,
        skip: None,
        embedding: None,
    }
}

fn subject(config: NetworkConfig, loss: Loss, classes: usize) -> Subject {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut uniform = || random.random_range(-1.0..1.0);
    // Numbers that both precisions hold exactly.
    let mut exact = |length: usize| -> Vec<f64> {
        let mut draw = || f64::from(uniform() as f32);
        (0..length).map(|_| draw()).collect()
    };
    let network = Network::<f64>::new(config.clone(), 5).unwrap();
    let noise = exact(network.parameter_count());
    let parameters = network
        .parameters()
        .iter()
        .zip(noise)
        .map(|(parameter, noise)| f64::from((parameter + 0.2 * noise) as f32))
        .collect();
    let inputs = Matrix::from_vec(ROWS, config.inputs, exact(ROWS * config.inputs));
    let target = if loss == Loss::CrossEntropy {
        Target::Classes {
            labels: (0..ROWS).map(|row| (row * 7 + row / 3) % classes).collect(),
            count: classes,
        }
    } else {
        let mut values = exact(ROWS * config.outputs);
        if loss.power().is_some() {
            values.iter_mut().for_each(|value| *value = value.abs());
        }
        Target::Values(Matrix::from_vec(ROWS, config.outputs, values))
    };
    let weights = (0..ROWS)
        .map(|row| 0.25 + (row % 5) as f64 * 0.25)
        .collect();
    Subject {
        config,
        loss,
        inputs,
        target,
        weights,
        parameters,
        train: None,
    }
}

impl Subject {
    fn network<T: Real>(&self) -> Network<T> {
        let mut network = Network::<T>::new(self.config.clone(), 5).unwrap();
        let parameters: Vec<T> = self.parameters.iter().map(|&p| T::from_f64(p)).collect();
        network.set_parameters(&parameters).unwrap();
        network
    }

    fn case(&self) -> Case {
        let network = self.network::<f64>();
        let rows = |matrix: &Matrix<f64>| {
            (0..matrix.rows())
                .map(|row| matrix.row(row).to_vec())
                .collect()
        };
        let (target, labels) = match &self.target {
            Target::Values(values) => (rows(values), vec![]),
            Target::Classes { labels, .. } => {
                (vec![], labels.iter().map(|&label| label as u32).collect())
            }
        };
        Case {
            shared: self.config.interactions == Interactions::Shared,
            activation: self.config.activation,
            loss: self.loss,
            inputs: rows(&self.inputs),
            target,
            labels,
            weights: self.weights.clone(),
            tensors: network
                .tensors()
                .into_iter()
                .map(|tensor| NamedTensor {
                    name: tensor.name,
                    shape: tensor.shape,
                    values: tensor.values.to_vec(),
                })
                .collect(),
            train: self.train.clone(),
        }
    }

    /// Compares outputs, loss, gradients and running statistics.
    fn compare<T: Real>(&self, answer: &Answer, tolerance: f64) {
        let mut network = self.network::<T>();
        let convert = |values: &[f64]| values.iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
        let inputs = Matrix::from_vec(ROWS, self.config.inputs, convert(self.inputs.data()));
        let outputs = network.predict(&inputs);
        let expected: Vec<f64> = answer.outputs.concat();
        self.close("outputs", outputs.data(), &expected, tolerance);

        let target = EncodedTarget::new(&self.target);
        let weights = convert(&self.weights);
        let rows: Vec<u32> = (0..ROWS as u32).collect();
        let batch = Batch {
            inputs: &inputs,
            target: &target,
            weights: Some(&weights),
            rows: &rows,
        };
        let mut workspace = Workspace::new(&network, ROWS);
        let loss = network.loss_and_gradient(&batch, self.loss, None, &mut workspace);
        network.update_statistics(&workspace);
        assert!((loss - answer.loss).abs() <= tolerance * answer.loss.abs().max(1.0));
        let mut offset = 0;
        for tensor in network.tensors() {
            if let Some(expected) = answer.statistics.get(&tensor.name) {
                self.close(&tensor.name, tensor.values, expected, tolerance);
                continue;
            }
            let gradient = &workspace.gradient()[offset..offset + tensor.values.len()];
            self.close(
                &tensor.name,
                gradient,
                &answer.gradients[&tensor.name],
                tolerance,
            );
            offset += tensor.values.len();
        }
        assert_eq!(offset, network.parameter_count());
    }

    /// All elements to `tolerance`, relative to the largest of the tensor.
    fn close<T: Real>(&self, name: &str, found: &[T], expected: &[f64], tolerance: f64) {
        assert_eq!(found.len(), expected.len(), "{name}");
        let largest = expected.iter().fold(1e-3, |a: f64, b| a.max(b.abs()));
        for (&found, &expected) in found.iter().zip(expected) {
            let found = found.to_f64();
            assert!(
                (found - expected).abs() <= tolerance * largest,
                "{:?} {:?}: {name}: {found} and torch {expected}",
                self.config,
                self.loss
            );
        }
    }
}

fn compare_all(subjects: &[Subject]) {
    let cases: Vec<Case> = subjects.iter().map(Subject::case).collect();
    let Some(answers) = super::python::ask::<_, Vec<Answer>>("parity/network.py", "torch", &cases)
    else {
        return;
    };
    assert_eq!(answers.len(), subjects.len());
    for (subject, answer) in subjects.iter().zip(&answers) {
        subject.compare::<f64>(answer, 1e-10);
        subject.compare::<f32>(answer, 1e-5);
        if let (Some(settings), Some(expected)) = (&subject.train, &answer.trained) {
            subject.compare_training(settings, expected);
        }
    }
}

#[test]
fn layers_norms_and_activations() {
    let mut subjects = Vec::new();
    for neuron in [
        "x",
        "x + x^2",
        "x^2 + x^5",
        "cp(3, r=2)",
        "x + x^3 + cp(2) + cp(4, r=2)",
        "x + sin(x) + cos(x) + exp(x)",
    ] {
        for interactions in [Interactions::Shared, Interactions::Independent] {
            for norm in [Norm::None, Norm::Batch, Norm::Layer] {
                let config = NetworkConfig {
                    interactions,
                    norm,
                    ..config(neuron)
                };
                subjects.push(subject(config, Loss::MeanSquared, 0));
            }
        }
    }
    for activation in [
        Activation::Relu,
        Activation::Silu,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::Identity,
    ] {
        let config = NetworkConfig {
            activation,
            placement: Placement::First,
            skip: Some("x + x^2".parse().unwrap()),
            ..config("x + x^2 + cp(2)")
        };
        subjects.push(subject(config, Loss::MeanSquared, 0));
    }
    let no_hidden = NetworkConfig {
        hidden: vec![],
        ..config("x + x^2 + cp(2)")
    };
    subjects.push(subject(no_hidden, Loss::MeanSquared, 0));
    compare_all(&subjects);
}

#[test]
fn losses() {
    let with = |outputs: usize| NetworkConfig {
        outputs,
        ..config("x + cp(2)")
    };
    let mut subjects = Vec::new();
    for outputs in [1, 3] {
        for loss in [
            Loss::MeanSquared,
            Loss::Huber { delta: 0.4 },
            Loss::Quantile { tau: 0.8 },
            Loss::Poisson,
            Loss::Gamma,
            Loss::Tweedie { power: 1.3 },
        ] {
            subjects.push(subject(with(outputs), loss, 0));
        }
    }
    subjects.push(subject(with(1), Loss::CrossEntropy, 2));
    subjects.push(subject(with(4), Loss::CrossEntropy, 4));
    compare_all(&subjects);
}

#[test]
fn optimisers() {
    let mut subjects = Vec::new();
    for optimiser in [Optimiser::Adam, Optimiser::AdamW] {
        for schedule in [Schedule::Constant, Schedule::Cosine] {
            for clip in [None, Some(0.05)] {
                let mut subject = subject(config("x + x^2 + cp(2)"), Loss::MeanSquared, 0);
                // Weights of mean 1, as the training makes them.
                subject.weights = vec![1.0; ROWS];
                subject.train = Some(TrainConfig {
                    epochs: 8,
                    learning_rate: 0.01,
                    batch: Some(ROWS),
                    optimiser,
                    weight_decay: 0.1,
                    schedule,
                    warm_up: 0.0,
                    clip,
                    regularisation: Regularisation::Constant,
                    ..TrainConfig::default()
                });
                subjects.push(subject);
            }
        }
    }
    compare_all(&subjects);
}

impl Subject {
    fn compare_training(&self, settings: &TrainConfig, expected: &BTreeMap<String, Vec<f64>>) {
        let mut network = self.network::<f32>();
        let inputs = self.inputs.to_f32();
        let samples = Samples {
            inputs: &inputs,
            target: &self.target,
            weights: None,
        };
        let control = Control::silent();
        train(
            &mut network,
            &samples,
            None,
            settings,
            &control,
            None,
            &mut |_| {},
        )
        .unwrap();
        assert_ne!(network, self.network(), "nothing was learnt");
        for tensor in network.tensors() {
            self.close(&tensor.name, tensor.values, &expected[&tensor.name], 1e-5);
        }
    }
}
