use super::*;
use crate::table::{Column, Table};

mod encode;
mod errors;
mod outcome;
mod properties;
mod scale;
mod statistics;
mod store;

/// A column of texts, the empty one missing.
fn texts(name: &str, cells: impl IntoIterator<Item = &'static str>) -> Column {
    Column::of_texts(name, cells.into_iter().map(Some))
}

fn numbers(name: &str, cells: impl IntoIterator<Item = f64>) -> Column {
    Column::of_numbers(name, cells.into_iter().collect())
}

fn table(columns: Vec<Column>) -> Table {
    Table::new("t.csv", columns).unwrap()
}

/// Options with the target "y".
fn options() -> PrepareOptions {
    PrepareOptions {
        targets: vec!["y".to_string()],
        ..PrepareOptions::default()
    }
}

fn all(table: &Table) -> Vec<usize> {
    (0..table.rows()).collect()
}

fn fit(table: &Table, options: &PrepareOptions) -> Result<Preparation, PrepareError> {
    Preparation::fit(table, options, &all(table))
}

/// A target of `rows` numbers with fractions.
fn y(rows: usize) -> Column {
    numbers("y", (0..rows).map(|row| row as f64 + 0.5))
}

/// One column of the encoded matrix by the input's name.
fn input(preparation: &Preparation, table: &Table, name: &str) -> Vec<f64> {
    let place = preparation.input_names().iter().position(|n| n == name);
    preparation.inputs(table).unwrap().column(place.unwrap())
}
