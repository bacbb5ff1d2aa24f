//! What the theory means for practice: two experiments.
//!
//! One network reaches any function, but who trains it? [`seek_by_gradient`] lets Adam look for w0.
//! And where does the expressivity of task-driven neurons pay at a finite size? [`at_size`] trains
//! them and ReLU networks of x alike, at equal numbers of parameters, on known functions.

use neuronseek::matrix::Matrix;
use neuronseek::network::{
    Activation, Interactions, Network, NetworkConfig, Norm, Placement, widths_matching,
};
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::prepare::Target;
use neuronseek::train::{Samples, TrainConfig, train};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use crate::error::TheoryError;
use crate::fixed;
use crate::function::Function;
use crate::orbit::{Grid, Orbit, gray, symbols};

/// How Adam fares against the construction; errors are root mean squares over the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GradientSearch {
    /// Intervals between nodes.
    pub nodes: usize,
    /// Steps between nodes.
    pub bits: usize,
    /// Random beginnings of w0.
    pub starts: usize,
    /// Steps of Adam from each.
    pub steps: usize,
    /// The middle error at the beginnings.
    pub untrained: f64,
    /// The middle error after training, the best of each run.
    pub trained: f64,
    /// The best of all runs.
    pub best: f64,
    /// That of the constructed w0.
    pub constructed: f64,
}

/// The most steps of an orbit in doubles: more lose all digits.
const MOST_SYMBOLS: usize = 45;

/// Trains w0 by Adam (rate 0.001) from `starts` uniform beginnings on the mean squared error at the
/// nodes, in doubles, with the exact derivative along the orbit.
///
/// # Errors
/// More than 45 symbols, several inputs, no starts, or a value outside [-1, 1].
pub fn seek_by_gradient(
    function: &Function,
    nodes: usize,
    m: usize,
    starts: usize,
    steps: usize,
) -> Result<GradientSearch, TheoryError> {
    let count = (nodes + 1) * m;
    if nodes == 0 || m == 0 || starts == 0 || count > MOST_SYMBOLS || function.inputs() != 1 {
        let allowed = format!(
            "at most {MOST_SYMBOLS} in all, of a function of one input: doubles hold no more"
        );
        return Err(TheoryError::parameter(
            "the number of symbols",
            count,
            allowed,
        ));
    }
    let grid = Grid {
        inputs: 1,
        intervals: nodes,
    };
    let wanted: Vec<f64> = (0..=nodes)
        .map(|k| function.value(&[k as f64 / nodes as f64]))
        .collect();
    let found = symbols(function, &grid, m)?;
    let seed = gray(&found, Orbit::places(&found, m));
    let constructed = loss(fixed::to_f64(&seed.w0, seed.bits), &wanted, m)
        .0
        .sqrt();
    let mut runs: Vec<(f64, f64)> = (0..starts)
        .into_par_iter()
        .map(|start| {
            let mut random = ChaCha8Rng::seed_from_u64(0);
            random.set_stream(start as u64);
            descend(2.0 * uniform(&mut random) - 1.0, &wanted, m, steps)
        })
        .collect();
    let middle = |runs: &[(f64, f64)], which: fn(&(f64, f64)) -> f64| {
        let mut errors: Vec<f64> = runs.iter().map(which).collect();
        errors.sort_unstable_by(f64::total_cmp);
        errors[errors.len() / 2]
    };
    let untrained = middle(&runs, |run| run.0);
    let trained = middle(&runs, |run| run.1);
    runs.sort_unstable_by(|a, b| a.1.total_cmp(&b.1));
    Ok(GradientSearch {
        nodes,
        bits: m,
        starts,
        steps,
        untrained,
        trained,
        best: runs[0].1,
        constructed,
    })
}

/// The mean squared error at the nodes and its derivative by w0.
fn loss(w0: f64, wanted: &[f64], m: usize) -> (f64, f64) {
    let (mut w, mut slope) = (w0, 1.0);
    let (mut sum, mut gradient) = (0.0, 0.0);
    for (node, value) in wanted.iter().enumerate() {
        if node > 0 {
            for _ in 0..m {
                slope *= 4.0 * w;
                w = 2.0 * w * w - 1.0;
            }
        }
        sum += (w - value) * (w - value);
        gradient += 2.0 * (w - value) * slope;
    }
    let count = wanted.len() as f64;
    (sum / count, gradient / count)
}

/// The error at the beginning and the least that Adam met.
fn descend(start: f64, wanted: &[f64], m: usize, steps: usize) -> (f64, f64) {
    const RATE: f64 = 1e-3;
    let (mut w0, mut mean, mut square) = (start, 0.0, 0.0);
    let first = loss(w0, wanted, m).0;
    let mut least = first;
    for step in 1..=steps {
        let (value, gradient) = loss(w0, wanted, m);
        least = least.min(value);
        mean = 0.9 * mean + 0.1 * gradient;
        square = 0.999 * square + 0.001 * gradient * gradient;
        let rate = RATE / (1.0 - 0.9f64.powi(step as i32));
        let root: f64 = (square / (1.0 - 0.999f64.powi(step as i32))).sqrt();
        w0 = (w0 - rate * mean / (root + 1e-12)).clamp(-1.0, 1.0);
    }
    (first.sqrt(), least.sqrt())
}

fn uniform(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 * (-53f64).exp2()
}

/// A function that networks of both kinds learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// What it is.
    pub name: &'static str,
    /// On [-1, 1]^d.
    pub formula: &'static str,
}

/// What is learnt: where products pay, where they should not, and what the orbit shows.
pub const TASKS: [Task; 5] = [
    Task {
        name: "square",
        formula: "x1^2",
    },
    Task {
        name: "product",
        formula: "x1 * x2",
    },
    Task {
        name: "product of three",
        formula: "x1 * x2 * x3",
    },
    Task {
        name: "ridge",
        formula: "sin(3 * (x1 + x2 - x3))",
    },
    Task {
        name: "the orbit's example",
        formula: "0.8 * sin(pi * (x1 + 1)) * exp(-(x1 + 1) / 2) + 0.15 * cos(4.5 * pi * (x1 + 1))",
    },
];

/// The aggregation that stands against x.
pub const NEURON: &str = "x + x^2 + cp(2)";

/// Rows to train on, to choose the epoch by, and to judge by.
const ROWS: [usize; 3] = [1024, 512, 4096];

/// The error of one kind of network at one size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtSize {
    /// The function.
    pub task: &'static str,
    /// The aggregation.
    pub neuron: String,
    /// Hidden units.
    pub width: usize,
    /// Trainable numbers.
    pub parameters: usize,
    /// The root mean square error on fresh points by the deviation of the function: the middle one
    /// of all seeds.
    pub error: f64,
    /// The least and the largest.
    pub range: [f64; 2],
}

/// Trains one hidden layer of ReLU on `task` for each of `widths` units of [`NEURON`], and for as
/// many units of x as come nearest to its number of parameters; same rows, same recipe, `seeds`
/// seeds each.
///
/// # Errors
/// No widths or seeds, or a width that is no layer's.
pub fn at_size(
    task: &Task,
    widths: &[usize],
    epochs: usize,
    seeds: u64,
) -> Result<Vec<AtSize>, TheoryError> {
    if seeds == 0 || widths.is_empty() {
        return Err(TheoryError::parameter("--seeds", seeds, "1 or more"));
    }
    let function = Function::formula(task.formula, -1.0, 1.0)?;
    let config = |neuron: &str, width: usize| -> Result<NetworkConfig, TheoryError> {
        let parsed: Result<Neuron, _> = neuron.parse();
        Ok(NetworkConfig {
            inputs: function.inputs(),
            outputs: 1,
            hidden: vec![width],
            neuron: parsed
                .map_err(|error| TheoryError::parameter("the neuron", error, "a neuron"))?,
            placement: Placement::First,
            interactions: Interactions::Independent,
            rank: 1,
            activation: Activation::Relu,
            norm: Norm::None,
            dropout: 0.0,
            skip: None,
            embedding: None,
        })
    };
    let mut found = Vec::new();
    for &width in widths {
        let driven = config(NEURON, width)?;
        let mut linear = config("x", width)?;
        linear.hidden = widths_matching(&linear, driven.parameters());
        for config in [driven, linear] {
            found.push(judged(task, &function, &config, epochs, seeds)?);
        }
    }
    Ok(found)
}

fn judged(
    task: &Task,
    function: &Function,
    config: &NetworkConfig,
    epochs: usize,
    seeds: u64,
) -> Result<AtSize, TheoryError> {
    let error = |seed: u64| fitted(function, config, epochs, seed);
    let errors: Result<Vec<f64>, TheoryError> = (0..seeds).into_par_iter().map(error).collect();
    let mut errors = errors?;
    errors.sort_unstable_by(f64::total_cmp);
    Ok(AtSize {
        task: task.name,
        neuron: config.neuron.to_string(),
        width: config.hidden[0],
        parameters: config.parameters(),
        error: errors[errors.len() / 2],
        range: [errors[0], errors[errors.len() - 1]],
    })
}

/// The test error of one training.
fn fitted(
    function: &Function,
    config: &NetworkConfig,
    epochs: usize,
    seed: u64,
) -> Result<f64, TheoryError> {
    let refused =
        |what: String| TheoryError::parameter("the network", what, "one that can be trained");
    let [training, validation, test] =
        [0, 1, 2].map(|part| rows(function, ROWS[part], seed, part as u64));
    // The function's own deviation, so that tasks compare.
    let scale = deviation(&training.1);
    let target = |values: &[f64]| {
        let scaled = values.iter().map(|value| value / scale).collect();
        Target::Values(Matrix::from_vec(values.len(), 1, scaled))
    };
    let targets = [target(&training.1), target(&validation.1)];
    let samples = |inputs, target| Samples {
        inputs,
        target,
        weights: None,
    };
    let settings = TrainConfig {
        epochs,
        weight_decay: 0.0,
        batch: Some(64),
        patience: None,
        seed,
        ..TrainConfig::default()
    };
    let mut network =
        Network::<f32>::new(config.clone(), seed).map_err(|e| refused(e.to_string()))?;
    train(
        &mut network,
        &samples(&training.0, &targets[0]),
        Some(&samples(&validation.0, &targets[1])),
        &settings,
        &Control::silent(),
        None,
        &mut |_| {},
    )
    .map_err(|error| refused(error.to_string()))?;
    let predicted = network.predict(&test.0);
    let pairs = predicted.data().iter().zip(&test.1);
    let squares: f64 = pairs
        .map(|(p, y)| (f64::from(*p) - y / scale).powi(2))
        .sum();
    Ok((squares / test.1.len() as f64).sqrt())
}

/// Uniform points of [-1, 1]^d and the function's values there.
fn rows(function: &Function, count: usize, seed: u64, part: u64) -> (Matrix<f32>, Vec<f64>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(part);
    let (mut inputs, mut values) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let u: Vec<f64> = (0..function.inputs())
            .map(|_| uniform(&mut random))
            .collect();
        inputs.extend(u.iter().map(|u| (2.0 * u - 1.0) as f32));
        values.push(function.value(&u));
    }
    (Matrix::from_vec(count, function.inputs(), inputs), values)
}

fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count)
        .sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivative_is_that_of_the_loss() {
        let wanted = [0.3, -0.2, 0.7];
        for w0 in [0.31, -0.72, 0.05] {
            let step = 1e-7;
            let difference =
                (loss(w0 + step, &wanted, 3).0 - loss(w0 - step, &wanted, 3).0) / (2.0 * step);
            assert!((loss(w0, &wanted, 3).1 - difference).abs() < 1e-4 * (1.0 + difference.abs()));
        }
    }

    #[test]
    fn gradients_do_not_find_what_the_construction_has() {
        let function = Function::formula("0.8 * sin(6 * x)", 0.0, 1.0).unwrap();
        let found = seek_by_gradient(&function, 4, 8, 16, 200).unwrap();
        assert!(
            found.constructed < 0.02 && found.trained > 10.0 * found.constructed,
            "{found:?}"
        );
        assert!(seek_by_gradient(&function, 16, 8, 1, 1).is_err());
    }

    #[test]
    fn both_kinds_are_trained_at_one_size() {
        let found = at_size(&TASKS[1], &[4], 20, 1).unwrap();
        assert_eq!(found.len(), 2);
        let (driven, linear) = (found[0].parameters as f64, found[1].parameters as f64);
        assert!((driven / linear - 1.0).abs() < 0.1, "{found:?}");
        assert!(found[0].error < found[1].error, "{found:?}");
    }
}
