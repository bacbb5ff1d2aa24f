//! A row's prediction is the same whatever rows are beside it, in what order and on how many
//! threads.

// A panic here is a failed test.
#![allow(clippy::unwrap_used)]

use std::sync::OnceLock;

use neuronseek::matrix::Matrix;
use neuronseek::model::{
    FitOptions, Model, NeuronChoice, Prediction, Profile, SearchMethod, TransformChoice, fit,
};
use neuronseek::observe::Control;
use neuronseek::prepare::TargetTransform;
use neuronseek::table::{Column, Table};
use proptest::prelude::*;

/// Numbers with missing cells and a far one, a category, and targets of each kind.
fn table(rows: usize) -> Table {
    let x = |i: usize, k: usize| ((i * (7 + 4 * k) + k) % 101) as f64 / 50.0 - 1.0;
    let mut first: Vec<f64> = (0..rows).map(|i| x(i, 0)).collect();
    first
        .iter_mut()
        .step_by(9)
        .for_each(|cell| *cell = f64::NAN);
    let mut second: Vec<f64> = (0..rows).map(|i| 100.0 + x(i, 1)).collect();
    second[rows / 2] = 1e9;
    let group = |i: usize| ["red", "green", "blue"][(i * 5 + i / 7) % 3];
    let y = |i: usize| 3.0 * x(i, 0) * x(i, 2) + x(i, 1) + 0.1 * x(i, 5);
    let size = |i: usize| match y(i) {
        y if y > 1.0 => "large",
        y if y > -1.0 => "middle",
        _ => "small",
    };
    let columns = vec![
        Column::of_numbers("first", first),
        Column::of_numbers("second", second),
        Column::of_numbers("third", (0..rows).map(|i| x(i, 2)).collect()),
        Column::of_texts("group", (0..rows).map(|i| Some(group(i)))),
        Column::of_numbers("y", (0..rows).map(y).collect()),
        Column::of_numbers("z", (0..rows).map(|i| y(i) * y(i) + x(i, 3)).collect()),
        Column::of_texts("size", (0..rows).map(|i| Some(size(i)))),
    ];
    Table::new("rows", columns).unwrap()
}

/// A polynomial, networks of two targets, a log target, and networks of classes.
fn models() -> &'static [Model] {
    static MODELS: OnceLock<Vec<Model>> = OnceLock::new();
    MODELS.get_or_init(|| {
        let model = |targets: &[&str], change: &dyn Fn(&mut FitOptions)| {
            let mut options = FitOptions::default();
            let all = ["y", "z", "size"];
            let others = all.iter().filter(|name| !targets.contains(name));
            options.prepare.ignore = others.map(|name| name.to_string()).collect();
            options.prepare.targets = targets.iter().map(|name| name.to_string()).collect();
            options.train.epochs = Some(4);
            options.profile = Profile::Small;
            options.network.hidden = Some(vec![9, 5]);
            change(&mut options);
            let fitted = fit(&table(400), None, &options, &Control::silent());
            fitted.unwrap().model
        };
        let neuron = |text: &str| NeuronChoice::Given(text.parse().unwrap());
        let polynomial = model(&["y"], &|options| {
            options.search.method = SearchMethod::Poly;
            options.search.max_order = 2;
            options.target_transform = TransformChoice::Given(TargetTransform::None);
        });
        assert!(polynomial.polynomial().is_some());
        vec![
            polynomial,
            model(&["y", "z"], &|options| {
                options.neuron = neuron("x + x^2 + cp(2, r=4)")
            }),
            model(&["z"], &|options| {
                options.neuron = neuron("x");
                options.target_transform = TransformChoice::Given(TargetTransform::Cbrt);
            }),
            model(&["size"], &|options| options.profile = Profile::Default),
        ]
    })
}

/// The bits of each row's numbers.
fn bits(model: &Model, table: &Table) -> Vec<Vec<u64>> {
    let (numbers, labels) = match model.predict(table).unwrap() {
        Prediction::Values { values, .. } => (values, Vec::new()),
        Prediction::Classes {
            labels,
            probabilities,
            ..
        } => (probabilities, labels),
    };
    let row = |row: usize| {
        let numbers = numbers.row(row).iter().map(|value| value.to_bits());
        numbers
            .chain(labels.get(row).map(|label| *label as u64))
            .collect()
    };
    (0..numbers.rows()).map(row).collect()
}

/// The given rows of a table, in their order.
fn gathered(table: &Table, rows: &[usize]) -> Table {
    let orders = vec![rows; table.columns().len()];
    table.gathered(&orders)
}

#[test]
fn one_by_one_and_all_at_once_are_the_same() {
    let table = table(150);
    for model in models() {
        let all = bits(model, &table);
        for (row, expected) in all.iter().enumerate() {
            let alone = bits(model, &gathered(&table, &[row]));
            assert_eq!(alone, std::slice::from_ref(expected), "row {row}");
        }
    }
}

#[test]
fn threads_and_encoded_inputs_change_nothing() {
    let table = table(3000);
    for model in models() {
        let at = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap().install(|| bits(model, &table))
        };
        assert_eq!(at(1), at(3));
        let inputs: Matrix<f64> = model.preparation().inputs(&table).unwrap();
        let encoded = model.predict_inputs(&inputs);
        assert_eq!(encoded, model.predict(&table).unwrap());
    }
}

#[test]
fn an_infinite_number_is_refused_with_its_place() {
    let mut second: Vec<f64> = vec![100.0; 90];
    second[77] = f64::INFINITY;
    let table = table(90);
    let columns = table
        .columns()
        .iter()
        .map(|column| match column.name.as_str() {
            "second" => Column::of_numbers("second", second.clone()),
            _ => column.clone(),
        });
    let table = Table::new("rows", columns.collect()).unwrap();
    for model in models() {
        let error = model.predict(&table).unwrap_err().to_string();
        assert!(error.contains("second") && error.contains("inf"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_of_rows_is_that_of_predictions(
        rows in prop::collection::vec(0usize..300, 1..400),
    ) {
        let table = table(300);
        for model in models() {
            let all = bits(model, &table);
            let expected: Vec<Vec<u64>> = rows.iter().map(|&row| all[row].clone()).collect();
            prop_assert_eq!(bits(model, &gathered(&table, &rows)), expected);
        }
    }
}
