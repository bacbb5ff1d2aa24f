//! Values and gradients of products and functions, block by block.

use super::passes;
use super::real::Real;
use crate::neuron::Function;
use crate::terms::CpuPath;

/// `out = prod_m factors_m`, each factor as long as `out`.
pub(super) fn product_values<T: Real>(path: CpuPath, out: &mut [T], factors: &[T], order: usize) {
    let length = out.len();
    passes::multiply_into(path, out, &factors[..length], &factors[length..2 * length]);
    for factor in 2..order {
        passes::multiply_by(path, out, &factors[factor * length..][..length]);
    }
}

/// `out += prod_m factors_m`; the last factor is multiplied while adding.
pub(super) fn add_products<T: Real>(path: CpuPath, out: &mut [T], factors: &[T], order: usize) {
    let length = out.len();
    if order == 2 {
        let (a, b) = factors.split_at(length);
        return passes::add_scaled_product(path, out, T::ONE, a, b);
    }
    let mut product = vec![T::ZERO; length];
    product_values(path, &mut product, factors, order);
    passes::add_to(path, out, &product);
}

/// `out_m = gradient * prod_{l != m} factors_l`
pub(super) fn product_gradient<T: Real>(
    path: CpuPath,
    out: &mut [T],
    gradient: &[T],
    factors: &[T],
    order: usize,
) {
    let length = gradient.len();
    for m in 0..order {
        let out = &mut out[m * length..(m + 1) * length];
        let mut others = (0..order).filter(|&other| other != m);
        let factor = |other: usize| &factors[other * length..(other + 1) * length];
        if let Some(first) = others.next() {
            passes::multiply_into(path, out, gradient, factor(first));
        }
        for other in others {
            passes::multiply_by(path, out, factor(other));
        }
    }
}

pub(super) fn function_values<T: Real>(function: Function, out: &mut [T], x: &[T]) {
    for (out, &x) in out.iter_mut().zip(x) {
        *out = match function {
            Function::Sin => x.sin(),
            Function::Cos => x.cos(),
            Function::Exp => x.exp(),
        };
    }
}

/// `out += g'(x) * gradient`
pub(super) fn function_gradient<T: Real>(
    function: Function,
    out: &mut [T],
    x: &[T],
    gradient: &[T],
) {
    for ((out, &x), &gradient) in out.iter_mut().zip(x).zip(gradient) {
        *out += gradient
            * match function {
                Function::Sin => x.cos(),
                Function::Cos => -x.sin(),
                Function::Exp => x.exp(),
            };
    }
}
