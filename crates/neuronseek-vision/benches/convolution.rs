//! Time of a convolution's values and gradients at the sizes of residual networks, on the fastest
//! path and one thread.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use neuronseek::terms::CpuPath;
use neuronseek_vision::kernels::{
    ConvShape, convolution, convolution_input_gradient, convolution_weight_gradient,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Inputs, outputs, side of the image, side of the kernel, stride.
const SIZES: [[usize; 5]; 8] = [
    [64, 64, 32, 3, 1],
    [16, 16, 32, 3, 1],
    [32, 32, 16, 3, 1],
    [64, 64, 8, 3, 1],
    [3, 16, 32, 3, 1],
    [16, 32, 32, 3, 2],
    [32, 64, 16, 3, 2],
    [16, 32, 32, 1, 2],
];

fn random(length: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    (0..length).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn passes(criterion: &mut Criterion, [inputs, outputs, side, kernel, stride]: [usize; 5]) {
    let shape = ConvShape {
        batch: 32,
        inputs,
        outputs,
        height: side,
        width: side,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: [kernel / 2; 2],
        groups: 1,
    };
    let [rows, columns] = shape.output_size();
    let path = CpuPath::detect();
    let x = random(shape.batch * inputs * side * side);
    let w = random(outputs * inputs * kernel * kernel);
    let gy = random(shape.batch * outputs * rows * columns);
    let name = format!("{inputs}_to_{outputs}_side_{side}_kernel_{kernel}_stride_{stride}");
    let mut group = criterion.benchmark_group(name);
    // One product and one sum a weight and place.
    let operations = 2 * w.len() * shape.batch * rows * columns;
    group.throughput(Throughput::Elements(operations as u64));
    group.bench_function("values", |bencher| {
        let mut y = vec![0.0; gy.len()];
        bencher.iter(|| convolution(path, &shape, black_box(&x), &w, &mut y));
    });
    group.bench_function("input_gradient", |bencher| {
        let mut gx = vec![0.0; x.len()];
        bencher.iter(|| convolution_input_gradient(path, &shape, &w, black_box(&gy), &mut gx));
    });
    group.bench_function("weight_gradient", |bencher| {
        let mut gw = vec![0.0; w.len()];
        bencher.iter(|| convolution_weight_gradient(path, &shape, black_box(&x), &gy, &mut gw));
    });
    group.finish();
}

fn all(criterion: &mut Criterion) {
    let one = rayon::ThreadPoolBuilder::new().num_threads(1);
    if let Err(error) = one.build_global() {
        panic!("no thread to measure on: {error}");
    }
    for size in SIZES {
        passes(criterion, size);
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
