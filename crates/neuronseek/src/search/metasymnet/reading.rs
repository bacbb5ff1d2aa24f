use super::operator::Operator;
use super::tree::Tree;
use crate::expression::{Expression, Operation};

/// `constant + sum of coefficient * part`: weights and biases of a chain of nodes gathered, so that
/// no two constants of the expression do the same.
#[derive(Debug, Clone, Default)]
struct Combination {
    constant: f64,
    terms: Vec<(f64, Expression)>,
}

impl Tree {
    /// The network as an expression of the true operations. `None` while a node still chooses, or
    /// where a constant is not finite.
    pub fn expression(&self) -> Option<Expression> {
        let mut stack: Vec<Combination> = Vec::new();
        for node in self.nodes.iter().rev() {
            let held = node.held?;
            let whole = if node.meta {
                let left = stack.pop()?;
                match Operator::ALL[held] {
                    Operator::Identity => left,
                    operator if operator.arity() == 1 => one(operator, left)?,
                    operator => two(operator, left, stack.pop()?)?,
                }
            } else {
                Combination::part(1.0, Expression::input(held))
            };
            stack.push(whole.scaled(node.weight, node.bias));
        }
        let expression = stack.pop()?.expression();
        let finite = expression.constants().iter().all(|c| c.is_finite());
        finite.then_some(expression)
    }
}

impl Combination {
    fn part(coefficient: f64, part: Expression) -> Combination {
        Combination {
            constant: 0.0,
            terms: vec![(coefficient, part)],
        }
    }

    fn number(value: f64) -> Combination {
        Combination {
            constant: value,
            terms: Vec::new(),
        }
    }

    fn as_number(&self) -> Option<f64> {
        self.terms.is_empty().then_some(self.constant)
    }

    fn scaled(mut self, factor: f64, shift: f64) -> Combination {
        self.constant = factor * self.constant + shift;
        self.terms.iter_mut().for_each(|(c, _)| *c *= factor);
        self.terms.retain(|(c, _)| *c != 0.0);
        self
    }

    fn plus(mut self, other: Combination) -> Combination {
        self.constant += other.constant;
        for (coefficient, part) in other.terms {
            match self.terms.iter_mut().find(|(_, known)| *known == part) {
                Some((sum, _)) => *sum += coefficient,
                None => self.terms.push((coefficient, part)),
            }
        }
        self.terms.retain(|(c, _)| *c != 0.0);
        self
    }

    /// The largest coefficient and what it leaves.
    fn split(self) -> (f64, Combination) {
        let Some((first, _)) = self
            .terms
            .iter()
            .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))
        else {
            return (self.constant, Combination::number(1.0));
        };
        let first = *first;
        let mut rest = self.scaled(1.0 / first, 0.0);
        for (coefficient, _) in &mut rest.terms {
            if (*coefficient - 1.0).abs() < 1e-15 {
                *coefficient = 1.0;
            }
        }
        (first, rest)
    }

    fn expression(&self) -> Expression {
        let mut sum: Option<Expression> = None;
        for (coefficient, part) in &self.terms {
            let term = if *coefficient == 1.0 {
                part.clone()
            } else {
                let coefficient = Expression::constant(*coefficient);
                Expression::binary(Operation::Multiply, &coefficient, part)
            };
            sum = Some(match sum {
                Some(sum) => Expression::binary(Operation::Add, &sum, &term),
                None => term,
            });
        }
        let constant = Expression::constant(self.constant);
        match sum {
            Some(sum) if self.constant == 0.0 => sum,
            Some(sum) => Expression::binary(Operation::Add, &sum, &constant),
            None => constant,
        }
    }
}

/// A function of one argument; what a constant of the argument can do outside is moved there.
fn one(operator: Operator, argument: Combination) -> Option<Combination> {
    let operation = operator.operation()?;
    if let Some(value) = argument.as_number() {
        return Some(Combination::number(operation.value(value, 0.0)));
    }
    let part = |argument: &Combination| Expression::unary(operation, &argument.expression());
    Some(match operator {
        Operator::Exp => {
            let factor = argument.constant.exp();
            let inner = Combination {
                constant: 0.0,
                ..argument
            };
            Combination::part(factor, part(&inner))
        }
        Operator::Log | Operator::Sqrt => {
            let (factor, rest) = argument.split();
            let inner = part(&rest.scaled(factor.signum(), 0.0));
            if operator == Operator::Log {
                Combination::part(1.0, inner).scaled(1.0, factor.abs().ln())
            } else {
                Combination::part(factor.abs().sqrt(), inner)
            }
        }
        _ => Combination::part(1.0, part(&argument)),
    })
}

fn two(operator: Operator, left: Combination, right: Combination) -> Option<Combination> {
    match operator {
        Operator::Add => return Some(left.plus(right)),
        Operator::Subtract => return Some(left.plus(right.scaled(-1.0, 0.0))),
        Operator::Multiply => {
            if let Some(value) = left.as_number() {
                return Some(right.scaled(value, 0.0));
            }
        }
        _ => {}
    }
    if let Some(value) = right.as_number() {
        let factor = match operator {
            Operator::Multiply => value,
            _ => 1.0 / value,
        };
        return Some(left.scaled(factor, 0.0));
    }
    let ((a, left), (b, right)) = (left.split(), right.split());
    let factor = match operator {
        Operator::Multiply => a * b,
        _ => a / b,
    };
    let part = Expression::binary(
        operator.operation()?,
        &left.expression(),
        &right.expression(),
    );
    Some(Combination::part(factor, part))
}
