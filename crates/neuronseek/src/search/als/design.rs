//! The last linear stage: all terms' coefficients at once, the products' factors held.

use super::columns::Columns;
use super::dense::{Cholesky, dot};
use super::fit::{Fit, Product};
use super::sample::Sample;
use crate::matrix::Matrix;
use crate::neuron::Term;
use crate::terms::{FunctionTerm, Piece, Polynomial, PureTerm};

/// What a column of a [`Design`] stands for.
#[derive(Debug, Clone, Copy)]
enum Source {
    Feature(Term, usize),
    Product(usize),
}

/// The values of every element-wise feature and product of a fit.
pub(super) struct Design {
    /// rows x (1 + sources): ones, then each source less its mean over its deviation.
    pub columns: Columns,
    sources: Vec<Source>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
    terms: Vec<Term>,
    products: Vec<Product>,
}

impl Design {
    /// The design of a fit over all rows of the sample, standardised under its row weights.
    pub fn new(sample: &Sample, fit: &Fit) -> Design {
        let mut terms = fit.basis.terms.clone();
        terms.sort();
        let features = terms
            .iter()
            .flat_map(|&term| (0..sample.inputs()).map(move |input| Source::Feature(term, input)));
        let products = (0..fit.products.len()).map(Source::Product);
        let sources: Vec<Source> = features.chain(products).collect();
        let mut design = Design {
            columns: Columns::zeros(sample.x.rows(), 1 + sources.len()),
            mean: vec![0.0; sources.len()],
            deviation: vec![1.0; sources.len()],
            sources,
            terms,
            products: fit.products.clone(),
        };
        let rows = sample.x.rows();
        let one = |row: usize| if row < rows { 1.0 } else { 0.0 };
        let ones: Vec<f64> = (0..sample.x.padded()).map(one).collect();
        design.columns.set_column(0, &ones);
        for (index, source) in design.sources.clone().into_iter().enumerate() {
            let mut values = match source {
                Source::Feature(term, input) => match sample.feature(term) {
                    Some(feature) => feature.column(input),
                    None => continue,
                },
                Source::Product(product) => values(sample, &fit.products[product]),
            };
            let (mean, deviation) = moments(sample, &values);
            values
                .iter_mut()
                .zip(&ones)
                .for_each(|(v, one)| *v = (*v - mean) / deviation * one);
            design.columns.set_column(1 + index, &values);
            (design.mean[index], design.deviation[index]) = (mean, deviation);
        }
        design
    }

    /// Coefficients of the columns for each output and each penalty, `[penalty][output]`:
    ///
    /// `min_b sum_i w_i (y_i - b0 - b z_i)^2 + penalty * sum_i w_i * |b|^2`.
    ///
    /// A column that depends on earlier ones has coefficient 0. One step of iterative refinement
    /// takes away the rounding errors that the normal equations bring.
    pub fn solve(&self, sample: &Sample, penalties: &[f64]) -> Vec<Vec<Vec<f64>>> {
        let weights: Vec<f64> = sample.root.iter().map(|root| root * root).collect();
        let count = self.columns.count();
        let gram = sample.gram(&self.columns, &weights);
        penalties
            .iter()
            .map(|penalty| {
                let mut matrix = gram.clone();
                for index in 1..count {
                    matrix[index * (count + 1)] += penalty * sample.weight;
                }
                let factor = Cholesky::new(&matrix, count, 1e-10);
                let one = |target: &Vec<f64>| {
                    let mut solution = vec![0.0; count];
                    for _ in 0..2 {
                        let fitted = sample.combine(&self.columns, &solution);
                        let rest = target.iter().zip(&fitted).zip(&weights);
                        let rest: Vec<f64> = rest.map(|((y, f), w)| (y - f) * w).collect();
                        let mut right = sample.sums(&self.columns, &rest);
                        for index in 1..count {
                            right[index] -= penalty * sample.weight * solution[index];
                        }
                        let change = factor.solve(&right);
                        solution.iter_mut().zip(change).for_each(|(s, c)| *s += c);
                    }
                    solution
                };
                sample.targets.iter().map(one).collect()
            })
            .collect()
    }

    /// The design without its column of ones, as rows.
    pub fn to_matrix(&self) -> Matrix<f64> {
        let width = self.sources.len();
        let mut matrix = Matrix::zeros(self.columns.rows(), width);
        for index in 0..width {
            let column = self.columns.column(1 + index);
            for (row, &value) in column.iter().enumerate().take(matrix.rows()) {
                matrix.row_mut(row)[index] = value;
            }
        }
        matrix
    }

    /// The polynomial with the given coefficients, one vector per output, in the inputs as they
    /// were before the sample scaled them.
    pub fn polynomial(&self, sample: &Sample, coefficients: &[Vec<f64>]) -> Polynomial {
        let (inputs, outputs) = (sample.inputs(), coefficients.len());
        let mut weights: Vec<(Term, Matrix<f64>)> = self
            .terms
            .iter()
            .map(|&term| (term, Matrix::zeros(inputs, outputs)))
            .collect();
        let mut pieces: Vec<Piece> = self
            .products
            .iter()
            .map(|product| piece(sample, product, outputs))
            .collect();
        let mut intercept = vec![0.0; outputs];
        for (output, coefficients) in coefficients.iter().enumerate() {
            intercept[output] = coefficients[0];
            for (index, &source) in self.sources.iter().enumerate() {
                let value = coefficients[1 + index] / self.deviation[index];
                intercept[output] -= value * self.mean[index];
                match source {
                    Source::Product(product) => pieces[product].weights[output] = value,
                    Source::Feature(term, input) => {
                        let scale = match term {
                            Term::Pure { order } => sample.scale[input].powi(order as i32),
                            _ => 1.0,
                        };
                        if let Some((_, matrix)) = weights.iter_mut().find(|(t, _)| *t == term) {
                            matrix.row_mut(input)[output] = value / scale;
                        }
                    }
                }
            }
        }
        pieces.sort_by_key(Piece::order);
        let mut polynomial = Polynomial {
            inputs,
            intercept,
            pure: Vec::new(),
            functions: Vec::new(),
            pieces,
        };
        for (term, weights) in weights {
            match term {
                Term::Pure { order } => polynomial.pure.push(PureTerm { order, weights }),
                Term::Function(function) => {
                    polynomial
                        .functions
                        .push(FunctionTerm { function, weights });
                }
                Term::Interaction { .. } => {}
            }
        }
        polynomial
    }
}

fn piece(sample: &Sample, product: &Product, outputs: usize) -> Piece {
    let inputs = sample.inputs();
    let factors = product.factors.iter().enumerate();
    let factors = factors
        .map(|(index, value)| value / sample.scale[index % inputs])
        .collect();
    Piece {
        factors: Matrix::from_vec(product.order, inputs, factors),
        weights: vec![0.0; outputs],
    }
}

/// The product's values, without row weights.
fn values(sample: &Sample, product: &Product) -> Vec<f64> {
    let mut values = vec![1.0; sample.x.padded()];
    for index in 0..product.order {
        super::fit::times(
            &mut values,
            &sample.combine(&sample.x, product.factor(index)),
        );
    }
    values
}

/// Weighted mean and deviation; a column that does not vary has deviation 1.
fn moments(sample: &Sample, values: &[f64]) -> (f64, f64) {
    let weights: Vec<f64> = sample.root.iter().map(|root| root * root).collect();
    let mean = dot(&weights, values) / sample.weight;
    let squares: Vec<f64> = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .collect();
    let deviation = (dot(&weights, &squares) / sample.weight).sqrt();
    if deviation > 1e-10 * mean.abs() && deviation > 0.0 {
        (mean, deviation)
    } else {
        (mean, 1.0)
    }
}
