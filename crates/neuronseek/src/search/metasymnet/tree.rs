use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::operator::Operator;
use crate::expression::{Expression, Operation};

/// The preference that a node keeps for its operator when it may choose anew.
const KEPT: f64 = 2.0;

/// A node: `weight * mix + bias`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Whether it mixes operators (then its arguments follow it) or inputs.
    pub meta: bool,
    /// The logits of the selection, one per operator or per input.
    pub logits: Vec<f64>,
    /// The operator or input that alone remains; the logits are then of no account.
    pub held: Option<usize>,
    pub weight: f64,
    pub bias: f64,
}

impl Node {
    /// How many arguments follow; a meta function that has become unary has lost its second.
    pub fn arity(&self) -> usize {
        match (self.meta, self.held) {
            (false, _) => 0,
            (true, None) => 2,
            (true, Some(operator)) => Operator::ALL[operator].arity(),
        }
    }

    fn leaf(inputs: usize, input: usize, weight: f64, bias: f64) -> Node {
        Node {
            meta: false,
            logits: vec![0.0; inputs],
            held: Some(input),
            weight,
            bias,
        }
    }

    fn operator(operator: usize) -> Node {
        Node {
            meta: true,
            logits: vec![0.0; Operator::ALL.len()],
            held: Some(operator),
            weight: 1.0,
            bias: 0.0,
        }
    }

    fn random(meta: bool, choices: usize, random: &mut ChaCha8Rng) -> Node {
        Node {
            meta,
            logits: (0..choices)
                .map(|_| random.random_range(-1.0..1.0))
                .collect(),
            held: None,
            weight: random.random_range(0.5..1.5) * if random.random() { 1.0 } else { -1.0 },
            bias: random.random_range(-0.5..0.5),
        }
    }
}

/// A network in the form of a tree, its nodes in prefix order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    pub inputs: usize,
}

impl Tree {
    /// A first network: a meta function of random depth 1 or 2 over leaves.
    pub fn random(inputs: usize, largest: usize, random: &mut ChaCha8Rng) -> Tree {
        let mut tree = Tree {
            nodes: Vec::new(),
            inputs,
        };
        let deep: [bool; 2] = [random.random(), random.random()];
        let deep = deep.map(|deep| deep && largest > 2);
        tree.nodes.push(tree.new_meta(random));
        for deep in deep {
            let part = tree.new_part(deep, random);
            tree.nodes.extend(part);
        }
        tree
    }

    fn new_meta(&self, random: &mut ChaCha8Rng) -> Node {
        Node::random(true, Operator::ALL.len(), random)
    }

    fn new_leaf(&self, random: &mut ChaCha8Rng) -> Node {
        Node::random(false, self.inputs, random)
    }

    /// A leaf, or a meta function over two of them; in half of the cases these are twins, which
    /// tend to choose the same input: a square would be an accident otherwise.
    fn new_part(&self, deep: bool, random: &mut ChaCha8Rng) -> Vec<Node> {
        let leaf = self.new_leaf(random);
        if !deep {
            return vec![leaf];
        }
        let other = if random.random() {
            leaf.clone()
        } else {
            self.new_leaf(random)
        };
        vec![self.new_meta(random), leaf, other]
    }

    pub fn metas(&self) -> usize {
        self.nodes.iter().filter(|node| node.meta).count()
    }

    /// Where the part that begins at `start` ends.
    pub fn end(&self, start: usize) -> usize {
        let (mut open, mut position) = (1, start);
        while open > 0 && position < self.nodes.len() {
            open = open - 1 + self.nodes[position].arity();
            position += 1;
        }
        position
    }

    /// The same network a little different: grown at a node, a part anew, or free to choose again.
    pub fn changed(&self, largest: usize, random: &mut ChaCha8Rng) -> Tree {
        let mut tree = self.clone();
        let place = random.random_range(0..tree.nodes.len());
        let room = largest.saturating_sub(tree.metas());
        match random.random_range(0..10) {
            0..6 if room > 0 => tree.grow(place, room, random),
            6..8 => tree.renew(place, random),
            _ => {}
        }
        if tree == *self || random.random_range(0..3) == 0 {
            tree.release(random);
        }
        tree
    }

    /// The part at `place` becomes the first argument of a new meta function.
    fn grow(&mut self, place: usize, room: usize, random: &mut ChaCha8Rng) {
        let end = self.end(place);
        let part = match random.random_range(0..4) {
            // The part and itself once more.
            0 if end == place + 1 => vec![self.nodes[place].clone()],
            1 | 2 if room > 1 => self.new_part(true, random),
            _ => self.new_part(false, random),
        };
        self.nodes.splice(end..end, part);
        let meta = self.new_meta(random);
        self.nodes.insert(place, meta);
    }

    fn renew(&mut self, place: usize, random: &mut ChaCha8Rng) {
        let end = self.end(place);
        // With as many meta functions as before, or one.
        let deep = self.nodes[place].meta;
        let part = self.new_part(deep, random);
        self.nodes.splice(place..end, part);
    }

    /// Every node chooses anew, from a preference for what it is.
    fn release(&mut self, random: &mut ChaCha8Rng) {
        for place in (0..self.nodes.len()).rev() {
            let Some(held) = self.nodes[place].held else {
                continue;
            };
            if self.nodes[place].arity() == 1 {
                let end = self.end(place);
                let leaf = self.new_leaf(random);
                self.nodes.insert(end, leaf);
            }
            let node = &mut self.nodes[place];
            let spread = |logit: &mut f64| *logit = random.random_range(-0.5..0.5);
            node.logits.iter_mut().for_each(spread);
            node.logits[held] += KEPT;
            node.held = None;
        }
    }

    /// Every node keeps its most probable operator or input alone; what it does not use is cut off.
    pub fn harden(&mut self) {
        for place in (0..self.nodes.len()).rev() {
            let node = &mut self.nodes[place];
            if node.held.is_some() {
                continue;
            }
            let best = (0..node.logits.len()).max_by(|a, b| {
                // Of equals the first.
                let order = node.logits[*a].total_cmp(&node.logits[*b]);
                order.then(b.cmp(a))
            });
            let meta = node.meta;
            node.held = Some(best.unwrap_or(0));
            if meta && self.nodes[place].arity() == 1 {
                let second = self.end(place + 1);
                let end = self.end(second);
                self.nodes.drain(second..end);
            }
        }
    }

    /// The network that computes an expression of the known operators, all nodes held; constants
    /// go into weights and biases. `None` where it has other operations.
    pub fn of(expression: &Expression, inputs: usize) -> Option<Tree> {
        let mut stack: Vec<Vec<Node>> = Vec::new();
        for operation in expression.operations().iter().rev() {
            let part = match operation {
                Operation::Input(input) => vec![Node::leaf(inputs, *input, 1.0, 0.0)],
                Operation::Constant(value) => vec![Node::leaf(inputs, 0, 0.0, *value)],
                operation => {
                    let known = |o: &Operator| o.operation() == Some(*operation);
                    let operator = Operator::ALL.iter().position(known)?;
                    let left = stack.pop()?;
                    if operation.arity() == 1 {
                        with_head(operator, left, Vec::new())
                    } else {
                        joined(operator, left, stack.pop()?)
                    }
                }
            };
            stack.push(part);
        }
        let nodes = stack.pop()?;
        Some(Tree { nodes, inputs })
    }
}

fn with_head(operator: usize, left: Vec<Node>, right: Vec<Node>) -> Vec<Node> {
    let mut part = vec![Node::operator(operator)];
    part.extend(left);
    part.extend(right);
    part
}

/// The number that a part is, if it is one.
fn number(part: &[Node]) -> Option<f64> {
    match part {
        [node] if !node.meta && node.weight == 0.0 => Some(node.bias),
        _ => None,
    }
}

fn joined(operator: usize, mut left: Vec<Node>, mut right: Vec<Node>) -> Vec<Node> {
    let scale = |part: &mut [Node], factor: f64, shift: f64| {
        part[0].weight *= factor;
        part[0].bias = factor * part[0].bias + shift;
    };
    match (Operator::ALL[operator], number(&left), number(&right)) {
        (Operator::Add, Some(c), _) => scale(&mut right, 1.0, c),
        (Operator::Subtract, Some(c), _) => scale(&mut right, -1.0, c),
        (Operator::Multiply, Some(c), _) => scale(&mut right, c, 0.0),
        (Operator::Add, _, Some(c)) => {
            scale(&mut left, 1.0, c);
            return left;
        }
        (Operator::Subtract, _, Some(c)) => {
            scale(&mut left, 1.0, -c);
            return left;
        }
        (Operator::Multiply, _, Some(c)) => {
            scale(&mut left, c, 0.0);
            return left;
        }
        (Operator::Divide, _, Some(c)) => {
            scale(&mut left, 1.0 / c, 0.0);
            return left;
        }
        _ => return with_head(operator, left, right),
    }
    right
}
