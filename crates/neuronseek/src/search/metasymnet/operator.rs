use crate::expression::Operation;

/// Keeps a quotient finite where the divisor passes through zero.
const DIVISOR: f64 = 1e-2;

/// Keeps the slopes of the logarithm and the root finite at zero.
const ARGUMENT: f64 = 1e-4;

/// Above this the exponential goes on as a straight line.
const STEEPEST: f64 = 4.0;

/// What a meta function can become.
///
/// While they are mixed, all are defined and smooth everywhere, or one candidate that is not would
/// spoil the sum: `a / b` is `a b / (b^2 + 0.01)`, `log a` is `ln(a^2 + 1e-4) / 2`, `sqrt a` is the
/// fourth root of `a^2 + 1e-4`, and `exp a` is linear above 4. The expression that is read at the
/// end has the true operations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Sin,
    Cos,
    Exp,
    Log,
    Sqrt,
    Identity,
}

impl Operator {
    pub const ALL: [Operator; 10] = [
        Operator::Add,
        Operator::Subtract,
        Operator::Multiply,
        Operator::Divide,
        Operator::Sin,
        Operator::Cos,
        Operator::Exp,
        Operator::Log,
        Operator::Sqrt,
        Operator::Identity,
    ];

    pub fn arity(self) -> usize {
        match self {
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => 2,
            _ => 1,
        }
    }

    /// The true operation; the identity has none.
    pub fn operation(self) -> Option<Operation> {
        match self {
            Operator::Add => Some(Operation::Add),
            Operator::Subtract => Some(Operation::Subtract),
            Operator::Multiply => Some(Operation::Multiply),
            Operator::Divide => Some(Operation::Divide),
            Operator::Sin => Some(Operation::Sin),
            Operator::Cos => Some(Operation::Cos),
            Operator::Exp => Some(Operation::Exp),
            Operator::Log => Some(Operation::Log),
            Operator::Sqrt => Some(Operation::Sqrt),
            Operator::Identity => None,
        }
    }

    #[inline]
    pub fn value(self, a: f64, b: f64) -> f64 {
        match self {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide => a * b / (b * b + DIVISOR),
            Operator::Sin => a.sin(),
            Operator::Cos => a.cos(),
            Operator::Exp if a > STEEPEST => STEEPEST.exp() * (1.0 + a - STEEPEST),
            Operator::Exp => a.exp(),
            Operator::Log => 0.5 * (a * a + ARGUMENT).ln(),
            Operator::Sqrt => (a * a + ARGUMENT).sqrt().sqrt(),
            Operator::Identity => a,
        }
    }

    /// The derivatives by a and b, `y` being the value.
    #[inline]
    pub fn slopes(self, a: f64, b: f64, y: f64) -> [f64; 2] {
        match self {
            Operator::Add => [1.0, 1.0],
            Operator::Subtract => [1.0, -1.0],
            Operator::Multiply => [b, a],
            Operator::Divide => {
                let divisor = b * b + DIVISOR;
                [b / divisor, a * (DIVISOR - b * b) / (divisor * divisor)]
            }
            Operator::Sin => [a.cos(), 0.0],
            Operator::Cos => [-a.sin(), 0.0],
            Operator::Exp if a > STEEPEST => [STEEPEST.exp(), 0.0],
            Operator::Exp => [y, 0.0],
            Operator::Log => [a / (a * a + ARGUMENT), 0.0],
            Operator::Sqrt => [0.5 * a * y / (a * a + ARGUMENT), 0.0],
            Operator::Identity => [1.0, 0.0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_the_values() {
        for operator in Operator::ALL {
            for (a, b) in [(0.7, -1.3), (-0.4, 0.05), (5.0, 2.0), (0.01, 0.0)] {
                let slopes = operator.slopes(a, b, operator.value(a, b));
                let h = 1e-6;
                let by_a = (operator.value(a + h, b) - operator.value(a - h, b)) / (2.0 * h);
                let by_b = (operator.value(a, b + h) - operator.value(a, b - h)) / (2.0 * h);
                let close = |x: f64, y: f64| (x - y).abs() < 1e-5 * (1.0 + x.abs());
                assert!(close(slopes[0], by_a), "{operator:?} at {a}, {b}");
                assert!(close(slopes[1], by_b), "{operator:?} at {a}, {b}");
            }
        }
    }

    #[test]
    fn away_from_the_edges_the_mixed_operators_are_the_true_ones() {
        for operator in Operator::ALL {
            let Some(operation) = operator.operation() else {
                continue;
            };
            let (mixed, true_one) = (operator.value(2.0, 3.0), operation.value(2.0, 3.0));
            assert!((mixed - true_one).abs() < 2e-3, "{operator:?}");
            assert_eq!(operator.arity(), operation.arity());
        }
    }
}
