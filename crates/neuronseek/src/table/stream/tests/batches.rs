//! Batches put together are the table.

use proptest::prelude::*;

use super::*;

/// Checks that batches of a file are its table, of any size, and where their rows lie.
fn check(folder: &Folder, name: &str) {
    let whole = read(&folder.path(name));
    let files = folder.open(&[name]).unwrap();
    let names: Vec<&str> = whole
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(files.names(), names);
    for rows in [1, 7, 1000] {
        let (tables, error) = batches(&files, rows, None);
        assert!(error.is_none(), "{name}: {error:?}");
        assert_eq!(
            texts(&tables),
            texts(std::slice::from_ref(&whole)),
            "{name} by {rows}"
        );
        let mut row = 0;
        for table in &tables {
            assert!((1..=rows).contains(&table.rows()), "{name} by {rows}");
            for (column, of_whole) in table.columns().iter().zip(whole.columns()) {
                // Long integers are in one row group only.
                let long = ["uint64", "long"].contains(&column.name.as_str());
                let kinds = [column, of_whole].map(|one| std::mem::discriminant(one.cells()));
                assert!(long || kinds[0] == kinds[1], "{}", column.name);
                assert_eq!(column.unnamed, of_whole.unnamed);
            }
            for here in 0..table.rows() {
                assert_eq!(table.place(here), whole.place(row), "{name} by {rows}");
                row += 1;
            }
        }
        assert_eq!(row, whole.rows());
    }
}

const TEXT: &str =
    "\u{feff}a,\"b, c\",d\r\n1,\"x\n\"\"y\",2\r\n\r\n 2 ,NA,\r\n  \r\n\n3,é,'q'\r\n4,\"\r\n\",5";

#[test]
fn texts_of_every_form() {
    let long: String = (0..3000)
        .map(|row| format!("{row},\"{}\n\",{}\n", row % 7, row * row))
        .collect();
    let long = format!("a,b,c\n{long}");
    let folder = Folder::new()
        .with("t.csv", TEXT)
        .with("t.csv.gz", gzip(TEXT))
        .with("t.csv.zst", zstd::encode_all(TEXT.as_bytes(), 3).unwrap())
        .with("t.tsv", "a\tb\n1,5\t\n2\t3\n")
        .with("one.csv", "a\n1\n\n2\n")
        .with("long.csv", &long)
        .with("long.csv.gz", gzip(&long))
        .with("index.csv", ",a,\n0,5,\n1,6,\n2,7,\n");
    for name in [
        "t.csv",
        "t.csv.gz",
        "t.csv.zst",
        "t.tsv",
        "one.csv",
        "long.csv",
        "long.csv.gz",
        "index.csv",
    ] {
        check(&folder, name);
    }
}

#[test]
fn parquet_of_every_kind() {
    let types = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/types.parquet");
    let plain = WriterProperties::builder().set_dictionary_enabled(false);
    let folder = Folder::new()
        .with("groups.parquet", parquet(0..950, 300))
        .with("small.parquet", parquet(0..20, 1))
        .with("plain.parquet", parquet_with(0..400, 170, plain))
        .with("types.parquet", fs::read(types).unwrap());
    for name in [
        "groups.parquet",
        "small.parquet",
        "plain.parquet",
        "types.parquet",
    ] {
        check(&folder, name);
    }
    let files = folder.open(&["groups.parquet"]).unwrap();
    assert_eq!(files.rows(), Some(950));
    let rows: Vec<Option<u64>> = files.pieces().iter().map(|piece| piece.rows).collect();
    assert_eq!(rows, [Some(300), Some(300), Some(300), Some(50)]);
}

#[test]
fn parquet_rows_are_what_was_written() {
    let folder = Folder::new().with("t.parquet", parquet(0..950, 300));
    let files = folder.open(&["t.parquet"]).unwrap();
    let (tables, _) = batches(&files, 64, None);
    let mut row = 0;
    for table in &tables {
        let numbers = |name: &str| table.column(name).unwrap().numbers().unwrap();
        let (x, f, n, whole) = (numbers("x"), numbers("f"), numbers("n"), numbers("whole"));
        for here in 0..table.rows() {
            assert_eq!(x[here].is_nan(), row % 3 == 2);
            assert!(x[here].is_nan() || x[here] == row as f64 / 7.0);
            assert_eq!(f[here], row as f64 * 0.5);
            assert_eq!(n[here].is_nan(), row % 2 == 1);
            assert!(n[here].is_nan() || n[here] == row as f64 - 5.0);
            assert_eq!(whole[here], row as f64);
            row += 1;
        }
    }
    assert_eq!(row, 950);
}

#[test]
fn missing_numbers_and_nan_of_the_file() {
    let values = vec![1.0, f64::NAN, 3.0, -999.0, f64::NAN, f64::INFINITY];
    let folder = Folder::new().with("t.parquet", one_column::<DoubleType>("double x", &[values]));
    let files = folder.open(&["t.parquet"]).unwrap();
    let (tables, _) = batches(&files, 4, None);
    let errors: Vec<String> = tables
        .iter()
        .map(|table| folder.message(table.columns()[0].numbers()))
        .collect();
    assert!(
        errors[0].starts_with("t.parquet, data row 2, column \"x\": \"nan\" is not"),
        "{errors:?}"
    );
    assert!(
        errors[1].starts_with("t.parquet, data row 5, column \"x\": \"nan\" is not"),
        "{errors:?}"
    );
    let options = ReadOptions {
        missing: ["nan", "-999", "inf"].map(String::from).to_vec(),
        ..Default::default()
    };
    let files = Files::open(&folder.paths(&["t.parquet"]), &options).unwrap();
    let (tables, _) = batches(&files, 4, None);
    let numbers: Vec<f64> = tables
        .iter()
        .flat_map(|table| table.columns()[0].numbers().unwrap())
        .collect();
    let missing: Vec<bool> = numbers.iter().map(|number| number.is_nan()).collect();
    assert_eq!(missing, [false, true, false, true, true, true]);
}

#[test]
fn long_integers_make_texts_of_their_batch_alone() {
    let long = (1i64 << 53) + 1;
    let values = vec![1 << 53, 7, long, 8, 9, 10, -(1 << 53), i64::MIN];
    let bytes = one_column::<Int64Type>("int64 id", std::slice::from_ref(&values));
    let folder = Folder::new().with("t.parquet", bytes);
    let files = folder.open(&["t.parquet"]).unwrap();
    let (tables, _) = batches(&files, 3, None);
    let kinds: Vec<bool> = tables
        .iter()
        .map(|table| matches!(table.columns()[0].cells(), Cells::Text(_)))
        .collect();
    assert_eq!(kinds, [true, false, true]);
    let printed: Vec<Option<String>> = values.iter().map(|value| Some(value.to_string())).collect();
    let (one, _) = batches(&files, 100, None);
    assert_eq!(texts(&one), [printed]);
    assert_eq!(texts(&one), texts(&[read(&folder.path("t.parquet"))]));
}

#[test]
fn columns_asked_for_come_in_the_order_asked_for() {
    // The column that is not asked for is not UTF-8, which nobody sees.
    let folder = Folder::new()
        .with("t.parquet", parquet(0..100, 30))
        .with("t.csv", b"a,b,c\n1,\xff,3\n4,\xff,6\n");
    let wanted = ["c".to_string(), "a".to_string()];
    let files = folder.open(&["t.csv"]).unwrap();
    let (tables, error) = batches(&files, 10, Some(&wanted));
    assert!(error.is_none());
    let some = |text: &str| Some(text.to_string());
    assert_eq!(
        texts(&tables),
        [[some("3"), some("6")], [some("1"), some("4")]]
    );
    let files = folder.open(&["t.parquet"]).unwrap();
    let wanted = ["name".to_string(), "id".to_string()];
    let (tables, _) = batches(&files, 7, Some(&wanted));
    let whole = read(&folder.path("t.parquet")).select(&wanted).unwrap();
    assert_eq!(texts(&tables), texts(&[whole]));
    let message = folder.message(files.read(0, 5, Some(&["nme".to_string()])));
    assert_eq!(
        message,
        "t.parquet: has no column \"nme\"; did you mean \"name\"?"
    );
    let twice = ["id".to_string(), "id".to_string()];
    assert!(matches!(
        files.read(0, 5, Some(&twice)),
        Err(TableError::DuplicateName { .. })
    ));
}

#[test]
fn tables_made_of_batches_keep_their_places() {
    let folder = Folder::new().with("t.csv", "a,b\n1,2\n\n3,4\n5,6\n");
    let files = folder.open(&["t.csv"]).unwrap();
    let (tables, _) = batches(&files, 2, None);
    let selected = tables[1].select(&["b".to_string()]).unwrap();
    let place = selected.columns()[0].place(0).to_string();
    assert!(
        place.ends_with("t.csv, data row 3 (line 5), column \"b\""),
        "{place}"
    );
}

#[test]
fn a_late_cell_without_a_name_is_refused() {
    let rows = |count: usize| "1,\n".repeat(count);
    let text = format!("a,\n{}2,x\n", rows(1500));
    let folder = Folder::new()
        .with("t.csv", text)
        .with("u.csv", format!("a,\n{}2,x\n", rows(500)));
    let files = folder.open(&["t.csv"]).unwrap();
    assert_eq!(files.names(), ["a"]);
    let (_, error) = batches(&files, 100, None);
    assert_eq!(
        folder.shown(&error.unwrap()),
        "t.csv, data row 1501 (line 1502), column \"column 2\": \"x\" stands in a column that has no \
         name and was empty before; name the column in the header or empty the cell"
    );
    assert_eq!(folder.open(&["u.csv"]).unwrap().names(), ["a", "column 2"]);
}

#[test]
fn files_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<Files>();
    sent::<Batches<'_>>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn any_cut_gives_the_same_rows(
        cells in proptest::collection::vec("[a-c0-9 \",\n\r;]{0,6}", 3..120),
        group in 1usize..40, rows in 1usize..50,
    ) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let lines: Vec<String> = cells
            .chunks_exact(3)
            .map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(","))
            .collect();
        let folder = Folder::new()
            .with("t.csv", format!("a,b,c\n{}\n", lines.join("\n")))
            .with("t.parquet", parquet(0..cells.len(), group));
        for name in ["t.csv", "t.parquet"] {
            let files = folder.open(&[name]).unwrap();
            let (tables, error) = batches(&files, rows, None);
            prop_assert!(error.is_none(), "{:?}", error);
            prop_assert_eq!(texts(&tables), texts(&[read(&folder.path(name))]));
        }
    }
}
