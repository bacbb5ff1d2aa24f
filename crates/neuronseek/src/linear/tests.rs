use super::*;

fn matrix(columns: usize, data: &[f64]) -> Matrix<f64> {
    Matrix::from_vec(data.len() / columns, columns, data.to_vec())
}

/// Six rows of two inputs of very different units, without symmetry.
fn small() -> Matrix<f64> {
    matrix(
        2,
        &[
            1.0, 200.0, 2.0, 180.0, 4.0, 150.0, 3.0, 230.0, 7.0, 210.0, 5.0, 120.0,
        ],
    )
}

fn close(left: f64, right: f64, tolerance: f64) {
    assert!(
        (left - right).abs() <= tolerance * right.abs().max(1.0),
        "{left} is not {right}"
    );
}

mod ridge_regression {
    use super::*;

    #[test]
    fn without_a_penalty_it_finds_an_exact_relation() {
        let y: Vec<f64> = (0..6)
            .map(|row| 3.0 * small().row(row)[0] - 0.5 * small().row(row)[1] + 7.0)
            .collect();
        let fit = ridge(&small(), &matrix(1, &y), None, Penalty::Relative(0.0)).unwrap();
        close(fit.model.coefficients.row(0)[0], 3.0, 1e-12);
        close(fit.model.coefficients.row(0)[1], -0.5, 1e-12);
        close(fit.model.intercept[0], 7.0, 1e-10);
        for (row, y) in y.iter().enumerate() {
            close(fit.model.predict(&small()).row(row)[0], *y, 1e-12);
        }
    }

    #[test]
    fn one_input_has_the_closed_form() {
        // Mean 4, sums of squares 26, of products 23: slope = 23 / 26 / (1 + lambda).
        let x = matrix(1, &[1.0, 3.0, 4.0, 8.0]);
        let y = matrix(1, &[0.0, 1.0, 2.0, 6.0]);
        let (variance, covariance) = (26.0 / 4.0, 23.0 / 4.0);
        for lambda in [0.0, 0.5, 3.0] {
            let fit = ridge(&x, &y, None, Penalty::Relative(lambda)).unwrap();
            let slope = covariance / variance / (1.0 + lambda);
            close(fit.model.coefficients.row(0)[0], slope, 1e-13);
            // The mean of y is kept: the intercept carries no penalty.
            close(fit.model.intercept[0], 2.25 - 4.0 * slope, 1e-13);
        }
    }

    /// `Ridge(alpha=0.6).fit(StandardScaler().fit_transform(X), y)` of scikit-learn, coefficients
    /// divided by the deviations.
    #[test]
    fn agrees_with_scikit_learn() {
        let y = matrix(1, &[1.0, 2.0, 2.5, 4.0, 9.0, 4.0]);
        let fit = ridge(&small(), &y, None, Penalty::Relative(0.1)).unwrap();
        close(fit.model.coefficients.row(0)[0], SKLEARN_RIDGE[0], 1e-12);
        close(fit.model.coefficients.row(0)[1], SKLEARN_RIDGE[1], 1e-12);
        close(fit.model.intercept[0], SKLEARN_RIDGE[2], 1e-12);
    }
    const SKLEARN_RIDGE: [f64; 3] = [1.1452888671203936, 0.02472714247074046, -4.941490061625959];

    #[test]
    fn a_weight_counts_like_repeated_rows_and_units_do_not_matter() {
        let y = matrix(1, &[1.0, 2.0, 2.5, 4.0, 9.0, 4.0]);
        let weights = [1.0, 2.0, 1.0, 0.0, 3.0, 1.0];
        let rows = [0, 1, 1, 2, 4, 4, 4, 5];
        let weighted = ridge(&small(), &y, Some(&weights), Penalty::Relative(0.2)).unwrap();
        let repeated = ridge(
            &small().select_rows(&rows),
            &y.select_rows(&rows),
            None,
            Penalty::Relative(0.2),
        )
        .unwrap();
        let mut scaled = small();
        for row in 0..6 {
            scaled.row_mut(row)[1] *= 1e-6;
        }
        let scaled = ridge(&scaled, &y, Some(&weights), Penalty::Relative(0.2)).unwrap();
        for input in 0..2 {
            let coefficient = weighted.model.coefficients.row(0)[input];
            close(
                repeated.model.coefficients.row(0)[input],
                coefficient,
                1e-12,
            );
            let unit = if input == 1 { 1e-6 } else { 1.0 };
            close(
                scaled.model.coefficients.row(0)[input] * unit,
                coefficient,
                1e-9,
            );
        }
    }

    #[test]
    fn constant_and_repeated_inputs_do_no_harm() {
        let mut inputs = Matrix::zeros(6, 4);
        for row in 0..6 {
            let value = small().row(row)[0];
            inputs
                .row_mut(row)
                .copy_from_slice(&[value, 0.1, value, 0.0]);
        }
        let y = matrix(1, &[3.0, 5.0, 9.0, 7.0, 15.0, 11.0]);
        for penalty in [Penalty::Relative(0.0), Penalty::Relative(1e-6)] {
            let fit = ridge(&inputs, &y, None, penalty).unwrap();
            let row = fit.model.coefficients.row(0);
            assert_eq!((row[1], row[3]), (0.0, 0.0));
            close(row[0] + row[2], 2.0, 1e-5);
        }
        let constant = matrix(1, &[0.1; 6]);
        let fit = ridge(&small(), &constant, None, Penalty::CrossValidated).unwrap();
        assert_eq!(fit.model.intercept, vec![0.1]);
        assert_eq!(fit.model.coefficients.row(0), [0.0, 0.0]);
    }

    /// Leave-one-out by refitting, the thing that the criterion approximates: both must prefer
    /// nearly no penalty on a clean relation and a strong one on noise.
    #[test]
    fn cross_validation_tells_a_relation_from_noise() {
        let rows = 60;
        let noise = |i: usize| ((i * 7919 + 31) % 1009) as f64 / 504.5 - 1.0;
        let inputs = Matrix::from_vec(rows, 20, (0..rows * 20).map(noise).collect());
        let clean: Vec<f64> = (0..rows).map(|row| inputs.row(row)[3] * 2.0).collect();
        let random: Vec<f64> = (0..rows).map(|row| noise(row * row + 5000)).collect();
        let fit = |y: &[f64]| ridge(&inputs, &matrix(1, y), None, Penalty::CrossValidated).unwrap();
        assert!(fit(&clean).penalty <= 1e-6);
        assert!(fit(&random).penalty >= 0.1);
    }

    #[test]
    fn refuses_what_it_cannot_fit() {
        let y = matrix(1, &[1.0; 6]);
        let message = |error: Result<LinearFit, LinearError>| error.unwrap_err().to_string();
        assert_eq!(
            message(ridge(&small(), &y, None, Penalty::Relative(-1.0))),
            "the ridge penalty is -1; give a finite number of at least 0"
        );
        assert_eq!(
            message(ridge(
                &small(),
                &matrix(1, &[1.0]),
                None,
                Penalty::Relative(1.0)
            )),
            "6 rows of inputs, but 1 of targets"
        );
        assert_eq!(
            message(ridge(&small(), &y, Some(&[0.0; 6]), Penalty::Relative(1.0))),
            "there is no row with a weight above 0"
        );
        assert_eq!(
            message(ridge(
                &small(),
                &y,
                Some(&[-1.0; 6]),
                Penalty::Relative(1.0)
            )),
            "a weight is negative or not a number"
        );
        let infinite = matrix(1, &[1.0, 2.0, f64::INFINITY, 0.0, 0.0, 0.0]);
        for (x, y) in [(&infinite, &y), (&y, &infinite)] {
            assert_eq!(
                ridge(x, y, None, Penalty::Relative(1.0)),
                Err(LinearError::NotFinite)
            );
        }
    }
}

mod logistic_regression {
    use super::*;

    fn fit(labels: &[usize], count: usize, penalty: f64) -> LinearFit {
        let options = LogisticOptions {
            penalty: Some(penalty),
            tolerance: 1e-10,
            ..LogisticOptions::default()
        };
        logistic(&small(), labels, count, None, &options).unwrap()
    }

    #[test]
    fn a_two_by_two_table_has_the_log_odds_ratio() {
        // 0: 6 of class 0, 2 of class 1; 1: 3 and 9.
        let x: Vec<f64> = (0..20).map(|i| if i < 8 { 0.0 } else { 1.0 }).collect();
        let labels: Vec<usize> = (0..20)
            .map(|i| usize::from((6..8).contains(&i) || i >= 11))
            .collect();
        let options = LogisticOptions {
            penalty: Some(1e-12),
            ..LogisticOptions::default()
        };
        let fit = logistic(&matrix(1, &x), &labels, 2, None, &options).unwrap();
        assert!(fit.converged);
        close(fit.model.intercept[0], (2.0f64 / 6.0).ln(), 1e-6);
        close(fit.model.coefficients.row(0)[0], 9f64.ln(), 1e-6);
    }

    /// `LogisticRegression(C=1/(6*0.1), tol=1e-12)` of scikit-learn on standardised inputs,
    /// coefficients divided by the deviations.
    #[test]
    fn agrees_with_scikit_learn() {
        let two = fit(&[0, 0, 1, 0, 1, 1], 2, 0.1);
        assert!(two.converged);
        close(two.model.coefficients.row(0)[0], TWO[0], 1e-8);
        close(two.model.coefficients.row(0)[1], TWO[1], 1e-8);
        close(two.model.intercept[0], TWO[2], 1e-8);
        let three = fit(&[0, 0, 1, 2, 2, 1], 3, 0.1);
        assert!(three.converged);
        for (class, expected) in THREE.iter().enumerate() {
            close(three.model.coefficients.row(class)[0], expected[0], 1e-7);
            close(three.model.coefficients.row(class)[1], expected[1], 1e-7);
            close(three.model.intercept[class], expected[2], 1e-7);
        }
    }
    const TWO: [f64; 3] = [
        0.6739188974876584,
        -0.023160382995255427,
        1.7515181803185076,
    ];
    const THREE: [[f64; 3]; 3] = [
        [
            -0.5226053347204247,
            -0.0003053846205346816,
            1.9437883035157222,
        ],
        [0.1926359314634883, -0.027818042167740812, 4.34171206050355],
        [0.3299694032569375, 0.028123426788275098, -6.285500364019204],
    ];

    #[test]
    fn separable_classes_stay_finite() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let labels: Vec<usize> = (0..20).map(|i| usize::from(i >= 10)).collect();
        let three: Vec<usize> = (0..20)
            .map(|i| usize::from(i >= 7) + usize::from(i >= 14))
            .collect();
        for penalty in [1e-8, 1e-3] {
            let options = LogisticOptions {
                penalty: Some(penalty),
                ..LogisticOptions::default()
            };
            for (labels, count) in [(&labels, 2), (&three, 3)] {
                let fit = logistic(&matrix(1, &x), labels, count, None, &options).unwrap();
                assert!(fit.converged, "{penalty} {count}");
                let probability =
                    crate::prepare::probabilities(&fit.model.predict(&matrix(1, &x)), count);
                let right = (0..20).filter(|&row| {
                    let p = probability.row(row);
                    (0..count).all(|class| p[class] <= p[labels[row]])
                });
                assert_eq!(right.count(), 20);
            }
        }
    }

    #[test]
    fn a_weight_counts_like_repeated_rows() {
        let weights = [1.0, 2.0, 1.0, 0.0, 3.0, 1.0];
        let rows = [0, 1, 1, 2, 4, 4, 4, 5];
        for (labels, count) in [([0, 1, 1, 0, 0, 1], 2), ([0, 1, 1, 0, 2, 1], 3)] {
            let options = LogisticOptions {
                penalty: Some(0.05),
                ..LogisticOptions::default()
            };
            let weighted = logistic(&small(), &labels, count, Some(&weights), &options).unwrap();
            let repeated: Vec<usize> = rows.iter().map(|&row| labels[row]).collect();
            let repeated = logistic(
                &small().select_rows(&rows),
                &repeated,
                count,
                None,
                &options,
            )
            .unwrap();
            let (a, b) = (weighted.model.coefficients, repeated.model.coefficients);
            for (a, b) in a.data().iter().zip(b.data()) {
                close(*a, *b, 1e-5);
            }
        }
    }

    #[test]
    fn a_class_without_rows_ends_near_zero() {
        for (labels, count) in [(vec![0; 6], 2), (vec![0, 2, 0, 2, 2, 0], 3)] {
            let fit = fit(&labels, count, 0.1);
            let probability = crate::prepare::probabilities(&fit.model.predict(&small()), count);
            for row in 0..6 {
                assert!(probability.row(row)[1] < 1e-5, "{:?}", probability.row(row));
            }
        }
    }

    #[test]
    fn refuses_bad_settings_all_at_once() {
        let options = LogisticOptions {
            penalty: Some(0.0),
            tolerance: f64::NAN,
            iterations: 0,
        };
        let error = logistic(&small(), &[0, 1, 0, 1, 0, 7], 1, None, &options).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the penalty is 0; give a finite number above 0; the tolerance is NaN; give a number \
             above 0; the number of iterations is 0; give at least 1; there are 1 classes; at \
             least 2 are needed; class 1 of a row is not below 1"
        );
    }
}
