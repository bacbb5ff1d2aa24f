//! Numbers and texts of Rust.

/// A number of type f64.
pub fn double(number: f64) -> String {
    match (number.is_nan(), number.is_infinite()) {
        (true, _) => "f64::NAN".to_string(),
        (_, true) if number > 0.0 => "f64::INFINITY".to_string(),
        (_, true) => "f64::NEG_INFINITY".to_string(),
        _ => format!("{number:?}"),
    }
}

/// A number of type f32.
pub fn single(number: f32) -> String {
    match number.is_finite() {
        true => format!("{number:?}"),
        false => double(f64::from(number)).replace("f64", "f32"),
    }
}

/// A text; also a name in a comment, for it has no line breaks.
pub fn literal(text: &str) -> String {
    format!("{text:?}")
}
