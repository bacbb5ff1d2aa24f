//! Element-wise passes over whole blocks of features x rows.

use super::path::{Path, vectorised};
use super::real::Real;

vectorised! {
    /// `out = a * b`
    pub(crate) fn multiply_into<T: Real>(out: &mut [T], a: &[T], b: &[T]) {
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out = a * b;
        }
    }

    /// `out *= a`
    pub(crate) fn multiply_by<T: Real>(out: &mut [T], a: &[T]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out *= a;
        }
    }

    /// `out += a`
    pub(crate) fn add_to<T: Real>(out: &mut [T], a: &[T]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out += a;
        }
    }

    /// `out += factor * a`
    pub(crate) fn add_scaled<T: Real>(out: &mut [T], factor: T, a: &[T]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out += factor * a;
        }
    }

    /// `out += factor * a * b`
    pub(crate) fn add_scaled_product<T: Real>(out: &mut [T], factor: T, a: &[T], b: &[T]) {
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out += factor * a * b;
        }
    }

    /// `out = max(a, 0)`; a NaN stays one, so that it is seen in the loss.
    pub(crate) fn relu<T: Real>(out: &mut [T], a: &[T]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out = if a < T::ZERO { T::ZERO } else { a };
        }
    }

    /// `out = gradient` where `a > 0`, else 0.
    pub(crate) fn relu_gradient<T: Real>(out: &mut [T], gradient: &[T], a: &[T]) {
        for ((out, &gradient), &a) in out.iter_mut().zip(gradient).zip(a) {
            *out = if a > T::ZERO { gradient } else { T::ZERO };
        }
    }

    /// The sum, by 16 partial sums over positions modulo 16 that are then added in order.
    pub(crate) fn sum<T: Real>(a: &[T]) -> T {
        let mut partial = [T::ZERO; 16];
        let mut chunks = a.chunks_exact(16);
        for chunk in &mut chunks {
            for (partial, &a) in partial.iter_mut().zip(chunk) {
                *partial += a;
            }
        }
        for (partial, &a) in partial.iter_mut().zip(chunks.remainder()) {
            *partial += a;
        }
        partial.into_iter().fold(T::ZERO, |sum, partial| sum + partial)
    }

    /// The inner product, added up as [`sum`] does.
    pub(crate) fn dot<T: Real>(a: &[T], b: &[T]) -> T {
        let mut partial = [T::ZERO; 16];
        let (mut left, mut right) = (a.chunks_exact(16), b.chunks_exact(16));
        for (a, b) in (&mut left).zip(&mut right) {
            for ((partial, &a), &b) in partial.iter_mut().zip(a).zip(b) {
                *partial += a * b;
            }
        }
        let rest = left.remainder().iter().zip(right.remainder());
        for (partial, (&a, &b)) in partial.iter_mut().zip(rest) {
            *partial += a * b;
        }
        partial.into_iter().fold(T::ZERO, |sum, partial| sum + partial)
    }
}

/// `out = x^order`, order at least 1.
pub(crate) fn power<T: Real>(out: &mut [T], x: &[T], order: usize) {
    if order == 1 {
        out.copy_from_slice(x);
        return;
    }
    multiply_into(out, x, x);
    for _ in 2..order {
        multiply_by(out, x);
    }
}

/// `out += order * x^(order - 1) * gradient`; `gradient` is used up.
pub(crate) fn power_gradient<T: Real>(out: &mut [T], x: &[T], gradient: &mut [T], order: usize) {
    if order == 1 {
        add_to(out, gradient);
        return;
    }
    for _ in 2..order {
        multiply_by(gradient, x);
    }
    add_scaled_product(out, T::from_f64(order as f64), x, gradient);
}

/// The sum of squares.
pub(crate) fn sum_of_squares<T: Real>(a: &[T]) -> T {
    dot(a, a)
}
