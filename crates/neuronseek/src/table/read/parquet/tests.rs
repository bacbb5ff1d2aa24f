use std::path::PathBuf;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use proptest::prelude::*;

use super::*;
use crate::table::Kind;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn read_bytes(bytes: Vec<u8>, options: &ReadOptions) -> Result<Table, TableError> {
    Table::read_from(bytes.as_slice(), "t.parquet", options)
}

/// Three columns (`id`, `x`, `name`) of `rows` rows in row groups of 100, every tenth x null.
fn written(rows: usize, properties: WriterProperties) -> Vec<u8> {
    let schema = "message t { required int64 id; optional double x; optional binary name (UTF8); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let all: Vec<usize> = (0..rows).collect();
    for part in all.chunks(100) {
        let mut group = writer.next_row_group().unwrap();
        let ids: Vec<i64> = part.iter().map(|&row| row as i64).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<Int64Type>()
            .write_batch(&ids, None, None)
            .unwrap();
        column.close().unwrap();
        let levels: Vec<i16> = part.iter().map(|&row| i16::from(row % 10 != 3)).collect();
        let values: Vec<f64> = part
            .iter()
            .filter(|&&row| row % 10 != 3)
            .map(|&row| row as f64 / 7.0)
            .collect();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<DoubleType>()
            .write_batch(&values, Some(&levels), None)
            .unwrap();
        column.close().unwrap();
        let names: Vec<ByteArray> = part
            .iter()
            .map(|row| format!("n{}", row % 5).as_str().into())
            .collect();
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<ByteArrayType>()
            .write_batch(&names, Some(&vec![1; part.len()]), None)
            .unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

use parquet::data_type::ByteArray;

fn plain() -> WriterProperties {
    WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::PLAIN)
        .build()
}

fn compressed(compression: Compression) -> WriterProperties {
    WriterProperties::builder()
        .set_compression(compression)
        .build()
}

#[test]
fn every_encoding_and_compression_reads_alike() {
    let expected = read_bytes(written(250, plain()), &ReadOptions::default()).unwrap();
    assert_eq!(expected.rows(), 250);
    let x = expected.column("x").unwrap().numbers().unwrap();
    for (row, x) in x.iter().enumerate() {
        let right = if row % 10 == 3 {
            x.is_nan()
        } else {
            *x == row as f64 / 7.0
        };
        assert!(right, "row {row}: {x}");
    }
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::LZ4_RAW,
        Compression::BROTLI(Default::default()),
    ] {
        let table = read_bytes(
            written(250, compressed(compression)),
            &ReadOptions::default(),
        )
        .unwrap();
        for (a, b) in table.columns().iter().zip(expected.columns()) {
            assert_eq!(a.texts(), b.texts(), "{compression:?}");
        }
    }
}

#[test]
fn every_type_that_another_program_writes() {
    let table = Table::read(&fixture("types.parquet"), &ReadOptions::default()).unwrap();
    let moment = 19753.0 * 86400.0 + 36672.25;
    let numbers = [
        ("int8", 7.0, -128.0),
        ("int16", 7.0, -32768.0),
        ("int32", 7.0, -2147483648.0),
        ("int64", 7.0, -9007199254740992.0),
        ("uint8", 1.0, 255.0),
        ("uint16", 1.0, 65535.0),
        ("uint32", 1.0, 4294967295.0),
        ("uint64", 1.0, 18446744073709551615.0),
        ("half", 1.5, -2.0),
        ("single", 0.5, -0.25),
        ("double", 0.1, 1e300),
        ("decimal", 1.23, -0.1),
        ("long_decimal", 1_234_567_890.123_456_8, -1.0),
        ("longest_decimal", 1.25, 2f64.powi(130)),
        ("date", 19753.0 * 86400.0, -86400.0),
        ("seconds", moment - 0.25, 0.0),
        ("millis", moment, 0.0),
        ("micros", moment, -0.5),
        ("nanos", moment, 0.0),
        ("time", 36672.25, 0.0),
    ];
    for (name, first, last) in numbers {
        let column = table.column(name).unwrap();
        let values = column.numbers().unwrap();
        assert_eq!((values[0], values[2]), (first, last), "{name}");
        assert!(values[1].is_nan(), "{name}");
        assert!(column.is_missing(1) && column.missing() == 1, "{name}");
        let date = ["date", "seconds", "millis", "micros", "nanos", "time"].contains(&name);
        let kind = if date { Kind::Date } else { Kind::Numeric };
        assert_eq!(column.kind().unwrap(), kind, "{name}");
    }
    let texts = |name: &str| {
        table
            .column(name)
            .unwrap()
            .texts()
            .into_iter()
            .map(|text| text.map(|text| text.into_owned()))
            .collect::<Vec<_>>()
    };
    let some = |text: &str| Some(text.to_string());
    assert_eq!(texts("boolean"), [some("true"), None, some("false")]);
    assert_eq!(
        table.column("boolean").unwrap().kind().unwrap(),
        Kind::Boolean
    );
    assert_eq!(texts("text"), [some("a, \"b\""), None, some("é\n")]);
    assert_eq!(texts("large_text"), [None, None, some("z")]);
    assert_eq!(texts("category"), [some("red"), None, some("red")]);
    assert_eq!(
        texts("long"),
        [some("9007199254740993"), None, some("9007199254740995")]
    );
    assert_eq!(texts("int8"), [some("7"), None, some("-128")]);
    assert_eq!(
        texts("date"),
        [some("2024-01-31"), None, some("1969-12-31")]
    );
    let error = table.column("nothing").unwrap().kind().unwrap_err();
    assert!(
        error.to_string().ends_with(
            "column \"nothing\": every cell is missing; leave the column out with --ignore nothing"
        ),
        "{error}"
    );
}

#[test]
fn nested_columns_are_refused_by_name() {
    let error = Table::read(&fixture("nested.parquet"), &ReadOptions::default()).unwrap_err();
    let message = error.to_string();
    assert!(message.ends_with("nested.parquet: column \"tags\" holds a list, which is no single value; flatten it or write the table without it"), "{message}");
}

#[test]
fn columns_are_read_from_any_name_and_from_a_stream() {
    let bytes = written(10, plain());
    let table = Table::read_from(bytes.as_slice(), "standard input", &ReadOptions::default());
    assert_eq!(table.unwrap().rows(), 10);
}

fn doubles(values: &[f64]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type("message t { required double x; }").unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<DoubleType>()
        .write_batch(values, None, None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[test]
fn nan_and_infinity_are_refused_unless_missing() {
    for (value, cell) in [
        (f64::NAN, "nan"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let bytes = doubles(&[1.0, 2.0, value, f64::NAN]);
        let table = read_bytes(bytes.clone(), &ReadOptions::default()).unwrap();
        let column = table.column("x").unwrap();
        let flag = if cell == "-inf" {
            "--missing=-inf".to_string()
        } else {
            format!("--missing {cell}")
        };
        let expected = format!(
            "t.parquet, data row 3, column \"x\": \"{cell}\" is not a finite number; read it as missing with {flag}"
        );
        assert_eq!(column.kind().unwrap_err().to_string(), expected);
        assert_eq!(column.numbers().unwrap_err().to_string(), expected);
        let options = ReadOptions {
            missing: vec![cell.to_string(), "nan".into()],
            ..Default::default()
        };
        let table = read_bytes(bytes, &options).unwrap();
        let values = table.column("x").unwrap().numbers().unwrap();
        assert_eq!(values[..2], [1.0, 2.0]);
        assert!(values[2].is_nan() && values[3].is_nan());
    }
}

#[test]
fn cut_off_files_are_refused() {
    let bytes = written(250, compressed(Compression::SNAPPY));
    for length in (1..bytes.len()).step_by(7) {
        let error = read_bytes(bytes[..length].to_vec(), &ReadOptions::default()).unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("t.parquet: the Parquet data is damaged or cut off: "),
            "{message}"
        );
        assert!(message.ends_with("; get the file again"), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn a_file_without_rows_is_refused() {
    let error = read_bytes(written(0, plain()), &ReadOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "t.parquet: has a header but no rows");
}

/// One damage: bytes overwritten, cut out or doubled.
fn damage(bytes: &mut Vec<u8>, at: usize, kind: u8, with: u8) {
    let at = at % bytes.len();
    match kind % 4 {
        0 => bytes[at] = with,
        1 => bytes[at] ^= 1 << (with % 8),
        2 => {
            let end = (at + usize::from(with)).min(bytes.len());
            bytes.drain(at..end);
        }
        _ => {
            let end = (at + usize::from(with)).min(bytes.len());
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn damaged_files_never_panic(
        damages in proptest::collection::vec((any::<usize>(), any::<u8>(), any::<u8>()), 1..4),
        footer in any::<bool>(), which in 0usize..4,
    ) {
        let mut bytes = match which {
            0 => written(150, plain()),
            1 => written(150, compressed(Compression::SNAPPY)),
            2 => written(150, compressed(Compression::ZSTD(ZstdLevel::default()))),
            _ => std::fs::read(fixture("types.parquet")).unwrap(),
        };
        for (at, kind, with) in damages {
            if bytes.len() < 400 { break }
            // Half of the damages hit the footer, where a file is most brittle.
            let at = if footer { bytes.len() - 300 + at % 300 } else { at };
            damage(&mut bytes, at, kind, with);
        }
        if let Ok(table) = read_bytes(bytes, &ReadOptions::default()) {
            for column in table.columns() {
                let _ = (column.kind(), column.numbers(), column.texts().len(), column.dates());
            }
        }
    }

    #[test]
    fn any_bytes_named_parquet_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read_bytes(bytes.clone(), &ReadOptions::default());
        let framed = [b"PAR1", bytes.as_slice(), b"PAR1"].concat();
        let _ = read_bytes(framed, &ReadOptions::default());
    }
}
