//! Explanations against scikit-learn.

// A panic here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../parity/python.rs"]
mod python;

use neuronseek::explain::{permutation_importance, permutations};
use neuronseek::model::{FitOptions, fit};
use neuronseek::observe::Control;
use neuronseek::table::{Column, Table};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Answer {
    orders: Vec<Vec<usize>>,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

/// y = 2 a b + c^3 + 1 with noise.
fn table() -> Table {
    let x = |i: usize, k: usize| ((i * (7 + 4 * k) + k) % 101) as f64 / 25.0 - 2.0;
    let noise = |i: usize| ((i * 7919 % 1009) as f64 / 504.0 - 1.0) * 0.3;
    let rows = 300;
    let y = |i: usize| 2.0 * x(i, 0) * x(i, 1) + x(i, 2).powi(3) + 1.0 + noise(i);
    let columns = vec![
        Column::of_numbers("a", (0..rows).map(|i| x(i, 0)).collect()),
        Column::of_numbers("b", (0..rows).map(|i| x(i, 1)).collect()),
        Column::of_numbers("c", (0..rows).map(|i| x(i, 2)).collect()),
        Column::of_numbers("y", (0..rows).map(y).collect()),
    ];
    Table::new("polynomial", columns).unwrap()
}

#[test]
fn permutation_importance_is_that_of_scikit_learn() {
    let table = table();
    let mut options = FitOptions::default();
    options.prepare.targets = vec!["y".to_string()];
    options.train.epochs = Some(2);
    // Otherwise predictions of permuted rows are kept near the known range.
    options.prepare.extrapolate = true;
    let model = fit(&table, None, &options, &Control::silent())
        .unwrap()
        .model;
    assert!(model.polynomial().is_some());
    let column = |name: &str| table.column(name).unwrap().numbers().unwrap();
    let input = json!({
        "columns": [column("a"), column("b"), column("c")],
        "y": column("y"),
        "polynomial": model.expanded().unwrap(),
        "repeats": 4,
        "seed": 3,
    });
    let answer = python::ask("explain/importance.py", "numpy, sklearn", &input);
    let Some(answer): Option<Answer> = answer else {
        return;
    };
    let found = permutation_importance(&model, &table, &answer.orders).unwrap();
    let names: Vec<&str> = found.iter().map(|one| one.column.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    for (index, one) in found.iter().enumerate() {
        println!("{} {:.6} +- {:.6}", one.column, one.mean, one.deviation);
        assert!((one.mean - answer.means[index]).abs() < 1e-9);
        assert!((one.deviation - answer.deviations[index]).abs() < 1e-9);
        assert!(one.mean > 0.1);
    }
}

#[test]
fn permutations_are_the_seed_s() {
    let orders = permutations(50, 3, 7);
    assert_eq!(orders, permutations(50, 3, 7));
    assert_ne!(orders, permutations(50, 3, 8));
    for order in &orders {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..50));
    }
}
