use super::*;
use crate::model::{FitOptions, Profile};
use crate::observe::Control;
use crate::table::synthetic::{Case, Mode, Settings, generate};
use crate::table::{Column, Table};

fn table(rows: usize, noise: f64) -> Table {
    let case = Case {
        mode: Mode::Hybrid,
        variant: 1,
    };
    let made = generate(
        &case,
        &Settings {
            rows,
            dim: 5,
            noise,
            ..Settings::default()
        },
    )
    .unwrap();
    let mut columns: Vec<Column> = (0..5)
        .map(|c| Column::of_numbers(&format!("x{c}"), made.inputs.column(c)))
        .collect();
    columns.push(Column::of_numbers("y", made.y));
    Table::new("rows", columns).unwrap()
}

fn options(profile: Profile) -> FitOptions {
    let mut options = FitOptions {
        profile,
        ..FitOptions::default()
    };
    options.prepare.targets = vec!["y".to_string()];
    options
}

fn rows_of(table: &Table, range: std::ops::Range<usize>) -> Table {
    table.picked(&range.collect::<Vec<usize>>())
}

/// Runs all rounds over the rows cut at these places, tasks and partials sent as bytes.
fn run(mut fit: StreamedFit, table: &Table, cuts: &[usize]) -> StreamedResult {
    while let Some(task) = fit.task() {
        let task = Task::from_bytes(&task.to_bytes().unwrap()).unwrap();
        let mut total: Option<Partial> = None;
        let mut start = 0;
        for &end in cuts.iter().chain([&table.rows()]) {
            let part = task
                .partial(&rows_of(table, start..end), start as u64)
                .unwrap();
            let part = Partial::from_bytes(&part.to_bytes()).unwrap();
            total = Some(match total {
                None => part,
                Some(total) => total.joined(part).unwrap(),
            });
            start = end;
        }
        fit.solve(total.unwrap(), &Control::silent()).unwrap();
    }
    fit.result().unwrap()
}

fn fitted(result: StreamedResult) -> crate::model::Fitted {
    let StreamedResult::Fitted(fitted) = result else {
        panic!("a search");
    };
    *fitted
}

#[test]
fn a_polynomial_is_the_same_bytes_however_rows_are_cut() {
    let table = table(90_000, 0.1);
    let options = options(Profile::Polynomial);
    let fit = |rows| StreamedFit::new(Goal::Fit, &options, 6, rows).unwrap();
    let whole = fitted(run(fit(None), &table, &[]));
    let cuts = [1000, 1001, 40_000, 77_777];
    let cut = fitted(run(fit(Some(90_000)), &table, &cuts));
    assert_eq!(
        whole.model.to_bytes().unwrap(),
        cut.model.to_bytes().unwrap()
    );
    assert_eq!(whole.report.neuron.to_string(), "x + cp(2, r=1)");
    assert_eq!(whole.report.rows.total, 90_000);
    assert_eq!(whole.report.rows.training, 70_000);
    assert_eq!(whole.report.rows.validation, 20_000);
}

#[test]
fn coefficients_are_those_of_least_squares_on_all_rows() {
    let table = table(90_000, 0.5);
    let options = options(Profile::Polynomial);
    let fit = StreamedFit::new(Goal::Search, &options, 6, None).unwrap();
    let StreamedResult::Searched(found) = run(fit, &table, &[30_000]) else {
        panic!("a fit");
    };
    // A search of all rows in memory takes the rows that are held out here, too.
    let memory = crate::model::search(&table, &options, &Control::silent()).unwrap();
    assert_eq!(found.report.neuron, memory.report.neuron);
    let values = |searched: &crate::model::Searched| {
        let encoded = searched.preparation.inputs(&table).unwrap();
        let scaled = searched.search_scale.apply(&encoded);
        let outputs = searched.report.formula.values(&scaled);
        searched.preparation.restore(&outputs)
    };
    let y = table.column("y").unwrap().numbers().unwrap();
    let left = |outputs: &crate::matrix::Matrix<f64>| -> f64 {
        let pairs = y.iter().zip(outputs.data());
        pairs.map(|(y, f)| (y - f) * (y - f)).sum()
    };
    let (streamed, memory) = (left(&values(&found)), left(&values(&memory)));
    assert!(streamed < memory * 1.0002, "{streamed} against {memory}");
}

#[test]
fn classes_of_two_are_refined_and_weights_count() {
    let table = table(90_000, 0.1);
    let y = table.column("y").unwrap().numbers().unwrap();
    let texts = y.iter().map(|y| Some(if *y > 0.0 { "yes" } else { "no" }));
    let table = table.without(&["y".to_string()]).unwrap();
    let table = table
        .with_column(Column::of_texts("y", texts))
        .unwrap()
        .with_column(Column::of_numbers(
            "w",
            (0..90_000).map(|row| f64::from(1 + row % 3)).collect(),
        ))
        .unwrap();
    let mut options = options(Profile::Polynomial);
    options.prepare.weights = Some("w".to_string());
    options.search.max_order = 3;
    let fit = || StreamedFit::new(Goal::Fit, &options, 7, None).unwrap();
    let whole = fitted(run(fit(), &table, &[]));
    let cut = fitted(run(fit(), &table, &[333, 50_000]));
    assert_eq!(
        whole.model.to_bytes().unwrap(),
        cut.model.to_bytes().unwrap()
    );
    assert!(whole.report.metrics["validation"].loss() < 0.3);
}

#[test]
fn networks_are_averaged_and_get_better() {
    let table = table(90_000, 0.1);
    let mut options = options(Profile::Small);
    options.neuron = crate::model::NeuronChoice::Given("x".parse().unwrap());
    options.network.hidden = Some(vec![16]);
    options.train.epochs = Some(3);
    let fit = || StreamedFit::new(Goal::Fit, &options, 6, None).unwrap();
    let first = fitted(run(fit(), &table, &[45_000]));
    let again = fitted(run(fit(), &table, &[45_000]));
    assert_eq!(
        first.model.to_bytes().unwrap(),
        again.model.to_bytes().unwrap()
    );
    assert_eq!(
        first.report.rows.training, 70_000,
        "{:?}",
        first.report.warnings
    );
}

#[test]
fn few_rows_are_all_sampled() {
    let table = table(500, 0.1);
    let options = options(Profile::Polynomial);
    let fit = StreamedFit::new(Goal::Fit, &options, 6, None).unwrap();
    let result = fitted(run(fit, &table, &[100]));
    assert_eq!(result.report.neuron.to_string(), "x + cp(2, r=1)");
    assert_eq!(result.report.rows.total, 500);
}

#[test]
fn what_cannot_be_is_refused() {
    let mut asked = options(Profile::Small);
    asked.intervals = vec![0.9];
    asked.holdout = crate::model::Holdout::Split(0);
    let error = StreamedFit::new(Goal::Fit, &asked, 6, None).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("intervals") && text.contains("evaluate"),
        "{text}"
    );
    let table = table(500, 0.1);
    let options = options(Profile::Small);
    let mut fit = StreamedFit::new(Goal::Fit, &options, 6, None).unwrap();
    let task = fit.task().unwrap();
    let later = task.partial(&table, 100).unwrap();
    let text = (later.clone().joined(later.clone()))
        .unwrap_err()
        .to_string();
    assert!(text.contains("in the order of their rows"), "{text}");
    let seeded = FitOptions {
        seed: 1,
        ..options.clone()
    };
    let other = StreamedFit::new(Goal::Fit, &seeded, 6, None).unwrap();
    let of_other = other.task().unwrap().partial(&table, 0).unwrap();
    let text = fit
        .solve(of_other, &Control::silent())
        .unwrap_err()
        .to_string();
    assert!(text.contains("another task"), "{text}");
    assert!(fit.solve(later, &Control::silent()).is_err());
    assert!(fit.task().is_none());
    assert!(Task::from_bytes(b"no task").is_err());
    assert!(Partial::from_bytes(b"\x01nothing").is_err());
}

/// A row that no sample has.
fn unsampled(rows: u64) -> usize {
    let draw = draw::Draw::new(0);
    let last = (0..rows).max_by_key(|row| draw.hash(*row)).unwrap();
    last as usize
}

/// The table with another cell in y.
fn spoilt(table: &Table, row: usize, value: f64) -> Table {
    let mut y = table.column("y").unwrap().numbers().unwrap();
    y[row] = value;
    let rest = table.without(&["y".to_string()]).unwrap();
    rest.with_column(Column::of_numbers("y", y)).unwrap()
}

#[test]
fn predictions_may_go_where_the_targets_of_all_rows_are() {
    let table = table(90_000, 0.1);
    let row = unsampled(90_000);
    let y = table.column("y").unwrap().numbers().unwrap();
    let largest = y.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let table = spoilt(&table, row, 3.0 * largest);
    let fit = StreamedFit::new(Goal::Fit, &options(Profile::Polynomial), 6, None).unwrap();
    let result = fitted(run(fit, &table, &[50_000]));
    let outcome = result.model.preparation().outcome();
    let scaled = outcome.scaled(&crate::matrix::Matrix::from_vec(1, 1, vec![3.0 * largest]));
    let above = crate::matrix::Matrix::from_vec(1, 1, vec![1.01 * scaled.data()[0]]);
    let restored = outcome.restore(&above).data()[0];
    assert!(restored > 3.0 * largest, "{restored} of {}", 3.0 * largest);
    assert!(result.model.limits.0[0][1] > scaled.data()[0]);
}

#[test]
fn rows_of_classes_that_the_sample_lacks_are_told() {
    let table = table(90_000, 0.1);
    let row = unsampled(90_000);
    let y = table.column("y").unwrap().numbers().unwrap();
    let texts = y.iter().enumerate().map(|(place, y)| match place {
        place if place == row => Some("rare"),
        place if place == row - 1 => None,
        _ => Some(if *y > 0.0 { "up" } else { "down" }),
    });
    let texts: Vec<Option<&str>> = texts.collect();
    let rest = table.without(&["y".to_string()]).unwrap();
    let table = rest.with_column(Column::of_texts("y", texts)).unwrap();
    let mut options = options(Profile::Polynomial);
    options.search.max_order = 2;
    let fit = StreamedFit::new(Goal::Fit, &options, 6, None).unwrap();
    let result = fitted(run(fit, &table, &[row - 1]));
    let told = |text: &str| result.report.warnings.iter().any(|own| own.contains(text));
    assert!(
        told("1 row is left out: of a class"),
        "{:?}",
        result.report.warnings
    );
    assert_eq!(result.report.rows.without_target, 1);
}

#[test]
fn rows_outside_the_domain_of_the_transform_are_left_out_and_told() {
    let table = table(90_000, 0.1);
    let y = table.column("y").unwrap().numbers().unwrap();
    let rest = table.without(&["y".to_string()]).unwrap();
    let positive: Vec<f64> = y.iter().map(|y| (0.3 * y).exp()).collect();
    let table = rest.with_column(Column::of_numbers("y", positive)).unwrap();
    let table = spoilt(&table, unsampled(90_000), 0.0);
    let mut options = options(Profile::Polynomial);
    let log = crate::prepare::TargetTransform::Log;
    options.target_transform = crate::model::TransformChoice::Given(log);
    let fit = StreamedFit::new(Goal::Fit, &options, 6, None).unwrap();
    let result = fitted(run(fit, &table, &[]));
    let told = |text: &str| result.report.warnings.iter().any(|own| own.contains(text));
    assert!(
        told("1 row is left out: whose target"),
        "{:?}",
        result.report.warnings
    );
    assert_eq!(result.report.neuron.to_string(), "x + cp(2, r=1)");
    assert_eq!(result.report.rows.training, 69_999);
}

#[test]
fn networks_take_parts_that_do_not_count() {
    let table = table(90_000, 0.1);
    let weights = (0..90_000).map(|row| f64::from(u8::from(row < 45_000)));
    let table = table
        .with_column(Column::of_numbers("w", weights.collect()))
        .unwrap();
    let mut options = options(Profile::Small);
    options.prepare.weights = Some("w".to_string());
    options.neuron = crate::model::NeuronChoice::Given("x".parse().unwrap());
    options.network.hidden = Some(vec![8]);
    options.train.epochs = Some(1);
    let fit = StreamedFit::new(Goal::Fit, &options, 7, None).unwrap();
    fitted(run(fit, &table, &[45_000]));
}

#[test]
fn totals_of_networks_are_of_all_rows_each_once() {
    let table = table(90_000, 0.1);
    let mut options = options(Profile::Small);
    options.neuron = crate::model::NeuronChoice::Given("x".parse().unwrap());
    options.network.hidden = Some(vec![4]);
    options.train.epochs = Some(1);
    let mut fit = StreamedFit::new(Goal::Fit, &options, 6, None).unwrap();
    let sketch = fit.task().unwrap().partial(&table, 0).unwrap();
    fit.solve(sketch, &Control::silent()).unwrap();
    assert_eq!(fit.task().unwrap().name(), "networks");
    let half = fit.task().unwrap().partial(&rows_of(&table, 0..40_000), 0);
    let error = fit.solve(half.unwrap(), &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("each once"), "{error}");
}
