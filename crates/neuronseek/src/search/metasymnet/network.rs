use super::operator::Operator;
use super::tree::{Node, Tree};

/// The share of the squares of weights and biases in the loss.
const RIDGE: f64 = 1e-4;

/// The rows that networks are trained on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Data<'a> {
    /// One slice per input.
    pub columns: &'a [&'a [f64]],
    /// The target, mean 0 and variance 1.
    pub y: &'a [f64],
    pub weights: &'a [f64],
}

/// Working memory for networks of any form.
#[derive(Debug, Default)]
pub(super) struct Passes {
    nodes: Vec<Memory>,
}

#[derive(Debug, Clone, Default)]
struct Memory {
    /// The share of each candidate.
    shares: Vec<f64>,
    /// The values of each candidate operator, operators x rows.
    candidates: Vec<f64>,
    mix: Vec<f64>,
    value: Vec<f64>,
    adjoint: Vec<f64>,
    arguments: [usize; 2],
    /// The entropy of the shares.
    entropy: f64,
}

impl Tree {
    /// The trained numbers, node by node: the logits where they choose, weight and bias.
    pub fn parameters(&self) -> Vec<f64> {
        let mut all = Vec::new();
        for node in &self.nodes {
            if node.held.is_none() {
                all.extend_from_slice(&node.logits);
            }
            all.extend([node.weight, node.bias]);
        }
        all
    }

    pub fn set_parameters(&mut self, values: &[f64]) {
        let mut rest = values;
        for node in &mut self.nodes {
            if node.held.is_none() {
                let (own, after) = rest.split_at(node.logits.len());
                node.logits.copy_from_slice(own);
                rest = after;
            }
            (node.weight, node.bias) = (rest[0], rest[1]);
            rest = &rest[2..];
        }
    }
}

impl Passes {
    /// The loss, its slopes by [`Tree::parameters`] in `gradient`:
    /// `sum w (f - y)^2 / sum w + penalty mean(entropy) + 1e-4 mean(weight^2 + bias^2)`, with
    /// entropies over that of an even choice, and means over all nodes.
    pub fn loss(&mut self, tree: &Tree, data: Data<'_>, penalty: f64, gradient: &mut [f64]) -> f64 {
        self.forward(tree, data);
        let count: f64 = data.weights.iter().sum();
        let mut loss = 0.0;
        let Some(root) = self.nodes.first_mut() else {
            return f64::INFINITY;
        };
        let rows = root.value.iter().zip(data.y).zip(data.weights);
        for (adjoint, ((f, y), w)) in root.adjoint.iter_mut().zip(rows) {
            loss += w * (f - y).powi(2) / count;
            *adjoint = 2.0 * w * (f - y) / count;
        }
        let mut place = 0;
        let each = 1.0 / tree.nodes.len() as f64;
        for (index, node) in tree.nodes.iter().enumerate() {
            let free = if node.held.is_none() {
                node.logits.len()
            } else {
                0
            };
            let own = &mut gradient[place..place + free + 2];
            self.backward(node, index, data, own);
            let memory = &self.nodes[index];
            if free > 1 {
                let share = penalty * each / (free as f64).ln();
                loss += share * memory.entropy;
                for (slope, p) in own.iter_mut().zip(&memory.shares) {
                    if *p > 0.0 {
                        *slope -= share * p * (p.ln() + memory.entropy);
                    }
                }
            }
            loss += RIDGE * each * (node.weight.powi(2) + node.bias.powi(2));
            own[free] += 2.0 * RIDGE * each * node.weight;
            own[free + 1] += 2.0 * RIDGE * each * node.bias;
            place += free + 2;
        }
        loss
    }

    /// The values at all rows.
    #[cfg(test)]
    pub fn values(&mut self, tree: &Tree, data: Data<'_>) -> Vec<f64> {
        self.forward(tree, data);
        self.nodes[0].value.clone()
    }

    fn forward(&mut self, tree: &Tree, data: Data<'_>) {
        let rows = data.y.len();
        self.nodes.resize(tree.nodes.len(), Memory::default());
        // The parts whose head has not been met, the nearest last.
        let mut heads: Vec<usize> = Vec::new();
        for (index, node) in tree.nodes.iter().enumerate().rev() {
            let (before, after) = self.nodes.split_at_mut(index + 1);
            let memory = &mut before[index];
            memory.select(node);
            memory.mix.clear();
            memory.mix.resize(rows, 0.0);
            memory.adjoint.clear();
            memory.adjoint.resize(rows, 0.0);
            memory.arguments = [index, index];
            for argument in memory.arguments.iter_mut().take(node.arity()) {
                *argument = heads.pop().unwrap_or(index);
            }
            heads.push(index);
            if node.meta {
                let [a, b] = memory.arguments.map(|argument| argument - index);
                let a = &after[a - 1].value;
                // A unary function does not look at its second argument.
                let b = if b == 0 { a } else { &after[b - 1].value };
                memory.mix_operators(a, b);
            } else {
                for (share, column) in memory.shares.iter().zip(data.columns) {
                    if *share != 0.0 {
                        add(&mut memory.mix, column, *share);
                    }
                }
            }
            let affine = |mix: &f64| node.weight * mix + node.bias;
            memory.value.clear();
            memory.value.extend(memory.mix.iter().map(affine));
        }
    }

    /// The slopes of one node's parameters from its adjoint, which it hands on to its arguments.
    fn backward(&mut self, node: &Node, index: usize, data: Data<'_>, gradient: &mut [f64]) {
        let (before, after) = self.nodes.split_at_mut(index + 1);
        let memory = &mut before[index];
        let free = gradient.len() - 2;
        gradient[free] = product(&memory.adjoint, &memory.mix);
        gradient[free + 1] = memory.adjoint.iter().sum();
        memory.adjoint.iter_mut().for_each(|g| *g *= node.weight);
        let rows = data.y.len();
        let by_share = |candidate: usize| {
            if node.meta {
                let values = &memory.candidates[candidate * rows..(candidate + 1) * rows];
                product(&memory.adjoint, values)
            } else {
                product(&memory.adjoint, data.columns[candidate])
            }
        };
        let slopes: Vec<f64> = (0..free)
            .map(|candidate| match memory.shares[candidate] {
                0.0 => 0.0,
                _ => by_share(candidate),
            })
            .collect();
        let mean = product(&slopes, &memory.shares);
        for ((to, slope), share) in gradient.iter_mut().zip(&slopes).zip(&memory.shares) {
            *to = share * (slope - mean);
        }
        if node.meta {
            memory.hand_on(index, after);
        }
    }
}

impl Memory {
    /// The softmax of the logits, or the one that is held; shares below 1e-6 are none.
    fn select(&mut self, node: &Node) {
        self.shares.clear();
        self.entropy = 0.0;
        if let Some(held) = node.held {
            self.shares.resize(node.logits.len(), 0.0);
            self.shares[held] = 1.0;
            return;
        }
        let largest = node.logits.iter().copied().fold(f64::MIN, f64::max);
        self.shares
            .extend(node.logits.iter().map(|logit| (logit - largest).exp()));
        let sum: f64 = self.shares.iter().sum();
        for share in &mut self.shares {
            *share /= sum;
            if *share < 1e-6 {
                *share = 0.0;
            } else {
                self.entropy -= *share * share.ln();
            }
        }
    }

    fn mix_operators(&mut self, a: &[f64], b: &[f64]) {
        let rows = a.len();
        self.candidates.resize(Operator::ALL.len() * rows, 0.0);
        for (index, operator) in Operator::ALL.into_iter().enumerate() {
            let share = self.shares[index];
            if share == 0.0 {
                continue;
            }
            let values = &mut self.candidates[index * rows..(index + 1) * rows];
            for (to, (a, b)) in values.iter_mut().zip(a.iter().zip(b)) {
                *to = operator.value(*a, *b);
            }
            add(&mut self.mix, values, share);
        }
    }

    /// Adds the adjoints of the arguments, which lie behind node `index`.
    fn hand_on(&self, index: usize, after: &mut [Memory]) {
        let [first, second] = self.arguments;
        let rows = self.mix.len();
        let mut slopes = vec![[0.0; 2]; rows];
        let a = &after[first - index - 1].value;
        let b = if second == index {
            a
        } else {
            &after[second - index - 1].value
        };
        for (candidate, operator) in Operator::ALL.into_iter().enumerate() {
            let share = self.shares[candidate];
            if share == 0.0 {
                continue;
            }
            let values = &self.candidates[candidate * rows..(candidate + 1) * rows];
            let rows = a.iter().zip(b).zip(values);
            for (to, ((a, b), y)) in slopes.iter_mut().zip(rows) {
                let own = operator.slopes(*a, *b, *y);
                to[0] += share * own[0];
                to[1] += share * own[1];
            }
        }
        let arguments = [first, second].into_iter().enumerate();
        for (side, argument) in arguments.filter(|(_, argument)| *argument != index) {
            let to = &mut after[argument - index - 1].adjoint;
            for ((to, slopes), adjoint) in to.iter_mut().zip(&slopes).zip(&self.adjoint) {
                *to += adjoint * slopes[side];
            }
        }
    }
}

fn add(to: &mut [f64], from: &[f64], factor: f64) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

fn product(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}
