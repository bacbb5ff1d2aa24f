//! Fits of very few rows, of rows told for validation, of the polynomial alone, and updates.

use super::*;
use crate::observe::Control;
use crate::prepare::Task;
use crate::table::{Column, Table};

fn numbers(rows: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(2_862_933_555_777_941_757) | 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as f64 / (1u64 << 31) as f64 - 0.5
    };
    (0..rows).map(|_| next()).collect()
}

fn law(rows: usize, seed: u64) -> Table {
    let (a, b, noise) = (
        numbers(rows, seed + 1),
        numbers(rows, seed + 2),
        numbers(rows, seed + 3),
    );
    let y = (0..rows).map(|row| 3.0 * a[row] * b[row] + a[row] + 0.1 * noise[row]);
    let y = y.collect();
    let columns = [("a", a), ("b", b), ("y", y)];
    let columns = columns.map(|(name, values)| Column::of_numbers(name, values));
    Table::new("law", columns.to_vec()).unwrap()
}

fn options(profile: Profile) -> FitOptions {
    let mut options = FitOptions {
        profile,
        ..FitOptions::default()
    };
    options.prepare.targets = vec!["y".to_string()];
    options.prepare.task = Task::Regression;
    options
}

fn values(model: &Model, table: &Table) -> Vec<f64> {
    match model.predict(table).unwrap() {
        Prediction::Values { values, .. } => values.data().to_vec(),
        Prediction::Classes { probabilities, .. } => probabilities.data().to_vec(),
    }
}

#[test]
fn tables_of_few_rows_are_fitted() {
    for rows in [2, 3, 4, 5, 7, 9, 12, 15, 19, 25] {
        for profile in [Profile::Polynomial, Profile::Small, Profile::Default] {
            let table = law(rows, 7);
            let mut options = options(profile);
            options.train.epochs = Some(3);
            let fitted = fit(&table, None, &options, &Control::silent());
            let fitted = fitted.unwrap_or_else(|error| panic!("{rows} {profile:?}: {error}"));
            assert!(values(&fitted.model, &table).iter().all(|v| v.is_finite()));
            let labels = (0..rows).map(|row| Some(if row % 2 == 0 { "u" } else { "v" }));
            let mut columns = table.columns()[..2].to_vec();
            columns.push(Column::of_texts("y", labels));
            let classes = Table::new("classes", columns).unwrap();
            options.prepare.task = Task::Classification;
            let fitted = fit(&classes, None, &options, &Control::silent());
            let fitted = fitted.unwrap_or_else(|e| panic!("classes {rows} {profile:?}: {e}"));
            assert!(
                values(&fitted.model, &classes)
                    .iter()
                    .all(|v| v.is_finite())
            );
        }
    }
}

#[test]
fn one_row_is_refused() {
    let error = fit(
        &law(1, 0),
        None,
        &options(Profile::Small),
        &Control::silent(),
    );
    assert!(error.unwrap_err().to_string().contains("at least 2"));
}

#[test]
fn the_polynomial_alone_is_fitted_on_all_rows() {
    let table = law(300, 1);
    let fitted = fit(
        &table,
        None,
        &options(Profile::Polynomial),
        &Control::silent(),
    )
    .unwrap();
    let report = &fitted.report;
    assert_eq!(report.neuron.to_string(), "x + cp(2, r=1)");
    assert_eq!((report.rows.training, report.rows.validation), (300, 0));
    assert_eq!(
        report.metrics.keys().collect::<Vec<_>>(),
        ["training"],
        "no row was held out"
    );
    // The search of all rows is the model.
    let searched = search(&table, &options(Profile::Small), &Control::silent()).unwrap();
    let own = report.search.as_ref().unwrap();
    assert_eq!(own.formula, searched.report.formula);
    assert!(fitted.model.polynomial().is_some());
    // Its outputs are kept in the range of all rows, so an exact law is exact at the largest, too.
    let x: Vec<f64> = numbers(300, 5).iter().map(|value| 4.0 * value).collect();
    let y = x.iter().map(|value| value.powi(3)).collect();
    let columns = vec![Column::of_numbers("a", x), Column::of_numbers("y", y)];
    let cubes = Table::new("cubes", columns).unwrap();
    let exact = fit(
        &cubes,
        None,
        &options(Profile::Polynomial),
        &Control::silent(),
    )
    .unwrap();
    let error = exact.model.evaluate(&cubes).unwrap().0.loss();
    assert!(error < 1e-12, "{error}");
    let refused = FitOptions {
        loss: Some(crate::network::Loss::Huber { delta: 1.0 }),
        ..options(Profile::Polynomial)
    };
    let error = fit(&table, None, &refused, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("profile polynomial"), "{error}");
}

#[test]
fn rows_that_are_told_validate() {
    let (known, unseen) = (law(200, 2), law(60, 9));
    let table = known.with_rows_of(&unseen).unwrap();
    let mut own = options(Profile::Small);
    own.validation = Validation::Last(60);
    let fitted = fit(&table, None, &own, &Control::silent()).unwrap();
    let rows = fitted.report.rows;
    assert_eq!((rows.training, rows.validation, rows.folds), (200, 60, 1));
    let (metrics, _) = fitted.model.evaluate(&unseen).unwrap();
    assert_eq!(fitted.report.metrics["validation"], metrics);
    own.validation = Validation::Last(260);
    let error = fit(&table, None, &own, &Control::silent()).unwrap_err();
    assert!(error.to_string().contains("or for training"), "{error}");
    own.validation = Validation::Fraction(0.3);
    let fitted = fit(&known, None, &own, &Control::silent()).unwrap();
    assert_eq!(fitted.report.rows.validation, 60);
    own.validation = Validation::Fraction(1.5);
    own.network.folds = Some(3);
    let error = fit(&known, None, &own, &Control::silent())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("1.5") && error.contains("exclude"),
        "{error}"
    );
}

#[test]
fn an_update_goes_on_from_the_networks() {
    let table = law(300, 4);
    let mut short = options(Profile::Small);
    short.loss = Some(crate::network::Loss::MeanSquared);
    short.train.epochs = Some(1);
    let fitted = fit(&table, None, &short, &Control::silent()).unwrap();
    let error = |model: &Model| model.evaluate(&table).unwrap().0.loss();
    let before = error(&fitted.model);
    let more = UpdateOptions {
        epochs: 60,
        ..UpdateOptions::default()
    };
    let updated = fitted
        .model
        .update(&table, &more, &Control::silent())
        .unwrap();
    assert!(
        error(&updated) < 0.5 * before,
        "{before} {}",
        error(&updated)
    );
    // One pass twice is not one pass of both, but it is deterministic.
    let again = fitted
        .model
        .update(&table, &more, &Control::silent())
        .unwrap();
    assert_eq!(updated.to_bytes().unwrap(), again.to_bytes().unwrap());
    let formula = fit(
        &table,
        None,
        &options(Profile::Polynomial),
        &Control::silent(),
    )
    .unwrap();
    let error = formula.model.update(&table, &more, &Control::silent());
    assert!(error.unwrap_err().to_string().contains("formula"));
}
