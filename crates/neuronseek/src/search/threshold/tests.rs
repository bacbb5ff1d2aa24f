use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::observe::Observer;
use crate::prepare::Target;
use crate::table::synthetic::{Case, Mode, Settings, Synthetic, generate};

fn table(mode: Mode, variant: usize, dim: usize) -> (Synthetic, Target) {
    let settings = Settings {
        dim,
        rows: 600,
        ..Settings::default()
    };
    let table = generate(&Case { mode, variant }, &settings).unwrap();
    let target = Target::Values(Matrix::from_vec(600, 1, table.y.clone()));
    (table, target)
}

fn problem<'a>((table, target): &'a (Synthetic, Target)) -> Problem<'a> {
    Problem {
        inputs: &table.inputs,
        target,
        weights: None,
    }
}

fn quick(form: Form, stridge: bool) -> Threshold {
    Threshold {
        settings: ThresholdSettings {
            form,
            stridge,
            max_order: 3,
            rate: 0.01,
            epochs: 60,
            ..ThresholdSettings::default()
        },
    }
}

#[test]
fn the_gradient_of_the_penalised_loss_equals_finite_differences() {
    let data = table(Mode::Interaction, 1, 3);
    let problem = problem(&data);
    let regression = Regression::new(&problem, "threshold").unwrap();
    for form in [Form::Cp, Form::Tucker] {
        let settings = quick(form, false).settings;
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut model = Model::new(3, &settings, &mut random);
        model.set_coefficients(0.3, &[0.7, -0.4, 0.2]);
        let rows: Vec<usize> = (10..50).collect();
        let mut memory = Memory::default();
        let mut gradient = vec![0.0; model.parameters.len()];
        model.gradient(&regression, &rows, &mut memory, &mut gradient);
        let mut spare = gradient.clone();
        for (at, derivative) in gradient.iter().enumerate() {
            let old = model.parameters[at];
            let mut loss = |by: f64| {
                model.parameters[at] = old + by;
                model.gradient(&regression, &rows, &mut memory, &mut spare)
            };
            let slope = (loss(1e-5) - loss(-1e-5)) / 2e-5;
            loss(0.0);
            let close = 1e-6 * (1.0 + slope.abs());
            assert!((derivative - slope).abs() < close, "{form:?} {at}");
            assert_ne!(*derivative, 0.0, "{form:?} {at}");
        }
    }
}

#[test]
fn training_changes_the_core() {
    let data = table(Mode::Interaction, 0, 3);
    let problem = problem(&data);
    let regression = Regression::new(&problem, "threshold").unwrap();
    let settings = quick(Form::Tucker, false).settings;
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let model = Model::new(3, &settings, &mut random);
    let before = model.core(1).to_vec();
    let mut training = Training {
        settings: &settings,
        regression: &regression,
        model,
        path: Vec::new(),
    };
    training.run(&mut random, &Control::silent()).unwrap();
    let changes = training.model.core(1).iter().zip(&before);
    let changes: Vec<f64> = changes.map(|(a, b)| (a - b).abs()).collect();
    assert_eq!(changes.len(), 9);
    assert!(changes.iter().all(|change| *change > 1e-3), "{changes:?}");
    assert!(training.path.last().unwrap().criterion < 0.5 * training.path[0].criterion);
}

#[test]
fn a_product_is_found_in_every_variant_and_the_formula_is_the_model() {
    let data = table(Mode::Interaction, 0, 4);
    for form in [Form::Cp, Form::Tucker] {
        for stridge in [false, true] {
            let search = quick(form, stridge);
            let report = search
                .search(&problem(&data), 1, &Control::silent())
                .unwrap();
            let expected = match form {
                Form::Cp => "cp(2, r=3)",
                Form::Tucker => "cp(2)",
            };
            assert_eq!(report.neuron.to_string(), expected, "{stridge}");
            assert_eq!(report.path.len(), 12);
            let values = report.formula.values(&data.0.inputs);
            let pairs = values.data().iter().zip(&data.0.y);
            let error = pairs.map(|(f, y)| (f - y).powi(2)).sum::<f64>() / 600.0;
            assert!(error < 0.05, "{form:?} {stridge} {error}");
            assert!((1.0 - error - report.evidence[0].explained).abs() < 1e-6);
        }
    }
}

#[test]
fn products_of_a_tensor_sum_to_its_value() {
    let data = table(Mode::Interaction, 0, 3);
    for form in [Form::Cp, Form::Tucker] {
        let settings = quick(form, false).settings;
        let model = Model::new(3, &settings, &mut ChaCha8Rng::seed_from_u64(3));
        let values = model.values(&data.0.inputs);
        for order in 0..3 {
            for row in 0..20 {
                let x = data.0.inputs.row(row);
                let along = |u: &[f64]| u.iter().zip(x).map(|(u, x)| u * x).sum::<f64>();
                let products = model.products(order);
                let sum: f64 = products
                    .iter()
                    .map(|factors| (0..=order).map(|m| along(factors.row(m))).product::<f64>())
                    .sum();
                assert!((sum - values.row(row)[order]).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn stridge_drops_what_explains_little() {
    let x: Vec<f64> = (0..300)
        .map(|i| f64::from(i * 7919 % 101) / 50.0 - 1.0)
        .collect();
    let features = Matrix::from_vec(100, 3, x);
    let left = |last: f64, alive: [bool; 3]| {
        let value = |x: &[f64]| x[0] - 0.05 * x[1] + last * x[2];
        let y: Vec<f64> = (0..100).map(|row| value(features.row(row))).collect();
        let moments = Moments::new(&features, &y, &[1.0; 100]).unwrap();
        stridge(&moments, &alive).active
    };
    assert_eq!(left(1.0, [true; 3]), [0, 2]);
    assert_eq!(left(0.0, [true, true, false]), [0]);
    assert_eq!(left(1.0, [false, true, false]), [1]);
}

#[test]
fn the_same_seed_gives_the_same_report_and_a_stop_ends_early() {
    let data = table(Mode::Hybrid, 1, 3);
    let search = quick(Form::Cp, true);
    let run = || {
        let mut report = search
            .search(&problem(&data), 5, &Control::silent())
            .unwrap();
        report.seconds = 0.0;
        report
    };
    assert_eq!(run(), run());
    struct Stopper(AtomicBool, Mutex<usize>);
    impl Observer for Stopper {
        fn notice(&self, event: &Event<'_>) {
            if matches!(event, Event::Snapshot { .. }) {
                *self.1.lock().unwrap() += 1;
                self.0.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        }
    }
    let stopper = Stopper(AtomicBool::new(false), Mutex::new(0));
    let control = Control {
        observer: &stopper,
        stop: &stopper.0,
        deadline: None,
    };
    let report = search.search(&problem(&data), 5, &control).unwrap();
    assert_eq!((report.path.len(), *stopper.1.lock().unwrap()), (1, 1));
    assert!(report.formula.check().is_ok());
}

#[test]
fn bad_settings_are_named_all_at_once_and_classes_are_refused() {
    let settings = ThresholdSettings {
        form: Form::Tucker,
        max_order: 9,
        rank: 60,
        epochs: 0,
        rate: f64::NAN,
        factor_penalty: -1.0,
        ..ThresholdSettings::default()
    };
    let SearchError::Settings(problems) = settings.check().unwrap_err() else {
        panic!("another error");
    };
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(ThresholdSettings::default().check().is_ok());
    let inputs = Matrix::zeros(20, 2);
    let target = Target::Classes {
        labels: vec![0; 20],
        count: 2,
    };
    let problem = Problem {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    let error = Threshold::default().search(&problem, 0, &Control::silent());
    assert!(error.unwrap_err().to_string().contains("classes"));
}
