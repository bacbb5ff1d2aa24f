use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::*;
use crate::matrix::Matrix;
use crate::terms::{Piece, Polynomial, PureTerm};

fn normal(count: usize, seed: u64) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.sample(StandardNormal)).collect()
}

/// Sums of the same rows, cut at these places.
fn cut(width: usize, rows: &[f64], cuts: &[usize]) -> Sums {
    let mut parts = Vec::new();
    let mut start = 0;
    for &end in cuts.iter().chain([&(rows.len() / width)]) {
        let mut part = Sums::new(width, start as u64);
        part.push(&rows[start * width..end * width]);
        parts.push(part);
        start = end;
    }
    let mut parts = parts.into_iter();
    let first = parts.next().unwrap();
    parts.fold(first, |sums, part| sums.joined(part).unwrap())
}

#[test]
fn sums_are_the_products_of_all_rows() {
    let (width, count) = (70, 1000);
    let rows = normal(width * count, 0);
    let total = cut(width, &rows, &[]).total().unwrap();
    for (i, j) in [(0, 0), (3, 69), (69, 3), (65, 10)] {
        let expected: f64 = rows.chunks(width).map(|row| row[i] * row[j]).sum();
        assert!((total[i * width + j] - expected).abs() < 1e-10 * count as f64);
    }
}

proptest! {
    #[test]
    fn the_bits_do_not_depend_on_where_rows_are_cut(
        count in 1usize..3000,
        cuts in prop::collection::vec(0.0f64..1.0, 0..8),
        split in 0usize..8,
    ) {
        let rows = normal(3 * count, 1);
        let mut cuts: Vec<usize> = cuts.iter().map(|c| (c * count as f64) as usize).collect();
        cuts.sort_unstable();
        let whole = cut(3, &rows, &[]);
        prop_assert_eq!(&cut(3, &rows, &cuts), &whole);
        // Joined in another order: those behind a place first.
        let place = cuts.get(split).copied().unwrap_or(count / 2);
        let mut left = Sums::new(3, 0);
        left.push(&rows[..3 * place]);
        let mut right = Sums::new(3, place as u64);
        for row in rows[3 * place..].chunks(3) {
            right.push(row);
        }
        let right = Sums::from_bytes(&right.to_bytes()).unwrap();
        prop_assert_eq!(left.joined(right).unwrap(), whole);
    }

    #[test]
    fn bytes_that_are_no_sums_are_refused(cut in 0usize..4000, at in 0usize..4000, to in 0u8..255) {
        let mut sums = Sums::new(4, 100);
        sums.push(&normal(4 * 900, 2));
        let bytes = sums.to_bytes();
        let short = &bytes[..cut.min(bytes.len() - 1)];
        prop_assert!(Sums::from_bytes(short).is_err());
        let mut other = bytes.clone();
        other[at % bytes.len()] = to;
        let _ = Sums::from_bytes(&other);
    }
}

#[test]
fn ranges_apart_are_refused() {
    let mut left = Sums::new(2, 0);
    left.push(&[1.0, 2.0]);
    let apart = left.clone().joined(Sums::new(2, 5));
    assert_eq!(apart, Err(SumsError::Apart { end: 1, start: 5 }));
    assert!(left.joined(Sums::new(3, 1)).is_err());
}

/// 2 outputs, x + x^3 + cp(2) of 4 inputs.
fn truth(outputs: usize) -> Polynomial {
    let weights = |seed: u64| Matrix::from_vec(4, outputs, normal(4 * outputs, seed));
    Polynomial {
        inputs: 4,
        intercept: normal(outputs, 3),
        pure: vec![
            PureTerm {
                order: 1,
                weights: weights(4),
            },
            PureTerm {
                order: 3,
                weights: weights(5),
            },
        ],
        functions: vec![],
        pieces: vec![Piece {
            factors: Matrix::from_vec(2, 4, normal(8, 6)),
            weights: vec![1.0; outputs],
        }],
    }
}

/// The truth a little off.
fn start(outputs: usize) -> Polynomial {
    let mut polynomial = truth(outputs);
    polynomial.intercept[0] += 0.1;
    polynomial.pure[0].weights.row_mut(1)[0] -= 0.05;
    let off = normal(8, 7);
    let factors = polynomial.pieces[0].factors.data_mut().iter_mut();
    factors.zip(off).for_each(|(u, off)| *u += 0.02 * off);
    polynomial
}

fn pass(
    polynomial: &Polynomial,
    loss: Loss,
    (inputs, target): (&Matrix<f64>, &Matrix<f64>),
) -> Moved {
    let rows = Rows::new(polynomial, loss);
    let mut sums = Sums::new(rows.width(), 0);
    sums.push(&rows.numbers(inputs, target, &vec![1.0; inputs.rows()]));
    moved(polynomial, loss, &sums.total().unwrap(), 0.0)
}

#[test]
fn steps_lead_to_the_truth() {
    for outputs in [1, 2] {
        let inputs = Matrix::from_vec(2000, 4, normal(8000, 8));
        let target = truth(outputs).values(&inputs);
        let mut polynomial = start(outputs);
        let mut losses = Vec::new();
        for _ in 0..5 {
            let moved = pass(&polynomial, Loss::Squares, (&inputs, &target));
            losses.push(moved.before);
            polynomial = moved.polynomial;
        }
        assert!(losses[0] > 1.0, "{losses:?}");
        assert!(losses[3] < 1e-12 * losses[0], "{losses:?}");
        let left = polynomial.values(&inputs);
        for (a, b) in left.data().iter().zip(target.data()) {
            assert!((a - b).abs() < 1e-8);
        }
    }
}

#[test]
fn what_the_sums_foretell_is_what_comes_where_there_are_no_products() {
    let inputs = Matrix::from_vec(500, 4, normal(2000, 9));
    let mut target = truth(1).values(&inputs);
    let noise = normal(500, 10);
    target
        .data_mut()
        .iter_mut()
        .zip(noise)
        .for_each(|(y, e)| *y += e);
    let mut plain = truth(1);
    plain.pieces.clear();
    let first = pass(&plain, Loss::Squares, (&inputs, &target));
    let second = pass(&first.polynomial, Loss::Squares, (&inputs, &target));
    assert!(first.exact);
    assert!((first.before - first.falls - second.before).abs() < 1e-8 * first.before);
    assert!(second.falls < 1e-10 * second.before);
}

#[test]
fn coefficients_of_zero_stay_zero() {
    let inputs = Matrix::from_vec(500, 4, normal(2000, 11));
    let target = truth(1).values(&inputs);
    let mut sparse = start(1);
    sparse.pure[1].weights.row_mut(2)[0] = 0.0;
    sparse.pieces[0].factors.row_mut(1)[3] = 0.0;
    let moved = pass(&sparse, Loss::Squares, (&inputs, &target)).polynomial;
    assert_eq!(moved.pure[1].weights.row(2)[0], 0.0);
    assert_eq!(moved.pieces[0].factors.row(1)[3], 0.0);
    assert_ne!(
        moved.pure[0].weights.row(1)[0],
        sparse.pure[0].weights.row(1)[0]
    );
}

#[test]
fn logits_reach_a_gradient_of_nothing() {
    let inputs = Matrix::from_vec(3000, 4, normal(12_000, 12));
    let logits = truth(1).values(&inputs);
    let mut random = ChaCha8Rng::seed_from_u64(13);
    let labels = logits.data().iter().map(|logit| {
        let p = 1.0 / (1.0 + (-logit).exp());
        f64::from(random.random::<f64>() < p)
    });
    let target = Matrix::from_vec(3000, 1, labels.collect());
    let mut polynomial = start(1);
    let mut losses = Vec::new();
    for _ in 0..8 {
        let moved = pass(&polynomial, Loss::Logistic, (&inputs, &target));
        losses.push(moved.before);
        polynomial = moved.polynomial;
    }
    assert!(
        losses.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9),
        "{losses:?}"
    );
    let last = pass(&polynomial, Loss::Logistic, (&inputs, &target));
    assert!(last.falls < 1e-10 * last.before, "{last:?}");
    // Twice the log loss, by hand.
    let loss: f64 = polynomial
        .values(&inputs)
        .data()
        .iter()
        .zip(target.data())
        .map(|(logit, y)| {
            let signed = (2.0 * y - 1.0) * logit;
            2.0 * (-signed).exp().ln_1p()
        })
        .sum();
    assert!((loss - last.before).abs() < 1e-8 * loss);
}
