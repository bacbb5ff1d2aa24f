use std::fs;

use neuronseek::model::SearchMethod;
use neuronseek::search::{Report, Search, SearchError};

use super::*;
use crate::runs::Record;

fn method(method: SearchMethod) -> Method {
    let options = SearchOptions {
        method,
        max_order: 2,
        ..SearchOptions::default()
    };
    Method::new(method.name(), options)
}

fn small() -> StabilitySettings {
    StabilitySettings {
        cases: vec!["pure 2", "hybrid 1"]
            .into_iter()
            .map(|name| Case::all().find(|case| case.to_string() == name).unwrap())
            .collect(),
        table: Settings {
            dim: 3,
            rows: 120,
            ..Settings::default()
        },
        repeats: 4,
        ..StabilitySettings::default()
    }
}

fn quietly(settings: &StabilitySettings, methods: &[Method]) -> Results<Run, Found, Measured> {
    let options = Options::default();
    run(settings, methods, &options, &Control::silent(), &|_, _| {}).unwrap()
}

/// A folder with a table of numbers and one of classes.
fn tables() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (mut numbers, mut classes) = (String::from("a,b,y\n"), String::from("a,b,y\n"));
    for row in 0..200 {
        let (a, b) = (f64::from(row % 17) - 8.3, f64::from(row * row % 23) - 11.1);
        numbers += &format!("{a},{b},{}\n", 2.0 * a - b + 0.1 * a * b);
        classes += &format!("{a},{b},{}\n", if a + 0.3 * b > 0.0 { "yes" } else { "no" });
    }
    fs::write(folder.path().join("numbers.csv"), numbers).unwrap();
    fs::write(folder.path().join("classes.csv"), classes).unwrap();
    let index = r#"{"datasets": [
        {"name": "numbers", "file": "numbers.csv", "target": "y"},
        {"name": "classes", "file": "classes.csv", "target": "y"}]}"#;
    fs::write(folder.path().join("INDEX.json"), index).unwrap();
    folder
}

#[test]
fn a_search_without_chance_is_moved_by_the_data_alone() {
    let results = quietly(&small(), &[method(SearchMethod::Linear)]);
    assert_eq!(results.records.len(), 2 * 6 * 4);
    let summaries = summarise(&results.records);
    assert_eq!(summaries.len(), 12);
    for one in &summaries {
        assert_eq!((one.runs, one.failed, one.agreement), (4, 0, Some(1.0)));
        assert_eq!((one.entropy, one.commonest_count), (0.0, 4));
        let [low, .., high] = one.test_error.unwrap();
        assert_eq!(low == high, one.change == Change::Seed, "{one:?}");
    }
    let median = |change: Change| {
        let one = summaries.iter().find(|one| one.change == change).unwrap();
        one.test_error.unwrap()[2]
    };
    // pure 2 is nearly linear: noise on training rows shows on test rows.
    assert!(median(Change::Noise(1.0)) > 1.05 * median(Change::Noise(0.01)));
    let text = markdown(&summaries);
    assert!(text.contains("| linear | noise 0.3 | 2 | 1.00 |"), "{text}");
    // A run is a function of its description.
    let again = quietly(&small(), &[method(SearchMethod::Linear)]);
    let found = |results: &Results<Run, Found, Measured>| -> Vec<Found> {
        results.records.iter().map(|r| r.result.clone()).collect()
    };
    assert_eq!(found(&again), found(&results));
}

#[test]
fn a_bootstrap_sample_holds_each_row_once_with_its_times() {
    let parts = data::synthetic(&small().cases[0], &small().table).unwrap();
    let (sample, weights) = data::changed(&parts.training, Change::Bootstrap, 7);
    let weights = weights.unwrap();
    assert_eq!(sample.inputs.rows(), weights.len());
    assert!((60..100).contains(&weights.len()), "{}", weights.len());
    let sum: f64 = weights.iter().sum();
    assert!((sum / weights.len() as f64 - 1.0).abs() < 1e-12);
    let unit = weights.len() as f64 / 120.0;
    for (row, weight) in weights.iter().enumerate() {
        let times = weight / unit;
        assert!(
            times > 0.5 && (times - times.round()).abs() < 1e-9,
            "{times}"
        );
        let others = (row + 1..weights.len()).map(|other| sample.inputs.row(other));
        assert!(
            others
                .into_iter()
                .all(|other| other != sample.inputs.row(row))
        );
    }
}

#[test]
fn structures_of_real_tables_are_compared_on_all_rows() {
    let folder = tables();
    let settings = StabilitySettings {
        cases: Vec::new(),
        folder: Some(folder.path().to_path_buf()),
        only: Vec::new(),
        changes: vec![Change::Bootstrap],
        repeats: 3,
        ..small()
    };
    let methods = [method(SearchMethod::Als), method(SearchMethod::Linear)];
    let results = quietly(&settings, &methods);
    let (options, control) = (Options::default(), Control::silent());
    let compared = compare(&settings, &results.records, &options, &control).unwrap();
    assert_eq!(compared.len(), 2);
    let numbers = compared.iter().find(|table| table.data.name() == "numbers");
    let numbers = numbers.unwrap();
    let one = |text: &str| {
        let found = numbers
            .structures
            .iter()
            .find(|s| s.neuron.to_string() == text);
        found.unwrap_or_else(|| panic!("no {text} in {:?}", numbers.structures))
    };
    assert!(!one("x").tied() && one("x + cp(2, r=1)").tied());
    let text = ties_markdown(&results.records, &compared);
    assert!(
        text.contains("| als | numbers | bootstrap | 3 | 3 | 1 | 1 |"),
        "{text}"
    );
    assert!(
        text.contains("| linear | numbers | bootstrap | 3 | 0 | 1 | 0 |"),
        "{text}"
    );
}

#[test]
fn noise_is_in_deviations_of_the_signal() {
    let table = Settings {
        rows: 4000,
        noise: 0.0,
        ..small().table
    };
    let parts = data::synthetic(&small().cases[0], &table).unwrap();
    assert_eq!(parts.test.inputs.rows(), 2000);
    let (noisy, _) = data::changed(&parts.training, Change::Noise(0.3), 5);
    let (Target::Values(clean), Target::Values(noisy)) = (&parts.training.target, &noisy.target)
    else {
        panic!("numbers became classes");
    };
    let noise: Vec<f64> = (0..4000)
        .map(|row| noisy.row(row)[0] - clean.row(row)[0])
        .collect();
    let size = crate::statistics::deviation(&noise).unwrap();
    let signal = crate::statistics::deviation(&clean.column(0)).unwrap();
    assert!((size / signal - 0.3).abs() < 0.02, "{size} {signal}");
}

#[test]
fn real_tables_are_split_by_the_protocol_and_classes_have_no_noise() {
    let folder = tables();
    let settings = StabilitySettings {
        cases: Vec::new(),
        folder: Some(folder.path().to_path_buf()),
        only: Vec::new(),
        repeats: 2,
        ..small()
    };
    let results = quietly(&settings, &[method(SearchMethod::Als)]);
    let of = |name: &str| -> Vec<&Record<Run, Found, Measured>> {
        let own = results.records.iter().filter(|r| r.run.data.name() == name);
        own.collect()
    };
    assert_eq!((of("classes").len(), of("numbers").len()), (4, 12));
    for record in of("numbers") {
        if record.run.change == Change::Seed {
            assert!(record.result.test_error.unwrap() < 0.05, "{record:?}");
        }
    }
    for record in of("classes") {
        assert!(record.result.test_error.unwrap() < 0.69, "{record:?}");
    }
    let wrong = StabilitySettings {
        only: vec!["nothing".to_string()],
        ..settings
    };
    let options = Options::default();
    assert!(run(&wrong, &[], &options, &Control::silent(), &|_, _| {}).is_err());
}

/// Fails at every seed.
struct Refusing;

impl Search for Refusing {
    fn name(&self) -> &'static str {
        "refusing"
    }
    fn search(&self, _: &Problem<'_>, _: u64, _: &Control<'_>) -> Result<Report, SearchError> {
        Err(SearchError::NotFinite("a test".into()))
    }
}

#[test]
fn failures_are_counted_and_settings_checked() {
    let refusing = Method {
        name: "no".to_string(),
        options: SearchOptions::default(),
        search: Box::new(Refusing),
    };
    let summaries = summarise(&quietly(&small(), &[refusing]).records);
    for one in &summaries {
        assert_eq!((one.failed, one.agreement, one.test_error), (4, None, None));
    }
    assert!(markdown(&summaries).contains("| no | pure 2 | seed | 4 | 4 | - |"));
    let bad = StabilitySettings {
        repeats: 1,
        changes: vec![Change::Noise(-1.0)],
        ..small()
    };
    let options = Options::default();
    let error = run(&bad, &[], &options, &Control::silent(), &|_, _| {}).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("repeats 1") && text.contains("noise -1"),
        "{text}"
    );
}

#[test]
fn pairs_are_compared_with_and_without_ranks() {
    let case = small().cases[1];
    let record = |neuron: Option<&str>, test_error| Record {
        id: String::new(),
        experiment: NAME.to_string(),
        version: 1,
        run: Run {
            method: "m".to_string(),
            search: SearchOptions::default(),
            data: Data::Synthetic {
                case,
                table: Settings::default(),
            },
            change: Change::Seed,
            seed: 0,
        },
        result: Found {
            neuron: neuron.map(|text| text.parse().unwrap()),
            test_error,
            error: None,
        },
        measured: Measured { seconds: 1.0 },
    };
    let records = [
        record(Some("x + cp(2, r=1)"), Some(0.1)),
        record(Some("x + cp(2, r=1)"), Some(0.3)),
        record(Some("x + cp(2, r=2)"), Some(0.2)),
        record(Some("x"), None),
        record(None, None),
    ];
    let [one] = summarise(&records).try_into().unwrap();
    assert_eq!((one.runs, one.failed), (5, 1));
    assert_eq!(one.agreement, Some(1.0 / 6.0));
    assert_eq!(one.agreement_of_orders, Some(0.5));
    assert_eq!(one.jaccard, Some((3.0 + 3.0 * 0.5) / 6.0));
    let ranks = one.jaccard_with_ranks.unwrap();
    assert!((ranks - (1.0 + 2.0 / 3.0 + 1.5) / 6.0).abs() < 1e-15);
    assert_eq!(one.entropy, 1.5);
    assert!((one.entropy_of_orders - 0.811278).abs() < 1e-6);
    assert_eq!((one.exact, one.exact_orders), (Some(2), Some(3)));
    assert_eq!(one.commonest.unwrap().to_string(), "x + cp(2, r=1)");
    let [low, _, middle, _, high] = one.test_error.unwrap();
    assert_eq!((low, middle, high), (0.1, 0.25, f64::INFINITY));
}
