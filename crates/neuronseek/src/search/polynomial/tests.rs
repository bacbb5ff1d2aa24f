use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::observe::Observer;
use crate::prepare::Target;
use crate::search::Formula;
use crate::table::synthetic::{Case, Mode, Settings, Synthetic, generate};

fn table(mode: Mode, variant: usize, dim: usize, rows: usize) -> (Synthetic, Target) {
    let settings = Settings {
        dim,
        rows,
        ..Settings::default()
    };
    let table = generate(&Case { mode, variant }, &settings).unwrap();
    let target = Target::Values(Matrix::from_vec(rows, 1, table.y.clone()));
    (table, target)
}

fn search(method: &dyn Search, table: &Synthetic, target: &Target) -> Report {
    let problem = Problem {
        inputs: &table.inputs,
        target,
        weights: None,
    };
    method.search(&problem, 0, &Control::silent()).unwrap()
}

fn error(formula: &Formula, table: &Synthetic) -> f64 {
    let values = formula.values(&table.inputs);
    let pairs = values.data().iter().zip(&table.y);
    pairs.map(|(fitted, y)| (fitted - y).powi(2)).sum::<f64>() / table.y.len() as f64
}

#[test]
fn pure_cases_are_found_by_both() {
    let poly = Poly::default();
    let lasso = Lasso::default();
    for variant in 0..5 {
        let (table, target) = table(Mode::Pure, variant, 4, 600);
        for method in [&poly as &dyn Search, &lasso] {
            let report = search(method, &table, &target);
            assert_eq!(report.neuron, table.truth, "{} {variant}", method.name());
            assert!(error(&report.formula, &table) < 0.01);
            assert_eq!(report.evidence.len(), report.neuron.terms().len());
            assert!(report.evidence.iter().all(|e| e.bic_gain.unwrap() > 0.0));
        }
    }
}

#[test]
fn an_interaction_shows_as_monomials_of_its_degree() {
    let (table, target) = table(Mode::Interaction, 1, 4, 600);
    let expected = "x^2 + x^3 + cp(2) + cp(3)";
    for method in [&Poly::default() as &dyn Search, &Lasso::default()] {
        let report = search(method, &table, &target);
        assert_eq!(report.neuron.to_string(), expected, "{}", method.name());
        assert!(error(&report.formula, &table) < 1e-3);
    }
}

#[test]
fn the_formula_of_ridge_is_that_of_the_linear_room() {
    let (table, target) = table(Mode::Hybrid, 2, 3, 300);
    let report = search(&Poly::default(), &table, &target);
    let monomials = features::monomials(3, 5);
    let features = features::values(&table.inputs, &monomials);
    let y = Matrix::from_vec(300, 1, table.y.clone());
    let expected = ridge(&features, &y, None, Penalty::CrossValidated).unwrap();
    let expected = expected.model.predict(&features);
    let found = report.formula.values(&table.inputs);
    for (found, expected) in found.data().iter().zip(expected.data()) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn a_weak_term_far_down_the_path_is_met() {
    // The interaction has a five-thousandth of the variance.
    let (table, target) = table(Mode::Hybrid, 2, 6, 1500);
    let report = search(&Lasso::default(), &table, &target);
    assert_eq!(report.neuron.to_string(), "x^2 + x^3 + cp(2)");
}

#[test]
fn linear_is_the_inner_product() {
    let (table, target) = table(Mode::Hybrid, 1, 5, 300);
    let report = search(&Linear, &table, &target);
    assert!(report.neuron.is_linear());
    assert_eq!((report.method.as_str(), report.path.len()), ("linear", 1));
    assert!(report.warnings.is_empty());
    let polynomial = report.formula.polynomial().unwrap();
    assert!(polynomial.pieces.is_empty());
    assert_eq!(polynomial.parameters(), 6);
}

#[test]
fn a_degree_that_does_not_fit_is_lowered_with_a_warning() {
    let (table, target) = table(Mode::Hybrid, 1, 6, 300);
    let settings = PolySettings {
        max_order: 3,
        max_features: 30,
    };
    let report = search(&Poly { settings }, &table, &target);
    assert_eq!(report.path.len(), 2);
    let expected = "order 3 of 6 inputs has 83 monomials, more than 30: order 2 is used, with 27";
    assert_eq!(report.warnings, [expected]);
}

#[test]
fn noise_is_the_inner_product_with_a_warning() {
    let (mut table, _) = table(Mode::Pure, 0, 4, 400);
    for (row, y) in table.y.iter_mut().enumerate() {
        *y = ((row * 7919 % 104_729) as f64 * 0.618_034).fract();
    }
    let target = Target::Values(Matrix::from_vec(400, 1, table.y.clone()));
    for method in [&Poly::default() as &dyn Search, &Lasso::default()] {
        let report = search(method, &table, &target);
        assert!(report.neuron.is_linear(), "{}", report.neuron);
        assert_eq!(report.warnings.len(), 1);
    }
}

#[test]
fn weights_count_rows_as_often_as_they_say() {
    let (table, target) = table(Mode::Hybrid, 0, 3, 200);
    let weights: Vec<f64> = (0..200).map(|row| f64::from(row % 3)).collect();
    let repeated: Vec<usize> = (0..200).flat_map(|row| vec![row; row % 3]).collect();
    let inputs = table.inputs.select_rows(&repeated);
    let of_repeated = target.select_rows(&repeated);
    let weighted = Problem {
        inputs: &table.inputs,
        target: &target,
        weights: Some(&weights),
    };
    let repeated = Problem {
        inputs: &inputs,
        target: &of_repeated,
        weights: None,
    };
    let run = |problem| Lasso::default().search(problem, 0, &Control::silent());
    let (a, b) = (run(&weighted).unwrap(), run(&repeated).unwrap());
    assert_eq!(a.neuron, b.neuron);
    let (a, b) = (
        a.formula.values(&table.inputs),
        b.formula.values(&table.inputs),
    );
    for (a, b) in a.data().iter().zip(b.data()) {
        assert!((a - b).abs() < 1e-8);
    }
}

struct Count(Mutex<usize>);

impl Observer for Count {
    fn notice(&self, event: &Event<'_>) {
        if matches!(event, Event::Snapshot { .. }) {
            *self.0.lock().unwrap() += 1;
        }
    }
}

#[test]
fn snapshots_are_reported_and_a_stop_ends_early() {
    let (table, target) = table(Mode::Hybrid, 1, 5, 300);
    let problem = Problem {
        inputs: &table.inputs,
        target: &target,
        weights: None,
    };
    for method in [&Poly::default() as &dyn Search, &Lasso::default()] {
        let count = Count(Mutex::new(0));
        let run = |stop: bool| {
            let stop = AtomicBool::new(stop);
            let control = Control {
                observer: &count,
                stop: &stop,
                deadline: None,
            };
            method.search(&problem, 0, &control).unwrap()
        };
        let whole = run(false);
        assert_eq!(whole.path.len(), *count.0.lock().unwrap());
        assert!(whole.path.len() >= 5);
        let stopped = run(true);
        assert!(stopped.path.len() <= 1);
        assert!(stopped.formula.check().is_ok());
    }
}

#[test]
fn classes_and_bad_settings_are_refused() {
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
    for method in [&Poly::default() as &dyn Search, &Lasso::default(), &Linear] {
        let error = method.search(&problem, 0, &Control::silent());
        assert!(error.unwrap_err().to_string().contains("classes"));
    }
    let settings = LassoSettings {
        max_order: 10,
        max_features: 0,
        penalties: 1,
    };
    let SearchError::Settings(problems) = settings.check().unwrap_err() else {
        panic!("another error");
    };
    assert_eq!(problems.len(), 3);
}

#[test]
fn constant_inputs_and_targets_do_no_harm() {
    let mut inputs = Matrix::zeros(40, 3);
    for row in 0..40 {
        inputs.row_mut(row)[0] = row as f64 / 20.0 - 1.0;
        inputs.row_mut(row)[1] = 0.3;
        inputs.row_mut(row)[2] = f64::from(row % 2 == 0);
    }
    for constant in [true, false] {
        let y = (0..40).map(|row| if constant { 2.5 } else { inputs.row(row)[2] });
        let y: Vec<f64> = y.collect();
        let target = Target::Values(Matrix::from_vec(40, 1, y.clone()));
        let problem = Problem {
            inputs: &inputs,
            target: &target,
            weights: None,
        };
        for method in [&Poly::default() as &dyn Search, &Lasso::default(), &Linear] {
            let report = method.search(&problem, 0, &Control::silent()).unwrap();
            assert!(report.formula.check().is_ok());
            let values = report.formula.values(&inputs);
            for (value, y) in values.data().iter().zip(&y) {
                assert!((value - y).abs() < 0.05, "{} {value} {y}", method.name());
            }
        }
    }
}
