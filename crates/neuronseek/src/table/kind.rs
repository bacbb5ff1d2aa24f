use std::collections::HashSet;

use super::cells::{Cells, TextCells};
use super::column::Column;
use super::date;
use super::error::{Place, TableError, flag};
use super::number::{Spelling, is_none_like, spelling};

/// What a column holds, judged by all its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Numbers.
    Numeric,
    /// Texts for true and false: true/false, yes/no, t/f, y/n, on/off in any case of letters.
    Boolean,
    /// Texts, of which at least two are the same.
    Category,
    /// Dates or times.
    Date,
    /// More than ten texts, all different, or an unnamed column that counts the rows: of no use
    /// for prediction.
    Identifier,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 5] = [
        Kind::Numeric,
        Kind::Boolean,
        Kind::Category,
        Kind::Date,
        Kind::Identifier,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Numeric => "numeric",
            Kind::Boolean => "boolean",
            Kind::Category => "category",
            Kind::Date => "date",
            Kind::Identifier => "identifier",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Kind, String> {
        let found = Kind::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| {
            format!(
                "\"{text}\" is not a kind of column: numeric, boolean, category, date or identifier"
            )
        })
    }
}

/// Up to how many texts may differ from row to row without being identifiers.
const HANDFUL: usize = 10;

/// How many different numbers speak for a measurement and against a code such as 1, 2, 3, 5more.
const FEW_NUMBERS: usize = 10;

/// The kind of a column, see [`Column::kind`].
pub(super) fn of(column: &Column) -> Result<Kind, TableError> {
    let all_missing = || TableError::AllMissing {
        place: Box::new(Place {
            row: None,
            line: None,
            ..column.place(0)
        }),
    };
    let kind = match &column.cells {
        Cells::Date(cells) => {
            if cells.iter().all(|value| value.is_nan()) {
                return Err(all_missing());
            }
            Kind::Date
        }
        Cells::Number(cells) => {
            column.check_finite(cells)?;
            if cells.values.iter().all(|value| value.is_nan()) {
                return Err(all_missing());
            }
            Kind::Numeric
        }
        Cells::Text(cells) => {
            if cells.iter().all(|cell| cell.is_none()) {
                return Err(all_missing());
            }
            of_texts(column, cells)?
        }
    };
    if kind == Kind::Numeric && column.unnamed && counts_rows(column)? {
        return Ok(Kind::Identifier);
    }
    Ok(kind)
}

fn of_texts(column: &Column, cells: &TextCells) -> Result<Kind, TableError> {
    if is_numeric(column, cells)? {
        return Ok(Kind::Numeric);
    }
    if is_uniform(column, cells, "true or false", &|cell| {
        truth(cell).is_some()
    })? && one_spelling_of_truth(cells)
    {
        return Ok(Kind::Boolean);
    }
    if is_uniform(column, cells, "a date", &|cell| {
        date::seconds(cell).is_some()
    })? {
        return Ok(Kind::Date);
    }
    check_commas(column, cells)?;
    let mut seen = HashSet::new();
    let all_differ = cells.iter().flatten().all(|cell| seen.insert(cell));
    Ok(if all_differ && seen.len() > HANDFUL {
        Kind::Identifier
    } else {
        Kind::Category
    })
}

/// Whether the cells are numbers. A few texts among them are an error: a column of 70,000 numbers
/// must not turn into categories because of one slip.
fn is_numeric(column: &Column, cells: &TextCells) -> Result<bool, TableError> {
    let mut numbers = 0;
    let mut texts = 0;
    let mut first_text = None;
    let mut first_not_finite = None;
    let mut different = HashSet::new();
    for (row, cell) in cells.iter().enumerate() {
        let Some(cell) = cell else { continue };
        match spelling(cell) {
            Spelling::Number(value) => {
                numbers += 1;
                if different.len() <= FEW_NUMBERS {
                    different.insert(value.to_bits());
                }
            }
            Spelling::Nan | Spelling::Infinite => {
                first_not_finite.get_or_insert((row, cell));
            }
            Spelling::Text if is_none_like(cell) => {}
            Spelling::Text => {
                texts += 1;
                first_text.get_or_insert((row, cell));
            }
        }
    }
    if let Some((row, cell)) = first_text {
        // One in a hundred is a slip. One in ten is a slip where the numbers are measurements,
        // and may be a code of its own ("5more") where there are but a few different numbers.
        let measured = different.len() > FEW_NUMBERS;
        let slips = texts * 100 < numbers || (measured && texts * 10 <= numbers);
        return match slips {
            true => Err(column.stranger(row, cell, "a number")),
            false => Ok(false),
        };
    }
    match first_not_finite {
        Some((row, cell)) => Err(TableError::NotFinite {
            place: Box::new(column.place(row)),
            cell: cell.to_string(),
        }),
        None => Ok(numbers > 0),
    }
}

/// Refuses numbers with commas ("1,5", "12,000"): as texts they would be useless, and whether the
/// comma is a decimal one cannot be told.
fn check_commas(column: &Column, cells: &TextCells) -> Result<(), TableError> {
    let mut first = None;
    let mut numbers = 0;
    let mut texts = 0;
    for (row, cell) in cells.iter().enumerate() {
        let Some(cell) = cell else { continue };
        if !cell.contains(',') {
            match spelling(cell) {
                Spelling::Text if !is_none_like(cell) => texts += 1,
                _ => numbers += 1,
            }
        } else if let Spelling::Number(_) = spelling(&cell.replace(',', ""))
            && !cell.starts_with(',')
            && !cell.ends_with(',')
        {
            numbers += 1;
            first.get_or_insert((row, cell));
        } else {
            texts += 1;
        }
    }
    match first {
        Some((row, cell)) if texts * 100 < numbers => Err(TableError::Cell {
            place: Box::new(column.place(row)),
            cell: cell.to_string(),
            expected: "a number",
            reason: " because of its comma",
            advice: format!(
                "write a decimal point and no separators of thousands, or take the column as text with {}",
                flag("--kind", &format!("{}=category", column.name))
            ),
        }),
        _ => Ok(()),
    }
}

/// Whether all cells pass `fits`; an error where all but fewer than one in a hundred do.
fn is_uniform(
    column: &Column,
    cells: &TextCells,
    expected: &'static str,
    fits: &dyn Fn(&str) -> bool,
) -> Result<bool, TableError> {
    let mut fitting = 0;
    let mut others = 0;
    let mut first = None;
    for (row, cell) in cells.iter().enumerate() {
        let Some(cell) = cell else { continue };
        if fits(cell) {
            fitting += 1;
        } else if !is_none_like(cell) {
            others += 1;
            first.get_or_insert((row, cell));
        }
    }
    match first {
        Some((row, cell)) if others * 100 < fitting => Err(column.stranger(row, cell, expected)),
        Some(_) => Ok(false),
        None => Ok(fitting > 0),
    }
}

/// Whether the truth values are spelled in one way, so that a column of "no", "f" and "off" stays
/// a category.
fn one_spelling_of_truth(cells: &TextCells) -> bool {
    let mut pair = None;
    cells.iter().flatten().all(|cell| match truth_pair(cell) {
        None => true,
        Some((found, _)) => *pair.get_or_insert(found) == found,
    })
}

/// The truth value that a text spells.
pub(super) fn truth(cell: &str) -> Option<bool> {
    truth_pair(cell).map(|(_, value)| value)
}

fn truth_pair(cell: &str) -> Option<(usize, bool)> {
    const PAIRS: [(&str, &str); 5] = [
        ("true", "false"),
        ("yes", "no"),
        ("t", "f"),
        ("y", "n"),
        ("on", "off"),
    ];
    let cell = cell.trim();
    PAIRS.iter().enumerate().find_map(|(index, (yes, no))| {
        if cell.eq_ignore_ascii_case(yes) {
            Some((index, true))
        } else if cell.eq_ignore_ascii_case(no) {
            Some((index, false))
        } else {
            None
        }
    })
}

/// Whether the cells count the rows from 0 or 1, as data frames are written with their index.
fn counts_rows(column: &Column) -> Result<bool, TableError> {
    let values = column.numbers()?;
    let counts_from = |start: f64| {
        let mut rows = values.iter().enumerate();
        rows.all(|(row, &value)| value == row as f64 + start)
    };
    Ok(counts_from(0.0) || counts_from(1.0))
}

#[cfg(test)]
mod tests;
