//! Element-wise formulas of one variable made of + - * and negation, and their variation.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// A longer program is not kept: it says nothing that a shorter one does not.
const LONGEST: usize = 200;

/// Below this depth a branch of a random program ends.
const DEEPEST: usize = 6;

/// One place of a program in prefix order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Node {
    X,
    Constant(f64),
    Add,
    Subtract,
    Multiply,
    Negate,
}

impl Node {
    fn arity(self) -> usize {
        match self {
            Node::X | Node::Constant(_) => 0,
            Node::Negate => 1,
            Node::Add | Node::Subtract | Node::Multiply => 2,
        }
    }
}

/// A formula g(x).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Program(Vec<Node>);

/// The coefficients of 1, x, x^2, ... up to the highest degree that is viable.
pub(super) type Coefficients = Vec<f64>;

impl Program {
    /// A random formula; with `whole` its constants are -1 or 0.
    pub fn random(random: &mut ChaCha8Rng, whole: bool) -> Program {
        let mut nodes = Vec::new();
        grow(&mut nodes, 0, random, whole);
        Program(nodes)
    }

    /// Replaces a random part by a random formula.
    pub fn mutated(&self, random: &mut ChaCha8Rng, whole: bool) -> Program {
        self.replaced(&Program::random(random, whole).0, random)
    }

    /// Replaces a random part by a random part of `other`.
    pub fn crossed(&self, other: &Program, random: &mut ChaCha8Rng) -> Program {
        let start = random.random_range(0..other.0.len());
        self.replaced(&other.0[start..other.end(start)], random)
    }

    fn replaced(&self, part: &[Node], random: &mut ChaCha8Rng) -> Program {
        let start = random.random_range(0..self.0.len());
        let end = self.end(start);
        if self.0.len() - (end - start) + part.len() > LONGEST {
            return self.clone();
        }
        let mut nodes = Vec::with_capacity(self.0.len() - (end - start) + part.len());
        nodes.extend_from_slice(&self.0[..start]);
        nodes.extend_from_slice(part);
        nodes.extend_from_slice(&self.0[end..]);
        Program(nodes)
    }

    /// Where the part that begins at `start` ends.
    fn end(&self, start: usize) -> usize {
        let (mut open, mut position) = (1, start);
        while open > 0 && position < self.0.len() {
            open += self.0[position].arity();
            open -= 1;
            position += 1;
        }
        position
    }

    /// The polynomial that the formula is; `None` above degree `highest`, also where the powers
    /// above would cancel.
    pub fn coefficients(&self, highest: usize) -> Option<Coefficients> {
        let width = highest + 1;
        // From the end, so that arguments are ready when their operation comes.
        let mut stack: Vec<f64> = Vec::with_capacity(8 * width);
        for node in self.0.iter().rev() {
            let length = stack.len();
            match *node {
                Node::X | Node::Constant(_) => {
                    stack.resize(length + width, 0.0);
                    match *node {
                        Node::Constant(value) => stack[length] = value,
                        _ => stack[length + 1] = 1.0,
                    }
                }
                Node::Negate => stack[length - width..].iter_mut().for_each(|c| *c = -*c),
                Node::Add | Node::Subtract => {
                    // The first argument lies on top, since the program is read from its end.
                    let (second, first) = stack[length - 2 * width..].split_at_mut(width);
                    let sign = if *node == Node::Add { 1.0 } else { -1.0 };
                    for (second, first) in second.iter_mut().zip(first) {
                        *second = *first + sign * *second;
                    }
                    stack.truncate(length - width);
                }
                Node::Multiply => {
                    let product = multiply(
                        &stack[length - width..],
                        &stack[length - 2 * width..length - width],
                    )?;
                    stack.truncate(length - 2 * width);
                    stack.extend(product);
                }
            }
        }
        stack.iter().all(|c| c.is_finite()).then_some(stack)
    }
}

fn multiply(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let degree = |c: &[f64]| c.iter().rposition(|c| *c != 0.0).unwrap_or(0);
    let (left, right) = (degree(a), degree(b));
    if left + right >= a.len() {
        return None;
    }
    let mut product = vec![0.0; a.len()];
    for (i, a) in a.iter().enumerate().take(left + 1) {
        for (j, b) in b.iter().enumerate().take(right + 1) {
            product[i + j] += a * b;
        }
    }
    Some(product)
}

fn grow(nodes: &mut Vec<Node>, depth: usize, random: &mut ChaCha8Rng, whole: bool) {
    if random.random_range(0..=10) < depth || depth > DEEPEST {
        nodes.push(if random.random::<f64>() < 0.7 {
            Node::X
        } else if whole {
            Node::Constant(f64::from(random.random_range(-1..=0)))
        } else {
            Node::Constant(random.random_range(-2.0..2.0))
        });
        return;
    }
    let operations = [Node::Add, Node::Subtract, Node::Multiply, Node::Negate];
    let operation = operations[random.random_range(0..4)];
    nodes.push(operation);
    for _ in 0..operation.arity() {
        grow(nodes, depth + 1, random, whole);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    /// The value by walking the tree.
    fn value(nodes: &mut std::slice::Iter<'_, Node>, x: f64) -> f64 {
        match *nodes.next().unwrap() {
            Node::X => x,
            Node::Constant(c) => c,
            Node::Negate => -value(nodes, x),
            Node::Add => value(nodes, x) + value(nodes, x),
            Node::Subtract => value(nodes, x) - value(nodes, x),
            Node::Multiply => value(nodes, x) * value(nodes, x),
        }
    }

    #[test]
    fn coefficients_by_hand() {
        // (x - 2) * -x
        let program = Program(vec![
            Node::Multiply,
            Node::Subtract,
            Node::X,
            Node::Constant(2.0),
            Node::Negate,
            Node::X,
        ]);
        assert_eq!(program.coefficients(3), Some(vec![0.0, 2.0, -1.0, 0.0]));
        assert_eq!(program.coefficients(1), None);
    }

    #[test]
    fn coefficients_of_random_and_varied_programs_equal_their_values() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut viable = 0;
        let mut program = Program::random(&mut random, false);
        for step in 0..500 {
            program = match step % 3 {
                0 => Program::random(&mut random, step % 2 == 0),
                1 => program.mutated(&mut random, false),
                _ => program.crossed(&Program::random(&mut random, false), &mut random),
            };
            assert_eq!(program.end(0), program.0.len());
            let Some(coefficients) = program.coefficients(9) else {
                continue;
            };
            viable += 1;
            for x in [-0.7f64, 0.3, 1.1] {
                let powers = coefficients.iter().enumerate();
                let expanded: f64 = powers.map(|(k, c)| c * x.powi(k as i32)).sum();
                let walked = value(&mut program.0.iter(), x);
                let size = 1.0 + coefficients.iter().map(|c| c.abs()).sum::<f64>();
                assert!((expanded - walked).abs() < 1e-9 * size, "{program:?}");
            }
        }
        assert!(viable > 200, "{viable}");
    }
}
