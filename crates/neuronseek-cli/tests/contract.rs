//! What every command promises: streams, exit codes, files.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use program::{Folder, command};

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
    let folder = Folder::new();
    folder.hybrid("a.csv", 200);
    let search = |flags: &str| folder.must(&format!("search a.csv --target y {flags}"));
    assert!(!search("").contains('\x1b'));
    assert!(!search("--color never").contains('\x1b'));
    assert!(search("--color always").contains('\x1b'));
}

#[test]
fn settings_come_from_a_file_and_the_environment() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 200);
    folder.write(
        "run.toml",
        "target = \"y\"\n[search]\nmax-order = 1\nseed = 3\n",
    );
    let search = folder.json("search a.csv --config run.toml --json");
    assert_eq!(
        (&search["neuron"], &search["seed"]),
        (&"x".into(), &3.into())
    );
    let output = command(folder.path(), "search a.csv --config run.toml --json")
        .env("NEURONSEEK_MAX_ORDER", "2")
        .output();
    let search: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(search["neuron"], "x + cp(2, r=1)");
    folder.write("wrong.toml", "max-ordr = 1\n");
    let run = folder.run("search a.csv --target y --config wrong.toml");
    assert_eq!(run.code, Some(2));
    assert!(
        run.errors.contains("max-ordr") && run.errors.contains("max-order"),
        "{}",
        run.errors
    );
}

#[test]
fn recovery_counts_every_case() {
    let folder = Folder::new();
    let documents = folder.json("bench recovery --dims 5 --rows 500 --seeds 1 --json");
    let document = &documents[0];
    assert_eq!(document["searches"].as_array().unwrap().len(), 15);
    let total = document["summary"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&total["runs"], &total["case"]),
        (&15.into(), &serde_json::Value::Null)
    );
    let exact = (document["searches"].as_array().unwrap().iter())
        .filter(|search| search["truth"] == search["found"])
        .count();
    assert_eq!(total["perfect"], exact);
    assert!(exact >= 14, "{document:#}");
}

#[test]
fn steps_and_epochs_are_timed() {
    let folder = Folder::new();
    let document = folder.json(
        "bench step --dims 3 --batch 8 --max-order 2 --max-rank 1 --seconds 0.01 --no-torch --json",
    );
    assert!(document["steps"][0]["microseconds"].as_f64().unwrap() > 0.0);
    assert!(document["epoch"]["milliseconds"].as_f64().unwrap() > 0.0);
    let run = folder.run("bench step --dims 0 --batch 9999 --no-torch");
    assert_eq!(run.code, Some(1));
    assert!(
        run.errors.contains("dims 0") && run.errors.contains("batch 9999"),
        "{}",
        run.errors
    );
}

#[test]
fn an_experiment_goes_on_and_its_shards_add_up() {
    let folder = Folder::new();
    let command = "bench recovery --methods als,td --dims 4 --rows 200 --max-order 3 --seeds 1";
    let lines = |name: &str| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(folder.file(name)).unwrap();
        let line = |line: &str| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(line.as_object_mut().unwrap().remove("measured").is_some());
            line
        };
        text.lines().map(line).collect()
    };
    let printed = folder.json(&format!("{command} --out whole --json"));
    assert_eq!(printed[0]["searches"].as_array().unwrap().len(), 30);
    let whole = lines("whole/recovery.jsonl");
    assert_eq!(whole.len(), 30);
    for shard in ["0/2", "1/2"] {
        let run = folder.run(&format!("{command} --out parts --shard {shard} --jobs 2"));
        assert_eq!(run.code, Some(0), "{}", run.errors);
    }
    let (even, odd) = (
        lines("parts/recovery.0-of-2.jsonl"),
        lines("parts/recovery.1-of-2.jsonl"),
    );
    let mut together: Vec<_> = even.iter().chain(&odd).map(|l| l.to_string()).collect();
    let mut expected: Vec<_> = whole.iter().map(|line| line.to_string()).collect();
    together.sort();
    expected.sort();
    assert_eq!(together, expected);
    // Gathering runs nothing: the seconds are those of the parts.
    folder.run(&format!("{command} --out parts"));
    assert_eq!(lines("parts/recovery.jsonl"), whole);
    let again = folder.json(&format!("{command} --out whole --json"));
    assert_eq!(again, printed);
    let table = std::fs::read_to_string(folder.file("whole/recovery.csv")).unwrap();
    assert_eq!(table.lines().count(), 31);
    let page = std::fs::read_to_string(folder.file("whole/recovery.md")).unwrap();
    assert!(page.contains("| td | 15 |"), "{page}");
    let run = folder.run("bench recovery --methods al");
    assert_eq!(run.code, Some(2));
}

#[test]
fn every_experiment_runs_from_the_command_to_the_page() {
    let folder = Folder::new();
    let commands = [
        "bench stability --methods als,linear --cases pure-2 --changes seed,bootstrap --repeats 3 \
         --rows 150 --dim 3 --out stability",
        "bench scalability --methods als --dims 3,4 --rows 200 --test-rows 50 --budgets 5 \
         --cases hybrid-1 --out scalability",
        "bench convergence --methods als --cases hybrid-1 --dims 3 --rows 200 --budget 2 \
         --out convergence",
    ];
    for command in commands {
        let run = folder.run(command);
        assert_eq!(run.code, Some(0), "{command}\n{}", run.errors);
        assert!(run.out.contains("| als |"), "{}", run.out);
    }
    let lines = std::fs::read_to_string(folder.file("stability/stability.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 2 * 2 * 3);
    let run = folder
        .run("bench report --from stability --from scalability --from convergence -o page.html");
    assert_eq!(run.code, Some(0), "{}", run.errors);
    let page = std::fs::read_to_string(folder.file("page.html")).unwrap();
    for part in [
        "bench stability",
        "bench scalability",
        "bench convergence",
        "<svg",
    ] {
        assert!(page.contains(part), "no {part} in the page");
    }
    let run = folder.run("bench stability --changes noise --levels -1");
    assert_eq!(run.code, Some(1), "{}", run.errors);
    assert!(run.errors.contains("noise -1"), "{}", run.errors);
}
