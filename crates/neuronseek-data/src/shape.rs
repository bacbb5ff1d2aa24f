//! The protocol's form of a table: its columns in order, the target last, numbers in one spelling.
//!
//! Servers order and name columns in their own ways (`Whole weight`, `fLength:`), so a column is
//! looked for by the letters and digits of its name. Numbers are printed as the library prints
//! them, so that one table has one text, and a SHA-256 of that text says whether the values are
//! the protocol's, whichever file they came from.

use std::io::{self, Write};

use neuronseek::table::{Column, Table, print_number};
use sha2::{Digest, Sha256};

use crate::DataError;
use crate::catalogue::{Entry, Source, letters};
use crate::checksum::digits;

/// The table in the protocol's form; columns that the protocol does not have are left out.
///
/// # Errors
/// [`DataError::OtherTable`] when a column is missing or the number of rows is another.
pub fn form(table: &Table, entry: &Entry) -> Result<Table, DataError> {
    let other = |reason: String| DataError::OtherTable {
        name: entry.name.clone(),
        source_name: table.source.clone(),
        reason,
    };
    if table.rows() != entry.rows {
        return Err(other(format!(
            "it has {} rows instead of {}",
            table.rows(),
            entry.rows
        )));
    }
    let mut columns = Vec::with_capacity(entry.columns.len());
    for name in &entry.columns {
        let formula = match &entry.source {
            Source::OpenMl { columns, .. } => columns.get(name).unwrap_or(name),
            _ => name,
        };
        let column = column(table, formula).map_err(|missing| {
            let has: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
            other(format!("no column \"{missing}\" in {}", has.join(", ")))
        })?;
        let categories = entry.categorical_columns.contains(name);
        columns.push(spelled(name, &column?, categories));
    }
    Ok(Table::new(&table.source, columns)?)
}

/// The SHA-256 of the table's CSV text.
pub fn values(table: &Table) -> io::Result<String> {
    let mut digest = Digesting(Sha256::new());
    table.write_csv_to(&mut digest)?;
    Ok(digits(digest.0))
}

struct Digesting(Sha256);

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The column of a formula: `a`, `a / b` or `a / 100`; the name of the column that is missing.
fn column(table: &Table, formula: &str) -> Result<Result<Column, DataError>, String> {
    let found = |name: &str| {
        let wanted = letters(name);
        let same = |column: &&Column| letters(&column.name) == wanted;
        table.columns().iter().find(same).ok_or(name.to_string())
    };
    let Some((above, below)) = formula.split_once(" / ") else {
        return found(formula).map(|column| Ok(column.clone()));
    };
    let above = found(above)?;
    let divisor = match below.parse::<f64>() {
        Ok(number) => Ok(vec![number; table.rows()]),
        Err(_) => found(below)?.numbers(),
    };
    Ok((|| {
        let (above, below) = (above.numbers()?, divisor?);
        let values = above.iter().zip(below).map(|(above, below)| above / below);
        Ok(Column::of_numbers(formula, values.collect()))
    })())
}

/// The column under its name, numbers in one spelling unless they name categories.
fn spelled(name: &str, column: &Column, categories: bool) -> Column {
    let cells = column.texts();
    let cells = cells.iter().map(|cell| {
        let cell = cell.as_deref()?;
        match cell.trim().parse::<f64>() {
            Ok(number) if number.is_finite() && !categories => Some(print_number(number)),
            _ => Some(cell.to_string()),
        }
    });
    Column::of_texts(name, cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    fn numbers(name: &str, values: &[f64]) -> Column {
        Column::of_numbers(name, values.to_vec())
    }

    #[test]
    fn columns_are_found_by_their_letters_and_ordered() {
        let mut entry = catalogue::find("abalone").unwrap().clone();
        entry.rows = 2;
        let mut columns: Vec<Column> = (entry.columns.iter().rev())
            .map(|name| numbers(&name.replace('_', " ").to_uppercase(), &[1.0, 2.5]))
            .collect();
        columns.insert(3, numbers("ID", &[7.0, 8.0]));
        let table = Table::new("a.arff", columns).unwrap();
        let formed = form(&table, &entry).unwrap();
        let names: Vec<&str> = formed.columns().iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, entry.columns);
        let short = table.without(&["LENGTH".to_string()]).unwrap();
        let text = form(&short, &entry).unwrap_err().to_string();
        assert!(
            text.contains("no column \"Length\" in") && text.contains("a.arff"),
            "{text}"
        );
        entry.rows = 3;
        let text = form(&table, &entry).unwrap_err().to_string();
        assert!(text.contains("2 rows instead of 3"), "{text}");
    }

    #[test]
    fn formulas_divide() {
        let mut entry = catalogue::find("california_housing").unwrap().clone();
        entry.rows = 1;
        let columns = [
            ("medianIncome", 8.3252),
            ("housingMedianAge", 41.0),
            ("totalRooms", 880.0),
            ("totalBedrooms", 129.0),
            ("population", 322.0),
            ("households", 126.0),
            ("latitude", 37.88),
            ("longitude", -122.23),
            ("medianHouseValue", 452600.0),
        ];
        let columns = columns.map(|(name, value)| numbers(name, &[value]));
        let table = Table::new("houses", columns.to_vec()).unwrap();
        let formed = form(&table, &entry).unwrap();
        // The first row as scikit-learn publishes it.
        let expected = [8.3252, 41.0, 6.984126984126984, 1.0238095238095237, 322.0];
        for (column, expected) in formed.columns().iter().zip(expected) {
            assert_eq!(column.numbers().unwrap(), [expected], "{}", column.name);
        }
        assert_eq!(
            formed.column("MedHouseVal").unwrap().text(0).unwrap(),
            "4.526"
        );
    }

    #[test]
    fn one_spelling_has_one_checksum() {
        let text = |spelling: &str| {
            let column = Column::of_texts("a", [Some(spelling)]);
            let table = Table::new("t", vec![spelled("a", &column, false)]).unwrap();
            values(&table).unwrap()
        };
        assert_eq!(text("41.000"), text("41"));
        assert_ne!(text("41.001"), text("41"));
        let category = spelled("a", &Column::of_texts("a", [Some("007")]), true);
        assert_eq!(category.text(0).unwrap(), "007");
    }
}
