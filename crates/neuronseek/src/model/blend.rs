//! How much each kind of network counts in a blend.
//!
//! Forward selection with replacement (Caruana et al., Ensemble selection from libraries of models,
//! 2004): of all kinds the one is added that lowers the loss of the mean most, again and again; the
//! weights are how often each was added. On rows that the networks did not see, this does not
//! overfit as least squares would, and weights are positive and sum to 1. Of classes the mean is of
//! logits, and one factor for all of them is fitted last, so that probabilities are calibrated.

use super::metrics::Metrics;
use crate::matrix::Matrix;
use crate::prepare::{Outcome as TargetScale, Target, probabilities};

/// How often a kind is added.
const ROUNDS: usize = 40;

/// The factors of logits that are tried lie between 1 / so much and so much.
const MOST_FACTOR: f64 = 4.0;

/// The rows that weights are fitted on.
pub(super) struct Judge<'a> {
    pub scale: &'a TargetScale,
    pub target: &'a Target,
    /// In the user's unit, rows x targets; no columns for classes.
    pub truth: &'a Matrix<f64>,
    pub weights: Option<&'a [f64]>,
}

impl Judge<'_> {
    /// The weight of each of `outputs` (rows x outputs, scaled values or logits).
    pub fn weights(&self, outputs: &[Matrix<f64>]) -> Vec<f64> {
        let mut counts = vec![0usize; outputs.len()];
        let Some(first) = outputs.first() else {
            return Vec::new();
        };
        let mut sum = Matrix::zeros(first.rows(), first.columns());
        let mut trial = sum.clone();
        for round in 1..=ROUNDS {
            let share = 1.0 / round as f64;
            let mut best: Option<(usize, f64)> = None;
            for (index, one) in outputs.iter().enumerate() {
                let values = sum.data().iter().zip(one.data());
                for (trial, (sum, one)) in trial.data_mut().iter_mut().zip(values) {
                    *trial = (sum + one) * share;
                }
                let loss = self.loss(&trial, 1.0);
                if best.is_none_or(|(_, least)| loss < least) {
                    best = Some((index, loss));
                }
            }
            let Some((index, _)) = best else { break };
            counts[index] += 1;
            for (sum, one) in sum.data_mut().iter_mut().zip(outputs[index].data()) {
                *sum += one;
            }
        }
        let total = counts.iter().sum::<usize>().max(1) as f64;
        let mut weights: Vec<f64> = counts.iter().map(|&count| count as f64 / total).collect();
        if let Target::Classes { .. } = self.target {
            for value in sum.data_mut() {
                *value /= total;
            }
            let factor = self.factor(&sum);
            weights.iter_mut().for_each(|weight| *weight *= factor);
        }
        weights
    }

    /// The factor of the logits with the least log loss, by golden sections of its logarithm: the
    /// log loss is convex in the factor.
    fn factor(&self, logits: &Matrix<f64>) -> f64 {
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let (mut low, mut high) = (-MOST_FACTOR.ln(), MOST_FACTOR.ln());
        for _ in 0..30 {
            let a = high - GOLDEN * (high - low);
            let b = low + GOLDEN * (high - low);
            if self.loss(logits, a.exp()) <= self.loss(logits, b.exp()) {
                high = b;
            } else {
                low = a;
            }
        }
        (0.5 * (low + high)).exp()
    }

    /// Squared errors over the targets' variance in the user's unit, the mean deviance of a log
    /// mean, or the log loss of `factor` times the logits; up to constants.
    fn loss(&self, outputs: &Matrix<f64>, factor: f64) -> f64 {
        match self.target {
            Target::Values(_) => {
                let predicted = self.scale.restore(outputs);
                let Some(power) = self.scale.power() else {
                    return self.squares(&predicted);
                };
                let power = Some(power);
                let metrics =
                    Metrics::regression_of_power(self.truth, &predicted, self.weights, power);
                metrics.map_or(f64::INFINITY, |metrics| metrics.loss())
            }
            Target::Classes { labels, count } => {
                let mut logits = outputs.clone();
                logits.data_mut().iter_mut().for_each(|z| *z *= factor);
                let of = probabilities(&self.scale.restore(&logits), *count);
                let rows = labels.iter().enumerate();
                let losses = rows.map(|(row, &label)| {
                    -of.row(row)[label].max(f64::MIN_POSITIVE).ln() * self.weight(row)
                });
                losses.sum()
            }
        }
    }

    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    fn squares(&self, predicted: &Matrix<f64>) -> f64 {
        let columns = self.truth.columns();
        let mut sum = vec![0.0; columns];
        let mut moments = vec![[0.0; 3]; columns];
        for row in 0..self.truth.rows() {
            let weight = self.weight(row);
            let both = self.truth.row(row).iter().zip(predicted.row(row));
            for (column, (y, fitted)) in both.enumerate() {
                sum[column] += weight * (y - fitted).powi(2);
                let [count, mean, square] = &mut moments[column];
                *count += weight;
                let off = y - *mean;
                *mean += off * weight / count.max(f64::MIN_POSITIVE);
                *square += weight * off * (y - *mean);
            }
        }
        let each = sum.iter().zip(&moments);
        each.map(|(sum, [_, _, square])| sum / square.max(f64::MIN_POSITIVE))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::{Preparation, PrepareOptions};
    use crate::table::{Column, Table};

    fn column(values: Vec<f64>) -> Matrix<f64> {
        Matrix::from_vec(values.len(), 1, values)
    }

    /// The scale, the target and its truth of a table with this column y.
    fn known(y: Column) -> (TargetScale, Target, Matrix<f64>) {
        let rows: Vec<usize> = (0..200).collect();
        let x = Column::of_numbers("x", rows.iter().map(|&row| row as f64).collect());
        let table = Table::new("known", vec![x, y]).unwrap();
        let options = PrepareOptions {
            targets: vec!["y".to_string()],
            ..PrepareOptions::default()
        };
        let preparation = Preparation::fit(&table, &options, &rows).unwrap();
        let target = preparation.target(&table, &rows).unwrap();
        let truth = preparation.truth(&table, &rows).unwrap();
        (preparation.outcome().clone(), target, truth)
    }

    fn wave(row: usize, speed: f64) -> f64 {
        (row as f64 * speed).sin()
    }

    #[test]
    fn errors_that_cancel_are_blended_half_and_half() {
        let y = (0..200).map(|row| wave(row, 0.1)).collect();
        let (scale, target, truth) = known(Column::of_numbers("y", y));
        let judge = Judge {
            scale: &scale,
            target: &target,
            truth: &truth,
            weights: None,
        };
        let Target::Values(values) = &target else {
            panic!("no numbers");
        };
        let off = |by: f64| {
            let rows = (0..200).map(|row| values.row(row)[0] + by * wave(row, 1.7));
            column(rows.collect())
        };
        let weights = judge.weights(&[off(0.5), off(-0.5), off(3.0)]);
        assert_eq!(weights, [0.5, 0.5, 0.0]);
        // Rows of weight 0 have no say.
        let half: Vec<f64> = (0..200).map(|row| f64::from(u8::from(row < 100))).collect();
        let judge = Judge {
            weights: Some(&half),
            ..judge
        };
        let mut late = off(0.0);
        (100..200).for_each(|row| late.row_mut(row)[0] = 9.0);
        assert_eq!(judge.weights(&[late, off(0.5)]), [1.0, 0.0]);
    }

    #[test]
    fn logits_that_are_too_sure_are_scaled_down() {
        // Logit z = 2 wave; the network says 3 z.
        let label = |row: usize| {
            let p = 1.0 / (1.0 + (-2.0 * wave(row, 0.1)).exp());
            if ((row * 7919 % 199) as f64 / 199.0) < p {
                "second"
            } else {
                "first"
            }
        };
        let labels = (0..200).map(|row| Some(label(row)));
        let (scale, target, truth) = known(Column::of_texts("y", labels));
        let judge = Judge {
            scale: &scale,
            target: &target,
            truth: &truth,
            weights: None,
        };
        let logits = column((0..200).map(|row| 6.0 * wave(row, 0.1)).collect());
        let weight = judge.weights(std::slice::from_ref(&logits))[0];
        assert!((0.15..0.7).contains(&weight), "{weight}");
        // No factor near it is better.
        let loss = |factor: f64| judge.loss(&logits, factor);
        for other in [0.9 * weight, 1.1 * weight] {
            assert!(loss(weight) < loss(other), "{weight} {other}");
        }
    }
}
