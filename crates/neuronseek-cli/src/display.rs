//! Numbers and tables as people read them.

use comfy_table::{Attribute, Cell, CellAlignment, LineStyle, Table, TableStyle};

/// Columns that line up: text to the left, numbers to the right.
pub struct Columns {
    table: Table,
    styled: bool,
}

/// On which side a column is flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

impl Columns {
    /// A table with these column titles.
    pub fn new(titles: &[(&str, Side)], styled: bool) -> Columns {
        let mut table = Table::new();
        table.load_style(
            TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')),
        );
        // Never folded: a table in a file or a pipe has no width, and on a terminal too narrow
        // for it a folded table is no better than a folded line.
        table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
        if styled {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table.set_header(titles.iter().map(|(title, _)| Cell::new(title)));
        for (position, (_, side)) in titles.iter().enumerate() {
            if let Some(column) = table.column_mut(position) {
                column.set_padding((0, 2));
                column.set_cell_alignment(match side {
                    Side::Left => CellAlignment::Left,
                    Side::Right => CellAlignment::Right,
                });
            }
        }
        Columns { table, styled }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.table.add_row(cells);
    }

    /// Adds a row that stands out.
    pub fn strong_row(&mut self, cells: impl IntoIterator<Item = String>) {
        let styled = self.styled;
        self.table.add_row(cells.into_iter().map(|cell| {
            let cell = Cell::new(cell);
            if styled {
                cell.add_attribute(Attribute::Bold)
            } else {
                cell
            }
        }));
    }

    /// The text, ending with a line feed.
    pub fn text(&self) -> String {
        format!("{}\n", self.table.trim_fmt())
    }
}

/// A number with this many significant digits, without an exponent where it can be avoided.
pub fn number(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_string();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    let exponent = value.abs().log10().floor();
    if !(-4.0..9.0).contains(&exponent) {
        return format!("{value:.*e}", digits.saturating_sub(1));
    }
    let decimals = (digits as f64 - 1.0 - exponent).max(0.0) as usize;
    format!("{value:.decimals$}")
}

/// A whole number in groups of three: 14 448.
pub fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size of a file in a unit that suits it.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{} kB", number(bytes as f64 / 1e3, 2)),
        _ => format!("{} MB", number(bytes as f64 / 1e6, 2)),
    }
}

/// A share as percent.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A duration in a unit that suits it.
pub fn duration(seconds: f64) -> String {
    if seconds < 1e-3 {
        format!("{:.1} us", seconds * 1e6)
    } else if seconds < 1.0 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{:.1} min", seconds / 60.0)
    }
}

/// A bar of up to `width` cells for a share between 0 and 1, in eighths of a cell.
pub fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// A word as a shell reads it back: quoted where it has letters that mean something there.
pub fn shell_word(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./,=+:@%".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_string();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Paths as a shell reads them back.
pub fn shell_words(paths: &[std::path::PathBuf]) -> String {
    let word = |path: &std::path::PathBuf| shell_word(&path.display().to_string());
    paths.iter().map(word).collect::<Vec<String>>().join(" ")
}

/// A line that heads a part of the result.
pub fn heading(text: &str, styled: bool) -> String {
    if styled {
        format!("\x1b[1m{text}\x1b[0m")
    } else {
        text.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_significant_digits() {
        assert_eq!(number(0.0, 4), "0");
        assert_eq!(number(126.201, 4), "126.2");
        assert_eq!(number(12345.6, 4), "12346");
        assert_eq!(number(0.0012345, 4), "0.001234");
        assert_eq!(number(1.5e-9, 3), "1.50e-9");
        assert_eq!(number(-2.5e12, 3), "-2.50e12");
        assert_eq!(number(f64::NAN, 3), "NaN");
    }

    #[test]
    fn counts_durations_and_bars() {
        assert_eq!(count(1234567), "1,234,567");
        assert_eq!(count(100), "100");
        assert_eq!(size(999), "999 B");
        assert_eq!(size(10_245), "10 kB");
        assert_eq!(size(644_070), "644 kB");
        assert_eq!(size(1_313_890), "1.3 MB");
        assert_eq!(duration(4.2e-6), "4.2 us");
        assert_eq!(duration(75.0), "75.0 s");
        assert_eq!(duration(600.0), "10.0 min");
        assert_eq!(bar(0.5, 4), "██");
        assert_eq!(bar(0.53125, 4), "██▏");
        assert_eq!(bar(7.0, 2), "██");
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        assert_eq!(shell_word("a/b-c.csv"), "a/b-c.csv");
        assert_eq!(shell_word("sound pressure"), "'sound pressure'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn columns_line_up() {
        let mut columns = Columns::new(&[("term", Side::Left), ("share", Side::Right)], false);
        columns.row(["x".to_string(), percent(0.5)]);
        columns.row(["cp(2, r=1)".to_string(), percent(0.05)]);
        let text = columns.text();
        let widths: Vec<usize> = text
            .lines()
            .filter(|line| line.contains('%'))
            .map(|line| line.chars().count())
            .collect();
        assert_eq!(widths[0], widths[1], "{text}");
    }
}
