//! Probabilities that come true: held-out logits, scaled and shifted.
//!
//! Networks are often too sure. A logit z becomes `a z + b` with one a and a b for each logit
//! (Guo and others, On calibration of modern neural networks, 2017; Platt scaling for two classes),
//! fitted by least log loss on rows that the model was not trained on, and kept only if rows that
//! this fit did not see agree. (Isotonic regression was rejected: it is a step function that needs
//! many rows, and makes ties.)

use serde::{Deserialize, Serialize};

use crate::linear::minimise;
use crate::matrix::Matrix;
use crate::prepare::{Calibration, probabilities};

/// Rows are judged by a fit on the other parts.
const PARTS: usize = 5;

/// Fewer rows than this are left alone.
const FEWEST_ROWS: usize = 50;

/// The log loss must fall by this share.
const GAIN: f64 = 0.001;

/// Scales outside are no calibration but a broken model.
const SCALES: [f64; 2] = [0.02, 50.0];

/// How probabilities were calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationReport {
    /// Held-out rows that it was fitted on.
    pub rows: usize,
    /// What logits are divided by.
    pub temperature: f64,
    /// Whether logits are shifted too.
    pub shifted: bool,
    /// The log loss on held-out rows as it was.
    pub before: f64,
    /// The same calibrated by the other rows.
    pub after: f64,
}

/// Held-out rows with their logits.
pub(super) struct Judged<'a> {
    /// rows x outputs.
    pub logits: &'a Matrix<f64>,
    /// One class per row, below `count`.
    pub labels: &'a [usize],
    pub count: usize,
    pub weights: Option<&'a [f64]>,
}

/// The calibration that lowers the log loss most, if one does.
pub(super) fn calibrate(judged: &Judged<'_>) -> Option<(Calibration, CalibrationReport)> {
    let rows = judged.labels.len();
    if rows < FEWEST_ROWS {
        return None;
    }
    let all: Vec<usize> = (0..rows).collect();
    let outputs = judged.logits.columns();
    let before = judged.loss(&Calibration::none(outputs), &all);
    let held_out = |shifted: bool| -> Option<f64> {
        let mut sum = 0.0;
        for part in 0..PARTS {
            let (own, others): (Vec<usize>, Vec<usize>) =
                all.iter().partition(|&&row| row % PARTS == part);
            sum += judged.loss(&judged.fit(&others, shifted)?, &own);
        }
        Some(sum)
    };
    let mut best = (before, false);
    for shifted in [false, true] {
        if let Some(after) = held_out(shifted).filter(|after| *after < best.0) {
            best = (after, shifted);
        }
    }
    if best.0 >= (1.0 - GAIN) * before {
        return None;
    }
    let calibration = judged.fit(&all, best.1)?;
    let total: f64 = all.iter().map(|&row| judged.weight(row)).sum();
    let report = CalibrationReport {
        rows,
        temperature: 1.0 / calibration.scale,
        shifted: best.1,
        before: before / total,
        after: best.0 / total,
    };
    Some((calibration, report))
}

impl Judged<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// The sum of weight times log loss.
    fn loss(&self, calibration: &Calibration, rows: &[usize]) -> f64 {
        let logits = calibration.apply(&self.logits.select_rows(rows));
        let p = probabilities(&logits, self.count);
        let of = |(place, &row): (usize, &usize)| {
            let p = p.row(place)[self.labels[row]];
            -self.weight(row) * p.clamp(1e-15, 1.0).ln()
        };
        rows.iter().enumerate().map(of).sum()
    }

    /// The least log loss on some rows plus `((a - 1)^2 + sum b^2) / 2`, which settles what few
    /// rows leave open.
    fn fit(&self, rows: &[usize], shifted: bool) -> Option<Calibration> {
        let logits = self.logits.select_rows(rows);
        let outputs = logits.columns();
        let of = |point: &[f64]| Calibration {
            scale: point[0],
            shifts: match shifted {
                true => point[1..].to_vec(),
                false => vec![0.0; outputs],
            },
        };
        let mut start = vec![0.0; if shifted { 1 + outputs } else { 1 }];
        start[0] = 1.0;
        let minimum = minimise(start, 1e-6, 200, |point, gradient| {
            let calibration = of(point);
            let p = probabilities(&calibration.apply(&logits), self.count);
            let mut value = 0.5 * (point[0] - 1.0).powi(2);
            gradient.copy_from_slice(point);
            gradient[0] -= 1.0;
            value += 0.5 * point[1..].iter().map(|b| b * b).sum::<f64>();
            for (place, &row) in rows.iter().enumerate() {
                let (label, weight) = (self.labels[row], self.weight(row));
                value -= weight * p.row(place)[label].clamp(1e-15, 1.0).ln();
                for (output, z) in logits.row(place).iter().enumerate() {
                    // The only logit of two classes is that of class 1.
                    let class = if outputs == 1 { 1 } else { output };
                    let hit = if class == label { 1.0 } else { 0.0 };
                    let slope = weight * (p.row(place)[class] - hit);
                    gradient[0] += slope * z;
                    if shifted {
                        gradient[1 + output] += slope;
                    }
                }
            }
            value
        });
        let sound = (SCALES[0]..=SCALES[1]).contains(&minimum.point[0]);
        let finite = minimum.point.iter().all(|value| value.is_finite());
        (sound && finite).then(|| of(&minimum.point))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Logits of which `true_logit` is right, and classes drawn by it.
    fn drawn(true_logit: impl Fn(f64) -> f64) -> (Matrix<f64>, Vec<usize>) {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let (mut logits, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..4000 {
            let z: f64 = random.random_range(-6.0..6.0);
            let p = 1.0 / (1.0 + (-true_logit(z)).exp());
            labels.push(usize::from(random.random_range(0.0..1.0) < p));
            logits.push(z);
        }
        (Matrix::from_vec(4000, 1, logits), labels)
    }

    fn calibrated(true_logit: impl Fn(f64) -> f64) -> Option<(Calibration, CalibrationReport)> {
        let (logits, labels) = drawn(true_logit);
        calibrate(&Judged {
            logits: &logits,
            labels: &labels,
            count: 2,
            weights: None,
        })
    }

    #[test]
    fn temperature_and_shift_are_found() {
        let (calibration, report) = calibrated(|z| z / 3.0).unwrap();
        assert!(
            (calibration.scale - 1.0 / 3.0).abs() < 0.03,
            "{calibration:?}"
        );
        assert!(report.after < report.before);
        // The standard errors are about 0.02 and 0.06.
        let (calibration, report) = calibrated(|z| z / 2.0 - 1.0).unwrap();
        assert!(report.shifted);
        assert!((calibration.scale - 0.5).abs() < 0.06, "{calibration:?}");
        assert!((calibration.shifts[0] + 1.0).abs() < 0.2, "{calibration:?}");
    }

    #[test]
    fn probabilities_that_are_right_are_hardly_changed() {
        if let Some((calibration, report)) = calibrated(|z| z) {
            assert!((calibration.scale - 1.0).abs() < 0.06, "{calibration:?}");
            assert!(report.before - report.after < 1e-3, "{report:?}");
        }
    }

    #[test]
    fn three_classes_share_a_temperature() {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        let (mut data, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..3000 {
            let z: [f64; 3] = std::array::from_fn(|_| random.random_range(-2.0..2.0));
            let total: f64 = z.iter().map(|z| z.exp()).sum();
            let draw = random.random_range(0.0..total);
            let label = (0..2).filter(|&c| z[..=c].iter().map(|z| z.exp()).sum::<f64>() < draw);
            labels.push(label.count());
            data.extend(z.map(|z| 2.5 * z));
        }
        let logits = Matrix::from_vec(3000, 3, data);
        let judged = Judged {
            logits: &logits,
            labels: &labels,
            count: 3,
            weights: None,
        };
        let (_, report) = calibrate(&judged).unwrap();
        assert!((report.temperature - 2.5).abs() < 0.2, "{report:?}");
    }
}
