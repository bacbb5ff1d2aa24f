//! Task-driven convolutions: image sets, architectures of any neuron, training, export.
//!
//! | module | what it holds |
//! |---|---|
//! | [`images`] | image sets: CIFAR, SVHN, STL-10, folders; augmentation |
//! | [`kernels`] | convolution, batch norm and powers on the CPU, on plain slices |

mod error;
pub mod images;
pub mod kernels;

pub use error::VisionError;
