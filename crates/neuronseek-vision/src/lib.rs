//! Task-driven convolutions: image sets, architectures of any neuron, training, export.
//!
//! | module | what it holds |
//! |---|---|
//! | [`augment`] | batches for training: order, crops, flips, RandAugment, mixup, worker threads |
//! | [`images`] | image sets: CIFAR, SVHN, STL-10, folders |
//! | [`kernels`] | convolution, batch norm and powers on the CPU, on plain slices |

pub mod augment;
mod error;
pub mod images;
pub mod kernels;

pub use error::VisionError;
