use std::path::PathBuf;

use super::*;
use crate::table::Kind;

fn read(text: &str) -> Result<Table, TableError> {
    read_named(text.as_bytes(), "t.csv")
}

fn read_named(bytes: &[u8], source: &str) -> Result<Table, TableError> {
    Table::read_from(bytes, source, &ReadOptions::default())
}

/// The folder of real tables; nothing, with a word on standard error, where it is absent.
fn real_tables() -> Option<PathBuf> {
    let data = std::env::var_os("NEURONSEEK_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = data.join("tabular");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "skipped: no real tables at {} (set NEURONSEEK_DATA)",
        folder.display()
    );
    None
}

#[test]
fn the_real_tables_have_the_rows_and_kinds_of_their_index() {
    let Some(folder) = real_tables() else { return };
    let index = std::fs::read_to_string(folder.join("INDEX.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    for entry in index["datasets"].as_array().unwrap() {
        let path = folder.join(entry["file"].as_str().unwrap());
        let table = Table::read(&path, &ReadOptions::default()).unwrap();
        assert_eq!(
            table.rows() as u64,
            entry["rows"].as_u64().unwrap(),
            "{path:?}"
        );
        let names: Vec<&str> = table
            .columns()
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let expected: Vec<&str> = entry["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        assert_eq!(names, expected);
        let texts: Vec<&str> = entry["categorical_columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        for column in table.columns() {
            let kind = column.kind().unwrap();
            let listed = texts.contains(&column.name.as_str());
            let target = entry["target"] == column.name.as_str();
            // The index also lists numeric codes (electricity's day) among the categories.
            assert!(
                kind == Kind::Numeric || listed || target,
                "{path:?} {}",
                column.name
            );
            assert!(
                kind != Kind::Identifier && kind != Kind::Date,
                "{path:?} {}",
                column.name
            );
        }
    }
}
