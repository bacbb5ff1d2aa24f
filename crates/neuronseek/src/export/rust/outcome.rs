//! From outputs to predictions, and the function that runs it all.

use super::Parts;
use super::text::{double, literal};
use crate::export::native::tables::Body;
use crate::export::native::wrapped;
use crate::model::{Core, Pipeline};
use crate::prepare::{Decision, Inverse, Restoring, RestoringValue, TargetTransform};

/// Writes what restores targets, and `predict`.
pub fn write(pipeline: &Pipeline, body: &Body, parts: &mut Parts) {
    let row = super::row_type(pipeline, "'_");
    match &pipeline.outcome {
        Restoring::Values(values) => {
            for (index, value) in values.iter().enumerate() {
                let name = pipeline.targets.get(index).map_or("", String::as_str);
                target(index, name, value, parts);
            }
            parts.code.push_str(&format!(
                "/// The predictions of a row, one a target.\n\
                 pub fn predict(row: &{row}) -> [f64; TARGETS] {{\n"
            ));
            run(pipeline, body, parts);
            let targets = (0..values.len()).map(|index| format!("target{index}(y[{index}])"));
            let targets: Vec<String> = targets.collect();
            parts
                .code
                .push_str(&format!("    [{}]\n}}\n", targets.join(", ")));
        }
        Restoring::Classes {
            classes,
            scale,
            shifts,
            decision,
        } => {
            let count = classes.len();
            decide(decision, count, parts);
            parts.code.push_str(&format!(
                "/// The index of the predicted class, and the probabilities of all.\n\
                 pub fn predict(row: &{row}) -> (usize, [f64; {count}]) {{\n"
            ));
            run(pipeline, body, parts);
            match count {
                2 => parts.code.push_str(&format!(
                    "    let logit = {} * y[0] + {};\n    \
                     let probabilities = [1.0 / (1.0 + exp(logit)), 1.0 / (1.0 + exp(-logit))];\n",
                    double(*scale),
                    double(shifts[0])
                )),
                _ => many(*scale, shifts, parts),
            }
            parts
                .code
                .push_str("    (decide(&probabilities), probabilities)\n}\n");
        }
    }
}

/// From the row to outputs y.
fn run(pipeline: &Pipeline, body: &Body, parts: &mut Parts) {
    let code = &mut parts.code;
    code.push_str(
        "    let inputs = encode(row);\n    let mut x = [0.0; SCALED];\n    \
         for ((x, input), scale) in x.iter_mut().zip(inputs).zip(&SCALES) {\n        \
         *x = scaled(input, scale);\n    }\n    let mut y = [0.0; OUTPUTS];\n",
    );
    code.push_str(match body {
        Body::Tables(_) => {
            "    for network in &NETWORKS {\n        add_network(network, &x, &mut y);\n    }\n"
        }
        Body::Written(_) => "    formula(&x, &mut y);\n",
    });
    if let Core::Formula { limits, .. } = &pipeline.core {
        for index in 0..pipeline.core.outputs() {
            let y = format!("y[{index}]");
            // A formula may be undefined at a row.
            code.push_str(&match limits.get(index) {
                None => format!("    {y} = filled({y}, 0.0);\n"),
                Some([low, high]) => format!(
                    "    {y} = filled({y}, {}).clamp({}, {});\n",
                    double(0.5 * (low + high)),
                    double(*low),
                    double(*high)
                ),
            });
        }
    }
}

fn inverse(of: TargetTransform) -> &'static str {
    match of {
        TargetTransform::None => "t",
        TargetTransform::Square => "sqrt(t.max(0.0))",
        TargetTransform::Sqrt => "(t.max(0.0) * t.max(0.0))",
        TargetTransform::Log => "exp(t)",
        TargetTransform::Log1p => "expm1(t)",
        TargetTransform::Cbrt => "(t * t * t)",
        TargetTransform::Reciprocal => "(1.0 / t.max(0.0))",
    }
}

/// The function from an output to a target.
fn target(index: usize, name: &str, value: &RestoringValue, parts: &mut Parts) {
    let clamped = |text: &str, limits: &[f64; 2]| {
        let [low, high] = limits.map(double);
        format!("{text}.clamp({low}, {high})")
    };
    let lines = match value {
        RestoringValue::LogMean { mean, limits } => {
            let value = format!("({} * exp(output))", double(*mean));
            format!("    {}\n", clamped(&value, limits))
        }
        RestoringValue::Line {
            mean,
            deviation,
            transform,
            bounds,
        } => {
            let line = format!("{} * output + {}", double(*deviation), double(*mean));
            let bounded = |value: &str| match bounds {
                None => value.to_string(),
                Some(bounds) => clamped(value, bounds),
            };
            match transform {
                None if bounds.is_none() => format!("    {line}\n"),
                None => format!("    {}\n", bounded(&format!("({line})"))),
                Some(own) if own.residuals.is_empty() => format!(
                    "    let t: f64 = {line};\n    {}\n",
                    bounded(&clamped(inverse(own.of), &own.limits))
                ),
                Some(own) => {
                    residuals(index, own, parts);
                    let value = clamped(inverse(own.of), &own.limits);
                    format!(
                        "    let line = {line};\n    let mut mean: f64 = 0.0;\n    \
                         for [residual, share] in &RESIDUALS{index} {{\n        \
                         let t: f64 = line + residual;\n        mean += share * {value};\n    }}\n    {}\n",
                        bounded("mean")
                    )
                }
            }
        }
    };
    parts.code.push_str(&format!(
        "/// The target {} of an output.\nfn target{index}(output: f64) -> f64 {{\n{lines}}}\n\n",
        literal(name)
    ));
}

fn residuals(index: usize, inverse: &Inverse, parts: &mut Parts) {
    let rows = inverse.residuals.iter();
    let rows = rows.map(|[residual, share]| format!("[{}, {}]", double(*residual), double(*share)));
    let (count, rows) = (inverse.residuals.len(), wrapped(rows, 2));
    parts.data.push_str(&format!(
        "/// What training left over, on the transformed scale, and its shares of the rows.\n\
         static RESIDUALS{index}: [[f64; 2]; {count}] = [\n{rows}\n];\n\n"
    ));
}

/// Of one logit a class.
fn many(scale: f64, shifts: &[f64], parts: &mut Parts) {
    let shifts = wrapped(shifts.iter().map(|shift| double(*shift)), 4);
    parts.data.push_str(&format!(
        "/// What is added to logits.\nstatic SHIFTS: [f64; OUTPUTS] = [\n{shifts}\n];\n\n"
    ));
    parts.code.push_str(&format!(
        "    for (y, shift) in y.iter_mut().zip(&SHIFTS) {{\n        \
         *y = {} * *y + shift;\n    }}\n    let probabilities = softmax(&y);\n",
        double(scale)
    ));
}

/// The function from probabilities to a class.
fn decide(decision: &Decision, classes: usize, parts: &mut Parts) {
    let largest = |value: &str| {
        format!(
            "    let mut best = (0, f64::NEG_INFINITY);\n    \
             for (class, p) in probabilities.iter().enumerate() {{\n        \
             let value = {value};\n        if value > best.1 {{\n            \
             best = (class, value);\n        }}\n    }}\n    best.0\n"
        )
    };
    let lines = match decision {
        Decision::Above { class, threshold } => format!(
            "    if probabilities[{class}] > {} {{ {class} }} else {{ {} }}\n",
            double(*threshold),
            1 - class
        ),
        Decision::Probable => largest("*p"),
        Decision::Weighted(weights) => {
            let weights = wrapped(weights.iter().map(|weight| double(*weight)), 4);
            parts.data.push_str(&format!(
                "/// What a mistake on a row of each class costs.\n\
                 static COSTS: [f64; {classes}] = [\n{weights}\n];\n\n"
            ));
            largest("*p * COSTS[class]")
        }
    };
    parts.code.push_str(&format!(
        "/// The predicted class.\n\
         fn decide(probabilities: &[f64; {classes}]) -> usize {{\n{lines}}}\n\n"
    ));
}
