use super::PrepareError;
use crate::table::Table;

/// The weights of the given rows as the table has them.
pub(super) fn plain(table: &Table, name: &str, rows: &[usize]) -> Result<Vec<f64>, PrepareError> {
    let column = table.column(name)?;
    let values = column.numbers()?;
    let refuse = |row: usize, found: String| PrepareError::Weight {
        place: column.place(row),
        found,
    };
    for &row in rows {
        if values[row].is_nan() {
            return Err(refuse(row, "missing".to_string()));
        }
        if values[row] < 0.0 {
            return Err(refuse(row, values[row].to_string()));
        }
    }
    Ok(rows.iter().map(|&row| values[row]).collect())
}

/// The weights of the given rows, with mean 1.
pub(super) fn read(table: &Table, name: &str, rows: &[usize]) -> Result<Vec<f64>, PrepareError> {
    let values = plain(table, name, rows)?;
    // Divided first: a sum of huge weights would overflow.
    let largest = values.iter().fold(0.0, |most: f64, value| most.max(*value));
    if largest == 0.0 {
        return Err(PrepareError::ZeroWeights {
            source_name: table.source.clone(),
            column: name.to_string(),
        });
    }
    let mean = values.iter().map(|value| value / largest).sum::<f64>() / rows.len() as f64;
    let scaled = values.iter().map(|value| value / largest / mean);
    Ok(scaled.collect())
}
