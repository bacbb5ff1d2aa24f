//! `t_k = sum_d w_{k,d} x_d^k` for all powers k up to K in one pass over the inputs.

use super::lanes::{Lanes, Real, padded};
use super::path::{Kernel, with_order};

/// The values of all powers of one output over a batch.
pub(super) struct PowerValues<'a, T> {
    pub powers: usize,
    pub inputs: usize,
    /// inputs x capacity
    pub by_input: &'a [T],
    pub capacity: usize,
    /// The weights of power k start at `k * weights_stride`, one per input.
    pub weights: &'a [T],
    pub weights_stride: usize,
    /// The values of power k start at `k * values_stride`, `capacity` of them; written.
    pub values: &'a mut [T],
    pub values_stride: usize,
}

impl<T: Real> Kernel<T> for PowerValues<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        let last = self.powers - 1;
        assert!(self.inputs * self.capacity <= self.by_input.len());
        assert!(last * self.weights_stride + self.inputs <= self.weights.len());
        assert!(last * self.values_stride + self.capacity <= self.values.len());
        assert!(self.capacity.is_multiple_of(V::COUNT));
        with_order!(self.powers, power_values::<V>(self));
    }
}

#[inline(always)]
fn power_values<V: Lanes, const K: usize>(work: PowerValues<'_, V::Scalar>) {
    let weights = work.weights.as_ptr();
    let values = work.values.as_mut_ptr();
    for row in (0..work.capacity).step_by(V::COUNT) {
        let mut sums = [V::splat(V::Scalar::default()); K];
        for input in 0..work.inputs {
            // SAFETY: `run` has checked that inputs x capacity numbers, K rows of weights and
            // K rows of values lie inside their slices; vectors divide the capacity.
            unsafe {
                let x = V::load(work.by_input.as_ptr().add(input * work.capacity + row));
                let mut power = x;
                for (k, sum) in sums.iter_mut().enumerate() {
                    if k > 0 {
                        power = power.mul(x);
                    }
                    let weight = V::splat(*weights.add(k * work.weights_stride + input));
                    *sum = weight.mul_add(power, *sum);
                }
            }
        }
        for (k, sum) in sums.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { sum.store(values.add(k * work.values_stride + row)) };
        }
    }
}

/// The gradients of all powers' weights of one output from the values' derivatives.
pub(super) struct PowerGradients<'a, T> {
    pub powers: usize,
    pub inputs: usize,
    /// rows x padded(inputs)
    pub by_row: &'a [T],
    pub rows: usize,
    /// The derivatives of power k start at `k * derivatives_stride`, `rows` of them.
    pub derivatives: &'a [T],
    pub derivatives_stride: usize,
    /// The gradients of power k start at `k * gradient_stride`, padded(inputs) of them; written.
    pub gradient: &'a mut [T],
    pub gradient_stride: usize,
}

impl<T: Real> Kernel<T> for PowerGradients<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        let last = self.powers - 1;
        let stride = padded(self.inputs);
        assert!(self.rows * stride <= self.by_row.len());
        assert!(last * self.derivatives_stride + self.rows <= self.derivatives.len());
        assert!(last * self.gradient_stride + stride <= self.gradient.len());
        with_order!(self.powers, power_gradients::<V>(self));
    }
}

#[inline(always)]
fn power_gradients<V: Lanes, const K: usize>(work: PowerGradients<'_, V::Scalar>) {
    let stride = padded(work.inputs);
    let derivatives = work.derivatives.as_ptr();
    let gradient = work.gradient.as_mut_ptr();
    for input in (0..stride).step_by(V::COUNT) {
        let mut sums = [V::splat(V::Scalar::default()); K];
        for row in 0..work.rows {
            // SAFETY: `run` has checked that rows x stride numbers, K rows of derivatives and of
            // gradients lie inside their slices; vectors divide the stride.
            unsafe {
                let x = V::load(work.by_row.as_ptr().add(row * stride + input));
                let mut power = x;
                for (k, sum) in sums.iter_mut().enumerate() {
                    if k > 0 {
                        power = power.mul(x);
                    }
                    let derivative = *derivatives.add(k * work.derivatives_stride + row);
                    *sum = V::splat(derivative).mul_add(power, *sum);
                }
            }
        }
        for (k, sum) in sums.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { sum.store(gradient.add(k * work.gradient_stride + input)) };
        }
    }
}
