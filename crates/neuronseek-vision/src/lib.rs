//!
//! | module | what it holds |
//! |---|---|
//! | [`architecture`] | ResNet, DenseNet, SE-ResNet, GoogLeNet, a small plain network, for any neuron |
//! | [`backend`] | the heavy operations with gradients by hand, on any device |
//! | [`graph`] | a network as data: operations, shapes, parameters |
//! | [`network`] | a graph with its numbers: forward passes |
//! | [`kernels`] | convolution, batch norm and powers on the CPU, on plain slices |

pub mod architecture;
pub mod backend;
mod error;
pub mod graph;
pub mod images;
pub mod kernels;
pub mod network;


pub use error::VisionError;
