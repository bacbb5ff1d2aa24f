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

use serde::{Deserialize, Serialize};

use super::file::NamedTensor;
use super::spread::{HeldOut, Spread, SpreadDocument};
use crate::matrix::Matrix;
use crate::observe::Control;

/// Fewer rows have a constant spread.
const FEWEST_ROWS: usize = 200;

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

/// What is wrong with the levels, for so many held-out rows.
pub(super) fn problem(levels: &[f64], rows: usize) -> Option<String> {
    let level = (levels.iter()).find(|level| rank(rows, 0.5 * (1.0 - **level)).is_none())?;
    let needed = (2.0 / (1.0 - level) - 1e-9).ceil() - 1.0;
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
        self.spread.adaptive()
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

/// Intervals as a model file has them; their networks are tensors beside.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntervalsDocument {
    levels: Vec<f64>,
    ends: Vec<Vec<[f64; 2]>>,
    positive: Vec<bool>,
    spread: SpreadDocument,
}

impl Intervals {
    /// The document and the tensors of the networks.
    pub fn document(&self) -> (IntervalsDocument, Vec<NamedTensor>) {
        let (spread, tensors) = self.spread.document();
        let document = IntervalsDocument {
            levels: self.levels.clone(),
            ends: self.ends.clone(),
            positive: self.positive.clone(),
            spread,
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
        if !(levels && ends && document.positive.len() == targets) {
            return Err("its intervals are unsound".to_string());
        }
        Ok(Intervals {
            levels: document.levels,
            ends: document.ends,
            positive: document.positive,
            spread: Spread::read(document.spread, tensors, (inputs, targets))?,
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
