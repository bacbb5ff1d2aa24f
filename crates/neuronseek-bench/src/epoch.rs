//! The time of a training epoch, ours and a PyTorch program's, in the same minute.
//!
//! One network is 8-64-32-1 with the neuron x + x^2 + cp(2, r=8) in every layer and ReLU, trained by
//! Adam; the other 8-192-96-1 of x with embedded inputs, SiLU and dropout, trained by AdamW, as a
//! fit's default profile does. Both on 14,448 rows of 8 normal inputs, batch 256, rate 0.001, one
//! thread, the gathering of the batches included. All are timed by the processor's time, so that other work on the machine counts
//! little. There are two rivals, the PyTorch program as one writes it and a tuned one; the ratios
//! of medians are the result.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use cpu_time::ProcessTime;
use neuronseek::matrix::Matrix;
use neuronseek::network::{
    Activation, Embedding, Interactions, Network, NetworkConfig, Norm, Placement,
};
use neuronseek::neuron::{Neuron, Term};
use neuronseek::observe::{Control, Event, Observer};
use neuronseek::prepare::Target;
use neuronseek::train::{Optimiser, Regularisation, Samples, Schedule, TrainConfig, train};
use serde::{Deserialize, Serialize};

/// Rows of the data.
pub const ROWS: usize = 14_448;

/// Epochs that are timed, after one that warms up.
const EPOCHS: usize = 30;

/// The rivals, kept in the repository and compiled in.
const PROGRAM: &str = include_str!("../../../benchmarks/network_epoch.py");

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochResult {
    /// Median processor time of one of our epochs, in milliseconds.
    pub milliseconds: f64,
    /// The last epoch's mean training loss.
    pub loss: f64,
    /// The PyTorch program's figures; `None` where no Python with torch was found.
    pub torch: Option<TorchEpoch>,
    /// How many of our epochs fit into one of the plain PyTorch program's.
    pub ratio: Option<f64>,
    /// How many of our epochs fit into one of the tuned PyTorch program's.
    pub ratio_to_tuned: Option<f64>,
    /// Why there is no ratio, in words.
    pub note: Option<String>,
}

/// What the PyTorch program reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TorchEpoch {
    /// Median processor time of one epoch of the program as one writes it: a linear map per part
    /// of the formula, Adam as it comes. In milliseconds.
    pub milliseconds: f64,
    /// The same with all parts of a layer in one product and the fused Adam.
    pub tuned_milliseconds: f64,
    /// The plain program's last mean training loss.
    pub loss: f64,
    /// The version of torch.
    pub version: String,
}

/// Which network is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// 8-64-32-1 of x + x^2 + cp(2, r=8).
    Small,
    /// 8-192-96-1 of x with each input embedded by 32 bins to 8 numbers.
    Embedded,
}

/// Times ours, and PyTorch's where `beside_torch` is set.
pub fn run(subject: Subject, beside_torch: bool) -> EpochResult {
    let (milliseconds, loss) = ours(subject);
    let (torch, note) = match beside_torch.then(|| torch(subject)) {
        Some(Ok(torch)) => (Some(torch), None),
        Some(Err(note)) => (None, Some(note)),
        None => (
            None,
            Some("no PyTorch comparison was asked for".to_string()),
        ),
    };
    EpochResult {
        milliseconds,
        loss,
        ratio: torch
            .as_ref()
            .map(|torch| torch.milliseconds / milliseconds),
        ratio_to_tuned: torch
            .as_ref()
            .map(|torch| torch.tuned_milliseconds / milliseconds),
        torch,
        note,
    }
}

/// The network that is timed.
pub fn network() -> NetworkConfig {
    NetworkConfig {
        inputs: 8,
        outputs: 1,
        hidden: vec![64, 32],
        neuron: Neuron::new([Term::pure(1), Term::pure(2), Term::interaction(2, 8)]),
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

/// The network with embedded inputs that is timed.
pub fn embedded(inputs: &Matrix<f32>) -> NetworkConfig {
    NetworkConfig {
        hidden: vec![192, 96],
        neuron: Neuron::linear(),
        placement: Placement::First,
        activation: Activation::Silu,
        dropout: 0.1,
        skip: Some(Neuron::linear()),
        embedding: Embedding::fit(inputs, 32, 8),
        ..network()
    }
}

/// The settings of the training that is timed: what the PyTorch program does.
pub fn settings(epochs: usize) -> TrainConfig {
    TrainConfig {
        epochs,
        learning_rate: 1e-3,
        batch: Some(256),
        optimiser: Optimiser::Adam,
        beta2: 0.999,
        weight_decay: 0.0,
        schedule: Schedule::Constant,
        warm_up: 0.0,
        clip: None,
        patience: None,
        regularisation: Regularisation::Constant,
        ..TrainConfig::default()
    }
}

/// Normal inputs and y = sin(x_0) + x_1 x_2.
pub fn data() -> (Matrix<f32>, Target) {
    // A sum of twelve uniform numbers is normal enough to time a network on.
    let mut state = 1u64;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let mut normal = || (0..12).map(|_| uniform()).sum::<f32>() - 6.0;
    let x: Vec<f32> = (0..ROWS * 8).map(|_| normal()).collect();
    let y = x
        .chunks(8)
        .map(|x| f64::from(x[0].sin() + x[1] * x[2]))
        .collect();
    (
        Matrix::from_vec(ROWS, 8, x),
        Target::Values(Matrix::from_vec(ROWS, 1, y)),
    )
}

/// Takes the processor time at the end of each epoch.
struct Clock {
    start: ProcessTime,
    ends: Mutex<Vec<f64>>,
}

impl Observer for Clock {
    fn notice(&self, event: &Event<'_>) {
        if let Event::Progress { .. } = event
            && let Ok(mut ends) = self.ends.lock()
        {
            ends.push(self.start.elapsed().as_secs_f64() * 1e3);
        }
    }
}

/// Median milliseconds of an epoch, and the last loss.
fn ours(subject: Subject) -> (f64, f64) {
    let (inputs, target) = data();
    let (config, settings) = match subject {
        Subject::Small => (network(), settings(EPOCHS + 1)),
        Subject::Embedded => {
            let settings = TrainConfig {
                optimiser: Optimiser::AdamW,
                beta2: 0.95,
                weight_decay: 0.02,
                ..settings(EPOCHS + 1)
            };
            (embedded(&inputs), settings)
        }
    };
    let samples = Samples {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let clock = Clock {
        start: ProcessTime::now(),
        ends: Mutex::new(Vec::new()),
    };
    let control = Control {
        observer: &clock,
        stop: &AtomicBool::new(false),
        deadline: None,
    };
    let trained = Network::new(config, 0).ok().and_then(|mut network| {
        train(
            &mut network,
            &samples,
            None,
            &settings,
            &control,
            None,
            &mut |_| {},
        )
        .ok()
    });
    let loss = trained
        .and_then(|history| history.epochs.last().map(|epoch| epoch.training_loss))
        .unwrap_or(f64::NAN);
    let ends = clock.ends.into_inner().unwrap_or_default();
    let mut times: Vec<f64> = ends.windows(2).map(|pair| pair[1] - pair[0]).collect();
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
    (median, loss)
}

/// Runs the PyTorch programs.
fn torch(subject: Subject) -> Result<TorchEpoch, String> {
    let name = match subject {
        Subject::Small => "small",
        Subject::Embedded => "embedded",
    };
    let document = crate::python::run(PROGRAM, &[name.to_string()])?;
    serde_json::from_value(document)
        .map_err(|error| format!("no PyTorch comparison: other figures than expected: {error}"))
}
