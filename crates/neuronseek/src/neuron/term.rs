use std::fmt;

use serde::{Deserialize, Serialize};

/// The highest order that a term may have.
pub const MAX_ORDER: usize = 9;

/// An element-wise function that a pure term may use instead of a power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// sin of the scaled input.
    Sin,
    /// cos of the scaled input.
    Cos,
    /// exp of the scaled input.
    Exp,
}

impl Function {
    /// All functions, in the order in which they are printed.
    pub const ALL: [Function; 3] = [Function::Sin, Function::Cos, Function::Exp];

    /// The name in the text form.
    pub fn name(self) -> &'static str {
        match self {
            Function::Sin => "sin",
            Function::Cos => "cos",
            Function::Exp => "exp",
        }
    }

    /// The value at `x`.
    pub fn value(self, x: f64) -> f64 {
        match self {
            Function::Sin => x.sin(),
            Function::Cos => x.cos(),
            Function::Exp => x.exp(),
        }
    }
}

/// One summand of a neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// `<w, x^(k)>` with the element-wise power `x^(k)`, 1 <= k <= [`MAX_ORDER`].
    Pure {
        /// The power k.
        order: usize,
    },
    /// `<w, g(x)>` with an element-wise function g.
    Function(Function),
    /// `sum_{r<=R} prod_{m<=k} <u_{m,r}, x>`, the order-k coefficient tensor in CP form,
    /// 2 <= k <= [`MAX_ORDER`] (order 1 is the pure order 1).
    Interaction {
        /// The order k: how many projections are multiplied.
        order: usize,
        /// The rank R: how many products are added; `None` leaves it to the network.
        rank: Option<usize>,
    },
}

impl Term {
    /// The pure term of order `order`.
    pub fn pure(order: usize) -> Term {
        Term::Pure { order }
    }

    /// The interaction term of order `order` and rank `rank`.
    pub fn interaction(order: usize, rank: usize) -> Term {
        Term::Interaction {
            order,
            rank: Some(rank),
        }
    }

    /// The polynomial degree; 1 for functions.
    pub fn order(self) -> usize {
        match self {
            Term::Pure { order } | Term::Interaction { order, .. } => order,
            Term::Function(_) => 1,
        }
    }
}

impl Serialize for Term {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let neuron = Neuron::deserialize(deserializer)?;
        match neuron.terms() {
            [term] => Ok(*term),
            _ => Err(serde::de::Error::custom("expected one term")),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Pure { order: 1 } => write!(f, "x"),
            Term::Pure { order } => write!(f, "x^{order}"),
            Term::Function(function) => write!(f, "{}(x)", function.name()),
            Term::Interaction { order, rank: None } => write!(f, "cp({order})"),
            Term::Interaction {
                order,
                rank: Some(rank),
            } => write!(f, "cp({order}, r={rank})"),
        }
    }
}

/// A set of terms in canonical order: pure orders ascending, functions, interactions by order.
///
/// There is at most one term of each kind and order, and no interaction of order 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Neuron {
    terms: Vec<Term>,
}

impl Neuron {
    /// A neuron of the given terms, brought to canonical form: an interaction of order 1 becomes
    /// the pure order 1; of interactions of the same order the ranks add up; of equal pure terms
    /// one is kept; terms of order or rank 0 vanish.
    pub fn new(terms: impl IntoIterator<Item = Term>) -> Neuron {
        let mut canonical: Vec<Term> = Vec::new();
        for term in terms {
            let term = match term {
                Term::Interaction { order: 1, .. } => Term::pure(1),
                Term::Pure { order: 0 }
                | Term::Interaction { order: 0, .. }
                | Term::Interaction { rank: Some(0), .. } => continue,
                other => other,
            };
            let twin = canonical.iter_mut().find(|kept| match (kept, term) {
                (Term::Interaction { order: a, .. }, Term::Interaction { order: b, .. }) => *a == b,
                (kept, term) => *kept == &term,
            });
            match (twin, term) {
                (Some(Term::Interaction { rank, .. }), Term::Interaction { rank: more, .. }) => {
                    *rank = match (*rank, more) {
                        (Some(a), Some(b)) => Some(a + b),
                        (a, b) => a.or(b),
                    }
                }
                (Some(_), _) => {}
                (None, term) => canonical.push(term),
            }
        }
        canonical.sort();
        Neuron { terms: canonical }
    }

    /// The plain inner product `x`.
    pub fn linear() -> Neuron {
        Neuron::new([Term::pure(1)])
    }

    /// The terms in canonical order.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether there is no term at all.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether this is the plain inner product `x`.
    pub fn is_linear(&self) -> bool {
        self.terms == [Term::pure(1)]
    }

    /// The pure orders, ascending.
    pub fn pure_orders(&self) -> Vec<usize> {
        self.terms
            .iter()
            .filter_map(|term| match term {
                Term::Pure { order } => Some(*order),
                _ => None,
            })
            .collect()
    }

    /// The functions, in printing order.
    pub fn functions(&self) -> Vec<Function> {
        self.terms
            .iter()
            .filter_map(|term| match term {
                Term::Function(function) => Some(*function),
                _ => None,
            })
            .collect()
    }

    /// The interactions as (order, rank), ascending by order.
    pub fn interactions(&self) -> Vec<(usize, Option<usize>)> {
        self.terms
            .iter()
            .filter_map(|term| match term {
                Term::Interaction { order, rank } => Some((*order, *rank)),
                _ => None,
            })
            .collect()
    }

    /// The structure in the form that JSON documents carry.
    pub fn structure(&self) -> Structure {
        Structure {
            pure: self.pure_orders(),
            functions: self.functions(),
            interaction: self
                .interactions()
                .into_iter()
                .map(|(order, rank)| StructureTerm { order, rank })
                .collect(),
        }
    }
}

impl fmt::Display for Neuron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return write!(f, "0");
        }
        for (position, term) in self.terms.iter().enumerate() {
            if position > 0 {
                write!(f, " + ")?;
            }
            write!(f, "{term}")?;
        }
        Ok(())
    }
}

impl Serialize for Neuron {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Neuron {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A search may find nothing, and what it writes must read back; a user's "0" is refused,
        // for nothing can be built of it.
        if text == "0" {
            return Ok(Neuron::default());
        }
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A neuron as lists of orders, for JSON documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    /// The pure orders, ascending.
    pub pure: Vec<usize>,
    /// The element-wise functions; absent from JSON when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<Function>,
    /// The interactions, ascending by order.
    pub interaction: Vec<StructureTerm>,
}

/// An interaction in [`Structure`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StructureTerm {
    /// How many projections are multiplied.
    pub order: usize,
    /// How many products are added; `null` when left to the network.
    pub rank: Option<usize>,
}
