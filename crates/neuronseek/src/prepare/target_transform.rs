//! Monotone functions of a target: the search and the networks may see `M^2` or `log(price)`
//! instead of the column itself, and predictions come back in the column's unit.
//!
//! The inverse of a prediction is not the mean of what is predicted: of a log-normal target
//! `exp(E log y)` is the median, below the mean. So predictions are smeared (Duan, Smearing
//! estimate: a nonparametric retransformation method, JASA 78, 1983): the inverse is averaged over
//! the residuals of known rows. (A correction by the residuals' variance was rejected: it is right
//! for one distribution only.) A fit that leaves nearly nothing is not smeared, so that an exact
//! one stays exact.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::restoring::Inverse;

/// Residuals are summarised by the means of so many runs of them, in ascending order, the runs at
/// both ends shorter: the tails own the mean of an exponential.
const RUNS: usize = 60;

/// No smearing where the residual is below this share of the transformed target's variance.
const NEARLY_EXACT: f64 = 1e-6;

/// Predictions are kept inside the known rows' range widened by this share of it at both ends.
const MARGIN: f64 = 0.1;

/// A monotone function of a target, with its inverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetTransform {
    /// The target itself.
    #[default]
    None,
    /// `y^2`, for `y >= 0`.
    Square,
    /// The square root, for `y >= 0`.
    Sqrt,
    /// The natural logarithm, for `y > 0`.
    Log,
    /// `log(1 + y)`, for `y > -1`: counts.
    Log1p,
    /// The cube root, for any `y`.
    Cbrt,
    /// `1 / y`, for `y > 0`.
    Reciprocal,
}

impl TargetTransform {
    /// All of them, in the order in which they are tried.
    pub const ALL: [TargetTransform; 7] = [
        TargetTransform::None,
        TargetTransform::Square,
        TargetTransform::Sqrt,
        TargetTransform::Log,
        TargetTransform::Log1p,
        TargetTransform::Cbrt,
        TargetTransform::Reciprocal,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            TargetTransform::None => "none",
            TargetTransform::Square => "square",
            TargetTransform::Sqrt => "sqrt",
            TargetTransform::Log => "log",
            TargetTransform::Log1p => "log1p",
            TargetTransform::Cbrt => "cbrt",
            TargetTransform::Reciprocal => "reciprocal",
        }
    }

    /// The transformed target in symbols, such as `M^2`.
    pub fn text(self, target: &str) -> String {
        match self {
            TargetTransform::None => target.to_string(),
            TargetTransform::Square => format!("{target}^2"),
            TargetTransform::Sqrt => format!("sqrt({target})"),
            TargetTransform::Log => format!("log({target})"),
            TargetTransform::Log1p => format!("log(1 + {target})"),
            TargetTransform::Cbrt => format!("cbrt({target})"),
            TargetTransform::Reciprocal => format!("1 / {target}"),
        }
    }

    /// The numbers that it is defined for, in words.
    pub fn domain(self) -> &'static str {
        match self {
            TargetTransform::None | TargetTransform::Cbrt => "all numbers",
            TargetTransform::Square | TargetTransform::Sqrt => "numbers of at least 0",
            TargetTransform::Log | TargetTransform::Reciprocal => "numbers above 0",
            TargetTransform::Log1p => "numbers above -1",
        }
    }

    /// Whether it is monotone and finite on a target with this range.
    pub fn admits(self, low: f64, high: f64) -> bool {
        let defined = match self {
            TargetTransform::None | TargetTransform::Cbrt => true,
            TargetTransform::Square | TargetTransform::Sqrt => low >= 0.0,
            TargetTransform::Log | TargetTransform::Reciprocal => low > 0.0,
            TargetTransform::Log1p => low > -1.0,
        };
        let sound = |y: f64| self.forward(y).abs() < 1e150;
        defined && sound(low) && sound(high)
    }

    /// The transformed target. Outside the domain: the value at its edge, or a very large one.
    pub fn forward(self, y: f64) -> f64 {
        match self {
            TargetTransform::None => y,
            TargetTransform::Square => y.max(0.0).powi(2),
            TargetTransform::Sqrt => y.max(0.0).sqrt(),
            TargetTransform::Log => y.max(f64::MIN_POSITIVE).ln(),
            TargetTransform::Log1p => y.max(-1.0 + f64::EPSILON).ln_1p(),
            TargetTransform::Cbrt => y.cbrt(),
            TargetTransform::Reciprocal => 1.0 / y.max(f64::MIN_POSITIVE),
        }
    }

    /// The target of a transformed one. Outside the range of [`TargetTransform::forward`]: the
    /// value at its edge, which may be infinite.
    pub fn inverse(self, t: f64) -> f64 {
        match self {
            TargetTransform::None => t,
            TargetTransform::Square => t.max(0.0).sqrt(),
            TargetTransform::Sqrt => t.max(0.0).powi(2),
            TargetTransform::Log => t.exp(),
            TargetTransform::Log1p => t.exp_m1(),
            TargetTransform::Cbrt => t.powi(3),
            TargetTransform::Reciprocal => 1.0 / t.max(0.0),
        }
    }
}

impl std::fmt::Display for TargetTransform {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for TargetTransform {
    type Err = String;

    fn from_str(text: &str) -> Result<TargetTransform, String> {
        let found = TargetTransform::ALL.into_iter().find(|t| t.name() == text);
        found.ok_or_else(|| {
            let names = TargetTransform::ALL.map(TargetTransform::name);
            format!("\"{text}\" is no transform: {}", names.join(", "))
        })
    }
}

/// A transform as it stands in a model: with what brings predictions back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Transformed {
    pub transform: TargetTransform,
    /// What predictions are kept in, in the target's unit.
    limits: [f64; 2],
    /// Residuals of known rows on the transformed scale with their shares of the rows; empty where
    /// predictions are not smeared.
    residuals: Vec<[f64; 2]>,
}

impl Transformed {
    /// Not smeared yet; `low` and `high` are the range of the target.
    pub fn new(transform: TargetTransform, low: f64, high: f64) -> Transformed {
        let margin = MARGIN * (high - low);
        Transformed {
            transform,
            limits: [low - margin, high + margin],
            residuals: Vec::new(),
        }
    }

    /// The same with limits for a target of this extent, too.
    pub fn widened(&self, [low, high]: [f64; 2]) -> Transformed {
        let margin = MARGIN * (high - low);
        Transformed {
            limits: [
                self.limits[0].min(low - margin),
                self.limits[1].max(high + margin),
            ],
            ..self.clone()
        }
    }

    /// With the residuals (true less predicted, transformed scale) of known rows.
    pub fn smeared(&self, residuals: Vec<f64>, variance: f64) -> Transformed {
        let squares: f64 = residuals.iter().map(|r| r * r).sum();
        let exact = squares <= NEARLY_EXACT * variance * residuals.len() as f64;
        Transformed {
            residuals: if exact { Vec::new() } else { runs(residuals) },
            ..self.clone()
        }
    }

    /// From the transformed scale to the target's unit: the mean of `inverse(t + r)` over the
    /// residuals r.
    pub fn restore(&self, t: f64) -> f64 {
        let [low, high] = self.limits;
        let one = |t: f64| self.transform.inverse(t).clamp(low, high);
        if self.residuals.is_empty() {
            return one(t);
        }
        let terms = self.residuals.iter().map(|[r, share]| share * one(t + r));
        terms.sum()
    }

    /// From the transformed scale to the target's unit, as plain steps.
    pub fn inverse(&self) -> Inverse {
        Inverse {
            of: self.transform,
            limits: self.limits,
            residuals: self.residuals.clone(),
        }
    }

    pub fn validate(&self) -> Result<(), String> {
        let [low, high] = self.limits;
        let finite = self
            .residuals
            .iter()
            .flatten()
            .all(|value| value.is_finite());
        if !(finite && low.is_finite() && high.is_finite() && low < high) {
            return Err(format!(
                "the {} of the target is no transform",
                self.transform
            ));
        }
        Ok(())
    }
}

/// Means of runs of the sorted residuals, each with its share of them. The runs' bounds are at
/// `(1 - cos(pi k / RUNS)) / 2`.
fn runs(mut residuals: Vec<f64>) -> Vec<[f64; 2]> {
    residuals.retain(|r| r.is_finite());
    residuals.sort_unstable_by(f64::total_cmp);
    let count = residuals.len();
    let bound = |k: usize| {
        let share = 0.5 * (1.0 - (std::f64::consts::PI * k as f64 / RUNS as f64).cos());
        ((share * count as f64).round() as usize).min(count)
    };
    let pieces = (0..RUNS).map(|k| &residuals[bound(k)..bound(k + 1)]);
    let pieces = pieces.filter(|run| !run.is_empty());
    pieces
        .map(|run| {
            let size = run.len() as f64;
            [run.iter().sum::<f64>() / size, size / count as f64]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transform_comes_back() {
        for transform in TargetTransform::ALL {
            for y in [1e-3, 0.5, 1.0, 7.25, 1e6] {
                assert!(transform.admits(y, 2.0 * y));
                let back = transform.inverse(transform.forward(y));
                assert!(
                    (back - y).abs() <= 1e-12 * y.max(1.0),
                    "{transform} {y} {back}"
                );
            }
            assert_eq!(transform.name().parse(), Ok(transform));
        }
        for (transform, y) in [
            (TargetTransform::None, -2.0),
            (TargetTransform::Cbrt, -8.0),
            (TargetTransform::Log1p, -0.5),
            (TargetTransform::Square, 0.0),
            (TargetTransform::Sqrt, 0.0),
        ] {
            assert!(transform.admits(y, 1.0), "{transform}");
            assert!((transform.inverse(transform.forward(y)) - y).abs() < 1e-12);
        }
        assert!(
            "cube"
                .parse::<TargetTransform>()
                .unwrap_err()
                .contains("sqrt")
        );
    }

    #[test]
    fn what_is_outside_the_domain_is_not_admitted() {
        use TargetTransform as T;
        for (transform, low) in [
            (T::Square, -0.1),
            (T::Sqrt, -0.1),
            (T::Log, 0.0),
            (T::Log1p, -1.0),
            (T::Reciprocal, 0.0),
        ] {
            assert!(!transform.admits(low, 1.0), "{transform}");
            assert!(transform.forward(low).is_finite(), "{transform}");
        }
        assert!(!T::Square.admits(1.0, 1e80));
        assert!(!T::Reciprocal.admits(1e-160, 1.0));
    }

    /// Normal residuals of deviation `sigma` at evenly spaced quantiles.
    fn normal(sigma: f64, count: usize) -> Vec<f64> {
        let quantile = |p: f64| {
            // Bisection on the distribution function by Simpson's rule over the density.
            let (mut low, mut high) = (-9.0f64, 9.0f64);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                if below(middle) < p {
                    low = middle
                } else {
                    high = middle
                }
            }
            sigma * 0.5 * (low + high)
        };
        (0..count)
            .map(|i| quantile((i as f64 + 0.5) / count as f64))
            .collect()
    }

    fn below(z: f64) -> f64 {
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let (steps, start) = (400, -9.0);
        let h = (z - start) / steps as f64;
        let weight = |i: usize| match i {
            0 => 1.0,
            i if i == steps => 1.0,
            i if i % 2 == 1 => 4.0,
            _ => 2.0,
        };
        (0..=steps)
            .map(|i| weight(i) * density(start + h * i as f64))
            .sum::<f64>()
            * h
            / 3.0
    }

    #[test]
    fn a_log_normal_target_is_predicted_by_its_mean() {
        for sigma in [0.2, 0.7, 1.0] {
            let plain = Transformed::new(TargetTransform::Log, 0.0, 1e9);
            let smeared = plain.smeared(normal(sigma, 2000), 4.0);
            let mean = (1.5 + 0.5 * sigma * sigma).exp();
            let (biased, unbiased) = (plain.restore(1.5), smeared.restore(1.5));
            assert!(
                (unbiased / mean - 1.0).abs() < 3e-3,
                "{sigma}: {unbiased} for {mean}"
            );
            assert!((biased / mean - 1.0).abs() > 0.9 * (1.0 - (-0.5 * sigma * sigma).exp()));
        }
    }

    #[test]
    fn the_square_of_a_noisy_root_gains_the_noise() {
        // E (t + r)^2 = t^2 + sigma^2.
        let plain = Transformed::new(TargetTransform::Sqrt, 0.0, 1e3);
        let restored = plain.smeared(normal(0.3, 2000), 4.0).restore(5.0);
        assert!((restored - 25.09).abs() < 1e-3, "{restored}");
    }

    #[test]
    fn an_exact_fit_stays_exact() {
        let plain = Transformed::new(TargetTransform::Square, 0.0, 100.0);
        let smeared = plain.smeared(vec![1e-4, -1e-4, 2e-4], 1.0);
        assert_eq!(smeared, plain);
        assert_eq!(smeared.restore(81.0), 9.0);
    }

    #[test]
    fn predictions_stay_near_the_range() {
        let plain = Transformed::new(TargetTransform::Reciprocal, 1.0, 11.0);
        assert_eq!(plain.restore(-3.0), 12.0);
        assert_eq!(plain.restore(0.5), 2.0);
        assert_eq!(
            Transformed::new(TargetTransform::Log, 1.0, 11.0).restore(1e6),
            12.0
        );
    }
}
