//! Layers of networks and polynomials as sums of the same terms.

use super::layers::Numbers;
use crate::matrix::Matrix;
use crate::network::{FoldedLayer, FoldedTerm};
use crate::neuron::Function;
use crate::terms::Polynomial;

/// A layer's summand.
pub enum Term {
    /// Order and weights.
    Power(usize, Numbers),
    Function(Function, Numbers),
    /// Order and rank; factors are order x inputs x rank.
    Product([usize; 2], Numbers, Numbers),
    /// Order; factors are order x inputs x outputs.
    Independent(usize, Numbers, Numbers),
    Embedding(Embedded),
}

/// Piecewise linear functions of single inputs.
pub struct Embedded {
    pub inputs: Vec<usize>,
    pub bins: Vec<usize>,
    pub width: usize,
    pub low: Vec<f32>,
    pub high: Vec<f32>,
    /// bins of all inputs x width
    pub steps: Vec<f32>,
    pub weights: Numbers,
}

/// Inputs and outputs, and what is added.
pub struct Layer {
    pub shape: [usize; 2],
    pub bias: Numbers,
    pub terms: Vec<Term>,
    pub norm: Vec<[Vec<f32>; 2]>,
}

impl Term {
    /// What its arrays are called after.
    pub fn name(&self) -> String {
        match self {
            Term::Power(1, _) => "x".to_string(),
            Term::Power(order, _) => format!("x{order}"),
            Term::Function(function, _) => function.name().to_string(),
            Term::Product([order, _], ..) | Term::Independent(order, ..) => format!("cp{order}"),
            Term::Embedding(_) => "embedding".to_string(),
        }
    }
}

/// Rows become columns.
fn transposed<T: Copy>(data: &[T], columns: usize) -> impl Iterator<Item = T> + '_ {
    let rows = data.len() / columns.max(1);
    (0..columns).flat_map(move |column| (0..rows).map(move |row| data[row * columns + column]))
}

/// A layer of a network.
pub fn folded(layer: &FoldedLayer) -> Layer {
    let single = |data: &[f32]| Numbers::Single(data.to_vec());
    let all = |factors: &[Matrix<f32>]| {
        let factors = factors.iter();
        Numbers::Single(
            factors
                .flat_map(|factor| transposed(factor.data(), layer.inputs))
                .collect(),
        )
    };
    let term = |term: &FoldedTerm| match term {
        FoldedTerm::Power { order, weights } => Term::Power(*order, single(weights.data())),
        FoldedTerm::Function { function, weights } => {
            Term::Function(*function, single(weights.data()))
        }
        FoldedTerm::Product { factors, weights } => {
            let shape = [factors.len(), weights.rows()];
            Term::Product(shape, all(factors), single(weights.data()))
        }
        FoldedTerm::Independent { factors, gains } => {
            Term::Independent(factors.len(), all(factors), single(gains))
        }
        FoldedTerm::Embedding {
            inputs,
            width,
            weights,
        } => {
            let edges = |from: usize| {
                let knots = inputs.iter().map(|input| &input.knots);
                knots.flat_map(move |knots| knots[from..knots.len() - 1 + from].to_vec())
            };
            let steps = inputs.iter();
            let steps =
                steps.flat_map(|input| transposed(input.steps.data(), input.steps.columns()));
            Term::Embedding(Embedded {
                inputs: inputs.iter().map(|input| input.input).collect(),
                bins: inputs.iter().map(|input| input.steps.columns()).collect(),
                width: *width,
                low: edges(0).collect(),
                high: edges(1).collect(),
                steps: steps.collect(),
                weights: single(weights.data()),
            })
        }
    };
    Layer {
        shape: [layer.inputs, layer.outputs],
        bias: single(&layer.bias),
        terms: layer.terms.iter().map(term).collect(),
        norm: layer.layer_norm.clone(),
    }
}

/// A polynomial as one layer; products of the same order are one term.
pub fn polynomial(polynomial: &Polynomial) -> Layer {
    let double = |data: &[f64]| Numbers::Double(data.to_vec());
    let pure = polynomial.pure.iter();
    let pure = pure.map(|term| Term::Power(term.order, double(term.weights.data())));
    let functions = polynomial.functions.iter();
    let functions =
        functions.map(|term| Term::Function(term.function, double(term.weights.data())));
    let mut terms: Vec<Term> = pure.chain(functions).collect();
    for (order, pieces) in polynomial.pieces_by_order() {
        let pieces = &pieces;
        let factor = |factor: usize| {
            let input =
                move |input: usize| pieces.iter().map(move |p| p.factors.row(factor)[input]);
            (0..polynomial.inputs).flat_map(input)
        };
        terms.push(Term::Product(
            [order, pieces.len()],
            Numbers::Double((0..order).flat_map(factor).collect()),
            Numbers::Double(
                pieces
                    .iter()
                    .flat_map(|p| p.weights.iter().copied())
                    .collect(),
            ),
        ));
    }
    Layer {
        shape: [polynomial.inputs, polynomial.outputs()],
        bias: double(&polynomial.intercept),
        terms,
        norm: Vec::new(),
    }
}
