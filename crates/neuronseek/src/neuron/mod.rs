//! What a search finds: a set of terms that a neuron aggregates, without coefficients.
//!
//! The text form is printed and parsed everywhere (command line, model files, reports):
//! terms joined by ` + `; pure terms `x`, `x^3`; interaction terms `cp(2)` or, with a rank,
//! `cp(3, r=4)`; element-wise functions `sin(x)`, `cos(x)`, `exp(x)`. A parser of our own reads
//! it; evaluating strings with a general expression engine was rejected, because model files and
//! command lines must never carry code.

mod parse;
mod term;

pub use parse::NeuronError;
pub use term::{Function, MAX_ORDER, Neuron, Structure, StructureTerm, Term};
