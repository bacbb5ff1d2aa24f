//! Files that are damaged, cut off or changed.

use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::*;

/// Overwrites the header of a page of `column` in a row group.
fn damaged_page(mut bytes: Vec<u8>, group: usize, column: usize) -> Vec<u8> {
    let footer = SerializedFileReader::new(Bytes::from(bytes.clone())).unwrap();
    let column = footer.metadata().row_group(group).column(column);
    let page = usize::try_from(column.data_page_offset()).unwrap();
    bytes[page..page + 8].fill(0xff);
    bytes
}

/// Files of which the second is damaged in the middle.
fn folder() -> Folder {
    let gzip = parquet::basic::Compression::ZSTD(Default::default());
    let packed = || WriterProperties::builder().set_compression(gzip);
    let good = |rows| parquet_with(rows, 100, packed());
    Folder::new()
        .with("1.parquet", good(0..300))
        .with("2.parquet", damaged_page(good(300..900), 3, 1))
        .with("3.parquet", good(900..1000))
        .with("4.parquet", &good(900..1000)[..500])
}

const ADVICE: &str = "; get the file again, or leave such files out with --skip-bad-files";

#[test]
fn a_damaged_page_of_the_second_file_is_named() {
    let folder = folder();
    let files = folder
        .open(&["1.parquet", "2.parquet", "3.parquet"])
        .unwrap();
    let (tables, error) = batches(&files, 64, None);
    assert!(tables.len() > 5);
    let message = folder.shown(&error.unwrap());
    assert!(
        message.starts_with("2.parquet: the Parquet data is damaged or cut off: "),
        "{message}"
    );
    assert!(message.ends_with(ADVICE), "{message}");
    let alone = folder.open(&["2.parquet"]).unwrap();
    let message = folder.shown(&batches(&alone, 64, None).1.unwrap());
    assert!(message.ends_with("; get the file again"), "{message}");
}

#[test]
fn nothing_comes_after_an_error() {
    let folder = folder();
    let files = folder.open(&["2.parquet"]).unwrap();
    for piece in 0..files.pieces().len() {
        let all: Vec<bool> = files
            .read(piece, 10, None)
            .unwrap()
            .map(|batch| batch.is_err())
            .collect();
        let errors = all.iter().filter(|error| **error).count();
        assert!(
            errors == 0 || (errors == 1 && all.last() == Some(&true)),
            "{all:?}"
        );
    }
}

#[test]
fn bad_files_are_left_out_with_their_errors() {
    let folder = folder().with("5.csv", "other\n1\n");
    let names = ["1.parquet", "2.parquet", "3.parquet", "4.parquet", "5.csv"];
    let message = folder.message(folder.open(&names));
    assert!(
        message.starts_with("4.parquet: the Parquet data is damaged or cut off: "),
        "{message}"
    );
    assert!(message.ends_with(ADVICE), "{message}");
    let options = ReadOptions::default();
    let (files, bad) = Files::open_without_bad(&folder.paths(&names), &options, None).unwrap();
    assert_eq!(
        files.paths().collect::<Vec<_>>(),
        folder.paths(&["1.parquet", "3.parquet"])
    );
    let left_out: Vec<PathBuf> = bad.iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(left_out, folder.paths(&["2.parquet", "4.parquet", "5.csv"]));
    assert!(matches!(bad[0].1, TableError::Damaged { .. }));
    assert!(matches!(bad[2].1, TableError::OtherColumns { .. }));
    assert_eq!(files.rows(), Some(400));
    let (tables, error) = batches(&files, 64, None);
    assert!(error.is_none());
    let ids: Vec<f64> = tables
        .iter()
        .flat_map(|table| table.column("whole").unwrap().numbers().unwrap())
        .collect();
    let expected: Vec<f64> = (0..300).chain(900..1000).map(f64::from).collect();
    assert_eq!(ids, expected);
}

#[test]
fn when_all_files_are_bad() {
    let folder = folder();
    let options = ReadOptions::default();
    let open = |names: &[&str]| Files::open_without_bad(&folder.paths(names), &options, None);
    let message = folder.message(open(&["2.parquet", "4.parquet"]));
    assert!(
        message.starts_with(
            "none of 2 files can be read; the first of them: 2.parquet: the Parquet data"
        ),
        "{message}"
    );
    let message = folder.message(open(&["4.parquet"]));
    assert!(
        message.starts_with("4.parquet: the Parquet data"),
        "{message}"
    );
    let files = folder.open(&["2.parquet"]).unwrap();
    assert!(matches!(
        files.without_bad(None),
        Err(TableError::Damaged { .. })
    ));
}

#[test]
fn damage_in_columns_that_are_not_read_does_not_count() {
    let folder = folder();
    let (files, bad) = folder
        .open(&["1.parquet", "2.parquet"])
        .unwrap()
        .without_bad(None)
        .unwrap();
    assert_eq!((files.count(), bad.len()), (1, 1));
    for column in files.names() {
        let both = folder.open(&["1.parquet", "2.parquet"]).unwrap();
        let wanted = std::slice::from_ref(column);
        let (_, bad) = both.without_bad(Some(wanted)).unwrap();
        assert_eq!(bad.len(), usize::from(column == "x"), "{column}");
    }
}

#[test]
fn texts_that_break_off() {
    let whole = gzip(&format!("a,b\n{}", "1,2\n".repeat(200_000)));
    let folder = Folder::new()
        .with("1.csv", "a,b\n1,2\n")
        .with("2.csv.gz", &whole[..whole.len() - 10])
        .with("3.csv", "a,b\n1,2\n3\n")
        .with("4.csv", "");
    let files = folder.open(&["1.csv", "2.csv.gz"]).unwrap();
    let message = folder.shown(&batches(&files, 50_000, None).1.unwrap());
    assert!(
        message.starts_with("2.csv.gz: the gzip data is damaged or cut off after data row "),
        "{message}"
    );
    let files = folder.open(&["1.csv", "3.csv"]).unwrap();
    let message = folder.shown(&batches(&files, 1, None).1.unwrap());
    assert!(
        message.starts_with("3.csv, data row 2 (line 3): has 1 cell, the header has 2; "),
        "{message}"
    );
    assert!(matches!(
        folder.open(&["1.csv", "4.csv"]),
        Err(TableError::OneOfSeveral { .. })
    ));
    let names = folder.paths(&["4.csv", "3.csv", "1.csv", "2.csv.gz"]);
    let (files, bad) = Files::open_without_bad(&names, &ReadOptions::default(), None).unwrap();
    assert_eq!((files.count(), bad.len()), (1, 3));
}

#[test]
fn a_file_that_was_changed_is_refused() {
    let folder = Folder::new()
        .with("1.csv", "a,b\n1,2\n")
        .with("2.parquet", parquet(0..50, 10));
    for (name, other) in [
        ("1.csv", b"a,b,c\n1,2,3\n".to_vec()),
        ("1.csv", b"abb\n1,2\n".to_vec()),
        ("2.parquet", parquet(0..60, 10)),
    ] {
        let files = folder.open(&[name]).unwrap();
        let before = fs::read(folder.path(name)).unwrap();
        fs::write(folder.path(name), other).unwrap();
        let message = folder.message(files.read(0, 10, None));
        assert_eq!(
            message,
            format!(
                "{name}: was changed while it was read; start again and leave the file as it is"
            )
        );
        fs::write(folder.path(name), before).unwrap();
    }
}

#[test]
fn files_cut_at_any_length_give_errors_and_no_panic() {
    let folder = Folder::new().with("t.parquet", parquet(0..90, 30));
    let bytes = fs::read(folder.path("t.parquet")).unwrap();
    for length in (0..bytes.len()).step_by(11) {
        let folder = Folder::new().with("t.parquet", &bytes[..length]);
        let message = folder.message(folder.open(&["t.parquet"]));
        assert!(message.starts_with("t.parquet: "), "{message}");
    }
    // A file that is cut after it was opened, and filled up to its length again.
    let files = folder.open(&["t.parquet"]).unwrap();
    for length in (0..bytes.len()).step_by(97) {
        let mut cut = bytes[..length].to_vec();
        cut.resize(bytes.len(), 0);
        fs::write(folder.path("t.parquet"), cut).unwrap();
        let (tables, error) = batches(&files, 10, None);
        assert!(error.is_some() || tables.iter().map(Table::rows).sum::<usize>() == 90);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(150))]
    #[test]
    fn damaged_bytes_never_panic(at in 0usize..1 << 20, with in 1u8.., rows in 1usize..100) {
        let mut bytes = parquet(0..150, 60);
        let length = bytes.len();
        bytes[at % length] ^= with;
        let folder = Folder::new().with("t.parquet", bytes);
        if let Ok(files) = folder.open(&["t.parquet"]) {
            let _ = batches(&files, rows, None);
        }
    }
}
