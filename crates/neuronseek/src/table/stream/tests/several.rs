//! Several files as one table.

use super::*;

#[test]
fn files_follow_each_other_and_places_name_them() {
    let folder = Folder::new()
        .with("1.csv", "a,b\n1,2\n3,4\n")
        .with("2.csv", "b,a\n\"5\n\",6\n7,8\n\n9,x\n");
    let files = folder.open(&["1.csv", "2.csv"]).unwrap();
    assert_eq!(
        (files.count(), files.rows(), files.names().len()),
        (2, None, 2)
    );
    assert_eq!(files.bytes(), 12 + 20);
    let (tables, error) = batches(&files, 2, None);
    assert!(error.is_none());
    let a: Vec<Option<String>> = ["1", "3", "6", "8", "x"]
        .map(|text| Some(text.to_string()))
        .to_vec();
    assert_eq!(texts(&tables)[0], a);
    let error = tables[2].column("a").unwrap().numbers().unwrap_err();
    let message = folder.shown(&error);
    assert!(
        message.starts_with("2.csv, data row 3 (line 6), column \"a\": \"x\" is not a number"),
        "{message}"
    );
}

#[test]
fn rows_of_parquet_are_counted_over_its_groups() {
    let name = |text: &str| ByteArray::from(text);
    let groups = [
        vec![name("1"), name("2")],
        vec![name("3"), name("4"), name("5x")],
    ];
    let folder = Folder::new()
        .with(
            "1.parquet",
            one_column::<ByteArrayType>("binary t (UTF8)", &groups[..1]),
        )
        .with(
            "2.parquet",
            one_column::<ByteArrayType>("binary t (UTF8)", &groups),
        );
    let files = folder.open(&["1.parquet", "2.parquet"]).unwrap();
    assert_eq!(files.rows(), Some(7));
    let (tables, _) = batches(&files, 2, None);
    let error = tables.last().unwrap().columns()[0].numbers().unwrap_err();
    let message = folder.shown(&error);
    assert!(
        message.starts_with("2.parquet, data row 5, column \"t\": \"5x\" is not a number"),
        "{message}"
    );
}

#[test]
fn other_columns_are_refused_and_both_files_named() {
    let name = ByteArray::from("x");
    let folder = Folder::new()
        .with("1.csv", "a,b,c\n1,2,3\n")
        .with("2.csv", "a,d,B\n1,2,3\n")
        .with(
            "n.parquet",
            one_column::<DoubleType>("double x", &[vec![1.0]]),
        )
        .with(
            "f.parquet",
            one_column::<FloatType>("float x", &[vec![1.0]]),
        )
        .with(
            "t.parquet",
            one_column::<ByteArrayType>("binary x (UTF8)", &[vec![name]]),
        )
        .with("x.csv", "x\n5\n");
    assert_eq!(
        folder.message(folder.open(&["1.csv", "2.csv"])),
        "2.csv: its columns are not those of 1.csv: it lacks \"b\", \"c\"; it has \"d\", \"B\" \
         besides; give files of the same columns, or leave such files out with --skip-bad-files"
    );
    assert_eq!(
        folder.message(folder.open(&["x.csv", "n.parquet", "f.parquet", "t.parquet"])),
        "t.parquet: its columns are not those of x.csv: \"x\" holds texts, numbers in n.parquet; \
         give files of the same columns, or leave such files out with --skip-bad-files"
    );
}

#[test]
fn files_without_rows_are_passed_over_unless_all_are() {
    let folder = Folder::new()
        .with("0.csv", "a,b\n")
        .with("1.csv", "a,b\n1,2\n")
        .with("2.parquet", parquet(0..0, 10));
    let files = folder.open(&["0.csv", "1.csv", "2.parquet"]).unwrap();
    assert_eq!((files.count(), files.pieces().len()), (3, 1));
    assert_eq!(files.pieces()[0].file, 1);
    assert_eq!(
        folder.message(folder.open(&["0.csv", "2.parquet"])),
        "0.csv: has a header but no rows"
    );
}

#[test]
fn patterns_and_directories() {
    let folder = Folder::new()
        .with("b2.csv", "a\n1\n")
        .with("b1.csv", "a\n2\n")
        .with("b10.tsv", "a\n3\n")
        .with(".b3.csv", "a\n4\n")
        .with("_b.csv", "a\n5\n")
        .with("notes.txt", "no table");
    fs::create_dir(folder.path("x=1")).unwrap();
    fs::create_dir(folder.path("none")).unwrap();
    let folder = folder.with("x=1/p.csv", "a\n6\n").with("[1].csv", "a\n7\n");
    let found = |names: &[&str]| -> Vec<String> {
        let files = folder.open(names).unwrap();
        let root = folder.path("");
        let short = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
        files.paths().map(short).collect()
    };
    assert_eq!(found(&["b?.csv"]), ["b1.csv", "b2.csv"]);
    assert_eq!(found(&["b[2-9].csv", "b1.*"]), ["b2.csv", "b1.csv"]);
    assert_eq!(found(&["x=*"]), ["x=1/p.csv"]);
    assert_eq!(found(&["*/*.csv"]), ["x=1/p.csv"]);
    assert_eq!(found(&["[1].csv"]), ["[1].csv"]);
    assert_eq!(found(&[""]), ["[1].csv", "b1.csv", "b10.tsv", "b2.csv"]);
    assert_eq!(
        folder.message(folder.open(&["c*.csv"])),
        "c*.csv: no file matches; check the pattern (* stands for any characters but /, ? for one)"
    );
    assert_eq!(
        folder.message(folder.open(&["none"])),
        "none: this directory has no file that ends with .parquet, .csv or .tsv (.gz, .zst); give \
         the paths of the tables, or a pattern such as 'data/*'"
    );
    assert_eq!(
        folder.message(folder.open(&["c.csv"])),
        "c.csv: no such file; check the path"
    );
    assert!(matches!(
        Files::open(&[], &ReadOptions::default()),
        Err(TableError::NoFiles { .. })
    ));
}

#[test]
fn what_can_be_read_only_once_is_refused() {
    let once = |path: &str| {
        Files::open(&[path.into()], &ReadOptions::default())
            .err()
            .unwrap()
    };
    assert_eq!(
        once("-").to_string(),
        "standard input: can be read only once, and batches are read several times; save it as a \
         file and give its path"
    );
    #[cfg(target_os = "linux")]
    assert!(matches!(once("/dev/null"), TableError::ReadOnce { .. }));
}
