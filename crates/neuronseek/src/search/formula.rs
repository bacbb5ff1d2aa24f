use serde::{Deserialize, Serialize};

use crate::expression::{Expression, Tape};
use crate::matrix::Matrix;
use crate::terms::Polynomial;

/// What a search fits, on inputs as it saw them: one output per target, or logits of classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Formula {
    /// A neuron with coefficients.
    Polynomial(Polynomial),
    /// A formula in symbols.
    Expression {
        /// The number of inputs, used or not.
        inputs: usize,
        /// One per output.
        outputs: Vec<Expression>,
    },
}

impl Formula {
    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        match self {
            Formula::Polynomial(polynomial) => polynomial.inputs,
            Formula::Expression { inputs, .. } => *inputs,
        }
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        match self {
            Formula::Polynomial(polynomial) => polynomial.outputs(),
            Formula::Expression { outputs, .. } => outputs.len(),
        }
    }

    /// The number of free coefficients.
    pub fn parameters(&self) -> usize {
        match self {
            Formula::Polynomial(polynomial) => polynomial.parameters(),
            Formula::Expression { outputs, .. } => {
                outputs.iter().map(|e| e.constants().len()).sum()
            }
        }
    }

    /// The outputs for each row: `x` is rows x inputs, the result rows x outputs. An expression may
    /// be undefined at a row: then the value is not finite.
    ///
    /// # Panics
    /// When `x` has fewer columns than the formula has inputs.
    pub fn values(&self, x: &Matrix<f64>) -> Matrix<f64> {
        let outputs = match self {
            Formula::Polynomial(polynomial) => return polynomial.values(x),
            Formula::Expression { outputs, .. } => outputs,
        };
        let columns: Vec<Vec<f64>> = (0..x.columns()).map(|column| x.column(column)).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        let mut result = Matrix::zeros(x.rows(), outputs.len());
        let mut values = vec![0.0; x.rows()];
        let mut tape = Tape::default();
        for (output, expression) in outputs.iter().enumerate() {
            tape.values(expression, &columns, &mut values);
            for (row, value) in values.iter().enumerate() {
                result.row_mut(row)[output] = *value;
            }
        }
        result
    }

    /// Whether all parts fit each other and all numbers are finite; the error says what does not.
    pub fn check(&self) -> Result<(), String> {
        let (inputs, outputs) = match self {
            Formula::Polynomial(polynomial) => return polynomial.check(),
            Formula::Expression { inputs, outputs } => (*inputs, outputs),
        };
        if outputs.is_empty() {
            return Err("the formula has no output".to_string());
        }
        let used = outputs.iter().map(Expression::inputs).max().unwrap_or(0);
        if used > inputs {
            return Err(format!("the formula uses input {used} of {inputs}"));
        }
        let mut constants = outputs.iter().flat_map(Expression::constants);
        if constants.any(|constant| !constant.is_finite()) {
            return Err("the formula has a constant that is not finite".to_string());
        }
        Ok(())
    }

    /// The polynomial, where the formula is one.
    pub fn polynomial(&self) -> Option<&Polynomial> {
        match self {
            Formula::Polynomial(polynomial) => Some(polynomial),
            Formula::Expression { .. } => None,
        }
    }

    /// The expressions, where the formula consists of them.
    pub fn expressions(&self) -> Option<&[Expression]> {
        match self {
            Formula::Polynomial(_) => None,
            Formula::Expression { outputs, .. } => Some(outputs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_values_and_are_checked() {
        let formula = |inputs, texts: &[&str]| Formula::Expression {
            inputs,
            outputs: texts.iter().map(|text| text.parse().unwrap()).collect(),
        };
        let two = formula(3, &["x1 * 2", "x3 - 1.5"]);
        let x = Matrix::from_vec(2, 3, vec![1.0, 0.0, 2.0, 3.0, 0.0, 4.0]);
        assert_eq!(two.values(&x).data(), [2.0, 0.5, 6.0, 2.5]);
        assert_eq!((two.outputs(), two.parameters()), (2, 2));
        assert!(two.check().is_ok());
        assert!(formula(2, &["x3"]).check().is_err());
        assert!(formula(2, &[]).check().is_err());
        let text = serde_json::to_string(&two).unwrap();
        assert_eq!(serde_json::from_str::<Formula>(&text).unwrap(), two);
    }
}
