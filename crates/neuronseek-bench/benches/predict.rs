//! `cargo bench -p neuronseek-bench --bench predict`: a million rows of 8 numbers through
//! `Model::predict`, on one thread; a tenth of them through the networks of a default fit.

#![allow(clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use neuronseek::model::{
    FitOptions, Model, NeuronChoice, Profile, SearchMethod, TransformChoice, fit,
};
use neuronseek::network::Activation;
use neuronseek::observe::Control;
use neuronseek::prepare::TargetTransform;
use neuronseek::table::{Column, Table};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Rows that are predicted.
const ROWS: usize = 1_000_000;

/// Rows that models are fitted to.
const TRAINING: usize = 4_000;

/// Inputs, normal but for one far from 0, and a target: of order 3, or of no finite order.
fn table(rows: usize, seed: u64, polynomial: bool) -> Table {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> Vec<f64> {
        let numbers = StandardNormal.sample_iter(&mut rng);
        numbers.take(rows).collect()
    };
    let mut x: Vec<Vec<f64>> = (0..8).map(|_| normal()).collect();
    let noise = normal();
    x[5].iter_mut()
        .for_each(|value| *value = 1000.0 + 3.0 * *value);
    let y = |row: usize| {
        let v = |input: usize| x[input][row];
        let linear = v(6) + 0.1 * (v(5) - 1000.0);
        linear
            + match polynomial {
                true => {
                    let product = 0.3 * v(4) * v(6) * v(7);
                    v(0) * v(1) + 0.5 * v(2) * v(2) + product + 0.001 * noise[row]
                }
                false => (2.0 * v(0) * v(1)).sin() + v(2).abs() + v(3).floor() + 0.1 * noise[row],
            }
    };
    let y: Vec<f64> = (0..rows).map(y).collect();
    let inputs = x.into_iter().enumerate();
    let inputs = inputs.map(|(input, values)| Column::of_numbers(&format!("x{input}"), values));
    let columns = inputs.chain([Column::of_numbers("y", y)]).collect();
    Table::new("numbers", columns).unwrap()
}

fn model(polynomial: bool, change: impl FnOnce(&mut FitOptions)) -> Model {
    let mut options = FitOptions::default();
    options.prepare.targets = vec!["y".to_string()];
    options.target_transform = TransformChoice::Given(TargetTransform::None);
    options.profile = Profile::Small;
    options.train.epochs = Some(3);
    options.network.hidden = Some(vec![64, 32]);
    change(&mut options);
    let table = table(TRAINING, 1, polynomial);
    fit(&table, None, &options, &Control::silent())
        .unwrap()
        .model
}

/// A small network like those of other libraries.
fn network(neuron: &str) -> Model {
    model(false, |options| {
        options.neuron = NeuronChoice::Given(neuron.parse().unwrap());
        options.network.activation = Activation::Relu;
        options.network.skip = None;
    })
}

fn predictions(criterion: &mut Criterion) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.unwrap();
    let mut group = criterion.benchmark_group("predict");
    group.sample_size(10);
    let found = model(true, |_| ());
    let all = model(true, |options| {
        options.search.method = SearchMethod::Poly;
        options.search.max_order = 2;
    });
    let silu = model(false, |options| {
        options.neuron = NeuronChoice::Given("x".parse().unwrap());
    });
    let blend = model(false, |options| {
        options.profile = Profile::Default;
        options.network.hidden = None;
        options.train.epochs = None;
    });
    for (name, polynomial, model) in [
        ("polynomial found", true, found),
        ("polynomial of order 2", true, all),
        ("network x, 64, 32", false, network("x")),
        ("network x, 64, 32, SiLU", false, silu),
        (
            "network x + x^2 + cp(2), 64, 32",
            false,
            network("x + x^2 + cp(2, r=4)"),
        ),
        ("default", false, blend),
    ] {
        let what = match model.polynomial() {
            Some(polynomial) => format!("{} coefficients", polynomial.parameters()),
            None => format!("{} networks", model.networks().len()),
        };
        let rows = if model.networks().len() > 1 {
            ROWS / 10
        } else {
            ROWS
        };
        group.throughput(Throughput::Elements(rows as u64));
        let table = table(rows, 2, polynomial);
        group.bench_function(format!("{name} ({what})"), |bencher| {
            let predict = |_| pool.install(|| model.predict(&table).unwrap());
            bencher.iter_batched(|| (), predict, BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(benches, predictions);
criterion_main!(benches);
