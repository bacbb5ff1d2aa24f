//! Texts, numbers and lists as Python reads them.

use std::fmt::Write;

/// Lines are about this long.
const WIDTH: usize = 96;

/// A text in quotes; what is not printed is written as an escape.
pub fn quoted(text: &str) -> String {
    let mut to = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\'' => to.push('\''),
            // Rust escapes exactly what a reader would not see.
            other if other.escape_debug().count() == 1 => to.push(other),
            other => {
                let code = u32::from(other);
                // Writing to a text cannot fail.
                let _ = match code {
                    0..0x100 => write!(to, "\\x{code:02x}"),
                    0x100..0x1_0000 => write!(to, "\\u{code:04x}"),
                    _ => write!(to, "\\U{code:08x}"),
                };
            }
        }
    }
    to.push('"');
    to
}

/// A number, to the last bit.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        "np.nan".to_string()
    } else if value == f64::INFINITY {
        "np.inf".to_string()
    } else if value == f64::NEG_INFINITY {
        "-np.inf".to_string()
    } else {
        format!("{value:?}")
    }
}

/// A list in brackets, on several lines where one is too short; `indent` is the column of the
/// line that it begins on.
pub fn list(items: impl IntoIterator<Item = String>, indent: usize) -> String {
    let items: Vec<String> = items.into_iter().collect();
    let length: usize = items.iter().map(|item| item.chars().count() + 2).sum();
    if indent + length <= WIDTH - 30 {
        return format!("[{}]", items.join(", "));
    }
    let margin = " ".repeat(indent + 4);
    let mut to = String::from("[\n");
    let mut line = margin.clone();
    let mut used = margin.len();
    for item in items {
        let more = item.chars().count() + 2;
        if used > margin.len() && used + more > WIDTH {
            to.push_str(line.trim_end());
            to.push('\n');
            line.clone_from(&margin);
            used = margin.len();
        }
        line.push_str(&item);
        line.push_str(", ");
        used += more;
    }
    to.push_str(line.trim_end());
    to.push('\n');
    to.push_str(&" ".repeat(indent));
    to.push(']');
    to
}

/// A list of numbers.
pub fn numbers(values: &[f64], indent: usize) -> String {
    list(values.iter().map(|value| number(*value)), indent)
}

/// A list of quoted texts.
pub fn texts(values: &[String], indent: usize) -> String {
    list(values.iter().map(|value| quoted(value)), indent)
}

/// `None`, or what is there.
pub fn or_none(value: Option<String>) -> String {
    value.unwrap_or_else(|| "None".to_string())
}

/// Bytes as base64, in lines.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut to = String::with_capacity(bytes.len() / 3 * 4 + bytes.len() / 70 + 8);
    for (line, bytes) in bytes.chunks(WIDTH / 4 * 3).enumerate() {
        if line > 0 {
            to.push('\n');
        }
        for three in bytes.chunks(3) {
            let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
            let all = byte(0) << 16 | byte(1) << 8 | byte(2);
            for digit in 0..4 {
                let value = all >> (18 - 6 * digit) & 63;
                to.push(match digit <= three.len() {
                    true => char::from(DIGITS[value as usize]),
                    false => '=',
                });
            }
        }
    }
    to
}

/// The function or constant of this name in a file of Python functions, which stand two empty
/// lines apart.
pub fn part<'a>(file: &'a str, name: &str) -> &'a str {
    let begins = |block: &&str| {
        let block = block.strip_prefix("def ").unwrap_or(block);
        let rest = block.strip_prefix(name).unwrap_or_default();
        rest.starts_with('(') || rest.starts_with(" = ")
    };
    let mut blocks = file.trim_end().split("\n\n\n");
    blocks.find(begins).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(quoted("blue's \"own\""), "\"blue's \\\"own\\\"\"");
        assert_eq!(
            quoted("a\\b\nc\r\u{0}é日😀"),
            "\"a\\\\b\\nc\\x0d\\x00é日😀\""
        );
        assert_eq!(
            quoted("\u{202e}\u{2028}\u{e0001}"),
            "\"\\u202e\\u2028\\U000e0001\""
        );
    }

    #[test]
    fn numbers_are_python() {
        let all = [1.0, -0.0, 1e300, 5e-324, f64::INFINITY, f64::NAN];
        let expected = "[1.0, -0.0, 1e300, 5e-324, np.inf, np.nan]";
        assert_eq!(numbers(&all, 0), expected);
        assert!(
            numbers(&[0.125; 100], 4)
                .lines()
                .all(|line| line.len() <= WIDTH)
        );
    }

    #[test]
    fn base64_as_published() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
