//! The convolution that aggregates by a neuron.
//!
//! ```text
//! y = sum_k BN(Conv_k(b(x)^k)) + sum_k BN(Conv_k(prod_{m<=k} b(P_{k,m} x)))
//! ```
//!
//! with the orders k of the pure terms in the first sum (order 1 is the plain `BN(Conv(x))`), those
//! of the interactions in the second; `P` are convolutions of one pixel to the rank, and
//! `b(z) = z / sqrt(1 + (z / 3)^2)` keeps powers bounded. The norm of each term sets its scale; the
//! gains of terms beyond order 1 start small, so that a network starts near its linear form.
//! Networks that normalise before a convolution have no norm after it: there the term x has none.

use neuronseek::neuron::Term;

use super::{Layers, Placement};
use crate::graph::{NodeId, Operation, Window};

/// Where the stabiliser levels off: inputs have a deviation of about one after their norms.
pub const BOUND: f32 = 3.0;
/// The rank of an interaction that has none of its own.
pub const RANK: usize = 16;
/// Where the gains of terms beyond order 1 start, if x is among the terms.
pub const ADDED_GAIN: f32 = 0.1;

impl Layers<'_> {
    /// The neuron's convolution, each term with its norm, before the activation.
    pub(super) fn neuron(
        &mut self,
        name: &str,
        input: NodeId,
        outputs: usize,
        window: Window,
    ) -> NodeId {
        self.aggregate(name, input, outputs, window, true)
    }

    /// The neuron's convolution where the norm stands before it.
    pub(super) fn pre_normed_neuron(
        &mut self,
        name: &str,
        input: NodeId,
        outputs: usize,
        window: Window,
    ) -> NodeId {
        self.aggregate(name, input, outputs, window, false)
    }

    fn aggregate(
        &mut self,
        name: &str,
        input: NodeId,
        outputs: usize,
        window: Window,
        normed: bool,
    ) -> NodeId {
        let linear = self.plan.placement == Placement::Stem && name != "stem";
        let terms = if linear {
            vec![Term::pure(1)]
        } else {
            self.plan.neuron.terms().to_vec()
        };
        let mut sum = Vec::new();
        for (number, &term) in terms.iter().enumerate() {
            let path = format!("{name}.{}", label(term));
            let read = self.read(&path, term, input);
            let mut node = self.builder.convolution(&path, read, outputs, window);
            if normed || term != Term::pure(1) {
                let gain = if number == 0 { 1.0 } else { ADDED_GAIN };
                let norm = Operation::BatchNorm { gain };
                node = self.builder.add(&format!("{path}.norm"), norm, &[node]);
            }
            if self.plan.gated && !linear {
                let gate = Operation::Gate { term: number };
                node = self.builder.add(&format!("{path}.gate"), gate, &[node]);
            }
            sum.push(node);
        }
        match sum[..] {
            [only] => only,
            _ => self
                .builder
                .add(&format!("{name}.sum"), Operation::Add, &sum),
        }
    }

    /// What the term's convolution reads.
    fn read(&mut self, path: &str, term: Term, input: NodeId) -> NodeId {
        let power = |order| Operation::Power {
            order,
            bound: Some(BOUND),
        };
        match term {
            Term::Pure { order: 1 } | Term::Function(_) => input,
            Term::Pure { order } => {
                let name = format!("{path}.power");
                self.builder.add(&name, power(order as u32), &[input])
            }
            Term::Interaction { order, rank } => {
                let mut projections = Vec::new();
                for factor in 1..=order {
                    let name = format!("{path}.factor{factor}");
                    let projection = Operation::Convolution {
                        outputs: rank.unwrap_or(RANK),
                        window: Window::same(1),
                        groups: 1,
                        bias: false,
                        gain: 1.0,
                    };
                    let node = self.builder.add(&name, projection, &[input]);
                    let name = format!("{name}.bounded");
                    projections.push(self.builder.add(&name, power(1), &[node]));
                }
                let name = format!("{path}.product");
                self.builder.add(&name, Operation::Product, &projections)
            }
        }
    }
}

/// The term in the paths of its parameters: "x", "x^2", "cp(3)"; ranks are not part of it.
fn label(term: Term) -> String {
    match term {
        Term::Interaction { order, .. } => format!("cp({order})"),
        term => term.to_string(),
    }
}
