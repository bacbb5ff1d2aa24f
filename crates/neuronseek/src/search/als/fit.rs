//! A structure with its coefficients on a sample.

use std::sync::Arc;

use super::basis::Basis;
use super::dense::{Cholesky, dot};
use super::sample::Sample;
use crate::neuron::{Neuron, Term};

/// A residual below this share of the target's variance counts as none, so that rounding errors
/// are not modelled.
const EXACT: f64 = 1e-12;

/// BIC means nothing where the coefficients are nearly as many as the numbers they explain.
const MOST_PARAMETERS: f64 = 0.5;

/// A product of `order` projections: `y_c += weights_c prod_m <u_m, x>`.
#[derive(Debug, Clone)]
pub(super) struct Product {
    pub order: usize,
    /// order x inputs.
    pub factors: Vec<f64>,
    /// One per output.
    pub weights: Vec<f64>,
}

impl Product {
    /// The factors, one by one.
    pub fn factor(&self, index: usize) -> &[f64] {
        let inputs = self.factors.len() / self.order;
        &self.factors[index * inputs..(index + 1) * inputs]
    }

    /// Gives all factors the same length and moves the sign and size that the weights share, up
    /// to a largest weight of 1, into them. Gives back what each factor was multiplied by.
    pub fn balance(&mut self) -> Vec<f64> {
        let largest = self.weights.iter().fold(0.0f64, |a, b| a.max(b.abs()));
        let inputs = self.factors.len() / self.order;
        let lengths = self.factors.chunks(inputs).map(|u| dot(u, u).sqrt());
        let lengths: Vec<f64> = lengths.collect();
        let logarithm: f64 = lengths.iter().map(|length| length.ln()).sum::<f64>() + largest.ln();
        let common = (logarithm / self.order as f64).exp();
        if !(common.is_finite() && common > 0.0) {
            return vec![1.0; self.order];
        }
        let mut changes: Vec<f64> = lengths.iter().map(|length| common / length).collect();
        let mut unit = largest;
        if let [single] = self.weights[..] {
            unit = single;
            changes[0] *= single.signum();
        }
        for (factor, change) in self.factors.chunks_mut(inputs).zip(&changes) {
            factor.iter_mut().for_each(|value| *value *= change);
        }
        self.weights.iter_mut().for_each(|weight| *weight /= unit);
        changes
    }
}

/// Element-wise terms and products with the residual that they leave.
#[derive(Clone)]
pub(super) struct Fit {
    /// The element-wise terms; their coefficients follow from the residual.
    pub basis: Arc<Basis>,
    /// The products.
    pub products: Vec<Product>,
    /// The residual sum of squares of each output.
    pub squares: Vec<f64>,
    /// The criterion, see [`criterion`].
    pub bic: f64,
}

impl Fit {
    /// The structure.
    pub fn neuron(&self) -> Neuron {
        let products = self
            .products
            .iter()
            .map(|product| Term::interaction(product.order, 1));
        Neuron::new(self.basis.terms.iter().copied().chain(products))
    }

    /// The number of free coefficients, see [`parameters`].
    pub fn parameters(&self, sample: &Sample, inputs: usize) -> usize {
        parameters(sample, inputs, &self.basis, &self.products)
    }

    /// Sets the criterion, see [`criterion`].
    pub fn score(&mut self, sample: &Sample, scale: &Scale) {
        self.bic = criterion(sample, scale, (&self.basis, &self.products), &self.squares);
    }
}

/// The number of free coefficients: dependent columns count for nothing, and of a product's
/// factors only the product of their lengths counts.
fn parameters(sample: &Sample, inputs: usize, basis: &Basis, products: &[Product]) -> usize {
    let outputs = sample.outputs();
    let products = products
        .iter()
        .map(|product| product.order * inputs.saturating_sub(1) + outputs);
    outputs * basis.rank() + products.sum::<usize>()
}

/// `BIC = n sum_c ln(RSS_c / n) + p ln n * n / (n - p / C)`; infinite for more coefficients than
/// half the target's numbers, where the residual says little.
pub(super) fn criterion(
    sample: &Sample,
    scale: &Scale,
    (basis, products): (&Basis, &[Product]),
    squares: &[f64],
) -> f64 {
    let n = sample.weight;
    let likelihood: f64 = squares
        .iter()
        .zip(&scale.totals)
        .map(|(rss, total)| (rss.max(EXACT * total) / n).max(f64::MIN_POSITIVE).ln())
        .sum();
    let parameters = parameters(sample, scale.inputs, basis, products);
    scale.share * n * likelihood + penalty(sample, parameters)
}

/// What BIC charges for so many coefficients.
pub(super) fn penalty(sample: &Sample, parameters: usize) -> f64 {
    let (n, p) = (sample.weight, parameters as f64);
    let share = p / (n * sample.outputs() as f64);
    if share <= MOST_PARAMETERS {
        p * n.ln() / (1.0 - share)
    } else {
        f64::INFINITY
    }
}

/// What the criterion needs to know of a problem.
pub(super) struct Scale {
    /// The sum of squares of each target about its mean.
    pub totals: Vec<f64>,
    /// The number of independent, not constant inputs.
    pub inputs: usize,
    /// The share of the outputs that is independent: (C - 1) / C for one-hot targets.
    pub share: f64,
}

/// The projections, leave-one-out products and residuals of a fit.
pub(super) struct State {
    /// Each product's leave-one-out products times the roots of the row weights: `[product][factor]`.
    pub others: Vec<Vec<Vec<f64>>>,
    /// Each product's values, weighted, element-wise terms projected out.
    pub values: Vec<Vec<f64>>,
    /// The residual of each output, weighted.
    pub residuals: Vec<Vec<f64>>,
    /// The residual sum of squares of each output.
    pub squares: Vec<f64>,
}

impl State {
    /// Evaluates `products` and gives each its best weights.
    pub fn new(sample: &Sample, basis: &Basis, products: &mut [Product]) -> State {
        let mut others = Vec::with_capacity(products.len());
        let mut values = Vec::with_capacity(products.len());
        for product in products.iter() {
            let (leave_one_out, mut value) = evaluate(sample, product);
            basis.project_out(sample, &mut value);
            others.push(leave_one_out);
            values.push(value);
        }
        let mut state = State {
            others,
            values,
            residuals: Vec::new(),
            squares: Vec::new(),
        };
        state.weigh(basis, products);
        state
    }

    /// The sum over all outputs.
    pub fn total(&self) -> f64 {
        self.squares.iter().sum()
    }

    /// Least squares for the products' weights, then the residuals.
    fn weigh(&mut self, basis: &Basis, products: &mut [Product]) {
        let count = self.values.len();
        let mut gram = vec![0.0; count * count];
        for row in 0..count {
            for column in 0..=row {
                gram[row * count + column] = dot(&self.values[row], &self.values[column]);
            }
        }
        let factor = Cholesky::new(&gram, count, 1e-11);
        self.residuals = basis.targets.clone();
        for (output, residual) in self.residuals.iter_mut().enumerate() {
            let right: Vec<f64> = self
                .values
                .iter()
                .map(|value| dot(value, residual))
                .collect();
            let solution = factor.solve(&right);
            for ((product, value), weight) in products.iter_mut().zip(&self.values).zip(solution) {
                product.weights[output] = weight;
                residual
                    .iter_mut()
                    .zip(value)
                    .for_each(|(r, v)| *r -= weight * v);
            }
        }
        self.squares = self
            .residuals
            .iter()
            .map(|residual| dot(residual, residual))
            .collect();
    }
}

/// The leave-one-out products of a product's projections, and the whole product, all times the
/// roots of the row weights.
pub(super) fn evaluate(sample: &Sample, product: &Product) -> (Vec<Vec<f64>>, Vec<f64>) {
    let order = product.order;
    let projections: Vec<Vec<f64>> = (0..order)
        .map(|index| sample.combine(&sample.x, product.factor(index)))
        .collect();
    let mut others = vec![sample.root.clone(); order];
    let mut prefix = sample.root.clone();
    for index in 1..order {
        times(&mut prefix, &projections[index - 1]);
        others[index].copy_from_slice(&prefix);
    }
    times(&mut prefix, &projections[order - 1]);
    let mut suffix = projections[order - 1].clone();
    for index in (0..order - 1).rev() {
        times(&mut others[index], &suffix);
        times(&mut suffix, &projections[index]);
    }
    (others, prefix)
}

/// Element-wise `a *= b`.
pub(super) fn times(a: &mut [f64], b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a *= b);
}
