//! Whatever is wrong with the input: exit code 1, one clear message that says where, no file left.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use program::{Folder, Run};

const FIT: &str = "fit a.csv --target y -o m.safetensors --epochs 2 --hidden 4";

/// Fits `content` and expects a refusal that says all of `words`; no file may be left.
fn refused(content: impl AsRef<[u8]>, words: &[&str]) -> Run {
    refused_with(content, FIT, words)
}

fn refused_with(content: impl AsRef<[u8]>, line: &str, words: &[&str]) -> Run {
    let folder = Folder::new();
    folder.write("a.csv", content);
    let run = folder.run(line);
    expect(&run, words);
    assert_eq!(folder.names(), ["a.csv"], "{}", run.errors);
    run
}

fn expect(run: &Run, words: &[&str]) {
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.out, "");
    let errors: Vec<&str> = (run.errors.lines())
        .filter(|line| line.starts_with("error: "))
        .collect();
    assert_eq!(errors.len(), 1, "{}", run.errors);
    let message = errors[0];
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
    assert!(!message.ends_with('.'), "{message}");
}

/// A table of `rows` rows x1, x2, y with y = x1 * x2; `edit` may change the cells of a row.
fn table(rows: usize, edit: impl Fn(usize, &mut [String; 3])) -> String {
    let mut text = String::from("x1,x2,y\n");
    for row in 1..=rows {
        let (a, b) = (
            (row * 37 % 101) as f64 / 50.0 - 1.0,
            (row * 53 % 97) as f64 / 48.0 - 1.0,
        );
        let mut cells = [a.to_string(), b.to_string(), (a * b).to_string()];
        edit(row, &mut cells);
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

#[test]
fn the_table_that_the_others_spoil_is_good() {
    let folder = Folder::new();
    folder.write("a.csv", table(200, |_, _| {}));
    folder.must(FIT);
    assert_eq!(folder.names(), ["a.csv", "m.safetensors"]);
}

#[test]
fn a_missing_file() {
    let folder = Folder::new();
    expect(&folder.run(FIT), &["a.csv"]);
    assert!(folder.names().is_empty());
}

#[test]
fn an_empty_file() {
    refused("", &["a.csv", "empty"]);
}

#[test]
fn a_header_alone() {
    refused("x1,x2,y\n", &["a.csv", "no rows"]);
}

#[test]
fn an_unknown_target_suggests_the_nearest_name() {
    let line = "fit a.csv --target x22 -o m.safetensors";
    refused_with(table(100, |_, _| {}), line, &["a.csv", "x22", "x2"]);
}

#[test]
fn a_row_with_too_many_cells() {
    let content = table(100, |row, cells| {
        if row == 50 {
            cells[2].push_str(",7");
        }
    });
    refused(content, &["a.csv", "row 50", "4 cells"]);
}

#[test]
fn text_in_a_numeric_column_at_row_70000() {
    let content = table(80_000, |row, cells| {
        if row == 70_000 {
            cells[0] = "about 3".to_string();
        }
    });
    refused(content, &["a.csv", "row 70000", "x1", "about 3"]);
}

#[test]
fn a_column_that_is_missing_everywhere() {
    refused(
        table(100, |_, cells| cells[1].clear()),
        &["a.csv", "x2", "no value", "--ignore"],
    );
}

#[test]
fn a_target_that_is_missing_everywhere() {
    refused(
        table(100, |_, cells| cells[2].clear()),
        &["a.csv", "y", "no value"],
    );
}

#[test]
fn a_constant_target() {
    let content = table(100, |_, cells| cells[2] = "4.5".to_string());
    refused(content, &["a.csv", "y", "4.5"]);
}

#[test]
fn one_class_only() {
    let content = table(100, |_, cells| cells[2] = "yes".to_string());
    refused(content, &["a.csv", "y", "yes"]);
}

#[test]
fn fewer_rows_than_needed() {
    refused(table(1, |_, _| {}), &["a.csv", "1", "at least 2"]);
}

#[test]
fn nan_and_inf_in_every_usual_spelling() {
    for spelling in [
        "NaN",
        "nan",
        "NAN",
        "-nan",
        "inf",
        "-inf",
        "+inf",
        "Inf",
        "INF",
        "infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "1.#INF",
        "1.#QNAN",
    ] {
        for column in [0, 2] {
            let content = table(100, |row, cells| {
                if row == 60 {
                    cells[column] = spelling.to_string();
                }
            });
            let name = ["x1", "x2", "y"][column];
            refused(content, &["a.csv", "row 60", name, spelling]);
        }
    }
}

#[test]
fn duplicate_column_names() {
    let content = table(100, |_, _| {}).replacen("x1,x2,y", "x1,x1,y", 1);
    refused(content, &["a.csv", "x1", "1 and 2"]);
}

#[test]
fn a_binary_file_named_csv() {
    let bytes: Vec<u8> = b"\x7fELF\x02\x01\x01"
        .iter()
        .copied()
        .chain((0..4096u32).map(|i| (i * 151 % 256) as u8))
        .collect();
    refused(bytes, &["a.csv", "not text"]);
}

#[test]
fn a_truncated_parquet() {
    let folder = Folder::new();
    let mut bytes = b"PAR1".to_vec();
    bytes.extend([7u8; 900]);
    folder.write("a.parquet", bytes);
    let run = folder.run("fit a.parquet --target y -o m.safetensors");
    expect(&run, &["a.parquet"]);
    assert_eq!(folder.names(), ["a.parquet"]);
}

#[test]
fn invalid_utf8() {
    let mut bytes = table(100, |_, _| {}).into_bytes();
    bytes.extend(b"f\xfcnf,1,2\n");
    refused(bytes, &["a.csv", "row 101", "x1", "UTF-8"]);
}

#[test]
fn an_output_that_is_not_writable_is_refused_before_the_work() {
    let folder = Folder::new();
    folder.write("a.csv", table(100, |_, _| {}));
    let run = folder.run("fit a.csv --target y -o missing/m.safetensors");
    expect(&run, &["missing/m.safetensors"]);
    assert_eq!(folder.names(), ["a.csv"]);
}

#[test]
fn an_existing_output_is_kept_without_force() {
    let folder = Folder::new();
    folder.write("a.csv", table(200, |_, _| {}));
    folder.write("m.safetensors", "mine");
    expect(&folder.run(FIT), &["m.safetensors", "--force"]);
    assert_eq!(folder.read("m.safetensors"), b"mine");
    folder.must(&format!("{FIT} --force"));
    assert_ne!(folder.read("m.safetensors"), b"mine");
}

#[test]
fn predict_with_a_missing_column_names_it() {
    let folder = Folder::new();
    folder.write("a.csv", table(200, |_, _| {}));
    folder.must(FIT);
    folder.write("b.csv", "x1,y\n0.5,1\n");
    let run = folder.run("predict m.safetensors b.csv -o p.csv");
    expect(&run, &["b.csv", "x2"]);
    assert_eq!(folder.names(), ["a.csv", "b.csv", "m.safetensors"]);
}

#[test]
fn a_damaged_model_is_refused_and_never_read_wrongly() {
    let folder = Folder::new();
    folder.write("a.csv", table(200, |_, _| {}));
    folder.must(FIT);
    let good = folder.read("m.safetensors");
    let right = folder.must("predict m.safetensors a.csv");
    let damage = |name: &str, bytes: Vec<u8>| {
        folder.write(name, bytes);
        let run = folder.run(&format!("predict {name} a.csv"));
        if run.code == Some(0) {
            assert_eq!(run.out, right);
        } else {
            expect(&run, &[name]);
        }
    };
    // The thousand random damages are a test of the library, where no process has to start.
    for part in 0..10 {
        damage("cut.safetensors", good[..good.len() * part / 10].to_vec());
        let mut flipped = good.clone();
        flipped[good.len() * part / 10] ^= 1 << (part % 8);
        damage("flipped.safetensors", flipped);
    }
    folder.write("text.safetensors", "a model, honestly");
    expect(
        &folder.run("predict text.safetensors a.csv"),
        &["text.safetensors"],
    );
}

#[test]
fn alternatives_belong_to_methods_that_compare() {
    let folder = Folder::new();
    folder.write("a.csv", table(100, |_, _| {}));
    let run = folder.run("search a.csv --target y --method gp --alternatives");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(
        run.errors.contains("--alternatives belongs to als and td"),
        "{}",
        run.errors
    );
    let line = "search a.csv --target y --alternatives 5000";
    refused_with(table(100, |_, _| {}), line, &["alternatives 5000"]);
}

#[test]
fn settings_out_of_range_are_refused() {
    for (flags, words) in [
        ("--test-fraction 1.5", &["1.5"][..]),
        ("--max-order 99", &["99"]),
        ("--dropout 2", &["2"]),
        ("--learning-rate -1", &["-1"]),
    ] {
        let line = format!("fit a.csv --target y -o m.safetensors {flags}");
        refused_with(table(100, |_, _| {}), &line, words);
    }
}

#[test]
fn a_transform_that_the_target_does_not_admit() {
    // y = x1 x2 has both signs.
    let log = format!("{FIT} --target-transform log");
    let words = ["\"y\"", "numbers above 0", "log", "use none or auto"];
    refused_with(table(200, |_, _| {}), &log, &words);
    let search = "search a.csv --target y --target-transform square";
    refused_with(table(200, |_, _| {}), search, &["\"y\"", "at least 0"]);
    let letters = table(200, |row, cells| cells[2] = ["a", "b"][row % 2].to_string());
    refused_with(letters, &log, &["\"y\"", "classes", "no log"]);
}

#[test]
fn an_unknown_transform_is_wrong_usage() {
    let folder = Folder::new();
    folder.write("a.csv", table(200, |_, _| {}));
    let run = folder.run(&format!("{FIT} --target-transform cube"));
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.errors.contains("reciprocal"), "{}", run.errors);
}

#[test]
fn unknown_statistics_are_wrong_usage() {
    let folder = Folder::new();
    folder.write("a.csv", table(200, |_, _| {}));
    for command in [FIT, "search a.csv --target y"] {
        let run = folder.run(&format!("{command} --target-statistics some"));
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.errors.contains("auto, off, all"), "{}", run.errors);
    }
}
