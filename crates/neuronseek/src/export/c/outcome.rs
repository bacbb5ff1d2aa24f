//! From outputs to predictions, and the function that runs it all.

use super::Parts;
use super::text::{double, quoted};
use crate::export::native::tables::Body;
use crate::export::native::wrapped;
use crate::model::{Core, Pipeline};
use crate::prepare::{Decision, Inverse, Restoring, RestoringValue, TargetTransform};

/// Writes what restores targets, and `neuronseek_predict`.
pub fn write(pipeline: &Pipeline, body: &Body, parts: &mut Parts) {
    match &pipeline.outcome {
        Restoring::Values(values) => {
            for (index, value) in values.iter().enumerate() {
                let name = pipeline.targets.get(index).map_or("", String::as_str);
                target(index, name, value, parts);
            }
            parts
                .code
                .push_str("void neuronseek_predict(const neuronseek_row *row, double *out)\n{\n");
            run(pipeline, body, parts);
            for index in 0..values.len() {
                let line = format!("    out[{index}] = target{index}(y[{index}]);\n");
                parts.code.push_str(&line);
            }
            parts.code.push_str("}\n");
        }
        Restoring::Classes {
            classes,
            scale,
            shifts,
            decision,
        } => {
            decide(decision, parts);
            parts.code.push_str(
                "int neuronseek_predict(const neuronseek_row *row, double *probabilities)\n{\n",
            );
            run(pipeline, body, parts);
            match classes.len() {
                2 => two(*scale, shifts[0], parts),
                _ => many(*scale, shifts, parts),
            }
            parts
                .code
                .push_str("    return decide(probabilities);\n}\n");
        }
    }
}

/// From the row to outputs y.
fn run(pipeline: &Pipeline, body: &Body, parts: &mut Parts) {
    let scaled = match &pipeline.core {
        Core::Networks { scale, .. } => scale.len(),
        Core::Formula { scale, .. } => scale.len(),
    };
    let real = match body {
        Body::Tables(_) => "real",
        Body::Written(_) => "double",
    };
    let code = &mut parts.code;
    code.push_str(&format!(
        "    double inputs[INPUTS], y[OUTPUTS];\n    {real} x[{scaled}];\n    size_t i;\n\n    \
         encode(row, inputs);\n    for (i = 0; i < {scaled}; i++)\n        \
         x[i] = ({real})scaled(inputs[i], &scales[i]);\n"
    ));
    match body {
        Body::Tables(_) => code.push_str(
            "    for (i = 0; i < OUTPUTS; i++)\n        y[i] = 0.0;\n    \
             for (i = 0; i < NETWORKS; i++)\n        add_network(&networks[i], x, y);\n",
        ),
        Body::Written(_) => code.push_str("    formula(x, y);\n"),
    }
    if let Core::Formula { limits, .. } = &pipeline.core {
        for index in 0..pipeline.core.outputs() {
            let y = format!("y[{index}]");
            // A formula may be undefined at a row.
            code.push_str(&match limits.get(index) {
                None => format!("    {y} = filled({y}, 0.0);\n"),
                Some([low, high]) => format!(
                    "    {y} = clamp(filled({y}, {}), {}, {});\n",
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
        TargetTransform::Square => "sqrt(fmax(t, 0.0))",
        TargetTransform::Sqrt => "fmax(t, 0.0) * fmax(t, 0.0)",
        TargetTransform::Log => "exp(t)",
        TargetTransform::Log1p => "expm1(t)",
        TargetTransform::Cbrt => "t * t * t",
        TargetTransform::Reciprocal => "1.0 / fmax(t, 0.0)",
    }
}

/// The function from an output to a target.
fn target(index: usize, name: &str, value: &RestoringValue, parts: &mut Parts) {
    let clamped = |text: &str, limits: &[f64; 2]| {
        let [low, high] = limits.map(double);
        format!("clamp({text}, {low}, {high})")
    };
    let lines = match value {
        RestoringValue::LogMean { mean, limits } => {
            let value = format!("{} * exp(output)", double(*mean));
            format!("    return {};\n", clamped(&value, limits))
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
                None => format!("    return {};\n", bounded(&line)),
                Some(own) if own.residuals.is_empty() => format!(
                    "    const double t = {line};\n    return {};\n",
                    bounded(&clamped(inverse(own.of), &own.limits))
                ),
                Some(own) => {
                    residuals(index, own, parts);
                    let value = clamped(inverse(own.of), &own.limits);
                    let count = own.residuals.len();
                    format!(
                        "    const double line = {line};\n    double mean = 0.0;\n    size_t i;\n    \
                         for (i = 0; i < {count}; i++) {{\n        \
                         const double t = line + residuals{index}[i][0];\n        \
                         mean += residuals{index}[i][1] * {value};\n    }}\n    return {};\n",
                        bounded("mean")
                    )
                }
            }
        }
    };
    parts.code.push_str(&format!(
        "/* The target {} of an output. */\nstatic double target{index}(double output)\n\
         {{\n{lines}}}\n\n",
        quoted(name)
    ));
}

fn residuals(index: usize, inverse: &Inverse, parts: &mut Parts) {
    let rows = inverse.residuals.iter();
    let rows =
        rows.map(|[residual, share]| format!("{{{}, {}}}", double(*residual), double(*share)));
    let (count, rows) = (inverse.residuals.len(), wrapped(rows, 2));
    parts.data.push_str(&format!(
        "/* What training left over, on the transformed scale, and its shares of the rows. */\n\
         static const double residuals{index}[{count}][2] = {{\n{rows}\n}};\n\n"
    ));
}

/// Of the log-odds of the second class.
fn two(scale: f64, shift: f64, parts: &mut Parts) {
    parts.code.push_str(&format!(
        "    y[0] = {} * y[0] + {};\n    \
         probabilities[0] = 1.0 / (1.0 + exp(y[0]));\n    \
         probabilities[1] = 1.0 / (1.0 + exp(-y[0]));\n",
        double(scale),
        double(shift)
    ));
}

/// Of one logit a class.
fn many(scale: f64, shifts: &[f64], parts: &mut Parts) {
    let count = shifts.len();
    let shifts = wrapped(shifts.iter().map(|shift| double(*shift)), 4);
    parts.data.push_str(&format!(
        "/* What is added to logits. */\nstatic const double shifts[{count}] = {{\n{shifts}\n}};\n\n"
    ));
    parts.code.push_str(&format!(
        "    for (i = 0; i < OUTPUTS; i++)\n        y[i] = {} * y[i] + shifts[i];\n    \
         softmax(y, probabilities);\n",
        double(scale)
    ));
}

/// The function from probabilities to a class.
fn decide(decision: &Decision, parts: &mut Parts) {
    let lines = match decision {
        Decision::Above { class, threshold } => format!(
            "    return probabilities[{class}] > {} ? {class} : {};\n",
            double(*threshold),
            1 - class
        ),
        Decision::Probable => largest("probabilities[i]"),
        Decision::Weighted(weights) => {
            let count = weights.len();
            let weights = wrapped(weights.iter().map(|weight| double(*weight)), 4);
            parts.data.push_str(&format!(
                "/* What a mistake on a row of each class costs. */\n\
                 static const double costs[{count}] = {{\n{weights}\n}};\n\n"
            ));
            largest("probabilities[i] * costs[i]")
        }
    };
    parts.code.push_str(&format!(
        "/* The predicted class. */\nstatic int decide(const double *probabilities)\n{{\n{lines}}}\n\n"
    ));
}

fn largest(value: &str) -> String {
    format!(
        "    double most = -INFINITY;\n    int i, best = 0;\n    \
         for (i = 0; i < NEURONSEEK_CLASSES; i++) {{\n        const double value = {value};\n        \
         if (value > most) {{\n            most = value;\n            best = i;\n        }}\n    }}\n    \
         return best;\n"
    )
}
