use std::sync::atomic::AtomicBool;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::matrix::Matrix;
use crate::neuron::Function;
use crate::observe::Silent;
use crate::prepare::Target;
use crate::table::synthetic::{Case, Mode, Settings, generate};

fn inputs(rows: usize, columns: usize, seed: u64) -> Matrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Twelve uniform numbers add up to nearly a normal one.
    let data = (0..rows * columns)
        .map(|_| (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0)
        .collect();
    Matrix::from_vec(rows, columns, data)
}

/// A target as a function of a row.
type OfRow<'a> = &'a dyn Fn(&[f64]) -> f64;

/// Columns of targets, each scaled to mean 0 and deviation 1.
fn values(x: &Matrix<f64>, functions: &[OfRow<'_>]) -> Target {
    let mut y = Matrix::zeros(x.rows(), functions.len());
    for (column, f) in functions.iter().enumerate() {
        let raw: Vec<f64> = (0..x.rows()).map(|row| f(x.row(row))).collect();
        let n = raw.len() as f64;
        let mean = raw.iter().sum::<f64>() / n;
        let variance = raw.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / n;
        for (row, y_raw) in raw.iter().enumerate() {
            y.row_mut(row)[column] = (y_raw - mean) / variance.sqrt();
        }
    }
    Target::Values(y)
}

fn found(settings: &GatedSettings, x: &Matrix<f64>, target: &Target) -> Report {
    let problem = Problem {
        inputs: x,
        target,
        weights: None,
    };
    let search = Gated {
        settings: settings.clone(),
    };
    search.search(&problem, 1, &Control::silent()).unwrap()
}

fn small() -> GatedSettings {
    GatedSettings {
        max_order: 3,
        max_rank: 3,
        steps: 1500,
        ..GatedSettings::default()
    }
}

#[test]
fn finds_synthetic_structures() {
    for (mode, variant) in [
        (Mode::Pure, 2),
        (Mode::Interaction, 3),
        (Mode::Hybrid, 0),
        (Mode::Hybrid, 2),
    ] {
        let case = Case { mode, variant };
        let table = generate(&case, &Settings::default()).unwrap();
        let target = Target::Values(Matrix::from_vec(table.y.len(), 1, table.y));
        let report = found(&GatedSettings::default(), &table.inputs, &target);
        assert_eq!(report.neuron, table.truth, "{case}");
        assert_eq!(report.formula.polynomial().unwrap().neuron(), table.truth);
        for evidence in &report.evidence {
            assert!(evidence.gate_probability.unwrap() > 0.5, "{evidence:?}");
            assert!(evidence.bic_gain.unwrap() > 10.0, "{evidence:?}");
        }
    }
}

#[test]
fn ranks_are_found() {
    let x = inputs(1500, 5, 3);
    let target = values(
        &x,
        &[&|x| x[0] * x[1] + 0.7 * (x[2] - x[0]) * (x[3] + x[4])],
    );
    let report = found(&small(), &x, &target);
    assert_eq!(report.neuron.to_string(), "cp(2, r=2)");
}

#[test]
fn several_outputs_share_one_structure() {
    let x = inputs(1500, 4, 4);
    let target = values(
        &x,
        &[&|x| x[0] * x[1] + x[2], &|x| x[3] - 0.5 * x[0] * x[1]],
    );
    let report = found(&small(), &x, &target);
    assert_eq!(report.neuron.to_string(), "x + cp(2, r=1)");
    assert_eq!(report.formula.outputs(), 2);
}

#[test]
fn functions_are_terms() {
    let x = inputs(1500, 3, 5);
    let target = values(&x, &[&|x| (x[0].sin() - x[1].sin()) + 0.3 * x[2].sin()]);
    let settings = GatedSettings {
        functions: vec![Function::Sin, Function::Exp],
        ..small()
    };
    let report = found(&settings, &x, &target);
    assert_eq!(report.neuron.to_string(), "sin(x)");
}

#[test]
fn classes_have_logits() {
    let x = inputs(3000, 4, 6);
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let labels: Vec<usize> = (0..x.rows())
        .map(|row| {
            let logit = 3.0 * x.row(row)[0] * x.row(row)[1];
            usize::from(rng.random::<f64>() < 1.0 / (1.0 + (-logit).exp()))
        })
        .collect();
    let target = Target::Classes {
        labels: labels.clone(),
        count: 2,
    };
    let report = found(&small(), &x, &target);
    assert_eq!(report.neuron.to_string(), "cp(2, r=1)");
    let logits = report.formula.values(&x);
    let right = (0..x.rows())
        .filter(|&row| (logits.row(row)[0] > 0.0) == (labels[row] == 1))
        .count();
    assert!(right > 2200, "{right} of 3000");
    let three: Vec<usize> = (0..x.rows())
        .map(|row| {
            let row = x.row(row);
            if row[0] * row[1] > 0.5 {
                2
            } else {
                usize::from(row[2] > 0.0)
            }
        })
        .collect();
    let target = Target::Classes {
        labels: three,
        count: 3,
    };
    let report = found(&small(), &x, &target);
    assert_eq!(report.formula.outputs(), 3);
    let orders: Vec<usize> = report.neuron.interactions().iter().map(|i| i.0).collect();
    assert!(orders.contains(&2), "{}", report.neuron);
}

#[test]
fn rows_of_no_weight_do_not_count() {
    let mut x = inputs(1500, 3, 8);
    let target = values(&x, &[&|x| x[0] * x[1]]);
    let mut weights = vec![1.2; 1500];
    for row in (0..1500).step_by(6) {
        weights[row] = 0.0;
        x.row_mut(row).copy_from_slice(&[1.0, -2.0, 0.5]);
    }
    let problem = Problem {
        inputs: &x,
        target: &target,
        weights: Some(&weights),
    };
    let search = Gated { settings: small() };
    let report = search.search(&problem, 0, &Control::silent()).unwrap();
    // Rows that counted would spoil the fit of the others.
    let (Target::Values(y), fitted) = (&target, report.formula.values(&x)) else {
        panic!("numbers");
    };
    for row in (0..1500).filter(|row| row % 6 != 0) {
        let error = (y.row(row)[0] - fitted.row(row)[0]).abs();
        assert!(error < 1e-6, "row {row}: {error}");
    }
}

#[test]
fn pure_noise_gives_a_neuron_and_says_so() {
    let x = inputs(800, 4, 9);
    let noise = inputs(800, 1, 10);
    let target = Target::Values(noise);
    let report = found(&small(), &x, &target);
    assert!(report.neuron.is_linear(), "{}", report.neuron);
    assert!(!report.warnings.is_empty());
}

#[test]
fn same_seed_same_report_at_any_thread_count() {
    let x = inputs(600, 4, 11);
    let target = values(&x, &[&|x| x[0] * x[1] + x[2].powi(2)]);
    for settings in [small(), short_paper()] {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let mut report = pool
                .build()
                .unwrap()
                .install(|| found(&settings, &x, &target));
            report.seconds = 0.0;
            serde_json::to_string(&report).unwrap()
        };
        assert_eq!(run(1), run(3));
    }
}

fn short_paper() -> GatedSettings {
    GatedSettings {
        epochs: 60,
        max_order: 3,
        max_rank: 3,
        ..GatedSettings::paper()
    }
}

#[test]
fn paper_preset_finds_a_large_term_that_pays_for_its_gate() {
    let x = inputs(1200, 4, 12);
    let target = values(&x, &[&|x| x[0] * x[1] + x[2] * x[3]]);
    let report = found(&short_paper(), &x, &target);
    let orders: Vec<usize> = report.neuron.interactions().iter().map(|i| i.0).collect();
    assert!(orders.contains(&2), "{}", report.neuron);
    let last = &report.path[report.path.len() - 1];
    assert_eq!(last.action, "epoch 60");
    // The variance is 1, a gate costs 0.05.
    assert!(last.criterion < 0.5, "{}", last.criterion);
}

#[test]
fn paper_preset_with_an_endless_penalty_says_that_no_gate_is_open() {
    let x = inputs(600, 3, 13);
    let target = values(&x, &[&|x| x[0]]);
    let settings = GatedSettings {
        lambda: 1e4,
        epochs: 200,
        ..short_paper()
    };
    let report = found(&settings, &x, &target);
    assert!(report.neuron.is_linear());
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("no gate"))
    );
}

#[test]
fn a_set_stop_ends_at_once_with_a_result() {
    let x = inputs(600, 3, 14);
    let target = values(&x, &[&|x| x[0] * x[1]]);
    let control = Control {
        observer: &Silent,
        stop: &AtomicBool::new(true),
        deadline: None,
    };
    let problem = Problem {
        inputs: &x,
        target: &target,
        weights: None,
    };
    for search in [Gated::default(), Gated::paper()] {
        let report = search.search(&problem, 0, &control).unwrap();
        assert!(!report.neuron.is_empty());
        assert!(
            report
                .formula
                .values(&x)
                .data()
                .iter()
                .all(|y| y.is_finite())
        );
    }
}

#[test]
fn problems_that_cannot_be_searched_are_refused() {
    let x = inputs(4, 2, 15);
    let target = Target::Values(inputs(4, 1, 16));
    let problem = Problem {
        inputs: &x,
        target: &target,
        weights: None,
    };
    for search in [Gated::default(), Gated::paper()] {
        let error = search.search(&problem, 0, &Control::silent()).unwrap_err();
        assert!(matches!(error, SearchError::TooFewRows { .. }), "{error}");
    }
    let bad = Gated {
        settings: GatedSettings {
            max_order: 12,
            ..GatedSettings::default()
        },
    };
    let error = bad.search(&problem, 0, &Control::silent()).unwrap_err();
    assert!(matches!(error, SearchError::Settings(_)), "{error}");
}
