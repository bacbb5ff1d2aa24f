//! Exported files: they appear whole or not at all, and what cannot be exported is said.
//! That they predict the same is tested in the library.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use program::Folder;

const SMALL: &str = "--epochs 5 --hidden 8";

#[test]
fn every_format_is_written_once_and_the_same_again() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 400);
    folder.must(&format!("fit a.csv --target y -o m {SMALL}"));
    for format in FORMATS {
        let line = format!("export m --format {format} -o out.{format}");
        folder.must(&line);
        let first = folder.read(&format!("out.{format}"));
        assert!(first.len() > 100, "{format}");
        let again = folder.run(&line);
        assert_eq!(again.code, Some(1), "{format}");
        assert!(
            again.errors.contains("--force"),
            "{format}: {}",
            again.errors
        );
        folder.must(&format!("{line} --force"));
        assert_eq!(folder.read(&format!("out.{format}")), first, "{format}");
    }
}

const FORMATS: [&str; 9] = [
    "onnx", "c", "rust", "sql", "python", "torch", "latex", "sympy", "json",
];

#[test]
fn what_cannot_be_exported_is_said_and_nothing_is_left() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 400);
    folder.must(&format!("fit a.csv --target y -o m --neuron x {SMALL}"));
    let before = folder.names();
    for (line, code, words) in [
        ("export m --format sympy -o p.py", 1, "has no polynomial"),
        ("export missing --format onnx -o p.onnx", 1, "missing"),
        (
            "export a.csv --format onnx -o p.onnx",
            1,
            "is not a NeuronSeek model",
        ),
        (
            "export m --format onnx -o nowhere/p.onnx",
            1,
            "cannot write",
        ),
        ("export m --format pmml -o p", 2, "pmml"),
        ("export m --format onnx", 2, "--output"),
        (
            "export m --format onnx -o p --dialect duckdb",
            2,
            "--format sql",
        ),
        (
            "export m --format sql -o p --precision double",
            2,
            "--format c",
        ),
    ] {
        let run = folder.run(line);
        assert_eq!(run.code, Some(code), "{line}: {}", run.errors);
        assert!(run.errors.contains(words), "{line}: {}", run.errors);
    }
    assert_eq!(folder.names(), before);
}
