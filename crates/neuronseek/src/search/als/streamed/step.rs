//! From sums over rows to better coefficients: one damped Gauss-Newton step.

use super::rows::{Layout, Loss};
use crate::search::als::dense::Cholesky;
use crate::terms::Polynomial;

/// A column that has less than this share of its squared length apart from those before it is one
/// of them.
const DEPENDENT: f64 = 1e-12;

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The polynomial after the step.
    pub polynomial: Polynomial,
    /// The loss before the step, at the coefficients that the sums were taken at.
    pub before: f64,
    /// By how much the sums say that it falls.
    pub falls: f64,
    /// Whether that is exact: there are no products, and the loss is of squares.
    pub exact: bool,
}

/// A coefficient that moves.
#[derive(Debug, Clone, Copy)]
enum Unknown {
    Intercept(usize),
    /// Term (pure terms, then functions), input, output.
    ElementWise(usize, usize, usize),
    /// Piece, output.
    Weight(usize, usize),
    /// Piece, factor, input.
    Factor(usize, usize, usize),
}

/// Moves the coefficients of `polynomial` by the sums taken at them (width x width, see
/// [`super::Rows`]); `damping` at least 0 shortens the step. Coefficients of 0 stay 0, so that a
/// sparse polynomial stays one. The scale of a single output's products is in their factors.
pub fn moved(polynomial: &Polynomial, loss: Loss, sums: &[f64], damping: f64) -> Moved {
    let layout = Layout::new(polynomial, loss);
    let width = layout.width;
    let outputs = polynomial.outputs();
    let unknowns = unknowns(polynomial);
    let count = unknowns.len();
    let mut matrix = vec![0.0; count * count];
    let mut right = vec![0.0; count];
    for output in 0..outputs {
        // The derivative of this output by each unknown, as a combination of the row's numbers.
        let parts: Vec<Vec<(usize, f64)>> = unknowns
            .iter()
            .map(|unknown| parts(polynomial, &layout, unknown, output))
            .collect();
        let residual = layout.residuals.start + output;
        for (i, own) in parts.iter().enumerate() {
            for &(a, left) in own {
                right[i] += left * sums[a * width + residual];
            }
            for (j, other) in parts[..=i].iter().enumerate() {
                let mut sum = 0.0;
                for &(a, left) in own {
                    for &(b, factor) in other {
                        sum += left * factor * sums[a * width + b];
                    }
                }
                matrix[i * count + j] += sum;
            }
        }
    }
    let largest = (0..count).map(|i| matrix[i * (count + 1)]);
    let largest = largest.fold(0.0, f64::max);
    let mut damped = matrix.clone();
    for i in 0..count {
        let element = &mut damped[i * (count + 1)];
        *element += damping * *element + 1e-14 * largest;
    }
    let change = Cholesky::new(&damped, count, DEPENDENT).solve(&right);
    let mut falls = 0.0;
    for (i, own) in change.iter().enumerate() {
        let row = &matrix[i * count..][..=i];
        let along: f64 = row.iter().zip(&change).map(|(a, b)| a * b).sum();
        falls += own * (2.0 * right[i] - 2.0 * along + row[i] * own);
    }
    let mut polynomial = polynomial.clone();
    for (unknown, change) in unknowns.iter().zip(&change) {
        *place(&mut polynomial, unknown) += change;
    }
    let value = |place: usize| sums[place * (width + 1)];
    let before = match layout.loss {
        Some(place) => value(place),
        None => layout.residuals.map(value).sum(),
    };
    let exact = loss == Loss::Squares && polynomial.pieces.is_empty();
    Moved {
        polynomial,
        before,
        falls,
        exact,
    }
}

fn unknowns(polynomial: &Polynomial) -> Vec<Unknown> {
    let outputs = polynomial.outputs();
    let mut unknowns: Vec<Unknown> = (0..outputs).map(Unknown::Intercept).collect();
    let pure = polynomial.pure.iter().map(|term| &term.weights);
    let functions = polynomial.functions.iter().map(|term| &term.weights);
    for (term, weights) in pure.chain(functions).enumerate() {
        for input in 0..polynomial.inputs {
            let moving = (0..outputs).filter(|output| weights.row(input)[*output] != 0.0);
            unknowns.extend(moving.map(|output| Unknown::ElementWise(term, input, output)));
        }
    }
    for (index, piece) in polynomial.pieces.iter().enumerate() {
        if outputs > 1 {
            let moving = (0..outputs).filter(|output| piece.weights[*output] != 0.0);
            unknowns.extend(moving.map(|output| Unknown::Weight(index, output)));
        }
        for factor in 0..piece.order() {
            let row = piece.factors.row(factor);
            let moving = (0..polynomial.inputs).filter(|input| row[*input] != 0.0);
            unknowns.extend(moving.map(|input| Unknown::Factor(index, factor, input)));
        }
    }
    unknowns
}

/// The derivative of an output by an unknown: numbers of the row, each with a factor.
fn parts(
    polynomial: &Polynomial,
    layout: &Layout,
    unknown: &Unknown,
    output: usize,
) -> Vec<(usize, f64)> {
    match *unknown {
        Unknown::Intercept(own) if own == output => vec![(0, 1.0)],
        Unknown::ElementWise(term, input, own) if own == output => {
            vec![(layout.element_wise[term].start + input, 1.0)]
        }
        Unknown::Weight(piece, own) if own == output => {
            // The product itself: its derivative by the first factor, along that factor.
            let first = layout.factors[piece][0].start;
            let factor = polynomial.pieces[piece].factors.row(0).iter();
            factor.enumerate().map(|(d, u)| (first + d, *u)).collect()
        }
        Unknown::Factor(piece, factor, input) => {
            let place = layout.factors[piece][factor].start + input;
            vec![(place, polynomial.pieces[piece].weights[output])]
        }
        _ => Vec::new(),
    }
}

fn place<'a>(polynomial: &'a mut Polynomial, unknown: &Unknown) -> &'a mut f64 {
    let pure = polynomial.pure.len();
    match *unknown {
        Unknown::Intercept(output) => &mut polynomial.intercept[output],
        Unknown::ElementWise(term, input, output) if term < pure => {
            &mut polynomial.pure[term].weights.row_mut(input)[output]
        }
        Unknown::ElementWise(term, input, output) => {
            &mut polynomial.functions[term - pure].weights.row_mut(input)[output]
        }
        Unknown::Weight(piece, output) => &mut polynomial.pieces[piece].weights[output],
        Unknown::Factor(piece, factor, input) => {
            &mut polynomial.pieces[piece].factors.row_mut(factor)[input]
        }
    }
}
