//! How far the predictions of a model are off, by the inputs.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::file::NamedTensor;
use super::stored::{named_tensors, read_network};
use crate::matrix::Matrix;
use crate::network::{Loss, Network, NetworkConfig};
use crate::neuron::Neuron;
use crate::observe::Control;
use crate::prepare::Target;
use crate::train::{Samples, TrainConfig, train};

/// Parts of the rows; each has a spread network that neither saw it nor stopped by it.
const PARTS: usize = 5;

/// Networks of the spread see at most so many rows.
const MOST_ROWS: usize = 20_000;

/// Added to absolute residuals in units of their mean, so that none is 0.
const LEAST: f64 = 0.02;

/// Spreads stay within this factor of their mean.
const WIDEST: f64 = 30.0;

/// Held-out rows of a model.
pub(super) struct HeldOut<'a> {
    /// Scaled for networks, rows x inputs.
    pub inputs: &'a Matrix<f32>,
    /// rows x targets, in the targets' units.
    pub truth: &'a Matrix<f64>,
    /// By a model that was not trained on the row, rows x targets.
    pub predicted: &'a Matrix<f64>,
}

/// How far predictions are off.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    /// The mean absolute residual of each target.
    pub mean: Vec<f64>,
    /// Mean and deviation of each target's predictions.
    predictions: Vec<[f64; 2]>,
    /// Of the logarithm of spread over mean; none where it is constant.
    networks: Vec<Network<f32>>,
}

impl Spread {
    /// Whether it follows the inputs.
    pub fn adaptive(&self) -> bool {
        !self.networks.is_empty()
    }

    /// The mean absolute residuals.
    pub fn constant(rows: &HeldOut<'_>) -> Spread {
        let count = rows.truth.rows() as f64;
        let mean = |target: usize| {
            let pairs = rows
                .truth
                .column(target)
                .into_iter()
                .zip(rows.predicted.column(target));
            let mean = pairs.map(|(y, fitted)| (y - fitted).abs()).sum::<f64>() / count;
            mean.max(f64::MIN_POSITIVE)
        };
        let moments = |target: usize| {
            let column = rows.predicted.column(target);
            let mean = column.iter().sum::<f64>() / count;
            let variance = column.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / count;
            [mean, variance.sqrt().max(f64::MIN_POSITIVE)]
        };
        let targets = rows.truth.columns();
        Spread {
            mean: (0..targets).map(mean).collect(),
            predictions: (0..targets).map(moments).collect(),
            networks: Vec::new(),
        }
    }

    /// Inputs with the scaled predictions beside them.
    fn inputs(&self, inputs: &Matrix<f32>, predicted: &Matrix<f64>) -> Matrix<f32> {
        let columns = inputs.columns() + predicted.columns();
        let mut data = Vec::with_capacity(inputs.rows() * columns);
        for row in 0..inputs.rows() {
            data.extend_from_slice(inputs.row(row));
            let scaled = predicted.row(row).iter().zip(&self.predictions);
            // Within bounds, as all inputs of networks.
            data.extend(scaled.map(|(y, [mean, deviation])| {
                let z = (y - mean) / deviation;
                (3.0 * (z / 3.0).tanh()) as f32
            }));
        }
        Matrix::from_vec(inputs.rows(), columns, data)
    }

    /// The spreads of rows with these inputs and predictions, rows x targets.
    pub fn at(&self, inputs: &Matrix<f32>, predicted: &Matrix<f64>) -> Matrix<f64> {
        let rows = predicted.rows();
        let mut logs = Matrix::zeros(rows, self.mean.len());
        if !self.networks.is_empty() {
            let inputs = self.inputs(inputs, predicted);
            for network in &self.networks {
                let outputs = network.predict(&inputs);
                for (sum, &log) in logs.data_mut().iter_mut().zip(outputs.data()) {
                    *sum += f64::from(log) / self.networks.len() as f64;
                }
            }
        }
        self.of_logs(logs)
    }

    /// The spreads of held-out rows: of row i that of logs, or the mean without.
    pub fn of_rows(&self, rows: &HeldOut<'_>, logs: &[f64]) -> Matrix<f64> {
        let (count, targets) = (rows.truth.rows(), self.mean.len());
        self.of_logs(match logs {
            [] => Matrix::zeros(count, targets),
            logs => Matrix::from_vec(count, targets, logs.to_vec()),
        })
    }

    fn of_logs(&self, mut logs: Matrix<f64>) -> Matrix<f64> {
        let most = WIDEST.ln();
        for row in 0..logs.rows() {
            for (log, mean) in logs.row_mut(row).iter_mut().zip(&self.mean) {
                *log = mean * log.clamp(-most, most).exp();
            }
        }
        logs
    }

    /// With networks, and the spreads of the rows by networks that did not see them; `None` when
    /// one cannot be trained.
    pub fn learnt(
        &self,
        rows: &HeldOut<'_>,
        seed: u64,
        control: &Control<'_>,
    ) -> Option<(Spread, Matrix<f64>)> {
        let (count, targets) = (rows.truth.rows(), self.mean.len());
        let inputs = self.inputs(rows.inputs, rows.predicted);
        let mut sizes = Matrix::zeros(count, targets);
        for row in 0..count {
            for (target, size) in sizes.row_mut(row).iter_mut().enumerate() {
                let off = rows.truth.row(row)[target] - rows.predicted.row(row)[target];
                *size = off.abs() / self.mean[target] + LEAST;
            }
        }
        let networks = (0..PARTS).into_par_iter().map(|part| {
            let of = |wanted: &dyn Fn(usize) -> bool| {
                let rows: Vec<usize> = (0..count).filter(|row| wanted(row % PARTS)).collect();
                let step = rows.len().div_ceil(MOST_ROWS).max(1);
                rows.into_iter().step_by(step).collect::<Vec<usize>>()
            };
            let next = (part + 1) % PARTS;
            let training = of(&|own| own != part && own != next);
            let stopping = of(&|own| own == next);
            trained(
                &inputs,
                &sizes,
                [&training, &stopping],
                seed + part as u64,
                control,
            )
        });
        let networks = networks.collect::<Option<Vec<Network<f32>>>>()?;
        let mut logs = vec![0.0; count * targets];
        for (part, network) in networks.iter().enumerate() {
            let own: Vec<usize> = (part..count).step_by(PARTS).collect();
            let outputs = network.predict(&inputs.select_rows(&own));
            for (place, &row) in own.iter().enumerate() {
                for (target, &log) in outputs.row(place).iter().enumerate() {
                    logs[row * targets + target] = f64::from(log);
                }
            }
        }
        let spreads = self.of_rows(rows, &logs);
        let spread = Spread {
            networks,
            ..self.clone()
        };
        Some((spread, spreads))
    }
}

fn samples((inputs, target): &(Matrix<f32>, Target)) -> Samples<'_> {
    Samples {
        inputs,
        target,
        weights: None,
    }
}

/// A network of the logarithm of the mean size, stopped by its own rows.
fn trained(
    inputs: &Matrix<f32>,
    sizes: &Matrix<f64>,
    rows: [&[usize]; 2],
    seed: u64,
    control: &Control<'_>,
) -> Option<Network<f32>> {
    let config = spread_config(inputs.columns(), sizes.columns());
    let mut network = Network::new(config, seed).ok()?;
    let [training, stopping] = rows.map(|rows| {
        (
            inputs.select_rows(rows),
            Target::Values(sizes.select_rows(rows)),
        )
    });
    let settings = TrainConfig {
        seed,
        loss: Loss::Gamma,
        epochs: 40,
        patience: Some(8),
        ..TrainConfig::default()
    };
    train(
        &mut network,
        &samples(&training),
        Some(&samples(&stopping)),
        &settings,
        control,
        None,
        &mut |_| {},
    )
    .ok()?;
    Some(network)
}

fn spread_config(inputs: usize, outputs: usize) -> NetworkConfig {
    let shape = super::options::NetworkOptions::default();
    NetworkConfig {
        inputs,
        outputs,
        hidden: vec![32, 16],
        neuron: Neuron::linear(),
        placement: shape.placement,
        interactions: shape.interactions,
        rank: shape.rank,
        activation: shape.activation,
        norm: shape.norm,
        dropout: 0.1,
        skip: Some(Neuron::linear()),
        embedding: None,
    }
}

/// A spread as a model file has it; its networks are tensors beside.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpreadDocument {
    mean: Vec<f64>,
    predictions: Vec<[f64; 2]>,
    networks: usize,
}

impl Spread {
    /// The document and the tensors of the networks.
    pub fn document(&self) -> (SpreadDocument, Vec<NamedTensor>) {
        let mut tensors = Vec::new();
        for (index, network) in self.networks.iter().enumerate() {
            tensors.extend(named_tensors(network, &format!("spread.{index}.")));
        }
        let document = SpreadDocument {
            mean: self.mean.clone(),
            predictions: self.predictions.clone(),
            networks: self.networks.len(),
        };
        (document, tensors)
    }

    /// Reads what [`Spread::document`] gave, of a model of so many inputs and targets.
    ///
    /// # Errors
    /// What does not fit.
    pub fn read(
        document: SpreadDocument,
        tensors: &[NamedTensor],
        (inputs, targets): (usize, usize),
    ) -> Result<Spread, String> {
        let positive = |value: &f64| *value > 0.0 && value.is_finite();
        let scales = document.mean.iter().all(positive)
            && (document.predictions.iter())
                .all(|[mean, deviation]| mean.is_finite() && positive(deviation));
        let counts = [document.mean.len(), document.predictions.len()];
        if !scales || counts != [targets; 2] || document.networks > PARTS {
            return Err("the spread of its intervals is unsound".to_string());
        }
        let config = spread_config(inputs + targets, targets);
        let network = |index: usize| read_network(&config, &format!("spread.{index}."), tensors);
        Ok(Spread {
            mean: document.mean,
            predictions: document.predictions,
            networks: (0..document.networks)
                .map(network)
                .collect::<Result<_, _>>()?,
        })
    }
}
