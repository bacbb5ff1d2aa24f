//! NeuronSeek finds the task-driven neuron of a data set and trains networks of it.
//!
//! Data flows one way through the modules:
//! [`table`] -> [`prepare`] -> [`search`] -> [`neuron`] -> [`network`], [`train`] -> [`model`] ->
//! [`explain`], [`export`].
//! A later module may use an earlier one, never the reverse. The library prints nothing: it
//! reports through [`observe::Observer`].

pub mod explain;
pub mod export;
pub mod expression;
pub mod linear;
pub mod matrix;
pub mod model;
pub mod network;
pub mod neuron;
pub mod observe;
pub mod prepare;
pub mod search;
pub mod table;
pub mod terms;
pub mod train;

/// The README's example compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
