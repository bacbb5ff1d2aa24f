//! Convolution, batch norm, powers, products and pooling on the CPU, on plain slices.
//!
//! All arrays are `f32`, images N x C x H x W without gaps. Every function takes a [`CpuPath`] and
//! is written once over its vectors. Work is spread over images, or channels, in rayon's current
//! pool; no sum's order depends on the number of threads, so neither do the bits of a result.
//!
//! Shapes are checked with assertions: networks have checked theirs before, so that a wrong slice
//! here is a bug of the caller and no matter of data.
//!
//! [`CpuPath`]: neuronseek::terms::CpuPath

mod batch_norm;
mod channel_sums;
mod convolution;
mod element_wise;
mod input_gradient;
mod places;
mod planes;
mod pool;
mod power;
mod product;
mod scratch;
mod shape;
mod taps;
#[cfg(test)]
mod tests;
mod transpose;
mod weight_gradient;
mod weight_tile;

pub use batch_norm::{
    AffineGradient, BatchNorm, ChannelMoments, batch_norm, batch_norm_gradient, channel_affine,
};
pub use convolution::convolution;
pub use element_wise::{add_relu, relu, relu_gradient};
pub use input_gradient::convolution_input_gradient;
pub use pool::{PoolShape, average_pool, average_pool_gradient, max_pool, max_pool_gradient};
pub use power::{power, power_gradient};
pub use product::{product, product_gradient};
pub use shape::ConvShape;
pub use weight_gradient::convolution_weight_gradient;
