use super::config::Activation;
use super::passes::{self, passes};
use super::real::Real;
use crate::terms::{CpuPath, Kernel, Lanes};

impl Activation {
    /// Sets `out` to the activation of `values`.
    pub(crate) fn values<T: Real>(self, path: CpuPath, out: &mut [T], values: &[T]) {
        match self {
            Activation::Relu => passes::relu(path, out, values),
            Activation::Silu => silu(path, out, values),
            Activation::Tanh => tanh(path, out, values),
            Activation::Sigmoid => sigmoids(path, out, values),
            Activation::Gelu => gelu(path, out, values),
            Activation::Identity => out.copy_from_slice(values),
        }
    }

    /// Sets `out` to `gradient` times the activation's derivative at `values`.
    pub(crate) fn gradient<T: Real>(
        self,
        path: CpuPath,
        out: &mut [T],
        gradient: &[T],
        values: &[T],
    ) {
        match self {
            Activation::Relu => passes::relu_gradient(path, out, gradient, values),
            Activation::Silu => silu_gradient(path, out, gradient, values),
            Activation::Tanh => tanh_gradient(path, out, gradient, values),
            Activation::Sigmoid => sigmoid_gradient(path, out, gradient, values),
            Activation::Gelu => gelu_gradient(path, out, gradient, values),
            Activation::Identity => out.copy_from_slice(gradient),
        }
    }
}

passes! {
    /// `out = x sigmoid(x)`
    fn silu(out: &'a mut [T], values: &'a [T]) {
        for (out, &x) in out.iter_mut().zip(values) {
            *out = x * sigmoid(x);
        }
    }

    /// `out = gradient s (1 + x (1 - s))` with s = sigmoid(x).
    fn silu_gradient(out: &'a mut [T], gradient: &'a [T], values: &'a [T]) {
        for ((out, &gradient), &x) in out.iter_mut().zip(gradient).zip(values) {
            let s = sigmoid(x);
            *out = gradient * s * (T::ONE + x * (T::ONE - s));
        }
    }

    /// `out = tanh(x)`
    fn tanh(out: &'a mut [T], values: &'a [T]) {
        for (out, &x) in out.iter_mut().zip(values) {
            *out = hyperbolic_tangent(x);
        }
    }

    /// `out = gradient (1 - tanh(x)^2)`
    fn tanh_gradient(out: &'a mut [T], gradient: &'a [T], values: &'a [T]) {
        for ((out, &gradient), &x) in out.iter_mut().zip(gradient).zip(values) {
            let t = hyperbolic_tangent(x);
            *out = gradient * (T::ONE - t * t);
        }
    }

    /// `out = sigmoid(x)`
    fn sigmoids(out: &'a mut [T], values: &'a [T]) {
        for (out, &x) in out.iter_mut().zip(values) {
            *out = sigmoid(x);
        }
    }

    /// `out = gradient s (1 - s)` with s = sigmoid(x).
    fn sigmoid_gradient(out: &'a mut [T], gradient: &'a [T], values: &'a [T]) {
        for ((out, &gradient), &x) in out.iter_mut().zip(gradient).zip(values) {
            let s = sigmoid(x);
            *out = gradient * s * (T::ONE - s);
        }
    }

    /// `out = x Phi(x)`
    fn gelu(out: &'a mut [T], values: &'a [T]) {
        for (out, &x) in out.iter_mut().zip(values) {
            *out = x * normal_distribution(x);
        }
    }

    /// `out = gradient (Phi(x) + x phi(x))`
    fn gelu_gradient(out: &'a mut [T], gradient: &'a [T], values: &'a [T]) {
        for ((out, &gradient), &x) in out.iter_mut().zip(gradient).zip(values) {
            *out = gradient * (normal_distribution(x) + x * normal_density(x));
        }
    }
}

/// 1 / (1 + exp(-x))
#[inline(always)]
pub(crate) fn sigmoid<T: Real>(x: T) -> T {
    T::ONE / (T::ONE + (-x).bounded_exp())
}

/// tanh(x) = 1 - 2 / (1 + exp(2 x)): its error near 0 is that of 1, absolute.
#[inline(always)]
fn hyperbolic_tangent<T: Real>(x: T) -> T {
    let two = T::ONE + T::ONE;
    T::ONE - two / (T::ONE + (two * x).bounded_exp())
}

/// Phi(x) = (1 + erf(x / sqrt 2)) / 2
#[inline(always)]
fn normal_distribution<T: Real>(x: T) -> T {
    let half = T::from_f64(0.5);
    half * (T::ONE + (x * T::from_f64(std::f64::consts::FRAC_1_SQRT_2)).error_function())
}

/// exp(-x^2 / 2) / sqrt(2 pi)
#[inline(always)]
fn normal_density<T: Real>(x: T) -> T {
    let scale = T::from_f64(0.398_942_280_401_432_7);
    scale * (-(x * x) * T::from_f64(0.5)).bounded_exp()
}
