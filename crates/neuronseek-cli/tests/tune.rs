//! `fit --tune`: killed and resumed, reported, refused.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use std::process::Stdio;
use std::time::{Duration, Instant};

use program::{Folder, command};

const FIT: &str = "fit a.csv --target kind --hidden 8 --epochs 9 --folds 3 --tune-trials 30 -o";

/// The measurements in a log, without what depends on the clock.
fn lines(folder: &Folder, name: &str) -> Vec<String> {
    let text = String::from_utf8(folder.read(name)).unwrap();
    let trials = text.lines().filter(|line| line.starts_with("{\"trial\""));
    trials
        .filter_map(|line| Some(line.split_once(",\"seconds\"")?.0.to_string()))
        .collect()
}

#[test]
fn a_killed_tuning_resumes_to_the_same_trials_and_the_same_model() {
    let folder = Folder::new();
    folder.classes("a.csv", 600);
    let text = folder.must(&format!("{FIT} whole"));
    assert!(text.contains("tuned   30 trials, best"), "{text}");
    let all = lines(&folder, "whole.tuning.jsonl");
    let mut child = command(folder.path(), &format!("{FIT} m"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let log = folder.file("m.tuning.jsonl");
    while start.elapsed() < Duration::from_secs(120)
        && !(log.exists() && lines(&folder, "m.tuning.jsonl").len() > 4)
    {
        std::thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    child.wait().unwrap();
    assert!(
        !folder.file("m").exists(),
        "the fit was done before it was killed"
    );
    let before = lines(&folder, "m.tuning.jsonl");
    assert!(
        before.len() > 4 && before.len() < all.len(),
        "{}",
        before.len()
    );
    assert_eq!(before, all[..before.len()]);
    folder.must(&format!("{FIT} m --resume"));
    assert_eq!(lines(&folder, "m.tuning.jsonl"), all);
    assert!(folder.read("m") == folder.read("whole"), "another model");
}

#[test]
fn a_tuning_is_told_in_json_by_the_schema() {
    let folder = Folder::new();
    folder.classes("a.csv", 300);
    let fit = folder.json("fit a.csv --target kind --hidden 8 --epochs 3 --tune 1s -o m --json");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/fit.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&fit).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{}\n{fit:#}", errors.join("\n"));
    assert!(fit["tuning"]["trials"].as_u64().unwrap() > 0);
    assert_eq!(fit["tuning"]["default"]["learning_rate"], 0.006);
    let inspected = folder.json("inspect m --json");
    assert_eq!(inspected["tuning"], fit["tuning"]);
    let names = folder.names();
    assert_eq!(names, ["a.csv", "m", "m.tuning.jsonl"]);
}

#[test]
fn bad_flags_are_refused() {
    let folder = Folder::new();
    folder.classes("a.csv", 300);
    for (flags, code, word) in [
        ("--tune 5days", 2, "unit of time"),
        ("--tune 0", 2, "time above 0"),
        ("--tune 1s --tune-trials 3", 2, "--tune-trials"),
        ("--tune 1s --neuron x --compare", 2, "--compare"),
        ("--tune-trials x", 2, "x"),
        ("--tune-trials 0", 1, "1 to 1000000"),
    ] {
        let run = folder.run(&format!("fit a.csv --target kind -o m {flags}"));
        assert_eq!(run.code, Some(code), "{flags}: {}", run.errors);
        assert!(run.errors.contains(word), "{flags}: {}", run.errors);
        assert_eq!(folder.names(), ["a.csv"], "{flags}");
    }
}
