//! Formulas as lines of code. Sums and products are written alike in C and in Rust.

use crate::expression::{Expression, Operation};
use crate::search::Formula;
use crate::terms::Polynomial;

/// A part of this many operations gets a line and a name of its own.
const LINE: usize = 24;

/// Polynomials with more operations than this stay tables.
const WRITTEN: usize = 600;

/// How tightly an operation binds.
const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const SIGN: u8 = 3;
const ATOM: u8 = 4;

/// How a language writes what is not alike.
pub struct Dialect {
    /// The function of an operation.
    pub function: fn(Operation) -> &'static str,
    /// A number.
    pub number: fn(f64) -> String,
    /// What stands before a new name.
    pub declare: &'static str,
}

/// A part that is written, how tightly it binds, and how many operations it has.
struct Part {
    text: String,
    binds: u8,
    size: usize,
}

impl Part {
    fn at_least(self, least: u8) -> String {
        match self.binds < least {
            true => format!("({})", self.text),
            false => self.text,
        }
    }
}

/// Expressions, one an output, if the formula is short enough to be written out.
pub fn expressions(formula: &Formula) -> Option<Vec<Expression>> {
    match formula {
        Formula::Expression { outputs, .. } => Some(outputs.clone()),
        Formula::Polynomial(polynomial) if polynomial.parameters() > WRITTEN => None,
        Formula::Polynomial(polynomial) => {
            let outputs = 0..polynomial.outputs();
            let written: Vec<Expression> = outputs.map(|o| written_out(polynomial, o)).collect();
            let size: usize = written.iter().map(Expression::size).sum();
            (size <= WRITTEN).then_some(written)
        }
    }
}

/// Lines that set `y[output]` to the expression of `x`; names of parts begin with `t`.
pub fn lines(expression: &Expression, output: usize, dialect: &Dialect) -> Vec<String> {
    let mut lines = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    // From the end, so that arguments are written when their operation comes.
    for operation in expression.operations().iter().rev() {
        let mut argument = || {
            parts.pop().unwrap_or(Part {
                text: String::new(),
                binds: ATOM,
                size: 0,
            })
        };
        let mut part = match operation.arity() {
            0 => leaf(*operation, dialect),
            1 => one(*operation, argument(), dialect),
            _ => {
                let left = argument();
                two(*operation, left, argument(), dialect)
            }
        };
        if part.size >= LINE {
            let name = format!("t{output}_{}", lines.len());
            lines.push(format!("{} {name} = {};", dialect.declare, part.text));
            part = Part {
                text: name,
                binds: ATOM,
                size: 1,
            };
        }
        parts.push(part);
    }
    let whole = parts.pop().map(|part| part.text).unwrap_or_default();
    lines.push(format!("y[{output}] = {whole};"));
    lines
}

fn leaf(operation: Operation, dialect: &Dialect) -> Part {
    let (text, binds) = match operation {
        Operation::Input(index) => (format!("x[{index}]"), ATOM),
        Operation::Constant(value) if value.is_sign_negative() => ((dialect.number)(value), SIGN),
        Operation::Constant(value) => ((dialect.number)(value), ATOM),
        _ => (String::new(), ATOM),
    };
    Part {
        text,
        binds,
        size: 1,
    }
}

fn one(operation: Operation, a: Part, dialect: &Dialect) -> Part {
    let size = a.size + 1;
    let (text, binds) = match operation {
        Operation::Negate => (format!("-{}", a.at_least(ATOM)), SIGN),
        _ => (
            format!("{}({})", (dialect.function)(operation), a.text),
            ATOM,
        ),
    };
    Part { text, binds, size }
}

fn two(operation: Operation, a: Part, b: Part, dialect: &Dialect) -> Part {
    let size = a.size + b.size + 1;
    let signs = |sign: &str, a: Part, b: Part, binds: u8| {
        // What is behind a sign is in brackets unless it binds more tightly.
        format!(
            "{} {sign} {}",
            a.at_least(binds),
            b.at_least(if binds == SUM { PRODUCT } else { ATOM })
        )
    };
    let (text, binds) = match operation {
        Operation::Add => (signs("+", a, b, SUM), SUM),
        Operation::Subtract => (signs("-", a, b, SUM), SUM),
        Operation::Multiply => (signs("*", a, b, PRODUCT), PRODUCT),
        Operation::Divide => (signs("/", a, b, PRODUCT), PRODUCT),
        Operation::Power => match whole(&b.text) {
            Some(exponent) => (format!("whole_power({}, {exponent})", a.text), ATOM),
            None => (format!("power({}, {})", a.text, b.text), ATOM),
        },
        _ => {
            let name = (dialect.function)(operation);
            (format!("{name}({}, {})", a.text, b.text), ATOM)
        }
    };
    Part { text, binds, size }
}

/// A number that is a small whole one.
fn whole(text: &str) -> Option<i32> {
    let number: f64 = text.parse().ok()?;
    (number.fract() == 0.0 && number.abs() <= 64.0).then_some(number as i32)
}

/// One output of a polynomial; coefficients of 0 are left out.
fn written_out(polynomial: &Polynomial, output: usize) -> Expression {
    let mut sum = Expression::constant(polynomial.intercept[output]);
    let mut add = |weight: f64, factors: Vec<Expression>| {
        if weight == 0.0 {
            return;
        }
        let mut product = (weight != 1.0).then(|| Expression::constant(weight));
        for factor in factors {
            product = Some(match product {
                None => factor,
                Some(product) => Expression::binary(Operation::Multiply, &product, &factor),
            });
        }
        let product = product.unwrap_or(Expression::constant(weight));
        sum = Expression::binary(Operation::Add, &sum, &product);
    };
    for term in &polynomial.pure {
        for d in 0..polynomial.inputs {
            let input = Expression::input(d);
            let power = match term.order {
                1 => input,
                order => {
                    let order = Expression::constant(order as f64);
                    Expression::binary(Operation::Power, &input, &order)
                }
            };
            add(term.weights.row(d)[output], vec![power]);
        }
    }
    for term in &polynomial.functions {
        for d in 0..polynomial.inputs {
            let function = term.function.name();
            let named = Operation::FUNCTIONS
                .iter()
                .find(|(name, _)| *name == function);
            let value = named.map(|(_, o)| Expression::unary(*o, &Expression::input(d)));
            add(term.weights.row(d)[output], value.into_iter().collect());
        }
    }
    for piece in &polynomial.pieces {
        let factors = (0..piece.order()).map(|m| line(piece.factors.row(m)));
        add(piece.weights[output], factors.collect());
    }
    sum
}

/// The sum of inputs times coefficients.
fn line(coefficients: &[f64]) -> Expression {
    let mut sum: Option<Expression> = None;
    for (d, coefficient) in coefficients.iter().enumerate().filter(|(_, c)| **c != 0.0) {
        let (own, input) = (Expression::constant(*coefficient), Expression::input(d));
        let product = match *coefficient == 1.0 {
            true => input,
            false => Expression::binary(Operation::Multiply, &own, &input),
        };
        sum = Some(match sum {
            None => product,
            Some(sum) => Expression::binary(Operation::Add, &sum, &product),
        });
    }
    sum.unwrap_or(Expression::constant(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let dialect = Dialect {
            function: |operation| match operation {
                Operation::Sin => "sin",
                _ => "f",
            },
            number: |value| format!("{value:?}"),
            declare: "double",
        };
        let expression: Expression = text.parse().unwrap();
        lines(&expression, 0, &dialect).join(" ")
    }

    #[test]
    fn brackets_stand_where_they_must() {
        for (text, expected) in [
            (
                "x1 - (x2 - x3) * -2",
                "y[0] = x[0] - (x[1] - x[2]) * (-2.0);",
            ),
            (
                "-(x1 + 1) / (x2 / x3)",
                "y[0] = -(x[0] + 1.0) / (x[1] / x[2]);",
            ),
            ("sin(x1 + x2)^3", "y[0] = whole_power(sin(x[0] + x[1]), 3);"),
            (
                "x1^0.5 + x1^-1",
                "y[0] = power(x[0], 0.5) + whole_power(x[0], -1);",
            ),
        ] {
            assert_eq!(written(text), expected);
        }
    }

    #[test]
    fn long_formulas_are_several_lines() {
        let long = ["x1"; 1000].join(" + ");
        let written = written(&long);
        assert!(
            written.contains("double t0_1 = t0_0 + x[0] + "),
            "{written}"
        );
        assert!(written.len() < 12_000);
    }
}
