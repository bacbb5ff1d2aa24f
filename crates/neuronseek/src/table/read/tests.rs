use std::path::PathBuf;

use proptest::prelude::*;

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

/// The message of the error that reading, or judging every column, ends with.
fn message(text: impl AsRef<[u8]>) -> String {
    match read_named(text.as_ref(), "t.csv") {
        Err(error) => error.to_string(),
        Ok(table) => {
            let error = table
                .columns()
                .iter()
                .find_map(|column| column.kind().err());
            error.expect("an error").to_string()
        }
    }
}

#[test]
fn files_that_are_not_there_or_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let read = |path: &Path| {
        Table::read(path, &ReadOptions::default())
            .unwrap_err()
            .to_string()
    };
    let shown = path.display();
    assert_eq!(
        read(&path),
        format!("{shown}: no such file; check the path")
    );
    let shown = folder.path().display();
    assert_eq!(
        read(folder.path()),
        format!("{shown}: is a directory; give the path of one table in it")
    );
    // Opened by everyone, readable by no one.
    #[cfg(target_os = "linux")]
    {
        let message = read("/proc/self/mem".as_ref());
        assert!(
            message.starts_with("/proc/self/mem: cannot be read on after data row 0: "),
            "{message}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    let error = TableError::Open {
        source_name: "t.csv".into(),
        cause: io::ErrorKind::PermissionDenied.into(),
    };
    assert_eq!(
        error.to_string(),
        "t.csv: may not be read: permission denied; check the file's permissions"
    );
}

#[test]
fn nothing_to_read() {
    let empty = "t.csv: is empty; a table needs a header line and at least one row";
    for text in ["", "\n\r\n\n", "\u{feff}", "\u{feff}\n"] {
        assert_eq!(message(text), empty, "{text:?}");
    }
    for text in ["a,b", "a,b\n", "a,b\n\n  \n"] {
        assert_eq!(message(text), "t.csv: has a header but no rows", "{text:?}");
    }
}

#[test]
fn rows_that_are_too_long_or_too_short() {
    assert_eq!(
        message("a,b\n1,2\n\n3,4,5\n"),
        "t.csv, data row 2 (line 4): has 3 cells, the header has 2; \
         quote cells that contain the separator, or remove the extra cells"
    );
    assert_eq!(
        message("a,b\r\n\"1\r\n\",2\r\n3\r\n"),
        "t.csv, data row 2 (line 4): has 1 cell, the header has 2; \
         add the cells that lack (a missing value is an empty cell)"
    );
}

#[test]
fn names_given_twice() {
    assert_eq!(
        message("a,b, a\n1,2,3\n"),
        "t.csv: columns 1 and 3 are both named \"a\"; rename one"
    );
}

#[test]
fn files_that_are_no_text() {
    assert_eq!(
        message(b"a,b\n1,\x00\n"),
        "t.csv, line 2: holds NUL bytes, not text; export the table as CSV or Parquet"
    );
    let late = format!("a,b\n{}3,x\0y\n", "1,2\n".repeat(100_000));
    assert_eq!(
        message(late),
        "t.csv, data row 100001 (line 100002), column \"b\": holds a NUL byte, not text; \
         mend the file or export it again as CSV"
    );
    assert_eq!(
        message(b"PK\x03\x04rest"),
        "t.csv, line 1: is a zip archive or a spreadsheet, not text; \
         export the table as CSV or Parquet"
    );
    assert_eq!(
        message(b"\xff\xfea\x00,\x00"),
        "t.csv, line 1: is UTF-16 text, not text; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)"
    );
}

#[test]
fn cells_that_are_not_utf8() {
    assert_eq!(
        message(b"a,b\n1,x\n2,caf\xe9\n"),
        "t.csv, data row 2 (line 3), column \"b\": \"caf\u{fffd}\" is not valid UTF-8; \
         save the file as UTF-8 (iconv -f LATIN1 -t UTF-8)"
    );
    assert_eq!(
        message(b"a,caf\xe9\n1,x\n"),
        "t.csv, line 1, column \"column 2\": \"caf\u{fffd}\" is not valid UTF-8; \
         save the file as UTF-8 (iconv -f LATIN1 -t UTF-8)"
    );
    // Two halves of a character in two cells are no character.
    assert!(message(b"a,b\n\xc3,\xa9\n").contains("data row 1 (line 2), column \"a\""));
}

#[test]
fn quotes_left_open() {
    assert_eq!(
        message("a,b\n1,2\n3,\"4\n5,6\n"),
        "t.csv, data row 2 (line 3): a cell opens a quote (\") that is not closed; \
         close it or remove it"
    );
}

#[test]
fn text_in_a_numeric_column_at_row_70_000() {
    let mut text = String::from("id,x\n");
    for row in 1..=100_000 {
        let x = if row == 70_000 {
            "abc".to_string()
        } else {
            format!("{}.5", row)
        };
        text.push_str(&format!("{row},{x}\n"));
    }
    let expected = "t.csv, data row 70000 (line 70001), column \"x\": \"abc\" is not a number, \
        though nearly all cells of the column are; mend it, read it as missing with \
        --missing abc, or take the column as text with --kind x=category";
    assert_eq!(message(&text), expected);
    let table = read(&text).unwrap();
    assert_eq!(
        table
            .column("x")
            .unwrap()
            .numbers()
            .unwrap_err()
            .to_string(),
        "t.csv, data row 70000 (line 70001), column \"x\": \"abc\" is not a number; \
         mend the cell or read it as missing with --missing abc"
    );
    let options = ReadOptions {
        missing: vec!["abc".into()],
        ..ReadOptions::default()
    };
    let table = Table::read_from(text.as_bytes(), "t.csv", &options).unwrap();
    let column = table.column("x").unwrap();
    assert_eq!(
        (column.kind().unwrap(), column.missing()),
        (Kind::Numeric, 1)
    );
}

#[test]
fn nan_and_infinity_in_every_usual_spelling() {
    for cell in [
        "nan",
        "NaN",
        "-nan",
        "NAN",
        "+nan",
        "inf",
        "-inf",
        "+inf",
        "Inf",
        "INF",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "1.#QNAN",
        "1.#INF",
        "∞",
    ] {
        let text = format!("y,x\n1,1.5\n2,{cell}\n3,2.5\n");
        let flag = match cell {
            "∞" | "1.#QNAN" | "1.#INF" => format!("--missing '{cell}'"),
            _ if cell.starts_with('-') => format!("--missing={cell}"),
            _ => format!("--missing {cell}"),
        };
        let expected = format!(
            "t.csv, data row 2 (line 3), column \"x\": \"{cell}\" is not a finite number; \
             read it as missing with {flag}"
        );
        assert_eq!(message(&text), expected);
        let table = read(&text).unwrap();
        assert_eq!(
            table
                .column("x")
                .unwrap()
                .numbers()
                .unwrap_err()
                .to_string(),
            expected
        );
        let options = ReadOptions {
            missing: vec![cell.to_string()],
            ..ReadOptions::default()
        };
        let table = Table::read_from(text.as_bytes(), "t.csv", &options).unwrap();
        assert_eq!(table.column("x").unwrap().kind().unwrap(), Kind::Numeric);
    }
}

#[test]
fn a_column_without_any_value() {
    assert_eq!(
        message("a,two words\n1,\n2,NA\n3,null\n"),
        "t.csv, column \"two words\": every cell is missing; \
         leave the column out with --ignore 'two words'"
    );
}

#[test]
fn unknown_columns_and_the_nearest_name() {
    let table = read("Alpha,beta,a b\n1,2,3\n").unwrap();
    let message = |name: &str| table.column(name).unwrap_err().to_string();
    assert_eq!(
        message("alpha"),
        "t.csv: has no column \"alpha\"; did you mean \"Alpha\"?"
    );
    assert_eq!(
        message("beat"),
        "t.csv: has no column \"beat\"; did you mean \"beta\"?"
    );
    assert_eq!(
        message("price"),
        "t.csv: has no column \"price\"; it has Alpha, beta, a b"
    );
    let error = table.without(&["gamma".into()]).unwrap_err();
    assert!(matches!(error, TableError::UnknownColumn { .. }));
    let error = table.select(&["beta".into(), "beta".into()]).unwrap_err();
    assert!(matches!(error, TableError::DuplicateName { .. }));
}

#[test]
fn columns_are_selected_with_their_places() {
    let table = read("a,b,c\n\n1,x,3\n4,5,6\n").unwrap();
    let chosen = table.select(&["b".into(), "a".into()]).unwrap();
    let left = table.without(&["c".into(), "a".into()]).unwrap();
    for table in [chosen, left] {
        let error = table
            .column("b")
            .unwrap()
            .numbers()
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("t.csv, data row 1 (line 3), column \"b\""),
            "{error}"
        );
    }
}

fn texts(table: &Table, name: &str) -> Vec<Option<String>> {
    let texts = table.column(name).unwrap().texts();
    texts
        .into_iter()
        .map(|text| text.map(|text| text.into_owned()))
        .collect()
}

#[test]
fn separators_are_guessed_or_given() {
    let expected = [Some("2".to_string())];
    for (text, name) in [
        ("a,b\n1,2\n", "t.csv"),
        ("a;b\n1;2\n", "t.csv"),
        ("a\tb\n1\t2\n", "t.txt"),
        ("\"x,y\";b\n1;2\n", "t.csv"),
        ("a,c\tb\n1\t2\n", "t.tsv"),
        ("a,c\tb\n1\t2\n", "T.TSV.gz"),
        ("\u{feff}a,b\r\n1,2", "standard input"),
    ] {
        let table = read_named(text.as_bytes(), name).unwrap();
        assert_eq!(texts(&table, "b"), expected, "{text:?}");
    }
    let options = ReadOptions {
        separator: Some(b'|'),
        ..ReadOptions::default()
    };
    let table = Table::read_from("a|b\n1|2\n".as_bytes(), "t.csv", &options).unwrap();
    assert_eq!(texts(&table, "b"), expected);
}

#[test]
fn cells_are_trimmed_unless_quoted() {
    let table = read("a , \"b\"\n  x y\t, \" z \"\n").unwrap();
    assert_eq!(texts(&table, "a"), [Some("x y".to_string())]);
    assert_eq!(texts(&table, "b"), [Some(" z ".to_string())]);
}

#[test]
fn columns_without_a_name() {
    // A data frame's index, and separators at the end of every line.
    let table = read(",x,\n0,5,\n1,6,\n2,5,\n").unwrap();
    let names: Vec<&str> = table
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["column 1", "x"]);
    assert_eq!(table.columns()[0].kind().unwrap(), Kind::Identifier);
    assert_eq!(table.columns()[1].kind().unwrap(), Kind::Numeric);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn numbered(rows: usize) -> String {
    let lines = (0..rows).map(|row| format!("{row},{}\n", row as f64 / 7.0));
    "a,b\n"
        .chars()
        .chain(lines.collect::<String>().chars())
        .collect()
}

#[test]
fn compressed_tables_under_any_name() {
    let text = numbered(100);
    let two_members = [gzip(&text[..50]), gzip(&text[50..])].concat();
    let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
    for bytes in [gzip(&text), two_members, zstd] {
        for name in ["t.csv.gz", "t.csv", "standard input"] {
            let table = read_named(&bytes, name).unwrap();
            assert_eq!(table.rows(), 100, "{name}");
            assert_eq!(table.column("b").unwrap().numbers().unwrap()[7], 1.0);
        }
    }
}

#[test]
fn compressed_tables_cut_off() {
    let text = numbered(100_000);
    for (name, bytes) in [
        ("gzip", gzip(&text)),
        ("zstd", zstd::encode_all(text.as_bytes(), 3).unwrap()),
    ] {
        let message = message(&bytes[..bytes.len() / 2]);
        let start = format!("t.csv: the {name} data is damaged or cut off after data row ");
        assert!(message.starts_with(&start), "{message}");
        let rows = message[start.len()..].split(':').next().unwrap();
        let rows: usize = rows.parse().unwrap();
        assert!((10_000..90_000).contains(&rows), "{message}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        magic in prop_oneof![
            Just(&b""[..]), Just(&b"\x1f\x8b"[..]), Just(&b"\x1f\x8b\x08\0\0\0\0\0\0\xff"[..]),
            Just(&b"\x28\xb5\x2f\xfd"[..]), Just(&b"\xef\xbb\xbf"[..]), Just(&b"PAR1"[..]),
        ],
    ) {
        let _ = read_named(&[magic, bytes.as_slice()].concat(), "t.csv");
    }

    #[test]
    fn any_text_is_read_and_judged_or_refused(
        text in "[a-c0-9,;\t\"\n\r .:/é-]{0,120}", named in any::<bool>(),
    ) {
        let text = if named { format!("a,b\n{text}") } else { text };
        if let Ok(table) = read(&text) {
            for column in table.columns() {
                prop_assert_eq!(column.rows(), table.rows());
                let kind = column.kind();
                let _ = (column.dates(), column.booleans(), column.texts());
                // What is judged to be numbers, dates or truth values can be read as such.
                match kind {
                    Ok(Kind::Numeric) => { column.numbers().unwrap(); }
                    Ok(Kind::Date) => { column.dates().unwrap(); }
                    Ok(Kind::Boolean) => { column.booleans().unwrap(); }
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn damaged_compressed_tables_never_panic(
        damages in proptest::collection::vec((any::<usize>(), 0u8..8), 1..5), zstd in any::<bool>(),
    ) {
        let text = numbered(300);
        let mut bytes = match zstd {
            true => zstd::encode_all(text.as_bytes(), 3).unwrap(),
            false => gzip(&text),
        };
        for (at, bit) in damages {
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
        }
        // Gzip has a checksum; what zstd writes here has none.
        if let (Ok(table), false) = (read_named(&bytes, "t.csv"), zstd) {
            let same = table.rows() == 300
                && table.column("a").unwrap().numbers().unwrap()[299] == 299.0;
            prop_assert!(same, "a damaged table was read");
        }
    }
}
