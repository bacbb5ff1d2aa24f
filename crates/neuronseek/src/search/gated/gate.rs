//! The hard-concrete gate: a random variable on [0, 1] with mass at both ends whose samples have
//! a derivative (Louizos, Welling, Kingma 2018).
//!
//! `s = sigmoid((ln u - ln(1 - u) + log_alpha) / BETA)`, stretched to
//! `v = s (HIGH - LOW) + LOW`, clipped to `z = clamp(v, 0, 1)`.

/// The temperature.
pub const BETA: f64 = 0.66;
/// The lower end before clipping.
pub const LOW: f64 = -0.1;
/// The upper end before clipping.
pub const HIGH: f64 = 1.1;

/// A value of a gate and its derivative with respect to `log_alpha`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateValue {
    /// In [0, 1].
    pub value: f64,
    /// The derivative.
    pub slope: f64,
}

/// The sample that belongs to `uniform` in (0, 1).
pub fn sample(log_alpha: f64, uniform: f64) -> GateValue {
    // Keeps both logarithms finite at the ends.
    const MARGIN: f64 = 1e-8;
    let noise = ((uniform + MARGIN) / (1.0 - uniform + MARGIN)).ln();
    let s = sigmoid((noise + log_alpha) / BETA);
    clipped(s, s * (1.0 - s) / BETA)
}

/// The value without noise, as used after training.
pub fn expected(log_alpha: f64) -> GateValue {
    let s = sigmoid(log_alpha);
    clipped(s, s * (1.0 - s))
}

fn clipped(s: f64, slope: f64) -> GateValue {
    let value = s * (HIGH - LOW) + LOW;
    let inside = (0.0..=1.0).contains(&value);
    GateValue {
        value: value.clamp(0.0, 1.0),
        slope: if inside { slope * (HIGH - LOW) } else { 0.0 },
    }
}

/// The probability that a sample is not 0, and its derivative.
pub fn open_probability(log_alpha: f64) -> GateValue {
    let value = sigmoid(log_alpha - BETA * (-LOW / HIGH).ln());
    GateValue {
        value,
        slope: value * (1.0 - value),
    }
}

/// The `log_alpha` whose sigmoid is `probability`.
pub fn log_alpha(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

pub(super) fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_equal_central_differences() {
        let step = 1e-5;
        for a in [-4.0, -1.5, -0.3, 0.0, 0.8, 2.2, 5.0] {
            let check = |f: &dyn Fn(f64) -> GateValue| {
                let difference = (f(a + step).value - f(a - step).value) / (2.0 * step);
                assert!((f(a).slope - difference).abs() < 1e-6 * difference.abs().max(1e-3));
            };
            for u in [0.03, 0.2, 0.5, 0.77, 0.99] {
                check(&|a| sample(a, u));
            }
            check(&expected);
            check(&open_probability);
        }
    }

    #[test]
    fn share_of_open_samples_is_the_probability() {
        for a in [-1.0, 0.0, 1.0] {
            let open = (0..100_000)
                .filter(|i| sample(a, (f64::from(*i) + 0.5) / 100_000.0).value > 0.0)
                .count();
            assert!((open as f64 / 100_000.0 - open_probability(a).value).abs() < 1e-4);
        }
    }

    #[test]
    fn ends_of_the_uniform_are_finite() {
        for u in [0.0, 1.0] {
            let gate = sample(0.0, u);
            assert!(gate.value == u && gate.slope == 0.0);
        }
    }
}
