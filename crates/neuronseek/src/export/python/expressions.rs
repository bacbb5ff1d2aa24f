//! Formulas in symbols as Python.

use super::layers::Dialect;
use super::text::number;
use crate::expression::{Expression, Operation};

/// Longer parts get a line of their own, which also keeps brackets from nesting too deeply.
const LONGEST: usize = 80;

/// How tightly a part binds: sums, products, signs, powers, and what needs no brackets.
const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const SIGN: u8 = 3;
const POWER: u8 = 4;
const ATOM: u8 = 5;

/// A part of a formula.
struct Part {
    text: String,
    binds: u8,
    /// Its value, where it has no input and is written as a number.
    value: Option<f64>,
}

/// Formulas as Python, with the constants that are taken from a list.
pub struct Formulas {
    /// Lines that define `x1` and so on, then `y1` and so on.
    pub lines: Vec<String>,
    /// The trained constants; none for NumPy.
    pub constants: Vec<f64>,
}

/// One formula an output; `name` says in a comment what an input is.
pub fn formulas(
    outputs: &[Expression],
    name: &dyn Fn(usize) -> String,
    dialect: Dialect,
) -> Formulas {
    let operations = outputs.iter().flat_map(|output| output.operations());
    let inputs = operations.filter_map(|operation| match operation {
        Operation::Input(index) => Some(*index),
        _ => None,
    });
    let mut inputs: Vec<usize> = inputs.collect();
    inputs.sort_unstable();
    inputs.dedup();
    let lines = inputs
        .into_iter()
        .map(|index| format!("x{} = x[:, {index}]  # {}", index + 1, name(index)));
    let mut writing = Writing {
        dialect,
        formulas: Formulas {
            lines: lines.collect(),
            constants: Vec::new(),
        },
        parts: 0,
    };
    for (index, output) in outputs.iter().enumerate() {
        let part = writing.formula(output);
        let line = format!("y{} = {}", index + 1, part.text);
        writing.formulas.lines.push(line);
    }
    writing.formulas
}

struct Writing {
    dialect: Dialect,
    formulas: Formulas,
    /// How many parts have a line of their own.
    parts: usize,
}

impl Writing {
    fn formula(&mut self, expression: &Expression) -> Part {
        // Whole exponents stay what they are: a negative number has no other powers.
        let arguments = expression.arguments();
        let mut whole = vec![false; expression.size()];
        for (operation, [_, exponent]) in expression.operations().iter().zip(arguments) {
            if *operation == Operation::Power {
                whole[exponent] = true;
            }
        }
        // From the end, so that arguments are written when their operation comes.
        let mut stack: Vec<Part> = Vec::new();
        for (index, operation) in expression.operations().iter().enumerate().rev() {
            let mut argument = || stack.pop().unwrap_or_else(|| constant(f64::NAN));
            let part = match operation.arity() {
                0 => self.leaf(*operation, whole[index]),
                1 => self.one(*operation, &argument()),
                _ => {
                    let left = argument();
                    self.two(*operation, &left, &argument())
                }
            };
            stack.push(match index {
                0 => part,
                _ => self.on_its_own_line(part),
            });
        }
        stack.pop().unwrap_or_else(|| constant(f64::NAN))
    }

    fn leaf(&mut self, operation: Operation, exponent: bool) -> Part {
        match operation {
            Operation::Input(index) => atom(format!("x{}", index + 1)),
            Operation::Constant(value) => {
                let trained = self.dialect == Dialect::Torch;
                if !trained || (exponent && value.fract() == 0.0) {
                    return constant(value);
                }
                self.formulas.constants.push(value);
                atom(format!("c[{}]", self.formulas.constants.len() - 1))
            }
            _ => constant(f64::NAN),
        }
    }

    fn one(&self, operation: Operation, a: &Part) -> Part {
        if let Some(value) = a.value {
            return constant(operation.value(value, 0.0));
        }
        let numpy = self.dialect == Dialect::Numpy;
        let function = match operation {
            Operation::Negate => {
                return Part {
                    text: format!("-{}", at_least(a, SIGN)),
                    binds: SIGN,
                    value: None,
                };
            }
            Operation::Asin if numpy => "arcsin",
            Operation::Acos if numpy => "arccos",
            Operation::Atan if numpy => "arctan",
            Operation::Sigmoid if numpy => return atom(format!("sigmoid({})", a.text)),
            other => other.name().unwrap_or("abs"),
        };
        self.call(function, &a.text)
    }

    fn two(&self, operation: Operation, a: &Part, b: &Part) -> Part {
        if let (Some(a), Some(b)) = (a.value, b.value) {
            return constant(operation.value(a, b));
        }
        let (sign, binds) = match operation {
            Operation::Add => (" + ", SUM),
            Operation::Subtract => (" - ", SUM),
            Operation::Multiply => (" * ", PRODUCT),
            Operation::Divide => (" / ", PRODUCT),
            Operation::Power => {
                return Part {
                    text: format!("{}**{}", at_least(a, ATOM), at_least(b, ATOM)),
                    binds: POWER,
                    value: None,
                };
            }
            Operation::Min => return self.smaller("fmin", a, b),
            _ => return self.smaller("fmax", a, b),
        };
        Part {
            text: format!("{}{sign}{}", at_least(a, binds), at_least(b, binds + 1)),
            binds,
            value: None,
        }
    }

    /// The smaller or the larger; the other one where one is undefined.
    fn smaller(&self, function: &str, a: &Part, b: &Part) -> Part {
        let text = |part: &Part| match (part.value, self.dialect) {
            // PyTorch wants tensors, and of the same size or of none.
            (Some(_), Dialect::Torch) => format!("x.new_tensor({})", part.text),
            _ => part.text.clone(),
        };
        self.call(function, &format!("{}, {}", text(a), text(b)))
    }

    fn call(&self, function: &str, arguments: &str) -> Part {
        let library = match self.dialect {
            Dialect::Numpy => "np",
            Dialect::Torch => "torch",
        };
        atom(format!("{library}.{function}({arguments})"))
    }

    fn on_its_own_line(&mut self, part: Part) -> Part {
        if part.text.len() <= LONGEST {
            return part;
        }
        self.parts += 1;
        let name = format!("part{}", self.parts);
        self.formulas.lines.push(format!("{name} = {}", part.text));
        atom(name)
    }
}

fn atom(text: String) -> Part {
    Part {
        text,
        binds: ATOM,
        value: None,
    }
}

fn constant(value: f64) -> Part {
    Part {
        text: number(value),
        binds: if value.is_sign_negative() { SIGN } else { ATOM },
        value: Some(value),
    }
}

fn at_least(part: &Part, least: u8) -> String {
    match part.binds < least {
        true => format!("({})", part.text),
        false => part.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, dialect: Dialect) -> Vec<String> {
        let outputs = [text.parse().unwrap()];
        formulas(&outputs, &|_| "name".to_string(), dialect).lines
    }

    #[test]
    fn formulas_are_python() {
        let text = "-x1^2 * (2 - (x3 - 1)) / max(asin(x1), (-1)^0.5) + 1/0";
        let numpy = lines(text, Dialect::Numpy);
        let expected =
            "y1 = -x1**2.0 * (2.0 - (x3 - 1.0)) / np.fmax(np.arcsin(x1), np.nan) + np.inf";
        assert_eq!(numpy[2], expected);
        assert_eq!(numpy[0], "x1 = x[:, 0]  # name");
        let torch = lines("(x1 * 2)^3 + sqrt(x1)^0.5", Dialect::Torch);
        assert_eq!(torch[1], "y1 = (x1 * c[1])**3.0 + torch.sqrt(x1)**c[0]");
    }

    #[test]
    fn long_formulas_have_several_lines() {
        let text = format!("{}x1{}", "sin(1 + ".repeat(90), ")".repeat(90));
        let lines = lines(&text, Dialect::Numpy);
        assert!(
            lines.iter().all(|line| line.len() < 2 * LONGEST),
            "{lines:?}"
        );
        assert!(lines.len() > 5);
    }
}
