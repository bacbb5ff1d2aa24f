use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::activation::sigmoid;
use super::real::Real;
use super::workspace::BatchTarget;
use crate::prepare::Target;

/// What training makes small: the mean over rows of weight times a row's loss.
///
/// With outputs y and targets t, e = y - t; several outputs of a regression are averaged:
///
/// | loss | of a row | for |
/// |---|---|---|
/// | mean squared | e^2 | values |
/// | Huber, delta > 0 | e^2 / 2 where abs(e) <= delta, else delta (abs(e) - delta / 2) | values |
/// | quantile, 0 < tau < 1 | tau (t - y) where t > y, else (1 - tau) (y - t) | values |
/// | Poisson | exp(y) - t y | counts, t >= 0 |
/// | Tweedie, 1 < p < 2 | exp((2 - p) y) / (2 - p) - t exp((1 - p) y) / (1 - p) | amounts with zeros |
/// | Gamma | t exp(-y) + y | amounts, t > 0 |
/// | cross-entropy | -ln of the class's probability (logistic for one logit, softmax for more) | classes |
///
/// Of Poisson, Tweedie and Gamma the mean is exp(y): they are half the deviance of a variance that
/// grows with the mean to the power 1, p and 2, less what the outputs do not change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// Mean squared error.
    MeanSquared,
    /// Cross-entropy of classes.
    CrossEntropy,
    /// Squared near zero, linear beyond `delta`.
    Huber {
        /// Where the loss turns linear, in the unit of the (scaled) target; above 0.
        delta: f64,
    },
    /// The pinball loss: its minimum is the quantile `tau`.
    Quantile {
        /// Above 0 and below 1.
        tau: f64,
    },
    /// Half the Poisson deviance of the mean exp(output), up to a constant.
    Poisson,
    /// Half the Gamma deviance of the mean exp(output), up to a constant.
    Gamma,
    /// Half the Tweedie deviance of the mean exp(output), up to a constant.
    Tweedie {
        /// The power of the mean that the variance grows with, above 1 and below 2.
        power: f64,
    },
}

impl FromStr for Loss {
    type Err = String;

    /// `mse`, `huber`, `huber:DELTA`, `quantile:TAU`, `poisson`, `gamma`, `tweedie` or
    /// `tweedie:POWER`; cross-entropy follows from the task alone.
    fn from_str(text: &str) -> Result<Loss, String> {
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => {
                let parsed = number.parse::<f64>();
                (
                    name,
                    Some(parsed.map_err(|_| format!("\"{number}\" is not a number"))?),
                )
            }
            None => (text, None),
        };
        match (name, number) {
            ("mse", None) => Ok(Loss::MeanSquared),
            ("huber", delta) => Ok(Loss::Huber {
                delta: delta.unwrap_or(1.0),
            }),
            ("quantile", Some(tau)) => Ok(Loss::Quantile { tau }),
            ("poisson", None) => Ok(Loss::Poisson),
            ("gamma", None) => Ok(Loss::Gamma),
            ("tweedie", power) => Ok(Loss::Tweedie {
                power: power.unwrap_or(1.5),
            }),
            _ => Err(
                "write mse, huber, huber:DELTA, quantile:TAU (such as quantile:0.9), poisson, \
                  gamma, tweedie or tweedie:POWER"
                    .to_string(),
            ),
        }
    }
}

impl Loss {
    /// Mean squared error for values, cross-entropy for classes.
    pub fn of(target: &Target) -> Loss {
        match target {
            Target::Values(_) => Loss::MeanSquared,
            Target::Classes { .. } => Loss::CrossEntropy,
        }
    }

    /// The name in words.
    pub fn name(self) -> &'static str {
        match self {
            Loss::MeanSquared => "mean squared error",
            Loss::CrossEntropy => "cross-entropy",
            Loss::Huber { .. } => "Huber loss",
            Loss::Quantile { .. } => "quantile loss",
            Loss::Poisson => "Poisson loss",
            Loss::Gamma => "Gamma loss",
            Loss::Tweedie { .. } => "Tweedie loss",
        }
    }

    /// Whether the loss can be used with the target.
    pub fn fits(self, target: &Target) -> bool {
        (self == Loss::CrossEntropy) == matches!(target, Target::Classes { .. })
    }

    /// The power of the mean that the variance grows with, where the mean is exp(output).
    pub fn power(self) -> Option<f64> {
        match self {
            Loss::Poisson => Some(1.0),
            Loss::Tweedie { power } => Some(power),
            Loss::Gamma => Some(2.0),
            _ => None,
        }
    }

    /// What is wrong with the loss's own number, if anything.
    pub(crate) fn problem(self) -> Option<String> {
        match self {
            Loss::Huber { delta } if !(delta > 0.0 && delta.is_finite()) => Some(format!(
                "delta of the Huber loss is {delta}, allowed is above 0"
            )),
            Loss::Quantile { tau } if !(tau > 0.0 && tau < 1.0) => Some(format!(
                "tau of the quantile loss is {tau}, allowed is above 0 and below 1"
            )),
            Loss::Tweedie { power } if !(power > 1.0 && power < 2.0) => Some(format!(
                "the power of the Tweedie loss is {power}, allowed is above 1 and below 2"
            )),
            _ => None,
        }
    }

    /// The sum over rows of weight times loss; outputs are outputs x rows. With a `gradient`, sets
    /// it to the sum's gradient with respect to the outputs, times its `scale`.
    pub(super) fn evaluate<T: Real>(
        self,
        rows: usize,
        outputs: &[T],
        target: &BatchTarget<T>,
        weights: &[T],
        gradient: Option<(&mut [T], T)>,
    ) -> f64 {
        let weight = |row: usize| weights.get(row).copied().unwrap_or(T::ONE);
        if self == Loss::CrossEntropy {
            return if outputs.len() == rows {
                logistic(outputs, &target.labels, weight, gradient)
            } else {
                softmax(rows, outputs, &target.labels, weight, gradient)
            };
        }
        let mut sum = 0.0;
        let share = T::from_f64(rows as f64 / outputs.len() as f64);
        match gradient {
            None => {
                for (position, (&y, &t)) in outputs.iter().zip(&target.values).enumerate() {
                    let (loss, _) = self.of_value(y, t);
                    sum += (loss * weight(position % rows) * share).to_f64();
                }
            }
            Some((gradient, scale)) => {
                for start in (0..outputs.len()).step_by(rows) {
                    for row in 0..rows {
                        let (loss, slope) =
                            self.of_value(outputs[start + row], target.values[start + row]);
                        let weight = weight(row) * share;
                        sum += (loss * weight).to_f64();
                        gradient[start + row] = slope * weight * scale;
                    }
                }
            }
        }
        sum
    }

    /// The loss of one value and its slope.
    #[inline(always)]
    fn of_value<T: Real>(self, y: T, t: T) -> (T, T) {
        let e = y - t;
        match self {
            Loss::Huber { delta } => {
                let delta = T::from_f64(delta);
                let half = T::from_f64(0.5);
                if e.abs() <= delta {
                    (half * e * e, e)
                } else {
                    let slope = if e > T::ZERO { delta } else { -delta };
                    (delta * (e.abs() - half * delta), slope)
                }
            }
            Loss::Quantile { tau } => {
                let tau = T::from_f64(tau);
                if e < T::ZERO {
                    (-tau * e, -tau)
                } else if e > T::ZERO {
                    ((T::ONE - tau) * e, T::ONE - tau)
                } else {
                    (T::ZERO, T::ZERO)
                }
            }
            Loss::Poisson => {
                let mean = y.exp();
                (mean - t * y, mean - t)
            }
            Loss::Gamma => {
                let share = t * (-y).exp();
                (share + y, T::ONE - share)
            }
            Loss::Tweedie { power } => {
                let (a, b) = (T::from_f64(1.0 - power), T::from_f64(2.0 - power));
                let (observed, expected) = (t * (a * y).exp(), (b * y).exp());
                (expected / b - observed / a, expected - observed)
            }
            Loss::MeanSquared | Loss::CrossEntropy => (e * e, e + e),
        }
    }
}

/// `ln(1 + exp(z)) - label z`, written so that nothing overflows.
fn logistic<T: Real>(
    logits: &[T],
    labels: &[u32],
    weight: impl Fn(usize) -> T,
    mut gradient: Option<(&mut [T], T)>,
) -> f64 {
    let mut sum = 0.0;
    for (row, (&z, &label)) in logits.iter().zip(labels).enumerate() {
        let label = if label == 1 { T::ONE } else { T::ZERO };
        let loss = z.larger(T::ZERO) + (-z.abs()).exp().ln_1p() - label * z;
        // `larger` hides a NaN, which must be seen.
        let seen = if z.to_f64().is_nan() { z } else { loss };
        sum += (seen * weight(row)).to_f64();
        if let Some((gradient, scale)) = &mut gradient {
            gradient[row] = (sigmoid(z) - label) * weight(row) * *scale;
        }
    }
    sum
}

/// `ln(sum_c exp(z_c)) - z_label`, shifted by the highest logit.
fn softmax<T: Real>(
    rows: usize,
    logits: &[T],
    labels: &[u32],
    weight: impl Fn(usize) -> T,
    mut gradient: Option<(&mut [T], T)>,
) -> f64 {
    let classes = logits.len() / rows;
    let mut sum = 0.0;
    for (row, &label) in labels.iter().enumerate().take(rows) {
        let logit = |class: usize| logits[class * rows + row];
        let highest = (1..classes).fold(logit(0), |highest, class| highest.larger(logit(class)));
        let mut total = T::ZERO;
        for class in 0..classes {
            total += (logit(class) - highest).exp();
        }
        let loss = total.ln() + highest - logit(label as usize);
        sum += (loss * weight(row)).to_f64();
        if let Some((gradient, scale)) = &mut gradient {
            for class in 0..classes {
                let probability = (logit(class) - highest).exp() / total;
                let hit = if class == label as usize {
                    T::ONE
                } else {
                    T::ZERO
                };
                gradient[class * rows + row] = (probability - hit) * weight(row) * *scale;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_carry_their_number() {
        let parsed = |text: &str| text.parse::<Loss>();
        assert_eq!(parsed("mse"), Ok(Loss::MeanSquared));
        assert_eq!(parsed("huber"), Ok(Loss::Huber { delta: 1.0 }));
        assert_eq!(parsed("quantile:0.9"), Ok(Loss::Quantile { tau: 0.9 }));
        assert_eq!(parsed("poisson"), Ok(Loss::Poisson));
        assert_eq!(parsed("gamma"), Ok(Loss::Gamma));
        assert_eq!(parsed("tweedie"), Ok(Loss::Tweedie { power: 1.5 }));
        assert_eq!(parsed("tweedie:1.2"), Ok(Loss::Tweedie { power: 1.2 }));
        for wrong in [
            "",
            "mse:1",
            "quantile",
            "huber:x",
            "mae",
            "poisson:1",
            "gamma:2",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
