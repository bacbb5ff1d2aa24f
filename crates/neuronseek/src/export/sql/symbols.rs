//! Expressions with the values that they have outside of what SQL can compute.
//!
//! What is undefined is NULL, and infinite numbers are 1e150, so that no product of two of them
//! overflows (which PostgreSQL refuses). An argument that is asked for its sign first is a column
//! of its own, computed one step earlier.

use super::dialect::{Dialect, number};
use super::formula::input_name;
use super::stages::Stage;
use crate::expression::{Expression, Operation};

/// Stands for infinity: e to the power 345.
const HUGE: &str = "1e150";

/// A value of so many operations one in another becomes a column: SQLite reads about a hundred.
const DEEPEST: usize = 30;

/// Steps of columns, and one value an output.
pub(super) fn values(outputs: &[Expression], dialect: Dialect) -> (Vec<Stage>, Vec<String>) {
    let mut writing = Writing {
        dialect,
        bound: Vec::new(),
        count: 0,
    };
    let values = outputs.iter().map(|output| {
        let mut stack: Vec<Value> = Vec::new();
        for operation in output.operations().iter().rev() {
            let mut argument = || stack.pop().unwrap_or_else(|| Value::leaf("NULL"));
            let arguments: Vec<Value> = (0..operation.arity()).map(|_| argument()).collect();
            let value = writing.value(*operation, &arguments);
            stack.push(value);
        }
        stack.pop().map_or("NULL".to_string(), |value| value.text)
    });
    let values = values.collect();
    let stages = writing.bound.into_iter().enumerate();
    let stages = stages.map(|(index, columns)| Stage {
        name: format!("ns_symbols_{}", index + 1),
        columns,
    });
    (stages.collect(), values)
}

#[derive(Clone)]
struct Value {
    text: String,
    /// How many steps must have been taken before.
    level: usize,
    /// A name or a number, which may stand several times.
    simple: bool,
    /// How many operations stand one in another.
    depth: usize,
}

impl Value {
    fn leaf(text: &str) -> Value {
        Value {
            text: text.to_string(),
            level: 0,
            simple: true,
            depth: 0,
        }
    }
}

struct Writing {
    dialect: Dialect,
    /// Columns of each step.
    bound: Vec<Vec<(String, String)>>,
    count: usize,
}

impl Writing {
    fn value(&mut self, operation: Operation, arguments: &[Value]) -> Value {
        let level = |values: &[Value]| values.iter().map(|value| value.level).max().unwrap_or(0);
        let depth = |values: &[Value]| values.iter().map(|value| value.depth).max().unwrap_or(0);
        match operation {
            Operation::Input(index) => return Value::leaf(&input_name(index)),
            Operation::Constant(value) => return Value::leaf(&number(value)),
            _ => {}
        }
        let text = |index: usize| arguments[index].text.as_str();
        let plain = match operation {
            Operation::Add => Some(format!("({} + {})", text(0), text(1))),
            Operation::Subtract => Some(format!("({} - {})", text(0), text(1))),
            Operation::Multiply => Some(format!("({} * {})", text(0), text(1))),
            Operation::Negate => Some(format!("(-({}))", text(0))),
            Operation::Sin
            | Operation::Cos
            | Operation::Tan
            | Operation::Atan
            | Operation::Tanh
            | Operation::Abs => Some(format!("{}({})", name(operation), text(0))),
            // Two of the systems leave out what is missing, as the model does.
            Operation::Min if self.dialect != Dialect::Sqlite => {
                Some(self.dialect.least(text(0), text(1)))
            }
            Operation::Max if self.dialect != Dialect::Sqlite => {
                Some(self.dialect.greatest(text(0), text(1)))
            }
            _ => None,
        };
        if let Some(text) = plain {
            let value = Value {
                text,
                level: level(arguments),
                simple: false,
                depth: 1 + depth(arguments),
            };
            return match value.depth < DEEPEST {
                true => value,
                false => self.bind(&value),
            };
        }
        let arguments: Vec<Value> = arguments.iter().map(|value| self.bind(value)).collect();
        let a = &arguments[0].text;
        let b = arguments.get(1).map_or("", |value| value.text.as_str());
        Value {
            text: self.guarded(operation, a, b),
            level: level(&arguments),
            simple: false,
            depth: 1,
        }
    }

    /// The same value as a name or a number.
    fn bind(&mut self, value: &Value) -> Value {
        if value.simple {
            return value.clone();
        }
        self.count += 1;
        let name = format!("s{}", self.count);
        while self.bound.len() <= value.level {
            self.bound.push(Vec::new());
        }
        let real = self.dialect.real();
        let column = format!("CAST({} AS {real})", value.text);
        self.bound[value.level].push((name.clone(), column));
        Value {
            text: name,
            level: value.level + 1,
            simple: true,
            depth: 0,
        }
    }

    fn guarded(&self, operation: Operation, a: &str, b: &str) -> String {
        match operation {
            Operation::Divide => format!(
                "CASE WHEN {b} <> 0.0 THEN {a} / {b} WHEN {a} > 0.0 THEN {HUGE} \
                 WHEN {a} < 0.0 THEN -{HUGE} END"
            ),
            Operation::Power => self.power(a, b),
            Operation::Min => format!("coalesce({}, {a}, {b})", self.dialect.least(a, b)),
            Operation::Max => format!("coalesce({}, {a}, {b})", self.dialect.greatest(a, b)),
            Operation::Asin | Operation::Acos => {
                format!(
                    "CASE WHEN abs({a}) <= 1.0 THEN {}({a}) END",
                    name(operation)
                )
            }
            Operation::Log => {
                format!("CASE WHEN {a} > 0.0 THEN ln({a}) WHEN {a} = 0.0 THEN -{HUGE} END")
            }
            Operation::Sqrt => format!("CASE WHEN {a} >= 0.0 THEN sqrt({a}) END"),
            Operation::Exp => format!(
                "CASE WHEN {a} > 345.0 THEN {HUGE} WHEN {a} < -345.0 THEN 0.0 ELSE exp({a}) END"
            ),
            Operation::Sigmoid => format!(
                "CASE WHEN {a} > 345.0 THEN 1.0 WHEN {a} < -345.0 THEN 0.0 \
                 ELSE 1.0 / (1.0 + exp(-({a}))) END"
            ),
            _ => a.to_string(),
        }
    }

    /// `a` to the power `b`, by the logarithm of its size.
    fn power(&self, a: &str, b: &str) -> String {
        let size = format!("{b} * ln(abs({a}))");
        let odd = format!("abs({b} - 2.0 * floor({b} / 2.0)) = 1.0");
        format!(
            "CASE WHEN {b} = 0.0 THEN 1.0 \
             WHEN {a} = 0.0 AND {b} > 0.0 THEN 0.0 \
             WHEN {a} = 0.0 AND {b} < 0.0 THEN {HUGE} \
             WHEN {a} < 0.0 AND {b} <> floor({b}) THEN NULL \
             WHEN {a} <> 0.0 AND {size} > 345.0 THEN \
             CASE WHEN {a} < 0.0 AND {odd} THEN -{HUGE} ELSE {HUGE} END \
             WHEN {a} <> 0.0 AND {size} < -345.0 THEN 0.0 \
             ELSE power({a}, {b}) END"
        )
    }
}

/// The name of a function in all three systems.
fn name(operation: Operation) -> &'static str {
    let named = Operation::FUNCTIONS
        .iter()
        .find(|(_, own)| *own == operation);
    named.map_or("", |(name, _)| name)
}
