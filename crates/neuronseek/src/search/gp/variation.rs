//! Random expressions and how they are varied.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::expression::{Expression, Operation};

const BINARY: [Operation; 4] = [
    Operation::Add,
    Operation::Subtract,
    Operation::Multiply,
    Operation::Divide,
];

const UNARY: [Operation; 6] = [
    Operation::Negate,
    Operation::Sin,
    Operation::Cos,
    Operation::Exp,
    Operation::Log,
    Operation::Sqrt,
];

/// How often an operation of a random expression has one argument.
const UNARY_SHARE: f64 = 0.2;

/// How often it is the square of one part.
const SQUARE_SHARE: f64 = 0.1;

/// How often a leaf is an input.
const INPUT_SHARE: f64 = 0.75;

/// Makes and varies expressions of so many inputs and at most so many places.
pub(super) struct Variation {
    pub inputs: usize,
    pub longest: usize,
}

impl Variation {
    /// An expression of the given depth or less.
    pub fn random(&self, depth: usize, random: &mut ChaCha8Rng) -> Expression {
        if depth == 0 || random.random::<f64>() < 0.1 {
            return if random.random::<f64>() < INPUT_SHARE {
                Expression::input(random.random_range(0..self.inputs))
            } else {
                Expression::constant(random.random_range(-3.0..3.0))
            };
        }
        let first = self.random(depth - 1, random);
        let kind: f64 = random.random();
        if kind < SQUARE_SHARE {
            // A power is a product: its exponent could not be moved without leaving the whole numbers.
            return Expression::binary(Operation::Multiply, &first, &first);
        }
        if kind < SQUARE_SHARE + UNARY_SHARE {
            let operation = UNARY[random.random_range(0..UNARY.len())];
            return Expression::unary(operation, &first);
        }
        let operation = BINARY[random.random_range(0..BINARY.len())];
        Expression::binary(operation, &first, &self.random(depth - 1, random))
    }

    /// A child of `parent`: with a part of `other`, or changed at random.
    pub fn child(
        &self,
        parent: &Expression,
        other: &Expression,
        random: &mut ChaCha8Rng,
    ) -> Expression {
        let kind: f64 = random.random();
        let child = if kind < 0.5 {
            let part = part(other, random);
            replaced(parent, &part, random)
        } else if kind < 0.65 {
            let depth = random.random_range(1..4);
            let part = self.random(depth, random).operations().to_vec();
            replaced(parent, &part, random)
        } else if kind < 0.8 {
            self.point(parent, random)
        } else if kind < 0.9 {
            jittered(parent, random)
        } else if kind < 0.95 {
            Expression::from_prefix(part(parent, random)).unwrap_or_else(|| parent.clone())
        } else {
            let operation = BINARY[random.random_range(0..BINARY.len())];
            Expression::binary(operation, parent, &self.random(1, random))
        };
        let child = child.simplified();
        if child.size() <= self.longest {
            child
        } else {
            parent.clone()
        }
    }

    /// Another operation, input or constant at one place.
    fn point(&self, parent: &Expression, random: &mut ChaCha8Rng) -> Expression {
        let mut operations = parent.operations().to_vec();
        let place = random.random_range(0..operations.len());
        operations[place] = match operations[place].arity() {
            0 => self.random(0, random).operations()[0],
            1 => UNARY[random.random_range(0..UNARY.len())],
            _ => BINARY[random.random_range(0..BINARY.len())],
        };
        Expression::from_prefix(operations).unwrap_or_else(|| parent.clone())
    }
}

fn part(expression: &Expression, random: &mut ChaCha8Rng) -> Vec<Operation> {
    let start = random.random_range(0..expression.size());
    let end = expression.end(start).unwrap_or(expression.size());
    expression.operations()[start..end].to_vec()
}

fn replaced(parent: &Expression, part: &[Operation], random: &mut ChaCha8Rng) -> Expression {
    let start = random.random_range(0..parent.size());
    let end = parent.end(start).unwrap_or(parent.size());
    let mut operations = parent.operations()[..start].to_vec();
    operations.extend_from_slice(part);
    operations.extend_from_slice(&parent.operations()[end..]);
    Expression::from_prefix(operations).unwrap_or_else(|| parent.clone())
}

fn jittered(parent: &Expression, random: &mut ChaCha8Rng) -> Expression {
    let mut constants = parent.constants();
    for constant in &mut constants {
        *constant *= 1.0 + random.random_range(-0.5..0.5);
        if random.random::<f64>() < 0.1 {
            *constant = -*constant;
        }
    }
    let mut child = parent.clone();
    child.set_constants(&constants);
    child
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn children_are_expressions_of_at_most_the_longest_size() {
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let variation = Variation {
            inputs: 3,
            longest: 20,
        };
        let mut parent = variation.random(3, &mut random);
        let mut changed = 0;
        for _ in 0..2000 {
            let other = variation.random(4, &mut random);
            let child = variation.child(&parent, &other, &mut random);
            assert!(child.size() <= 20.max(parent.size()) && child.inputs() <= 3);
            assert!(Expression::from_prefix(child.operations().to_vec()).is_some());
            changed += usize::from(child != parent);
            parent = child;
        }
        assert!(changed > 1000, "{changed}");
    }
}
