use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Expression {
    text.parse().unwrap()
}

#[test]
fn precedence_is_that_of_mathematics() {
    for (text, row, value) in [
        ("1 + 2 * 3", vec![], 7.0),
        ("2 - 3 - 4", vec![], -5.0),
        ("2^3^2", vec![], 512.0),
        ("2**3", vec![], 8.0),
        ("-x1^2", vec![3.0], -9.0),
        ("2^-1", vec![], 0.5),
        ("8 / 4 / 2", vec![], 1.0),
        ("-(1 + x2) * x1", vec![2.0, 3.0], -8.0),
        ("max(x1, 2) + min(x1, 2)", vec![5.0], 7.0),
        ("sqrt(abs(-16)) + exp(0) + ln(1)", vec![], 5.0),
        ("1.5e2 + .5", vec![], 150.5),
        ("cos(pi)", vec![], -1.0),
        ("pow(x1, 2) + div(6, x1)", vec![3.0], 11.0),
    ] {
        assert_eq!(parsed(text).value(&row), value, "{text}");
    }
    let energy = Expression::parse("m * v**2 / 2", &["m", "v"]).unwrap();
    assert_eq!(energy.value(&[3.0, 4.0]), 24.0);
}

#[test]
fn errors_say_where() {
    for (text, position, word) in [
        ("", 1, "ends"),
        ("x1 +", 5, "ends"),
        ("(x1", 4, "missing"),
        ("x1 $ 2", 4, "not expected"),
        ("foo(x1)", 1, "foo"),
        ("2 x1", 3, "not expected"),
        ("x0", 1, "x0"),
        ("min(1)", 6, "missing"),
        ("1e999", 1, "not a number"),
    ] {
        let error = text.parse::<Expression>().unwrap_err();
        assert_eq!(error.position, position, "{text}: {error}");
        assert!(error.reason.contains(word), "{text}: {error}");
    }
    let deep = format!("{}x1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(deep.parse::<Expression>().is_err());
    let long = "x1+".repeat(20_000) + "x1";
    assert!(long.parse::<Expression>().is_err());
}

#[test]
fn polynomials_are_expanded() {
    let monomials = parsed("(x1 + 2 * x2)^2 - x1 * x1 + sin(0) / 3")
        .monomials()
        .unwrap();
    assert_eq!(monomials.coefficient(&[(0, 1), (1, 1)]), 4.0);
    assert_eq!(monomials.coefficient(&[(1, 2)]), 4.0);
    assert_eq!(monomials.coefficient(&[(0, 2)]), 0.0);
    assert_eq!(monomials.neuron().to_string(), "x^2 + cp(2)");
    assert_eq!(
        monomials
            .rescaled(&[2.0, 3.0])
            .coefficient(&[(0, 1), (1, 1)]),
        24.0
    );
    assert!(parsed("x1 / x2").monomials().is_none());
    assert!(parsed("sin(x1)").monomials().is_none());
    assert_eq!(
        parsed("x1^3 + sin(x2)").neuron().to_string(),
        "x^3 + sin(x)"
    );
    assert_eq!(parsed("x1 / x2 - x3").neuron().to_string(), "x + cp(2)");
    let other = parsed("x2 * 4 * (x1 + x2)").monomials().unwrap();
    assert!(other.distance(&monomials) < 1e-12);
    assert_eq!(parsed("x1").monomials().unwrap().distance(&monomials), 1.0);
}

#[test]
fn simplification_keeps_the_value() {
    for (text, simple) in [
        ("0 + x1 * 1", "x1"),
        ("--x1", "x1"),
        ("2 * 3 + x1^1", "6.0 + x1"),
        ("x1 * 0", "x1 * 0.0"),
        ("1 / 0 + x1", "1.0 / 0.0 + x1"),
    ] {
        assert_eq!(parsed(text).simplified().to_string(), simple);
    }
}

#[test]
fn slopes_by_constants_equal_central_differences() {
    let text = "2 * sin(1.5 * x1) + (x2 + 0.3)^3 / (1.7 + x1^2) - tanh(0.4 * x2) * exp(0.2 * x1) \
                + sigmoid(x1 - 0.5) * log(3.1 + x2) + sqrt(2.5 + x1) + atan(x2 * 0.7) + 1.3^x1 \
                + max(x1, 0.9 * x2) + abs(x1 - 2.2) - -(0.6 * cos(x2)) + tan(x1 * 0.1)";
    let expression = parsed(text);
    let rows = BLOCK + 44;
    let x1: Vec<f64> = (0..rows).map(|i| f64::from(i as u32 % 17) / 17.0).collect();
    let x2: Vec<f64> = (0..rows)
        .map(|i| f64::from(i as u32 % 29) / 29.0 - 0.2)
        .collect();
    let columns = [x1.as_slice(), x2.as_slice()];
    let constants = expression.constants();
    let mut values = vec![0.0; rows];
    let mut slopes = vec![vec![0.0; rows]; constants.len()];
    let mut tape = Tape::default();
    tape.values_and_slopes(&expression, &columns, &mut values, &mut slopes);
    let mut alone = vec![0.0; rows];
    tape.values(&expression, &columns, &mut alone);
    assert_eq!(values, alone);
    for row in [0, 7, 100, rows - 1] {
        let at = [x1[row], x2[row]];
        assert_eq!(values[row], expression.value(&at));
        for (index, constant) in constants.iter().enumerate() {
            let moved = |by: f64| {
                let mut constants = constants.clone();
                constants[index] = constant + by;
                let mut expression = expression.clone();
                expression.set_constants(&constants);
                expression.value(&at)
            };
            let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let error = (slopes[index][row] - difference).abs();
            assert!(error < 1e-6 * difference.abs().max(1.0), "{index} {row}");
        }
    }
}

fn expressions() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        (0usize..4).prop_map(Expression::input),
        (-1e3..1e3f64).prop_map(Expression::constant),
        Just(Expression::constant(-0.0)),
    ];
    leaf.prop_recursive(5, 40, 2, |inner| {
        let unary = prop::sample::select(vec![
            Operation::Negate,
            Operation::Sin,
            Operation::Log,
            Operation::Sigmoid,
        ]);
        let binary = prop::sample::select(vec![
            Operation::Add,
            Operation::Subtract,
            Operation::Multiply,
            Operation::Divide,
            Operation::Power,
            Operation::Min,
        ]);
        prop_oneof![
            (unary, inner.clone()).prop_map(|(o, a)| match (o, a.operations()) {
                // Reads back as a constant, which is the same number.
                (Operation::Negate, [Operation::Constant(c)]) => Expression::constant(-c),
                _ => Expression::unary(o, &a),
            }),
            (binary, inner.clone(), inner).prop_map(|(o, a, b)| Expression::binary(o, &a, &b)),
        ]
    })
}

/// Whether the expression and every part of it have a finite value.
fn all_finite(expression: &Expression, row: &[f64]) -> bool {
    let all = expression.operations();
    let parts = (0..all.len()).flat_map(|start| {
        let ends = start + 1..=all.len();
        ends.filter_map(move |end| Expression::from_prefix(all[start..end].to_vec()))
    });
    let mut values = parts.map(|part| part.value(row));
    values.all(f64::is_finite)
}

proptest! {
    #[test]
    fn text_reads_back_to_the_same_tree(expression in expressions()) {
        let text = expression.to_string();
        prop_assert_eq!(text.parse::<Expression>().unwrap(), expression, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-+*/^()x12.,e minsqrt]{0,60}|.{0,40}") {
        if let Ok(expression) = text.parse::<Expression>() {
            expression.value(&[0.5, 2.0]);
            prop_assert!(Expression::from_prefix(expression.operations().to_vec()).is_some());
        }
    }

    #[test]
    fn expansion_and_simplification_have_the_same_value(
        expression in expressions(), row in prop::collection::vec(0.5..1.5f64, 4)
    ) {
        // The smaller of a number and NaN is the number: min may hide what is not defined. A zero's
        // sign, and with it that of an infinity, may change.
        if expression.operations().contains(&Operation::Min) || !all_finite(&expression, &row) {
            return Ok(());
        }
        let value = expression.value(&row);
        let simple = expression.simplified().value(&row);
        prop_assert!(value == simple || (value - simple).abs() < 1e-9 * value.abs());
        if let Some(monomials) = expression.monomials() {
            let terms = monomials.iter().map(|(powers, c)| {
                c * powers.iter().map(|(i, p)| row[*i].powi(*p as i32)).product::<f64>()
            });
            let terms: Vec<f64> = terms.collect();
            let size: f64 = terms.iter().map(|t| t.abs()).sum();
            let sum: f64 = terms.iter().sum();
            prop_assert!((sum - value).abs() <= 1e-6 * size.max(1.0));
        }
    }
}
