//! From monomials to a polynomial of few pieces.

use super::{Monomial, Sparse};
use crate::matrix::Matrix;
use crate::neuron::{MAX_ORDER, Term};
use crate::terms::{Piece, Polynomial, PureTerm};

/// The term that a monomial belongs to, its rank left open.
pub(super) fn term(powers: &[(usize, u32)]) -> Term {
    let order = powers.iter().map(|(_, power)| *power as usize).sum();
    match powers {
        [_] => Term::pure(order),
        _ => Term::Interaction { order, rank: None },
    }
}

/// The polynomial `(sparse - mean) / deviation` of inputs that are divided by `scales`; `None` for
/// monomials of an order that neurons do not have.
pub(crate) fn polynomial(
    sparse: &Sparse,
    scales: &[f64],
    (mean, deviation): (f64, f64),
) -> Option<Polynomial> {
    let inputs = scales.len();
    let mut polynomial = Polynomial {
        inputs,
        intercept: vec![(sparse.intercept - mean) / deviation],
        pure: Vec::new(),
        functions: Vec::new(),
        pieces: Vec::new(),
    };
    let mut pairs: Vec<([usize; 2], f64)> = Vec::new();
    for Monomial {
        powers,
        coefficient,
        ..
    } in &sparse.monomials
    {
        let sizes = powers
            .iter()
            .map(|(i, power)| scales[*i].powi(*power as i32));
        let weight = coefficient * sizes.product::<f64>() / deviation;
        let order = term(powers).order();
        if order > MAX_ORDER {
            return None;
        }
        match powers.as_slice() {
            [(input, _)] => pure(&mut polynomial, order).row_mut(*input)[0] = weight,
            [(a, 1), (b, 1)] => pairs.push(([*a, *b], weight)),
            _ => polynomial
                .pieces
                .push(single(powers, order, inputs, weight)),
        }
    }
    polynomial.pieces.extend(products(pairs, inputs));
    polynomial.pure.sort_by_key(|term| term.order);
    polynomial.pieces.sort_by_key(Piece::order);
    Some(polynomial)
}

fn pure(polynomial: &mut Polynomial, order: usize) -> &mut Matrix<f64> {
    let known = polynomial.pure.iter().position(|term| term.order == order);
    let index = known.unwrap_or_else(|| {
        polynomial.pure.push(PureTerm {
            order,
            weights: Matrix::zeros(polynomial.inputs, 1),
        });
        polynomial.pure.len() - 1
    });
    &mut polynomial.pure[index].weights
}

/// One monomial as a product of its inputs.
fn single(powers: &[(usize, u32)], order: usize, inputs: usize, weight: f64) -> Piece {
    let mut factors = Matrix::zeros(order, inputs);
    let each = powers
        .iter()
        .flat_map(|(input, power)| (0..*power).map(|_| *input));
    for (factor, input) in each.enumerate() {
        factors.row_mut(factor)[input] = 1.0;
    }
    Piece {
        factors,
        weights: vec![weight],
    }
}

/// Products of two inputs, those that share one gathered: `x1 x2 + x1 x3 = x1 (x2 + x3)`.
fn products(mut pairs: Vec<([usize; 2], f64)>, inputs: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while !pairs.is_empty() {
        let mut times = vec![0usize; inputs];
        pairs
            .iter()
            .flat_map(|(pair, _)| pair)
            .for_each(|&input| times[input] += 1);
        let mut shared = 0;
        for (input, count) in times.iter().enumerate() {
            if *count > times[shared] {
                shared = input;
            }
        }
        let mut factors = Matrix::zeros(2, inputs);
        factors.row_mut(0)[shared] = 1.0;
        pairs.retain(|([a, b], weight)| {
            let other = match (*a == shared, *b == shared) {
                (true, _) => *b,
                (_, true) => *a,
                _ => return true,
            };
            factors.row_mut(1)[other] = *weight;
            false
        });
        pieces.push(Piece {
            factors,
            weights: vec![1.0],
        });
    }
    pieces
}
