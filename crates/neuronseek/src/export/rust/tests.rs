// Pieces of programs, as they stand there.
#![allow(dead_code, clippy::all)]

include!("math.rs");

/// Numbers of both signs whose sizes are between these.
fn sizes(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let step = (high.ln() - low.ln()) / 20_000.0;
    (0..20_000).flat_map(move |i| {
        let size = (low.ln() + step * (f64::from(i) + 0.37)).exp();
        [size, -size]
    })
}

/// Equal to the standard library but for a share, or an error of 1e-16.
fn alike(name: &str, own: fn(f64) -> f64, std: fn(f64) -> f64, (low, high): (f64, f64)) {
    for x in sizes(low, high) {
        let (found, expected) = (own(x), std(x));
        let same = found == expected || (found.is_nan() && expected.is_nan());
        let near = (found - expected).abs() <= 1e-15 * expected.abs().max(0.2);
        let share = (found - expected).abs() <= 1.5e-15 * expected.abs();
        assert!(
            same || (near && share),
            "{name}({x:?}) is {expected:?}, found {found:?}"
        );
    }
}

#[test]
fn functions_are_those_of_the_standard_library() {
    alike("floor", floor, f64::floor, (0.1, 1e18));
    alike("sqrt", sqrt, f64::sqrt, (1e-320, 1e308));
    alike("exp", exp, f64::exp, (1e-20, 700.0));
    alike("expm1", expm1, f64::exp_m1, (1e-20, 40.0));
    alike("tanh", tanh, f64::tanh, (1e-20, 40.0));
    alike("log", log, f64::ln, (1e-320, 1e308));
    alike("log", log, f64::ln, (0.5, 2.0));
    alike("sin", sin, f64::sin, (1e-20, 1e15));
    alike("cos", cos, f64::cos, (1e-20, 1e15));
    alike("tan", tan, f64::tan, (1e-20, 1e3));
    alike("asin", asin, f64::asin, (1e-20, 1.1));
    alike("acos", acos, f64::acos, (1e-20, 1.1));
    alike("atan", atan, f64::atan, (1e-20, 1e20));
    alike("pow", |x| pow(x, 0.37), |x| x.powf(0.37), (1e-300, 1e300));
    alike("pow", |x| pow(x, -3.7), |x| x.powf(-3.7), (1e-80, 1e80));
    alike("pow", |x| pow(x, 65.0), |x| x.powf(65.0), (0.1, 1e4));
    alike("pow", |x| pow(1.01, x), |x| 1.01f64.powf(x), (1e-3, 7e4));
    alike("erf", erf, libm::erf, (1e-20, 7.0));
}

#[test]
fn the_ends_of_functions_are_those_of_the_standard_library() {
    let ends = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        1e300,
        2.5,
        -3.0,
    ];
    let same = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan()) || (a / b - 1.0).abs() < 1e-15;
    let both: [(fn(f64) -> f64, fn(f64) -> f64); 10] = [
        (floor, f64::floor),
        (sqrt, f64::sqrt),
        (exp, f64::exp),
        (expm1, f64::exp_m1),
        (tanh, f64::tanh),
        (log, f64::ln),
        (asin, f64::asin),
        (acos, f64::acos),
        (atan, f64::atan),
        (erf, libm::erf),
    ];
    for x in ends {
        for (index, (own, std)) in both.iter().enumerate() {
            assert!(same(own(x), std(x)), "{index} of {x:?}");
        }
        for y in ends {
            assert!(
                same(pow(x, y), x.powf(y)),
                "{x:?} to the power {y:?} is {}",
                pow(x, y)
            );
        }
    }
    for x in [f64::INFINITY, f64::NAN] {
        assert!(sin(x).is_nan() && cos(x).is_nan() && tan(x).is_nan());
    }
    assert!(sin(1e300).abs() <= 1.0);
}
