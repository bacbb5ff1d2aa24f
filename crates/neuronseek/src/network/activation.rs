use super::config::Activation;
use super::passes;
use super::real::Real;
use crate::terms::CpuPath;

impl Activation {
    /// Sets `out` to the activation of `values`.
    pub(crate) fn values<T: Real>(self, path: CpuPath, out: &mut [T], values: &[T]) {
        match self {
            Activation::Relu => passes::relu(path, out, values),
            Activation::Identity => out.copy_from_slice(values),
            _ => {
                for (out, &value) in out.iter_mut().zip(values) {
                    *out = self.value(value);
                }
            }
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
            Activation::Identity => out.copy_from_slice(gradient),
            _ => {
                for ((out, &gradient), &value) in out.iter_mut().zip(gradient).zip(values) {
                    *out = gradient * self.derivative(value);
                }
            }
        }
    }

    fn value<T: Real>(self, x: T) -> T {
        match self {
            Activation::Relu => {
                if x < T::ZERO {
                    T::ZERO
                } else {
                    x
                }
            }
            Activation::Silu => x * sigmoid(x),
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => sigmoid(x),
            Activation::Gelu => x * normal_distribution(x),
            Activation::Identity => x,
        }
    }

    fn derivative<T: Real>(self, x: T) -> T {
        match self {
            Activation::Relu => {
                if x > T::ZERO {
                    T::ONE
                } else {
                    T::ZERO
                }
            }
            Activation::Silu => {
                let sigmoid = sigmoid(x);
                sigmoid * (T::ONE + x * (T::ONE - sigmoid))
            }
            Activation::Tanh => {
                let tanh = x.tanh();
                T::ONE - tanh * tanh
            }
            Activation::Sigmoid => {
                let sigmoid = sigmoid(x);
                sigmoid * (T::ONE - sigmoid)
            }
            Activation::Gelu => normal_distribution(x) + x * normal_density(x),
            Activation::Identity => T::ONE,
        }
    }
}

/// 1 / (1 + exp(-x)); exp overflows to infinity and its inverse is then 0, as it should be.
pub(crate) fn sigmoid<T: Real>(x: T) -> T {
    T::ONE / (T::ONE + (-x).exp())
}

/// Phi(x) = (1 + erf(x / sqrt 2)) / 2
fn normal_distribution<T: Real>(x: T) -> T {
    let half = T::from_f64(0.5);
    half * (T::ONE + (x * T::from_f64(std::f64::consts::FRAC_1_SQRT_2)).erf())
}

/// exp(-x^2 / 2) / sqrt(2 pi)
fn normal_density<T: Real>(x: T) -> T {
    let scale = T::from_f64(0.398_942_280_401_432_7);
    scale * (-(x * x) * T::from_f64(0.5)).exp()
}
