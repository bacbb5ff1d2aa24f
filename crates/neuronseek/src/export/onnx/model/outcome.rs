//! From outputs to predictions, in double precision.

use super::writer::Writer;
use crate::export::onnx::Attribute;
use crate::prepare::{Decision, Inverse, Restoring, RestoringValue, TargetTransform};

/// Writes the outputs of the model.
pub(super) fn write(writer: &mut Writer, outcome: &Restoring, outputs: &str) {
    match outcome {
        Restoring::Values(targets) => {
            let columns: Vec<String> = targets
                .iter()
                .enumerate()
                .map(|(index, target)| {
                    let own = writer.columns(outputs, index, index + 1);
                    value(writer, target, &own)
                })
                .collect();
            let all = writer.beside(&columns);
            writer.named("prediction", "Identity", &[&all]);
        }
        Restoring::Classes {
            classes,
            scale,
            shifts,
            decision,
        } => {
            let scale = writer.number(*scale);
            let shifts = writer.row(shifts);
            let logits = writer.of("Mul", &[outputs, &scale]);
            let logits = writer.of("Add", &[&logits, &shifts]);
            let probabilities = match classes.len() {
                2 => {
                    let negative = writer.of("Neg", &[&logits]);
                    let both = [negative, logits].map(|z| writer.of("Sigmoid", &[&z]));
                    writer.beside(&both)
                }
                _ => writer.with("Softmax", &[&logits], &[("axis", Attribute::Integer(1))]),
            };
            writer.named("probabilities", "Identity", &[&probabilities]);
            let index = decided(writer, decision, &probabilities);
            let names = writer.constant(&[classes.len()], classes.as_slice());
            writer.named("label", "Gather", &[&names, &index]);
        }
    }
}

/// The index of the class, one a row.
fn decided(writer: &mut Writer, decision: &Decision, probabilities: &str) -> String {
    let largest = |writer: &mut Writer, values: &str| {
        let attributes = [
            ("axis", Attribute::Integer(1)),
            ("keepdims", Attribute::Integer(0)),
        ];
        writer.with("ArgMax", &[values], &attributes)
    };
    match decision {
        Decision::Probable => largest(writer, probabilities),
        Decision::Weighted(weights) => {
            let weights = writer.row(weights);
            let weighted = writer.of("Mul", &[probabilities, &weights]);
            largest(writer, &weighted)
        }
        Decision::Above { class, threshold } => {
            let column = writer.constant(&[], &[*class as i64]);
            let axis = [("axis", Attribute::Integer(1))];
            let own = writer.with("Gather", &[probabilities, &column], &axis);
            let threshold = writer.number(*threshold);
            let above = writer.of("Greater", &[&own, &threshold]);
            let class = *class as i64;
            let classes = [class, 1 - class].map(|one| writer.constant(&[], &[one]));
            writer.of("Where", &[&above, &classes[0], &classes[1]])
        }
    }
}

/// A target in its unit, rows x 1.
fn value(writer: &mut Writer, value: &RestoringValue, output: &str) -> String {
    match value {
        RestoringValue::LogMean { mean, limits } => {
            let exp = writer.of("Exp", &[output]);
            let mean = writer.number(*mean);
            let product = writer.of("Mul", &[&exp, &mean]);
            writer.within(&product, *limits)
        }
        RestoringValue::Line {
            mean,
            deviation,
            transform,
            bounds,
        } => {
            let deviation = writer.number(*deviation);
            let mean = writer.number(*mean);
            let product = writer.of("Mul", &[output, &deviation]);
            let mut value = writer.of("Add", &[&product, &mean]);
            if let Some(inverse) = transform {
                value = smeared(writer, inverse, &value);
            }
            match bounds {
                None => value,
                Some(bounds) => writer.within(&value, *bounds),
            }
        }
    }
}

/// The mean of the inverse over the residuals.
fn smeared(writer: &mut Writer, inverse: &Inverse, t: &str) -> String {
    if inverse.residuals.is_empty() {
        let value = inverted(writer, inverse.of, t);
        return writer.within(&value, inverse.limits);
    }
    let residuals: Vec<f64> = inverse.residuals.iter().map(|[r, _]| *r).collect();
    let shares: Vec<f64> = inverse.residuals.iter().map(|[_, share]| *share).collect();
    let residuals = writer.row(&residuals);
    let moved = writer.of("Add", &[t, &residuals]);
    let values = inverted(writer, inverse.of, &moved);
    let values = writer.within(&values, inverse.limits);
    let shares = writer.constant(&[shares.len(), 1], shares.as_slice());
    writer.of("MatMul", &[&values, &shares])
}

fn inverted(writer: &mut Writer, transform: TargetTransform, t: &str) -> String {
    let positive = |writer: &mut Writer| {
        let zero = writer.number(0.0);
        writer.of("Max", &[t, &zero])
    };
    match transform {
        TargetTransform::None => t.to_string(),
        TargetTransform::Square => {
            let t = positive(writer);
            writer.of("Sqrt", &[&t])
        }
        TargetTransform::Sqrt => {
            let t = positive(writer);
            writer.of("Mul", &[&t, &t])
        }
        TargetTransform::Log => writer.of("Exp", &[t]),
        TargetTransform::Log1p => {
            let exp = writer.of("Exp", &[t]);
            let one = writer.number(1.0);
            writer.of("Sub", &[&exp, &one])
        }
        TargetTransform::Cbrt => {
            let square = writer.of("Mul", &[t, t]);
            writer.of("Mul", &[&square, t])
        }
        TargetTransform::Reciprocal => {
            let t = positive(writer);
            let one = writer.number(1.0);
            writer.of("Div", &[&one, &t])
        }
    }
}
