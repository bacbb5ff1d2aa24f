//! The cells of a table as bytes, to send a part of a table to another process.

use super::cells::{Cells, NumberCells, TextCells};
use super::{Column, Table, TableError};

const NUMBERS: u8 = 0;
const DATES: u8 = 1;
const TEXTS: u8 = 2;

impl Table {
    /// Names and cells, without where they come from.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        count(&mut bytes, self.columns.len());
        for column in &self.columns {
            text(&mut bytes, &column.name);
            count(&mut bytes, column.rows());
            match &column.cells {
                Cells::Number(cells) => {
                    bytes.push(NUMBERS);
                    numbers(&mut bytes, &cells.values);
                    count(&mut bytes, cells.first_nan.map_or(0, |row| row + 1));
                }
                Cells::Date(values) => {
                    bytes.push(DATES);
                    numbers(&mut bytes, values);
                }
                Cells::Text(cells) => {
                    bytes.push(TEXTS);
                    cells
                        .iter()
                        .for_each(|cell| text(&mut bytes, cell.unwrap_or_default()));
                }
            }
        }
        bytes
    }

    /// The table of the bytes of [`Table::to_bytes`], of this source; `None` for other bytes.
    pub(crate) fn from_bytes(bytes: &[u8], source: &str) -> Option<Result<Table, TableError>> {
        let mut reader = Reader(bytes);
        let mut columns = Vec::new();
        for _ in 0..reader.count()? {
            let name = reader.text()?.to_string();
            let rows = reader.count()?;
            let cells = match reader.take(1)?[0] {
                NUMBERS => Cells::Number(NumberCells {
                    values: reader.numbers(rows)?,
                    first_nan: reader.count()?.checked_sub(1),
                }),
                DATES => Cells::Date(reader.numbers(rows)?),
                TEXTS => {
                    let mut cells = TextCells::default();
                    for _ in 0..rows {
                        cells.push(Some(reader.text()?));
                    }
                    Cells::Text(cells)
                }
                _ => return None,
            };
            columns.push(Column::new(&name, cells));
        }
        reader.0.is_empty().then(|| Table::new(source, columns))
    }
}

fn count(bytes: &mut Vec<u8>, count: usize) {
    bytes.extend_from_slice(&(count as u64).to_le_bytes());
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    count(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

fn numbers(bytes: &mut Vec<u8>, values: &[f64]) {
    for value in values {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
}

/// What is left of some bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (now, later) = self.0.split_at_checked(length)?;
        self.0 = later;
        Some(now)
    }

    fn count(&mut self) -> Option<usize> {
        let bytes: [u8; 8] = self.take(8)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn numbers(&mut self, count: usize) -> Option<Vec<f64>> {
        let bytes = self.take(count.checked_mul(8)?)?;
        let value = |chunk: &[u8]| {
            let mut own = [0; 8];
            own.copy_from_slice(chunk);
            f64::from_le_bytes(own)
        };
        Some(bytes.chunks_exact(8).map(value).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_comes_back() {
        let table = Table::new(
            "a",
            vec![
                Column::of_numbers("x", vec![1.5, f64::NAN]),
                Column::of_texts("é", [Some("a b"), None]),
                Column::new("when", Cells::Date(vec![0.0, 86_400.0])),
            ],
        )
        .unwrap();
        let bytes = table.to_bytes();
        let back = Table::from_bytes(&bytes, "b").unwrap().unwrap();
        assert_eq!(back.to_bytes(), bytes);
        assert_eq!(back.rows(), 2);
        for cut in 0..bytes.len() {
            assert!(Table::from_bytes(&bytes[..cut], "b").is_none());
        }
    }
}
