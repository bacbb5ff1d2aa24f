//! Batch norm and the affine map of channels that it becomes at inference.
//!
//! Channels are reduced one a thread, then images are written one a thread. Mean and variance take
//! two passes over a channel, which stays in the cache: the difference of mean square and squared
//! mean loses all digits where a mean is large.

use neuronseek::terms::{CpuPath, Kernel, Lanes};
use rayon::prelude::*;

use super::channel_sums::{Sum, Summands};
use super::element_wise::{Operation, map_lanes};

/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` a channel, then maybe relu.
#[derive(Debug, Clone, Copy)]
pub struct BatchNorm<'a> {
    /// Images, channels, numbers of a channel's image.
    pub dims: [usize; 3],
    /// One a channel.
    pub gamma: &'a [f32],
    /// One a channel.
    pub beta: &'a [f32],
    /// Added to variances, above 0.
    pub epsilon: f32,
    /// Whether `max(y, 0)` follows.
    pub relu: bool,
}

/// What a batch's channels were normalised with.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelMoments {
    /// One a channel.
    pub mean: Vec<f32>,
    /// `1 / sqrt(variance + epsilon)`, the variance divided by the number of numbers.
    pub inverse_deviation: Vec<f32>,
}

/// The gradient by the parameters of a [`BatchNorm`].
#[derive(Debug, Clone, PartialEq)]
pub struct AffineGradient {
    /// One a channel.
    pub gamma: Vec<f32>,
    /// One a channel.
    pub beta: Vec<f32>,
}

/// Normalises `x: images x channels x numbers` by the batch's own moments, which are returned.
///
/// # Panics
/// When a slice's length is not that of its shape.
pub fn batch_norm(path: CpuPath, norm: &BatchNorm<'_>, x: &[f32], y: &mut [f32]) -> ChannelMoments {
    let [images, channels, numbers] = norm.dims;
    assert_eq!(x.len(), images * channels * numbers);
    assert_eq!(norm.gamma.len(), channels);
    let count = (images * numbers) as f64;
    let (mean, inverse_deviation) = (0..channels)
        .into_par_iter()
        .map(|channel| {
            let sum = |operation: Deviation| {
                path.run(Sum {
                    dims: norm.dims,
                    channel,
                    arrays: [x],
                    operation,
                })
            };
            let [mean] = sum(Deviation {
                mean: 0.0,
                square: false,
            })
            .map(|sum| sum / count);
            let mean = mean as f32;
            let [variance] = sum(Deviation { mean, square: true }).map(|sum| sum / count);
            let deviation = (variance + f64::from(norm.epsilon)).sqrt();
            (mean, (1.0 / deviation) as f32)
        })
        .unzip();
    let moments = ChannelMoments {
        mean,
        inverse_deviation,
    };
    let scale: Vec<f32> = (norm.gamma.iter().zip(&moments.inverse_deviation))
        .map(|(gamma, inverse)| gamma * inverse)
        .collect();
    map_channels(path, norm.dims, [x], y, |channel| Normalise {
        mean: moments.mean[channel],
        scale: scale[channel],
        shift: norm.beta[channel],
        floor: if norm.relu { 0.0 } else { f32::NEG_INFINITY },
    });
    moments
}

/// Writes the gradient by x to gx and returns that by gamma and beta.
///
/// `x`, the moments and `y` are those of [`batch_norm`]; y is read where relu followed, and tells
/// where the gradient passes.
///
/// # Panics
/// When a slice's length is not that of its shape.
pub fn batch_norm_gradient(
    path: CpuPath,
    norm: &BatchNorm<'_>,
    moments: &ChannelMoments,
    [x, y]: [&[f32]; 2],
    gy: &[f32],
    gx: &mut [f32],
) -> AffineGradient {
    let [images, channels, numbers] = norm.dims;
    let length = images * channels * numbers;
    assert_eq!([x.len(), gy.len(), gx.len()], [length; 3]);
    // Without relu the gradient passes where it is itself: one array less is read.
    let y = if norm.relu { y } else { gy };
    assert_eq!(y.len(), length);
    let relu = norm.relu;
    let sums: Vec<[f64; 2]> = (0..channels)
        .into_par_iter()
        .map(|channel| {
            path.run(Sum {
                dims: norm.dims,
                channel,
                arrays: [x, gy, y],
                operation: GradientSums {
                    mean: moments.mean[channel],
                    relu,
                },
            })
        })
        .collect();
    let inverse = &moments.inverse_deviation;
    let gradient = AffineGradient {
        gamma: (sums.iter().zip(inverse))
            .map(|(sums, inverse)| (sums[1] * f64::from(*inverse)) as f32)
            .collect(),
        beta: sums.iter().map(|sums| sums[0] as f32).collect(),
    };
    let count = (images * numbers) as f64;
    map_channels(path, norm.dims, [x, gy, y], gx, |channel| {
        let inverse = f64::from(inverse[channel]);
        let scale = f64::from(norm.gamma[channel]) * inverse;
        NormaliseGradient {
            mean: moments.mean[channel],
            scale: scale as f32,
            along: (-scale * inverse * inverse * sums[channel][1] / count) as f32,
            shift: (-scale * sums[channel][0] / count) as f32,
            relu,
        }
    });
    gradient
}

/// `y = scale * x + shift` a channel of `dims: images x channels x numbers`, then maybe
/// `max(y, 0)`: batch norm at inference.
///
/// # Panics
/// When a slice's length is not that of its shape.
pub fn channel_affine(
    path: CpuPath,
    dims: [usize; 3],
    [scale, shift]: [&[f32]; 2],
    relu: bool,
    x: &[f32],
    y: &mut [f32],
) {
    map_channels(path, dims, [x], y, |channel| Normalise {
        mean: 0.0,
        scale: scale[channel],
        shift: shift[channel],
        floor: if relu { 0.0 } else { f32::NEG_INFINITY },
    });
}

/// `scale (x - mean) + shift`, at least `floor`.
#[derive(Clone, Copy)]
struct Normalise {
    mean: f32,
    scale: f32,
    shift: f32,
    floor: f32,
}

impl Operation<1> for Normalise {
    #[inline(always)]
    fn apply<V: Lanes<Scalar = f32>>(self, [x]: [V; 1]) -> V {
        let centred = x.sub(V::splat(self.mean));
        let y = centred.mul_add(V::splat(self.scale), V::splat(self.shift));
        V::splat(self.floor).max(y)
    }
}

/// `scale * gy + along * (x - mean) + shift`.
#[derive(Clone, Copy)]
struct NormaliseGradient {
    mean: f32,
    scale: f32,
    along: f32,
    shift: f32,
    relu: bool,
}

impl Operation<3> for NormaliseGradient {
    #[inline(always)]
    fn apply<V: Lanes<Scalar = f32>>(self, [x, gy, y]: [V; 3]) -> V {
        let gy = if self.relu { gy.where_positive(y) } else { gy };
        let centred = x.sub(V::splat(self.mean));
        let rest = centred.mul_add(V::splat(self.along), V::splat(self.shift));
        gy.mul_add(V::splat(self.scale), rest)
    }
}

/// Applies each channel's operation to its numbers in all images.
fn map_channels<const N: usize, O: Operation<N>>(
    path: CpuPath,
    dims: [usize; 3],
    from: [&[f32]; N],
    to: &mut [f32],
    operation: impl Fn(usize) -> O,
) {
    let [images, channels, numbers] = dims;
    assert_eq!(to.len(), images * channels * numbers);
    let operations: Vec<O> = (0..channels).map(operation).collect();
    if to.is_empty() {
        return;
    }
    let image = channels * numbers;
    to.par_chunks_mut(image)
        .enumerate()
        .for_each(|(index, to)| {
            path.run(MapImage {
                operations: &operations,
                from: from.map(|from| &from[index * image..][..image]),
                to,
                numbers,
            });
        });
}

struct MapImage<'a, const N: usize, O> {
    operations: &'a [O],
    from: [&'a [f32]; N],
    to: &'a mut [f32],
    numbers: usize,
}

impl<const N: usize, O: Operation<N>> Kernel<f32> for MapImage<'_, N, O> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f32>>(self) {
        let channels = self.to.chunks_exact_mut(self.numbers).zip(self.operations);
        for (channel, (to, operation)) in channels.enumerate() {
            let start = channel * self.numbers;
            let from = self.from.map(|from| &from[start..][..self.numbers]);
            map_lanes::<V, N, O>(*operation, from, to);
        }
    }
}

/// `x - mean` or its square.
#[derive(Clone, Copy)]
struct Deviation {
    mean: f32,
    square: bool,
}

impl Summands<1, 1> for Deviation {
    #[inline(always)]
    fn of<V: Lanes<Scalar = f32>>(self, [x]: [V; 1]) -> [V; 1] {
        let deviation = x.sub(V::splat(self.mean));
        [if self.square {
            deviation.mul(deviation)
        } else {
            deviation
        }]
    }
}

/// `gy` and `gy (x - mean)`.
#[derive(Clone, Copy)]
struct GradientSums {
    mean: f32,
    relu: bool,
}

impl Summands<3, 2> for GradientSums {
    #[inline(always)]
    fn of<V: Lanes<Scalar = f32>>(self, [x, gy, y]: [V; 3]) -> [V; 2] {
        let gy = if self.relu { gy.where_positive(y) } else { gy };
        [gy, gy.mul(x.sub(V::splat(self.mean)))]
    }
}
