use serde::{Deserialize, Serialize};

use super::classes::{Classes, Labels};
use super::decision::{Adjustment, Calibration, Decision};
use super::error::PrepareError;
use super::log_mean::LogMean;
use super::scaled::{NO_VARIATION, Scaled, moments, read};
use super::target_transform::{TargetTransform, Transformed};
use super::task::Decided;
use super::{MAXIMUM_CLASSES, Target};
use crate::matrix::Matrix;
use crate::table::{Column, Table};
use crate::terms::CpuPath;

/// How target columns become numbers and predictions become the user's again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// One entry per target column.
    Values(Vec<Scaled>),
    /// One class column.
    Classes(Classes),
}

impl Outcome {
    /// Fits to the given rows; all of them have a target.
    pub(super) fn fit(
        table: &Table,
        targets: &[String],
        decided: Decided,
        rows: &[usize],
    ) -> Result<Outcome, PrepareError> {
        match (decided, targets) {
            (Decided::Classes(labels), [target]) => fit_classes(table, target, labels, rows),
            _ => Ok(Outcome::Values(
                targets
                    .iter()
                    .map(|target| Scaled::fit(table, target, rows))
                    .collect::<Result<_, _>>()?,
            )),
        }
    }

    /// Which rows of a later table have every target, with a class that is known.
    pub fn usable(&self, table: &Table, targets: &[String]) -> Result<Vec<bool>, PrepareError> {
        let mut usable = vec![true; table.rows()];
        for (index, target) in targets.iter().enumerate() {
            let column = table.column(target)?;
            let known: Vec<bool> = match self {
                Outcome::Values(scaled) => {
                    let values = read(column, scaled.get(index).is_some_and(|s| s.truths))?;
                    values.iter().map(|value| !value.is_nan()).collect()
                }
                Outcome::Classes(classes) => classes
                    .code(column)?
                    .0
                    .iter()
                    .map(Option::is_some)
                    .collect(),
            };
            for (usable, known) in usable.iter_mut().zip(known) {
                *usable &= known;
            }
        }
        Ok(usable)
    }

    /// The target of the given rows.
    pub fn target(
        &self,
        table: &Table,
        targets: &[String],
        rows: &[usize],
    ) -> Result<Target, PrepareError> {
        match self {
            Outcome::Values(_) => Ok(Target::Values(
                self.scaled(&self.truth(table, targets, rows)?),
            )),
            Outcome::Classes(classes) => {
                let [target] = targets else {
                    return Err(PrepareError::Options(vec![
                        "classes need one target column".to_string(),
                    ]));
                };
                class_target(table.column(target)?, classes, rows)
            }
        }
    }

    /// The target of the given rows, numbers in the user's unit.
    pub(super) fn unscaled(
        &self,
        table: &Table,
        targets: &[String],
        rows: &[usize],
    ) -> Result<Target, PrepareError> {
        match self {
            Outcome::Values(_) => Ok(Target::Values(self.truth(table, targets, rows)?)),
            Outcome::Classes(_) => self.target(table, targets, rows),
        }
    }

    /// The numbers of the target columns as they are, `rows x targets`; no columns for classes.
    pub fn truth(
        &self,
        table: &Table,
        targets: &[String],
        rows: &[usize],
    ) -> Result<Matrix<f64>, PrepareError> {
        let Outcome::Values(scaled) = self else {
            return Ok(Matrix::zeros(rows.len(), 0));
        };
        let mut values = Matrix::zeros(rows.len(), scaled.len());
        for (index, (scaled, target)) in scaled.iter().zip(targets).enumerate() {
            let column = table.column(target)?;
            let cells = read(column, scaled.truths)?;
            for (place, &row) in rows.iter().enumerate() {
                if cells[row].is_nan() {
                    return Err(PrepareError::TargetMissing {
                        place: column.place(row),
                    });
                }
                scaled.check(cells[row], column, row)?;
                values.row_mut(place)[index] = cells[row];
            }
        }
        Ok(values)
    }

    /// From the user's unit to the scale of the target, `rows x targets`.
    pub fn scaled(&self, truth: &Matrix<f64>) -> Matrix<f64> {
        self.each(truth, |scaled, value| {
            let value = match &scaled.transformed {
                None => value,
                Some(transformed) => transformed.transform.forward(value),
            };
            (value - scaled.mean) / scaled.deviation
        })
    }

    /// From the scale of the target to the user's unit, `rows x targets`; from logits to those of
    /// the table, without the classes' weights.
    pub fn restore(&self, outputs: &Matrix<f64>) -> Matrix<f64> {
        if let Outcome::Classes(classes) = self {
            return classes.adjustment.apply(outputs);
        }
        self.each(outputs, Scaled::restore)
    }

    /// The same of a block, outputs x rows, in place; logits of classes are left as they are.
    pub(crate) fn restore_block(&self, path: CpuPath, block: &mut [f64], rows: usize) {
        if let Outcome::Values(scaled) = self {
            for (scaled, values) in scaled.iter().zip(block.chunks_exact_mut(rows)) {
                scaled.restore_all(path, values);
            }
        }
    }

    /// The outputs that stand for the given scaled targets, `rows x targets`: of a log mean the
    /// logarithms of those above 0, else the same. Of classes, the logits with the classes' weights
    /// that stand for logits without.
    pub fn outputs_of_scaled(&self, targets: &Matrix<f64>) -> Matrix<f64> {
        if let Outcome::Classes(classes) = self {
            return classes.adjustment.undo(targets);
        }
        self.each(targets, |scaled, value| match scaled.log_mean {
            Some(_) => value.max(f64::MIN_POSITIVE).ln(),
            None => value,
        })
    }

    /// The same targets with predictions beyond the known rows' range.
    pub(super) fn extrapolating(mut self) -> Outcome {
        if let Outcome::Values(scaled) = &mut self {
            scaled.iter_mut().for_each(|scaled| scaled.bounds = None);
        }
        self
    }

    /// The class of each row of probabilities, rows x classes; nothing for numbers.
    pub fn decide(&self, probabilities: &Matrix<f64>) -> Vec<usize> {
        match self {
            Outcome::Values(_) => Vec::new(),
            Outcome::Classes(classes) => classes.adjustment.decide(probabilities),
        }
    }

    /// The same classes of rows that count in training by these weights, one a class.
    pub fn with_class_weights(&self, weights: &[f64]) -> Outcome {
        self.adjusted(|_| Adjustment::of_weights(weights))
    }

    /// The same classes with calibrated logits.
    pub fn calibrated(&self, calibration: Calibration) -> Outcome {
        self.adjusted(|adjustment| adjustment.calibrated(calibration))
    }

    /// The same classes decided on otherwise.
    pub fn deciding(&self, decision: Decision) -> Outcome {
        self.adjusted(|adjustment| adjustment.deciding(decision))
    }

    fn adjusted(&self, change: impl FnOnce(&Adjustment) -> Adjustment) -> Outcome {
        let mut changed = self.clone();
        if let Outcome::Classes(classes) = &mut changed {
            classes.adjustment = change(&classes.adjustment);
        }
        changed
    }

    /// The power of the mean that the variance grows with, of a log mean.
    pub fn power(&self) -> Option<f64> {
        match self {
            Outcome::Values(scaled) => Some(scaled.first()?.log_mean?.power),
            Outcome::Classes(_) => None,
        }
    }

    /// The same targets of a log mean, of a variance with this power; `truth` as
    /// [`Outcome::truth`] of known rows. Classes stay as they are.
    ///
    /// # Errors
    /// The first row whose number the power does not admit.
    pub(super) fn with_log_mean(
        &self,
        (table, targets): (&Table, &[String]),
        rows: &[usize],
        power: f64,
    ) -> Result<Outcome, PrepareError> {
        let Outcome::Values(scaled) = self else {
            return Ok(self.clone());
        };
        let truth = self.truth(table, targets, rows)?;
        let columns = scaled.iter().enumerate().map(|(index, scaled)| {
            let values = truth.column(index);
            let mean = moments(values.iter().copied()).0;
            Scaled {
                truths: scaled.truths,
                mean: 0.0,
                deviation: mean,
                transformed: None,
                log_mean: Some(LogMean::new(power, &values, mean)),
                bounds: None,
            }
        });
        let changed = Outcome::Values(columns.collect());
        changed.truth(table, targets, rows)?;
        Ok(changed)
    }

    fn each(&self, values: &Matrix<f64>, change: impl Fn(&Scaled, f64) -> f64) -> Matrix<f64> {
        let mut changed = values.clone();
        if let Outcome::Values(scaled) = self
            && !scaled.is_empty()
        {
            for row in changed.data_mut().chunks_exact_mut(scaled.len()) {
                for (value, scaled) in row.iter_mut().zip(scaled) {
                    *value = change(scaled, *value);
                }
            }
        }
        changed
    }

    /// The transform of the targets, the same for all; `None` for classes.
    pub fn transform(&self) -> Option<TargetTransform> {
        let Outcome::Values(scaled) = self else {
            return None;
        };
        let transformed = scaled.first()?.transformed.as_ref();
        Some(transformed.map_or(TargetTransform::None, |t| t.transform))
    }

    /// The mean and the deviation of the only target's (transformed) numbers.
    pub fn only_line(&self) -> Option<(f64, f64)> {
        match self {
            Outcome::Values(scaled) => match scaled.as_slice() {
                [only] => Some((only.mean, only.deviation)),
                _ => None,
            },
            Outcome::Classes(_) => None,
        }
    }

    /// The scale of the transformed targets of known rows (`truth`: rows x targets, in the user's
    /// unit); for classes and [`TargetTransform::None`] what it was.
    ///
    /// # Errors
    /// The index of the first target whose range the transform does not admit, or that does not
    /// vary when transformed, with its range.
    pub fn with_transform(
        &self,
        truth: &Matrix<f64>,
        transform: TargetTransform,
    ) -> Result<Outcome, (usize, [f64; 2])> {
        let Outcome::Values(scaled) = self else {
            return Ok(self.clone());
        };
        if transform == TargetTransform::None {
            return Ok(self.clone());
        }
        let columns = scaled.iter().enumerate().map(|(index, scaled)| {
            let column = truth.column(index);
            let low = column.iter().copied().fold(f64::INFINITY, f64::min);
            let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let refused = (index, [low, high]);
            if !transform.admits(low, high) {
                return Err(refused);
            }
            let values = || column.iter().map(|&value| transform.forward(value));
            let largest = values().fold(0.0, |largest: f64, value| largest.max(value.abs()));
            let (mean, deviation) = moments(values());
            if deviation <= NO_VARIATION * largest || !deviation.is_finite() {
                return Err(refused);
            }
            Ok(Scaled {
                truths: scaled.truths,
                mean,
                deviation,
                transformed: Some(Transformed::new(transform, low, high)),
                log_mean: None,
                bounds: scaled.bounds,
            })
        });
        Ok(Outcome::Values(columns.collect::<Result<_, _>>()?))
    }

    /// Whether the (only or each) target of a row can be put on this scale: it is in the domain of the
    /// transform.
    pub fn admits(&self, truth: &[f64]) -> bool {
        let Outcome::Values(scaled) = self else {
            return true;
        };
        scaled.iter().zip(truth).all(|(scaled, value)| {
            let transformed = scaled.transformed.as_ref();
            transformed.is_none_or(|own| own.transform.admits(*value, *value))
        })
    }

    /// The same with predictions that may go as far beyond targets of this extent, one a target, as
    /// they may beyond those of the fit.
    pub fn widened(&self, extents: &[[f64; 2]]) -> Outcome {
        let Outcome::Values(scaled) = self else {
            return self.clone();
        };
        let scaled = scaled.iter().zip(extents);
        let scaled = scaled.map(|(scaled, extent)| scaled.widened(*extent));
        Outcome::Values(scaled.collect())
    }

    /// The same with predictions smeared by what `outputs` (rows x targets, scaled) leave of the
    /// known rows' `truth`.
    pub fn smeared(&self, truth: &Matrix<f64>, outputs: &Matrix<f64>) -> Outcome {
        let Outcome::Values(scaled) = self else {
            return self.clone();
        };
        let target = self.scaled(truth);
        let columns = scaled.iter().enumerate().map(|(index, scaled)| {
            let pairs = target.column(index).into_iter().zip(outputs.column(index));
            let left = pairs.map(|(y, output)| scaled.deviation * (y - output));
            let transformed = scaled.transformed.as_ref().map(|transformed| {
                transformed.smeared(left.collect(), scaled.deviation * scaled.deviation)
            });
            Scaled {
                transformed,
                ..scaled.clone()
            }
        });
        Outcome::Values(columns.collect())
    }

    pub fn classes(&self) -> &[String] {
        match self {
            Outcome::Values(_) => &[],
            Outcome::Classes(classes) => classes.labels(),
        }
    }

    pub fn validate(&self, targets: usize) -> Result<(), String> {
        match self {
            Outcome::Values(scaled) => {
                if scaled.len() != targets || targets == 0 {
                    return Err(format!("{} scalings for {targets} targets", scaled.len()));
                }
                for transformed in scaled.iter().flat_map(|scaled| &scaled.transformed) {
                    transformed.validate()?;
                }
                for scaled in scaled {
                    scaled.check_bounds()?;
                }
                for log_mean in scaled.iter().flat_map(|scaled| &scaled.log_mean) {
                    log_mean.validate()?;
                }
                let sound = |scaled: &Scaled| {
                    let finite = scaled.mean.is_finite() && scaled.deviation.is_finite();
                    finite && scaled.deviation > 0.0
                };
                match scaled.iter().all(sound) {
                    true => Ok(()),
                    false => Err("the scaling of a target is no scaling".to_string()),
                }
            }
            Outcome::Classes(_) if targets != 1 => Err(format!("classes of {targets} targets")),
            Outcome::Classes(classes) => classes.validate(),
        }
    }
}

fn fit_classes(
    table: &Table,
    target: &str,
    labels: Labels,
    rows: &[usize],
) -> Result<Outcome, PrepareError> {
    let column = table.column(target)?;
    let classes = Classes::fit(column, labels)?;
    let count = classes.labels().len();
    if count > MAXIMUM_CLASSES {
        let advice = match labels {
            Labels::Numbers => "; use --task regression",
            Labels::Texts | Labels::Truths => "",
        };
        return Err(PrepareError::TooManyClasses {
            source_name: table.source.clone(),
            target: target.to_string(),
            classes: count,
            advice,
        });
    }
    let (coded, _) = classes.code(column)?;
    let mut present = rows.iter().filter_map(|&row| coded[row]);
    let first = present.next();
    if present.all(|class| Some(class) == first) {
        let class = first.and_then(|first| classes.labels().get(first));
        return Err(PrepareError::OneClass {
            source_name: table.source.clone(),
            target: target.to_string(),
            class: class.cloned().unwrap_or_default(),
        });
    }
    Ok(Outcome::Classes(classes))
}

fn class_target(
    column: &Column,
    classes: &Classes,
    rows: &[usize],
) -> Result<Target, PrepareError> {
    let (coded, unseen) = classes.code(column)?;
    let mut labels = Vec::with_capacity(rows.len());
    for &row in rows {
        match coded[row] {
            Some(class) => labels.push(class),
            None => {
                let place = column.place(row);
                let class = unseen.iter().find(|(other, _)| *other == row);
                return Err(match class {
                    None => PrepareError::TargetMissing { place },
                    Some((_, class)) => PrepareError::UnseenClass {
                        place,
                        class: class.clone(),
                        known: some_of(classes.labels()),
                    },
                });
            }
        }
    }
    Ok(Target::Classes {
        labels,
        count: classes.labels().len(),
    })
}

/// The first few labels, for a message.
fn some_of(labels: &[String]) -> String {
    let more = if labels.len() > 10 { ", ..." } else { "" };
    let first: Vec<&str> = labels.iter().take(10).map(String::as_str).collect();
    first.join(", ") + more
}
