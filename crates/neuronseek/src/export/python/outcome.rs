//! From outputs to predictions as Python.

use super::layers::Dialect;
use super::text::{number, numbers, part, quoted, texts};
use crate::prepare::{Decision, Inverse, Restoring, RestoringValue, TargetTransform};

const OUTCOME: &str = include_str!("outcome.py");

/// One of the functions of `outcome.py`.
pub fn function(name: &str) -> String {
    part(OUTCOME, name).to_string()
}

/// Tables and functions that `restored` needs, and itself: a function of outputs in double
/// precision, rows x outputs, that gives numbers in the targets' unit, or logits.
pub fn restored(outcome: &Restoring, targets: &[String], dialect: Dialect) -> Vec<String> {
    match outcome {
        Restoring::Values(values) => restored_values(values, targets, dialect),
        Restoring::Classes { scale, shifts, .. } => {
            let shifts = numbers(shifts, 4);
            let shifts = match dialect {
                Dialect::Numpy => format!("np.array({shifts})"),
                Dialect::Torch => format!("outputs.new_tensor({shifts})"),
            };
            vec![format!(
                "def restored(outputs):\n    \"\"\"Calibrated logits.\"\"\"\n    return {} * outputs + {shifts}",
                number(*scale)
            )]
        }
    }
}

fn restored_values(values: &[RestoringValue], targets: &[String], dialect: Dialect) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = String::from(
        "def restored(outputs):\n    \"\"\"Predictions in the targets' units, rows x targets.\"\"\"\n",
    );
    let mut residuals = String::new();
    for (index, value) in values.iter().enumerate() {
        let target = targets
            .get(index)
            .map_or(String::new(), |name| quoted(name));
        let (text, own) = restored_value(value, index, dialect);
        lines += &format!("    # {target}\n{text}");
        if let Some(own) = own {
            residuals += &own;
        }
    }
    let all: Vec<String> = (1..=values.len())
        .map(|index| format!("y{index}"))
        .collect();
    let stacked = match dialect {
        Dialect::Numpy => format!("np.column_stack([{}])", all.join(", ")),
        Dialect::Torch => format!("torch.stack([{}], dim=1)", all.join(", ")),
    };
    lines += &format!("    return {stacked}");
    if !residuals.is_empty() {
        blocks.push(function("smeared"));
        let head = "# What transformed targets were off by, each with its share of the rows.\n";
        blocks.push(format!("{head}{}", residuals.trim_end()));
    }
    blocks.push(lines);
    blocks
}

/// The lines that make `y1` and so on, and the table of its residuals.
fn restored_value(
    value: &RestoringValue,
    index: usize,
    dialect: Dialect,
) -> (String, Option<String>) {
    let (y, o) = (format!("y{}", index + 1), format!("outputs[:, {index}]"));
    match value {
        RestoringValue::LogMean { mean, limits } => {
            let o = exponent(&o, (limits[1] / mean).ln(), dialect);
            let exp = format!("{} * {}.exp({o})", number(*mean), library(dialect));
            (
                format!("    {y} = {}\n", clipped(&exp, *limits, dialect)),
                None,
            )
        }
        RestoringValue::Line {
            mean,
            deviation,
            transform,
            bounds,
        } => {
            let line = format!("{} * {o} + {}", number(*deviation), number(*mean));
            let (mut text, mut table) = (format!("    {y} = {line}\n"), None);
            if let Some(inverse) = transform {
                let one = clipped(&inverted(inverse, dialect), inverse.limits, dialect);
                text = format!("    t = {line}\n");
                text += &match inverse.residuals.is_empty() {
                    true => format!("    {y} = {one}\n"),
                    false => format!(
                        "    {y} = smeared(lambda t: {one}, t, RESIDUALS_{})\n",
                        index + 1
                    ),
                };
                let pairs = inverse.residuals.iter();
                let pairs = pairs.map(|[r, share]| format!("({}, {})", number(*r), number(*share)));
                table = (!inverse.residuals.is_empty()).then(|| {
                    let pairs = super::text::list(pairs, 0);
                    format!("RESIDUALS_{} = {pairs}\n", index + 1)
                });
            }
            if let Some(bounds) = bounds {
                text += &format!("    {y} = {}\n", clipped(&y, *bounds, dialect));
            }
            (text, table)
        }
    }
}

fn library(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Numpy => "np",
        Dialect::Torch => "torch",
    }
}

/// What is kept between two numbers.
pub fn clipped(text: &str, [low, high]: [f64; 2], dialect: Dialect) -> String {
    let function = match dialect {
        Dialect::Numpy => "np.clip",
        Dialect::Torch => "torch.clamp",
    };
    format!("{function}({text}, {}, {})", number(low), number(high))
}

/// An exponent; in PyTorch not above the one at which the result is cut off anyway, since
/// infinite slopes spoil a gradient even where they are multiplied with 0.
fn exponent(text: &str, highest: f64, dialect: Dialect) -> String {
    match dialect {
        Dialect::Torch if highest.is_finite() => {
            format!("torch.clamp({text}, max={})", number(highest))
        }
        _ => text.to_string(),
    }
}

/// The inverse of the transform at `t`.
fn inverted(inverse: &Inverse, dialect: Dialect) -> String {
    let highest = inverse.limits[1];
    let positive = |least: f64| match dialect {
        Dialect::Numpy => "np.maximum(t, 0.0)".to_string(),
        Dialect::Torch => format!("torch.clamp(t, min={})", number(least)),
    };
    let library = library(dialect);
    match inverse.of {
        TargetTransform::None => "t".to_string(),
        TargetTransform::Square => format!("{library}.sqrt({})", positive(1e-30)),
        TargetTransform::Sqrt => format!("{}**2", positive(0.0)),
        TargetTransform::Log => {
            format!("{library}.exp({})", exponent("t", highest.ln(), dialect))
        }
        TargetTransform::Log1p => {
            format!(
                "{library}.expm1({})",
                exponent("t", highest.ln_1p(), dialect)
            )
        }
        TargetTransform::Cbrt => "t**3".to_string(),
        TargetTransform::Reciprocal => format!("1 / {}", positive(1.0 / highest)),
    }
}

/// The function that makes probabilities of logits.
pub fn probabilities(classes: &[String]) -> &'static str {
    match classes.len() {
        2 => "two_probabilities",
        _ => "class_probabilities",
    }
}

/// The classes, their probabilities from logits, and which one is predicted.
pub fn classes(classes: &[String], decision: &Decision) -> Vec<String> {
    let decided = match decision {
        Decision::Probable => "np.argmax(probabilities, axis=1)".to_string(),
        Decision::Weighted(weights) => {
            let weights = numbers(weights, 4);
            format!("np.argmax(probabilities * np.array({weights}), axis=1)")
        }
        Decision::Above { class, threshold } => {
            let threshold = number(*threshold);
            let other = 1 - class.min(&1);
            format!("np.where(probabilities[:, {class}] > {threshold}, {class}, {other})")
        }
    };
    vec![
        format!("CLASSES = {}", texts(classes, 0)),
        function(probabilities(classes)),
        format!(
            "def decided(probabilities):\n    \"\"\"The number of the predicted class of each row.\"\"\"\n    return {decided}"
        ),
    ]
}

/// The sentence on what a model predicts.
pub fn in_words(outcome: &Restoring, targets: &[String]) -> String {
    let targets: Vec<String> = targets.iter().map(|name| quoted(name)).collect();
    let targets = targets.join(", ");
    match outcome {
        Restoring::Values(values) if values.len() == 1 => {
            format!("It predicts {targets}: one number a row.")
        }
        Restoring::Values(_) => format!("It predicts {targets}: rows x targets."),
        Restoring::Classes { classes, .. } => format!(
            "It predicts the class {targets}, one of {}; `predict_proba` gives rows x classes.",
            classes.len()
        ),
    }
}
