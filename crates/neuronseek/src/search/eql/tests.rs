use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::matrix::Matrix;
use crate::observe::Observer;
use crate::prepare::Target;

fn table(rows: usize, inputs: usize, f: impl Fn(&[f64]) -> f64) -> (Matrix<f64>, Target) {
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let x: Vec<f64> = (0..rows * inputs)
        .map(|_| 4.0 * random.random::<f64>() - 2.0)
        .collect();
    let inputs = Matrix::from_vec(rows, inputs, x);
    let y = (0..rows).map(|row| f(inputs.row(row))).collect();
    (inputs, Target::Values(Matrix::from_vec(rows, 1, y)))
}

fn quick() -> Eql {
    Eql {
        settings: EqlSettings {
            units: 3,
            epochs: 120,
            ..EqlSettings::default()
        },
    }
}

fn search(eql: &Eql, (inputs, target): &(Matrix<f64>, Target)) -> Report {
    let problem = Problem {
        inputs,
        target,
        weights: None,
    };
    eql.search(&problem, 1, &Control::silent()).unwrap()
}

fn share_left(report: &Report, (inputs, target): &(Matrix<f64>, Target)) -> f64 {
    let Target::Values(y) = target else {
        unreachable!()
    };
    let fitted = report.formula.values(inputs);
    let mean = y.data().iter().sum::<f64>() / y.rows() as f64;
    let total: f64 = y.data().iter().map(|y| (y - mean).powi(2)).sum();
    let pairs = fitted.data().iter().zip(y.data());
    pairs.map(|(f, y)| (f - y).powi(2)).sum::<f64>() / total
}

#[test]
fn a_linear_function_is_found_exactly() {
    let data = table(400, 3, |x| 2.0 * x[0] - 0.5 * x[2] + 7.0);
    let report = search(&quick(), &data);
    assert!(report.neuron.is_linear(), "{:?}", report.formula);
    assert!(share_left(&report, &data) < 1e-12);
    assert_eq!(report.path.len(), 12);
}

#[test]
fn a_product_and_a_sine_are_fitted() {
    let product = table(400, 2, |x| 3.0 * x[0] * x[1]);
    let report = search(&quick(), &product);
    assert!(share_left(&report, &product) < 0.01, "{:?}", report.formula);
    let orders: Vec<usize> = report.neuron.interactions().iter().map(|i| i.0).collect();
    assert!(orders.contains(&2), "{}", report.neuron);
    let sine = table(400, 2, |x| (1.7 * x[0]).sin());
    let report = search(&quick(), &sine);
    assert!(share_left(&report, &sine) < 0.01, "{:?}", report.formula);
}

#[test]
fn the_formula_keeps_to_its_length() {
    let data = table(300, 6, |x| x.iter().map(|x| x.sin() * x).sum());
    let mut eql = quick();
    eql.settings.longest = 40;
    let report = search(&eql, &data);
    let expressions = report.formula.expressions().unwrap();
    assert!(expressions[0].size() <= 40, "{}", expressions[0]);
    assert!(report.warnings[0].starts_with("the threshold was raised"));
    assert!(report.formula.check().is_ok());
}

#[test]
fn features_that_explain_nothing_are_dropped_at_their_price() {
    let data = table(300, 4, |x| x[0] + 0.02 * x[1]);
    let problem = Problem {
        inputs: &data.0,
        target: &data.1,
        weights: None,
    };
    let mut regression = Regression::new(&problem, "eql").unwrap();
    for (row, y) in regression.y.iter_mut().enumerate() {
        *y += 0.05 * data.0.row(row)[3].signum() * ((row * 7919 % 13) as f64 - 6.0) / 6.0;
    }
    let moments = Moments::new(&data.0, &regression.y, &regression.weights).unwrap();
    assert_eq!(eliminated(&regression, &moments, &[1; 4]).active, [0, 1]);
    let dear = eliminated(&regression, &moments, &[1, 50, 1, 1]);
    assert_eq!(dear.active, [0]);
}

#[test]
fn the_same_seed_gives_the_same_report() {
    let data = table(200, 2, |x| x[0] * x[1] + x[0].cos());
    let run = || {
        let mut report = search(&quick(), &data);
        report.seconds = 0.0;
        report
    };
    assert_eq!(run(), run());
}

struct Stopper(AtomicBool, Mutex<usize>);

impl Observer for Stopper {
    fn notice(&self, event: &Event<'_>) {
        if matches!(event, Event::Snapshot { .. }) {
            *self.1.lock().unwrap() += 1;
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_stop_ends_with_what_there_is() {
    let (inputs, target) = table(200, 2, |x| x[0] * x[1]);
    let problem = Problem {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let stopper = Stopper(AtomicBool::new(false), Mutex::new(0));
    let control = Control {
        observer: &stopper,
        stop: &stopper.0,
        deadline: None,
    };
    let report = quick().search(&problem, 1, &control).unwrap();
    assert_eq!((report.path.len(), *stopper.1.lock().unwrap()), (1, 1));
    assert!(report.formula.check().is_ok());
}

#[test]
fn constant_targets_classes_and_bad_settings() {
    let constant = table(50, 2, |_| 3.0);
    let report = search(&quick(), &constant);
    assert!(report.neuron.is_linear());
    assert!((report.formula.values(&constant.0).row(7)[0] - 3.0).abs() < 1e-9);
    let target = Target::Classes {
        labels: vec![0; 50],
        count: 2,
    };
    let problem = Problem {
        inputs: &constant.0,
        target: &target,
        weights: None,
    };
    let error = quick().search(&problem, 0, &Control::silent());
    assert!(error.unwrap_err().to_string().contains("classes"));
    let settings = EqlSettings {
        layers: 4,
        epochs: 3,
        rate: 2.0,
        threshold: -1.0,
        ..EqlSettings::default()
    };
    let SearchError::Settings(problems) = settings.check().unwrap_err() else {
        panic!("another error");
    };
    assert_eq!(problems.len(), 4);
}
