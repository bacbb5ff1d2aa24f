//! What a fit to monomials says: its structure, its formula, and how sure it is.

use super::features::{Monomial, term};
use crate::matrix::Matrix;
use crate::neuron::{Neuron, Term};
use crate::search::moments::{Fitted, Moments};
use crate::search::regression::Regression;
use crate::search::{Evidence, Formula};
use crate::terms::{Piece, Polynomial, PureTerm};

/// A coefficient tells of a term when the deviation of its part is at least this share of the
/// target's,
const LEAST_SHARE: f64 = 1e-3;

/// and when it is so many standard errors further from 0 than the largest of as many coefficients
/// without meaning is expected to be.
const MARGIN: f64 = 1.0;

/// A fit with what is needed to read it.
pub(super) struct Reading<'a> {
    pub regression: &'a Regression<'a>,
    /// Among these the fit has chosen.
    pub monomials: &'a [Monomial],
    pub moments: &'a Moments,
    pub ridge: f64,
    pub fitted: &'a Fitted,
}

impl Reading<'_> {
    /// The coefficients that count: the number of them less what the ridge takes, and the constant.
    fn freedom(&self, fitted: &Fitted) -> f64 {
        let taken = match &fitted.factor {
            Some(factor) if self.ridge > 0.0 => {
                self.ridge * factor.inverse_diagonal().iter().sum::<f64>()
            }
            _ => 0.0,
        };
        1.0 + fitted.active.len() as f64 - taken
    }

    fn bic_of(&self, fitted: &Fitted) -> f64 {
        let (_, total) = self.regression.moments();
        let freedom = self.freedom(fitted).round().max(1.0) as usize;
        self.regression.bic(fitted.residual * total, freedom)
    }

    /// BIC with as many parameters as the fit has freedom.
    pub fn bic(&self) -> f64 {
        self.bic_of(self.fitted)
    }

    /// The terms of the monomials whose coefficients tell. Where none does the neuron is empty.
    pub fn neuron(&self) -> Neuron {
        let Some(factor) = &self.fitted.factor else {
            return Neuron::default();
        };
        let count = self.moments.count;
        let left = (count - self.freedom(self.fitted))
            .max(0.1 * count)
            .max(1.0);
        let candidates = (self.monomials.len() as f64).max(2.0);
        let errors = (2.0 * candidates.ln()).sqrt() + MARGIN;
        let inverse = factor.inverse_diagonal();
        let active = self.fitted.active.iter().zip(&self.fitted.coefficients);
        let telling = active.zip(inverse).filter(|((_, b), inverse)| {
            let error = (self.fitted.residual / left * inverse).sqrt();
            b.abs() >= (errors * error).max(LEAST_SHARE)
        });
        Neuron::new(telling.map(|((j, _), _)| term(&self.monomials[*j])))
    }

    /// The fit as a list of monomials: pure terms, and a product of unit factors for each other one.
    pub fn formula(&self) -> Formula {
        let inputs = self.regression.inputs.columns();
        let (coefficients, intercept) = self.moments.restore(self.fitted);
        let mut polynomial = Polynomial {
            inputs,
            intercept: vec![intercept],
            pure: Vec::new(),
            functions: Vec::new(),
            pieces: Vec::new(),
        };
        for (j, coefficient) in self.fitted.active.iter().zip(coefficients) {
            let monomial = &self.monomials[*j];
            match term(monomial) {
                Term::Pure { order } => {
                    // Monomials come by degree.
                    if polynomial
                        .pure
                        .last()
                        .is_none_or(|last| last.order != order)
                    {
                        polynomial.pure.push(PureTerm {
                            order,
                            weights: Matrix::zeros(inputs, 1),
                        });
                    }
                    if let Some(last) = polynomial.pure.last_mut() {
                        last.weights.row_mut(monomial[0])[0] = coefficient;
                    }
                }
                _ => {
                    let mut factors = Matrix::zeros(monomial.len(), inputs);
                    for (factor, input) in monomial.iter().enumerate() {
                        factors.row_mut(factor)[*input] = 1.0;
                    }
                    polynomial.pieces.push(Piece {
                        factors,
                        weights: vec![coefficient],
                    });
                }
            }
        }
        Formula::Polynomial(polynomial)
    }

    /// What each term of `neuron` is worth: its monomials dropped, the others refitted.
    pub fn evidence(&self, neuron: &Neuron) -> Vec<Evidence> {
        let whole = self.bic();
        let terms = neuron.terms().iter().map(|&dropped| {
            let kept = self.fitted.active.iter().copied();
            let kept: Vec<usize> = kept
                .filter(|j| term(&self.monomials[*j]) != dropped)
                .collect();
            let without = self.moments.fit(&kept, self.ridge);
            Evidence {
                term: dropped,
                bic_gain: Some(self.bic_of(&without) - whole),
                gate_probability: None,
                explained: (without.residual - self.fitted.residual).clamp(0.0, 1.0),
            }
        });
        terms.collect()
    }
}
