//! The gradient of a convolution by its weights.
//!
//! With many outputs, vectors run over the outputs: the output's gradient is transposed once, and
//! a tile of taps by outputs stays in registers while the places pass. With few outputs a group,
//! depth-wise above all, vectors run over the places.

use neuronseek::terms::{Buffer, CpuPath, Kernel, Lanes, PADDING, padded};
use rayon::prelude::*;

use super::convolution::{input_offsets, input_planes};
use super::planes::Planes;
use super::scratch::{Scratch, with_scratch};
use super::shape::ConvShape;
use super::transpose::outputs_together;
use super::weight_tile::Tile;

/// Parts of a batch whose sums are formed apart, whatever the number of threads.
const PARTS: usize = 8;

/// Outputs of a group up to which vectors run over places.
const FEW_OUTPUTS: usize = 4;

/// Floats of the output's gradient that stay in the first cache while all taps pass over them.
const CACHED: usize = 6 * 1024;

/// `gw[o, i, a, b] = sum over n, r, c of gy[n, o, r, c] x[n, i, r s + a - p, c s + b - p]`, x being
/// 0 outside the image; replaces gw.
///
/// Shapes as in [`super::convolution`], `gy` as y and `gw` as w. The batch falls into at most 8
/// parts of consecutive images; sums run over the images of a part, then over the parts.
///
/// # Panics
/// When a slice's length is not that of its shape.
pub fn convolution_weight_gradient(
    path: CpuPath,
    shape: &ConvShape,
    x: &[f32],
    gy: &[f32],
    gw: &mut [f32],
) {
    shape.check(x.len(), gw.len(), gy.len());
    gw.fill(0.0);
    if gy.is_empty() {
        return;
    }
    let images = shape.batch.div_ceil(PARTS);
    let few = shape.group_outputs() <= FEW_OUTPUTS;
    let planes = input_planes(shape, if few { shape.stride } else { [1, 1] });
    let offsets = input_offsets(shape, &planes);
    let width = part_width(shape);
    let [rows, columns] = shape.output_size();
    let length = planes.length(rows * planes.width + PADDING);
    let gradient = if few {
        shape.outputs * (rows * planes.width).next_multiple_of(PADDING)
    } else {
        shape.groups * width * rows * columns
    };
    let parts: Vec<Buffer<f32>> = x
        .par_chunks(images * shape.image())
        .zip(gy.par_chunks(images * shape.output_image()))
        .map(|(x, gy)| {
            let mut sums = Buffer::zeros(shape.groups * shape.depth() * width);
            with_scratch([length, gradient], |scratch| {
                path.run(Part {
                    shape,
                    planes: &planes,
                    offsets: &offsets,
                    scratch,
                    x,
                    gy,
                    sums: &mut sums,
                });
            });
            sums
        })
        .collect();
    let depth = shape.depth();
    for part in &parts {
        if few {
            for (gw, part) in gw.iter_mut().zip(part.iter()) {
                *gw += part;
            }
            continue;
        }
        let groups = gw.chunks_exact_mut(shape.group_outputs() * depth);
        for (gw, part) in groups.zip(part.chunks_exact(depth * width)) {
            for (output, gw) in gw.chunks_exact_mut(depth).enumerate() {
                for (gw, part) in gw.iter_mut().zip(part.chunks_exact(width)) {
                    *gw += part[output];
                }
            }
        }
    }
}

/// Outputs of a group in a part's sums.
fn part_width(shape: &ConvShape) -> usize {
    if shape.group_outputs() <= FEW_OUTPUTS {
        shape.group_outputs()
    } else {
        padded(shape.group_outputs())
    }
}

/// Some consecutive images.
struct Part<'a> {
    shape: &'a ConvShape,
    planes: &'a Planes,
    offsets: &'a [usize],
    /// For the planes and for the output's gradient.
    scratch: Scratch<'a>,
    x: &'a [f32],
    gy: &'a [f32],
    /// groups x depth x padded(outputs) where there are many outputs, outputs x depth where there
    /// are few; added to.
    sums: &'a mut [f32],
}

impl Kernel<f32> for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f32>>(self) {
        let layout = Layout {
            shape: self.shape,
            planes: self.planes,
            offsets: self.offsets,
        };
        let few = self.shape.group_outputs() <= FEW_OUTPUTS;
        let (planes, gradient) = self.scratch;
        let images = self.x.chunks_exact(self.shape.image());
        let gradients = self.gy.chunks_exact(self.shape.output_image());
        for (x, gy) in images.zip(gradients) {
            self.planes.fill::<V>(x, planes);
            if few {
                layout.few::<V>(planes, gy, gradient, self.sums);
            } else {
                layout.many::<V>(planes, gy, gradient, self.sums);
            }
        }
    }
}

/// Where the numbers of an image are.
struct Layout<'a> {
    shape: &'a ConvShape,
    planes: &'a Planes,
    offsets: &'a [usize],
}

impl Layout<'_> {
    /// Adds one image's gradient by vectors over outputs; `transposed` is for groups x places x
    /// padded(outputs).
    #[inline(always)]
    fn many<V: Lanes<Scalar = f32>>(
        &self,
        planes: &[f32],
        gy: &[f32],
        transposed: &mut [f32],
        sums: &mut [f32],
    ) {
        let outputs = self.shape.group_outputs();
        let width = padded(outputs);
        let [rows, columns] = self.shape.output_size();
        let places = rows * columns;
        let channel = self.shape.group_inputs() * self.planes.channel();
        let groups = gy.chunks_exact(outputs * places);
        for (gy, to) in groups.zip(transposed.chunks_exact_mut(places * width)) {
            outputs_together::<V>(gy, places, to, width);
        }
        let step = (CACHED / (columns * width)).clamp(1, rows);
        let read = [
            self.shape.stride[0] * self.planes.width,
            self.shape.stride[1],
        ];
        for (group, sums) in sums
            .chunks_exact_mut(self.shape.depth() * width)
            .enumerate()
        {
            let gradient = &transposed[group * places * width..][..places * width];
            let last = self.offsets.iter().max().copied().unwrap_or(0);
            let planes = &planes[group * channel..];
            assert!(last + (rows - 1) * read[0] + (columns - 1) * read[1] < planes.len());
            for row in (0..rows).step_by(step) {
                let tile = Tile {
                    planes: planes[row * read[0]..].as_ptr(),
                    read,
                    offsets: self.offsets,
                    gradient: gradient[row * columns * width..].as_ptr(),
                    rows: step.min(rows - row),
                    columns,
                    sums: sums.as_mut_ptr(),
                    width,
                };
                // SAFETY: `rows` rows from `row` on are in the planes, as asserted, and in the
                // transposed gradient; the sums are depth x width.
                unsafe { tile.all::<V>() };
            }
        }
    }

    /// Adds one image's gradient by vectors over places; `spread` is for the output's gradient in
    /// rows as far apart as those of the planes.
    #[inline(always)]
    fn few<V: Lanes<Scalar = f32>>(
        &self,
        planes: &[f32],
        gy: &[f32],
        spread: &mut [f32],
        sums: &mut [f32],
    ) {
        let [rows, columns] = self.shape.output_size();
        let depth = self.shape.depth();
        let width = self.planes.width;
        let stride = (rows * width).next_multiple_of(PADDING);
        spread.fill(0.0);
        let last = self.offsets.iter().max().copied().unwrap_or(0);
        for (output, gy) in gy.chunks_exact(rows * columns).enumerate() {
            let spread = &mut spread[output * stride..][..stride];
            for (row, gy) in gy.chunks_exact(columns).enumerate() {
                spread[row * width..][..columns].copy_from_slice(gy);
            }
            let group = output / self.shape.group_outputs();
            let planes = &planes[group * self.shape.group_inputs() * self.planes.channel()..];
            assert!(last + stride <= planes.len());
            let sums = &mut sums[output * depth..][..depth];
            let blocks = self.offsets.chunks_exact(8);
            let rest = blocks.remainder();
            let whole = depth - rest.len();
            // SAFETY: a vector from any offset and place below the stride is inside the planes, as
            // asserted; the stride is that of the spread gradient.
            unsafe {
                for (offsets, sums) in blocks.zip(sums.chunks_exact_mut(8)) {
                    products::<V, 8>(planes, offsets, spread, sums);
                }
                for (index, offset) in rest.iter().enumerate() {
                    let sum = &mut sums[whole + index..][..1];
                    products::<V, 1>(planes, &[*offset], spread, sum);
                }
            }
        }
    }
}

/// Adds the products of the gradient with the planes from each offset on.
///
/// # Safety
/// From every offset on the planes are as long as the gradient, which vectors divide.
#[inline(always)]
unsafe fn products<V: Lanes<Scalar = f32>, const TAPS: usize>(
    planes: &[f32],
    offsets: &[usize],
    gradient: &[f32],
    to: &mut [f32],
) {
    let mut sums = [V::splat(0.0); TAPS];
    for place in (0..gradient.len()).step_by(V::COUNT) {
        // SAFETY: the caller vouches for it.
        unsafe {
            let right = V::load(gradient.as_ptr().add(place));
            for (sum, offset) in sums.iter_mut().zip(offsets) {
                let left = V::load(planes.as_ptr().add(offset + place));
                *sum = left.mul_add(right, *sum);
            }
        }
    }
    for (to, sum) in to.iter_mut().zip(sums) {
        *to += sum.sum();
    }
}
