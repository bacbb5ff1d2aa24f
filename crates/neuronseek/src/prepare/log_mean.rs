//! Targets whose mean is modelled through its logarithm: counts, amounts, amounts with zeros.
//!
//! A predictor's output o stands for the mean `m exp(o)`, m the mean of the known rows, so that an
//! output of 0 is the best constant. Such targets are divided by m and never shifted: a shifted
//! count is no count. (Fitting `log(y)` instead was rejected as the same thing: its inverse is not
//! the mean, and zeros have no logarithm.)

use serde::{Deserialize, Serialize};

/// Predictions stay below the known rows' largest number plus this share of their range...
const MARGIN: f64 = 0.1;

/// ...and above this share of the mean over the number of known rows.
const LEAST_EVENTS: f64 = 0.1;

/// How a target's mean follows from outputs, and which deviance it is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogMean {
    /// The power of the mean that the variance grows with, 1 to 2.
    pub power: f64,
    /// What predictions are kept in, in the target's unit; above 0.
    limits: [f64; 2],
}

impl LogMean {
    /// Of known rows' numbers with their mean; all are admitted by the power, and they vary.
    pub fn new(power: f64, values: &[f64], mean: f64) -> LogMean {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        let least = LEAST_EVENTS * mean / values.len() as f64;
        LogMean {
            power,
            limits: [least.max(0.5 * low), high + MARGIN * (high - low)],
        }
    }

    /// From an output to the target's unit.
    pub fn restore(&self, output: f64, mean: f64) -> f64 {
        let [low, high] = self.limits;
        (mean * output.exp()).clamp(low, high)
    }

    /// What predictions are kept in.
    pub fn limits(&self) -> [f64; 2] {
        self.limits
    }

    pub fn validate(&self) -> Result<(), String> {
        let [low, high] = self.limits;
        let power = (1.0..=2.0).contains(&self.power);
        match power && low > 0.0 && low < high && high.is_finite() {
            true => Ok(()),
            false => Err("the log mean of the target is none".to_string()),
        }
    }
}

/// Whether numbers of a variance with this power can be `y`.
pub(super) fn admits(power: f64, y: f64) -> bool {
    if power < 2.0 { y >= 0.0 } else { y > 0.0 }
}

/// What is admitted, in words.
pub(super) fn domain(power: f64) -> &'static str {
    if power < 2.0 {
        "numbers of at least 0"
    } else {
        "numbers above 0"
    }
}

/// The name of the loss with this power.
pub(super) fn name(power: f64) -> &'static str {
    match power {
        1.0 => "Poisson",
        2.0 => "Gamma",
        _ => "Tweedie",
    }
}

/// The deviance of a number `y` from its mean `mu` above 0, at least 0 and 0 where they are equal
/// (Jørgensen, The theory of dispersion models, 1997):
///
/// | power p | deviance |
/// |---|---|
/// | 1 (Poisson) | 2 (y ln(y / mu) - y + mu) |
/// | between (Tweedie) | 2 (y^(2-p) / ((1-p) (2-p)) - y mu^(1-p) / (1-p) + mu^(2-p) / (2-p)) |
/// | 2 (Gamma) | 2 (ln(mu / y) + y / mu - 1) |
pub(crate) fn deviance(power: f64, y: f64, mu: f64) -> f64 {
    let half = match power {
        1.0 if y == 0.0 => mu,
        1.0 => y * (y / mu).ln() - y + mu,
        2.0 => (mu / y).ln() + y / mu - 1.0,
        p => {
            let (a, b) = (1.0 - p, 2.0 - p);
            y.powf(b) / (a * b) - y * mu.powf(a) / a + mu.powf(b) / b
        }
    };
    2.0 * half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviances_agree_with_scikit_learn() {
        // mean_tweedie_deviance([y], [mu], power=p).
        for (power, y, mu, expected) in [
            (1.0, 3.0, 2.0, 0.4327906486489863),
            (1.0, 0.0, 2.0, 4.0),
            (1.5, 3.0, 2.0, 0.28572916317993435),
            (1.5, 0.0, 2.0, 5.656854249492381),
            (2.0, 3.0, 2.0, 0.1890697837836712),
        ] {
            let found = deviance(power, y, mu);
            assert!((found - expected).abs() < 1e-9, "{power} {y} {mu} {found}");
        }
        for power in [1.0, 1.3, 2.0] {
            assert!(deviance(power, 2.5, 2.5).abs() < 1e-12);
        }
    }

    #[test]
    fn predictions_stay_positive_and_near_the_known_range() {
        let link = LogMean::new(1.0, &[0.0, 4.0, 2.0, 2.0], 2.0);
        assert_eq!(link.restore(0.0, 2.0), 2.0);
        assert!((link.restore(0.5, 2.0) - 2.0 * f64::exp(0.5)).abs() < 1e-12);
        assert_eq!(link.restore(100.0, 2.0), 4.4);
        assert_eq!(link.restore(-100.0, 2.0), 0.05);
        assert!(link.validate().is_ok());
    }
}
