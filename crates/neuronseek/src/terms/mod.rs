//! The numeric heart: values and gradients of terms over a batch.

mod polynomial;

pub use polynomial::{FunctionTerm, Piece, Polynomial, PureTerm};
