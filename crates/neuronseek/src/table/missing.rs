//! Which cells are missing.

use super::number::{Spelling, spelling};

/// Texts that mean "missing" in every column, beside the empty cell.
const ALWAYS: [&str; 4] = ["NA", "N/A", "null", "NULL"];

/// What counts as missing in a table.
///
/// A text that the user gives matches a cell of the same text; if it is a number, also a cell of
/// the same value (`-999` and `-999.0`); if it spells NaN or an infinity, every spelling of that.
#[derive(Debug, Clone, Default)]
pub(super) struct Missing {
    texts: Vec<String>,
    numbers: Vec<f64>,
    nan: bool,
    infinite: bool,
}

impl Missing {
    /// The usual texts and those of the user.
    pub fn new(texts: &[String]) -> Missing {
        let mut missing = Missing::default();
        for text in texts {
            match spelling(text) {
                Spelling::Number(value) => missing.numbers.push(value),
                Spelling::Nan => missing.nan = true,
                Spelling::Infinite => missing.infinite = true,
                Spelling::Text => {}
            }
            missing.texts.push(text.trim().to_string());
        }
        missing
    }

    /// Whether a text means "missing".
    pub fn is_text(&self, cell: &str) -> bool {
        if cell.is_empty() || (cell.len() <= 4 && ALWAYS.contains(&cell)) {
            return true;
        }
        if self.texts.is_empty() {
            return false;
        }
        if self.texts.iter().any(|text| text == cell) {
            return true;
        }
        self.has_numbers()
            && match spelling(cell) {
                Spelling::Number(value) => self.numbers.contains(&value),
                Spelling::Nan => self.nan,
                Spelling::Infinite => self.infinite,
                Spelling::Text => false,
            }
    }

    /// Whether some number means "missing".
    pub fn has_numbers(&self) -> bool {
        self.nan || self.infinite || !self.numbers.is_empty()
    }

    /// Whether a number means "missing".
    pub fn is_number(&self, value: f64) -> bool {
        if value.is_nan() {
            self.nan
        } else if value.is_infinite() {
            self.infinite
        } else {
            self.numbers.contains(&value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_texts_are_missing() {
        let missing = Missing::new(&[]);
        for cell in ["", "NA", "N/A", "null", "NULL"] {
            assert!(missing.is_text(cell), "{cell}");
        }
        for cell in ["none", "None", "nan", "0", "-999", "na"] {
            assert!(!missing.is_text(cell), "{cell}");
        }
    }

    #[test]
    fn given_texts_match_by_value_where_they_have_one() {
        let missing = Missing::new(&["-999".into(), "nan".into(), "unknown".into()]);
        for cell in ["-999", "-999.0", "NaN", "-nan", "unknown"] {
            assert!(missing.is_text(cell), "{cell}");
        }
        for cell in ["999", "inf", "Unknown"] {
            assert!(!missing.is_text(cell), "{cell}");
        }
        assert!(missing.is_number(-999.0) && missing.is_number(f64::NAN));
        assert!(!missing.is_number(f64::INFINITY) && !missing.is_number(0.0));
    }
}
