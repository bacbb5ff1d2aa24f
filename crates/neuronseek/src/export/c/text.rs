//! Numbers and texts of C.

/// A number of type double.
pub fn double(number: f64) -> String {
    match (number.is_nan(), number.is_infinite()) {
        (true, _) => "NAN".to_string(),
        (_, true) if number > 0.0 => "INFINITY".to_string(),
        (_, true) => "-INFINITY".to_string(),
        _ => format!("{number:?}"),
    }
}

/// A number of type float.
pub fn single(number: f32) -> String {
    match number.is_finite() {
        true => format!("{number:?}f"),
        false => double(f64::from(number)),
    }
}

/// A text; bytes that are no ASCII are written in octal, which every compiler reads alike.
pub fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for byte in text.bytes() {
        match byte {
            // A question mark could begin a trigraph.
            b'"' | b'\\' | b'?' => {
                literal.push('\\');
                literal.push(char::from(byte));
            }
            b' '..=b'~' => literal.push(char::from(byte)),
            _ => literal.push_str(&format!("\\{byte:03o}")),
        }
    }
    literal.push('"');
    literal
}

/// A name in a comment: without line breaks, nor the end or the start of a comment.
pub fn quoted(name: &str) -> String {
    let quoted = format!("{name:?}");
    quoted
        .replace("*/", "*\\/")
        .replace("/*", "/\\*")
        .replace("??/", "?\\?/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(literal("a \"b\" ?\\\n1ü"), r#""a \"b\" \?\\\0121\303\274""#);
        assert_eq!(quoted("/*/ \n \u{202e}"), r#""/\*\/ \n \u{202e}""#);
        assert_eq!([single(0.1), single(-1e-7)], ["0.1f", "-1e-7f"]);
        assert_eq!(double(f64::NEG_INFINITY), "-INFINITY");
    }
}
