use super::*;
use crate::kernels::{PoolShape, average_pool, average_pool_gradient, max_pool, max_pool_gradient};

fn shapes() -> Vec<PoolShape> {
    let mut shapes = Vec::new();
    for [size, stride, padding] in [[2, 2, 0], [3, 2, 1], [3, 1, 2], [7, 3, 3], [1, 1, 0]] {
        shapes.push(PoolShape {
            planes: 5,
            height: 7,
            width: 9,
            size: [size; 2],
            stride: [stride; 2],
            padding: [padding; 2],
        });
    }
    shapes.push(PoolShape {
        planes: 3,
        height: 4,
        width: 8,
        size: [4, 8],
        stride: [1, 1],
        padding: [0, 0],
    });
    shapes
}

/// The places of each output's window, plane by plane.
fn windows(shape: &PoolShape) -> Vec<Vec<usize>> {
    let [rows, columns] = shape.output_size();
    let mut windows = Vec::new();
    for output in 0..shape.planes * rows * columns {
        let (plane, place) = (output / (rows * columns), output % (rows * columns));
        let mut window = Vec::new();
        for tap in 0..shape.size[0] * shape.size[1] {
            let row = place / columns * shape.stride[0] + tap / shape.size[1];
            let column = place % columns * shape.stride[1] + tap % shape.size[1];
            let row = row.wrapping_sub(shape.padding[0]);
            let column = column.wrapping_sub(shape.padding[1]);
            if row < shape.height && column < shape.width {
                window.push((plane * shape.height + row) * shape.width + column);
            }
        }
        windows.push(window);
    }
    windows
}

#[test]
fn pools_and_their_gradients_equal_the_definition() {
    for shape in shapes() {
        let windows = windows(&shape);
        let mut rng = rng(2);
        let x = random(shape.planes * shape.height * shape.width, &mut rng);
        let gy = random(windows.len(), &mut rng);
        let area = (shape.size[0] * shape.size[1]) as f64;
        let (mut y, mut winners) = (vec![f32::NAN; gy.len()], vec![0; gy.len()]);
        max_pool(&shape, &x, &mut y, &mut winners);
        let mut gx = vec![f32::NAN; x.len()];
        max_pool_gradient(&shape, &winners, &gy, &mut gx);
        let mut by_max = vec![0.0; x.len()];
        let mut by_average = vec![0.0; x.len()];
        let mut averages = Vec::new();
        for ((window, gy), y) in windows.iter().zip(&gy).zip(&y) {
            let best = window
                .iter()
                .copied()
                .max_by(|a, b| x[*a].total_cmp(&x[*b]));
            let best = best.expect("a window with a number");
            assert_eq!(*y, x[best]);
            by_max[best] += f64::from(*gy);
            for place in window {
                by_average[*place] += f64::from(*gy) / area;
            }
            averages.push(window.iter().map(|place| f64::from(x[*place])).sum::<f64>() / area);
        }
        let context = format!("{shape:?}");
        close(&gx, &by_max, 1e-6, &context);
        average_pool(&shape, &x, &mut y);
        close(&y, &averages, 1e-6, &context);
        average_pool_gradient(&shape, &gy, &mut gx);
        close(&gx, &by_average, 1e-6, &context);
    }
}

#[test]
fn the_first_of_equals_wins_and_no_number_is_passed_on() {
    let shape = PoolShape {
        planes: 1,
        height: 1,
        width: 4,
        size: [1, 2],
        stride: [1, 2],
        padding: [0, 0],
    };
    let (mut y, mut winners) = ([0.0; 2], [9; 2]);
    max_pool(&shape, &[1.0, 1.0, 5.0, f32::NAN], &mut y, &mut winners);
    assert_eq!(winners, [0, 3]);
    assert!(y[0] == 1.0 && y[1].is_nan());
}
