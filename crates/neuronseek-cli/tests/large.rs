//! Tables of several files, and of more rows than the memory that is allowed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use program::{Folder, Run};

const ROWS: usize = 180_000;

/// Below what all rows would take in memory, above what reading them in parts takes.
const LIMIT: &str = "--memory-limit 160MiB";

/// Rows x1, x2, y with y = x1 * x2 + 2 x1; `edit` may change the cells of a row.
fn rows(range: std::ops::Range<usize>, edit: impl Fn(usize, &mut [String; 3])) -> String {
    let mut text = String::from("x1,x2,y\n");
    for row in range {
        let a = (row * 7919 % 10_007) as f64 / 5000.0 - 1.0;
        let b = (row * 104_729 % 9973) as f64 / 4986.0 - 1.0;
        let mut cells = [a.to_string(), b.to_string(), (a * b + 2.0 * a).to_string()];
        edit(row, &mut cells);
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// A folder with three files of 60,000 rows in `parts`.
fn folder(edit: impl Fn(usize, &mut [String; 3])) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.file("parts")).unwrap();
    for part in 0..3 {
        let range = part * ROWS / 3..(part + 1) * ROWS / 3;
        folder.write(&format!("parts/{part}.csv"), rows(range, &edit));
    }
    folder
}

/// Runs a command that must succeed.
fn done(folder: &Folder, line: &str) -> Run {
    let run = folder.run(line);
    assert_eq!(run.code, Some(0), "{run:?}");
    run
}

fn refused(run: &Run, words: &[&str]) {
    assert_eq!(run.code, Some(1), "{run:?}");
    let error = run.errors.lines().find(|line| line.starts_with("error: "));
    let error = error.unwrap_or_else(|| panic!("no error: {}", run.errors));
    for word in words {
        assert!(error.contains(word), "no {word:?} in: {error}");
    }
}

#[test]
fn rows_that_do_not_fit_are_read_in_parts_with_the_same_bytes_on_all_threads() {
    let folder = folder(|_, _| {});
    let fit = |threads: usize, model: &str| {
        let fit = format!("fit parts --target y --profile polynomial {LIMIT}");
        done(&folder, &format!("{fit} --threads {threads} -o {model}"))
    };
    let run = fit(1, "one.neuron");
    assert!(
        run.errors.contains("plan:") && run.errors.contains("on 1 thread"),
        "{}",
        run.errors
    );
    assert!(
        run.out
            .contains("180,000: 160,000 training, 20,000 validation"),
        "{}",
        run.out
    );
    assert!(run.out.contains("x1 * x2"), "{}", run.out);
    fit(2, "two.neuron");
    assert_eq!(folder.read("one.neuron"), folder.read("two.neuron"));
    let search = done(&folder, &format!("search parts/*.csv --target y {LIMIT}"));
    assert!(
        search.out.contains("160,000 rows of 2 inputs"),
        "{}",
        search.out
    );
}

#[test]
fn networks_pass_over_rows_with_the_same_bytes_on_all_threads() {
    let folder = folder(|_, _| {});
    for threads in [1, 2] {
        let fit = "fit parts --target y --profile small --neuron x^2 --hidden 8 --epochs 2";
        let run = done(
            &folder,
            &format!("{fit} --memory-limit 200MiB --threads {threads} -o {threads}.neuron"),
        );
        assert!(
            run.out.contains("180,000: 160,000 training"),
            "{}\n{}",
            run.out,
            run.errors
        );
    }
    assert_eq!(folder.read("1.neuron"), folder.read("2.neuron"));
}

#[test]
fn several_files_in_memory_are_the_one_file_that_they_make() {
    let folder = Folder::new();
    std::fs::create_dir(folder.file("parts")).unwrap();
    folder.write("parts/a.csv", rows(0..300, |_, _| {}));
    folder.write("parts/b.csv", rows(300..500, |_, _| {}));
    folder.write("whole.csv", rows(0..500, |_, _| {}));
    folder.must("fit parts --target y --profile polynomial -o parts.neuron");
    folder.must("fit whole.csv --target y --profile polynomial -o whole.neuron");
    assert_eq!(folder.read("parts.neuron"), folder.read("whole.neuron"));
}

#[test]
fn a_file_of_other_columns_is_named_or_left_out() {
    let folder = folder(|_, _| {});
    folder.write("parts/1.csv", "x1,other,y\n1,2,3\n");
    let line = format!("fit parts --target y --profile polynomial {LIMIT} -o m.neuron");
    refused(
        &folder.run(&line),
        &["parts/1.csv", "\"other\"", "\"x2\"", "--skip-bad-files"],
    );
    let run = done(&folder, &format!("{line} --skip-bad-files"));
    assert!(
        run.errors.contains("parts/1.csv is left out"),
        "{}",
        run.errors
    );
    assert!(run.out.contains("120,000: 100,000 training"), "{}", run.out);
}

#[test]
fn a_bad_cell_far_behind_is_named_by_file_and_row() {
    // Rows of no sample: the sample's would be refused before.
    let folder = folder(|row, cells| {
        if row == 150_000 {
            cells[1] = "spoilt".to_string();
        }
    });
    let run = folder.run(&format!(
        "fit parts --target y --profile polynomial --kind x2=numeric {LIMIT} -o m.neuron"
    ));
    refused(&run, &["parts/2.csv", "row 30001", "spoilt"]);
    assert_eq!(folder.names(), ["parts"]);
}

#[test]
fn a_limit_too_small_says_the_smallest_that_is_not() {
    let folder = folder(|_, _| {});
    let line = "fit parts --target y --profile polynomial --threads 1 -o m.neuron";
    let run = folder.run(&format!("{line} --memory-limit 20MiB"));
    refused(&run, &["20 MiB", "--memory-limit"]);
    let least = run.errors.split("--memory-limit ").nth(1).unwrap();
    let least = least.split_whitespace().next().unwrap();
    let run = done(&folder, &format!("{line} --memory-limit {least}"));
    assert!(run.errors.contains("a sample of"), "{}", run.errors);
}

#[test]
fn what_rows_in_parts_cannot_have_is_refused() {
    let folder = folder(|_, _| {});
    folder.write("test.csv", rows(0..50, |_, _| {}));
    for (more, words) in [
        ("--test test.csv", "evaluate"),
        ("--resume -o m.neuron", "checkpoint"),
        ("--test-fraction 0.2", "evaluate"),
        ("--intervals 0.9", "intervals"),
    ] {
        let run = folder.run(&format!("fit parts --target y {LIMIT} {more}"));
        assert!(matches!(run.code, Some(1 | 2)), "{run:?}");
        assert!(run.errors.contains(words), "{more}: {}", run.errors);
    }
    let run = folder.run(&format!("search parts --target yy {LIMIT}"));
    refused(&run, &["no column \"yy\"", "did you mean \"y\""]);
    let run = folder.run("fit - --target y --memory-limit 1GiB");
    refused(&run, &["standard input"]);
    let run = folder.run("search nothing/*.csv --target y");
    refused(&run, &["nothing/*.csv"]);
    assert_eq!(
        folder.run("fit parts --target y --memory-limit 2").code,
        Some(2)
    );
}
