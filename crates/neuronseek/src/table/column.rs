use std::borrow::Cow;
use std::sync::Arc;

use super::cells::{Cells, NumberCells, TextCells};
use super::date;
use super::error::{Place, TableError, flag, missing_flag};
use super::kind::{self, Kind};
use super::number::{Spelling, is_none_like, print_number, spelling};
use super::origin::Origin;

/// A named column.
///
/// Cells are asked for by the kind that the caller needs: [`Column::numbers`], [`Column::texts`],
/// [`Column::dates`], [`Column::booleans`]. [`Column::kind`] says which kind suits the column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The name in the header.
    pub name: String,
    pub(super) cells: Cells,
    /// Whether the header cell was empty, so that `name` is made up.
    pub(super) unnamed: bool,
    pub(super) origin: Arc<Origin>,
}

impl Column {
    /// A column of given cells.
    pub fn new(name: &str, cells: Cells) -> Column {
        Column {
            name: name.to_string(),
            cells,
            unnamed: false,
            origin: Arc::new(Origin::default()),
        }
    }

    /// A column of numbers; NaN is missing.
    pub fn of_numbers(name: &str, values: Vec<f64>) -> Column {
        let cells = NumberCells {
            values,
            first_nan: None,
        };
        Column::new(name, Cells::Number(cells))
    }

    /// A column of texts; `None` and the empty text are missing.
    pub fn of_texts<T: AsRef<str>>(
        name: &str,
        cells: impl IntoIterator<Item = Option<T>>,
    ) -> Column {
        Column::new(name, Cells::Text(TextCells::from_iter(cells)))
    }

    /// The cells as the file stores them.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.cells.len()
    }

    /// The place of a row (counted from 0) of this column, for messages.
    pub fn place(&self, row: usize) -> Place {
        self.origin.place(row, Some(&self.name))
    }

    /// Whether the cell of a row (counted from 0) is missing.
    pub fn is_missing(&self, row: usize) -> bool {
        match &self.cells {
            Cells::Text(cells) => cells.get(row).is_none(),
            Cells::Number(cells) => cells.values[row].is_nan(),
            Cells::Date(cells) => cells[row].is_nan(),
        }
    }

    /// How many cells are missing.
    pub fn missing(&self) -> usize {
        (0..self.rows()).filter(|&row| self.is_missing(row)).count()
    }

    /// The kind of the column, judged by all its cells.
    ///
    /// # Errors
    /// When every cell is missing; when nearly all cells are numbers (or dates, or truth values)
    /// and a few are not; when a cell of a numeric column is NaN or infinite. A column that is
    /// left out need not be asked.
    pub fn kind(&self) -> Result<Kind, TableError> {
        kind::of(self)
    }

    /// The cells as numbers; NaN is missing. Dates are seconds since 1970.
    ///
    /// # Errors
    /// At the first cell that is no finite number.
    pub fn numbers(&self) -> Result<Vec<f64>, TableError> {
        match &self.cells {
            Cells::Number(cells) => {
                self.check_finite(cells)?;
                Ok(cells.values.clone())
            }
            Cells::Date(cells) => Ok(cells.clone()),
            Cells::Text(cells) => self.convert(cells, "a number", |cell| match spelling(cell) {
                Spelling::Number(value) => Some(value),
                _ => None,
            }),
        }
    }

    /// The numbers as they lie in memory, where the cells are numbers and no NaN but missing ones.
    /// Unlike [`Column::numbers`], this does not look for infinite ones.
    pub(crate) fn stored_numbers(&self) -> Option<&[f64]> {
        match &self.cells {
            Cells::Number(cells) if cells.first_nan.is_none() => Some(&cells.values),
            _ => None,
        }
    }

    /// The cells as seconds since 1970-01-01T00:00:00Z; NaN is missing. A moment without a zone
    /// is taken as UTC.
    ///
    /// # Errors
    /// At the first cell that is no date or time.
    pub fn dates(&self) -> Result<Vec<f64>, TableError> {
        match &self.cells {
            Cells::Date(cells) => Ok(cells.clone()),
            Cells::Text(cells) => self.convert(cells, "a date", date::seconds),
            Cells::Number(cells) => match cells.values.iter().position(|value| !value.is_nan()) {
                None => Ok(cells.values.clone()),
                Some(row) => Err(self.unlike(row, &print_number(cells.values[row]), "a date")),
            },
        }
    }

    /// The cells as 1 (true, yes, t, y, on, 1), 0 (false, no, f, n, off, 0) and NaN (missing),
    /// in any case of letters.
    ///
    /// # Errors
    /// At the first cell that is neither.
    pub fn booleans(&self) -> Result<Vec<f64>, TableError> {
        const EXPECTED: &str = "true or false";
        let read = |cell: &str| kind::truth(cell).map(f64::from);
        match &self.cells {
            Cells::Text(cells) => self.convert(cells, EXPECTED, |cell| match spelling(cell) {
                Spelling::Number(value) => (value == 0.0 || value == 1.0).then_some(value),
                _ => read(cell),
            }),
            Cells::Number(NumberCells { values, .. }) | Cells::Date(values) => {
                let bad = |&value: &f64| !(value.is_nan() || value == 0.0 || value == 1.0);
                match values.iter().position(bad) {
                    None => Ok(values.clone()),
                    Some(row) => {
                        let text = self.text(row).unwrap_or_default();
                        Err(self.unlike(row, &text, EXPECTED))
                    }
                }
            }
        }
    }

    /// The text of the cell of a row (counted from 0); `None` is missing. Numbers are printed by
    /// [`print_number`], so that 1.0 of a Parquet file and 1 of a CSV file are the same text;
    /// dates in ISO form.
    pub fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        if self.is_missing(row) {
            return None;
        }
        Some(match &self.cells {
            Cells::Text(cells) => Cow::Borrowed(cells.get(row)?),
            Cells::Number(cells) => Cow::Owned(print_number(cells.values[row])),
            Cells::Date(cells) => Cow::Owned(date::print_seconds(cells[row])),
        })
    }

    /// The cells as texts, see [`Column::text`].
    pub fn texts(&self) -> Vec<Option<Cow<'_, str>>> {
        (0..self.rows()).map(|row| self.text(row)).collect()
    }

    /// Reads every text by `read`; NaN for missing cells.
    fn convert(
        &self,
        cells: &TextCells,
        expected: &'static str,
        read: impl Fn(&str) -> Option<f64>,
    ) -> Result<Vec<f64>, TableError> {
        let mut values = Vec::with_capacity(cells.len());
        for (row, cell) in cells.iter().enumerate() {
            let value = match cell {
                None => f64::NAN,
                Some(cell) => match read(cell) {
                    Some(value) => value,
                    None if is_none_like(cell) => f64::NAN,
                    None => return Err(self.unlike(row, cell, expected)),
                },
            };
            values.push(value);
        }
        Ok(values)
    }

    /// Refuses NaN and infinities that the file holds.
    pub(super) fn check_finite(&self, cells: &NumberCells) -> Result<(), TableError> {
        let infinite = cells.values.iter().position(|value| value.is_infinite());
        let first = match (infinite, cells.first_nan) {
            (Some(a), Some(b)) => a.min(b),
            (Some(a), None) | (None, Some(a)) => a,
            (None, None) => return Ok(()),
        };
        Err(TableError::NotFinite {
            place: Box::new(self.place(first)),
            cell: match cells.values[first] {
                value if value.is_nan() => "nan".to_string(),
                value => value.to_string(),
            },
        })
    }

    /// The error of a cell that is not of the kind asked for.
    fn unlike(&self, row: usize, cell: &str, expected: &'static str) -> TableError {
        if expected == "a number" && matches!(spelling(cell), Spelling::Nan | Spelling::Infinite) {
            return TableError::NotFinite {
                place: Box::new(self.place(row)),
                cell: cell.to_string(),
            };
        }
        TableError::Cell {
            place: Box::new(self.place(row)),
            cell: cell.to_string(),
            expected,
            reason: "",
            advice: format!("mend the cell or {}", missing_flag(cell)),
        }
    }

    /// The error of the few cells that are unlike nearly all others.
    pub(super) fn stranger(&self, row: usize, cell: &str, expected: &'static str) -> TableError {
        TableError::Cell {
            place: Box::new(self.place(row)),
            cell: cell.to_string(),
            expected,
            reason: ", though nearly all cells of the column are",
            advice: format!(
                "mend it, {}, or take the column as text with {}",
                missing_flag(cell),
                flag("--kind", &format!("{}=category", self.name))
            ),
        }
    }
}
