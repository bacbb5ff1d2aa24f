//! Batch normalisation of term values, gated and added up to outputs, in one pass per direction.
//!
//! `out_c = sum_t gain_{t,c} xhat_{t,c} + offset_{t,c}` with `xhat = (v - mean) / sqrt(var + EPSILON)`
//! over the batch, variance by the number of rows.

use crate::terms::{Kernel, Lanes, Real};

/// Added to the variance.
pub const EPSILON: f64 = 1e-5;

/// Value rows are (term, output), terms outermost; every row has `capacity` numbers of which
/// `rows` count.
#[derive(Debug, Clone, Copy)]
pub(super) struct NormRows {
    pub terms: usize,
    pub outputs: usize,
    pub rows: usize,
    pub capacity: usize,
}

/// Adds the normalised values to `out`.
pub(super) struct NormForward<'a, T> {
    pub shape: NormRows,
    pub values: &'a [T],
    /// One per value row.
    pub gain: &'a [T],
    /// One per value row.
    pub offset: &'a [T],
    /// Written: like `values`, 0 in padding rows.
    pub normalised: &'a mut [T],
    /// Written: 1 / sqrt(var + EPSILON), one per value row.
    pub inverse: &'a mut [T],
    /// outputs x capacity.
    pub out: &'a mut [T],
}

impl<T: Real> Kernel<T> for NormForward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        let NormRows {
            terms,
            outputs,
            rows,
            capacity,
        } = self.shape;
        let count = T::from_f64(1.0 / rows as f64);
        for row in 0..terms * outputs {
            let values = &self.values[row * capacity..][..capacity];
            let normalised = &mut self.normalised[row * capacity..][..capacity];
            let mean = V::splat(sum::<V>(values) * count);
            each::<V>(normalised, values, |_, value| value.sub(mean));
            normalised[rows..].fill(T::default());
            let variance = dot::<V>(normalised, normalised) * count;
            let inverse = T::from_f64(1.0) / (variance + T::from_f64(EPSILON)).sqrt();
            self.inverse[row] = inverse;
            let inverse = V::splat(inverse);
            let (gain, offset) = (V::splat(self.gain[row]), V::splat(self.offset[row]));
            let out = &mut self.out[row % outputs * capacity..][..capacity];
            each_mut::<V>(normalised, |value| value.mul(inverse));
            each::<V>(out, normalised, |out, value| {
                value.mul_add(gain, out.add(offset))
            });
        }
    }
}

/// Derivatives from those of the outputs.
pub(super) struct NormBackward<'a, T> {
    pub shape: NormRows,
    pub normalised: &'a [T],
    pub inverse: &'a [T],
    pub gain: &'a [T],
    /// outputs x capacity, 0 in padding rows.
    pub out: &'a [T],
    /// Written: with respect to the gain, one per value row.
    pub gain_gradient: &'a mut [T],
    /// Written: with respect to the offset, one per value row.
    pub offset_gradient: &'a mut [T],
    /// Written: with respect to the values, 0 in padding rows.
    pub values: &'a mut [T],
}

impl<T: Real> Kernel<T> for NormBackward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        let NormRows {
            terms,
            outputs,
            rows,
            capacity,
        } = self.shape;
        let count = T::from_f64(1.0 / rows as f64);
        for output in 0..outputs {
            let out = &self.out[output * capacity..][..capacity];
            let total = sum::<V>(out);
            for term in 0..terms {
                let row = term * outputs + output;
                let normalised = &self.normalised[row * capacity..][..capacity];
                let along = dot::<V>(out, normalised);
                self.gain_gradient[row] = along;
                self.offset_gradient[row] = total;
                let factor = V::splat(self.gain[row] * self.inverse[row]);
                let mean = V::splat(total * count);
                let slope = V::splat(T::default() - along * count);
                let values = &mut self.values[row * capacity..][..capacity];
                let all = values.chunks_exact_mut(V::COUNT);
                let from = normalised.chunks_exact(V::COUNT);
                for ((to, normalised), out) in all.zip(from).zip(out.chunks_exact(V::COUNT)) {
                    // SAFETY: each chunk has COUNT elements.
                    unsafe {
                        let centred = V::load(out.as_ptr()).sub(mean);
                        V::load(normalised.as_ptr())
                            .mul_add(slope, centred)
                            .mul(factor)
                            .store(to.as_mut_ptr());
                    }
                }
                values[rows..].fill(T::default());
            }
        }
    }
}

/// `to = f(to, from)`, vector by vector.
#[inline(always)]
fn each<V: Lanes>(to: &mut [V::Scalar], from: &[V::Scalar], f: impl Fn(V, V) -> V) {
    let chunks = to.chunks_exact_mut(V::COUNT);
    for (to, from) in chunks.zip(from.chunks_exact(V::COUNT)) {
        // SAFETY: each chunk has COUNT elements.
        unsafe { f(V::load(to.as_ptr()), V::load(from.as_ptr())).store(to.as_mut_ptr()) };
    }
}

/// `to = f(to)`, vector by vector.
#[inline(always)]
fn each_mut<V: Lanes>(to: &mut [V::Scalar], f: impl Fn(V) -> V) {
    for to in to.chunks_exact_mut(V::COUNT) {
        // SAFETY: each chunk has COUNT elements.
        unsafe { f(V::load(to.as_ptr())).store(to.as_mut_ptr()) };
    }
}

#[inline(always)]
fn sum<V: Lanes>(values: &[V::Scalar]) -> V::Scalar {
    let mut sum = V::splat(V::Scalar::default());
    for values in values.chunks_exact(V::COUNT) {
        // SAFETY: each chunk has COUNT elements.
        sum = sum.add(unsafe { V::load(values.as_ptr()) });
    }
    sum.sum()
}

#[inline(always)]
pub(super) fn dot<V: Lanes>(a: &[V::Scalar], b: &[V::Scalar]) -> V::Scalar {
    let mut sum = V::splat(V::Scalar::default());
    for (a, b) in a.chunks_exact(V::COUNT).zip(b.chunks_exact(V::COUNT)) {
        // SAFETY: each chunk has COUNT elements.
        unsafe { sum = V::load(a.as_ptr()).mul_add(V::load(b.as_ptr()), sum) };
    }
    sum.sum()
}
