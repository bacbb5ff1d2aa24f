//! The gradient of a convolution by its input.
//!
//! With stride s the inputs fall into s x s phases, each of which meets its own taps of the
//! kernel and is a convolution of the output's gradient with stride 1.

use neuronseek::terms::{Buffer, CpuPath, Kernel, Lanes, padded};
use rayon::prelude::*;

use super::places::{Places, by_depth, fills_vectors, sum_places};
use super::planes::{Planes, copy_row};
use super::scratch::{Scratch, with_scratch};
use super::shape::ConvShape;
use super::taps::{Packed, padded_places, sum_taps};
use super::transpose::places_together;

/// `gx[n, i, r, c] = sum over o, a, b of w[o, i, a, b] gy[n, o, (r + p - a) / s, (c + p - b) / s]`
/// over the a and b for which s divides and the place is inside gy; replaces gx.
///
/// Shapes as in [`super::convolution`], `gy` as y and `gx` as x. Each sum runs over outputs, rows
/// and columns of the kernel in this order.
///
/// # Panics
/// When a slice's length is not that of its shape.
pub fn convolution_input_gradient(
    path: CpuPath,
    shape: &ConvShape,
    w: &[f32],
    gy: &[f32],
    gx: &mut [f32],
) {
    shape.check(gx.len(), w.len(), gy.len());
    if gx.is_empty() {
        return;
    }
    if gy.is_empty() {
        gx.fill(0.0);
        return;
    }
    let axes = [0, 1].map(|axis| phases(shape, axis));
    let planes = gradient_planes(shape, &axes);
    let mut pieces = Vec::new();
    for row in &axes[0] {
        for column in &axes[1] {
            pieces.push(Piece::new(shape, &planes, *row, *column, w));
        }
    }
    let image = shape.output_image();
    let stride = padded_places(planes.plane());
    let inputs = shape.group_inputs();
    let sums = if fills_vectors(inputs) {
        shape.height * shape.width * padded(inputs)
    } else {
        inputs * stride
    };
    let length = planes.length(stride);
    gx.par_chunks_mut(shape.image())
        .enumerate()
        .for_each(|(index, gx)| {
            with_scratch([length, sums], |scratch| {
                path.run(Image {
                    shape,
                    planes: &planes,
                    pieces: &pieces,
                    scratch,
                    gy: &gy[index * image..][..image],
                    gx,
                });
            });
        });
}

/// Rows, or columns, of the input that meet the same taps.
#[derive(Debug, Clone, Copy)]
struct Phase {
    /// The first tap; the others follow a stride apart.
    tap: usize,
    taps: usize,
    /// The first input; the others follow a stride apart.
    input: usize,
    inputs: usize,
    /// The output that the first tap connects with the first input, maybe beyond the last one.
    output: usize,
}

fn phases(shape: &ConvShape, axis: usize) -> Vec<Phase> {
    let (stride, padding) = (shape.stride[axis], shape.padding[axis]);
    let length = [shape.height, shape.width][axis];
    (0..stride)
        .map(|tap| {
            let output = padding.saturating_sub(tap).div_ceil(stride);
            let input = output * stride + tap - padding;
            Phase {
                tap,
                taps: shape.kernel[axis].saturating_sub(tap).div_ceil(stride),
                input,
                inputs: length.saturating_sub(input).div_ceil(stride),
                output,
            }
        })
        .filter(|phase| phase.inputs > 0)
        .collect()
}

/// The planes of the output's gradient that all phases read.
fn gradient_planes(shape: &ConvShape, axes: &[Vec<Phase>; 2]) -> Planes {
    let most =
        |axis: usize, size: fn(&Phase) -> usize| axes[axis].iter().map(size).max().unwrap_or(0);
    let lead = [0, 1].map(|axis| most(axis, |phase| phase.taps.saturating_sub(phase.output + 1)));
    let read = [0, 1].map(|axis| lead[axis] + most(axis, |phase| phase.output + phase.inputs));
    let [rows, columns] = shape.output_size();
    Planes::new(
        [shape.outputs, rows, columns],
        lead,
        [1, 1],
        [1, 1],
        [read[0], read[1], most(1, |phase| phase.inputs)],
    )
}

/// The inputs of one phase in each direction.
struct Piece {
    rows: Phase,
    columns: Phase,
    offsets: Vec<usize>,
    /// One a group.
    weights: Vec<Weights>,
}

impl Piece {
    fn new(shape: &ConvShape, planes: &Planes, rows: Phase, columns: Phase, w: &[f32]) -> Piece {
        let (inputs, outputs) = (shape.group_inputs(), shape.group_outputs());
        let (taps, stride) = (rows.taps * columns.taps, shape.stride);
        let mut offsets = Vec::with_capacity(outputs * taps);
        let mut places = Vec::with_capacity(outputs * taps);
        for output in 0..outputs {
            for a in 0..rows.taps {
                for b in 0..columns.taps {
                    let row = rows.output + planes.lead[0] - a;
                    let column = columns.output + planes.lead[1] - b;
                    offsets.push(output * planes.channel() + row * planes.width + column);
                    let row = rows.tap + a * stride[0];
                    let column = columns.tap + b * stride[1];
                    places.push(output * shape.depth() + row * shape.kernel[1] + column);
                }
            }
        }
        let area = shape.kernel[0] * shape.kernel[1];
        let weights = w
            .chunks_exact((outputs * shape.depth()).max(1))
            .map(|w| {
                let weight = |input: usize, k: usize| w[places[k] + input * area];
                if fills_vectors(inputs) {
                    Weights::ByOutputs(by_depth(inputs, places.len(), weight))
                } else {
                    Weights::ByPlaces(Packed::new(inputs, places.len(), weight))
                }
            })
            .collect();
        Piece {
            rows,
            columns,
            offsets,
            weights,
        }
    }
}

/// Weights for vectors over inputs, which are the outputs of this sum, or over places.
enum Weights {
    ByOutputs(Buffer<f32>),
    ByPlaces(Packed),
}

struct Image<'a> {
    shape: &'a ConvShape,
    planes: &'a Planes,
    pieces: &'a [Piece],
    /// For the planes and for one group's sums.
    scratch: Scratch<'a>,
    gy: &'a [f32],
    gx: &'a mut [f32],
}

impl Kernel<f32> for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f32>>(self) {
        let (inputs, outputs) = (self.shape.group_inputs(), self.shape.group_outputs());
        let (image, width) = (self.shape.height * self.shape.width, self.planes.width);
        let (planes, sums) = self.scratch;
        self.planes.fill::<V>(self.gy, planes);
        for (group, gx) in self.gx.chunks_exact_mut(inputs * image).enumerate() {
            let planes = &planes[group * outputs * self.planes.channel()..];
            for piece in self.pieces {
                match &piece.weights[group] {
                    Weights::ByOutputs(weights) => {
                        let places = piece.places(self.shape, self.planes);
                        sum_places::<V>(
                            places,
                            planes,
                            &piece.offsets,
                            weights,
                            sums,
                            padded(inputs),
                        );
                    }
                    Weights::ByPlaces(packed) => {
                        let places = (piece.rows.inputs - 1) * width + piece.columns.inputs;
                        sum_taps::<V>(packed, planes, &piece.offsets, places, sums);
                        let sums = sums.chunks_exact(padded_places(places));
                        for (gx, sums) in gx.chunks_exact_mut(image).zip(sums) {
                            piece.scatter::<V>(self.shape, sums, width, gx);
                        }
                    }
                }
            }
            if fills_vectors(inputs) {
                places_together::<V>(sums, image, gx, padded(inputs));
            }
        }
    }
}

impl Piece {
    /// The inputs as places of an image with its channels together.
    fn places(&self, shape: &ConvShape, planes: &Planes) -> Places {
        let [down, right] = shape.stride;
        Places {
            rows: self.rows.inputs,
            columns: self.columns.inputs,
            read: [planes.width, 1],
            written: [
                self.rows.input * shape.width + self.columns.input,
                down * shape.width,
                right,
            ],
            touched: shape.group_outputs() * planes.width,
        }
    }

    /// Sends one channel's sums to their inputs.
    #[inline(always)]
    fn scatter<V: Lanes<Scalar = f32>>(
        &self,
        shape: &ConvShape,
        sums: &[f32],
        width: usize,
        gx: &mut [f32],
    ) {
        let columns = self.columns.inputs;
        for row in 0..self.rows.inputs {
            let sums = &sums[row * width..][..columns];
            let gx =
                &mut gx[(self.rows.input + row * shape.stride[0]) * shape.width..][..shape.width];
            if shape.stride[1] == 1 {
                copy_row::<V>(sums, &mut gx[self.columns.input..][..columns]);
            } else {
                let gx = gx[self.columns.input..].iter_mut().step_by(shape.stride[1]);
                for (gx, sum) in gx.zip(sums) {
                    *gx = *sum;
                }
            }
        }
    }
}
