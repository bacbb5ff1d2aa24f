use std::cmp::Ordering;
use std::sync::Arc;

use super::cells::{Cells, NumberCells, TextCells};
use super::{Column, Table, TableError};

/// A table in which no row repeats.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The rows, each once.
    pub table: Table,
    /// Whether `table` has the column of weights; it has none where all rows count alike.
    pub weighted: bool,
}

impl Table {
    /// Rows that are equal in all columns but that of weights become one row with the sum of their
    /// weights, and rows of weight 0 are left out, so that a fit with a weight of 3 is, to the
    /// bit, the fit with the row three times. Where anything was merged or weights differ, the
    /// rows come in the order of their contents, so that their order before has no part either;
    /// else the table is as it was.
    ///
    /// `weights` is the column of weights, which need not be there: a row then counts 1. Weights
    /// that are no weights (missing, negative, all 0) are left for a fit to refuse.
    ///
    /// # Errors
    /// When a weight is no number.
    pub fn with_repeats_merged(&self, weights: &str) -> Result<Merged, TableError> {
        let given = match self.columns.iter().find(|column| column.name == weights) {
            None => None,
            Some(column) => Some(column.numbers()?),
        };
        let refused = |values: &Vec<f64>| {
            values.iter().any(|w| w.is_nan() || *w < 0.0) || values.iter().all(|w| *w == 0.0)
        };
        if given.as_ref().is_some_and(refused) {
            return Ok(Merged {
                table: self.clone(),
                weighted: true,
            });
        }
        let mut contents = self.clone();
        contents.columns.retain(|column| column.name != weights);
        let groups = contents.groups(given.as_deref());
        let alike = groups.windows(2).all(|pair| pair[0].1 == pair[1].1);
        if alike && groups.len() == self.rows {
            return Ok(Merged {
                table: contents,
                weighted: false,
            });
        }
        let order: Vec<usize> = groups.iter().map(|(row, _)| *row).collect();
        let mut table = contents.gathered(&vec![order.as_slice(); contents.columns.len()]);
        let sums = groups.iter().map(|(_, sum)| *sum).collect();
        let mut column = Column::of_numbers(weights, sums);
        column.origin = Arc::clone(&table.origin);
        table.columns.push(column);
        Ok(Merged {
            table,
            weighted: true,
        })
    }

    /// The table with the rows of another below its own. Columns go by name; what this table does
    /// not have is left out. Numbers that meet texts become texts.
    ///
    /// # Errors
    /// When the other lacks a column.
    pub fn with_rows_of(&self, other: &Table) -> Result<Table, TableError> {
        let mut table = self.clone();
        table.rows += other.rows;
        let origin = Arc::new(self.origin.above(self.rows, (&other.origin, other.rows)));
        for column in &mut table.columns {
            let below = other.column(&column.name)?;
            column.cells = joined(column, below);
            column.origin = Arc::clone(&origin);
        }
        table.origin = origin;
        Ok(table)
    }

    /// Tables below each other, as [`Table::with_rows_of`]; `None` without one.
    pub(crate) fn stacked(mut tables: Vec<Table>) -> Result<Option<Table>, TableError> {
        while tables.len() > 1 {
            let pairs = tables.chunks(2).map(|pair| match pair {
                [above, below] => above.with_rows_of(below),
                _ => Ok(pair[0].clone()),
            });
            tables = pairs.collect::<Result<_, _>>()?;
        }
        Ok(tables.pop())
    }

    /// The given rows, in this order.
    ///
    /// # Panics
    /// When a row is not there.
    pub(crate) fn picked(&self, rows: &[usize]) -> Table {
        let mut table = self.gathered(&vec![rows; self.columns.len()]);
        let origin = Arc::new(self.origin.picked(rows));
        for column in &mut table.columns {
            column.origin = Arc::clone(&origin);
        }
        table.origin = origin;
        table.rows = rows.len();
        table
    }

    /// One entry for each different row, in the order of contents: the first such row and the sum
    /// of weights, which is not 0.
    fn groups(&self, weights: Option<&[f64]>) -> Vec<(usize, f64)> {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let hashes = self.hashes();
        let mut order: Vec<usize> = (0..self.rows).collect();
        order.sort_by_key(|&row| (hashes[row], row));
        let mut groups: Vec<(usize, f64)> = Vec::with_capacity(self.rows);
        let mut first = 0;
        for (place, &row) in order.iter().enumerate() {
            if place == 0 || hashes[order[place - 1]] != hashes[row] {
                first = groups.len();
            }
            let same = |(other, _): &&mut (usize, f64)| self.compare(*other, row).is_eq();
            match groups[first..].iter_mut().find(same) {
                Some((_, sum)) => *sum += weight(row),
                None => groups.push((row, weight(row))),
            }
        }
        groups.retain(|(_, sum)| *sum > 0.0);
        groups.sort_by(|(a, _), (b, _)| self.compare(*a, *b));
        groups
    }

    /// A hash of the contents of each row.
    fn hashes(&self) -> Vec<u64> {
        let mut hashes = vec![0xcbf2_9ce4_8422_2325_u64; self.rows];
        let mix = |hash: &mut u64, bits: u64| {
            *hash = (hash.rotate_left(23) ^ bits).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        };
        for column in &self.columns {
            match &column.cells {
                Cells::Number(NumberCells { values, .. }) | Cells::Date(values) => {
                    for (hash, &value) in hashes.iter_mut().zip(values) {
                        mix(hash, key(value).to_bits());
                    }
                }
                Cells::Text(cells) => {
                    for (hash, cell) in hashes.iter_mut().zip(cells.iter()) {
                        for chunk in cell.unwrap_or_default().as_bytes().chunks(8) {
                            let bits = chunk.iter().fold(1, |bits, &b| bits << 8 | u64::from(b));
                            mix(hash, bits);
                        }
                        mix(hash, 0);
                    }
                }
            }
        }
        hashes
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        let mut each = self.columns.iter().map(|column| match &column.cells {
            Cells::Number(NumberCells { values, .. }) | Cells::Date(values) => {
                key(values[a]).total_cmp(&key(values[b]))
            }
            Cells::Text(cells) => cells.get(a).cmp(&cells.get(b)),
        });
        each.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

/// One spelling of zero and of NaN.
fn key(value: f64) -> f64 {
    match value {
        value if value.is_nan() => f64::NAN,
        value => value + 0.0,
    }
}

fn joined(above: &Column, below: &Column) -> Cells {
    match (&above.cells, &below.cells) {
        (Cells::Number(a), Cells::Number(b)) => Cells::Number(NumberCells {
            values: [a.values.as_slice(), &b.values].concat(),
            first_nan: a.first_nan.or(b.first_nan.map(|row| row + a.values.len())),
        }),
        (Cells::Date(a), Cells::Date(b)) => Cells::Date([a.as_slice(), b].concat()),
        _ => Cells::Text(TextCells::from_iter(
            above.texts().into_iter().chain(below.texts()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(numbers: &[f64], texts: &[&str], weights: Option<&[f64]>) -> Table {
        let mut columns = vec![
            Column::of_numbers("a", numbers.to_vec()),
            Column::of_texts("b", texts.iter().map(|text| Some(*text))),
        ];
        columns.extend(weights.map(|weights| Column::of_numbers("w", weights.to_vec())));
        Table::new("t", columns).unwrap()
    }

    fn rows(merged: &Merged) -> Vec<(f64, String, f64)> {
        let table = &merged.table;
        let number = |name: &str| table.column(name).unwrap().numbers().unwrap();
        let texts = table.column("b").unwrap().texts();
        let of = number("a").into_iter().zip(texts).zip(number("w"));
        of.map(|((a, b), w)| (a, b.unwrap_or_default().to_string(), w))
            .collect()
    }

    #[test]
    fn weights_are_repetitions_in_any_order() {
        let repeated = table(
            &[2.0, 1.0, 2.0, 0.0, -0.0],
            &["x", "y", "x", "z", "z"],
            None,
        );
        let weighted = table(
            &[0.0, 5.0, 1.0, 2.0],
            &["z", "none", "y", "x"],
            Some(&[2.0, 0.0, 1.0, 2.0]),
        );
        let a = repeated.with_repeats_merged("w").unwrap();
        let b = weighted.with_repeats_merged("w").unwrap();
        assert!(a.weighted && b.weighted);
        assert_eq!(rows(&a), rows(&b));
        assert_eq!(rows(&a)[0], (0.0, "z".to_string(), 2.0));
        assert_eq!(a.table.rows(), 3);
    }

    #[test]
    fn a_table_without_repeats_stays_as_it_is() {
        let plain = table(&[3.0, 1.0], &["x", "y"], None);
        let merged = plain.with_repeats_merged("w").unwrap();
        assert!(!merged.weighted);
        let first = merged.table.column("a").unwrap().numbers().unwrap();
        assert_eq!(first, [3.0, 1.0]);
        let alike = table(&[3.0, 1.0], &["x", "y"], Some(&[2.0, 2.0]));
        let merged = alike.with_repeats_merged("w").unwrap();
        assert!(!merged.weighted);
        assert_eq!(merged.table.columns().len(), 2);
    }

    #[test]
    fn weights_that_are_none_are_left_for_the_fit() {
        for bad in [[-1.0, 1.0], [0.0, 0.0], [f64::NAN, 1.0]] {
            let table = table(&[1.0, 1.0], &["x", "x"], Some(&bad));
            let merged = table.with_repeats_merged("w").unwrap();
            assert_eq!(merged.table.rows(), 2);
            assert!(merged.weighted);
        }
    }

    #[test]
    fn rows_go_below() {
        let above = table(&[1.0], &["x"], None);
        let below = table(&[2.0, 3.0], &["y", "z"], Some(&[1.0, 1.0]));
        let both = above.with_rows_of(&below).unwrap();
        assert_eq!(both.rows(), 3);
        assert_eq!(
            both.column("a").unwrap().numbers().unwrap(),
            [1.0, 2.0, 3.0]
        );
        assert_eq!(both.column("b").unwrap().text(2).unwrap(), "z");
        let error = below.with_rows_of(&above).unwrap_err().to_string();
        assert!(error.contains("\"w\""), "{error}");
    }
}
