use proptest::prelude::*;

use super::*;
use crate::table::{Column, ReadOptions};

fn text_table(columns: &[(&str, &[Option<&str>])]) -> Table {
    let columns = columns
        .iter()
        .map(|(name, cells)| Column::of_texts(name, cells.iter().copied()))
        .collect();
    Table::new("t", columns).unwrap()
}

fn written(table: &Table) -> Vec<u8> {
    let mut bytes = Vec::new();
    table.write_csv_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn cells_are_quoted_where_they_must_be() {
    let table = text_table(&[
        ("a,b", &[Some("x"), None, Some(" y ")]),
        ("c", &[Some("1;2"), Some("say \"hi\""), Some("two\nlines")]),
    ]);
    let text = String::from_utf8(written(&table)).unwrap();
    assert_eq!(
        text,
        "\"a,b\",c\nx,\"1;2\"\n,\"say \"\"hi\"\"\"\n\" y \",\"two\nlines\"\n"
    );
}

#[test]
fn a_file_is_replaced_only_when_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let table = text_table(&[("a", &[Some("1")])]);
    table.write_csv(&path, false).unwrap();
    let error = table.write_csv(&path, false).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: exists already; choose another name or allow replacing it with --force",
            path.display()
        )
    );
    text_table(&[("b", &[Some("2")])])
        .write_csv(&path, true)
        .unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "b\n2\n");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing else is left"
    );
}

#[test]
fn what_cannot_be_written_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let table = text_table(&[("a", &[Some("1")])]);
    let path = folder.path().join("absent/t.csv");
    let message = table.write_csv(&path, false).unwrap_err().to_string();
    assert!(
        message.starts_with(&format!("{}: cannot be written: ", path.display())),
        "{message}"
    );
    let error = Aside::write(&folder.path().join("t.csv"), false, |file| {
        file.write_all(b"half")?;
        Err(io::Error::other("disk full"))
    });
    assert!(
        error
            .unwrap_err()
            .to_string()
            .ends_with("t.csv: cannot be written: disk full")
    );
    assert!(table.write_csv(folder.path(), true).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_compressed_file_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv.gz");
    let table = text_table(&[("a", &[Some("1"), None]), ("b", &[None, Some("x")])]);
    table.write_csv(&path, false).unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[..2], [0x1f, 0x8b]);
    let back = Table::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(written(&back), written(&table));
}

#[cfg(unix)]
#[test]
fn a_file_has_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    text_table(&[("a", &[Some("1")])])
        .write_csv(&path, false)
        .unwrap();
    std::fs::write(folder.path().join("other"), "").unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&folder.path().join("other")));
}

fn any_cell() -> impl Strategy<Value = Option<String>> {
    // Texts that mean "missing" do not come back as they are.
    let text = "[a-z0-9 ,;\"\n\r\t.é'\u{feff}-]{1,8}".prop_filter("missing", |text| {
        !["NA", "N/A", "null", "NULL"].contains(&text.as_str())
    });
    proptest::option::of(text)
}

fn any_table() -> impl Strategy<Value = Table> {
    (1usize..5, 1usize..6).prop_flat_map(|(columns, rows)| {
        let names = proptest::collection::hash_set("[a-z ,;\"\n]{0,4}[a-z]", columns);
        let cells = proptest::collection::vec(proptest::collection::vec(any_cell(), rows), columns);
        (names, cells).prop_map(|(names, cells)| {
            let columns = names
                .into_iter()
                .zip(cells)
                .map(|(name, cells)| Column::of_texts(&name, cells))
                .collect();
            Table::new("t", columns).unwrap()
        })
    })
}

proptest! {
    #[test]
    fn any_table_reads_back(table in any_table()) {
        let bytes = written(&table);
        let back = Table::read_from(bytes.as_slice(), "t.csv", &ReadOptions::default()).unwrap();
        prop_assert_eq!(back.rows(), table.rows());
        prop_assert_eq!(back.columns().len(), table.columns().len());
        for (a, b) in back.columns().iter().zip(table.columns()) {
            prop_assert_eq!(&a.name, &b.name);
            prop_assert_eq!(a.texts(), b.texts());
        }
    }

    #[test]
    fn any_numbers_read_back_to_the_same_bits(
        values in proptest::collection::vec(proptest::option::of(any::<f64>()), 1..30)
    ) {
        let number = |value: &Option<f64>| value.filter(|value| value.is_finite()).unwrap_or(f64::NAN);
        let values: Vec<f64> = values.iter().map(number).collect();
        let table = Table::new("t", vec![Column::of_numbers("x", values.clone())]).unwrap();
        let back = Table::read_from(written(&table).as_slice(), "t.csv", &ReadOptions::default());
        let found = back.unwrap().column("x").unwrap().numbers().unwrap();
        prop_assert_eq!(found.len(), values.len());
        for (a, b) in found.iter().zip(&values) {
            prop_assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()));
        }
    }
}
