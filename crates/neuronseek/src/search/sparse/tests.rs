use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// rows x inputs of uniform numbers between -2 and 2.
fn inputs(rows: usize, columns: usize) -> Matrix<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let data = (0..rows * columns).map(|_| random.random_range(-2.0..2.0));
    Matrix::from_vec(rows, columns, data.collect())
}

/// A fit of so many coefficients that leaves noise of deviation `noise` of `truth`.
fn simplified(
    inputs: &Matrix<f64>,
    truth: impl Fn(&[f64]) -> f64,
    noise: f64,
    parameters: usize,
    degree: usize,
) -> Option<Sparse> {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let fitted: Vec<f64> = (0..inputs.rows())
        .map(|row| truth(inputs.row(row)))
        .collect();
    let y: Vec<f64> = fitted
        .iter()
        .map(|value| value + noise * random.random_range(-1.0..1.0))
        .collect();
    simplify(&Found {
        inputs,
        y: &y,
        fitted: &fitted,
        weights: None,
        parameters,
        degree,
    })
}

fn powers(sparse: &Sparse) -> Vec<Powers> {
    let mut powers: Vec<Powers> = sparse.monomials.iter().map(|m| m.powers.clone()).collect();
    powers.sort();
    powers
}

#[test]
fn few_monomials_are_found_among_many() {
    let inputs = inputs(800, 12);
    let truth = |x: &[f64]| 3.0 + 2.0 * x[0] * x[5] - 1.5 * x[3] * x[4] + 0.5 * x[7].powi(2);
    for noise in [0.0, 1e-6, 0.02] {
        let sparse = simplified(&inputs, truth, noise, 40, 2).unwrap();
        let expected: [Powers; 3] = [vec![(0, 1), (5, 1)], vec![(3, 1), (4, 1)], vec![(7, 2)]];
        assert_eq!(powers(&sparse), expected, "{noise}");
        assert!(
            (sparse.intercept - 3.0).abs() < 1e-9 + 0.1 * noise,
            "{noise}"
        );
        let largest = &sparse.monomials[0];
        assert_eq!(largest.powers, [(0, 1), (5, 1)]);
        assert!(
            (largest.coefficient - 2.0).abs() < 1e-9 + 0.1 * noise,
            "{noise}"
        );
        assert_eq!(sparse.evidence.len(), 2);
        // Var(2 x0 x5) is 4 (4/3)^2, the others have 2.25 (4/3)^2 and 0.25 (16/5 - 16/9).
        let share = 4.0 / (4.0 + 2.25 + 0.25 * (16.0 / 5.0 - 16.0 / 9.0) * 9.0 / 16.0);
        assert!(
            (largest.explained - share).abs() < 0.05,
            "{}",
            largest.explained
        );
    }
}

#[test]
fn dependent_inputs_do_not_hide_the_shortest_form() {
    // The third input's square is the sum of the other two's, as with a length.
    let mut inputs = inputs(600, 5);
    for row in 0..inputs.rows() {
        let x = inputs.row_mut(row);
        x[2] = (x[0] * x[0] + x[1] * x[1]).sqrt();
    }
    let truth = |x: &[f64]| 2.0 * x[2] * x[3] - 0.7 * x[0] * x[4];
    let sparse = simplified(&inputs, truth, 1e-5, 25, 2).unwrap();
    assert_eq!(
        powers(&sparse),
        [vec![(0, 1), (4, 1)], vec![(2, 1), (3, 1)]]
    );
    assert_eq!(sparse.intercept, 0.0);
}

#[test]
fn a_dense_polynomial_is_left_as_it_is() {
    let inputs = inputs(800, 6);
    let dense = |x: &[f64]| {
        let a: f64 = x
            .iter()
            .enumerate()
            .map(|(i, x)| (1.0 + 0.3 * i as f64) * x)
            .sum();
        let b: f64 = x
            .iter()
            .enumerate()
            .map(|(i, x)| (1.7 - 0.4 * i as f64) * x)
            .sum();
        a * b
    };
    assert!(simplified(&inputs, dense, 1e-4, 12, 2).is_none());
    // Nor does a sum count that leaves much.
    assert!(simplified(&inputs, |x| x[0] * x[1], 5.0, 12, 2).is_none());
}

#[test]
fn what_the_search_missed_is_found() {
    let inputs = inputs(800, 10);
    let truth = |x: &[f64]| x[0] * x[1] - 2.0 * x[2] * x[3] + x[4] * x[5];
    let y: Vec<f64> = (0..800).map(|row| truth(inputs.row(row))).collect();
    let fitted: Vec<f64> = (0..800)
        .map(|row| -2.0 * inputs.row(row)[2] * inputs.row(row)[3])
        .collect();
    let found = Found {
        inputs: &inputs,
        y: &y,
        fitted: &fitted,
        weights: None,
        parameters: 20,
        degree: 2,
    };
    let sparse = simplify(&found).unwrap();
    assert_eq!(sparse.monomials.len(), 3);
    assert!(sparse.found_left > 0.3 && sparse.left < 1e-20, "{sparse:?}");
}

#[test]
fn written_as_a_polynomial_it_has_the_same_values() {
    let inputs = inputs(500, 6);
    let truth = |x: &[f64]| {
        1.0 + x[0] * x[1] + 2.0 * x[0] * x[2] - x[3].powi(2) * x[4] + 0.3 * x[5].powi(3)
    };
    let sparse = simplified(&inputs, truth, 0.0, 60, 3).unwrap();
    let scales = [1.0, 2.0, 0.5, 3.0, 1.5, 0.25];
    let polynomial = polynomial(&sparse, &scales, (4.0, 2.0)).unwrap();
    assert_eq!(
        polynomial.neuron().to_string(),
        "x^3 + cp(2, r=1) + cp(3, r=1)"
    );
    assert_eq!(polynomial.parameters(), 1 + 1 + 2 + 1);
    assert!(polynomial.check().is_ok());
    let mut scaled = inputs.clone();
    for row in 0..scaled.rows() {
        let x = scaled.row_mut(row);
        x.iter_mut().zip(&scales).for_each(|(x, scale)| *x /= scale);
    }
    for (row, value) in polynomial.values(&scaled).data().iter().enumerate() {
        let restored = 4.0 + 2.0 * value;
        assert!((restored - truth(inputs.row(row))).abs() < 1e-9);
    }
}
