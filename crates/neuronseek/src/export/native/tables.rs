//! Networks, and polynomials too long to be written out, as tables that a few loops read.

use std::collections::BTreeSet;

use super::formula;
use super::template::Flags;
use crate::expression::Expression;
use crate::matrix::Matrix;
use crate::model::Core;
use crate::network::{Activation, FoldedEmbedding, FoldedLayer, FoldedTerm};
use crate::neuron::Function;
use crate::search::Formula;
use crate::terms::Polynomial;

/// Numbers of a table.
pub enum Numbers {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Numbers {
    pub fn len(&self) -> usize {
        match self {
            Numbers::Single(numbers) => numbers.len(),
            Numbers::Double(numbers) => numbers.len(),
        }
    }
}

/// What a term makes of the inputs of its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Power,
    Sine,
    Cosine,
    Exponential,
    Product,
    Independent,
    Embedding,
}

/// A term of a layer.
pub struct Term {
    pub kind: Kind,
    /// How many numbers it makes of the layer's inputs.
    pub rows: usize,
    /// The layer's inputs.
    pub inputs: usize,
    /// The power, or how many factors are multiplied.
    pub order: usize,
    /// order x rows x inputs
    pub factors: Option<Numbers>,
    /// rows x outputs; of independent products one an output.
    pub weights: Numbers,
    /// The embedded inputs and how many components each has.
    pub embedded: Vec<Embedded>,
    pub width: usize,
    /// Scale and shift of a layer norm.
    pub norm: Option<[Numbers; 2]>,
}

/// An embedded input.
pub struct Embedded {
    pub input: usize,
    pub knots: Numbers,
    /// width x bins
    pub steps: Numbers,
}

/// A layer.
pub struct Layer {
    pub inputs: usize,
    pub outputs: usize,
    pub bias: Numbers,
    pub terms: Vec<Term>,
}

/// A network with its weight in the sum.
pub struct Network {
    pub weight: f64,
    pub activation: Activation,
    pub layers: Vec<Layer>,
    pub skip: Option<Layer>,
}

impl Network {
    /// All layers, that of the skip last.
    pub fn all(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter().chain(&self.skip)
    }
}

/// What is between scaled inputs and outputs.
pub enum Body {
    Tables(Vec<Network>),
    Written(Vec<Expression>),
}

impl Body {
    pub fn of(core: &Core) -> Body {
        match core {
            Core::Networks { members, .. } => Body::Tables(
                members
                    .iter()
                    .map(|(weight, folded)| Network {
                        weight: *weight,
                        activation: folded.activation,
                        layers: folded.layers.iter().map(layer).collect(),
                        skip: folded.skip.as_ref().map(layer),
                    })
                    .collect(),
            ),
            Core::Formula { formula, .. } => match (formula::expressions(formula), formula) {
                (None, Formula::Polynomial(one)) => Body::Tables(vec![polynomial(one)]),
                (written, _) => Body::Written(written.unwrap_or_default()),
            },
        }
    }

    /// The parts of programs that are needed.
    pub fn flags(&self) -> Flags {
        let Body::Tables(networks) = self else {
            return Flags::new();
        };
        let mut flags = Flags::from(["tables"]);
        for network in networks {
            if network.layers.len() > 1 {
                flags.insert("deep");
                flags.insert(activation(network.activation));
            }
            if network.skip.is_some() {
                flags.insert("skip");
            }
            for term in network.all().flat_map(|layer| &layer.terms) {
                flags.insert(term.kind.flag());
                if term.norm.is_some() {
                    flags.insert("norm");
                }
                if matches!(term.kind, Kind::Product | Kind::Independent) {
                    flags.insert("factors");
                }
            }
        }
        flags
    }

    /// The kinds of terms and the activations that there are.
    pub fn kinds(&self) -> (BTreeSet<Kind>, Vec<Activation>) {
        let (mut kinds, mut activations) = (BTreeSet::new(), Vec::new());
        let networks = match self {
            Body::Tables(networks) => networks.as_slice(),
            Body::Written(_) => &[],
        };
        for network in networks {
            kinds.extend(network.all().flat_map(|l| &l.terms).map(|term| term.kind));
            if network.layers.len() > 1 && !activations.contains(&network.activation) {
                activations.push(network.activation);
            }
        }
        (kinds, activations)
    }

    /// The most inputs or outputs that a layer has.
    pub fn widest(&self) -> usize {
        match self {
            Body::Tables(networks) => {
                let layers = networks.iter().flat_map(Network::all);
                layers.map(|l| l.inputs.max(l.outputs)).max().unwrap_or(1)
            }
            Body::Written(_) => 1,
        }
    }
}

impl Kind {
    /// Its name in templates.
    pub fn flag(self) -> &'static str {
        match self {
            Kind::Power => "power",
            Kind::Sine => "sine",
            Kind::Cosine => "cosine",
            Kind::Exponential => "exponential",
            Kind::Product => "product",
            Kind::Independent => "independent",
            Kind::Embedding => "embedding",
        }
    }
}

impl Term {
    /// What it is, in words for a comment.
    pub fn words(&self) -> String {
        match self.kind {
            Kind::Power if self.order == 1 => "x".to_string(),
            Kind::Power => format!("x^{}", self.order),
            Kind::Sine => "sin(x)".to_string(),
            Kind::Cosine => "cos(x)".to_string(),
            Kind::Exponential => "exp(x)".to_string(),
            Kind::Product => format!("products of {}", self.order),
            Kind::Independent => format!("products of {}, one an output", self.order),
            Kind::Embedding => "embedded inputs".to_string(),
        }
    }
}

/// The name of an activation in templates.
pub fn activation(activation: Activation) -> &'static str {
    match activation {
        Activation::Relu => "relu",
        Activation::Silu => "silu",
        Activation::Tanh => "tanh",
        Activation::Sigmoid => "sigmoid",
        Activation::Gelu => "gelu",
        Activation::Identity => "identity",
    }
}

fn function(function: Function) -> Kind {
    match function {
        Function::Sin => Kind::Sine,
        Function::Cos => Kind::Cosine,
        Function::Exp => Kind::Exponential,
    }
}

fn layer(folded: &FoldedLayer) -> Layer {
    let norm = |index: usize| {
        let norm = folded.layer_norm.get(index)?;
        Some(norm.clone().map(Numbers::Single))
    };
    let terms = folded.terms.iter().enumerate();
    Layer {
        inputs: folded.inputs,
        outputs: folded.outputs,
        bias: Numbers::Single(folded.bias.clone()),
        terms: terms
            .map(|(index, own)| Term {
                norm: norm(index),
                ..term(own, folded.inputs)
            })
            .collect(),
    }
}

/// A term without factors, embedding and norm.
fn plain(kind: Kind, inputs: usize, rows: usize, weights: Numbers) -> Term {
    Term {
        kind,
        rows,
        inputs,
        order: 1,
        factors: None,
        weights,
        embedded: Vec::new(),
        width: 1,
        norm: None,
    }
}

fn term(folded: &FoldedTerm, inputs: usize) -> Term {
    let single = |matrix: &Matrix<f32>| Numbers::Single(matrix.data().to_vec());
    let joined = |factors: &[Matrix<f32>]| {
        let numbers = factors.iter().flat_map(|factor| factor.data());
        Some(Numbers::Single(numbers.copied().collect()))
    };
    match folded {
        FoldedTerm::Power { order, weights } => Term {
            order: *order,
            ..plain(Kind::Power, inputs, weights.rows(), single(weights))
        },
        FoldedTerm::Function {
            function: own,
            weights,
        } => plain(function(*own), inputs, weights.rows(), single(weights)),
        FoldedTerm::Product { factors, weights } => Term {
            order: factors.len(),
            factors: joined(factors),
            ..plain(Kind::Product, inputs, weights.rows(), single(weights))
        },
        FoldedTerm::Independent { factors, gains } => Term {
            order: factors.len(),
            factors: joined(factors),
            ..plain(
                Kind::Independent,
                inputs,
                gains.len(),
                Numbers::Single(gains.clone()),
            )
        },
        FoldedTerm::Embedding {
            inputs: own,
            width,
            weights,
        } => Term {
            embedded: own.iter().map(embedded).collect(),
            width: *width,
            ..plain(Kind::Embedding, inputs, weights.rows(), single(weights))
        },
    }
}

fn embedded(folded: &FoldedEmbedding) -> Embedded {
    Embedded {
        input: folded.input,
        knots: Numbers::Single(folded.knots.clone()),
        steps: Numbers::Single(folded.steps.data().to_vec()),
    }
}

/// A polynomial is a network of one layer; products of one order are together.
fn polynomial(polynomial: &Polynomial) -> Network {
    let inputs = polynomial.inputs;
    let double = |matrix: &Matrix<f64>| Numbers::Double(matrix.data().to_vec());
    let mut terms = Vec::new();
    for pure in &polynomial.pure {
        terms.push(Term {
            order: pure.order,
            ..plain(Kind::Power, inputs, inputs, double(&pure.weights))
        });
    }
    for own in &polynomial.functions {
        let kind = function(own.function);
        terms.push(plain(kind, inputs, inputs, double(&own.weights)));
    }
    let orders: BTreeSet<usize> = polynomial
        .pieces
        .iter()
        .map(|piece| piece.order())
        .collect();
    for order in orders {
        let pieces = || {
            polynomial
                .pieces
                .iter()
                .filter(|piece| piece.order() == order)
        };
        let weights = pieces().flat_map(|piece| &piece.weights).copied();
        let factors = (0..order)
            .flat_map(|m| pieces().flat_map(move |piece| piece.factors.row(m)))
            .copied();
        terms.push(Term {
            order,
            factors: Some(Numbers::Double(factors.collect())),
            ..plain(
                Kind::Product,
                inputs,
                pieces().count(),
                Numbers::Double(weights.collect()),
            )
        });
    }
    Network {
        weight: 1.0,
        activation: Activation::Identity,
        layers: vec![Layer {
            inputs,
            outputs: polynomial.outputs(),
            bias: Numbers::Double(polynomial.intercept.clone()),
            terms,
        }],
        skip: None,
    }
}
