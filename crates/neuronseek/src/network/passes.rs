//! Element-wise passes over whole blocks of features x rows.

use super::real::Real;
use crate::terms::{CpuPath, Kernel, Lanes};

/// Compiles the one body of each function for every [`CpuPath`].
///
/// Bodies hold only plain arithmetic in a fixed order, which the compiler vectorises without
/// changing a result: all paths give the same bits. All slice arguments have the lifetime `'a`.
macro_rules! passes {
    ($(
        $(#[$meta:meta])*
        fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    )*) => {$(
        $(#[$meta])*
        pub(crate) fn $name<'a, T: Real>(path: CpuPath, $($arg: $type),*) $(-> $result)? {
            struct Pass<'a, T> {
                $($arg: $type,)*
                number: std::marker::PhantomData<&'a T>,
            }

            impl<'a, T: Real> Kernel<T> for Pass<'a, T> {
                type Output = passes!(@output $($result)?);

                #[inline(always)]
                fn run<V: Lanes<Scalar = T>>(self) -> Self::Output {
                    let Pass { $($arg,)* .. } = self;
                    $body
                }
            }

            path.run(Pass { $($arg,)* number: std::marker::PhantomData })
        }
    )*};
    (@output) => { () };
    (@output $result:ty) => { $result };
}
pub(crate) use passes;

passes! {
    /// `out = a * b`
    fn multiply_into(out: &'a mut [T], a: &'a [T], b: &'a [T]) {
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out = a * b;
        }
    }

    /// `out *= a`
    fn multiply_by(out: &'a mut [T], a: &'a [T]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out *= a;
        }
    }

    /// `out += a`
    fn add_to(out: &'a mut [T], a: &'a [T]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out += a;
        }
    }

    /// `out += factor * a`
    fn add_scaled(out: &'a mut [T], factor: T, a: &'a [T]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out += factor * a;
        }
    }

    /// `out += factor * a * b`
    fn add_scaled_product(out: &'a mut [T], factor: T, a: &'a [T], b: &'a [T]) {
        for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
            *out += factor * a * b;
        }
    }

    /// `out = max(a, 0)`; a NaN stays one, so that it is seen in the loss.
    fn relu(out: &'a mut [T], a: &'a [T]) {
        for (out, &a) in out.iter_mut().zip(a) {
            *out = if a < T::ZERO { T::ZERO } else { a };
        }
    }

    /// `out = gradient` where `a > 0`, else 0.
    fn relu_gradient(out: &'a mut [T], gradient: &'a [T], a: &'a [T]) {
        for ((out, &gradient), &a) in out.iter_mut().zip(gradient).zip(a) {
            *out = if a > T::ZERO { gradient } else { T::ZERO };
        }
    }

    /// The sum, by 16 partial sums over positions modulo 16 that are then added in order.
    fn sum(a: &'a [T]) -> T {
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
    fn dot(a: &'a [T], b: &'a [T]) -> T {
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
pub(crate) fn power<T: Real>(path: CpuPath, out: &mut [T], x: &[T], order: usize) {
    if order == 1 {
        out.copy_from_slice(x);
        return;
    }
    multiply_into(path, out, x, x);
    for _ in 2..order {
        multiply_by(path, out, x);
    }
}

/// `out += order * x^(order - 1) * gradient`; `gradient` is used up.
pub(crate) fn power_gradient<T: Real>(
    path: CpuPath,
    out: &mut [T],
    x: &[T],
    gradient: &mut [T],
    order: usize,
) {
    if order == 1 {
        add_to(path, out, gradient);
        return;
    }
    for _ in 2..order {
        multiply_by(path, gradient, x);
    }
    add_scaled_product(path, out, T::from_f64(order as f64), x, gradient);
}

/// The sum of squares.
pub(crate) fn sum_of_squares<T: Real>(path: CpuPath, a: &[T]) -> T {
    dot(path, a, a)
}

passes! {
    /// `out: columns x rows` becomes the transpose of `a: rows x columns`.
    fn transpose(a: &'a [T], columns: usize, out: &'a mut [T]) {
        let rows = a.len() / columns;
        let (full_rows, full_columns) = (rows / 4 * 4, columns / 4 * 4);
        for row in (0..full_rows).step_by(4) {
            let line = |i: usize| &a[(row + i) * columns..][..columns];
            let lines = [line(0), line(1), line(2), line(3)];
            for column in (0..full_columns).step_by(4) {
                let mut block = [[T::ZERO; 4]; 4];
                for (block, line) in block.iter_mut().zip(lines) {
                    block.copy_from_slice(&line[column..column + 4]);
                }
                for (j, line) in T::transposed(block).iter().enumerate() {
                    out[(column + j) * rows + row..][..4].copy_from_slice(line);
                }
            }
            for column in full_columns..columns {
                for (i, line) in lines.iter().enumerate() {
                    out[column * rows + row + i] = line[column];
                }
            }
        }
        for row in full_rows..rows {
            for column in 0..columns {
                out[column * rows + row] = a[row * columns + column];
            }
        }
    }

    /// The inner product of each row of `a` with `b`; each is added up as [`sum`] does.
    fn inner_products_with_one(a: &'a [T], b: &'a [T], out: &'a mut [T]) {
        for (row, out) in a.chunks_exact(b.len()).zip(out) {
            let mut partial = [T::ZERO; 16];
            let (mut left, mut right) = (row.chunks_exact(16), b.chunks_exact(16));
            for (a, b) in (&mut left).zip(&mut right) {
                for ((partial, &a), &b) in partial.iter_mut().zip(a).zip(b) {
                    *partial += a * b;
                }
            }
            let rest = left.remainder().iter().zip(right.remainder());
            for (partial, (&a, &b)) in partial.iter_mut().zip(rest) {
                *partial += a * b;
            }
            *out = partial.into_iter().fold(T::ZERO, |sum, partial| sum + partial);
        }
    }
}
