//! What every command promises: streams, exit codes, files.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::CommandCargoExt;

fn neuronseek(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("neuronseek").unwrap();
    command.args(arguments);
    command
}

fn generate(output: Option<&Path>, more: &[&str]) -> Command {
    let mut command = neuronseek(&[
        "generate",
        "synthetic",
        "--mode",
        "hybrid",
        "--variant",
        "1",
    ]);
    if let Some(output) = output {
        command.arg("-o").arg(output);
    }
    command.args(more);
    command
}

fn errors(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}

#[test]
fn a_closed_pipe_is_success_without_a_word() {
    let mut child = generate(None, &["--rows", "20000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    drop(reader);
    let status = child.wait().unwrap();
    let mut errors = String::new();
    child.stderr.unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(line, "x1,x2,x3,x4,x5,x6,x7,x8,x9,x10,y\n");
    assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
}

#[test]
fn files_are_replaced_with_force_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    assert_eq!(
        errors(&mut generate(Some(&file), &["-q"])),
        (Some(0), String::new())
    );
    let first = std::fs::read(&file).unwrap();
    let (code, text) = errors(&mut generate(Some(&file), &["--seed", "1"]));
    assert_eq!(code, Some(1));
    assert!(text.contains("a.csv exists already"), "{text}");
    assert!(text.contains("--force"), "{text}");
    assert_eq!(std::fs::read(&file).unwrap(), first);
    let (code, _) = errors(&mut generate(Some(&file), &["--seed", "1", "--force"]));
    assert_eq!(code, Some(0));
    assert_ne!(std::fs::read(&file).unwrap(), first);
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["a.csv", "a.truth.json"]);
}

#[test]
fn an_output_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = errors(&mut generate(Some(&folder.path().join("no/a.csv")), &[]));
    assert_eq!(code, Some(1));
    assert!(text.contains("no/a.csv"), "{text}");
    let (code, text) = errors(&mut generate(Some(folder.path()), &[]));
    assert_eq!(code, Some(1));
    assert!(text.contains("is a folder"), "{text}");
}

#[test]
fn wrong_usage_is_code_2_and_help_is_0() {
    assert_eq!(errors(&mut neuronseek(&["fti"])).0, Some(2));
    assert_eq!(errors(&mut generate(None, &["--rows", "many"])).0, Some(2));
    assert_eq!(
        errors(&mut neuronseek(&["--help"])),
        (Some(0), String::new())
    );
    assert_eq!(
        errors(&mut neuronseek(&["--version"])),
        (Some(0), String::new())
    );
}

#[test]
fn settings_out_of_range_are_named_all_at_once() {
    let (code, text) = errors(&mut generate(None, &["--rows", "1", "--dim", "0"]));
    assert_eq!(code, Some(1));
    assert!(text.contains("dim 0") && text.contains("rows 1"), "{text}");
}

#[test]
fn completions_for_every_shell_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = neuronseek(&["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("synthetic"), "{shell}");
    }
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = neuronseek(&["man", "-o"]);
    command.arg(folder.path());
    assert_eq!(errors(&mut command), (Some(0), String::new()));
    for name in [
        "neuronseek",
        "neuronseek-generate-synthetic",
        "neuronseek-man",
    ] {
        let page = std::fs::read_to_string(folder.path().join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH OPTIONS"), "{name}: {page}");
    }
}

#[test]
fn colour_comes_when_asked_for_and_not_into_pipes() {
    let help = |when: &str| {
        let output = neuronseek(&["generate", "synthetic", "--help", "--color", when]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(!help("auto").contains('\x1b'));
}
