use super::dialect::{self, Dialect};

#[test]
fn names_and_texts_are_quoted() {
    assert_eq!(dialect::identifier("a \"b\""), "\"a \"\"b\"\"\"");
    assert_eq!(dialect::table("public.rows"), "\"public\".\"rows\"");
    assert_eq!(dialect::text("it's"), "'it''s'");
}

#[test]
fn lines_in_quotes_stay_as_they_are() {
    let text = "CASE\nWHEN \"a\n'b\" = 'it''s\nso'\nEND";
    let expected = "CASE\n  WHEN \"a\n'b\" = 'it''s\nso'\n  END";
    assert_eq!(dialect::indented(text, 2), expected);
}

#[test]
fn numbers_are_read_back() {
    for (value, text) in [
        (1.0, "1.0"),
        (-0.5, "(-0.5)"),
        (1e-7, "1e-7"),
        (1e300, "1e300"),
        (f64::NAN, "0.0"),
        (5e-324, "0.0"),
    ] {
        assert_eq!(dialect::number(value), text);
    }
    assert_eq!(dialect::number(f64::INFINITY), format!("{:?}", f64::MAX));
    assert_eq!(Dialect::Sqlite.array(&[0.1, -2.0]), "'[0.1,-2.0]'");
}

#[test]
fn long_sums_stay_shallow() {
    let terms = vec!["x".to_string(); 20_000];
    let sum = dialect::sum(&terms);
    let (mut open, mut deepest) = (0, 0);
    for letter in sum.chars() {
        match letter {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        deepest = deepest.max(open);
    }
    assert_eq!((sum.matches('x').count(), open, deepest), (20_000, 0, 2));
}
