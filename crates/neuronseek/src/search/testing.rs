//! What every symbolic regression over the inputs must pass.

use std::sync::atomic::AtomicBool;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Problem, Report, Search};
use crate::expression::Expression;
use crate::matrix::Matrix;
use crate::observe::{Control, Silent};
use crate::prepare::Target;

/// Three inputs from -2 to 2 and the value of a formula of them.
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

/// The search of 200 rows of a formula.
pub(super) fn search(method: &dyn Search, formula: &str, control: &Control<'_>) -> Report {
    let (inputs, target) = table(200, formula);
    let problem = Problem {
        inputs: &inputs,
        target: &target,
        weights: None,
    };
    method.search(&problem, 1, control).unwrap()
}

/// Short formulas are found to rounding, and a polynomial's structure is read off.
pub(super) fn finds_formulas_exactly(method: &dyn Search) {
    for formula in [
        "x1 * x2 + x3^2",
        "2.5 * x1 - 0.3 * x2^2",
        "sin(1.3 * x1) + 2",
    ] {
        let report = search(method, formula, &Control::silent());
        let (inputs, target) = table(50, formula);
        let Target::Values(y) = target else { panic!() };
        let found = report.formula.values(&inputs);
        let pairs = found.data().iter().zip(y.data());
        let error = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(error < 1e-6, "{formula}: {:?}", report.formula);
        if formula == "x1 * x2 + x3^2" {
            assert_eq!(report.neuron.to_string(), "x^2 + cp(2)");
        }
    }
}

/// One thread and three give the same report.
pub(super) fn is_the_same_at_any_threads(method: &dyn Search, formula: &str) {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let search = || search(method, formula, &Control::silent());
        let mut report = pool.unwrap().install(search);
        report.seconds = 0.0;
        report
    };
    assert_eq!(run(1), run(3));
}

/// A stop that is set before the search leaves one step and a formula.
pub(super) fn stops_after_one_step(method: &dyn Search) {
    let stop = AtomicBool::new(true);
    let control = Control {
        observer: &Silent,
        stop: &stop,
        deadline: None,
    };
    let report = search(method, "x1 + x2", &control);
    assert_eq!(report.path.len(), 1);
    assert!(report.formula.check().is_ok());
}
