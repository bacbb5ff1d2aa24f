use super::*;
use crate::kernels::{
    ConvShape, convolution, convolution_input_gradient, convolution_weight_gradient,
};

/// Calls `visit` with the places of x, w and y of every product of the definition.
fn products(shape: &ConvShape, mut visit: impl FnMut(usize, usize, usize)) {
    let [rows, columns] = shape.output_size();
    let [kernel_rows, kernel_columns] = shape.kernel;
    let (inputs, outputs) = (shape.inputs / shape.groups, shape.outputs / shape.groups);
    for image in 0..shape.batch {
        for output in 0..shape.outputs {
            for place in 0..rows * columns {
                for tap in 0..inputs * kernel_rows * kernel_columns {
                    let input = tap / (kernel_rows * kernel_columns) + output / outputs * inputs;
                    let (a, b) = (tap / kernel_columns % kernel_rows, tap % kernel_columns);
                    let row =
                        (place / columns * shape.stride[0] + a).wrapping_sub(shape.padding[0]);
                    let column =
                        (place % columns * shape.stride[1] + b).wrapping_sub(shape.padding[1]);
                    if row < shape.height && column < shape.width {
                        let channel = image * shape.inputs + input;
                        visit(
                            (channel * shape.height + row) * shape.width + column,
                            output * inputs * kernel_rows * kernel_columns + tap,
                            (image * shape.outputs + output) * rows * columns + place,
                        );
                    }
                }
            }
        }
    }
}

fn check(shape: &ConvShape) {
    let mut rng = rng(11);
    let [rows, columns] = shape.output_size();
    let context = format!("{shape:?}");
    let area = shape.kernel[0] * shape.kernel[1];
    let x = random(
        shape.batch * shape.inputs * shape.height * shape.width,
        &mut rng,
    );
    let w = random(shape.outputs * shape.inputs / shape.groups * area, &mut rng);
    let gy = random(shape.batch * shape.outputs * rows * columns, &mut rng);
    let mut expected = [vec![0.0; gy.len()], vec![0.0; x.len()], vec![0.0; w.len()]];
    products(shape, |i, j, k| {
        let [x, w, gy] = [x[i], w[j], gy[k]].map(f64::from);
        expected[0][k] += x * w;
        expected[1][i] += w * gy;
        expected[2][j] += x * gy;
    });
    on_all_paths(|path| {
        let y = at_all_threads(|| {
            let mut y = vec![f32::NAN; gy.len()];
            convolution(path, shape, &x, &w, &mut y);
            y
        });
        let gx = at_all_threads(|| {
            let mut gx = vec![f32::NAN; x.len()];
            convolution_input_gradient(path, shape, &w, &gy, &mut gx);
            gx
        });
        let gw = at_all_threads(|| {
            let mut gw = vec![f32::NAN; w.len()];
            convolution_weight_gradient(path, shape, &x, &gy, &mut gw);
            gw
        });
        let context = format!("{} {context}", path.name());
        close(&y, &expected[0], 4e-6, &context);
        close(&gx, &expected[1], 4e-6, &context);
        close(&gw, &expected[2], 4e-6, &context);
        let value = dot(&y, &gy);
        let norm = dot(&gy, &gy).sqrt() * dot(&y, &y).sqrt() + 1e-30;
        for other in [dot(&gx, &x), dot(&gw, &w)] {
            assert!(
                (value - other).abs() <= 1e-5 * norm,
                "{context}: not adjoint"
            );
        }
    });
}

fn shape(
    [batch, inputs, outputs, groups]: [usize; 4],
    [height, width]: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
) -> ConvShape {
    ConvShape {
        batch,
        inputs,
        outputs,
        height,
        width,
        kernel,
        stride,
        padding,
        groups,
    }
}

#[test]
fn equals_the_definition_for_all_kernels_strides_and_paddings() {
    for kernel in [1, 2, 3, 5, 7] {
        for stride in [1, 2, 3] {
            for padding in [0, 1, 2, 3] {
                for channels in [[2, 3, 5, 1], [1, 12, 30, 1]] {
                    check(&shape(
                        channels,
                        [7, 9],
                        [kernel; 2],
                        [stride; 2],
                        [padding; 2],
                    ));
                }
            }
        }
    }
}

#[test]
fn equals_the_definition_where_rows_and_columns_differ() {
    check(&shape([1, 2, 3, 1], [5, 11], [3, 1], [1, 2], [2, 0]));
    check(&shape([1, 2, 9, 1], [6, 4], [1, 5], [3, 1], [0, 3]));
    check(&shape([1, 1, 1, 1], [1, 1], [1, 1], [1, 1], [0, 0]));
    check(&shape([1, 1, 17, 1], [1, 1], [3, 3], [2, 2], [1, 1]));
    check(&shape([1, 13, 16, 1], [5, 11], [3, 1], [1, 2], [2, 0]));
    check(&shape([1, 14, 29, 1], [6, 4], [1, 5], [3, 1], [0, 3]));
    check(&shape([1, 16, 16, 1], [2, 3], [1, 1], [1, 1], [0, 0]));
    check(&shape([1, 2, 2, 1], [3, 40], [2, 7], [2, 3], [1, 3]));
}

#[test]
fn equals_the_definition_for_groups_and_single_channels() {
    check(&shape([2, 6, 6, 6], [7, 9], [3, 3], [1, 1], [1, 1]));
    check(&shape([2, 6, 12, 6], [7, 9], [5, 5], [2, 2], [2, 2]));
    check(&shape([2, 4, 14, 2], [7, 9], [3, 3], [1, 1], [1, 1]));
    check(&shape([2, 32, 32, 2], [7, 9], [3, 3], [2, 2], [1, 1]));
    check(&shape([2, 1, 20, 1], [8, 8], [3, 3], [1, 1], [1, 1]));
    check(&shape([2, 20, 1, 1], [8, 8], [3, 3], [1, 1], [1, 1]));
}

#[test]
fn equals_the_definition_at_the_sizes_of_residual_networks() {
    check(&shape([9, 3, 16, 1], [32, 32], [3, 3], [1, 1], [1, 1]));
    check(&shape([2, 16, 32, 1], [32, 32], [3, 3], [2, 2], [1, 1]));
    check(&shape([2, 16, 48, 1], [16, 16], [1, 1], [2, 2], [0, 0]));
    check(&shape([11, 64, 64, 1], [8, 8], [3, 3], [1, 1], [1, 1]));
    check(&shape([1, 80, 16, 1], [20, 12], [3, 3], [1, 1], [1, 1]));
    check(&shape([1, 32, 72, 1], [33, 31], [3, 3], [1, 1], [1, 1]));
}

#[test]
fn a_kernel_larger_than_the_image_gives_nothing() {
    check(&shape([2, 2, 3, 1], [2, 5], [3, 3], [1, 1], [0, 0]));
}
