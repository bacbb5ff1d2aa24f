//! Formulas, in double precision.

use super::network::power;
use super::writer::Writer;
use crate::export::onnx::ElementType;
use crate::expression::{Expression, Operation};
use crate::neuron::Function;
use crate::prepare::InputScale;
use crate::search::Formula;
use crate::terms::Polynomial;

/// The name of the outputs, rows x outputs.
pub(super) fn write(
    writer: &mut Writer,
    (scale, formula, limits): (&[InputScale], &Formula, &[[f64; 2]]),
    inputs: &str,
) -> String {
    let inputs = writer.columns(inputs, 0, scale.len());
    let mut row = |of: &dyn Fn(&InputScale) -> f64| {
        let values: Vec<f64> = scale.iter().map(of).collect();
        writer.row(&values)
    };
    let low = row(&|input| input.limits.map_or(-f64::MAX, |[low, _]| low));
    let high = row(&|input| input.limits.map_or(f64::MAX, |[_, high]| high));
    let shift = row(&|input| input.shift);
    let width = row(&|input| input.scale);
    let x = writer.of("Max", &[&inputs, &low]);
    let x = writer.of("Min", &[&x, &high]);
    let x = writer.of("Sub", &[&x, &shift]);
    let x = writer.of("Div", &[&x, &width]);
    let outputs = match formula {
        Formula::Polynomial(own) => polynomial(writer, own, &x),
        Formula::Expression { outputs, .. } => {
            let columns: Vec<String> = outputs
                .iter()
                .map(|own| expression(writer, own, &x))
                .collect();
            writer.beside(&columns)
        }
    };
    limited(writer, limits, &outputs)
}

/// Undefined values become the middle of their limits, or 0 where there are none.
fn limited(writer: &mut Writer, limits: &[[f64; 2]], outputs: &str) -> String {
    let undefined = writer.of("IsNaN", &[outputs]);
    if limits.is_empty() {
        let zero = writer.number(0.0);
        return writer.of("Where", &[&undefined, &zero, outputs]);
    }
    let mut row = |of: &dyn Fn(&[f64; 2]) -> f64| {
        let values: Vec<f64> = limits.iter().map(of).collect();
        writer.row(&values)
    };
    let middle = row(&|[low, high]| 0.5 * (low + high));
    let low = row(&|[low, _]| *low);
    let high = row(&|[_, high]| *high);
    let defined = writer.of("Where", &[&undefined, &middle, outputs]);
    let above = writer.of("Max", &[&defined, &low]);
    writer.of("Min", &[&above, &high])
}

fn polynomial(writer: &mut Writer, polynomial: &Polynomial, x: &str) -> String {
    let outputs = polynomial.outputs();
    let mut sum = writer.row(&polynomial.intercept);
    for term in &polynomial.pure {
        let features = power(writer, x, term.order);
        let weights = writer.constant(&[polynomial.inputs, outputs], term.weights.data());
        let values = writer.of("MatMul", &[&features, &weights]);
        sum = writer.of("Add", &[&values, &sum]);
    }
    for term in &polynomial.functions {
        let operator = match term.function {
            Function::Sin => "Sin",
            Function::Cos => "Cos",
            Function::Exp => "Exp",
        };
        let features = writer.of(operator, &[x]);
        let weights = writer.constant(&[polynomial.inputs, outputs], term.weights.data());
        let values = writer.of("MatMul", &[&features, &weights]);
        sum = writer.of("Add", &[&values, &sum]);
    }
    for (order, pieces) in polynomial.pieces_by_order() {
        let mut product: Option<String> = None;
        for factor in 0..order {
            let mut columns = Vec::with_capacity(polynomial.inputs * pieces.len());
            for input in 0..polynomial.inputs {
                columns.extend(pieces.iter().map(|piece| piece.factors.row(factor)[input]));
            }
            let columns = writer.constant(&[polynomial.inputs, pieces.len()], columns.as_slice());
            let values = writer.of("MatMul", &[x, &columns]);
            product = Some(match product {
                None => values,
                Some(before) => writer.of("Mul", &[&before, &values]),
            });
        }
        let Some(product) = product else { continue };
        let weights: Vec<f64> = pieces.iter().flat_map(|p| p.weights.clone()).collect();
        let weights = writer.constant(&[pieces.len(), outputs], weights.as_slice());
        let values = writer.of("MatMul", &[&product, &weights]);
        sum = writer.of("Add", &[&values, &sum]);
    }
    if polynomial.neuron().is_empty() {
        // A constant: as many rows as x has.
        let nothing = vec![0.0; polynomial.inputs * outputs];
        let nothing = writer.constant(&[polynomial.inputs, outputs], nothing.as_slice());
        let zeros = writer.of("MatMul", &[x, &nothing]);
        sum = writer.of("Add", &[&zeros, &sum]);
    }
    sum
}

/// A formula in symbols, rows x 1.
fn expression(writer: &mut Writer, expression: &Expression, x: &str) -> String {
    // Arguments stand behind their operation: read from the end, they wait on a stack.
    let mut stack: Vec<String> = Vec::new();
    for operation in expression.operations().iter().rev() {
        let arguments: Vec<String> = (0..operation.arity()).filter_map(|_| stack.pop()).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let value = match operation {
            Operation::Input(input) => writer.columns(x, *input, input + 1),
            Operation::Constant(value) => {
                // As many rows as x has.
                let column = writer.columns(x, 0, 1);
                let zero = writer.number(0.0);
                let zeros = writer.of("Mul", &[&column, &zero]);
                let value = writer.number(*value);
                writer.of("Add", &[&zeros, &value])
            }
            Operation::Add => writer.of("Add", &arguments),
            Operation::Subtract => writer.of("Sub", &arguments),
            Operation::Multiply => writer.of("Mul", &arguments),
            Operation::Divide => writer.of("Div", &arguments),
            Operation::Power => writer.of("Pow", &arguments),
            Operation::Min => defined(writer, "Min", &arguments),
            Operation::Max => defined(writer, "Max", &arguments),
            Operation::Negate => writer.of("Neg", &arguments),
            Operation::Sin => writer.of("Sin", &arguments),
            Operation::Cos => writer.of("Cos", &arguments),
            Operation::Tan => single(writer, "Tan", &arguments),
            Operation::Asin => single(writer, "Asin", &arguments),
            Operation::Acos => single(writer, "Acos", &arguments),
            Operation::Atan => single(writer, "Atan", &arguments),
            Operation::Tanh => writer.of("Tanh", &arguments),
            Operation::Exp => writer.of("Exp", &arguments),
            Operation::Log => writer.of("Log", &arguments),
            Operation::Sqrt => writer.of("Sqrt", &arguments),
            Operation::Abs => writer.of("Abs", &arguments),
            Operation::Sigmoid => writer.of("Sigmoid", &arguments),
        };
        stack.push(value);
    }
    stack.pop().unwrap_or_default()
}

/// The smaller or larger of two values or, where one is undefined, the other.
fn defined(writer: &mut Writer, operator: &str, arguments: &[&str]) -> String {
    let [a, b] = [0, 1].map(|place| arguments[place]);
    let both = writer.of(operator, &[a, b]);
    let [no_a, no_b] = [a, b].map(|value| writer.of("IsNaN", &[value]));
    let or_a = writer.of("Where", &[&no_b, a, &both]);
    writer.of("Where", &[&no_a, b, &or_a])
}

/// An operator that runtimes have in single precision alone.
fn single(writer: &mut Writer, operator: &str, arguments: &[&str]) -> String {
    let argument = writer.cast(arguments[0], ElementType::Float);
    let value = writer.of(operator, &[&argument]);
    writer.cast(&value, ElementType::Double)
}
