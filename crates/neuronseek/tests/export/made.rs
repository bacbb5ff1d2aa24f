//! Models that are made, not fitted: names, steps and networks that fitted ones seldom have.

use neuronseek::expression::{Expression, Operation};
use neuronseek::matrix::Matrix;
use neuronseek::model::{Core, Pipeline};
use neuronseek::network::{Activation, Interactions, Network, NetworkConfig, Norm, Placement};
use neuronseek::prepare::{
    BoundedInput, Coding, Decision, Grouping, Input, InputScale, Inverse, Key, Phase, RawColumn,
    RawKind, Recipe, Restoring, RestoringValue, TargetTransform,
};
use neuronseek::search::Formula;
use neuronseek::table::{Column, Table};
use neuronseek::terms::{FunctionTerm, Piece, Polynomial, PureTerm};
use serde_json::Value;

use crate::reference;
use crate::samples::Sample;

/// Names that are no identifiers, and texts that need care.
const NUMBERS: [&str; 12] = [
    "a b",
    "a_b",
    "type",
    "fn",
    "2nd",
    "größe",
    "年齢",
    "*/ /* \\",
    "%d \"x\" ??/",
    "double",
    "a-b",
    "Self",
];
const TEXTS: [&str; 5] = [
    "zürich",
    "a \"quoted\" ??= text\\n",
    "*/",
    "line\nbreak",
    "1st",
];
const ROWS: usize = 60;

fn x(i: usize, k: usize) -> f64 {
    ((i * (7 + 4 * k) + k) % 101) as f64 / 50.0 - 1.0
}

fn table() -> Table {
    let mut columns: Vec<Column> = NUMBERS
        .iter()
        .enumerate()
        .map(|(k, name)| {
            let value = |i| if i % 13 == k { f64::NAN } else { x(i, k) };
            Column::of_numbers(name, (0..ROWS).map(value).collect())
        })
        .collect();
    let level = |i: usize| match i % 7 {
        6 => None,
        5 => Some("other"),
        k => Some(TEXTS[k]),
    };
    columns.push(Column::of_texts("Text", (0..ROWS).map(level)));
    let moment = |i: usize| match i % 9 {
        8 => None,
        k => Some(format!("{}-0{}-1{k}T0{k}:12:31", 1950 + 9 * k, 1 + k)),
    };
    columns.push(Column::of_texts("when", (0..ROWS).map(moment)));
    let truth = |i: usize| [Some("yes"), Some("no"), None][i % 3];
    columns.push(Column::of_texts("match", (0..ROWS).map(truth)));
    Table::new("made", columns).unwrap()
}

/// Every kind of input, of all columns of the table.
fn recipe() -> Recipe {
    let column = |name: &str, kind| RawColumn {
        name: name.to_string(),
        kind,
    };
    let mut columns: Vec<RawColumn> = NUMBERS
        .iter()
        .map(|name| column(name, RawKind::Number))
        .collect();
    columns.push(column("Text", RawKind::Text));
    columns.push(column("when", RawKind::Date));
    columns.push(column("match", RawKind::Truth));
    let (text, when, truth) = (12, 13, 14);
    let coding = |column, key, unseen, missing| Coding {
        column,
        key,
        unseen,
        missing,
    };
    let texts = Key::Texts(TEXTS.iter().map(|text| text.to_string()).collect());
    let codings = vec![
        coding(text, texts.clone(), None, Some(5)),
        coding(text, texts, Some(6), None),
        coding(truth, Key::Numbers(vec![1.0, 0.0]), None, None),
        coding(0, Key::Bins(vec![-0.5, 0.0, 0.7]), None, Some(4)),
        coding(1, Key::Bins(vec![0.25]), None, Some(2)),
    ];
    let mut inputs: Vec<Input> = (0..NUMBERS.len())
        .map(|column| Input::Number { column, fill: 0.25 })
        .collect();
    for column in [0, when] {
        inputs.push(Input::Missing { column });
    }
    inputs.push(Input::Days {
        column: when,
        fill: 1e9,
    });
    for phase in [Phase::Year, Phase::Week, Phase::Day] {
        for cosine in [false, true] {
            inputs.push(Input::Cycle {
                column: when,
                fill: -1e8,
                phase,
                cosine,
            });
        }
    }
    inputs.extend((0..6).map(|place| Input::Is { coding: 0, place }));
    inputs.push(Input::Is {
        coding: 1,
        place: 6,
    });
    inputs.push(Input::Is {
        coding: 4,
        place: 0,
    });
    inputs.push(Input::Place {
        coding: 2,
        otherwise: 0.4,
    });
    let groups = vec![vec![3, 1], vec![0, 2], vec![3, 0], vec![5, 4], vec![1, 1]];
    for otherwise in [0.5, -0.5] {
        inputs.push(Input::Group {
            grouping: 0,
            values: vec![0.1, 0.2, 0.3, 0.4, 0.5],
            otherwise,
        });
    }
    Recipe {
        columns,
        codings,
        groupings: vec![Grouping {
            codings: vec![0, 3],
            groups,
        }],
        names: (0..inputs.len())
            .map(|i| format!("input {i} */ ü"))
            .collect(),
        inputs,
    }
}

fn scale(inputs: usize) -> Vec<BoundedInput> {
    let one = |i: usize| BoundedInput {
        center: 0.1 * (i % 3) as f64,
        scale: if i == 14 { 1e4 } else { 0.5 },
        bounded: i % 4 != 3,
    };
    (0..inputs).map(one).collect()
}

fn network(
    (inputs, outputs): (usize, usize),
    hidden: &[usize],
    activation: Activation,
    norm: Norm,
    seed: u64,
) -> Network<f32> {
    let config = NetworkConfig {
        inputs,
        outputs,
        hidden: hidden.to_vec(),
        neuron: "x + x^3 + sin(x) + cos(x) + exp(x) + cp(2, r=3) + cp(4, r=2)"
            .parse()
            .unwrap(),
        placement: Placement::First,
        interactions: match seed % 2 {
            0 => Interactions::Shared,
            _ => Interactions::Independent,
        },
        rank: 2,
        activation,
        norm,
        dropout: 0.0,
        skip: seed.is_multiple_of(3).then(|| "x^2".parse().unwrap()),
        embedding: None,
    };
    Network::new(config, seed).unwrap()
}

fn line(transform: Option<Inverse>, bounds: Option<[f64; 2]>) -> RestoringValue {
    RestoringValue::Line {
        mean: 1.5,
        deviation: 0.25,
        transform,
        bounds,
    }
}

/// Every transform with and without residuals.
fn targets() -> Vec<RestoringValue> {
    let mut targets = vec![
        line(None, None),
        line(None, Some([1.0, 1.6])),
        RestoringValue::LogMean {
            mean: 2.0,
            limits: [0.1, 9.0],
        },
    ];
    for of in TargetTransform::ALL {
        for residuals in [vec![], vec![[-0.125, 0.25], [0.1, 0.75]]] {
            let limits = [0.5, 30.0];
            let inverse = Inverse {
                of,
                limits,
                residuals,
            };
            targets.push(line(Some(inverse), Some([0.75, 25.0])));
        }
    }
    targets
}

/// A network of each activation, with and without norms.
fn blend(outputs: usize) -> Core {
    let inputs = recipe().inputs.len();
    let all = [
        Activation::Relu,
        Activation::Silu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::Identity,
    ];
    let members = all.into_iter().enumerate().map(|(index, activation)| {
        let hidden = [vec![7, 4], vec![], vec![5]][index % 3].clone();
        let norm = if index % 2 == 0 {
            Norm::None
        } else {
            Norm::Layer
        };
        let network = network((inputs, outputs), &hidden, activation, norm, index as u64);
        (0.1 + 0.05 * index as f64, network.folded())
    });
    Core::Networks {
        scale: scale(inputs),
        members: members.collect(),
    }
}

fn sample(name: &str, core: Core, outcome: Restoring) -> Sample {
    let pipeline = Pipeline {
        targets: (0..core.outputs())
            .map(|output| format!("the */ \"target\" ü {output}"))
            .collect(),
        recipe: recipe(),
        core,
        outcome,
    };
    let table = table();
    Sample {
        name: name.to_string(),
        expected: reference::predict(&pipeline, &table),
        tolerance: 1e-4,
        labels: Vec::new(),
        target: Value::Null,
        pipeline,
        table,
    }
}

/// A blend that decides among three classes.
pub fn classes() -> Sample {
    let outcome = Restoring::Classes {
        classes: vec!["".into(), "*/ \"ü\"\n".into(), "??/".into()],
        scale: 0.5,
        shifts: vec![0.25, 0.0, -0.25],
        decision: Decision::Probable,
    };
    let mut sample = sample("made classes", blend(3), outcome);
    let Restoring::Classes { classes, .. } = &sample.pipeline.outcome else {
        return sample;
    };
    let labels = (0..ROWS).map(|row| {
        let p = sample.expected.row(row);
        let largest = (0..3).max_by(|a, b| p[*a].total_cmp(&p[*b])).unwrap();
        classes[largest].clone()
    });
    sample.labels = labels.collect();
    sample
}

/// All operations of expressions, undefined values included.
fn symbols() -> Sample {
    let mut outputs: Vec<Expression> = [
        "tan(x1) + asin(x2) * acos(x3) - atan(3 * x4) / tanh(x5)",
        "exp(x1 - x2) - log(abs(x2) + 0.1) * sqrt(x3 + 2) - sigmoid(x4)",
        "-(x1 - (x2 - x3)) * -2.5 / (x4 / (x5 + 3)) + x6^-2 + (x1 + 2)^0.75 + (x2 + 2)^x3 + x4^3",
        "log(x1)",
        "sqrt(x1)",
        "min(x1, log(x2))^2 + max(0.5, x3)",
        "sigmoid(x1) * max(x2, log(x1)) - -x3",
        "sin(1e7 * x1) + cos(x2)",
        "2.5",
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect();
    let (a, b) = (Expression::input(0), Expression::input(1));
    let both = [Operation::Min, Operation::Max].map(|o| Expression::binary(o, &a, &b));
    outputs.extend(both);
    outputs.push(["(x1 * 0.5 + x2)"; 200].join(" + ").parse().unwrap());
    let scale = (0..12).map(|i| InputScale {
        shift: 0.125 * i as f64,
        scale: 1.5,
        limits: (i % 2 == 0).then_some([-0.75, 0.8]),
        winsorised: 0,
    });
    let count = outputs.len();
    let core = Core::Formula {
        scale: scale.collect(),
        formula: Formula::Expression {
            inputs: 12,
            outputs,
        },
        limits: vec![[-2.0, 30.0]; count],
    };
    let values = (0..count).map(|_| line(None, None)).collect();
    sample("made symbols", core, Restoring::Values(values))
}

/// A polynomial of `inputs` inputs, written out or a table.
fn polynomial(inputs: usize, pieces: usize) -> Sample {
    let numbers = |rows: usize, columns: usize, k: usize| {
        let values = (0..rows * columns).map(|i| if i % 5 == 0 { 0.0 } else { x(i, k) });
        Matrix::from_vec(rows, columns, values.collect())
    };
    let formula = Formula::Polynomial(Polynomial {
        inputs,
        intercept: vec![0.5, -1.0],
        pure: vec![
            PureTerm {
                order: 1,
                weights: numbers(inputs, 2, 1),
            },
            PureTerm {
                order: 3,
                weights: numbers(inputs, 2, 2),
            },
        ],
        functions: neuronseek::neuron::Function::ALL
            .map(|function| FunctionTerm {
                function,
                weights: numbers(inputs, 2, 3),
            })
            .to_vec(),
        pieces: (0..pieces)
            .map(|piece| Piece {
                factors: numbers(2 + piece % 2, inputs, 4 + piece),
                weights: vec![0.5, -0.25],
            })
            .collect(),
    });
    let scale = (0..inputs).map(|_| InputScale {
        shift: 0.0,
        scale: 2.0,
        limits: None,
        winsorised: 0,
    });
    let core = Core::Formula {
        scale: scale.collect(),
        formula,
        limits: vec![[-1e3, 1e3]; 2],
    };
    let values = vec![line(None, None), line(None, None)];
    sample(
        &format!("made polynomial of {inputs}"),
        core,
        Restoring::Values(values),
    )
}

/// Each input as an output of its own.
fn inputs() -> Sample {
    let count = recipe().inputs.len();
    let outputs = (0..count).map(Expression::input).collect();
    let scale = InputScale {
        shift: 0.0,
        scale: 1.0,
        limits: None,
        winsorised: 0,
    };
    let core = Core::Formula {
        scale: vec![scale; count],
        formula: Formula::Expression {
            inputs: count,
            outputs,
        },
        limits: Vec::new(),
    };
    let values = vec![line(None, None); count];
    sample("made inputs", core, Restoring::Values(values))
}

/// All of them.
pub fn samples() -> Vec<Sample> {
    let targets = targets();
    vec![
        inputs(),
        sample(
            "made targets",
            blend(targets.len()),
            Restoring::Values(targets),
        ),
        classes(),
        symbols(),
        polynomial(4, 2),
        polynomial(30, 12),
    ]
}
