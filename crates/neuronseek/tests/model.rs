//! Fits from a table to predictions, as a user of the library makes them.

// A panic here is a failed test.
#![allow(clippy::unwrap_used)]

mod ending;

use std::sync::atomic::AtomicBool;

use ending::fit_ended_after;
use neuronseek::model::{
    CandidateKind, EmbeddingChoice, FitError, FitOptions, Holdout, Metrics, Model, NeuronChoice,
    Prediction, TransformChoice, fit,
};
use neuronseek::neuron::Neuron;
use neuronseek::observe::{Control, Silent};
use neuronseek::prepare::{TargetStatistics, TargetTransform};
use neuronseek::table::synthetic::{Case, Mode, Settings, generate};
use neuronseek::table::{Column, ReadOptions, Table};

/// y = x1 * x2 + noise-free category shift, with a missing cell and a constant column.
fn table(rows: usize) -> Table {
    let x = |i: usize, k: usize| ((i * (7 + 4 * k) + k) % 101) as f64 / 50.0 - 1.0;
    let group = |i: usize| ["red", "green", "blue"][(i * 5 + i / 7) % 3];
    let shift = |i: usize| if group(i) == "red" { 0.5 } else { 0.0 };
    let mut first: Vec<f64> = (0..rows).map(|i| x(i, 0)).collect();
    let y: Vec<f64> = (0..rows)
        .map(|i| 20.0 + 3.0 * x(i, 0) * x(i, 1) + shift(i))
        .collect();
    first[3] = f64::NAN;
    let label: Vec<&str> = y
        .iter()
        .map(|y| if *y > 20.1 { "high" } else { "low" })
        .collect();
    let columns = vec![
        Column::of_numbers("first", first),
        Column::of_numbers("second", (0..rows).map(|i| x(i, 1)).collect()),
        Column::of_texts("group", (0..rows).map(|i| Some(group(i)))),
        Column::of_numbers("same", vec![1.0; rows]),
        Column::of_numbers("y", y),
        Column::of_texts("label", label.iter().map(|label| Some(*label))),
    ];
    Table::new("test table", columns).unwrap()
}

fn options(target: &str, ignored: &str) -> FitOptions {
    let mut options = FitOptions::default();
    options.prepare.targets = vec![target.to_string()];
    options.prepare.ignore = vec![ignored.to_string()];
    options.holdout = Holdout::Split(0);
    options.network.hidden = Some(vec![16]);
    options.train.epochs = Some(30);
    options
}

fn values(prediction: &Prediction) -> Vec<f64> {
    match prediction {
        Prediction::Values { values, .. } => values.data().to_vec(),
        Prediction::Classes { probabilities, .. } => probabilities.data().to_vec(),
    }
}

#[test]
fn a_saved_model_predicts_as_before_whatever_the_order_of_columns() {
    let table = table(400);
    for (target, other) in [("y", "label"), ("label", "y")] {
        let fitted = fit(&table, None, &options(target, other), &Control::silent()).unwrap();
        let bytes = fitted.model.to_bytes().unwrap();
        let read = Model::from_bytes(&bytes, "memory").unwrap();
        assert_eq!(read.to_bytes().unwrap(), bytes);
        let before = values(&fitted.model.predict(&table).unwrap());
        assert_eq!(values(&read.predict(&table).unwrap()), before);
        let names = ["group", "second", "first"].map(str::to_string);
        let shuffled = table.select(&names).unwrap();
        assert_eq!(values(&read.predict(&shuffled).unwrap()), before);
        let report = &fitted.report;
        assert!(report.metrics["test"].loss() < report.mean["test"].loss());
        assert_eq!(report.rows.total, 400);
        let error = read.predict(&table.without(&["second".to_string()]).unwrap());
        assert!(error.unwrap_err().to_string().contains("second"));
    }
}

#[test]
fn the_closed_form_wins_where_the_target_is_a_polynomial() {
    let case = Case {
        mode: Mode::Hybrid,
        variant: 1,
    };
    let settings = Settings {
        rows: 600,
        dim: 5,
        ..Settings::default()
    };
    let table = generate(&case, &settings).unwrap().table().unwrap();
    let fitted = fit(
        &table,
        None,
        &options("y", "none").without_ignore(),
        &Control::silent(),
    );
    let report = fitted.unwrap().report;
    assert_eq!(report.neuron.to_string(), "x + cp(2, r=1)");
    let chosen = report.candidates.iter().find(|c| c.chosen).unwrap();
    assert_eq!(chosen.kind, CandidateKind::Polynomial);
    let Metrics::Regression { r2: Some(r2), .. } = report.metrics["test"] else {
        panic!("no regression");
    };
    assert!(r2 > 0.999, "r2 {r2}");
}

/// y^2 = 3 x1 x2 + 1 or log y linear, with some noise on the transformed scale.
fn transformed(rows: usize, noise: f64, inverse: impl Fn(f64) -> f64) -> Table {
    let x = |i: usize, k: usize| ((i * (7 + 4 * k) + k) % 101) as f64 / 50.0 + 0.5;
    let jitter = |i: usize| ((i * 7919 % 1009) as f64 / 504.0 - 1.0) * noise;
    let y = (0..rows).map(|i| inverse(3.0 * x(i, 0) * x(i, 1) + 1.0 + jitter(i)));
    let columns = vec![
        Column::of_numbers("a", (0..rows).map(|i| x(i, 0)).collect()),
        Column::of_numbers("b", (0..rows).map(|i| x(i, 1)).collect()),
        Column::of_numbers("c", (0..rows).map(|i| x(i, 2)).collect()),
        Column::of_numbers("y", y.collect()),
    ];
    Table::new("transformed", columns).unwrap()
}

#[test]
fn the_transform_that_makes_the_target_a_polynomial_is_found() {
    for (transform, inverse) in [
        (TargetTransform::Square, f64::sqrt as fn(f64) -> f64),
        (TargetTransform::Log, |t| (0.3 * t).exp()),
        (TargetTransform::Reciprocal, |t| 1.0 / t),
    ] {
        let table = transformed(500, 0.0, inverse);
        let options = options("y", "y").without_ignore();
        let fitted = fit(&table, None, &options, &Control::silent()).unwrap();
        let report = &fitted.report;
        let chosen = report.transform.as_ref().unwrap();
        assert_eq!(chosen.transform, transform, "{}", chosen.reason);
        let Metrics::Regression {
            nmse: Some(nmse), ..
        } = report.metrics["test"]
        else {
            panic!("no regression");
        };
        assert!(nmse < 1e-10, "{transform} {nmse}");
        let equation = report.equation.as_ref().unwrap();
        assert_eq!(equation.terms.len(), 1, "{}", equation.text());
        assert_eq!(
            equation.terms[0].inputs,
            [("a".to_string(), 1), ("b".to_string(), 1)]
        );
        // What is stored predicts the same.
        let read = Model::from_bytes(&fitted.model.to_bytes().unwrap(), "memory").unwrap();
        assert_eq!(
            values(&read.predict(&table).unwrap()),
            values(&fitted.model.predict(&table).unwrap())
        );
        assert_eq!(read.preparation().target_transform(), Some(transform));
    }
}

#[test]
fn predictions_of_a_noisy_logarithm_are_not_biased() {
    let table = transformed(2000, 4.0, |t| (0.2 * t).exp());
    let mut options = options("y", "y").without_ignore();
    options.target_transform = TransformChoice::Given(TargetTransform::Log);
    let fitted = fit(&table, None, &options, &Control::silent()).unwrap();
    let predicted = values(&fitted.model.predict(&table).unwrap());
    let truth = table.column("y").unwrap().numbers().unwrap();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ratio = mean(&predicted) / mean(&truth);
    // Without smearing: the mean of exp(r), r even between -0.8 and 0.8, is missing: 1 / 1.11.
    assert!((ratio - 1.0).abs() < 0.02, "{ratio}");
}

#[test]
fn a_target_of_both_signs_is_left_as_it_is() {
    let table = transformed(300, 0.0, |t| t - 5.0);
    let fitted = fit(
        &table,
        None,
        &options("y", "y").without_ignore(),
        &Control::silent(),
    );
    let report = fitted.unwrap().report;
    let transform = report.transform.unwrap();
    assert_eq!(transform.transform, TargetTransform::None);
    assert!(transform.tried.is_empty());
}

trait WithoutIgnore {
    fn without_ignore(self) -> Self;
}

impl WithoutIgnore for FitOptions {
    fn without_ignore(mut self) -> Self {
        self.prepare.ignore.clear();
        self
    }
}

#[test]
fn the_same_bytes_at_any_number_of_threads() {
    let table = table(300);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| {
            let fitted = fit(&table, None, &options("y", "label"), &Control::silent());
            fitted.unwrap().model.to_bytes().unwrap()
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(3));
}

/// A fit that is ended after so many events and resumed is that of `settings` in one go.
fn resumes_to_the_same_bytes(mut settings: FitOptions, limits: &[usize]) {
    let table = table(300);
    let folder = tempfile::tempdir().unwrap();
    let whole = fit(&table, None, &settings, &Control::silent()).unwrap();
    let whole = whole.model.to_bytes().unwrap();
    for &limit in limits {
        settings.checkpoint = Some(folder.path().join(format!("{limit}.checkpoint")));
        settings.resume = false;
        let ended = fit_ended_after(&table, &settings, None, limit);
        if let Ok(fitted) = &ended {
            assert!(fitted.report.ended_early, "limit {limit}");
        }
        settings.resume = true;
        let resumed = fit(&table, None, &settings, &Control::silent()).unwrap();
        assert_eq!(resumed.model.to_bytes().unwrap(), whole, "limit {limit}");
        assert!(!settings.checkpoint.as_ref().unwrap().exists());
    }
}

#[test]
fn a_fit_ended_at_any_moment_resumes_to_the_same_bytes() {
    resumes_to_the_same_bytes(options("y", "label"), &[1, 3, 10, 40, 75, 110, 300]);
    // Kinds that differ in dropout and weight decay alone.
    let mut embedded = options("y", "label");
    embedded.network.embedding = EmbeddingChoice::Bins(8);
    resumes_to_the_same_bytes(embedded, &[75, 150]);
}

#[test]
fn a_checkpoint_of_other_options_is_refused() {
    let table = table(300);
    let folder = tempfile::tempdir().unwrap();
    let mut settings = options("y", "label");
    settings.checkpoint = Some(folder.path().join("fit.checkpoint"));
    let stop = AtomicBool::new(true);
    let control = Control {
        observer: &Silent,
        stop: &stop,
        deadline: None,
    };
    let _ = fit(&table, None, &settings, &control);
    assert!(settings.checkpoint.as_ref().unwrap().exists());
    settings.resume = true;
    settings.seed = 1;
    let error = fit(&table, None, &settings, &Control::silent()).unwrap_err();
    assert!(matches!(error, FitError::File(_)), "{error}");
}

#[test]
fn a_given_neuron_is_kept_and_compared_when_asked() {
    let table = table(300);
    let mut settings = options("y", "label");
    settings.neuron = NeuronChoice::Given("x + cp(2)".parse::<Neuron>().unwrap());
    settings.compare = true;
    let report = fit(&table, None, &settings, &Control::silent())
        .unwrap()
        .report;
    assert_eq!(report.neuron.to_string(), "x + cp(2)");
    assert_eq!(report.candidates.len(), 2);
    let [task_driven, plain] = report.candidates.as_slice() else {
        panic!("two candidates");
    };
    let ratio = plain.parameters as f64 / task_driven.parameters as f64;
    assert!((0.9..1.1).contains(&ratio), "{ratio}");
}

#[test]
fn damaged_model_files_are_refused_or_the_same() {
    use rand::{RngExt, SeedableRng};
    let table = table(300);
    let fitted = fit(&table, None, &options("y", "label"), &Control::silent()).unwrap();
    let good = fitted.model.to_bytes().unwrap();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    for damage in 0..1000 {
        let mut bad = good.clone();
        if damage % 4 == 0 {
            bad.truncate(random.random_range(0..good.len()));
        } else {
            for _ in 0..=random.random_range(0..3) {
                let position = random.random_range(0..bad.len());
                bad[position] ^= 1 << random.random_range(0..8);
            }
        }
        if let Ok(model) = Model::from_bytes(&bad, "damaged") {
            assert_eq!(model.to_bytes().unwrap(), good, "damage {damage}");
        }
    }
}

/// A category of 300 levels that mean nothing: what a level's mean says on the rows it was made of
/// must not look like knowledge on the validation rows.
#[test]
fn levels_without_meaning_give_no_advantage_on_validation_rows() {
    let rows = 1500;
    let noise = |i: usize, salt: u64| {
        let mut z = (i as u64 + salt * 1_000_003).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    let level = |i: usize| Some(format!("l{}", (noise(i, 1) * 300.0) as usize));
    let table = Table::new(
        "test table",
        vec![
            Column::of_texts("level", (0..rows).map(level)),
            Column::of_numbers("x", (0..rows).map(|i| noise(i, 2)).collect()),
            Column::of_numbers("y", (0..rows).map(|i| noise(i, 3)).collect()),
        ],
    )
    .unwrap();
    let mut options = options("y", "x");
    options.prepare.ignore.clear();
    options.search.max_order = 2;
    options.prepare.statistics = TargetStatistics::All;
    let fitted = fit(&table, None, &options, &Control::silent()).unwrap();
    let names = fitted.model.preparation().input_names();
    assert!(names.iter().any(|name| name == "level.mean(y)"));
    for rows in ["validation", "test"] {
        let loss = fitted.report.metrics[rows].loss();
        assert!(loss > 0.95, "{rows}: {loss}");
    }
}

#[test]
fn a_file_written_before_there_were_statistics_is_read() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let read = |name: &str| Table::read(&data.join(name), &ReadOptions::default()).unwrap();
    let model = Model::load(&data.join("before_statistics.safetensors")).unwrap();
    let predicted = values(&model.predict(&read("before_statistics.csv")).unwrap());
    let expected = read("before_statistics.predictions.csv");
    let expected = expected.column("prediction").unwrap().numbers().unwrap();
    assert_eq!(predicted.len(), expected.len());
    for (predicted, expected) in predicted.iter().zip(&expected) {
        assert!(
            (predicted - expected).abs() < 1e-4,
            "{predicted} {expected}"
        );
    }
}

#[test]
fn predictions_stay_near_the_known_targets_unless_asked() {
    let line = |low: usize, high: usize| {
        let x: Vec<f64> = (low..high).map(|i| i as f64).collect();
        let y = x.iter().map(|x| 3.0 * x).collect();
        let columns = vec![Column::of_numbers("x", x), Column::of_numbers("y", y)];
        Table::new("line", columns).unwrap()
    };
    let mut options = FitOptions::default();
    options.prepare.targets = vec!["y".to_string()];
    let far = line(1000, 1001);
    // Known are 0 to 297; half of this on either side.
    let bounded = fit(&line(0, 100), None, &options, &Control::silent()).unwrap();
    let predicted = values(&bounded.model.predict(&far).unwrap())[0];
    assert!((297.0..=1.5 * 297.0).contains(&predicted), "{predicted}");
    options.prepare.extrapolate = true;
    let free = fit(&line(0, 100), None, &options, &Control::silent()).unwrap();
    let predicted = values(&free.model.predict(&far).unwrap())[0];
    assert!(predicted > 1.5 * 297.0, "{predicted}");
}
