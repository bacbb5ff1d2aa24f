//! From logits to probabilities that hold for the table, and from probabilities to a class.
//!
//! Rows whose class has the weight w count w times in training, so that the fitted odds are w times
//! the table's. The weights are therefore taken out again: from each logit the logarithm of its
//! class's weight is subtracted (Saerens, Latinne, Decaestecker, Adjusting the outputs of a
//! classifier to new a priori probabilities, 2002), and probabilities mean what they say. The
//! weights come back where a class is decided on: a mistake on a row costs its class's weight.
//! (Leaving probabilities distorted was rejected: nobody can tell what they mean.)

use serde::{Deserialize, Serialize};

use crate::matrix::Matrix;

/// What logits and probabilities of classes go through.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adjustment {
    /// Logarithms of the weight of each class's rows in training; empty where they are equal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    log_weights: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calibration: Option<Calibration>,
    #[serde(default)]
    decision: Decision,
}

/// Logits without class weights become `scale z + shift`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Calibration {
    /// Above 0.
    pub scale: f64,
    /// One a logit.
    pub shifts: Vec<f64>,
}

impl Calibration {
    /// The one that changes nothing, of so many logits.
    pub fn none(outputs: usize) -> Calibration {
        Calibration {
            scale: 1.0,
            shifts: vec![0.0; outputs],
        }
    }

    /// The calibrated logits, rows x outputs.
    pub fn apply(&self, logits: &Matrix<f64>) -> Matrix<f64> {
        self.each(logits, |z, shift| self.scale * z + shift)
    }

    /// Calibrated logits as they were.
    fn undo(&self, logits: &Matrix<f64>) -> Matrix<f64> {
        self.each(logits, |z, shift| (z - shift) / self.scale)
    }

    fn each(&self, logits: &Matrix<f64>, change: impl Fn(f64, f64) -> f64) -> Matrix<f64> {
        let mut changed = logits.clone();
        for row in changed
            .data_mut()
            .chunks_exact_mut(self.shifts.len().max(1))
        {
            for (logit, &shift) in row.iter_mut().zip(&self.shifts) {
                *logit = change(*logit, shift);
            }
        }
        changed
    }
}

/// Which class is predicted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The most probable one, of equals the first.
    #[default]
    Probable,
    /// The one of the largest probability times weight: a mistake on a row costs its class's.
    Weighted(Vec<f64>),
    /// One of two, where its probability is above a threshold; else the other.
    Above {
        /// 0 or 1.
        class: usize,
        /// Above 0 and below 1.
        threshold: f64,
    },
}

impl Adjustment {
    /// Nothing to be done to logits of `classes` classes but to undo these weights, one a class.
    pub fn of_weights(weights: &[f64]) -> Adjustment {
        Adjustment {
            log_weights: weights.iter().map(|weight| weight.ln()).collect(),
            calibration: None,
            decision: Decision::Weighted(weights.to_vec()),
        }
    }

    /// The same with another decision.
    pub fn deciding(&self, decision: Decision) -> Adjustment {
        Adjustment {
            decision,
            ..self.clone()
        }
    }

    /// The same with logits calibrated after the weights are taken out.
    pub fn calibrated(&self, calibration: Calibration) -> Adjustment {
        Adjustment {
            calibration: Some(calibration),
            ..self.clone()
        }
    }

    pub fn is_none(&self) -> bool {
        *self == Adjustment::default()
    }

    /// From a predictor's logits to the table's, rows x outputs.
    pub fn apply(&self, logits: &Matrix<f64>) -> Matrix<f64> {
        let logits = self.shifted(logits, -1.0);
        match &self.calibration {
            Some(calibration) => calibration.apply(&logits),
            None => logits,
        }
    }

    /// From the table's logits to a predictor's, rows x outputs.
    pub fn undo(&self, logits: &Matrix<f64>) -> Matrix<f64> {
        match &self.calibration {
            Some(calibration) => self.shifted(&calibration.undo(logits), 1.0),
            None => self.shifted(logits, 1.0),
        }
    }

    fn shifted(&self, logits: &Matrix<f64>, sign: f64) -> Matrix<f64> {
        let shifts = match self.log_weights.as_slice() {
            [] => return logits.clone(),
            [a, b] => vec![b - a],
            all => all.to_vec(),
        };
        let mut shifted = logits.clone();
        for row in shifted.data_mut().chunks_exact_mut(shifts.len()) {
            for (logit, shift) in row.iter_mut().zip(&shifts) {
                *logit += sign * shift;
            }
        }
        shifted
    }

    /// What logits of so many outputs become: a line of each.
    pub fn line(&self, outputs: usize) -> Calibration {
        let mut line = match &self.calibration {
            Some(calibration) => calibration.clone(),
            None => Calibration::none(outputs),
        };
        let weights = self.shifted(&Matrix::zeros(1, outputs), -1.0);
        for (shift, weight) in line.shifts.iter_mut().zip(weights.data()) {
            *shift += line.scale * weight;
        }
        line
    }

    /// Which class is predicted.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The class of each row of probabilities, rows x classes.
    pub fn decide(&self, probabilities: &Matrix<f64>) -> Vec<usize> {
        let of = |row: &[f64]| match &self.decision {
            Decision::Probable => largest(row.iter().copied()),
            Decision::Weighted(weights) => largest(row.iter().zip(weights).map(|(p, w)| p * w)),
            Decision::Above { class, threshold } => match row[*class] > *threshold {
                true => *class,
                false => 1 - class,
            },
        };
        (0..probabilities.rows())
            .map(|row| of(probabilities.row(row)))
            .collect()
    }

    pub fn validate(&self, classes: usize) -> Result<(), String> {
        let finite = self.log_weights.iter().all(|weight| weight.is_finite());
        let counted = [0, classes].contains(&self.log_weights.len());
        let decided = match &self.decision {
            Decision::Probable => true,
            Decision::Weighted(weights) => {
                weights.len() == classes && weights.iter().all(|w| *w > 0.0 && w.is_finite())
            }
            Decision::Above { class, threshold } => {
                classes == 2 && *class < 2 && *threshold > 0.0 && *threshold < 1.0
            }
        };
        let outputs = if classes == 2 { 1 } else { classes };
        let calibrated = self.calibration.as_ref().is_none_or(|calibration| {
            let finite = calibration.shifts.iter().all(|shift| shift.is_finite());
            let scaled = calibration.scale > 0.0 && calibration.scale.is_finite();
            finite && scaled && calibration.shifts.len() == outputs
        });
        match finite && counted && decided && calibrated {
            true => Ok(()),
            false => Err(
                "the weights, the calibration or the threshold of its classes are none".to_string(),
            ),
        }
    }
}

/// The index of the largest, of equals the first.
fn largest(values: impl Iterator<Item = f64>) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (index, value) in values.enumerate() {
        if value > best.1 {
            best = (index, value);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::probabilities;

    #[test]
    fn weights_are_taken_out_of_the_probabilities() {
        let adjustment = Adjustment::of_weights(&[1.0, 4.0]);
        // Even odds under weights of 1 and 4 are odds of 1 to 4.
        let logits = adjustment.apply(&Matrix::from_vec(1, 1, vec![0.0]));
        let p = probabilities(&logits, 2);
        assert!((p.row(0)[1] - 0.2).abs() < 1e-12);
        assert_eq!(adjustment.undo(&logits).data(), [0.0]);
        let calibration = Calibration {
            scale: 0.5,
            shifts: vec![0.25],
        };
        let both = adjustment.calibrated(calibration);
        let logits = both.apply(&Matrix::from_vec(1, 1, vec![1.0]));
        let expected = 0.5 * (1.0 - f64::ln(4.0)) + 0.25;
        assert!((logits.data()[0] - expected).abs() < 1e-12);
        assert!((both.undo(&logits).data()[0] - 1.0).abs() < 1e-12);
        assert!(both.validate(2).is_ok() && both.validate(3).is_err());
        let three = Adjustment::of_weights(&[1.0, 2.0, 5.0]);
        let p = probabilities(&three.apply(&Matrix::zeros(1, 3)), 3);
        for (found, expected) in p.row(0).iter().zip([10.0, 5.0, 2.0]) {
            assert!((found - expected / 17.0).abs() < 1e-12);
        }
    }

    #[test]
    fn decisions() {
        let p = Matrix::from_vec(3, 2, vec![0.9, 0.1, 0.7, 0.3, 0.4, 0.6]);
        let none = Adjustment::default();
        assert_eq!(none.decide(&p), [0, 0, 1]);
        assert_eq!(Adjustment::of_weights(&[1.0, 3.0]).decide(&p), [0, 1, 1]);
        let above = |class, threshold| {
            let decision = Decision::Above { class, threshold };
            none.deciding(decision).decide(&p)
        };
        assert_eq!(above(1, 0.3), [0, 0, 1]);
        assert_eq!(above(1, 0.05), [1, 1, 1]);
        assert_eq!(above(0, 0.8), [0, 1, 1]);
        assert!(
            none.deciding(Decision::Above {
                class: 2,
                threshold: 0.5
            })
            .validate(2)
            .is_err()
        );
        assert!(Adjustment::of_weights(&[1.0, 3.0]).validate(3).is_err());
    }
}
