use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::buffer::Buffer;
use super::lanes::padded;
use super::path::CpuPath;
use super::tape::Tape;
use crate::matrix::Matrix;
use crate::neuron::{Function, Neuron, Term};

/// Rows that are computed together.
const BLOCK: usize = 128;

/// A pure term with its coefficients: `y_c += sum_d weights[d, c] * x_d^order`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PureTerm {
    /// The power.
    pub order: usize,
    /// `inputs x outputs`.
    pub weights: Matrix<f64>,
}

/// An element-wise function with its coefficients: `y_c += sum_d weights[d, c] * g(x_d)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionTerm {
    /// The function g.
    pub function: Function,
    /// `inputs x outputs`.
    pub weights: Matrix<f64>,
}

/// A rank-one interaction: `y_c += weights[c] * prod_m <factors[m], x>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    /// `order x inputs`.
    pub factors: Matrix<f64>,
    /// One weight per output.
    pub weights: Vec<f64>,
}

impl Piece {
    /// How many projections are multiplied.
    pub fn order(&self) -> usize {
        self.factors.rows()
    }
}

/// A neuron with coefficients, in double precision: what a search fits, one value per output.
///
/// `y_c = intercept_c + pure terms + function terms + interaction pieces`, on inputs as the
/// search saw them (scaled by `prepare::SearchScale`). For classes the outputs are logits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Polynomial {
    /// The number of inputs.
    pub inputs: usize,
    /// One constant per output.
    pub intercept: Vec<f64>,
    /// At most one per order, ascending.
    pub pure: Vec<PureTerm>,
    /// At most one per function.
    pub functions: Vec<FunctionTerm>,
    /// The rank of an order's interaction is the number of its pieces.
    pub pieces: Vec<Piece>,
}

impl Polynomial {
    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.intercept.len()
    }

    /// The structure of this polynomial.
    pub fn neuron(&self) -> Neuron {
        let pure = self.pure.iter().map(|term| Term::pure(term.order));
        let functions = self
            .functions
            .iter()
            .map(|term| Term::Function(term.function));
        let pieces = self
            .pieces
            .iter()
            .map(|piece| Term::interaction(piece.order(), 1));
        Neuron::new(pure.chain(functions).chain(pieces))
    }

    /// The interaction pieces by their order, orders ascending, pieces of one in the order they have.
    pub fn pieces_by_order(&self) -> BTreeMap<usize, Vec<&Piece>> {
        let mut by_order: BTreeMap<usize, Vec<&Piece>> = BTreeMap::new();
        for piece in &self.pieces {
            by_order.entry(piece.order()).or_default().push(piece);
        }
        by_order
    }

    /// The number of free coefficients, those that are 0 left out: a rank-one piece of order k with
    /// C outputs has `k * inputs - k + C`, since only the product of the factors' lengths counts.
    pub fn parameters(&self) -> usize {
        let count = |values: &[f64]| values.iter().filter(|value| **value != 0.0).count();
        let pure = self.pure.iter().map(|term| count(term.weights.data()));
        let functions = self.functions.iter().map(|term| count(term.weights.data()));
        let pieces = self.pieces.iter().map(|piece| {
            let factors = count(piece.factors.data());
            (factors + count(&piece.weights)).saturating_sub(piece.order())
        });
        self.outputs() + pure.chain(functions).chain(pieces).sum::<usize>()
    }

    /// Whether all parts fit each other and all numbers are finite; the error says what does not.
    pub fn check(&self) -> Result<(), String> {
        let outputs = self.outputs();
        let element_wise = self.pure.iter().map(|term| &term.weights);
        let element_wise = element_wise.chain(self.functions.iter().map(|term| &term.weights));
        for weights in element_wise {
            check_shape(weights, self.inputs, outputs)?;
        }
        for piece in &self.pieces {
            check_shape(&piece.factors, piece.order(), self.inputs)?;
            if piece.order() == 0 || piece.weights.len() != outputs {
                return Err("a product of the polynomial has a wrong shape".to_string());
            }
        }
        let pieces = self.pieces.iter().flat_map(|piece| &piece.weights);
        if !self
            .intercept
            .iter()
            .chain(pieces)
            .all(|value| value.is_finite())
        {
            return Err("the polynomial has a coefficient that is not finite".to_string());
        }
        Ok(())
    }

    /// The outputs for each row: `x` is rows x inputs, the result rows x outputs.
    pub fn values(&self, x: &Matrix<f64>) -> Matrix<f64> {
        let (path, tape, outputs) = (CpuPath::detect(), Tape::new(self), self.outputs());
        let mut result = Matrix::zeros(x.rows(), outputs);
        let mut by_input = Buffer::zeros(self.inputs * BLOCK);
        let mut by_output = Buffer::zeros(outputs * BLOCK);
        for first in (0..x.rows()).step_by(BLOCK) {
            let count = BLOCK.min(x.rows() - first);
            let rows = padded(count);
            let by_input = &mut by_input[..self.inputs * rows];
            for row in 0..count {
                for (d, &value) in x.row(first + row)[..self.inputs].iter().enumerate() {
                    by_input[d * rows + row] = value;
                }
            }
            let by_output = &mut by_output[..outputs * rows];
            tape.values(path, by_input, rows, by_output);
            for row in 0..count {
                for (c, out) in result.row_mut(first + row).iter_mut().enumerate() {
                    *out = by_output[c * rows + row];
                }
            }
        }
        result
    }
}

fn check_shape(matrix: &Matrix<f64>, rows: usize, columns: usize) -> Result<(), String> {
    let (found_rows, found_columns) = (matrix.rows(), matrix.columns());
    if (found_rows, found_columns) != (rows, columns)
        || Some(matrix.data().len()) != rows.checked_mul(columns)
    {
        return Err(format!(
            "coefficients of the polynomial are {found_rows} x {found_columns}, not {rows} x {columns}"
        ));
    }
    if !matrix.data().iter().all(|value| value.is_finite()) {
        return Err("the polynomial has a coefficient that is not finite".to_string());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        let polynomial = Polynomial {
            inputs: 2,
            intercept: vec![1.0],
            pure: vec![PureTerm {
                order: 2,
                weights: Matrix::from_vec(2, 1, vec![2.0, 3.0]),
            }],
            functions: vec![],
            pieces: vec![Piece {
                factors: Matrix::from_vec(2, 2, vec![1.0, 0.0, 1.0, 1.0]),
                weights: vec![0.5],
            }],
        };
        let x = Matrix::from_vec(1, 2, vec![2.0, -1.0]);
        // 1 + (2*4 + 3*1) + 0.5 * 2 * (2 - 1)
        assert_eq!(polynomial.values(&x).data(), [13.0]);
        // One constant, two weights, three elements of two factors and a weight less two lengths.
        assert_eq!(polynomial.parameters(), 1 + 2 + 2);
        assert_eq!(polynomial.neuron().to_string(), "x^2 + cp(2, r=1)");
    }
}
