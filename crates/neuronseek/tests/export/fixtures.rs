//! Small fitted models that use everything a model can hold, and tables to predict.

use neuronseek::matrix::Matrix;
use neuronseek::model::{
    EmbeddingChoice, FitOptions, Model, NeuronChoice, Prediction, SearchMethod, ThresholdChoice,
    TransformChoice, fit,
};
use neuronseek::network::{Activation, Interactions, Loss, Norm, Placement};
use neuronseek::observe::Control;
use neuronseek::prepare::{RawColumn, RawKind, TargetStatistics, TargetTransform};
use neuronseek::table::{Column, Table};

/// A fitted model with rows to predict: those of training, and some with missing cells and levels
/// never seen.
pub struct Case {
    pub name: &'static str,
    pub model: Model,
    pub table: Table,
    /// How far an exported model may be off, as a share of the largest number of a column.
    pub tolerance: f64,
}

impl Case {
    /// What `predict` says: rows x targets, or rows x classes of probabilities.
    pub fn expected(&self) -> Matrix<f64> {
        match self.model.predict(&self.table).unwrap() {
            Prediction::Values { values, .. } => values,
            Prediction::Classes { probabilities, .. } => probabilities,
        }
    }

    /// The predicted classes; none for numbers.
    pub fn labels(&self) -> Vec<String> {
        match self.model.predict(&self.table).unwrap() {
            Prediction::Values { .. } => Vec::new(),
            Prediction::Classes {
                classes, labels, ..
            } => labels
                .into_iter()
                .map(|label| classes[label].clone())
                .collect(),
        }
    }
}

/// The cells of a column as an exported model reads them.
#[derive(Debug, Clone)]
pub enum Cells {
    /// NaN is missing; truth values are 0 and 1, dates seconds since 1970.
    Numbers(Vec<f64>),
    Texts(Vec<Option<String>>),
}

/// The cells that a recipe's column reads.
pub fn cells(table: &Table, column: &RawColumn) -> Cells {
    let cells = table.column(&column.name).unwrap();
    match column.kind {
        RawKind::Number => Cells::Numbers(cells.numbers().unwrap()),
        RawKind::Truth => Cells::Numbers(cells.booleans().unwrap()),
        RawKind::Date => Cells::Numbers(cells.dates().unwrap()),
        RawKind::Text => {
            let texts = cells.texts().into_iter();
            Cells::Texts(
                texts
                    .map(|text| text.map(|text| text.into_owned()))
                    .collect(),
            )
        }
    }
}

/// Rows as a matrix.
pub fn matrix(rows: &[Vec<f64>]) -> Matrix<f64> {
    let columns = rows.first().map_or(0, Vec::len);
    Matrix::from_vec(rows.len(), columns, rows.concat())
}

/// Fails where two predictions differ by more than `tolerance` of the column's largest number.
pub fn close(name: &str, expected: &Matrix<f64>, found: &Matrix<f64>, tolerance: f64) {
    assert_eq!(found.rows(), expected.rows(), "{name}");
    assert_eq!(found.columns(), expected.columns(), "{name}");
    let mut most = 0.0f64;
    for column in 0..expected.columns() {
        let values = expected.column(column);
        let largest = values
            .iter()
            .fold(0.0f64, |most, value| most.max(value.abs()));
        for (row, value) in values.iter().enumerate() {
            let other = found.row(row)[column];
            most = most.max((value - other).abs() / largest);
            assert!(
                (value - other).abs() <= tolerance * largest,
                "{name}, row {row}, column {column}: {value} is expected, found {other}"
            );
        }
    }
    println!("{name}: at most {most:.1e}");
}

const ROWS: usize = 240;

/// Rows of training first, [`ROWS`] of them, then rows with unknown levels and missing cells.
fn table(rows: usize) -> Table {
    let x = |i: usize, k: usize| ((i * (7 + 4 * k) + k) % 101) as f64 / 50.0 - 1.0;
    let strange = |i: usize| i >= ROWS;
    let number = |k: usize, gap: usize| -> Vec<f64> {
        let value = |i: usize| match i % gap == k || (strange(i) && i % 7 == k) {
            true => f64::NAN,
            false => {
                1e3 * x(i, k)
                    + if strange(i) && i.is_multiple_of(5) {
                        1e5
                    } else {
                        0.0
                    }
            }
        };
        (0..rows).map(value).collect()
    };
    let colour = |i: usize| match (strange(i), i % 4) {
        (true, 0) => Some("violet"),
        (true, 1) => None,
        _ => Some(["red", "green", "blue's \"own\""][(i * 5 + i / 7) % 3]),
    };
    let city = |i: usize| match (strange(i), i % 4) {
        (true, 0) => Some("Nowhere".to_string()),
        (true, 1) => None,
        _ => Some(format!("Town {}", (i * 13 + i / 11) % 24)),
    };
    let two = |i: usize| match strange(i) {
        true => ["left", "right", "up", ""][i % 4],
        false => ["left", "right"][(i / 3) % 2],
    };
    let day = |i: usize| match strange(i) && i.is_multiple_of(3) {
        true => None,
        false => Some(format!(
            "20{:02}-{:02}-{:02}T{:02}:30:00",
            10 + i % 9,
            1 + i % 12,
            1 + i % 28,
            i % 24
        )),
    };
    let grade = |i: usize| {
        if strange(i) && i % 3 == 1 {
            77.0
        } else {
            ((i * 3) % 4) as f64
        }
    };
    let open = |i: usize| match (i % 11, i % 2) {
        (0, _) => None,
        (_, 0) => Some("yes"),
        _ => Some("no"),
    };
    let score = |i: usize| {
        let shift = if colour(i) == Some("red") { 0.7 } else { 0.0 };
        let town = ((i * 13 + i / 11) % 24) as f64 / 40.0;
        x(i, 0) * x(i, 1) + shift + town + 0.3 * grade(i).min(4.0)
    };
    let waves = |i: usize| (6.0 * x(i, 0)).sin() + x(i, 1).abs();
    let class = |i: usize| ["one", "two", "three"][(score(i) * 1.5).clamp(0.0, 2.9) as usize];
    let all = 0..rows;
    let columns = vec![
        Column::of_numbers("first number", number(0, 17)),
        Column::of_numbers("second", number(1, 1000)),
        Column::of_texts("colour", all.clone().map(colour)),
        Column::of_texts("city", all.clone().map(city)),
        Column::of_texts("side", all.clone().map(|i| Some(two(i)))),
        Column::of_texts("day", all.clone().map(day)),
        Column::of_numbers("grade", all.clone().map(grade).collect()),
        Column::of_texts("open", all.clone().map(open)),
        Column::of_numbers("y", all.clone().map(|i| 20.0 + 5.0 * score(i)).collect()),
        Column::of_numbers("waves", all.clone().map(waves).collect()),
        Column::of_numbers(
            "count",
            all.clone()
                .map(|i| (2.0 * score(i)).exp().floor())
                .collect(),
        ),
        Column::of_texts("class", all.clone().map(|i| Some(class(i)))),
        Column::of_texts(
            "sign",
            all.map(|i| Some(if score(i) > 0.8 { "high" } else { "low" })),
        ),
    ];
    Table::new("fixture", columns).unwrap()
}

fn options(target: &str) -> FitOptions {
    let mut options = FitOptions::default();
    options.prepare.targets = vec![target.to_string()];
    let others = ["y", "waves", "count", "class", "sign"];
    let others = others.iter().filter(|name| **name != target);
    options.prepare.ignore = others.map(|name| name.to_string()).collect();
    options.prepare.statistics = TargetStatistics::All;
    options.network.hidden = Some(vec![12]);
    options.network.embedding = EmbeddingChoice::None;
    options.train.epochs = Some(6);
    options.compare = false;
    options
}

fn given(target: &str, neuron: &str) -> FitOptions {
    FitOptions {
        neuron: NeuronChoice::Given(neuron.parse().unwrap()),
        ..options(target)
    }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let (known, table) = (table(ROWS), table(ROWS + 40));
    let mut cases = Vec::new();
    let mut add = |name: &'static str, options: FitOptions| {
        let model = fit(&known, None, &options, &Control::silent())
            .unwrap()
            .model;
        // A blend has networks of several weights.
        let weights: Vec<f64> = model.networks().iter().map(|(_, weight)| *weight).collect();
        let even = weights.iter().all(|weight| *weight == weights[0]);
        assert_eq!(even, name != "blend", "{name}: {weights:?}");
        let table = table.clone();
        let tolerance = 1e-6;
        cases.push(Case {
            name,
            model,
            table,
            tolerance,
        });
    };
    let mut one = given("y", "x + x^2 + cp(2, r=4)");
    one.network.embedding = EmbeddingChoice::Bins(6);
    one.prepare.kinds = vec![(
        "grade".to_string(),
        neuronseek::prepare::ColumnKind::Category,
    )];
    add("embedding", one);
    let mut one = given("class", "x + x^2 + cp(3, r=2)");
    one.network.norm = Norm::Batch;
    one.network.activation = Activation::Gelu;
    one.network.interactions = Interactions::Independent;
    one.network.hidden = Some(vec![8]);
    one.class_weights = neuronseek::model::ClassWeights::Balanced;
    add("three classes, batch norm", one);
    let mut one = given("sign", "x^2 + sin(x)");
    one.network.norm = Norm::Layer;
    one.network.activation = Activation::Tanh;
    one.network.placement = Placement::Every;
    one.threshold = Some(ThresholdChoice::Given(0.3));
    add("two classes, layer norm", one);
    let mut one = options("waves");
    one.network.members = Some(2);
    one.train.epochs = Some(40);
    one.search.max_order = 1;
    add("blend", one);
    let mut one = given("y", "x");
    one.target_transform = TransformChoice::Given(TargetTransform::Log);
    one.network.activation = Activation::Relu;
    add("logarithm", one);
    let mut one = given("count", "x");
    one.loss = Some(Loss::Poisson);
    one.network.activation = Activation::Sigmoid;
    add("counts", one);
    let polynomial = case_table();
    let mut one = FitOptions::default();
    one.prepare.targets = vec!["y".to_string()];
    let model = fit(&polynomial, None, &one, &Control::silent())
        .unwrap()
        .model;
    assert!(model.polynomial().is_some());
    cases.push(Case {
        name: "polynomial",
        model,
        table: polynomial.clone(),
        tolerance: 1e-9,
    });
    one.search.method = SearchMethod::Gp;
    one.train.epochs = Some(2);
    let model = fit(&polynomial, None, &one, &Control::silent())
        .unwrap()
        .model;
    cases.push(Case {
        name: "symbols",
        model,
        table: polynomial,
        tolerance: 1e-9,
    });
    cases
}

/// y = 2 a b + c^3 + 1, exactly.
fn case_table() -> Table {
    let x = |i: usize, k: usize| ((i * (7 + 4 * k) + k) % 101) as f64 / 25.0 - 2.0;
    let rows = 300;
    let y = (0..rows).map(|i| 2.0 * x(i, 0) * x(i, 1) + x(i, 2).powi(3) + 1.0);
    let columns = vec![
        Column::of_numbers("a", (0..rows).map(|i| x(i, 0)).collect()),
        Column::of_numbers("b", (0..rows).map(|i| x(i, 1)).collect()),
        Column::of_numbers("c", (0..rows).map(|i| x(i, 2)).collect()),
        Column::of_numbers("y", y.collect()),
    ];
    Table::new("polynomial", columns).unwrap()
}
