use serde::{Deserialize, Serialize};

use crate::matrix::Matrix;
use crate::terms::Polynomial;

/// What a search fits, on inputs as it saw them: one output per target, or logits of classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Formula {
    /// A neuron with coefficients.
    Polynomial(Polynomial),
}

impl Formula {
    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        match self {
            Formula::Polynomial(polynomial) => polynomial.inputs,
        }
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        match self {
            Formula::Polynomial(polynomial) => polynomial.outputs(),
        }
    }

    /// The number of free coefficients.
    pub fn parameters(&self) -> usize {
        match self {
            Formula::Polynomial(polynomial) => polynomial.parameters(),
        }
    }

    /// The outputs for each row: `x` is rows x inputs, the result rows x outputs.
    pub fn values(&self, x: &Matrix<f64>) -> Matrix<f64> {
        match self {
            Formula::Polynomial(polynomial) => polynomial.values(x),
        }
    }

    /// Whether all parts fit each other and all numbers are finite; the error says what does not.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Formula::Polynomial(polynomial) => polynomial.check(),
        }
    }

    /// The polynomial, where the formula is one.
    pub fn polynomial(&self) -> Option<&Polynomial> {
        match self {
            Formula::Polynomial(polynomial) => Some(polynomial),
        }
    }
}
