//! Runs exported Python, all cases in one process: packages take seconds to load.

use std::path::Path;
use std::process::{Command, Stdio};

use neuronseek::matrix::Matrix;
use neuronseek::model::{Core, Pipeline};
use neuronseek::prepare::{
    Decision, Inverse, RawColumn, Restoring, RestoringValue, TargetTransform,
};
use neuronseek::search::Formula;
use neuronseek::table::Table;
use neuronseek::terms::{FunctionTerm, Piece, Polynomial, PureTerm};
use serde_json::{Map, Value, json};

use crate::fixtures::{Case, Cells, cases, cells};
use crate::reference;

/// A pipeline with rows to predict.
pub struct Job {
    pub name: String,
    pub pipeline: Pipeline,
    pub table: Table,
    pub expected: Matrix<f64>,
    pub labels: Vec<String>,
    pub tolerance: f64,
    /// What to train on: numbers of the first target, or of classes.
    pub target: Value,
}

/// All fixtures, and two made by hand that use what no fixture does.
pub fn jobs() -> Vec<Job> {
    let cases = cases();
    let last = cases.last().unwrap();
    let plain = (last.model.pipeline().unwrap(), last.table.clone());
    let made = [
        by_hand("formulas", &plain, formulas()),
        by_hand("classes", &plain, classes()),
    ];
    cases.into_iter().map(job).chain(made).collect()
}

fn job(case: Case) -> Job {
    let pipeline = case.model.pipeline().unwrap();
    let target = case.table.column(&pipeline.targets[0]).unwrap();
    let target = match case.model.preparation().classes() {
        [] => json!(target.numbers().unwrap()),
        classes => {
            let place = |text: &str| classes.iter().position(|class| class == text).unwrap();
            let texts = target.texts().into_iter();
            json!(texts.map(|text| place(&text.unwrap())).collect::<Vec<_>>())
        }
    };
    Job {
        name: case.name.to_string(),
        pipeline,
        expected: case.expected(),
        labels: case.labels(),
        table: case.table,
        tolerance: case.tolerance,
        target,
    }
}

fn by_hand(name: &str, (plain, table): &(Pipeline, Table), own: (Formula, Restoring)) -> Job {
    let (formula, outcome) = own;
    let mut pipeline = plain.clone();
    let (outputs, first) = (formula.outputs(), matches!(outcome, Restoring::Values(_)));
    pipeline.targets = (0..outputs).map(|index| format!("t{index}\n\\")).collect();
    let Core::Formula { scale, .. } = &plain.core else {
        panic!("no formula");
    };
    let limits = vec![[-3.0, 4.0]; if first { outputs } else { 0 }];
    pipeline.core = Core::Formula {
        scale: scale.clone(),
        formula,
        limits,
    };
    pipeline.outcome = outcome;
    let expected = reference::predict(&pipeline, table);
    let mut labels = Vec::new();
    if let Restoring::Classes { classes, .. } = &pipeline.outcome {
        labels.extend((0..table.rows()).map(|row| {
            let row = expected.row(row);
            let most = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]));
            classes[most.unwrap()].clone()
        }));
    }
    Job {
        name: name.to_string(),
        pipeline,
        table: table.clone(),
        expected,
        labels,
        tolerance: 1e-9,
        target: Value::Null,
    }
}

/// Formulas that are undefined at places, and every transform.
fn formulas() -> (Formula, Restoring) {
    let texts = [
        "x1 * 2 - x2",
        "log(x2)",
        "min(x1, log(x2))^2 + max(0.5, x3)",
        "sigmoid(x1) * max(x2, log(x1)) - -x3",
        "asin(x1) / tan(x2) - atan(x3) + acos(x1)",
        "abs(x3)^0.5 * exp(-x1^2) + (x2 - 0.25)^-3",
        "3.5",
        "sqrt(x1) - (-1)^0.5 + cos(x1) * tanh(x2)",
    ];
    let formula = Formula::Expression {
        inputs: 3,
        outputs: texts.iter().map(|text| text.parse().unwrap()).collect(),
    };
    let line = |index: usize, of: TargetTransform| RestoringValue::Line {
        mean: 1.5,
        deviation: 0.75,
        transform: Some(Inverse {
            of,
            limits: [-0.5, 4.0 + index as f64],
            residuals: match index % 3 {
                0 => Vec::new(),
                _ => vec![[-0.5, 0.25], [0.125, 0.5], [0.25, 0.25]],
            },
        }),
        bounds: index.is_multiple_of(2).then_some([0.25, 3.75]),
    };
    let mut values = vec![RestoringValue::LogMean {
        mean: 2.0,
        limits: [0.5, 9.0],
    }];
    let lines = TargetTransform::ALL.into_iter().enumerate();
    values.extend(lines.map(|(index, of)| line(index, of)));
    (formula, Restoring::Values(values))
}

/// A polynomial with every term, for three classes.
fn classes() -> (Formula, Restoring) {
    let matrix = |rows, columns| {
        let value = |i: usize| (i * 37 % 11) as f64 / 7.0 - 0.7;
        Matrix::from_vec(rows, columns, (0..rows * columns).map(value).collect())
    };
    let formula = Formula::Polynomial(Polynomial {
        inputs: 3,
        intercept: vec![0.5, 0.0, -0.25],
        pure: [1, 4]
            .map(|order| PureTerm {
                order,
                weights: matrix(3, 3),
            })
            .to_vec(),
        functions: neuronseek::neuron::Function::ALL
            .map(|function| FunctionTerm {
                function,
                weights: matrix(3, 3),
            })
            .to_vec(),
        pieces: [3, 2, 3]
            .map(|order| Piece {
                factors: matrix(order, 3),
                weights: vec![0.1, -0.2, 0.3],
            })
            .to_vec(),
    });
    let outcome = Restoring::Classes {
        classes: ["a \"b\"", "'''\\", "ça\t日"].map(String::from).to_vec(),
        scale: 0.5,
        shifts: vec![0.1, -0.2, 0.0],
        decision: Decision::Probable,
    };
    (formula, outcome)
}

/// The interpreter, where it has these packages.
pub fn with(packages: &str) -> Option<String> {
    let python = std::env::var("NEURONSEEK_PYTHON").unwrap_or_else(|_| "python3".into());
    let has_them = Command::new(&python)
        .args(["-c", &format!("import {packages}")])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_them {
        println!("skipped: {python} lacks one of {packages} (set NEURONSEEK_PYTHON)");
        return None;
    }
    Some(python)
}

/// What a program prints, or a file; a warning is an error.
pub fn run(python: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(python)
        .args(["-W", "error"])
        .args(arguments)
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?} failed");
    String::from_utf8(output.stdout).unwrap()
}

/// The cells as an exported model takes them, null for missing ones.
pub fn columns(table: &Table, columns: &[RawColumn]) -> Value {
    let own = columns.iter().map(|column| {
        let cells = match cells(table, column) {
            Cells::Numbers(values) => json!(values),
            Cells::Texts(texts) => json!(texts),
        };
        (column.name.clone(), cells)
    });
    Value::Object(own.collect::<Map<_, _>>())
}

/// A list of rows.
pub fn matrix(rows: &Value) -> Matrix<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(rows.clone()).unwrap();
    let columns = rows[0].len();
    Matrix::from_vec(rows.len(), columns, rows.into_iter().flatten().collect())
}
