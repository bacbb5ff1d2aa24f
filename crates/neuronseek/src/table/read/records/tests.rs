use proptest::prelude::*;

use super::*;

type Cut = Vec<(u64, Vec<String>)>;

fn cut_by(mut records: Records<impl Read>) -> Result<Cut, RecordError> {
    let mut result = Vec::new();
    while let Some(record) = records.next()? {
        let cells = record.cells();
        let cells = cells.map(|cell| String::from_utf8_lossy(cell).into_owned());
        result.push((record.line, cells.collect()));
    }
    Ok(result)
}

fn cut(text: &str) -> Cut {
    cut_by(Records::new(text.as_bytes())).unwrap()
}

fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
    (line, cells.iter().map(|cell| cell.to_string()).collect())
}

#[test]
fn line_ends_of_every_kind() {
    let expected = [row(1, &["a", "b"]), row(2, &["c", ""])];
    assert_eq!(cut("a,b\nc,\n"), expected);
    assert_eq!(cut("a,b\r\nc,\r\n"), expected);
    assert_eq!(cut("a,b\rc,"), expected);
    assert_eq!(cut(""), []);
    assert_eq!(cut("\n\r\n\n"), []);
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let text = "h\r\n\r\n\r\na,\"x\r\ny\"\r\nb\n\nc\n\"\n\n\"\nd";
    let lines: Vec<u64> = cut(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [1, 4, 6, 8, 9, 12]);
}

#[test]
fn quotes() {
    assert_eq!(
        cut("\"a,\"\"b\"\"\", \" c \" ,d\"e, f \n"),
        [row(1, &["a,\"b\"", " c ", "d\"e", "f"])]
    );
    assert_eq!(cut("\"\""), [row(1, &[""])]);
    assert_eq!(cut("\"a\"b\"c\",d"), [row(1, &["ab\"c\"", "d"])]);
}

#[test]
fn a_quote_left_open_is_told_with_its_line() {
    let error = cut_by(Records::new("a\nb\n\"c\nd\n".as_bytes())).unwrap_err();
    assert!(
        matches!(error, RecordError::OpenQuote { line: 3 }),
        "{error:?}"
    );
}

#[test]
fn an_endless_record_is_refused() {
    let error = cut_by(Records::new(io::repeat(b'x'))).unwrap_err();
    assert!(matches!(error, RecordError::Long { line: 1 }), "{error:?}");
}

#[test]
fn whole_records_before_a_failure_are_given_out() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
    for (text, whole) in [
        ("a\nb\nc", 2),
        ("a\n\"b", 1),
        ("a\nb\n", 2),
        ("a\n\"b\"", 1),
    ] {
        let mut records = Records::new(text.as_bytes().chain(Failing));
        for _ in 0..whole {
            assert!(records.next().unwrap().is_some(), "{text:?}");
        }
        let error = records.next().err();
        assert!(matches!(error, Some(RecordError::Io(_))), "{text:?}");
    }
}

/// Yields one byte at a time, so that the buffer ends at every place.
struct Dripping<'a>(&'a [u8]);

impl Read for Dripping<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let length = self.0.len().min(target.len()).min(1);
        target[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

proptest! {
    /// The `csv` crate cuts the same cells, apart from trimming, where quotes are closed.
    #[test]
    fn cells_are_those_of_the_csv_crate(text in "[a,\"\r\n]{0,40}") {
        let Ok(found) = cut_by(Records::new(text.as_bytes())) else { return Ok(()) };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false).flexible(true).from_reader(text.as_bytes());
        let expected: Vec<Vec<String>> = reader.records()
            .map(|record| record.unwrap().iter().map(str::to_string).collect()).collect();
        let found: Vec<Vec<String>> = found.into_iter().map(|(_, cells)| cells).collect();
        prop_assert_eq!(found, expected);
    }

    /// Where the buffer happens to end does not matter.
    #[test]
    fn the_buffer_does_not_show(text in "[a,\"\r\n ]{0,60}", capacity in 1usize..8) {
        let whole = cut_by(Records::new(text.as_bytes()));
        let mut records = Records::new(Dripping(text.as_bytes()));
        records.buffer = vec![0; capacity];
        let pieces = cut_by(records);
        prop_assert_eq!(format!("{whole:?}"), format!("{pieces:?}"));
    }

    #[test]
    fn any_bytes_are_cut_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = cut_by(Records::new(bytes.as_slice()));
    }
}
