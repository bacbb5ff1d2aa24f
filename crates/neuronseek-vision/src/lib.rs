//! Task-driven convolutions: image sets, architectures of any neuron, training, export.
//!
//! | module | what it holds |
//! |---|---|
//! | [`architecture`] | ResNet, DenseNet, SE-ResNet, GoogLeNet, a small plain network, for any neuron |
//! | [`graph`] | a network as data: operations, shapes, parameters |
//! | [`images`] | image sets: CIFAR, SVHN, STL-10, folders; augmentation |
//! | [`kernels`] | convolution, batch norm and powers on the CPU, on plain slices |

pub mod architecture;
mod error;
pub mod graph;
pub mod images;
pub mod kernels;

pub use error::VisionError;
