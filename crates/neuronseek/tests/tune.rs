//! Tuning: the same trials whatever happens, none of them by test rows.

// A panic here is a failed test.
#![allow(clippy::unwrap_used)]

mod ending;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use ending::fit_ended_after;
use neuronseek::model::{FitError, FitOptions, Fitted, Holdout, NeuronChoice, Profile};
use neuronseek::model::{Tune, TuneLimit, fit};
use neuronseek::neuron::Neuron;
use neuronseek::observe::{Control, Silent};
use neuronseek::table::split;
use neuronseek::table::{Column, Table};

/// A bent, noisy target of three inputs; rows of `nonsense` have other cells.
fn table(rows: usize, nonsense: &[usize]) -> Table {
    let x = |i: usize, k: usize| ((i * (37 + 16 * k) + i * i * k) % 211) as f64 / 105.0 - 1.0;
    let y = |i: usize| {
        let noise = (i * 7919 % 1009) as f64 / 1009.0 - 0.5;
        (4.0 * x(i, 0)).sin() + (3.0 * x(i, 1) * x(i, 2)).tanh() + noise
    };
    let odd = |i: usize, value: f64| match nonsense.contains(&i) {
        true => 1e3 * ((i * 31 % 17) as f64 - 8.0),
        false => value,
    };
    let column = |k: usize| (0..rows).map(|i| odd(i, x(i, k))).collect();
    let columns = vec![
        Column::of_numbers("a", column(0)),
        Column::of_numbers("b", column(1)),
        Column::of_numbers("c", column(2)),
        Column::of_numbers("y", (0..rows).map(|i| odd(i, y(i))).collect()),
    ];
    Table::new("bent", columns).unwrap()
}

/// A quick fit of three folds with so many trials, logged in `log`.
fn options(trials: usize, log: &Path) -> FitOptions {
    let mut options = FitOptions::default();
    options.prepare.targets = vec!["y".to_string()];
    options.network.folds = Some(3);
    options.train.epochs = Some(9);
    options.network.hidden = Some(vec![8]);
    options.tune = Some(Tune {
        limit: TuneLimit::Trials(trials),
        log: Some(log.to_path_buf()),
    });
    options
}

/// The measurements in a log, without what depends on the clock.
fn lines(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap();
    let timeless = text.lines().filter(|line| line.starts_with("{\"trial\""));
    let timeless = timeless.map(|line| line.split(",\"seconds\"").next().unwrap().to_string());
    timeless.collect()
}

fn bytes(fitted: &Fitted) -> Vec<u8> {
    fitted.model.to_bytes().unwrap()
}

#[test]
fn trials_and_model_are_the_same_after_an_interruption() {
    let table = table(300, &[]);
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.jsonl");
    let model = bytes(&fit(&table, None, &options(30, &whole), &Control::silent()).unwrap());
    let all = lines(&whole);
    // 27, 9 or 10, 3 to 5, 1 to 3, by how far the default goes on; then a bracket of 3, 1, 1, 1.
    assert!((46..=51).contains(&all.len()), "{}", all.len());
    for limit in [1, 5, 30, 41] {
        let log = folder.path().join(format!("{limit}.jsonl"));
        let mut options = options(30, &log);
        options.checkpoint = Some(folder.path().join(format!("{limit}.checkpoint")));
        let ended = fit_ended_after(&table, &options, Some("tuning"), limit).unwrap();
        assert!(ended.report.ended_early);
        let before = lines(&log);
        assert!(before.len() >= limit && before.len() < all.len());
        assert_eq!(before, all[..before.len()]);
        options.resume = true;
        let resumed = fit(&table, None, &options, &Control::silent()).unwrap();
        assert_eq!(lines(&log), all, "limit {limit}");
        assert_eq!(bytes(&resumed), model, "limit {limit}");
    }
}

#[test]
fn a_log_goes_on_from_its_last_whole_line_and_is_kept_when_complete() {
    let table = table(200, &[]);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl");
    let mut options = options(9, &log);
    let model = bytes(&fit(&table, None, &options, &Control::silent()).unwrap());
    let text = std::fs::read_to_string(&log).unwrap();
    let all = lines(&log);
    options.resume = true;
    fit(&table, None, &options, &Control::silent()).unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), text);
    // Cut off within the sixth trial's line.
    let cut: usize = text.split_inclusive('\n').take(6).map(str::len).sum();
    std::fs::write(&log, &text[..cut + 40]).unwrap();
    let again = fit(&table, None, &options, &Control::silent()).unwrap();
    assert_eq!(bytes(&again), model);
    assert_eq!(lines(&log), all);
    let kept = std::fs::read_to_string(&log).unwrap();
    assert_eq!(kept[..cut], text[..cut], "measured anew");
    options.seed = 1;
    let error = fit(&table, None, &options, &Control::silent()).unwrap_err();
    assert!(matches!(error, FitError::File(_)), "{error}");
    assert!(error.to_string().contains("--resume"), "{error}");
    options.resume = false;
    fit(&table, None, &options, &Control::silent()).unwrap();
    assert_ne!(lines(&log), all);
}

#[test]
fn threads_change_nothing_and_more_trials_begin_as_fewer() {
    let table = table(200, &[]);
    let folder = tempfile::tempdir().unwrap();
    let mut results = Vec::new();
    for threads in [1, 2, 3] {
        let log = folder.path().join(format!("{threads}.jsonl"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let fitted = pool
            .build()
            .unwrap()
            .install(|| fit(&table, None, &options(27, &log), &Control::silent()).unwrap());
        results.push((lines(&log), bytes(&fitted)));
    }
    assert!(results.iter().all(|one| *one == results[0]));
    let log = folder.path().join("more.jsonl");
    fit(&table, None, &options(29, &log), &Control::silent()).unwrap();
    let more = lines(&log);
    assert!(more.len() > results[0].0.len());
    assert_eq!(more[..results[0].0.len()], results[0].0);
}

#[test]
fn test_rows_have_no_part() {
    let folder = tempfile::tempdir().unwrap();
    let test = split::by_hash(300, 0).test;
    let mut tried = Vec::new();
    for nonsense in [&[][..], &test[..]] {
        let log = folder.path().join(format!("{}.jsonl", nonsense.len()));
        let mut options = options(9, &log);
        options.holdout = Holdout::Split(0);
        let report = fit(&table(300, nonsense), None, &options, &Control::silent());
        let report = report.unwrap().report;
        tried.push((
            lines(&log),
            report.tuning.unwrap(),
            report.metrics["test"].loss(),
        ));
    }
    assert_ne!(tried[0].2, tried[1].2);
    assert_eq!(tried[0].0, tried[1].0);
    assert_eq!(tried[0].1, tried[1].1);
}

#[test]
fn the_budget_is_kept_and_counts_earlier_runs() {
    let table = table(20_000, &[]);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl");
    let mut options = options(1, &log);
    options.network.hidden = Some(vec![64, 32]);
    options.profile = Profile::Small;
    options.train.epochs = Some(4);
    options.tune = Some(Tune {
        limit: TuneLimit::Time(Duration::from_secs(2)),
        log: Some(log.clone()),
    });
    let report = fit(&table, None, &options, &Control::silent()).unwrap();
    let report = report.report;
    let text = std::fs::read_to_string(&log).unwrap();
    let end: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(end["ended"], "2 s");
    let elapsed = end["elapsed"].as_f64().unwrap();
    assert!((1.9..4.0).contains(&elapsed), "{elapsed}");
    assert!(report.tuning.unwrap().trials > 0);
    // Without its last line the log has little time left.
    let cut: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("ended"))
        .collect();
    std::fs::write(&log, cut.join("\n") + "\n").unwrap();
    options.resume = true;
    options.train.epochs = Some(4);
    let start = Instant::now();
    let count = lines(&log).len();
    fit(&table, None, &options, &Control::silent()).unwrap();
    assert!(lines(&log).len() >= count);
    let text = std::fs::read_to_string(&log).unwrap();
    let end: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert!(
        end["elapsed"].as_f64().unwrap() < 4.0,
        "{end}, {:?}",
        start.elapsed()
    );
}

#[test]
fn a_time_limit_leaves_time_for_the_fit() {
    let table = table(20_000, &[]);
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(1000, &folder.path().join("log.jsonl"));
    options.network.hidden = Some(vec![64, 32]);
    options.neuron = NeuronChoice::Given(Neuron::linear());
    let stop = AtomicBool::new(false);
    let control = Control {
        observer: &Silent,
        stop: &stop,
        deadline: Some(Instant::now() + Duration::from_secs(6)),
    };
    let report = fit(&table, None, &options, &control).unwrap().report;
    let tuning = report.tuning.unwrap();
    assert!(tuning.trials > 0 && tuning.trials < 1000);
    assert!(report.metrics["training"].loss() < report.mean["training"].loss());
}

#[test]
fn what_the_user_sets_is_not_tried_and_the_rest_is() {
    let table = table(200, &[]);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.jsonl");
    let mut options = options(20, &log);
    options.network.dropout = Some(0.25);
    options.train.batch = Some(32);
    let report = fit(&table, None, &options, &Control::silent())
        .unwrap()
        .report;
    let tuning = report.tuning.unwrap();
    assert_eq!(tuning.trials, 20);
    assert_eq!(
        tuning
            .rungs
            .iter()
            .map(|rung| rung.epochs)
            .collect::<Vec<_>>(),
        [1, 3, 9, 9]
    );
    assert_eq!(
        tuning
            .rungs
            .iter()
            .map(|rung| rung.folds)
            .collect::<Vec<_>>(),
        [1, 1, 1, 3]
    );
    let default = tuning.default.unwrap();
    assert_eq!((default.trial, default.folds), (0, 3));
    assert_eq!(default.settings.learning_rate, 0.006);
    assert!(tuning.taken.iter().any(|trial| trial.trial == 0));
    let first = tuning.taken[0].loss.unwrap();
    assert!(first <= default.loss.unwrap());
    let all: Vec<serde_json::Value> = std::fs::read_to_string(&log)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["rung"] == 0)
        .collect();
    assert_eq!(all.len(), 20);
    let distinct = |name: &str| {
        let mut seen: Vec<String> = Vec::new();
        for line in &all {
            let value = line["settings"][name].to_string();
            if !seen.contains(&value) {
                seen.push(value);
            }
        }
        seen.len()
    };
    assert_eq!(["dropout", "batch"].map(distinct), [1, 1]);
    // Each kind of the recipe has its own widths, of as many parameters as the others have.
    assert!(distinct("hidden") <= 6);
    assert!(distinct("learning_rate") > 8 && distinct("weight_decay") > 8);
    assert!(distinct("neuron") > 1 && distinct("embedding") > 2);
}

#[test]
fn bad_limits_are_refused() {
    let table = table(200, &[]);
    let zero = Duration::ZERO;
    for limit in [
        TuneLimit::Trials(0),
        TuneLimit::Trials(2_000_000),
        TuneLimit::Time(zero),
    ] {
        let mut options = options(1, Path::new("never-written.jsonl"));
        options.tune = Some(Tune { limit, log: None });
        let error = fit(&table, None, &options, &Control::silent()).unwrap_err();
        assert!(matches!(error, FitError::Settings(_)), "{error}");
    }
    let mut options = options(1, Path::new("never-written.jsonl"));
    options.neuron = NeuronChoice::Given("cp(2)".parse().unwrap());
    options.compare = true;
    let error = fit(&table, None, &options, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("comparison"), "{error}");
}
