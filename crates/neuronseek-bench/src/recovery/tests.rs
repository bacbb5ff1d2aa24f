use std::fs;

use neuronseek::search::{Report, Search, SearchError};

use super::*;

/// Always fails, so that the rows can be looked at without a search.
struct Refusing;

impl Search for Refusing {
    fn name(&self) -> &'static str {
        "refusing"
    }
    fn search(
        &self,
        problem: &Problem<'_>,
        _: u64,
        _: &Control<'_>,
    ) -> Result<Report, SearchError> {
        let square: f64 = problem.inputs.column(0).iter().map(|x| x * x).sum();
        assert!((square / problem.inputs.rows() as f64 - 1.0).abs() < 1e-12);
        Err(SearchError::NotFinite("a test".into()))
    }
}

fn refusing() -> Method {
    Method {
        name: "no".to_string(),
        options: SearchOptions::default(),
        search: Box::new(Refusing),
    }
}

fn small(dim: usize) -> RecoverySettings {
    RecoverySettings {
        rows: 50,
        dim,
        seeds: 2,
        ..RecoverySettings::default()
    }
}

fn run_quietly(
    sizes: &[RecoverySettings],
    options: &Options,
) -> Result<Results<Run, Found, Measured>, ExperimentError> {
    run(
        sizes,
        &[refusing()],
        options,
        &Control::silent(),
        &|_, _| {},
    )
}

#[test]
fn rows_come_in_order_and_failures_are_counted() {
    let options = Options {
        jobs: 2,
        ..Options::default()
    };
    let sizes = [small(4), small(5)];
    let results = run_quietly(&sizes, &options).unwrap();
    assert_eq!((results.records.len(), results.missing), (60, 0));
    let expected: Vec<(String, u64)> = Case::all()
        .flat_map(|case| (0..2).map(move |seed| (case.to_string(), seed)))
        .collect();
    for size in &sizes {
        let rows = rows(size, &results.records);
        let found: Vec<(String, u64)> = rows
            .iter()
            .map(|row| (row.case.clone(), row.seed))
            .collect();
        assert_eq!(found, expected);
        let summaries = summarise(&rows);
        assert_eq!(summaries.len(), 16);
        assert_eq!((summaries[15].runs, summaries[15].failed), (30, 30));
        assert_eq!(summaries[15].case, None);
        let text = markdown(size, &rows);
        assert!(
            text.contains("| no | 30 | 0 | 0 | 0 | 30 | 0 | 0 |"),
            "{text}"
        );
        assert!(
            text.contains("| hybrid 4 | x^2 + cp(3, r=1) | 0 (0) of 2 |"),
            "{text}"
        );
    }
}

#[test]
fn records_read_back_from_the_file_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        out: Some(folder.path().to_path_buf()),
        ..Options::default()
    };
    let size = RecoverySettings {
        noise: 0.1 + 0.2,
        ..small(3)
    };
    let first = run_quietly(std::slice::from_ref(&size), &options).unwrap();
    let text = fs::read_to_string(options.file(NAME, "jsonl").unwrap()).unwrap();
    assert_eq!(text.lines().count(), 30);
    // The seconds are the proof that nothing was run again.
    assert_eq!(run_quietly(&[size], &options).unwrap(), first);
}

#[test]
fn bad_settings_are_refused() {
    assert!(run_quietly(&[small(1)], &Options::default()).is_err());
    let none = RecoverySettings {
        seeds: 0,
        ..small(4)
    };
    assert!(run_quietly(&[none], &Options::default()).is_err());
    let idle = Options {
        jobs: 0,
        ..Options::default()
    };
    assert!(run_quietly(&[small(4)], &idle).is_err());
}
