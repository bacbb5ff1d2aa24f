use super::{Expression, Operation};

impl Expression {
    /// An equal expression with constants folded and neutral elements (`+ 0`, `* 1`, `^ 1`, double
    /// signs) removed. `x * 0` stays unless x is a constant: x may be undefined somewhere.
    pub fn simplified(&self) -> Expression {
        let mut stack: Vec<Expression> = Vec::new();
        for operation in self.operations().iter().rev() {
            let part = match operation.arity() {
                0 => Expression {
                    operations: vec![*operation],
                },
                1 => match stack.pop() {
                    Some(argument) => one(*operation, argument),
                    None => return self.clone(),
                },
                _ => match (stack.pop(), stack.pop()) {
                    (Some(left), Some(right)) => two(*operation, left, right),
                    _ => return self.clone(),
                },
            };
            stack.push(part);
        }
        stack.pop().unwrap_or_else(|| self.clone())
    }

    fn as_constant(&self) -> Option<f64> {
        match self.operations[..] {
            [Operation::Constant(value)] => Some(value),
            _ => None,
        }
    }
}

fn one(operation: Operation, argument: Expression) -> Expression {
    if let Some(value) = argument.as_constant() {
        let folded = operation.value(value, 0.0);
        if folded.is_finite() {
            return Expression::constant(folded);
        }
    }
    if operation == Operation::Negate && argument.operations[0] == Operation::Negate {
        return Expression {
            operations: argument.operations[1..].to_vec(),
        };
    }
    Expression::unary(operation, &argument)
}

fn two(operation: Operation, left: Expression, right: Expression) -> Expression {
    let (a, b) = (left.as_constant(), right.as_constant());
    if let (Some(a), Some(b)) = (a, b) {
        let folded = operation.value(a, b);
        if folded.is_finite() {
            return Expression::constant(folded);
        }
    }
    match (operation, a, b) {
        (Operation::Add, Some(0.0), _) | (Operation::Multiply, Some(1.0), _) => right,
        (Operation::Add | Operation::Subtract, _, Some(0.0)) => left,
        (Operation::Multiply | Operation::Divide | Operation::Power, _, Some(1.0)) => left,
        _ => Expression::binary(operation, &left, &right),
    }
}
