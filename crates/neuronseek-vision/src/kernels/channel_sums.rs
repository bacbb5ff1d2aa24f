//! Sums over the channels of a batch of images.

use neuronseek::terms::{Kernel, Lanes, PADDING};

use super::element_wise::{first_lanes, vectors};

/// Numbers summed in single precision before their sum is added in double precision.
const SUMMED: usize = 4096;

/// Sums of vectors that wait for each other.
const CHAINS: usize = 4;

/// M summands from N numbers at the same place.
pub(super) trait Summands<const N: usize, const M: usize>: Copy {
    fn of<V: Lanes<Scalar = f32>>(self, from: [V; N]) -> [V; M];
}

/// Sums over one channel: images in ascending order, four vectors of an image at a time, in single
/// precision over about 4096 numbers and in double precision over these.
pub(super) struct Sum<'a, const N: usize, const M: usize, O: Summands<N, M>> {
    pub dims: [usize; 3],
    pub channel: usize,
    pub arrays: [&'a [f32]; N],
    pub operation: O,
}

impl<const N: usize, const M: usize, O: Summands<N, M>> Kernel<f32> for Sum<'_, N, M, O> {
    type Output = [f64; M];

    #[inline(always)]
    fn run<V: Lanes<Scalar = f32>>(self) -> [f64; M] {
        let [images, channels, numbers] = self.dims;
        let mut total = [0.0; M];
        let mut sums = [[V::splat(0.0); M]; CHAINS];
        let mut summed = 0;
        for image in 0..images {
            let start = (image * channels + self.channel) * numbers;
            let from = self.arrays.map(|array| &array[start..][..numbers]);
            for first in (0..numbers).step_by(SUMMED) {
                let count = SUMMED.min(numbers - first);
                let from = from.map(|from| &from[first..][..count]);
                add::<V, N, M, O>(self.operation, from, &mut sums);
                summed += count;
                if summed >= SUMMED {
                    flush(&mut sums, &mut total);
                    summed = 0;
                }
            }
        }
        flush(&mut sums, &mut total);
        total
    }
}

#[inline(always)]
fn add<V: Lanes<Scalar = f32>, const N: usize, const M: usize, O: Summands<N, M>>(
    operation: O,
    from: [&[f32]; N],
    sums: &mut [[V; M]; CHAINS],
) {
    let length = from[0].len();
    let whole = length / (CHAINS * V::COUNT) * (CHAINS * V::COUNT);
    // SAFETY: the slices have one length; masks end with it. Lanes that the last mask leaves out
    // are written as 0 before they are summed.
    unsafe {
        for first in (0..whole).step_by(CHAINS * V::COUNT) {
            for (chain, sums) in sums.iter_mut().enumerate() {
                let at = first + chain * V::COUNT;
                let summands = operation.of(vectors::<V, N>(from, at));
                for (sum, summand) in sums.iter_mut().zip(summands) {
                    *sum = sum.add(summand);
                }
            }
        }
        for first in (whole..length).step_by(V::COUNT) {
            let mask = V::first(V::COUNT.min(length - first));
            let lanes = first_lanes::<V, N>(from, first, mask);
            let mut kept = [0.0; PADDING];
            for (sum, summand) in sums[0].iter_mut().zip(operation.of(lanes)) {
                summand.store_first(kept.as_mut_ptr(), mask);
                *sum = sum.add(V::load(kept.as_ptr()));
            }
        }
    }
}

#[inline(always)]
fn flush<V: Lanes<Scalar = f32>, const M: usize>(
    sums: &mut [[V; M]; CHAINS],
    total: &mut [f64; M],
) {
    for (index, total) in total.iter_mut().enumerate() {
        let low = sums[0][index].add(sums[1][index]);
        let high = sums[2][index].add(sums[3][index]);
        *total += f64::from(low.add(high).sum());
    }
    *sums = [[V::splat(0.0); M]; CHAINS];
}
