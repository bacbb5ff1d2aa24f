//! Formulas in symbols: `2 * x1 + sin(x2)^2`.
//!
//! An [`Expression`] is a tree over numbered inputs. It is read from text and written as text that
//! reads back to the same tree, applied to whole columns at a time, differentiated by its
//! constants, and expanded into a polynomial where it is one. Nothing is ever handed to an
//! interpreter of a language.
//!
//! | file | what it does |
//! |---|---|
//! | `operation` | operations, their values and derivatives |
//! | `parse`, `text` | from and to text |
//! | `tape` | values over columns of numbers, and slopes by the constants |
//! | `monomials` | expansion into a sparse polynomial; the orders that it has |
//! | `simplify` | constants folded, neutral elements removed |

mod monomials;
mod operation;
mod parse;
mod simplify;
mod tape;
mod text;

use serde::{Deserialize, Serialize};

pub use monomials::Monomials;
pub use operation::Operation;
pub use parse::ParseError;
pub use tape::{BLOCK, Tape};

/// The most operations that an expression read from text may have.
pub const MOST_OPERATIONS: usize = 10_000;

/// A formula over inputs, its operations in prefix order.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    operations: Vec<Operation>,
}

impl Expression {
    /// An expression of operations in prefix order, if they are exactly one tree.
    pub fn from_prefix(operations: Vec<Operation>) -> Option<Expression> {
        let expression = Expression { operations };
        let whole = expression.end(0) == Some(expression.operations.len());
        whole.then_some(expression)
    }

    /// A constant.
    pub fn constant(value: f64) -> Expression {
        Expression {
            operations: vec![Operation::Constant(value)],
        }
    }

    /// The input of this number, from 0.
    pub fn input(index: usize) -> Expression {
        Expression {
            operations: vec![Operation::Input(index)],
        }
    }

    /// An operation of one argument.
    pub fn unary(operation: Operation, argument: &Expression) -> Expression {
        debug_assert_eq!(operation.arity(), 1);
        let mut operations = vec![operation];
        operations.extend_from_slice(&argument.operations);
        Expression { operations }
    }

    /// An operation of two arguments.
    pub fn binary(operation: Operation, left: &Expression, right: &Expression) -> Expression {
        debug_assert_eq!(operation.arity(), 2);
        let mut operations = vec![operation];
        operations.extend_from_slice(&left.operations);
        operations.extend_from_slice(&right.operations);
        Expression { operations }
    }

    /// The operations in prefix order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// How many operations, inputs and constants there are.
    pub fn size(&self) -> usize {
        self.operations.len()
    }

    /// The constants in prefix order.
    pub fn constants(&self) -> Vec<f64> {
        let constant = |operation: &Operation| match operation {
            Operation::Constant(value) => Some(*value),
            _ => None,
        };
        self.operations.iter().filter_map(constant).collect()
    }

    /// Replaces the constants, in prefix order.
    pub fn set_constants(&mut self, values: &[f64]) {
        let places = self.operations.iter_mut().filter_map(|o| match o {
            Operation::Constant(value) => Some(value),
            _ => None,
        });
        places.zip(values).for_each(|(to, from)| *to = *from);
    }

    /// One more than the highest input; 0 without inputs.
    pub fn inputs(&self) -> usize {
        let input = |operation: &Operation| match operation {
            Operation::Input(index) => index + 1,
            _ => 0,
        };
        self.operations.iter().map(input).max().unwrap_or(0)
    }

    /// Where the part that begins at `start` ends; `None` when the operations run out.
    pub(crate) fn end(&self, start: usize) -> Option<usize> {
        let (mut open, mut position) = (1usize, start);
        while open > 0 {
            open = open - 1 + self.operations.get(position)?.arity();
            position += 1;
        }
        Some(position)
    }

    /// The arguments of each operation: where its first and second argument begin (itself where it
    /// has none).
    pub(crate) fn arguments(&self) -> Vec<[usize; 2]> {
        let count = self.operations.len();
        let mut arguments = vec![[0, 0]; count];
        // From the end, the heads of the parts that no operation has taken yet.
        let mut heads: Vec<usize> = Vec::new();
        for index in (0..count).rev() {
            let mut own = [index, index];
            for place in own.iter_mut().take(self.operations[index].arity()) {
                *place = heads.pop().unwrap_or(index);
            }
            arguments[index] = own;
            heads.push(index);
        }
        arguments
    }

    /// The value at one row; NaN or infinite where the formula is not defined.
    pub fn value(&self, row: &[f64]) -> f64 {
        let mut stack: Vec<f64> = Vec::new();
        for operation in self.operations.iter().rev() {
            let a = if operation.arity() > 0 {
                stack.pop().unwrap_or(f64::NAN)
            } else {
                0.0
            };
            let b = if operation.arity() > 1 {
                stack.pop().unwrap_or(f64::NAN)
            } else {
                0.0
            };
            stack.push(match operation {
                Operation::Input(index) => row.get(*index).copied().unwrap_or(f64::NAN),
                operation => operation.value(a, b),
            });
        }
        stack.pop().unwrap_or(f64::NAN)
    }
}

impl Serialize for Expression {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
