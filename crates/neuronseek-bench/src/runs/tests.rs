use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use neuronseek::observe::{Control, Silent};
use serde_json::Value;

use super::*;

type Cubes = Results<u64, u64, f64>;

fn plan(runs: impl IntoIterator<Item = u64>) -> Plan<u64> {
    Plan {
        experiment: "cubes",
        version: 1,
        runs: runs.into_iter().collect(),
    }
}

fn options(folder: &Path, shard: &str) -> Options {
    Options {
        out: Some(folder.to_path_buf()),
        shard: shard.parse().unwrap(),
        jobs: 3,
    }
}

/// Cubes its number, counts how often it does, and measures a time that is never the same.
fn cubes(plan: &Plan<u64>, options: &Options, count: &AtomicUsize) -> Result<Cubes, RunsError> {
    let work = |run: &u64, _: &Control<'_>| {
        let began = Instant::now();
        count.fetch_add(1, Ordering::Relaxed);
        Ok((run.pow(3), began.elapsed().as_secs_f64()))
    };
    execute(plan, options, &Control::silent(), &work, &|_, _| {})
}

/// The lines of a file without what was measured.
fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'));
    text.lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line.as_object_mut().unwrap().remove("measured").unwrap();
            line
        })
        .collect()
}

#[test]
fn a_killed_experiment_goes_on_after_a_torn_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cubes.jsonl");
    let count = AtomicUsize::new(0);
    let options = options(folder.path(), "0/1");
    cubes(&plan(0..4), &options, &count).unwrap();
    // A fifth run was being written when the process was killed.
    let mut torn = fs::OpenOptions::new().append(true).open(&file).unwrap();
    torn.write_all(b"{\"id\":\"0123456789abcdef\",\"experi")
        .unwrap();
    drop(torn);
    let results = cubes(&plan(0..9), &options, &count).unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 9);
    assert_eq!(results.missing, 0);
    let found: Vec<u64> = results.records.iter().map(|r| r.result).collect();
    assert_eq!(found, (0..9).map(|n| n * n * n).collect::<Vec<_>>());
    assert_eq!(lines(&file).len(), 9);
    let before = fs::read(&file).unwrap();
    cubes(&plan(0..9), &options, &count).unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 9);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn shards_together_are_the_whole() {
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let [whole, first, second] = [0, 1, 2].map(|f| folders[f].path());
    let count = AtomicUsize::new(0);
    cubes(&plan(0..11), &options(whole, "0/1"), &count).unwrap();
    let part = cubes(&plan(0..11), &options(first, "0/2"), &count).unwrap();
    assert_eq!(part.records.len(), 6);
    cubes(&plan(0..11), &options(second, "1/2"), &count).unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 22);
    let expected = lines(&whole.join("cubes.jsonl"));
    let zero = lines(&first.join("cubes.0-of-2.jsonl"));
    let one = lines(&second.join("cubes.1-of-2.jsonl"));
    for (position, line) in expected.iter().enumerate() {
        let part = if position % 2 == 0 { &zero } else { &one };
        assert_eq!(line, &part[position / 2]);
    }
    assert_eq!(expected.len(), zero.len() + one.len());
    // In one folder the whole is gathered from the parts without a run.
    fs::copy(
        second.join("cubes.1-of-2.jsonl"),
        first.join("cubes.1-of-2.jsonl"),
    )
    .unwrap();
    cubes(&plan(0..11), &options(first, "0/1"), &count).unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 22);
    assert_eq!(lines(&first.join("cubes.jsonl")), expected);
}

#[test]
fn an_interrupted_run_is_thrown_away_and_done_later() {
    let folder = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let control = Control {
        observer: &Silent,
        stop: &stop,
        deadline: None,
    };
    let one = Options {
        jobs: 1,
        ..options(folder.path(), "0/1")
    };
    let work = |run: &u64, control: &Control<'_>| {
        if *run == 2 {
            stop.store(true, Ordering::Relaxed);
        }
        // What a search gives that was told to end is not its result.
        let cube = if control.should_stop() { 0 } else { run.pow(3) };
        Ok((cube, 0.0))
    };
    let results = execute(&plan(0..5), &one, &control, &work, &|_, _| {}).unwrap();
    assert_eq!((results.records.len(), results.missing), (2, 3));
    let count = AtomicUsize::new(0);
    let results = cubes(&plan(0..5), &one, &count).unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 3);
    assert_eq!(results.records[2].result, 8);
}

#[test]
fn an_error_ends_the_experiment_and_keeps_what_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let one = Options {
        jobs: 1,
        ..options(folder.path(), "0/1")
    };
    let work = |run: &u64, _: &Control<'_>| match run {
        3 => Err("no such number".to_string()),
        run => Ok((run.pow(3), 0.0)),
    };
    let error = execute(&plan(0..9), &one, &Control::silent(), &work, &|_, _| {}).unwrap_err();
    assert!(error.to_string().contains("no such number"), "{error}");
    assert_eq!(lines(&folder.path().join("cubes.jsonl")).len(), 3);
}

#[test]
fn ids_tell_runs_apart_and_ignore_the_order_of_keys() {
    let a = run_id("a", 1, &serde_json::json!({"x": 1, "y": [0.1, null]})).unwrap();
    let text = r#"{"y": [0.1, null], "x": 1}"#;
    let same: Value = serde_json::from_str(text).unwrap();
    assert_eq!(run_id("a", 1, &same).unwrap(), a);
    assert_eq!(a.len(), 16);
    for other in [
        run_id("b", 1, &same),
        run_id("a", 2, &same),
        run_id("a", 1, &serde_json::json!({"x": 1, "y": [0.2, null]})),
    ] {
        assert_ne!(other.unwrap(), a);
    }
    // Ids are in files: they must not change by themselves.
    assert_eq!(digest(b"abc"), "ba7816bf8f01cfea");
}

#[test]
fn lines_of_other_plans_stay_and_wrong_ones_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let count = AtomicUsize::new(0);
    let options = options(folder.path(), "0/1");
    cubes(&plan(0..6), &options, &count).unwrap();
    let part = cubes(&plan([5, 4, 4]), &options, &count).unwrap();
    assert_eq!((part.records.len(), part.records[0].run), (2, 5));
    let file = folder.path().join("cubes.jsonl");
    let found = lines(&file);
    assert_eq!(found.len(), 6);
    assert_eq!((&found[0]["run"], &found[1]["run"]), (&5.into(), &4.into()));
    fs::write(&file, "{\"id\":\"a\"}\nnothing\n").unwrap();
    let error = cubes(&plan(0..6), &options, &count).unwrap_err();
    assert!(error.to_string().contains("cubes.jsonl, line 2"), "{error}");
}

#[test]
fn options_out_of_range_and_a_second_writer_are_refused() {
    for wrong in ["2/2", "0/0", "1", "a/b", "-1/2"] {
        assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
    }
    let folder = tempfile::tempdir().unwrap();
    let count = AtomicUsize::new(0);
    let none = Options {
        jobs: 0,
        ..Options::default()
    };
    assert!(matches!(
        cubes(&plan(0..2), &none, &count),
        Err(RunsError::Jobs)
    ));
    let options = options(folder.path(), "0/1");
    let journal = Journal::open(folder.path(), "cubes", Shard::default()).unwrap();
    assert!(matches!(
        cubes(&plan(0..2), &options, &count),
        Err(RunsError::Busy(_))
    ));
    drop(journal);
    assert!(cubes(&plan(0..2), &options, &count).is_ok());
}

#[test]
fn the_table_has_a_column_per_field_and_quotes() {
    let record = Record {
        id: "0".into(),
        experiment: "e".into(),
        version: 1,
        run: serde_json::json!({"name": "a, b", "seed": 3}),
        result: serde_json::json!({"name": null, "rows": {"test": 0.5}, "list": [1, 2]}),
        measured: serde_json::json!({"seconds": 1.5}),
    };
    let text = csv(&[record]).unwrap();
    let expected = "id,name,seed,list,result.name,rows.test,seconds\n\
                    0,\"a, b\",3,\"[1,2]\",,0.5,1.5\n";
    assert_eq!(text, expected);
}
