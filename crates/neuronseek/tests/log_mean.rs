//! Counts, amounts and amounts with zeros, by losses that fit the logarithm of the mean.

// A panic here is a failed test.
#![allow(clippy::unwrap_used)]

use neuronseek::model::{
    CandidateKind, FitOptions, Fitted, Holdout, Metrics, Model, NeuronChoice, Prediction, fit,
};
use neuronseek::network::Loss;
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::table::{Column, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROWS: usize = 3000;

/// Draws a number of the given mean from uniform ones.
type Draw = fn(f64, &mut dyn FnMut() -> f64) -> f64;

/// Arrivals within a unit of time.
fn count(mean: f64, uniform: &mut dyn FnMut() -> f64) -> f64 {
    let (mut time, mut count) = (0.0, 0.0);
    loop {
        time -= uniform().ln() / mean;
        if time > 1.0 {
            return count;
        }
        count += 1.0;
    }
}

fn exponential(mean: f64, uniform: &mut dyn FnMut() -> f64) -> f64 {
    -mean * uniform().ln()
}

/// Half of them are 0.
fn often_none(mean: f64, uniform: &mut dyn FnMut() -> f64) -> f64 {
    match uniform() < 0.5 {
        true => 0.0,
        false => exponential(2.0 * mean, uniform),
    }
}

fn mean_of(a: f64, b: f64) -> f64 {
    (1.5 + a - 0.5 * b).exp()
}

/// y of mean exp(1.5 + a - b / 2), times `unit`.
fn table(draw: Draw, unit: f64) -> Table {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROWS {
        let (a, b) = (
            random.random_range(-1.0..1.0),
            random.random_range(-1.0..1.0),
        );
        let y = draw(mean_of(a, b), &mut || random.random_range(1e-9..1.0));
        for (column, value) in columns.iter_mut().zip([a, b, unit * y]) {
            column.push(value);
        }
    }
    let names = ["a", "b", "y"];
    let columns = names.into_iter().zip(columns);
    let columns = columns.map(|(name, values)| Column::of_numbers(name, values));
    Table::new("amounts", columns.collect()).unwrap()
}

fn fitted(table: &Table, loss: Loss) -> Fitted {
    let mut options = FitOptions {
        loss: Some(loss),
        neuron: NeuronChoice::Given(Neuron::linear()),
        holdout: Holdout::Split(0),
        ..FitOptions::default()
    };
    options.prepare.targets = vec!["y".to_string()];
    options.network.hidden = Some(vec![8]);
    options.train.epochs = Some(30);
    fit(table, None, &options, &Control::silent()).unwrap()
}

fn predicted(model: &Model, table: &Table) -> Vec<f64> {
    match model.predict(table).unwrap() {
        Prediction::Values { values, .. } => values.data().to_vec(),
        Prediction::Classes { .. } => panic!("classes"),
    }
}

fn deviance(metrics: &Metrics) -> f64 {
    match metrics {
        Metrics::Regression { deviance, .. } => deviance.unwrap(),
        Metrics::Classification { .. } => panic!("classes"),
    }
}

#[test]
fn means_are_found_in_the_users_unit() {
    for (loss, draw) in [
        (Loss::Poisson, count as Draw),
        (Loss::Gamma, exponential),
        (Loss::Tweedie { power: 1.5 }, often_none),
    ] {
        let table = table(draw, 1.0);
        let fitted = fitted(&table, loss);
        let numbers = |name: &str| table.column(name).unwrap().numbers().unwrap();
        let (a, b) = (numbers("a"), numbers("b"));
        let predicted = predicted(&fitted.model, &table);
        let off = (0..ROWS).map(|row| (predicted[row] / mean_of(a[row], b[row])).ln().powi(2));
        let off = (off.sum::<f64>() / ROWS as f64).sqrt();
        assert!(
            off < 0.15,
            "{loss:?}: means are off by a factor of exp({off})"
        );
        let report = &fitted.report;
        let of = |split: &std::collections::BTreeMap<String, Metrics>| deviance(&split["test"]);
        assert!(of(&report.metrics) < 0.95 * of(&report.mean), "{loss:?}");
        assert!(of(&report.metrics) < 1.02 * of(&report.linear), "{loss:?}");
        // What is stored predicts the same, and is judged the same.
        let read = Model::from_bytes(&fitted.model.to_bytes().unwrap(), "memory").unwrap();
        assert_eq!(self::predicted(&read, &table), predicted);
        let rows = |row: usize| (numbers("y")[row], predicted[row]);
        if loss == Loss::Gamma {
            let by_hand = (0..ROWS)
                .map(rows)
                .map(|(y, mu)| 2.0 * ((mu / y).ln() + y / mu - 1.0));
            let by_hand = by_hand.sum::<f64>() / ROWS as f64;
            let evaluated = deviance(&read.evaluate(&table).unwrap().0);
            assert!(
                (evaluated - by_hand).abs() < 1e-9 * by_hand,
                "{evaluated} {by_hand}"
            );
        }
    }
}

#[test]
fn another_unit_gives_the_same_model_in_it() {
    let plain = fitted(&table(exponential, 1.0), Loss::Gamma);
    // A power of two, so that the division by the mean is the same to the last bit.
    let other = fitted(&table(exponential, 1024.0), Loss::Gamma);
    let inputs = table(exponential, 1.0);
    let pairs = predicted(&plain.model, &inputs)
        .into_iter()
        .zip(predicted(&other.model, &inputs));
    for (a, b) in pairs {
        assert!((1024.0 * a - b).abs() <= 1e-12 * b, "{a} {b}");
    }
}

#[test]
fn the_search_sees_the_logarithm() {
    let table = table(exponential, 1.0);
    let mut options = FitOptions {
        loss: Some(Loss::Gamma),
        ..FitOptions::default()
    };
    options.prepare.targets = vec!["y".to_string()];
    options.network.hidden = Some(vec![8]);
    options.train.epochs = Some(3);
    let report = fit(&table, None, &options, &Control::silent())
        .unwrap()
        .report;
    // log y is linear and noise; y itself is not.
    assert_eq!(report.search.unwrap().neuron.to_string(), "x");
    let polynomial = |kind| kind == CandidateKind::Polynomial;
    assert!(!report.candidates.iter().any(|one| polynomial(one.kind)));
}
