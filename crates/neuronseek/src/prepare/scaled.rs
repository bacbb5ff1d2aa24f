//! One target column of numbers.

use serde::{Deserialize, Serialize};

use super::error::PrepareError;
use super::log_mean::{self, LogMean};
use super::quantile::root_mean_square;
use super::target_transform::Transformed;
use crate::table::{Column, Table, print_number};
use crate::terms::{CpuPath, Kernel, Lanes};

/// A deviation below this share of the largest number is what rounding leaves of a constant.
pub(super) const NO_VARIATION: f64 = 1e-14;

/// Predictions stay within the known rows' range and this share of it on either side.
const MARGIN: f64 = 0.5;

/// A target column of numbers: `(g(y) - mean) / deviation`, of the training rows, with the
/// transform g, if there is one. Of a log mean, `y / deviation` with the mean for deviation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scaled {
    /// Whether the cells are truth values, taken for 0 and 1.
    pub(super) truths: bool,
    pub(super) mean: f64,
    pub(super) deviation: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) transformed: Option<Transformed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) log_mean: Option<LogMean>,
    /// What predictions are kept in, in the target's unit: the range of the known rows, widened by
    /// half of it on either side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bounds: Option<[f64; 2]>,
}

impl Scaled {
    pub(super) fn fit(table: &Table, target: &str, rows: &[usize]) -> Result<Scaled, PrepareError> {
        let column = table.column(target)?;
        let truths = column
            .kind()
            .is_ok_and(|kind| kind == crate::table::Kind::Boolean);
        let cells = read(column, truths)?;
        let values = || rows.iter().map(|&row| cells[row]);
        let largest = values().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let (mean, deviation) = moments(values());
        if !(mean.is_finite() && deviation.is_finite() && largest < 1e150) {
            return Err(PrepareError::TargetTooLarge {
                source_name: table.source.clone(),
                target: target.to_string(),
                largest,
            });
        }
        if deviation <= NO_VARIATION * largest {
            return Err(PrepareError::ConstantTarget {
                source_name: table.source.clone(),
                target: target.to_string(),
                value: print_number(rows.first().map_or(0.0, |&row| cells[row])),
            });
        }
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        let margin = MARGIN * (high - low);
        Ok(Scaled {
            truths,
            mean,
            deviation,
            transformed: None,
            log_mean: None,
            bounds: Some([low - margin, high + margin]),
        })
    }

    /// The same with bounds and limits for a target of this extent, too.
    pub(super) fn widened(&self, [low, high]: [f64; 2]) -> Scaled {
        if low > high {
            return self.clone();
        }
        let margin = MARGIN * (high - low);
        Scaled {
            transformed: (self.transformed.as_ref()).map(|own| own.widened([low, high])),
            bounds: (self.bounds).map(|own| [own[0].min(low - margin), own[1].max(high + margin)]),
            ..self.clone()
        }
    }

    /// A prediction in the target's unit.
    #[inline(always)]
    pub(super) fn restore(&self, value: f64) -> f64 {
        if let Some(log_mean) = &self.log_mean {
            return log_mean.restore(value, self.deviation);
        }
        let value = value * self.deviation + self.mean;
        self.bounded(match &self.transformed {
            None => value,
            Some(transformed) => transformed.restore(value),
        })
    }

    /// All of one target's predictions, in place.
    pub(super) fn restore_all(&self, path: CpuPath, values: &mut [f64]) {
        if self.log_mean.is_none() && self.transformed.is_none() {
            return path.run(Line(self, values));
        }
        values
            .iter_mut()
            .for_each(|value| *value = self.restore(*value));
    }

    /// A prediction within the bounds.
    pub(super) fn bounded(&self, value: f64) -> f64 {
        match self.bounds {
            Some([low, high]) => value.clamp(low, high),
            None => value,
        }
    }

    /// What is wrong with the bounds, if anything.
    pub(super) fn check_bounds(&self) -> Result<(), String> {
        match self.bounds {
            Some([low, high]) if low.is_nan() || high.is_nan() || low > high => {
                Err("its target has no bounds".to_string())
            }
            _ => Ok(()),
        }
    }

    /// Refuses a number that a log mean does not admit.
    pub(super) fn check(
        &self,
        value: f64,
        column: &Column,
        row: usize,
    ) -> Result<(), PrepareError> {
        match self.log_mean {
            Some(LogMean { power, .. }) if !log_mean::admits(power, value) => {
                Err(PrepareError::TargetOutside {
                    place: column.place(row),
                    found: print_number(value),
                    loss: log_mean::name(power),
                    domain: log_mean::domain(power),
                })
            }
            _ => Ok(()),
        }
    }
}

/// Predictions of a target that is neither transformed nor a log mean.
struct Line<'a>(&'a Scaled, &'a mut [f64]);

impl Kernel<f64> for Line<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f64>>(self) {
        let Line(scaled, values) = self;
        let (mean, deviation) = (scaled.mean, scaled.deviation);
        // Those without bounds have the widest, which leave a NaN and all else as it is.
        let [low, high] = scaled.bounds.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        for value in values {
            *value = (*value * deviation + mean).clamp(low, high);
        }
    }
}

/// The mean and the deviation.
pub(super) fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    // Divided first: a sum of numbers near the largest would overflow.
    let count = values.clone().count() as f64;
    let mean = values.clone().map(|value| value / count).sum::<f64>();
    (mean, root_mean_square(values.map(|value| value - mean)))
}

/// The numbers of a target column; NaN is missing.
pub(super) fn read(column: &Column, truths: bool) -> Result<Vec<f64>, PrepareError> {
    Ok(if truths {
        column.booleans()?
    } else {
        column.numbers()?
    })
}
