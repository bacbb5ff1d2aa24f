use std::fmt;

use super::{Expression, Operation};

/// How tightly an operation binds.
const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const SIGN: u8 = 3;
const POWER: u8 = 4;
const ATOM: u8 = 5;

impl fmt::Display for Expression {
    /// With the inputs `x1`, `x2`, ...: text that [`str::parse`] reads back to the same tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.text(&|index| format!("x{}", index + 1)))
    }
}

impl Expression {
    /// The formula with other names for the inputs.
    pub fn text(&self, name: &dyn Fn(usize) -> String) -> String {
        // From the end, so that arguments are written when their operation comes.
        let mut parts: Vec<(String, u8)> = Vec::new();
        for operation in self.operations().iter().rev() {
            let mut argument = || parts.pop().unwrap_or_default();
            let part = match operation.arity() {
                0 => match operation {
                    Operation::Input(index) => (name(*index), ATOM),
                    Operation::Constant(value) if value.is_sign_negative() => {
                        (format!("({value:?})"), ATOM)
                    }
                    Operation::Constant(value) => (format!("{value:?}"), ATOM),
                    _ => (String::new(), ATOM),
                },
                1 => one(*operation, argument()),
                _ => {
                    let left = argument();
                    two(*operation, left, argument())
                }
            };
            parts.push(part);
        }
        parts.pop().unwrap_or_default().0
    }
}

fn at_least((text, binds): (String, u8), least: u8) -> String {
    if binds < least {
        format!("({text})")
    } else {
        text
    }
}

fn one(operation: Operation, argument: (String, u8)) -> (String, u8) {
    match operation.name() {
        Some(name) => (format!("{name}({})", argument.0), ATOM),
        // A sign before a bare number would be read as part of it.
        None if argument.0.starts_with(|c: char| c.is_ascii_digit()) => {
            (format!("-({})", argument.0), SIGN)
        }
        None => (format!("-{}", at_least(argument, SIGN)), SIGN),
    }
}

fn two(operation: Operation, left: (String, u8), right: (String, u8)) -> (String, u8) {
    let (sign, binds) = match operation {
        Operation::Add => (" + ", SUM),
        Operation::Subtract => (" - ", SUM),
        Operation::Multiply => (" * ", PRODUCT),
        Operation::Divide => (" / ", PRODUCT),
        Operation::Power => {
            let (base, exponent) = (at_least(left, ATOM), at_least(right, SIGN));
            return (format!("{base}^{exponent}"), POWER);
        }
        _ => {
            let name = if operation == Operation::Min {
                "min"
            } else {
                "max"
            };
            return (format!("{name}({}, {})", left.0, right.0), ATOM);
        }
    };
    let (left, right) = (at_least(left, binds), at_least(right, binds + 1));
    (format!("{left}{sign}{right}"), binds)
}
