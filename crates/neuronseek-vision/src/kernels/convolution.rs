//! The values of a convolution.

use neuronseek::terms::{Buffer, CpuPath, Kernel, Lanes, padded};
use rayon::prelude::*;

use super::places::{Places, by_depth, fills_vectors, sum_places};
use super::planes::{Planes, copy_row};
use super::scratch::{Scratch, with_scratch};
use super::shape::ConvShape;
use super::taps::{Packed, padded_places, sum_taps};
use super::transpose::places_together;

/// Taps up to which the result is computed in its own order.
const FEW_TAPS: usize = 64;

/// `y[n, o, r, c] = sum over i, a, b of w[o, i, a, b] x[n, i, r s + a - p, c s + b - p]`, x being 0
/// outside the image; replaces y.
///
/// `x: batch x inputs x height x width`, `w: outputs x inputs / groups x kernel`,
/// `y: batch x outputs x output_size`. Each sum runs over inputs, rows and columns of the kernel
/// in this order.
///
/// # Panics
/// When a slice's length is not that of its shape.
pub fn convolution(path: CpuPath, shape: &ConvShape, x: &[f32], w: &[f32], y: &mut [f32]) {
    shape.check(x.len(), w.len(), y.len());
    if y.is_empty() {
        return;
    }
    // With few taps, turning the result costs more than the places between rows.
    let turned = shape.depth() > FEW_TAPS || shape.stride[1] > 1;
    if turned && fills_vectors(shape.group_outputs()) {
        by_outputs(path, shape, x, w, y);
    } else {
        by_places(path, shape, x, w, y);
    }
}

/// Vectors over outputs.
fn by_outputs(path: CpuPath, shape: &ConvShape, x: &[f32], w: &[f32], y: &mut [f32]) {
    let planes = input_planes(shape, [1, 1]);
    let offsets = input_offsets(shape, &planes);
    let (outputs, depth) = (shape.group_outputs(), shape.depth());
    let weights: Vec<Buffer<f32>> = w
        .chunks_exact(outputs * depth)
        .map(|w| by_depth(outputs, depth, |output, k| w[output * depth + k]))
        .collect();
    let [rows, columns] = shape.output_size();
    let length = planes.length(0);
    let image = shape.image();
    y.par_chunks_mut(shape.output_image())
        .enumerate()
        .for_each(|(index, y)| {
            with_scratch([length, rows * columns * padded(outputs)], |scratch| {
                path.run(ImageByOutputs {
                    shape,
                    planes: &planes,
                    offsets: &offsets,
                    weights: &weights,
                    scratch,
                    x: &x[index * image..][..image],
                    y,
                });
            });
        });
}

/// Vectors over places.
fn by_places(path: CpuPath, shape: &ConvShape, x: &[f32], w: &[f32], y: &mut [f32]) {
    let planes = input_planes(shape, shape.stride);
    let offsets = input_offsets(shape, &planes);
    let depth = shape.depth();
    let packed: Vec<Packed> = w
        .chunks_exact((shape.group_outputs() * depth).max(1))
        .map(|w| {
            Packed::new(shape.group_outputs(), depth, |output, k| {
                w[output * depth + k]
            })
        })
        .collect();
    let image = shape.image();
    let [rows, columns] = shape.output_size();
    let places = (rows - 1) * planes.width + columns;
    let sums = shape.group_outputs() * padded_places(places);
    let length = planes.length(padded_places(places));
    y.par_chunks_mut(shape.output_image())
        .enumerate()
        .for_each(|(index, y)| {
            with_scratch([length, sums], |scratch| {
                path.run(ImageByPlaces {
                    shape,
                    planes: &planes,
                    offsets: &offsets,
                    packed: &packed,
                    places,
                    scratch,
                    x: &x[index * image..][..image],
                    y,
                });
            });
        });
}

/// The planes that the outputs of a convolution read, cut into phases by `stride`: that of the
/// shape puts neighbours' numbers next to each other, 1 leaves the image whole.
pub(super) fn input_planes(shape: &ConvShape, stride: [usize; 2]) -> Planes {
    let outputs = shape.output_size();
    let read = [0, 1].map(|axis| {
        let last = (outputs[axis] - 1) * shape.stride[axis] + shape.kernel[axis] - 1;
        last / stride[axis] + 1
    });
    let phases = [0, 1].map(|axis| shape.kernel[axis].min(stride[axis]));
    let image = [shape.inputs, shape.height, shape.width];
    let size = [read[0], read[1], outputs[1]];
    Planes::new(image, shape.padding, stride, phases, size)
}

/// Where the first output of the first group finds its inputs, weight by weight.
pub(super) fn input_offsets(shape: &ConvShape, planes: &Planes) -> Vec<usize> {
    let [kernel_rows, kernel_columns] = shape.kernel;
    let mut offsets = Vec::with_capacity(shape.depth());
    for input in 0..shape.group_inputs() {
        for a in 0..kernel_rows {
            for b in 0..kernel_columns {
                let phase = a % planes.stride[0] * planes.phases[1] + b % planes.stride[1];
                let place = a / planes.stride[0] * planes.width + b / planes.stride[1];
                offsets.push(input * planes.channel() + phase * planes.plane() + place);
            }
        }
    }
    offsets
}

struct ImageByOutputs<'a> {
    shape: &'a ConvShape,
    planes: &'a Planes,
    offsets: &'a [usize],
    /// One a group.
    weights: &'a [Buffer<f32>],
    /// For the planes and for one group's sums.
    scratch: Scratch<'a>,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Kernel<f32> for ImageByOutputs<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f32>>(self) {
        let [rows, columns] = self.shape.output_size();
        let [down, right] = self.shape.stride;
        let (inputs, outputs) = (self.shape.group_inputs(), self.shape.group_outputs());
        let places = Places {
            rows,
            columns,
            read: [down * self.planes.width, right],
            written: [0, columns, 1],
            touched: inputs * down * self.planes.width,
        };
        let width = padded(outputs);
        let (planes, sums) = self.scratch;
        self.planes.fill::<V>(self.x, planes);
        let images = self.y.chunks_exact_mut(outputs * rows * columns);
        for (group, (weights, y)) in self.weights.iter().zip(images).enumerate() {
            let planes = &planes[group * inputs * self.planes.channel()..];
            sum_places::<V>(places, planes, self.offsets, weights, sums, width);
            places_together::<V>(sums, rows * columns, y, width);
        }
    }
}

struct ImageByPlaces<'a> {
    shape: &'a ConvShape,
    planes: &'a Planes,
    offsets: &'a [usize],
    /// One a group.
    packed: &'a [Packed],
    /// From the first output to the last one, junk between rows included.
    places: usize,
    /// For the planes and for one group's sums.
    scratch: Scratch<'a>,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Kernel<f32> for ImageByPlaces<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f32>>(self) {
        let [rows, columns] = self.shape.output_size();
        let width = self.planes.width;
        let (inputs, outputs) = (self.shape.group_inputs(), self.shape.group_outputs());
        let (planes, sums) = self.scratch;
        self.planes.fill::<V>(self.x, planes);
        let images = self.y.chunks_exact_mut(outputs * rows * columns);
        for (group, (packed, y)) in self.packed.iter().zip(images).enumerate() {
            let planes = &planes[group * inputs * self.planes.channel()..];
            sum_taps::<V>(packed, planes, self.offsets, self.places, sums);
            let sums = sums.chunks_exact(padded_places(self.places));
            for (y, sums) in y.chunks_exact_mut(rows * columns).zip(sums) {
                for (row, y) in y.chunks_exact_mut(columns).enumerate() {
                    copy_row::<V>(&sums[row * width..][..columns], y);
                }
            }
        }
    }
}
