//! What is summed over rows: the derivatives of a polynomial and what it leaves.

use std::ops::Range;

use crate::matrix::Matrix;
use crate::neuron::Function;
use crate::terms::{Piece, Polynomial};

/// What is made small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The sum over outputs of squared residuals.
    Squares,
    /// Twice the log loss of one logit, targets 0 and 1.
    Logistic,
}

/// A probability closer to 0 or 1 than this counts as this far from it, or a row that is told with
/// certainty would have an infinite residual.
const LEAST_SPREAD: f64 = 1e-9;

/// The numbers v of each row whose products are summed:
///
/// | numbers | |
/// |---|---|
/// | 1 | the derivative by the intercept |
/// | inputs, for each pure order and function | its value at each input |
/// | order x inputs, for each product | the product of the other projections, times each input |
/// | outputs | residuals y - f(x) |
/// | 1 | of logits alone, the root of the loss |
///
/// all times the root of the row's weight; of logits derivatives are times the root of p (1 - p),
/// and residuals divided by it, so that their products are gradient and Hessian of the log loss.
/// Rows that do not count are zeros.
#[derive(Debug)]
pub struct Rows<'a> {
    polynomial: &'a Polynomial,
    loss: Loss,
}

/// Where the parts of a row's numbers lie.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// For each pure term, then for each function.
    pub element_wise: Vec<Range<usize>>,
    /// For each piece and factor.
    pub factors: Vec<Vec<Range<usize>>>,
    pub residuals: Range<usize>,
    /// Of logits alone.
    pub loss: Option<usize>,
    pub width: usize,
}

impl Layout {
    pub fn new(polynomial: &Polynomial, loss: Loss) -> Layout {
        let inputs = polynomial.inputs;
        let mut end = 1;
        let mut take = |length: usize| {
            end += length;
            end - length..end
        };
        let terms = polynomial.pure.len() + polynomial.functions.len();
        let element_wise = (0..terms).map(|_| take(inputs)).collect();
        let pieces = polynomial.pieces.iter();
        let factors = pieces
            .map(|piece| (0..piece.order()).map(|_| take(inputs)).collect())
            .collect();
        let residuals = take(polynomial.outputs());
        let loss = (loss == Loss::Logistic).then(|| take(1).start);
        Layout {
            element_wise,
            factors,
            residuals,
            loss,
            width: end,
        }
    }
}

/// How a term's value at an input is computed.
enum Term {
    Power(i32),
    Function(Function),
}

impl<'a> Rows<'a> {
    /// The rows of a polynomial.
    pub fn new(polynomial: &'a Polynomial, loss: Loss) -> Rows<'a> {
        Rows { polynomial, loss }
    }

    /// How many numbers a row has.
    pub fn width(&self) -> usize {
        Layout::new(self.polynomial, self.loss).width
    }

    /// The numbers of all rows. `inputs`: rows x inputs, scaled; `target`: rows x outputs, as the
    /// polynomial's outputs; `weights`: one a row, 0 for rows that do not count.
    ///
    /// # Panics
    /// When shapes do not fit.
    pub fn numbers(&self, inputs: &Matrix<f64>, target: &Matrix<f64>, weights: &[f64]) -> Vec<f64> {
        let polynomial = self.polynomial;
        assert_eq!(target.columns(), polynomial.outputs(), "outputs");
        let layout = Layout::new(polynomial, self.loss);
        let fitted = polynomial.values(inputs);
        let powers = polynomial.pure.iter();
        let powers = powers.map(|term| Term::Power(term.order as i32));
        let functions = polynomial.functions.iter();
        let functions = functions.map(|term| Term::Function(term.function));
        let terms: Vec<Term> = powers.chain(functions).collect();
        let mut numbers = vec![0.0; inputs.rows() * layout.width];
        let rows = numbers.chunks_exact_mut(layout.width.max(1));
        for (row, to) in rows.enumerate().filter(|(row, _)| weights[*row] > 0.0) {
            let x = &inputs.row(row)[..polynomial.inputs];
            let root = weights[row].sqrt();
            let (slope, scale) = match self.loss {
                Loss::Squares => (root, root),
                Loss::Logistic => {
                    let logit = fitted.row(row)[0];
                    let p = 1.0 / (1.0 + (-logit).exp());
                    let spread = (p * (1.0 - p)).max(LEAST_SPREAD).sqrt();
                    (root * spread, root / spread)
                }
            };
            to[0] = slope;
            for (term, range) in terms.iter().zip(&layout.element_wise) {
                element_wise(term, x, slope, &mut to[range.clone()]);
            }
            for (piece, ranges) in polynomial.pieces.iter().zip(&layout.factors) {
                product(piece, x, slope, ranges, to);
            }
            let outputs = fitted.row(row).iter().zip(target.row(row));
            for (to, (fitted, target)) in to[layout.residuals.clone()].iter_mut().zip(outputs) {
                *to = match self.loss {
                    Loss::Squares => scale * (target - fitted),
                    Loss::Logistic => scale * (target - 1.0 / (1.0 + (-fitted).exp())),
                };
            }
            if let Some(place) = layout.loss {
                let margin = match target.row(row)[0] > 0.5 {
                    true => fitted.row(row)[0],
                    false => -fitted.row(row)[0],
                };
                to[place] = root * (2.0 * softplus(-margin)).sqrt();
            }
        }
        numbers
    }
}

/// `ln(1 + e^x)`.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn element_wise(term: &Term, x: &[f64], slope: f64, to: &mut [f64]) {
    match term {
        Term::Power(1) => to.iter_mut().zip(x).for_each(|(to, x)| *to = slope * x),
        Term::Power(2) => to.iter_mut().zip(x).for_each(|(to, x)| *to = slope * x * x),
        Term::Power(3) => {
            let cubes = to.iter_mut().zip(x);
            cubes.for_each(|(to, x)| *to = slope * x * x * x);
        }
        Term::Power(order) => {
            let powers = to.iter_mut().zip(x);
            powers.for_each(|(to, x)| *to = slope * x.powi(*order));
        }
        Term::Function(function) => {
            let values = to.iter_mut().zip(x);
            values.for_each(|(to, x)| *to = slope * function.value(*x));
        }
    }
}

/// The derivatives of a product by its factors, times the slope.
fn product(piece: &Piece, x: &[f64], slope: f64, ranges: &[Range<usize>], to: &mut [f64]) {
    let projection = |m: usize| -> f64 {
        let factor = piece.factors.row(m);
        factor.iter().zip(x).map(|(u, x)| u * x).sum()
    };
    let projections: Vec<f64> = (0..piece.order()).map(projection).collect();
    for (m, range) in ranges.iter().enumerate() {
        let others = projections.iter().enumerate().filter(|(n, _)| *n != m);
        let others: f64 = others.map(|(_, projection)| projection).product();
        let values = to[range.clone()].iter_mut().zip(x);
        values.for_each(|(to, x)| *to = slope * others * x);
    }
}
