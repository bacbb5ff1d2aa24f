use super::*;

fn over(function: &Function, low: f64, high: f64) -> Interval {
    let mut region = [Interval::point(0.0); MOST_INPUTS];
    region[0] = Interval::new(low, high);
    function.enclose(&region).unwrap().value
}

#[test]
fn inputs_are_counted_by_their_names() {
    for (text, inputs) in [("x^2", 1), ("0.3", 1), ("x1 + x3", 3), ("x1 * x2", 2)] {
        assert_eq!(
            Function::formula(text, 0.0, 1.0).unwrap().inputs(),
            inputs,
            "{text}"
        );
    }
}

#[test]
fn the_caret_stands_below_the_place() {
    let error = Function::formula("sin(2 * foo)", 0.0, 1.0)
        .unwrap_err()
        .to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[1].find("foo"), lines[2].find('^'), "{error}");
    let error = Function::formula("x < 0.5: x; 1 - x * ", 0.0, 1.0)
        .unwrap_err()
        .to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[2].len(), lines[1].len() + 1, "{error}");
    let error = Function::formula("x < 0.5: x; bar", 0.0, 1.0)
        .unwrap_err()
        .to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[1].find("bar"), lines[2].find('^'), "{error}");
}

#[test]
fn pieces_meet_or_are_refused() {
    let tent = Function::formula("x < 0.5: 2 * x; 2 - 2 * x", 0.0, 1.0).unwrap();
    assert_eq!(tent.value(&[0.25]), 0.5);
    assert_eq!(tent.value(&[0.75]), 0.5);
    assert!(over(&tent, 0.4, 0.6).contains(1.0));
    let step = Function::formula("x < 0.5: 0; 0.5", 0.0, 1.0).unwrap_err();
    assert!(matches!(step, TheoryError::Jump { place, .. } if place == 0.5));
    assert!(step.to_string().contains("not continuous"));
    for bad in [
        "x < 0.5: 0",
        "0.1; x",
        "y < 1: 0; x",
        "x < 0.5: 0; x < 0.4: 1; 2",
    ] {
        assert!(Function::formula(bad, 0.0, 1.0).is_err(), "{bad}");
    }
}

#[test]
fn points_are_joined_by_lines() {
    let points = vec![(2.0, 1.0), (0.0, 0.0), (1.0, 0.5), (4.0, -1.0)];
    let function = Function::points(points).unwrap();
    assert_eq!(function.domain(), (0.0, 4.0));
    assert_eq!(function.value(&[0.75]), 0.0);
    let whole = over(&function, 0.0, 1.0);
    assert!(whole.contains(1.0) && whole.contains(-1.0) && whole.magnitude() < 1.01);
    assert!(matches!(
        Function::points(vec![(0.0, 0.0), (0.0, 1.0)]),
        Err(TheoryError::Jump { .. })
    ));
    assert!(Function::points(vec![(0.0, 0.0)]).is_err());
}

#[test]
fn the_unit_is_undone() {
    let function = Function::formula("3 * x - 7", -2.0, 5.0)
        .unwrap()
        .rescaled(-4.0, 20.0);
    let (shift, scale) = function.unit();
    assert_eq!(shift + scale * function.value(&[1.0]), 8.0);
    assert!(over(&function, 0.0, 1.0).contains(function.value(&[0.3])));
}
