//! Networks, in single precision; their sum in double.

use super::writer::Writer;
use crate::export::onnx::{Attribute, ElementType};
use crate::matrix::Matrix;
use crate::network::{Activation, Folded, FoldedEmbedding, FoldedLayer, FoldedTerm};
use crate::neuron::Function;
use crate::prepare::BoundedInput;

/// The name of the outputs, doubles of rows x outputs.
pub(super) fn write(
    writer: &mut Writer,
    scale: &[BoundedInput],
    members: &[(f64, Folded)],
    inputs: &str,
) -> String {
    let scaled = scaled(writer, scale, inputs);
    let scaled = writer.cast(&scaled, ElementType::Float);
    let mut leading: Option<(usize, String)> = None;
    let mut parts = Vec::new();
    for (weight, network) in members {
        let own = match &leading {
            _ if network.inputs == scale.len() => scaled.clone(),
            Some((count, own)) if *count == network.inputs => own.clone(),
            _ => {
                let own = writer.columns(&scaled, 0, network.inputs);
                leading = Some((network.inputs, own.clone()));
                own
            }
        };
        let outputs = folded(writer, network, &own);
        let outputs = writer.cast(&outputs, ElementType::Double);
        let weight = writer.number(*weight);
        parts.push(writer.of("Mul", &[&outputs, &weight]));
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    writer.of("Sum", &parts)
}

/// `z / sqrt(1 + (z/3)^2)` of bounded inputs; the others are kept within -3 and 3.
fn scaled(writer: &mut Writer, scale: &[BoundedInput], inputs: &str) -> String {
    let mut row = |of: &dyn Fn(&BoundedInput) -> f64| {
        let values: Vec<f64> = scale.iter().map(of).collect();
        writer.row(&values)
    };
    let own = |value: f64, other: f64| move |bounded: bool| if bounded { value } else { other };
    let center = row(&|input| own(input.center, 0.0)(input.bounded));
    let width = row(&|input| own(input.scale, 1.0)(input.bounded));
    let low = row(&|input| own(-1e6, -3.0)(input.bounded));
    let high = row(&|input| own(1e6, 3.0)(input.bounded));
    let bend = row(&|input| own(3.0, f64::INFINITY)(input.bounded));
    let z = writer.of("Sub", &[inputs, &center]);
    let z = writer.of("Div", &[&z, &width]);
    let z = writer.of("Max", &[&z, &low]);
    let z = writer.of("Min", &[&z, &high]);
    let bent = writer.of("Div", &[&z, &bend]);
    let square = writer.of("Mul", &[&bent, &bent]);
    let one = writer.number(1.0);
    let sum = writer.of("Add", &[&square, &one]);
    let root = writer.of("Sqrt", &[&sum]);
    writer.of("Div", &[&z, &root])
}

fn folded(writer: &mut Writer, network: &Folded, inputs: &str) -> String {
    let mut h = inputs.to_string();
    for (index, own) in network.layers.iter().enumerate() {
        if index > 0 {
            h = activated(writer, network.activation, &h);
        }
        h = layer(writer, own, &h);
    }
    match &network.skip {
        None => h,
        Some(skip) => {
            let straight = layer(writer, skip, inputs);
            writer.of("Add", &[&h, &straight])
        }
    }
}

fn activated(writer: &mut Writer, activation: Activation, v: &str) -> String {
    match activation {
        Activation::Relu => writer.of("Relu", &[v]),
        Activation::Tanh => writer.of("Tanh", &[v]),
        Activation::Sigmoid => writer.of("Sigmoid", &[v]),
        Activation::Identity => v.to_string(),
        Activation::Silu => {
            let sigmoid = writer.of("Sigmoid", &[v]);
            writer.of("Mul", &[v, &sigmoid])
        }
        Activation::Gelu => {
            let root = writer.constant(&[], &[std::f32::consts::FRAC_1_SQRT_2]);
            let half = writer.constant(&[], &[0.5f32]);
            let one = writer.constant(&[], &[1.0f32]);
            let argument = writer.of("Mul", &[v, &root]);
            let erf = writer.of("Erf", &[&argument]);
            let sum = writer.of("Add", &[&erf, &one]);
            let both = writer.of("Mul", &[v, &half]);
            writer.of("Mul", &[&both, &sum])
        }
    }
}

fn layer(writer: &mut Writer, layer: &FoldedLayer, h: &str) -> String {
    let mut parts = Vec::new();
    for (index, one) in layer.terms.iter().enumerate() {
        let mut values = term(writer, one, h);
        if let Some([scale, shift]) = layer.layer_norm.get(index) {
            let scale = writer.constant(&[scale.len()], scale.as_slice());
            let shift = writer.constant(&[shift.len()], shift.as_slice());
            let attributes = [
                ("axis", Attribute::Integer(-1)),
                ("epsilon", Attribute::Float(1e-5)),
            ];
            values = writer.with(
                "LayerNormalization",
                &[&values, &scale, &shift],
                &attributes,
            );
        }
        parts.push(values);
    }
    if layer.bias.iter().any(|bias| *bias != 0.0) {
        parts.push(writer.constant(&[1, layer.bias.len()], layer.bias.as_slice()));
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    writer.of("Sum", &parts)
}

fn term(writer: &mut Writer, term: &FoldedTerm, h: &str) -> String {
    let (features, weights) = match term {
        FoldedTerm::Power { order, weights } => (power(writer, h, *order), weights),
        FoldedTerm::Function { function, weights } => {
            let operator = match function {
                Function::Sin => "Sin",
                Function::Cos => "Cos",
                Function::Exp => "Exp",
            };
            (writer.of(operator, &[h]), weights)
        }
        FoldedTerm::Product { factors, weights } => (product(writer, factors, h), weights),
        FoldedTerm::Independent { factors, gains } => {
            let product = product(writer, factors, h);
            let gains = writer.constant(&[1, gains.len()], gains.as_slice());
            return writer.of("Mul", &[&product, &gains]);
        }
        FoldedTerm::Embedding {
            inputs,
            width,
            weights,
        } => (embedded(writer, inputs, *width, h), weights),
    };
    let weights = writer.matrix(weights);
    writer.of("MatMul", &[&features, &weights])
}

/// `h^order` by products.
pub(super) fn power(writer: &mut Writer, h: &str, order: usize) -> String {
    let mut power = h.to_string();
    for _ in 1..order {
        power = writer.of("Mul", &[&power, h]);
    }
    power
}

fn product(writer: &mut Writer, factors: &[Matrix<f32>], h: &str) -> String {
    let mut product: Option<String> = None;
    for factor in factors {
        // Factors are rank x inputs.
        let mut transposed = Vec::with_capacity(factor.rows() * factor.columns());
        for input in 0..factor.columns() {
            transposed.extend(factor.column(input));
        }
        let shape = [factor.columns(), factor.rows()];
        let factor = writer.constant(&shape, transposed.as_slice());
        let value = writer.of("MatMul", &[h, &factor]);
        product = Some(match product {
            None => value,
            Some(before) => writer.of("Mul", &[&before, &value]),
        });
    }
    product.unwrap_or_else(|| h.to_string())
}

/// The components of all embedded inputs: the share of each bin that is passed, all inputs padded
/// to as many bins, times the steps, input by input.
fn embedded(writer: &mut Writer, inputs: &[FoldedEmbedding], width: usize, h: &str) -> String {
    let count = inputs.len();
    let bins = inputs
        .iter()
        .map(|one| one.steps.columns())
        .max()
        .unwrap_or(0);
    let mut which = Vec::new();
    let (mut low, mut inverse) = (Vec::new(), Vec::new());
    let mut steps = vec![0.0f32; count * bins * width];
    for (index, one) in inputs.iter().enumerate() {
        for bin in 0..bins {
            which.push(one.input as i64);
            // A bin that pads is never passed.
            let ends = one.knots.get(bin).zip(one.knots.get(bin + 1));
            low.push(ends.map_or(0.0, |(start, _)| *start));
            inverse.push(ends.map_or(0.0, |(start, end)| 1.0 / (end - start)));
            for component in 0..width {
                if bin < one.steps.columns() {
                    let place = (index * bins + bin) * width + component;
                    steps[place] = one.steps.row(component)[bin];
                }
            }
        }
    }
    let which = writer.constant(&[which.len()], which.as_slice());
    let axis = [("axis", Attribute::Integer(1))];
    let values = writer.with("Gather", &[h, &which], &axis);
    let low = writer.constant(&[1, low.len()], low.as_slice());
    let inverse = writer.constant(&[1, inverse.len()], inverse.as_slice());
    let passed = writer.of("Sub", &[&values, &low]);
    let passed = writer.of("Mul", &[&passed, &inverse]);
    let ends = [0.0f32, 1.0].map(|end| writer.constant(&[], &[end]));
    let shares = writer.of("Clip", &[&passed, &ends[0], &ends[1]]);
    let shape = [-1, count as i64, bins as i64];
    let shape = writer.constant(&[3], &shape);
    let shares = writer.of("Reshape", &[&shares, &shape]);
    let turn = [("perm", Attribute::Integers(&[1, 0, 2]))];
    let by_input = writer.with("Transpose", &[&shares], &turn);
    let steps = writer.constant(&[count, bins, width], steps.as_slice());
    let components = writer.of("MatMul", &[&by_input, &steps]);
    let by_row = writer.with("Transpose", &[&components], &turn);
    let shape = writer.constant(&[2], &[-1, (count * width) as i64]);
    writer.of("Reshape", &[&by_row, &shape])
}
