//! Prediction intervals by split-conformal calibration of residuals in units of their spread.
//!
//! With held-out residuals r of n rows and a spread s(x) that follows the inputs, the interval of
//! level 1 - a is `prediction + s(x) [q_low, q_high]`, the q the floor((n + 1) a / 2)-th and
//! ceil((n + 1) (1 - a / 2))-th smallest of r / s: a new row falls inside with a probability of at
//! least 1 - a, whatever the model and the distribution, if it is drawn as the held-out rows were
//! (Vovk and others, Algorithmic learning in a random world, 2005; Lei and others,
//! Distribution-free predictive inference for regression, 2018, for s). Both ends have their own
//! quantile, so that skewed errors get skewed intervals.
//!
//! The spread is the mean absolute residual, or small networks that learn its size from the inputs
//! and the prediction by the Gamma loss; of each row by one that saw neither it nor its part of the
//! rows, else s would know r. (Networks of the quantiles themselves were rejected: two for each
//! level, and no narrower.)

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::file::NamedTensor;
use crate::matrix::Matrix;
use crate::network::{Loss, Network, NetworkConfig, Tensor};
use crate::neuron::Neuron;
use crate::observe::Control;
use crate::prepare::Target;
use crate::train::{Samples, TrainConfig, train};

/// Parts of the rows; each has a spread network that neither saw it nor stopped by it.
const PARTS: usize = 5;

/// Fewer rows have a constant spread.
const FEWEST_ROWS: usize = 200;

/// Networks of the spread see at most so many rows.
const MOST_ROWS: usize = 20_000;

/// Added to absolute residuals in units of their mean, so that none is 0.
const LEAST: f64 = 0.02;

/// Spreads stay within this factor of their mean.
const WIDEST: f64 = 30.0;

/// Networks must shorten the interval score by this share.
const GAIN: f64 = 0.005;

/// Intervals of a model.
#[derive(Debug, Clone)]
pub(super) struct Intervals {
    levels: Vec<f64>,
    /// Of each level, of each target: the ends in units of the spread.
    ends: Vec<Vec<[f64; 2]>>,
    /// Of each target: whether no known number is below 0, and no interval is.
    positive: Vec<bool>,
    spread: Spread,
}

/// How far predictions are off.
#[derive(Debug, Clone)]
struct Spread {
    /// The mean absolute residual of each target.
    mean: Vec<f64>,
    /// Mean and deviation of each target's predictions.
    predictions: Vec<[f64; 2]>,
    /// Of the logarithm of spread over mean; none where it is constant.
    networks: Vec<Network<f32>>,
}

/// An interval for each row, rows x targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// The share of rows that fall inside.
    pub level: f64,
    /// Its lower ends, in the targets' units.
    pub lower: Matrix<f64>,
    /// Its upper ends.
    pub upper: Matrix<f64>,
}

/// How intervals did on rows that had no part in them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The share of rows that should fall inside.
    pub level: f64,
    /// The share that did; of several targets, the mean over them.
    pub coverage: f64,
    /// The mean width in the target's unit; of several targets, the mean over them.
    pub width: f64,
}

/// What intervals a model has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntervalReport {
    /// Held-out rows that they are calibrated on.
    pub rows: usize,
    /// Whether their width follows the inputs.
    pub adaptive: bool,
    /// The levels.
    pub levels: Vec<f64>,
    /// On the test rows, where there are any.
    pub test: Vec<Coverage>,
}

/// Held-out rows of a model.
pub(super) struct HeldOut<'a> {
    /// Scaled for networks, rows x inputs.
    pub inputs: &'a Matrix<f32>,
    /// rows x targets, in the targets' units.
    pub truth: &'a Matrix<f64>,
    /// By a model that was not trained on the row, rows x targets.
    pub predicted: &'a Matrix<f64>,
}

/// What is wrong with the levels, for so many held-out rows.
pub(super) fn problem(levels: &[f64], rows: usize) -> Option<String> {
    let level = (levels.iter()).find(|level| rank(rows, 0.5 * (1.0 - **level)).is_none())?;
    let needed = (2.0 / (1.0 - level)).ceil() - 1.0;
    Some(format!(
        "intervals of level {level} need at least {needed} held-out rows, and there are {rows}: \
         ask for a lower level"
    ))
}

/// The place, from 0, of the lower quantile of this share; the upper one is as far from the end.
fn rank(rows: usize, share: f64) -> Option<usize> {
    // Rounding must not lose what is a whole number.
    (((rows + 1) as f64 * share + 1e-9).floor() as usize).checked_sub(1)
}

impl Intervals {
    /// Calibrates intervals of these levels; [`problem`] has found nothing.
    pub fn fit(levels: &[f64], rows: &HeldOut<'_>, seed: u64, control: &Control<'_>) -> Intervals {
        let plain = Spread::constant(rows);
        let constant = Intervals::of(levels, rows, plain.clone(), &plain.of_rows(rows, &[]));
        if rows.truth.rows() < FEWEST_ROWS || control.should_stop() {
            return constant;
        }
        let Some((spread, own)) = plain.learnt(rows, seed, control) else {
            return constant;
        };
        let learnt = Intervals::of(levels, rows, spread, &own);
        let score = |intervals: &Intervals, spreads: &Matrix<f64>| {
            intervals.score(rows, spreads).iter().sum::<f64>()
        };
        let before = score(&constant, &plain.of_rows(rows, &[]));
        match score(&learnt, &own) < (1.0 - GAIN) * before {
            true => learnt,
            false => constant,
        }
    }

    fn of(levels: &[f64], rows: &HeldOut<'_>, spread: Spread, spreads: &Matrix<f64>) -> Intervals {
        let targets = rows.truth.columns();
        let ratios = |target: usize| {
            let mut ratios: Vec<f64> = (0..rows.truth.rows())
                .map(|row| {
                    let off = rows.truth.row(row)[target] - rows.predicted.row(row)[target];
                    off / spreads.row(row)[target]
                })
                .collect();
            ratios.sort_unstable_by(f64::total_cmp);
            ratios
        };
        let ratios: Vec<Vec<f64>> = (0..targets).map(ratios).collect();
        let ends = |level: &f64| {
            let of = |ratios: &Vec<f64>| {
                let last = ratios.len() - 1;
                let place = rank(ratios.len(), 0.5 * (1.0 - level)).unwrap_or(0);
                // The prediction itself is always inside.
                [ratios[place].min(0.0), ratios[last - place].max(0.0)]
            };
            ratios.iter().map(of).collect()
        };
        let positive = |target: usize| rows.truth.column(target).iter().all(|y| *y >= 0.0);
        Intervals {
            levels: levels.to_vec(),
            ends: levels.iter().map(ends).collect(),
            positive: (0..targets).map(positive).collect(),
            spread,
        }
    }

    /// The levels.
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// Whether widths follow the inputs.
    pub fn adaptive(&self) -> bool {
        !self.spread.networks.is_empty()
    }

    /// The intervals of rows with these inputs (scaled for networks) and predictions.
    pub fn around(&self, inputs: &Matrix<f32>, predicted: &Matrix<f64>) -> Vec<Interval> {
        let spreads = self.spread.at(inputs, predicted);
        self.with_spreads(predicted, &spreads)
    }

    fn with_spreads(&self, predicted: &Matrix<f64>, spreads: &Matrix<f64>) -> Vec<Interval> {
        let end = |ends: &[[f64; 2]], side: usize| {
            let mut values = predicted.clone();
            for row in 0..values.rows() {
                for (target, value) in values.row_mut(row).iter_mut().enumerate() {
                    *value += spreads.row(row)[target] * ends[target][side];
                    if self.positive[target] {
                        *value = value.max(0.0);
                    }
                }
            }
            values
        };
        let levels = self.levels.iter().zip(&self.ends);
        levels
            .map(|(level, ends)| Interval {
                level: *level,
                lower: end(ends, 0),
                upper: end(ends, 1),
            })
            .collect()
    }

    /// The mean interval score of each level (Gneiting and Raftery, Strictly proper scoring rules,
    /// 2007): the width plus 2 / (1 - level) times the distance of what falls outside, targets in
    /// units of their mean residual.
    fn score(&self, rows: &HeldOut<'_>, spreads: &Matrix<f64>) -> Vec<f64> {
        let intervals = self.with_spreads(rows.predicted, spreads);
        let of = |interval: &Interval| {
            let mut sum = 0.0;
            for row in 0..rows.truth.rows() {
                for (target, y) in rows.truth.row(row).iter().enumerate() {
                    let low = interval.lower.row(row)[target];
                    let high = interval.upper.row(row)[target];
                    let outside = (low - y).max(y - high).max(0.0);
                    let score = high - low + 2.0 / (1.0 - interval.level) * outside;
                    sum += score / self.spread.mean[target];
                }
            }
            sum / rows.truth.rows() as f64
        };
        intervals.iter().map(of).collect()
    }
}

/// How intervals do on rows whose truth (rows x targets) is known; nothing without rows.
pub(super) fn coverage(intervals: &[Interval], truth: &Matrix<f64>) -> Vec<Coverage> {
    let cells = truth.data().len();
    let of = |interval: &Interval| {
        let ends = interval.lower.data().iter().zip(interval.upper.data());
        let (mut inside, mut width) = (0usize, 0.0);
        for ((low, high), y) in ends.zip(truth.data()) {
            inside += usize::from(low <= y && y <= high);
            width += high - low;
        }
        Coverage {
            level: interval.level,
            coverage: inside as f64 / cells as f64,
            width: width / cells as f64,
        }
    };
    match cells {
        0 => Vec::new(),
        _ => intervals.iter().map(of).collect(),
    }
}

impl Spread {
    fn constant(rows: &HeldOut<'_>) -> Spread {
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

    /// rows x targets.
    fn at(&self, inputs: &Matrix<f32>, predicted: &Matrix<f64>) -> Matrix<f64> {
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
    fn of_rows(&self, rows: &HeldOut<'_>, logs: &[f64]) -> Matrix<f64> {
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
    fn learnt(
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
    }
}

/// Intervals as a model file has them; their networks are tensors beside.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntervalsDocument {
    levels: Vec<f64>,
    ends: Vec<Vec<[f64; 2]>>,
    positive: Vec<bool>,
    mean: Vec<f64>,
    predictions: Vec<[f64; 2]>,
    networks: usize,
}

impl Intervals {
    /// The document and the tensors of the networks.
    pub fn document(&self) -> (IntervalsDocument, Vec<NamedTensor>) {
        let mut tensors = Vec::new();
        for (index, network) in self.spread.networks.iter().enumerate() {
            tensors.extend(network.tensors().into_iter().map(|tensor| NamedTensor {
                name: format!("spread.{index}.{}", tensor.name),
                shape: tensor.shape,
                values: tensor.values.to_vec(),
            }));
        }
        let document = IntervalsDocument {
            levels: self.levels.clone(),
            ends: self.ends.clone(),
            positive: self.positive.clone(),
            mean: self.spread.mean.clone(),
            predictions: self.spread.predictions.clone(),
            networks: self.spread.networks.len(),
        };
        (document, tensors)
    }

    /// Reads what [`Intervals::document`] gave, of a model of so many inputs and targets.
    ///
    /// # Errors
    /// What does not fit.
    pub fn read(
        document: IntervalsDocument,
        tensors: &[NamedTensor],
        (inputs, targets): (usize, usize),
    ) -> Result<Intervals, String> {
        let levels = document
            .levels
            .iter()
            .all(|level| *level > 0.0 && *level < 1.0);
        let ends = document.ends.len() == document.levels.len()
            && (document.ends.iter()).all(|ends| {
                ends.len() == targets
                    && (ends.iter()).all(|[low, high]| low.is_finite() && high.is_finite())
            });
        let positive = |value: &f64| *value > 0.0 && value.is_finite();
        let scales = document.mean.iter().all(positive)
            && (document.predictions.iter())
                .all(|[mean, deviation]| mean.is_finite() && positive(deviation));
        let counts = [
            document.positive.len(),
            document.mean.len(),
            document.predictions.len(),
        ];
        if !(levels && ends && scales && counts == [targets; 3] && document.networks <= PARTS) {
            return Err("its intervals are unsound".to_string());
        }
        let config = spread_config(inputs + targets, targets);
        let network = |index: usize| {
            let prefix = format!("spread.{index}.");
            let own = tensors.iter().filter_map(|tensor| {
                Some(Tensor {
                    name: tensor.name.strip_prefix(&prefix)?.to_string(),
                    shape: tensor.shape.clone(),
                    values: &tensor.values,
                })
            });
            let own: Vec<Tensor<'_, f32>> = own.collect();
            Network::from_tensors(config.clone(), &own).map_err(|error| error.to_string())
        };
        Ok(Intervals {
            levels: document.levels,
            ends: document.ends,
            positive: document.positive,
            spread: Spread {
                mean: document.mean,
                predictions: document.predictions,
                networks: (0..document.networks)
                    .map(network)
                    .collect::<Result<_, _>>()?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Truth of mean 0 whose size grows with the only input, predicted by 0.
    fn drawn(rows: usize, seed: u64, size: impl Fn(f64) -> f64) -> (Matrix<f32>, Matrix<f64>) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut inputs, mut truth) = (Vec::new(), Vec::new());
        for _ in 0..rows {
            let x: f64 = random.random_range(-1.0..1.0);
            inputs.push(x as f32);
            truth.push(size(x) * random.random_range(-1.0..1.0));
        }
        (
            Matrix::from_vec(rows, 1, inputs),
            Matrix::from_vec(rows, 1, truth),
        )
    }

    fn fitted(levels: &[f64], rows: usize, size: impl Fn(f64) -> f64) -> Intervals {
        let (inputs, truth) = drawn(rows, 1, size);
        let rows = HeldOut {
            inputs: &inputs,
            truth: &truth,
            predicted: &Matrix::zeros(rows, 1),
        };
        Intervals::fit(levels, &rows, 7, &Control::silent())
    }

    #[test]
    fn ends_are_the_conformal_quantiles() {
        let truth = Matrix::from_vec(9, 1, (1..=9).map(f64::from).collect());
        let inputs = Matrix::zeros(9, 1);
        let predicted = Matrix::from_vec(9, 1, vec![5.0; 9]);
        let rows = HeldOut {
            inputs: &inputs,
            truth: &truth,
            predicted: &predicted,
        };
        // floor(10 * 0.1) = 1: the smallest and the largest of 9.
        let intervals = Intervals::fit(&[0.8, 0.6], &rows, 0, &Control::silent());
        let around = intervals.around(&inputs, &predicted);
        let ends = |index: usize| {
            let interval: &Interval = &around[index];
            [interval.lower.row(0)[0], interval.upper.row(0)[0]]
        };
        for (found, expected) in [(ends(0), [1.0, 9.0]), (ends(1), [2.0, 8.0])] {
            assert!((found[0] - expected[0]).abs() < 1e-12, "{found:?}");
            assert!((found[1] - expected[1]).abs() < 1e-12, "{found:?}");
        }
        assert!(problem(&[0.8], 9).is_none());
        let text = problem(&[0.9], 9).unwrap();
        assert!(
            text.contains("0.9") && text.contains("at least 19"),
            "{text}"
        );
        assert!(problem(&[0.9], 19).is_none());
    }

    #[test]
    fn widths_follow_the_inputs_and_new_rows_are_covered() {
        let size = |x: f64| (1.5 * x).exp();
        let levels = [0.9, 0.5];
        let intervals = fitted(&levels, 2000, size);
        assert!(intervals.adaptive());
        let (inputs, truth) = drawn(4000, 2, size);
        let around = intervals.around(&inputs, &Matrix::zeros(4000, 1));
        let found = coverage(&around, &truth);
        for (found, level) in found.iter().zip(levels) {
            assert!((found.coverage - level).abs() < 0.03, "{found:?}");
        }
        let width = |row: usize| around[0].upper.row(row)[0] - around[0].lower.row(row)[0];
        for row in 0..50 {
            let expected = 1.8 * size(f64::from(inputs.row(row)[0]));
            let ratio = width(row) / expected;
            assert!((0.6..1.6).contains(&ratio), "row {row}: {ratio}");
        }
        // The mean width of a constant spread: the same quantile of all rows together.
        let plain = fitted(&[0.9], 199, size).around(&inputs, &Matrix::zeros(4000, 1));
        assert!(found[0].width < 0.9 * coverage(&plain, &truth)[0].width);
    }

    #[test]
    fn a_spread_without_a_pattern_is_constant() {
        assert!(!fitted(&[0.9], 1000, |_| 1.0).adaptive());
    }

    #[test]
    fn what_is_stored_gives_the_same_intervals() {
        let intervals = fitted(&[0.9, 0.5], 500, |x| (2.0 * x).exp());
        let (document, tensors) = intervals.document();
        let text = serde_json::to_string(&document).unwrap();
        let read = |text: &str, targets| {
            Intervals::read(serde_json::from_str(text).unwrap(), &tensors, (1, targets))
        };
        let (inputs, _) = drawn(50, 5, |_| 1.0);
        let predicted = Matrix::zeros(50, 1);
        let again = read(&text, 1).unwrap();
        assert_eq!(
            again.around(&inputs, &predicted),
            intervals.around(&inputs, &predicted)
        );
        assert!(read(&text, 2).is_err());
        assert!(read(&text.replacen("0.9", "1.9", 1), 1).is_err());
    }
}
