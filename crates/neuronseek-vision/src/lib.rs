//! Task-driven convolutions: image sets, architectures of any neuron, training, export.
//!
//! | module | what it holds |
//! |---|---|
//! | [`architecture`] | ResNet, DenseNet, SE-ResNet, GoogLeNet, a small plain network, for any neuron |
//! | [`augment`] | batches for training: order, crops, flips, RandAugment, mixup, worker threads |
//! | [`backend`] | the heavy operations with gradients by hand, on any device |
//! | [`device`] | the processor or graphics cards |
//! | [`export`] | ONNX |
//! | [`graph`] | a network as data: operations, shapes, parameters |
//! | [`images`] | image sets: CIFAR, SVHN, STL-10, folders |
//! | [`kernels`] | convolution, batch norm and powers on the CPU, on plain slices |
//! | [`maps`] | class activation maps: where a network looks |
//! | [`model`] | a trained network in a file, checkpoints, growing |
//! | [`network`] | a graph with its numbers: forward passes |
//! | [`search`] | finding the neuron of an image set |
//! | [`train`] | training, evaluation, gates |

pub mod architecture;
pub mod augment;
pub mod backend;
pub mod device;
mod error;
pub mod export;
pub mod graph;
pub mod images;
pub mod kernels;
pub mod maps;
pub mod model;
pub mod network;
pub mod search;
pub mod train;

pub use error::VisionError;
