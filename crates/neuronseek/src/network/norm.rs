//! Normalisation of one term's values, units x rows of the batch.
//!
//! `out = scale * n + shift` with `n = (value - mean) / sqrt(variance + 1e-5)`; mean and variance
//! over the rows of the batch for each unit (batch norm) or over the units for each row (layer
//! norm); the variance divides by the count.

use super::passes;
use super::real::Real;
use crate::terms::CpuPath;

/// Added to the variance, as is customary.
pub(super) const EPSILON: f64 = 1e-5;

/// What one term's norm needs besides the values.
pub(crate) struct Affine<'a, T> {
    /// One per unit.
    pub scale: &'a [T],
    /// One per unit.
    pub shift: &'a [T],
}

/// Batch norm in training: normalises `values` in place, adds the result to `out`, and notes per
/// unit the mean, the variance and the inverse deviation.
pub(crate) fn batch<T: Real>(
    path: CpuPath,
    values: &mut [T],
    out: &mut [T],
    affine: &Affine<'_, T>,
    moments: &mut Moments<'_, T>,
) {
    let units = affine.scale.len();
    let rows = values.len() / units;
    let count = T::from_f64(rows as f64);
    for unit in 0..units {
        let row = &mut values[unit * rows..(unit + 1) * rows];
        let mean = passes::sum(path, row) / count;
        row.iter_mut().for_each(|value| *value -= mean);
        let variance = passes::dot(path, row, row) / count;
        let inverse = T::ONE / (variance + T::from_f64(EPSILON)).sqrt();
        row.iter_mut().for_each(|value| *value *= inverse);
        moments.mean[unit] = mean;
        moments.variance[unit] = variance;
        moments.inverse[unit] = inverse;
        add_affine(&mut out[unit * rows..(unit + 1) * rows], row, affine, unit);
    }
}

/// Per unit (batch norm) or per row (layer norm); the running norm ignores `inverse`.
pub(crate) struct Moments<'a, T> {
    pub mean: &'a mut [T],
    pub variance: &'a mut [T],
    pub inverse: &'a mut [T],
}

/// Batch norm in prediction, by running mean and variance.
pub(crate) fn running<T: Real>(
    values: &mut [T],
    out: &mut [T],
    affine: &Affine<'_, T>,
    mean: &[T],
    variance: &[T],
) {
    let units = affine.scale.len();
    let rows = values.len() / units;
    for unit in 0..units {
        let row = &mut values[unit * rows..(unit + 1) * rows];
        let inverse = T::ONE / (variance[unit] + T::from_f64(EPSILON)).sqrt();
        let mean = mean[unit];
        for value in row.iter_mut() {
            *value = (*value - mean) * inverse;
        }
        add_affine(&mut out[unit * rows..(unit + 1) * rows], row, affine, unit);
    }
}

/// Layer norm: normalises `values` in place, adds the result to `out`, and notes per row the mean,
/// the variance and the inverse deviation.
pub(crate) fn layer<T: Real>(
    path: CpuPath,
    values: &mut [T],
    out: &mut [T],
    affine: &Affine<'_, T>,
    moments: &mut Moments<'_, T>,
) {
    let units = affine.scale.len();
    let rows = values.len() / units;
    let share = T::ONE / T::from_f64(units as f64);
    let (mean, variance) = (&mut moments.mean[..rows], &mut moments.variance[..rows]);
    mean.fill(T::ZERO);
    variance.fill(T::ZERO);
    for row in values.chunks_exact(rows) {
        passes::add_scaled(path, mean, share, row);
    }
    for row in values.chunks_exact_mut(rows) {
        for ((value, &mean), variance) in row.iter_mut().zip(&*mean).zip(&mut *variance) {
            *value -= mean;
            *variance += *value * *value * share;
        }
    }
    let inverse = &mut moments.inverse[..rows];
    for (inverse, &variance) in inverse.iter_mut().zip(&*variance) {
        *inverse = T::ONE / (variance + T::from_f64(EPSILON)).sqrt();
    }
    for (unit, row) in values.chunks_exact_mut(rows).enumerate() {
        passes::multiply_by(path, row, inverse);
        add_affine(&mut out[unit * rows..(unit + 1) * rows], row, affine, unit);
    }
}

fn add_affine<T: Real>(out: &mut [T], normalised: &[T], affine: &Affine<'_, T>, unit: usize) {
    let (scale, shift) = (affine.scale[unit], affine.shift[unit]);
    for (out, &value) in out.iter_mut().zip(normalised) {
        *out += scale * value + shift;
    }
}

/// The gradients of scale and shift, common to both norms. `gradient` is that of `out`.
pub(crate) fn affine_gradient<T: Real>(
    path: CpuPath,
    gradient: &[T],
    normalised: &[T],
    scale: &mut [T],
    shift: &mut [T],
) {
    let rows = gradient.len() / scale.len();
    for (unit, (scale, shift)) in scale.iter_mut().zip(shift).enumerate() {
        let gradient = &gradient[unit * rows..(unit + 1) * rows];
        *scale = passes::dot(path, gradient, &normalised[unit * rows..(unit + 1) * rows]);
        *shift = passes::sum(path, gradient);
    }
}

/// The gradient of the values under batch norm, written over `normalised`. With
/// `g = gradient * scale`: `inverse * (g - mean(g) - n * mean(g n))`, means over rows.
pub(crate) fn batch_gradient<T: Real>(
    path: CpuPath,
    gradient: &[T],
    normalised: &mut [T],
    scale: &[T],
    inverse: &[T],
) {
    let rows = gradient.len() / scale.len();
    let count = T::from_f64(rows as f64);
    for (unit, normalised) in normalised.chunks_exact_mut(rows).enumerate() {
        let gradient = &gradient[unit * rows..(unit + 1) * rows];
        let mean = passes::sum(path, gradient) / count;
        let along = passes::dot(path, gradient, normalised) / count;
        let factor = scale[unit] * inverse[unit];
        for (value, &gradient) in normalised.iter_mut().zip(gradient) {
            *value = factor * (gradient - mean - *value * along);
        }
    }
}

/// The gradient of the values under layer norm, written over `normalised`; as
/// [`batch_gradient`], with means over units. `mean` and `along` are scratch, one per row.
pub(crate) fn layer_gradient<T: Real>(
    path: CpuPath,
    gradient: &[T],
    normalised: &mut [T],
    scale: &[T],
    moments: &mut Moments<'_, T>,
) {
    let units = scale.len();
    let rows = gradient.len() / units;
    let share = T::ONE / T::from_f64(units as f64);
    let (mean, along) = (&mut moments.mean[..rows], &mut moments.variance[..rows]);
    mean.fill(T::ZERO);
    along.fill(T::ZERO);
    for (unit, &scale) in scale.iter().enumerate() {
        let gradient = &gradient[unit * rows..(unit + 1) * rows];
        let normalised = &normalised[unit * rows..(unit + 1) * rows];
        passes::add_scaled(path, mean, scale * share, gradient);
        passes::add_scaled_product(path, along, scale * share, gradient, normalised);
    }
    let inverse = &moments.inverse[..rows];
    for (unit, normalised) in normalised.chunks_exact_mut(rows).enumerate() {
        let gradient = &gradient[unit * rows..(unit + 1) * rows];
        for row in 0..rows {
            let scaled = gradient[row] * scale[unit];
            normalised[row] = inverse[row] * (scaled - mean[row] - normalised[row] * along[row]);
        }
    }
}
