//! What is promised of models: the same bytes, the same predictions, nothing half-written.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use program::{Folder, Run, command};

const SMALL: &str = "--epochs 5 --hidden 8";

fn predictions(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .map(|line| line.split(',').map(str::to_string).collect())
        .collect()
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 400);
    let mut files = Vec::new();
    for (name, threads) in [("a", 1), ("b", 2), ("c", 1), ("d", 2)] {
        folder.must(&format!(
            "fit a.csv --target y -o {name} --threads {threads} {SMALL}"
        ));
        files.push(folder.read(name));
    }
    assert!(files.iter().all(|file| *file == files[0]));
}

#[test]
#[cfg(unix)]
fn predictions_into_a_closed_pipe_are_no_error() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 400);
    folder.hybrid("many.csv", 20_000);
    folder.must(&format!("fit a.csv --target y -o m {SMALL}"));
    let mut child = command(folder.path(), "predict m many.csv")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.code, run.errors.as_str()), (Some(0), ""));
}

#[test]
fn the_seed_changes_the_model() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 400);
    for (name, seed) in [("a", 1), ("b", 2)] {
        folder.must(&format!(
            "fit a.csv --target y -o {name} --neuron linear --seed {seed} {SMALL}"
        ));
    }
    assert_ne!(folder.read("a"), folder.read("b"));
}

#[test]
fn columns_are_found_by_name_in_any_order() {
    let folder = Folder::new();
    folder.classes("a.csv", 300);
    folder.must(&format!("fit a.csv --target kind -o m {SMALL}"));
    let shuffled: String = folder_rows(&folder, "a.csv")
        .iter()
        .map(|cells| format!("{},{},extra,{}\n", cells[2], cells[1], cells[0]))
        .collect();
    folder.write("b.csv", shuffled);
    let right = folder.must("predict m a.csv --proba");
    assert_eq!(folder.must("predict m b.csv --proba"), right);
    let rows = predictions(&right);
    assert_eq!(rows[0], ["prediction", "p_large", "p_middling", "p_small"]);
    assert_eq!(rows.len(), 301);
    let known = ["small", "middling", "large"];
    for row in &rows[1..] {
        assert!(known.contains(&row[0].as_str()), "{row:?}");
        let sum: f64 = row[1..].iter().map(|p| p.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{row:?}");
    }
}

/// The cells of a table whose second column is in quotes.
fn folder_rows(folder: &Folder, name: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(folder.read(name)).unwrap();
    text.lines()
        .map(|line| {
            let Some((first, rest)) = line.split_once('"') else {
                return line.split(',').map(str::to_string).collect();
            };
            let (quoted, rest) = rest.split_once('"').unwrap();
            let mut cells = vec![
                first.trim_end_matches(',').to_string(),
                format!("\"{quoted}\""),
            ];
            cells.extend(rest.trim_start_matches(',').split(',').map(str::to_string));
            cells
        })
        .collect()
}

#[test]
fn standard_input_is_a_table_like_any_other() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    folder.must(&format!("fit a.csv --target y -o m {SMALL}"));
    let from_file = folder.must("predict m a.csv");
    let input = std::fs::File::open(folder.file("a.csv")).unwrap();
    let output = command(folder.path(), "predict m -").stdin(input).output();
    let run = Run::from(output.unwrap());
    assert_eq!((run.code, run.out), (Some(0), from_file));
}

/// More rows than one batch has, in one file and in many.
#[test]
fn tables_in_several_files_are_predicted_as_one() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    folder.must(&format!("fit a.csv --target y -o m {SMALL}"));
    folder.hybrid("all.csv", 100_000);
    let text = String::from_utf8(folder.read("all.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<&str> = rows.lines().collect();
    for (part, rows) in rows.chunks(7_001).enumerate() {
        let rows = rows.join("\n");
        folder.write(&format!("part{part:02}.csv"), format!("{header}\n{rows}\n"));
    }
    let whole = folder.must("predict m all.csv");
    assert_eq!(whole.lines().count(), 100_001);
    assert_eq!(folder.must("predict m part*.csv"), whole);
    let output = command(folder.path(), "predict m -")
        .stdin(std::fs::File::open(folder.file("all.csv")).unwrap())
        .output();
    assert_eq!(Run::from(output.unwrap()).out, whole);
}

/// A warning is of the whole table, and an error names the row of its file.
#[test]
fn odd_cells_of_all_batches_are_said_once() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    folder.must(&format!("fit a.csv --target y -o m {SMALL}"));
    let text = String::from_utf8(folder.read("a.csv")).unwrap();
    let header = text.lines().next().unwrap();
    let empty = ",".repeat(header.matches(',').count());
    for name in ["b.csv", "c.csv"] {
        folder.write(name, format!("{text}{empty}\n"));
    }
    let run = folder.run("predict m b.csv c.csv -o p.csv");
    assert_eq!(run.code, Some(0), "{}", run.errors);
    let warnings = run.errors.matches("x1: 2 cells missing").count();
    assert_eq!(warnings, 1, "{}", run.errors);
    let bad = empty.replacen(',', "oops,", 1);
    folder.write("c.csv", format!("{text}{bad}\n"));
    let run = folder.run("predict m b.csv c.csv -o q.csv");
    assert_eq!(run.code, Some(1), "{}", run.errors);
    assert!(run.errors.contains("c.csv, data row 301"), "{}", run.errors);
    assert!(!folder.names().contains(&"q.csv".to_string()));
}

#[test]
fn several_targets_are_predicted_side_by_side() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    let fit = format!("fit a.csv --target y,x1 -o m {SMALL}");
    folder.must(&fit);
    let rows = predictions(&folder.must("predict m a.csv"));
    assert_eq!(
        (rows.len(), &rows[0]),
        (301, &vec!["prediction_y".into(), "prediction_x1".into()])
    );
    let run = folder.run("predict m a.csv --proba");
    assert_eq!(run.code, Some(1), "{}", run.errors);
}

#[test]
fn weights_change_the_model_and_are_no_input() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    let weighted: String = String::from_utf8(folder.read("a.csv"))
        .unwrap()
        .lines()
        .enumerate()
        .map(|(row, line)| match row {
            0 => format!("{line},w\n"),
            row => format!("{line},{}\n", row % 5),
        })
        .collect();
    folder.write("b.csv", weighted);
    let fit = |weights: &str, model: &str| {
        folder.json(&format!(
            "fit b.csv --target y {weights} -o {model} --neuron x {SMALL} --json"
        ))
    };
    assert_eq!(fit("--weights w", "with")["inputs"], 4);
    assert_eq!(fit("--ignore w", "without")["inputs"], 4);
    assert_ne!(folder.read("with"), folder.read("without"));
    folder.must("predict with a.csv");
}

/// Fits with each of the flags; no two model files may be the same.
fn models_differ(folder: &Folder, line: &str, flags: &[&str]) {
    let mut files = Vec::new();
    for flags in flags {
        folder.must(&format!("{line} -o m --force {SMALL} {flags}"));
        let file = folder.read("m");
        let twin = files.iter().find(|(_, known)| *known == file);
        assert!(
            twin.is_none(),
            "{flags} has no effect: as {:?}",
            twin.map(|(flags, _)| flags)
        );
        files.push((flags, file));
    }
}

#[test]
fn flags_of_the_network_change_the_model() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    let flags = [
        "",
        "--rank 2",
        "--placement every",
        "--interactions independent",
        "--activation tanh",
        "--norm layer",
        "--dropout 0.5",
        "--skip none",
        "--members 1",
        "--learning-rate 0.001",
        "--batch 16",
        "--loss huber",
        "--test-fraction 0.3",
        "--origin center",
    ];
    models_differ(&folder, "fit a.csv --target y --neuron x+cp(2)", &flags);
}

#[test]
fn flags_of_the_table_change_the_model() {
    let folder = Folder::new();
    folder.classes("a.csv", 300);
    let flags = [
        "",
        "--kind size=category",
        "--ignore colour",
        "--missing 4.4",
        "--test-fraction 0.2",
        "--split 1",
        "--test a.csv",
        "--seed 7",
    ];
    models_differ(&folder, "fit a.csv --target kind --neuron x", &flags);
}

#[test]
fn flags_of_the_search_change_what_is_found() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 300);
    let search = |flags: &str| folder.json(&format!("search a.csv --target y --json {flags}"));
    assert_eq!(search("")["neuron"], "x + cp(2, r=1)");
    assert_eq!(search("--max-order 1")["neuron"], "x");
    assert_eq!(search("--method td")["method"], "td");
    assert_ne!(
        search("--method td --preset paper")["path"],
        search("--method td")["path"]
    );
    let mut waves = String::from("a,b,y\n");
    for row in 0..400 {
        let (a, b) = (
            (row * 37 % 101) as f64 / 10.0 - 5.0,
            (row * 53 % 97) as f64 / 10.0 - 5.0,
        );
        waves.push_str(&format!("{a},{b},{}\n", 2.0 * a.sin() - b.sin()));
    }
    folder.write("waves.csv", waves);
    let found = folder.json("search waves.csv --target y --basis trig --json");
    assert!(found["structure"]["functions"].is_array(), "{found:#}");
}

/// predict and evaluate against metrics recomputed by a program that shares nothing with them.
#[test]
fn metrics_agree_with_an_independent_program() {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/independent/recompute_metrics.py"
    );
    let folder = Folder::new();
    folder.hybrid("numbers.csv", 400);
    folder.classes("classes.csv", 400);
    for (table, target, task) in [
        ("numbers.csv", "y", "regression"),
        ("classes.csv", "kind", "classification"),
    ] {
        let model = format!("{task}.model");
        folder.must(&format!("fit {table} --target {target} -o {model} {SMALL}"));
        let proba = if task == "classification" {
            "--proba"
        } else {
            ""
        };
        folder.must(&format!("predict {model} {table} {proba} -o {task}.out"));
        let evaluated = folder.json(&format!("evaluate {model} {table} --json"));
        let output = Command::new(std::env::var("NEURONSEEK_PYTHON").unwrap_or("python3".into()))
            .arg(script)
            .args([table, target, &format!("{task}.out"), task])
            .current_dir(folder.path())
            .output()
            .expect("python3 is needed for this test");
        let run = Run::from(output);
        assert_eq!(run.code, Some(0), "{}", run.errors);
        let recomputed: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let recomputed = recomputed.as_object().unwrap();
        assert_eq!(
            recomputed.len(),
            evaluated["metrics"]["table"].as_object().unwrap().len()
        );
        for (name, value) in recomputed {
            let ours = evaluated["metrics"]["table"][name].as_f64().unwrap();
            let theirs = value.as_f64().unwrap();
            let close = (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1e-9);
            assert!(close, "{task} {name}: {ours} and {theirs}");
        }
    }
}

/// A fit that takes some seconds.
fn long_fit(folder: &Folder, epochs: usize, more: &str) -> Child {
    let line = format!("fit a.csv --target y -o m --neuron cp(2) {LONG} {epochs} {more}");
    command(folder.path(), &line)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

const LONG: &str = "--hidden 64,32 --members 1 --threads 1 --epochs";

#[cfg(unix)]
fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

#[cfg(unix)]
#[test]
fn kill_leaves_no_model_or_a_whole_one() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 2000);
    let start = Instant::now();
    assert!(long_fit(&folder, 60, "").wait().unwrap().success());
    let whole = start.elapsed();
    let right = folder.read("m");
    for moment in 1..=10u32 {
        let _ = std::fs::remove_file(folder.file("m"));
        let mut child = long_fit(&folder, 60, "");
        // Uneven moments, the last ones about the time of writing.
        std::thread::sleep(whole.mul_f64(f64::from(moment * moment) / 98.0));
        let _ = child.kill();
        child.wait().unwrap();
        if folder.file("m").exists() {
            assert_eq!(folder.read("m"), right, "moment {moment}");
        }
    }
}

#[cfg(unix)]
#[test]
fn an_ended_fit_resumes_to_the_same_bytes() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 2000);
    assert!(long_fit(&folder, 60, "").wait().unwrap().success());
    let right = folder.read("m");
    std::fs::remove_file(folder.file("m")).unwrap();
    let mut child = long_fit(&folder, 60, "");
    let checkpoint = folder.file("m.checkpoint");
    let patience = Instant::now();
    while !checkpoint.exists() && patience.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = child.kill();
    child.wait().unwrap();
    assert!(checkpoint.exists(), "{:?}", folder.names());
    assert!(
        !folder.file("m").exists(),
        "the fit was done before it was killed"
    );
    let resumed = long_fit(&folder, 60, "--resume")
        .wait_with_output()
        .unwrap();
    let run = Run::from(resumed);
    assert_eq!(run.code, Some(0), "{}", run.errors);
    assert!(folder.read("m") == right, "other bytes after --resume");
    assert!(!checkpoint.exists());
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_best_so_far() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 2000);
    let child = long_fit(&folder, 100_000, "");
    // The checkpoint is there after the first epoch of very many.
    let checkpoint = folder.path().join("m.checkpoint");
    let start = Instant::now();
    while !checkpoint.exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "INT");
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.code, Some(0), "{}", run.errors);
    assert!(run.errors.contains("best model so far"), "{}", run.errors);
    assert!(folder.must("inspect m").contains("cp(2)"));
    assert_eq!(folder.must("predict m a.csv").lines().count(), 2001);
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_exits_at_once_and_leaves_nothing_half_written() {
    let folder = Folder::new();
    folder.hybrid("a.csv", 2000);
    let child = long_fit(&folder, 100_000, "");
    std::thread::sleep(Duration::from_millis(500));
    signal(&child, "INT");
    signal(&child, "INT");
    let run = Run::from(child.wait_with_output().unwrap());
    assert!(matches!(run.code, Some(0 | 130)), "{run:?}");
    let kept = ["a.csv", "a.truth.json", "m", "m.checkpoint"];
    assert!(
        folder
            .names()
            .iter()
            .all(|name| kept.contains(&name.as_str()))
    );
}

#[test]
fn a_time_limit_ends_a_fit_with_the_best_so_far() {
    let folder = Folder::new();
    // Far more rows than the time allows to be learnt from.
    folder.hybrid("a.csv", 40_000);
    let start = Instant::now();
    let run = folder.run(
        "fit a.csv --target y -o m --neuron cp(2) --hidden 64,32 --epochs 1000000 --time-limit 1s",
    );
    assert_eq!(run.code, Some(0), "{}", run.errors);
    assert!(run.errors.contains("ended early"), "{}", run.errors);
    assert!(start.elapsed() < Duration::from_secs(20));
    folder.must("predict m a.csv");
}
