use super::PrepareError;
use crate::table::Table;

/// The weights of the given rows, with mean 1.
pub(super) fn read(table: &Table, name: &str, rows: &[usize]) -> Result<Vec<f64>, PrepareError> {
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
    // Divided first: a sum of huge weights would overflow.
    let largest = rows
        .iter()
        .fold(0.0, |most: f64, &row| most.max(values[row]));
    if largest == 0.0 {
        return Err(PrepareError::ZeroWeights {
            source_name: table.source.clone(),
            column: name.to_string(),
        });
    }
    let mean = rows.iter().map(|&row| values[row] / largest).sum::<f64>() / rows.len() as f64;
    Ok(rows
        .iter()
        .map(|&row| values[row] / largest / mean)
        .collect())
}
