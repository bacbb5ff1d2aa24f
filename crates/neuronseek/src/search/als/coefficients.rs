//! From a fit on scaled inputs to a polynomial in the inputs that the search was given.

use super::fit::{Fit, Product, evaluate};
use super::sample::Sample;
use crate::matrix::Matrix;
use crate::neuron::Term;
use crate::terms::{FunctionTerm, Piece, Polynomial, PureTerm};

/// The polynomial of `fit`: the products as they are, the element-wise terms by least squares on
/// what the products leave.
pub(super) fn polynomial(sample: &Sample, fit: &Fit) -> Polynomial {
    let (inputs, outputs) = (sample.inputs(), sample.outputs());
    let mut result = Polynomial {
        inputs,
        intercept: vec![0.0; outputs],
        pure: Vec::new(),
        functions: Vec::new(),
        pieces: fit.products.iter().map(|product| piece(sample, product)).collect(),
    };
    result.pieces.sort_by_key(Piece::order);
    let mut weights: Vec<(Term, Matrix<f64>)> = fit
        .basis
        .terms
        .iter()
        .map(|&term| (term, Matrix::zeros(inputs, outputs)))
        .collect();
    let values: Vec<Vec<f64>> = fit.products.iter().map(|p| evaluate(sample, p).1).collect();
    for output in 0..outputs {
        let target = sample.targets[output].iter().zip(&sample.root);
        let mut rest: Vec<f64> = target.map(|(y, root)| y * root).collect();
        for (product, values) in fit.products.iter().zip(&values) {
            let weight = product.weights[output];
            rest.iter_mut().zip(values).for_each(|(r, v)| *r -= weight * v);
        }
        let (intercept, found) = fit.basis.coefficients(sample, &rest);
        result.intercept[output] = intercept;
        for ((term, matrix), (_, found)) in weights.iter_mut().zip(found) {
            for (input, value) in found.into_iter().enumerate() {
                let scale = match term {
                    Term::Pure { order } => sample.scale[input].powi(*order as i32),
                    _ => 1.0,
                };
                matrix.row_mut(input)[output] = value / scale;
            }
        }
    }
    weights.sort_by_key(|(term, _)| *term);
    for (term, weights) in weights {
        match term {
            Term::Pure { order } => result.pure.push(PureTerm { order, weights }),
            Term::Function(function) => result.functions.push(FunctionTerm { function, weights }),
            Term::Interaction { .. } => {}
        }
    }
    result
}

fn piece(sample: &Sample, product: &Product) -> Piece {
    let inputs = sample.inputs();
    let factors = product.factors.iter().enumerate();
    let factors = factors.map(|(index, value)| value / sample.scale[index % inputs]).collect();
    Piece {
        factors: Matrix::from_vec(product.order, inputs, factors),
        weights: product.weights.clone(),
    }
}
