//! Where tensors live and how the heavy operations on them are carried out.
//!
//! Networks run on any Burn backend. What costs nearly all of the time (convolutions, batch norms,
//! powers) are [`Function`]s with gradients by hand: on the CPU they run on our own [`kernels`],
//! elsewhere on the backend's operations ([`generic`]). One implementation for automatic
//! differentiation serves all of them (`tape`). Leaving them to Burn's CPU operations was
//! rejected: its convolutions are slower than PyTorch's, and a batch norm made of
//! element-wise operations passes over its values some twenty times.
//!
//! [`kernels`]: crate::kernels

mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
pub mod generic;
mod tape;

use burn_backend::TensorPrimitive;
use burn_backend::backend::Backend;
use burn_backend::tensor::FloatTensor;
use burn_tensor::Tensor;

use crate::graph::Window;

/// A tensor as its backend holds it.
pub(crate) type Primitive<B> = FloatTensor<B>;

/// The variance that a batch norm adds, so that constant channels do not divide by zero.
pub const EPSILON: f32 = 1e-5;

/// An operation with a gradient by hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
    /// Of the image and the weights, `outputs x inputs/groups x size x size`.
    Convolution {
        /// The window.
        window: Window,
        /// Channels are split into so many groups.
        groups: usize,
    },
    /// Of the value, gains and shifts, by the batch's own mean and variance; a ReLU after it.
    BatchNorm {
        /// Whether a ReLU follows.
        relu: bool,
    },
    /// `b(x)^order`, `b(x) = x / sqrt(1 + (x / bound)^2)`.
    Power {
        /// The exponent.
        order: u32,
        /// The bound.
        bound: Option<f32>,
    },
    /// `max(x, 0)`.
    Relu,
    /// `max(a + b, 0)`.
    AddRelu,
    /// The element-wise product of two to five values.
    Product,
    /// The largest value under a window; padding never wins.
    MaxPool(Window),
    /// The mean under a window, of the zeros of its padding too.
    AveragePool(Window),
}

/// What a [`Function`] computed.
#[derive(Debug, Clone)]
pub struct Computed<B: Backend> {
    /// Its value.
    pub value: FloatTensor<B>,
    /// What its gradient needs besides inputs and value: a batch norm's means and inverse
    /// deviations, one number per channel; on the CPU the places of a pooling's largest values.
    pub kept: Vec<FloatTensor<B>>,
}

/// A backend that networks run on.
pub trait VisionBackend: Backend {
    /// The value of a function.
    fn value(function: Function, inputs: &[FloatTensor<Self>]) -> Computed<Self>;

    /// The gradients with respect to the inputs that are `wanted`, from the gradient of the value.
    fn gradients(
        function: Function,
        inputs: &[FloatTensor<Self>],
        computed: &Computed<Self>,
        gradient: FloatTensor<Self>,
        wanted: &[bool],
    ) -> Vec<Option<FloatTensor<Self>>>;

    /// `scale x + shift` per channel, with a ReLU after it if asked: a batch norm that has been
    /// trained.
    fn affine(
        x: Tensor<Self, 4>,
        scale: Tensor<Self, 1>,
        shift: Tensor<Self, 1>,
        relu: bool,
    ) -> Tensor<Self, 4> {
        generic::affine(x, scale, shift, relu)
    }
}

/// A tensor of its primitive.
pub(crate) fn tensor<B: Backend, const D: usize>(primitive: FloatTensor<B>) -> Tensor<B, D> {
    Tensor::from_primitive(TensorPrimitive::Float(primitive))
}

/// The primitive of a tensor.
pub(crate) fn primitive<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> FloatTensor<B> {
    tensor.into_primitive().tensor()
}
