//! From outputs to predictions.

use super::dialect::{self, Dialect, number};
use super::formula::output_name;
use super::query::Query;
use super::stages::Stage;
use crate::model::Pipeline;
use crate::prepare::{Decision, Inverse, Restoring, RestoringValue, TargetTransform};

/// Logits and exponents are kept within this: e to that power is neither infinite nor 0.
const EXPONENT: f64 = 300.0;

/// A column of the result.
pub(super) struct Predicted {
    /// Its name in the result.
    pub name: String,
    /// Its name in the last step.
    pub column: String,
}

/// Steps after the outputs, the last one being `ns_results`.
pub(super) struct After {
    pub stages: Vec<Stage>,
    pub predicted: Vec<Predicted>,
}

/// What comes after the outputs.
pub(super) fn stages(pipeline: &Pipeline, query: &mut Query) -> After {
    match &pipeline.outcome {
        Restoring::Values(values) => of_values(&pipeline.targets, values, query),
        Restoring::Classes {
            classes,
            scale,
            shifts,
            decision,
        } => of_classes(classes, (*scale, shifts), decision, query.dialect),
    }
}

fn of_values(targets: &[String], values: &[RestoringValue], query: &mut Query) -> After {
    let mut lines = Vec::new();
    let mut results = Vec::new();
    let mut predicted = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let output = output_name(index);
        let (line, result) = (
            format!("t{}", index + 1),
            format!("prediction_{}", index + 1),
        );
        let restored = match value {
            RestoringValue::LogMean { mean, limits } => {
                let exponent = query.dialect.clamp(&output, [-EXPONENT, EXPONENT]);
                let value = format!("{} * exp({exponent})", number(*mean));
                query.dialect.clamp(&value, *limits)
            }
            RestoringValue::Line {
                mean,
                deviation,
                transform,
                bounds,
            } => {
                let own = format!("{} * {output} + {}", number(*deviation), number(*mean));
                let value = match transform {
                    None => own,
                    Some(transform) => {
                        lines.push((line.clone(), own));
                        inverted(&line, transform, index, query)
                    }
                };
                match bounds {
                    Some(bounds) => query.dialect.clamp(&value, *bounds),
                    None => value,
                }
            }
        };
        results.push((result.clone(), restored));
        let name = match values.len() {
            1 => "prediction".to_string(),
            _ => format!("prediction_{}", targets.get(index).map_or("", |name| name)),
        };
        predicted.push(Predicted {
            name,
            column: result,
        });
    }
    let mut stages = vec![
        Stage::new("ns_transformed", lines),
        Stage::new("ns_results", results),
    ];
    stages.retain(|stage| !stage.columns.is_empty());
    After { stages, predicted }
}

/// The inverse of a transformed value, averaged over residuals.
fn inverted(line: &str, inverse: &Inverse, index: usize, query: &mut Query) -> String {
    let dialect = query.dialect;
    let one = |t: &str| dialect.clamp(&untransformed(t, inverse.of, dialect), inverse.limits);
    if inverse.residuals.is_empty() {
        return one(line);
    }
    let name = format!("ns_residuals_{}", index + 1);
    let rows = inverse.residuals.iter();
    let rows: Vec<String> = rows
        .map(|[residual, share]| format!("({}, {})", number(*residual), number(*share)))
        .collect();
    query.values(&name, &["residual", "share"], &rows);
    let value = one(&format!("({line} + residual)"));
    format!("(SELECT sum(share * {value}) FROM {name})")
}

fn untransformed(t: &str, of: TargetTransform, dialect: Dialect) -> String {
    let exponential = || format!("exp({})", dialect.clamp(t, [-EXPONENT, EXPONENT]));
    match of {
        TargetTransform::None => t.to_string(),
        TargetTransform::Square => format!("sqrt({})", dialect.greatest(t, "0.0")),
        TargetTransform::Sqrt => format!("power({}, 2)", dialect.greatest(t, "0.0")),
        TargetTransform::Log => exponential(),
        TargetTransform::Log1p => format!("{} - 1.0", exponential()),
        TargetTransform::Cbrt => format!("power({t}, 3)"),
        TargetTransform::Reciprocal => format!("1.0 / {}", dialect.greatest(t, "1e-200")),
    }
}

fn of_classes(
    classes: &[String],
    (scale, shifts): (f64, &[f64]),
    decision: &Decision,
    dialect: Dialect,
) -> After {
    let logits = shifts.iter().enumerate().map(|(index, shift)| {
        let output = output_name(index);
        let logit = match (scale, *shift) {
            (1.0, 0.0) => output,
            _ => format!("{} * {output} + {}", number(scale), number(*shift)),
        };
        let name = format!("z{}", index + 1);
        (name, dialect.clamp(&logit, [-1e9, 1e9]))
    });
    let mut stages = vec![Stage::new("ns_logits", logits.collect())];
    if shifts.len() == 1 {
        let exponent = |text: &str| dialect.clamp(text, [-EXPONENT, EXPONENT]);
        let p = [exponent("z1"), exponent("-z1")].map(|z| format!("1.0 / (1.0 + exp({z}))"));
        let p = p.into_iter().enumerate();
        let p = p.map(|(index, p)| (p_name(index), p)).collect();
        stages.push(Stage::new("ns_probabilities", p));
    } else {
        stages.extend(softmax(shifts.len(), dialect));
    }
    stages.extend(decided(classes, decision, dialect));
    let mut predicted = vec![Predicted {
        name: "prediction".to_string(),
        column: "class".to_string(),
    }];
    predicted.extend(classes.iter().enumerate().map(|(index, class)| Predicted {
        name: format!("p_{class}"),
        column: p_name(index),
    }));
    After { stages, predicted }
}

fn p_name(class: usize) -> String {
    format!("p{}", class + 1)
}

fn softmax(count: usize, dialect: Dialect) -> Vec<Stage> {
    let names = |letter: char| -> Vec<String> {
        (1..=count)
            .map(|class| format!("{letter}{class}"))
            .collect()
    };
    let highest = vec![("highest".to_string(), dialect.largest(&names('z')))];
    let exponentials = names('z').into_iter().zip(names('e')).map(|(z, e)| {
        let exponent = dialect.greatest(&format!("{z} - highest"), &number(-EXPONENT));
        (e, format!("exp({exponent})"))
    });
    let total = vec![("total".to_string(), dialect::sum(&names('e')))];
    let shares = names('e').into_iter().enumerate();
    let shares = shares.map(|(class, e)| (p_name(class), format!("{e} / total")));
    vec![
        Stage::new("ns_highest", highest),
        Stage::new("ns_exponentials", exponentials.collect()),
        Stage::new("ns_total", total),
        Stage::new("ns_probabilities", shares.collect()),
    ]
}

/// The class that is predicted.
fn decided(classes: &[String], decision: &Decision, dialect: Dialect) -> Vec<Stage> {
    let label = |index: usize| dialect::text(classes.get(index).map_or("", |class| class));
    if let Decision::Above { class, threshold } = decision {
        let text = format!(
            "CASE WHEN {} > {} THEN {} ELSE {} END",
            p_name(*class),
            number(*threshold),
            label(*class),
            label(1 - *class)
        );
        return vec![Stage::new("ns_results", vec![("class".to_string(), text)])];
    }
    let score = |class: usize| match decision {
        Decision::Weighted(weights) => format!("{} * {}", p_name(class), number(weights[class])),
        _ => p_name(class),
    };
    let scores: Vec<String> = (0..classes.len()).map(score).collect();
    let best = vec![("best".to_string(), dialect.largest(&scores))];
    let mut text = "CASE".to_string();
    for (class, score) in scores.iter().enumerate() {
        text += &format!(" WHEN {score} >= best THEN {}", label(class));
    }
    text += &format!(" ELSE {} END", label(0));
    vec![
        Stage::new("ns_best", best),
        Stage::new("ns_results", vec![("class".to_string(), text)]),
    ]
}
