//! The networks of the constructions, as objects of the library `neuronseek`.
//!
//! Each cell is a [`neuronseek::network::Network`] with fixed parameters. The library computes in
//! doubles, which an orbit outgrows after a few dozen steps; [`FixedNetwork`] computes the same
//! layers, from the same parameters, in fixed point of any width. So what runs is what is listed.

mod cells;
mod fixed_network;

pub use cells::{Cells, Parameter};
pub use fixed_network::FixedNetwork;
