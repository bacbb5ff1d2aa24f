use neuronseek::expression::{Expression, ParseError};

use crate::error::TheoryError;
use crate::jet::{Jet, Undefined, enclose};

/// A formula over the user's inputs.
#[derive(Debug, Clone)]
pub(super) struct Formula(Expression);

impl Formula {
    /// Reads a formula of `x`, or of `x1`, `x2`, `x3`.
    pub(super) fn read(text: &str) -> Result<Formula, TheoryError> {
        let one = Expression::parse(text, &["x"]);
        let several = Expression::parse(text, &["x1", "x2", "x3"]);
        match (one, several) {
            (Ok(expression), _) | (_, Ok(expression)) => Ok(Formula(expression)),
            // The names that led further are those that the user meant.
            (Err(one), Err(several)) if one.position >= several.position => {
                Err(unreadable(text, 0, &one))
            }
            (_, Err(several)) => Err(unreadable(text, 0, &several)),
        }
    }

    /// Reads a part of `text` as a formula of `x` alone; `start` is its first character.
    pub(super) fn read_part(text: &str, start: usize, part: &str) -> Result<Formula, TheoryError> {
        let expression = Expression::parse(part, &["x"]);
        expression
            .map(Formula)
            .map_err(|error| unreadable(text, start, &error))
    }

    /// At least 1: a constant is a function of x.
    pub(super) fn inputs(&self) -> usize {
        self.0.inputs().max(1)
    }

    pub(super) fn value(&self, row: &[f64]) -> f64 {
        self.0.value(row)
    }

    pub(super) fn enclose(&self, inputs: &[Jet]) -> Result<Jet, Undefined> {
        enclose(&self.0, inputs)
    }
}

fn unreadable(text: &str, start: usize, error: &ParseError) -> TheoryError {
    let mut reason = error.reason.clone();
    if reason.ends_with("nor a function") {
        reason.push_str(" (inputs are x, or x1 to x3)");
    }
    TheoryError::Formula {
        text: text.to_string(),
        position: start + error.position,
        reason,
    }
}
