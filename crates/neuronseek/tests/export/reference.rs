//! The plain steps of a pipeline, followed one by one in double precision.

use neuronseek::matrix::Matrix;
use neuronseek::model::{Core, Pipeline};
use neuronseek::network::{Activation, Folded, FoldedLayer, FoldedTerm};
use neuronseek::prepare::{
    Coding, Input, Key, Phase, Recipe, Restoring, RestoringValue, probabilities,
};
use neuronseek::table::Table;

use crate::fixtures::{Cells, cells};

/// rows x targets, or rows x classes of probabilities.
pub fn predict(pipeline: &Pipeline, table: &Table) -> Matrix<f64> {
    let inputs = inputs(&pipeline.recipe, table);
    let rows: Vec<Vec<f64>> = inputs.iter().map(|x| core(&pipeline.core, x)).collect();
    match &pipeline.outcome {
        Restoring::Values(targets) => {
            let restored = rows.iter().flat_map(|outputs| {
                let both = outputs.iter().zip(targets);
                both.map(|(o, target)| restore(target, *o))
            });
            Matrix::from_vec(rows.len(), targets.len(), restored.collect())
        }
        Restoring::Classes {
            classes,
            scale,
            shifts,
            ..
        } => {
            let logits = rows.iter().flat_map(|outputs| {
                let both = outputs.iter().zip(shifts);
                both.map(|(z, shift)| scale * z + shift)
            });
            let logits = Matrix::from_vec(rows.len(), shifts.len(), logits.collect());
            probabilities(&logits, classes.len())
        }
    }
}

fn inputs(recipe: &Recipe, table: &Table) -> Vec<Vec<f64>> {
    let columns: Vec<Cells> = recipe.columns.iter().map(|c| cells(table, c)).collect();
    let number = |column: usize, row: usize| match &columns[column] {
        Cells::Numbers(values) => values[row],
        Cells::Texts(texts) => texts[row].as_ref().map_or(f64::NAN, |_| 0.0),
    };
    let filled = |column: usize, row: usize, fill: f64| match number(column, row) {
        value if value.is_nan() => fill,
        value => value,
    };
    let place = |coding: &Coding, row: usize| -> Option<u32> {
        let position = match (&coding.key, &columns[coding.column]) {
            (_, Cells::Numbers(values)) if values[row].is_nan() => return coding.missing,
            (Key::Texts(keys), Cells::Texts(texts)) => match &texts[row] {
                None => return coding.missing,
                Some(text) => keys.iter().position(|key| key == text),
            },
            (Key::Numbers(keys), Cells::Numbers(values)) => {
                keys.iter().position(|key| *key == values[row])
            }
            (Key::Bins(edges), Cells::Numbers(values)) => {
                Some(edges.iter().filter(|edge| **edge <= values[row]).count())
            }
            _ => panic!("cells of another kind"),
        };
        position.map(|place| place as u32).or(coding.unseen)
    };
    let input = |input: &Input, row: usize| match input {
        Input::Number { column, fill } => filled(*column, row, *fill),
        Input::Missing { column } => f64::from(number(*column, row).is_nan()),
        Input::Days { column, fill } => filled(*column, row, *fill) / 86_400.0,
        Input::Cycle {
            column,
            fill,
            phase,
            cosine,
        } => {
            let days = filled(*column, row, *fill) / 86_400.0;
            let phase = match phase {
                Phase::Year => (days / 365.2425).rem_euclid(1.0),
                Phase::Week => (days.floor() + 3.0).rem_euclid(7.0) / 7.0,
                Phase::Day => days.rem_euclid(1.0),
            };
            let (sin, cos) = (std::f64::consts::TAU * phase).sin_cos();
            if *cosine { cos } else { sin }
        }
        Input::Is { coding, place: own } => {
            f64::from(place(&recipe.codings[*coding], row) == Some(*own))
        }
        Input::Place { coding, otherwise } => {
            place(&recipe.codings[*coding], row).map_or(*otherwise, f64::from)
        }
        Input::Group {
            grouping,
            values,
            otherwise,
        } => {
            let grouping = &recipe.groupings[*grouping];
            let codings = grouping.codings.iter();
            let places: Option<Vec<u32>> = codings
                .map(|coding| place(&recipe.codings[*coding], row))
                .collect();
            let group = places.and_then(|own| grouping.groups.iter().position(|g| *g == own));
            group.map_or(*otherwise, |group| values[group])
        }
    };
    (0..table.rows())
        .map(|row| recipe.inputs.iter().map(|one| input(one, row)).collect())
        .collect()
}

fn core(core: &Core, inputs: &[f64]) -> Vec<f64> {
    match core {
        Core::Networks { scale, members } => {
            let scaled = inputs.iter().zip(scale).map(|(x, input)| {
                if !input.bounded {
                    return x.clamp(-3.0, 3.0);
                }
                let z = ((x - input.center) / input.scale).clamp(-1e6, 1e6);
                z / (1.0 + (z / 3.0) * (z / 3.0)).sqrt()
            });
            let scaled: Vec<f64> = scaled.map(|z| f64::from(z as f32)).collect();
            let mut sum = vec![0.0; core.outputs()];
            for (weight, network) in members {
                for (sum, value) in sum.iter_mut().zip(folded(network, &scaled)) {
                    *sum += weight * value;
                }
            }
            sum
        }
        Core::Formula {
            scale,
            formula,
            limits,
        } => {
            let scaled = inputs.iter().zip(scale).map(|(x, input)| {
                let [low, high] = input.limits.unwrap_or([-f64::MAX, f64::MAX]);
                (x.clamp(low, high) - input.shift) / input.scale
            });
            let x = Matrix::from_vec(1, scale.len(), scaled.collect());
            let mut outputs = formula.values(&x).row(0).to_vec();
            for (index, output) in outputs.iter_mut().enumerate() {
                *output = match (limits.get(index), output.is_nan()) {
                    (None, true) => 0.0,
                    (None, false) => *output,
                    (Some([low, high]), true) => 0.5 * (low + high),
                    (Some([low, high]), false) => output.clamp(*low, *high),
                };
            }
            outputs
        }
    }
}

/// The outputs of a network for the inputs of a row.
pub fn folded(network: &Folded, inputs: &[f64]) -> Vec<f64> {
    let inputs = &inputs[..network.inputs];
    let mut h = inputs.to_vec();
    for (index, own) in network.layers.iter().enumerate() {
        if index > 0 {
            h.iter_mut()
                .for_each(|v| *v = activated(network.activation, *v));
        }
        h = layer(own, &h);
    }
    if let Some(skip) = &network.skip {
        for (value, more) in h.iter_mut().zip(layer(skip, inputs)) {
            *value += more;
        }
    }
    h
}

fn activated(activation: Activation, v: f64) -> f64 {
    let sigmoid = 1.0 / (1.0 + (-v).exp());
    match activation {
        Activation::Relu => v.max(0.0),
        Activation::Silu => v * sigmoid,
        Activation::Tanh => v.tanh(),
        Activation::Sigmoid => sigmoid,
        // x Phi(x); the error function to double precision by its series and its tail.
        Activation::Gelu => v * 0.5 * (1.0 + erf(v / 2f64.sqrt())),
        Activation::Identity => v,
    }
}

fn erf(x: f64) -> f64 {
    if x.abs() > 2.0 {
        // The continued fraction of the tail, from its end.
        let x2 = x.abs();
        let tail = (1..=60)
            .rev()
            .fold(0.0, |tail, n| f64::from(n) / 2.0 / (x2 + tail));
        let complement = (-x2 * x2).exp() / std::f64::consts::PI.sqrt() / (x2 + tail);
        return x.signum() * (1.0 - complement);
    }
    // All terms have the sign of x, so that nothing cancels.
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > 1e-17 * sum.abs() {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    sum * (-x * x).exp() * 2.0 / std::f64::consts::PI.sqrt()
}

fn layer(layer: &FoldedLayer, h: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = layer.bias.iter().map(|b| f64::from(*b)).collect();
    for (index, term) in layer.terms.iter().enumerate() {
        let mut values = values(term, h, layer.outputs);
        if let Some([scale, shift]) = layer.layer_norm.get(index) {
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
            for ((value, scale), shift) in values.iter_mut().zip(scale).zip(shift) {
                let normal = (*value - mean) / (variance + 1e-5).sqrt();
                *value = normal * f64::from(*scale) + f64::from(*shift);
            }
        }
        for (out, value) in out.iter_mut().zip(values) {
            *out += value;
        }
    }
    out
}

fn times(matrix: &Matrix<f32>, h: &[f64]) -> Vec<f64> {
    let row = |row: usize| {
        matrix
            .row(row)
            .iter()
            .zip(h)
            .map(|(w, h)| f64::from(*w) * h)
            .sum()
    };
    (0..matrix.rows()).map(row).collect()
}

fn transposed_times(matrix: &Matrix<f32>, features: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; matrix.columns()];
    for (row, feature) in features.iter().enumerate() {
        for (out, weight) in out.iter_mut().zip(matrix.row(row)) {
            *out += f64::from(*weight) * feature;
        }
    }
    out
}

fn product(factors: &[Matrix<f32>], h: &[f64]) -> Vec<f64> {
    let mut product = vec![1.0; factors[0].rows()];
    for factor in factors {
        for (product, value) in product.iter_mut().zip(times(factor, h)) {
            *product *= value;
        }
    }
    product
}

fn values(term: &FoldedTerm, h: &[f64], outputs: usize) -> Vec<f64> {
    match term {
        FoldedTerm::Power { order, weights } => {
            let powers: Vec<f64> = h.iter().map(|h| h.powi(*order as i32)).collect();
            transposed_times(weights, &powers)
        }
        FoldedTerm::Function { function, weights } => {
            let values: Vec<f64> = h.iter().map(|h| function.value(*h)).collect();
            transposed_times(weights, &values)
        }
        FoldedTerm::Product { factors, weights } => transposed_times(weights, &product(factors, h)),
        FoldedTerm::Independent { factors, gains } => {
            let products = product(factors, h);
            assert_eq!(products.len(), outputs);
            products
                .iter()
                .zip(gains)
                .map(|(p, g)| p * f64::from(*g))
                .collect()
        }
        FoldedTerm::Embedding {
            inputs,
            width,
            weights,
        } => {
            let mut components = Vec::new();
            for embedded in inputs {
                for component in 0..*width {
                    let bins = embedded.knots.windows(2).zip(embedded.steps.row(component));
                    components.push(
                        bins.map(|(knots, step)| {
                            let [low, high] = [knots[0], knots[1]].map(f64::from);
                            let share = (h[embedded.input] - low) / (high - low);
                            f64::from(*step) * share.clamp(0.0, 1.0)
                        })
                        .sum(),
                    );
                }
            }
            transposed_times(weights, &components)
        }
    }
}

fn restore(value: &RestoringValue, output: f64) -> f64 {
    match value {
        RestoringValue::LogMean { mean, limits } => {
            (mean * output.exp()).clamp(limits[0], limits[1])
        }
        RestoringValue::Line {
            mean,
            deviation,
            transform,
            bounds,
        } => {
            let t = deviation * output + mean;
            let value = match transform {
                None => t,
                Some(inverse) => {
                    let [low, high] = inverse.limits;
                    let one = |t: f64| inverse.of.inverse(t).clamp(low, high);
                    match inverse.residuals.as_slice() {
                        [] => one(t),
                        some => some.iter().map(|[r, share]| share * one(t + r)).sum(),
                    }
                }
            };
            bounds.map_or(value, |[low, high]| value.clamp(low, high))
        }
    }
}
