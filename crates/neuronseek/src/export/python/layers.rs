//! Networks and polynomials as Python: arrays, and the few lines that use them.
//!
//! The same lines serve NumPy, for one network at a time, and PyTorch, where the arrays of all
//! networks of the same structure have one more axis before the others.

use std::collections::HashMap;
use std::fmt::Write;

use super::terms::{self, Embedded, Layer, Term};
use super::text::list;
use crate::network::{Activation, Folded};
use crate::terms::Polynomial;

/// For which library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// NumPy alone.
    Numpy,
    /// PyTorch.
    Torch,
}

/// The numbers of an array.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Single precision.
    Single(Vec<f32>),
    /// Double precision.
    Double(Vec<f64>),
}

/// An array with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    pub name: String,
    pub shape: Vec<usize>,
    pub numbers: Numbers,
    /// Whether training changes it.
    pub trained: bool,
}

/// Networks of one structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// What each network's outputs are multiplied with.
    pub weights: Vec<f64>,
    /// The first axis is the networks'.
    pub arrays: Vec<Array>,
    /// The lines of a function of x.
    pub body: String,
}

impl Numbers {
    fn extend(&mut self, more: Numbers) {
        match (self, more) {
            (Numbers::Single(own), Numbers::Single(more)) => own.extend(more),
            (Numbers::Double(own), Numbers::Double(more)) => own.extend(more),
            // Stacked networks have the same precision.
            _ => {}
        }
    }
}

/// The networks, those of the same structure together, in the order of the first of each.
pub fn stacks(members: &[(f64, Folded)], dialect: Dialect) -> Vec<Stack> {
    let mut stacks: Vec<Stack> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (weight, network) in members {
        let (body, arrays) = Writing::network(network, dialect);
        let mut structure = body.clone();
        for array in &arrays {
            let _ = write!(structure, "\n{} {:?}", array.name, array.shape);
        }
        let place = *places.entry(structure).or_insert(stacks.len());
        if place == stacks.len() {
            stacks.push(stack(*weight, body, arrays));
            continue;
        }
        let own = &mut stacks[place];
        own.weights.push(*weight);
        for (own, more) in own.arrays.iter_mut().zip(arrays) {
            own.shape[0] += 1;
            own.numbers.extend(more.numbers);
        }
    }
    stacks
}

/// A polynomial as a network of one layer.
pub fn polynomial(polynomial: &Polynomial, dialect: Dialect) -> Stack {
    let (body, arrays) = Writing::polynomial(polynomial, dialect);
    stack(1.0, body, arrays)
}

fn stack(weight: f64, body: String, mut arrays: Vec<Array>) -> Stack {
    for array in &mut arrays {
        array.shape.insert(0, 1);
    }
    Stack {
        weights: vec![weight],
        arrays,
        body,
    }
}

/// The body of a function that is being written.
struct Writing {
    dialect: Dialect,
    arrays: Vec<Array>,
    body: String,
}

impl Writing {
    fn new(dialect: Dialect) -> Writing {
        Writing {
            dialect,
            arrays: Vec::new(),
            body: String::new(),
        }
    }

    fn network(network: &Folded, dialect: Dialect) -> (String, Vec<Array>) {
        let mut own = Writing::new(dialect);
        own.line(&format!("x = x[:, :{}]", network.inputs));
        for (index, layer) in network.layers.iter().enumerate() {
            let (from, name) = match index {
                0 => ("x", "layer1_".to_string()),
                _ => ("h", format!("layer{}_", index + 1)),
            };
            let terms = own.terms(&terms::folded(layer), from, &name);
            own.sum("h =", &terms);
            if index + 1 < network.layers.len() {
                own.activation(network.activation);
            }
        }
        match &network.skip {
            None => own.line("return h"),
            Some(skip) => {
                let mut terms = own.terms(&terms::folded(skip), "x", "skip_");
                terms.insert(0, "h".to_string());
                own.sum("return", &terms);
            }
        }
        (own.body, own.arrays)
    }

    fn polynomial(polynomial: &Polynomial, dialect: Dialect) -> (String, Vec<Array>) {
        let mut own = Writing::new(dialect);
        own.line(&format!("x = x[:, :{}]", polynomial.inputs));
        let terms = own.terms(&terms::polynomial(polynomial), "x", "");
        own.sum("return", &terms);
        (own.body, own.arrays)
    }

    fn line(&mut self, text: &str) {
        self.body += "    ";
        self.body += text;
        self.body.push('\n');
    }

    /// `start` and the sum of the terms, one a line.
    fn sum(&mut self, start: &str, terms: &[String]) {
        self.line(&format!("{start} ("));
        for (index, term) in terms.iter().enumerate() {
            let sign = if index == 0 { "" } else { "+ " };
            self.line(&format!("    {sign}{term}"));
        }
        self.line(")");
    }

    fn activation(&mut self, activation: Activation) {
        let numpy = self.dialect == Dialect::Numpy;
        let function = match activation {
            Activation::Relu if numpy => "relu",
            Activation::Relu => "torch.relu",
            Activation::Silu if numpy => "silu",
            Activation::Silu => "nn.functional.silu",
            Activation::Tanh if numpy => "np.tanh",
            Activation::Tanh => "torch.tanh",
            Activation::Sigmoid if numpy => "sigmoid",
            Activation::Sigmoid => "torch.sigmoid",
            Activation::Gelu if numpy => "gelu",
            Activation::Gelu => "nn.functional.gelu",
            Activation::Identity => return,
        };
        self.line(&format!("h = {function}(h)"));
    }

    /// Adds an array; says how it is called in the body.
    fn array(&mut self, name: &str, shape: &[usize], numbers: Numbers) -> String {
        let taken = |name: &str| self.arrays.iter().any(|array| array.name == name);
        let mut own = name.to_string();
        let mut count = 1;
        while taken(&own) {
            count += 1;
            own = format!("{name}_{count}");
        }
        let called = match self.dialect {
            Dialect::Numpy => format!("w.{own}"),
            Dialect::Torch => format!("self.{own}"),
        };
        self.arrays.push(Array {
            name: own,
            shape: shape.to_vec(),
            numbers,
            trained: true,
        });
        called
    }

    /// The summands of a layer of `h`, the bias first.
    fn terms(&mut self, layer: &Layer, h: &str, name: &str) -> Vec<String> {
        let outputs = layer.shape[1];
        let bias = self.array(&format!("{name}bias"), &[1, outputs], layer.bias.clone());
        let mut terms = vec![bias];
        for (index, term) in layer.terms.iter().enumerate() {
            let own = format!("{name}{}", term.name());
            let text = self.term(term, layer.shape, h, &own);
            terms.push(match layer.norm.get(index) {
                None => text,
                Some([scale, shift]) => {
                    let mut array = |part: &str, numbers: &[f32]| {
                        let numbers = Numbers::Single(numbers.to_vec());
                        self.array(&format!("{own}_{part}"), &[1, outputs], numbers)
                    };
                    let (scale, shift) = (array("scale", scale), array("shift", shift));
                    format!("layer_norm({text}, {scale}, {shift})")
                }
            });
        }
        terms
    }

    fn term(&mut self, term: &Term, shape: [usize; 2], h: &str, name: &str) -> String {
        let [inputs, outputs] = shape;
        match term {
            Term::Power(order, weights) => {
                let weights = self.array(name, &shape, weights.clone());
                match (order, self.dialect) {
                    (1, _) => format!("{h} @ {weights}"),
                    (_, Dialect::Numpy) => format!("power({h}, {order}) @ {weights}"),
                    (_, Dialect::Torch) => format!("{h}**{order} @ {weights}"),
                }
            }
            Term::Function(function, weights) => {
                let weights = self.array(name, &shape, weights.clone());
                let library = match self.dialect {
                    Dialect::Numpy => "np",
                    Dialect::Torch => "torch",
                };
                format!("{library}.{}({h}) @ {weights}", function.name())
            }
            Term::Product([order, rank], factors, weights) => {
                let shape = [*order, inputs, *rank];
                let factors = self.array(&format!("{name}_factors"), &shape, factors.clone());
                let weights = self.array(name, &[*rank, outputs], weights.clone());
                format!("product({h}, {factors}) @ {weights}")
            }
            Term::Independent(order, factors, gains) => {
                let shape = [*order, inputs, outputs];
                let factors = self.array(&format!("{name}_factors"), &shape, factors.clone());
                let gains = self.array(&format!("{name}_gains"), &[1, outputs], gains.clone());
                format!("product({h}, {factors}) * {gains}")
            }
            Term::Embedding(embedded) => self.embedding(embedded, outputs, h, name),
        }
    }

    fn embedding(&mut self, embedded: &Embedded, outputs: usize, h: &str, name: &str) -> String {
        let single = |numbers: &[f32]| Numbers::Single(numbers.to_vec());
        let (width, bins) = (embedded.width, embedded.low.len());
        let edges = self.arrays.len();
        let low = self.array(&format!("{name}_low"), &[1, bins], single(&embedded.low));
        let high = self.array(&format!("{name}_high"), &[1, bins], single(&embedded.high));
        self.arrays[edges..]
            .iter_mut()
            .for_each(|array| array.trained = false);
        let shape = [bins, width];
        let steps = self.array(&format!("{name}_steps"), &shape, single(&embedded.steps));
        let shape = [embedded.inputs.len() * width, outputs];
        let weights = self.array(name, &shape, embedded.weights.clone());
        let listed = |all: &[usize]| list(all.iter().map(usize::to_string), 8);
        let (which, counts) = (listed(&embedded.inputs), listed(&embedded.bins));
        format!("embedding({h}, {which}, {counts}, {low}, {high}, {steps}) @ {weights}")
    }
}
