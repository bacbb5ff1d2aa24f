use proptest::prelude::*;

use super::*;

fn hybrid(variant: usize) -> Case {
    Case {
        mode: Mode::Hybrid,
        variant,
    }
}

#[test]
fn y_is_standardised_and_follows_the_formula() {
    for case in Case::all() {
        let settings = Settings {
            rows: 400,
            noise: 0.0,
            ..Settings::default()
        };
        let made = generate(&case, &settings).unwrap();
        let mean = made.y.iter().sum::<f64>() / 400.0;
        let variance = made.y.iter().map(|y| y * y).sum::<f64>() / 400.0;
        assert!(mean.abs() < 1e-12, "{case}: {mean}");
        assert!((variance - 1.0).abs() < 1e-12, "{case}: {variance}");
        for row in 0..400 {
            let x = made.inputs.row(row);
            let clean: f64 = made.terms.iter().map(|term| term.value(x)).sum();
            let expected = (clean - made.mean) / made.deviation;
            assert!((made.y[row] - expected).abs() < 1e-12, "{case} row {row}");
        }
    }
}

#[test]
fn the_noise_has_the_deviation_asked_for() {
    let clean = Settings {
        rows: 20_000,
        noise: 0.0,
        ..Settings::default()
    };
    let noisy = Settings {
        noise: 0.5,
        ..clean
    };
    let clean = generate(&hybrid(0), &clean).unwrap();
    let noisy = generate(&hybrid(0), &noisy).unwrap();
    assert_eq!(clean.inputs, noisy.inputs);
    assert_eq!(clean.terms, noisy.terms);
    let raw = |made: &Synthetic, row: usize| made.y[row] * made.deviation + made.mean;
    let squares: f64 = (0..20_000)
        .map(|row| (raw(&noisy, row) - raw(&clean, row)).powi(2))
        .sum();
    let deviation = (squares / 20_000.0).sqrt();
    assert!((deviation - 0.5).abs() < 0.01, "{deviation}");
}

#[test]
fn cases_and_seeds_differ_and_repeat() {
    let settings = Settings {
        rows: 50,
        ..Settings::default()
    };
    let first = generate(&hybrid(0), &settings).unwrap();
    assert_eq!(first, generate(&hybrid(0), &settings).unwrap());
    let other = Settings {
        seed: 1,
        ..settings
    };
    assert_ne!(
        first.inputs,
        generate(&hybrid(0), &other).unwrap().inputs,
        "seed"
    );
    assert_ne!(
        first.inputs,
        generate(&hybrid(1), &settings).unwrap().inputs,
        "case"
    );
}

#[test]
fn all_problems_are_named_at_once() {
    let settings = Settings {
        dim: 2,
        rows: 1,
        noise: f64::NAN,
        ..Settings::default()
    };
    let error = generate(&hybrid(5), &settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "variant 5 is not one of 0 to 4; \
         dim 2 is too small: hybrid cases need at least 3 inputs; \
         rows 1 are too few: at least 2; \
         noise NaN is out of range: a number from 0 to 1e9"
    );
    let settings = Settings {
        rows: usize::MAX,
        ..Settings::default()
    };
    let error = generate(&hybrid(0), &settings).unwrap_err();
    assert!(error.to_string().contains("too many cells"), "{error}");
}

proptest! {
    #[test]
    fn any_settings_are_used_or_refused(
        dim in 0usize..40, rows in 0usize..40, noise in prop_oneof![any::<f64>(), 0.0..1e9], seed in any::<u64>(),
        law in 0usize..5, mode in 0usize..3, variant in 0usize..6,
    ) {
        let case = Case { mode: Mode::ALL[mode], variant };
        let settings = Settings { dim, rows, noise, seed, law: Law::ALL[law] };
        if let Ok(made) = generate(&case, &settings) {
            prop_assert_eq!((made.inputs.rows(), made.inputs.columns()), (rows, dim));
            prop_assert!(made.inputs.data().iter().chain(&made.y).all(|x| x.is_finite()));
        }
    }
}

#[test]
fn the_files_hold_the_table_and_its_truth() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.csv.gz");
    let settings = Settings {
        dim: 3,
        rows: 20,
        ..Settings::default()
    };
    let made = generate(&hybrid(1), &settings).unwrap();
    let truth_path = made.write(&path, false).unwrap();
    assert_eq!(truth_path, folder.path().join("data.truth.json"));

    let table = crate::table::Table::read(&path, &Default::default()).unwrap();
    let names: Vec<&str> = table
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["x1", "x2", "x3", "y"]);
    assert_eq!(table.column("y").unwrap().numbers().unwrap(), made.y);
    assert_eq!(
        table.column("x2").unwrap().numbers().unwrap(),
        made.inputs.column(1)
    );

    let json = std::fs::read_to_string(&truth_path).unwrap();
    let truth: Truth = serde_json::from_str(&json).unwrap();
    assert_eq!(truth, made.truth_document());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["neuron"], "x + cp(2, r=1)");
    assert_eq!(json["structure"]["interaction"][0]["rank"], 1);
    assert_eq!(json["law"], "normal");
    assert_eq!(json["mode"], "hybrid");
    assert_eq!(json["terms"][1]["factors"].as_array().unwrap().len(), 2);
}

#[test]
fn both_files_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let made = generate(&hybrid(0), &Settings::default()).unwrap();
    let truth = folder.path().join("a.truth.json");
    std::fs::write(&truth, "mine").unwrap();
    let error = made.write(&folder.path().join("a.csv"), false).unwrap_err();
    assert!(
        error.to_string().contains("a.truth.json: exists already"),
        "{error}"
    );
    assert!(!folder.path().join("a.csv").exists());
    assert_eq!(std::fs::read_to_string(&truth).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
