//! How numbers are spelled.

/// What a text is as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Spelling {
    /// A finite number.
    Number(f64),
    /// Not a number, in any usual spelling.
    Nan,
    /// An infinity, or a number beyond the range of `f64`.
    Infinite,
    /// No number at all.
    Text,
}

/// Reads a text as a number.
pub(super) fn spelling(text: &str) -> Spelling {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Spelling::Number(value),
        Ok(value) if value.is_nan() => Spelling::Nan,
        Ok(_) => Spelling::Infinite,
        Err(_) => special(text),
    }
}

/// The spellings that other programs print and Rust does not read.
fn special(text: &str) -> Spelling {
    // Longer texts are common in text columns, and none of the spellings is so long.
    if text.len() > 12 {
        return Spelling::Text;
    }
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    match text.to_ascii_lowercase().as_str() {
        "nanq" | "nans" | "qnan" | "snan" | "1.#qnan" | "1.#snan" | "1.#ind" | "1.#nan" => {
            Spelling::Nan
        }
        "nan(ind)" | "nan(snan)" => Spelling::Nan,
        "1.#inf" | "∞" => Spelling::Infinite,
        _ => Spelling::Text,
    }
}

/// Texts that mean "missing" in a column that is otherwise numbers, truth values or dates, but
/// may be a category of their own in a column of texts.
pub(super) fn is_none_like(text: &str) -> bool {
    matches!(
        text,
        "None"
            | "none"
            | "NONE"
            | "na"
            | "n/a"
            | "Na"
            | "Null"
            | "<NA>"
            | "#N/A"
            | "NIL"
            | "nil"
            | "?"
    )
}

/// Prints a number so that it reads back to the same bits: the shortest such text, 1.0 as `1`,
/// very large and very small numbers with an exponent.
pub fn print_number(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-5..1e16).contains(&size) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_in_usual_spellings() {
        for (text, value) in [
            ("1", 1.0),
            (" -2.50 ", -2.5),
            ("+3e-2", 0.03),
            (".5", 0.5),
            ("5.", 5.0),
            ("1E5", 1e5),
            ("1e-999", 0.0),
        ] {
            assert_eq!(spelling(text), Spelling::Number(value), "{text}");
        }
    }

    #[test]
    fn not_a_number_in_every_usual_spelling() {
        for text in [
            "nan",
            "NaN",
            "-nan",
            "NAN",
            "+NaN",
            "Nan",
            "1.#QNAN",
            "-1.#IND",
            "-nan(ind)",
        ] {
            assert_eq!(spelling(text), Spelling::Nan, "{text}");
        }
    }

    #[test]
    fn infinity_in_every_usual_spelling() {
        for text in [
            "inf",
            "-inf",
            "+inf",
            "Inf",
            "INF",
            "Infinity",
            "-Infinity",
            "infinity",
            "1e999",
            "-1e999",
            "1.#INF",
            "∞",
            "-∞",
        ] {
            assert_eq!(spelling(text), Spelling::Infinite, "{text}");
        }
    }

    #[test]
    fn texts_are_no_numbers() {
        for text in [
            "", "-", ".", "e5", "1,5", "1_000", "0x1F", "12a", "1 2", "info", "nano", "５",
        ] {
            assert_eq!(spelling(text), Spelling::Text, "{text}");
        }
    }

    #[test]
    fn numbers_are_printed_short() {
        for (value, text) in [
            (1.0, "1"),
            (0.1, "0.1"),
            (-0.0, "-0"),
            (1e300, "1e300"),
            (1.5e-7, "1.5e-7"),
            (123456789.0, "123456789"),
        ] {
            assert_eq!(print_number(value), text);
        }
    }

    proptest! {
        #[test]
        fn printed_numbers_read_back(value in any::<f64>()) {
            prop_assume!(value.is_finite());
            let Spelling::Number(back) = spelling(&print_number(value)) else { panic!() };
            prop_assert_eq!(back.to_bits(), value.to_bits());
        }
    }
}
