use std::sync::atomic::AtomicBool;

use super::*;
use crate::matrix::Matrix;
use crate::observe::Silent;
use crate::prepare::Target;

fn table(rows: usize, formula: &str) -> (Matrix<f64>, Target) {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let x: Vec<f64> = (0..rows * 3)
        .map(|_| random.random_range(-2.0..2.0))
        .collect();
    let inputs = Matrix::from_vec(rows, 3, x);
    let truth: Expression = formula.parse().unwrap();
    let y = (0..rows).map(|row| truth.value(inputs.row(row))).collect();
    (inputs, Target::Values(Matrix::from_vec(rows, 1, y)))
}

fn search(settings: GpSettings, formula: &str, control: &Control<'_>) -> Report {
    let (inputs, target) = table(200, formula);
    let problem = Problem {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    Gp { settings }.search(&problem, 1, control).unwrap()
}

fn small() -> GpSettings {
    GpSettings {
        population: 600,
        generations: 40,
        ..GpSettings::default()
    }
}

#[test]
fn formulas_are_found_exactly() {
    for formula in [
        "x1 * x2 + x3^2",
        "2.5 * x1 - 0.3 * x2^2",
        "sin(1.3 * x1) + 2",
    ] {
        let report = search(small(), formula, &Control::silent());
        let (inputs, target) = table(50, formula);
        let Target::Values(y) = target else { panic!() };
        let found = report.formula.values(&inputs);
        let pairs = found.data().iter().zip(y.data());
        let error = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(error < 1e-6, "{formula}: {:?}", report.formula);
    }
    let report = search(small(), "x1 * x2 + x3^2", &Control::silent());
    assert_eq!(report.neuron.to_string(), "x^2 + cp(2)");
}

#[test]
fn the_same_bits_at_one_and_three_threads() {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let settings = GpSettings {
            population: 100,
            generations: 6,
            ..GpSettings::default()
        };
        let formula = "x1 / (1.5 + x2^2)";
        let search = || search(settings, formula, &Control::silent());
        let mut report = pool.unwrap().install(search);
        report.seconds = 0.0;
        report
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn a_set_stop_ends_after_one_generation_with_a_result() {
    let stop = AtomicBool::new(true);
    let control = Control {
        observer: &Silent,
        stop: &stop,
        deadline: None,
    };
    let report = search(small(), "x1 + x2", &control);
    assert_eq!(report.path.len(), 1);
    assert!(report.formula.check().is_ok());
}
