//! One training epoch, and predictions of as many rows.

#![allow(clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use neuronseek::network::Network;
use neuronseek::observe::Control;
use neuronseek::train::{Samples, train};
use neuronseek_bench::epoch::{data, network, settings};

fn epoch(criterion: &mut Criterion) {
    let (inputs, target) = data();
    let samples = Samples {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let start = Network::<f32>::new(network(), 0).unwrap();
    let settings = settings(1);
    criterion.bench_function("network epoch 8-64-32-1, 14448 rows", |bencher| {
        bencher.iter(|| {
            let mut network = start.clone();
            let control = Control::silent();
            train(
                &mut network,
                &samples,
                None,
                &settings,
                &control,
                None,
                &mut |_| {},
            )
            .unwrap()
        });
    });
    criterion.bench_function("network predict 8-64-32-1, 14448 rows", |bencher| {
        bencher.iter(|| start.predict(&inputs));
    });
}

criterion_group!(benches, epoch);
criterion_main!(benches);
