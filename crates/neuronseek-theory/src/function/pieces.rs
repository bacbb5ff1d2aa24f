use super::formula::Formula;
use crate::error::TheoryError;
use crate::interval::Interval;
use crate::jet::{Jet, Undefined};

/// So far the ends of two pieces may lie apart and still count as one.
const JOINT: f64 = 1e-9;

/// Formulas one after the other, each up to a limit.
#[derive(Debug, Clone)]
pub(super) struct Pieces {
    /// Rising limits, one fewer than formulas.
    limits: Vec<f64>,
    formulas: Vec<Formula>,
}

impl Pieces {
    /// Reads `x < 0.3: 2 * x; x < 0.6: 0.6; 1.2 - x`.
    pub(super) fn read(text: &str) -> Result<Pieces, TheoryError> {
        let (mut limits, mut formulas) = (Vec::new(), Vec::new());
        let mut start = 0;
        let parts: Vec<&str> = text.split(';').collect();
        for (index, part) in parts.iter().enumerate() {
            let (condition, formula) = match part.split_once(':') {
                Some((condition, formula)) => (Some(condition), formula),
                None => (None, *part),
            };
            let wrong = |reason: &str| TheoryError::Formula {
                text: text.to_string(),
                position: start + part.len() - part.trim_start().len() + 1,
                reason: reason.to_string(),
            };
            let last = index + 1 == parts.len();
            match condition {
                Some(condition) if !last => {
                    let limit = limit(condition).ok_or_else(|| {
                        wrong("a piece begins with its limit, as in \"x < 0.5: \"")
                    })?;
                    if limits.last().is_some_and(|before| *before >= limit) {
                        return Err(wrong("the limits of pieces must rise"));
                    }
                    limits.push(limit);
                }
                None if last => {}
                Some(_) => return Err(wrong("the last piece has no limit: it reaches to the end")),
                None => {
                    return Err(wrong(
                        "every piece but the last needs a limit, as in \"x < 0.5: \"",
                    ));
                }
            }
            let ahead = part.chars().count() - formula.chars().count();
            formulas.push(Formula::read_part(text, start + ahead, formula)?);
            start += part.chars().count() + 1;
        }
        Ok(Pieces { limits, formulas })
    }

    /// Refuses a jump.
    pub(super) fn check_joints(&self) -> Result<(), TheoryError> {
        for (index, &place) in self.limits.iter().enumerate() {
            let left = self.formulas[index].value(&[place]);
            let right = self.formulas[index + 1].value(&[place]);
            let apart = (left - right).abs();
            if apart > JOINT * (1.0 + left.abs()) || apart.is_nan() {
                return Err(TheoryError::Jump { place, left, right });
            }
        }
        Ok(())
    }

    pub(super) fn value(&self, x: f64) -> f64 {
        let piece = self.limits.partition_point(|&limit| limit <= x);
        self.formulas[piece].value(&[x])
    }

    /// The hull of the pieces that the range of `x` meets.
    pub(super) fn enclose(&self, x: Jet) -> Result<Jet, Undefined> {
        let range = x.value;
        let first = self.limits.partition_point(|&limit| limit <= range.low);
        let last = self.limits.partition_point(|&limit| limit <= range.high);
        let mut all: Option<Jet> = None;
        for piece in first..=last {
            let low = if piece == first {
                range.low
            } else {
                self.limits[piece - 1]
            };
            let high = if piece == last {
                range.high
            } else {
                self.limits[piece]
            };
            let part = Jet {
                value: Interval::new(low, high),
                ..x
            };
            let mut jet = self.formulas[piece].enclose(&[part])?;
            // Pieces may meet up to the joint's tolerance.
            if first < last {
                let slack = JOINT * (1.0 + jet.value.magnitude());
                jet.value = jet.value + Interval::new(-slack, slack);
            }
            all = Some(all.map_or(jet, |all| all.or(jet)));
        }
        Ok(all.unwrap_or(Jet::constant(Interval::WHOLE)))
    }
}

/// The number in `x < NUMBER`.
fn limit(condition: &str) -> Option<f64> {
    let (name, number) = condition.split_once('<')?;
    let number = number.trim_start_matches('=').trim();
    let value: f64 = number.parse().ok()?;
    (name.trim() == "x" && value.is_finite()).then_some(value)
}
