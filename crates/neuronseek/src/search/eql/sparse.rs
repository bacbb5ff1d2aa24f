//! A network without its zeros, as sums of inputs and units; from there to an expression.

use std::collections::BTreeMap;

use super::network::{Kind, Network};
use crate::expression::{Expression, Operation};
use crate::matrix::Matrix;

/// An input or a unit that is no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Atom {
    Input(usize),
    Unit(usize),
}

/// A constant and a sum of atoms with coefficients that are not 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sum {
    pub constant: f64,
    pub parts: BTreeMap<Atom, f64>,
}

/// A function of one sum or the product of two.
#[derive(Debug, Clone, PartialEq)]
struct Unit {
    kind: Kind,
    arguments: Vec<Sum>,
}

/// The sums and units of a network, units of lower layers first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sparse {
    units: Vec<Unit>,
    pub output: Sum,
}

impl Sum {
    fn of(atom: Atom) -> Sum {
        Sum {
            constant: 0.0,
            parts: BTreeMap::from([(atom, 1.0)]),
        }
    }

    fn add(&mut self, other: &Sum, coefficient: f64) {
        self.constant += coefficient * other.constant;
        for (atom, value) in &other.parts {
            *self.parts.entry(*atom).or_insert(0.0) += coefficient * value;
        }
    }
}

impl Sparse {
    /// Identities are dissolved into the sums that use them, and units without any atom into
    /// constants.
    pub fn new(network: &Network) -> Sparse {
        let mut units: Vec<Unit> = Vec::new();
        let mut values: Vec<Sum> = (0..network.width(0))
            .map(|input| Sum::of(Atom::Input(input)))
            .collect();
        let parameters = &network.parameters;
        for layer in 0..network.layers {
            let weights = &parameters[network.weights(layer)];
            let biases = &parameters[network.biases(layer)];
            let argument = |argument: usize| {
                let mut sum = Sum {
                    constant: biases[argument],
                    parts: BTreeMap::new(),
                };
                for (value, row) in values.iter().zip(weights.chunks_exact(biases.len())) {
                    if row[argument] != 0.0 {
                        sum.add(value, row[argument]);
                    }
                }
                sum
            };
            let next = (0..network.width(layer + 1)).map(|unit| {
                let (kind, first) = network.unit(unit);
                match kind {
                    Kind::Product => product(argument(first), argument(first + 1), &mut units),
                    kind => function(kind, argument(first), &mut units),
                }
            });
            values = next.collect();
        }
        let mut output = Sum {
            constant: parameters[network.constant()],
            parts: BTreeMap::new(),
        };
        for (value, weight) in values
            .iter()
            .zip(&parameters[network.weights(network.layers)])
        {
            if *weight != 0.0 {
                output.add(value, *weight);
            }
        }
        Sparse { units, output }
    }

    /// How many operations the expression of the output has, or a number above `most`.
    pub fn size(&self, most: usize) -> usize {
        let mut sizes: Vec<usize> = Vec::with_capacity(self.units.len());
        for unit in &self.units {
            let arguments = unit.arguments.iter().map(|sum| sum_size(sum, &sizes));
            let size = 1 + arguments.sum::<usize>();
            sizes.push(size.min(most + 1));
        }
        sum_size(&self.output, &sizes)
    }

    /// The numbers in an atom, those of the units inside included, and its coefficient.
    pub fn parameters(&self, atom: Atom) -> usize {
        match atom {
            Atom::Input(_) => 1,
            Atom::Unit(unit) => {
                let sums = self.units[unit].arguments.iter();
                let inside = sums.map(|sum| {
                    let parts: usize = sum.parts.keys().map(|part| self.parameters(*part)).sum();
                    parts + usize::from(sum.constant != 0.0)
                });
                // Of a product's two arguments one has a free scale.
                1 + inside.sum::<usize>() - usize::from(self.units[unit].kind == Kind::Product)
            }
        }
    }

    /// The values of these atoms at all rows: rows x atoms.
    pub fn values(&self, inputs: &Matrix<f64>, atoms: &[Atom]) -> Matrix<f64> {
        let mut result = Matrix::zeros(inputs.rows(), atoms.len());
        let mut units = vec![0.0; self.units.len()];
        for row in 0..inputs.rows() {
            let input = inputs.row(row);
            for (index, unit) in self.units.iter().enumerate() {
                let mut arguments = unit.arguments.iter().map(|sum| {
                    let parts = sum.parts.iter().map(|(atom, c)| match atom {
                        Atom::Input(input_index) => c * input[*input_index],
                        Atom::Unit(unit) => c * units[*unit],
                    });
                    sum.constant + parts.sum::<f64>()
                });
                let first = arguments.next().unwrap_or(0.0);
                let value = match unit.kind {
                    Kind::Identity => first,
                    Kind::Function(shape) => shape.operation().value(first, 0.0),
                    Kind::Product => first * arguments.next().unwrap_or(0.0),
                };
                units[index] = value;
            }
            for (to, atom) in result.row_mut(row).iter_mut().zip(atoms) {
                *to = match atom {
                    Atom::Input(index) => input[*index],
                    Atom::Unit(index) => units[*index],
                };
            }
        }
        result
    }

    /// The output in symbols.
    pub fn expression(&self) -> Expression {
        self.sum_expression(&self.output).simplified()
    }

    fn sum_expression(&self, sum: &Sum) -> Expression {
        let mut whole: Option<Expression> = None;
        for (atom, coefficient) in &sum.parts {
            let atom = self.atom_expression(*atom);
            let times = |factor: f64| {
                let factor = Expression::constant(factor);
                Expression::binary(Operation::Multiply, &factor, &atom)
            };
            whole = Some(match whole {
                None => times(*coefficient),
                Some(before) if *coefficient < 0.0 => {
                    Expression::binary(Operation::Subtract, &before, &times(-coefficient))
                }
                Some(before) => Expression::binary(Operation::Add, &before, &times(*coefficient)),
            });
        }
        let constant = Expression::constant(sum.constant);
        match whole {
            None => constant,
            Some(whole) if sum.constant == 0.0 => whole,
            Some(whole) => Expression::binary(Operation::Add, &whole, &constant),
        }
    }

    fn atom_expression(&self, atom: Atom) -> Expression {
        let index = match atom {
            Atom::Input(index) => return Expression::input(index),
            Atom::Unit(index) => index,
        };
        let unit = &self.units[index];
        let mut arguments = unit.arguments.iter().map(|sum| self.sum_expression(sum));
        let first = arguments.next().unwrap_or(Expression::constant(0.0));
        match (unit.kind, arguments.next()) {
            (Kind::Function(shape), _) => Expression::unary(shape.operation(), &first),
            (Kind::Product, Some(second)) => {
                Expression::binary(Operation::Multiply, &first, &second)
            }
            _ => first,
        }
    }
}

/// A part has its coefficient, two operations and itself; a constant itself and an operation.
fn sum_size(sum: &Sum, sizes: &[usize]) -> usize {
    let parts = sum.parts.keys().map(|atom| match atom {
        Atom::Input(_) => 4,
        Atom::Unit(unit) => 3 + sizes[*unit],
    });
    2 + parts.sum::<usize>()
}

fn function(kind: Kind, argument: Sum, units: &mut Vec<Unit>) -> Sum {
    let Kind::Function(shape) = kind else {
        return argument;
    };
    if argument.parts.is_empty() {
        return Sum {
            constant: shape.operation().value(argument.constant, 0.0),
            parts: BTreeMap::new(),
        };
    }
    units.push(Unit {
        kind,
        arguments: vec![argument],
    });
    Sum::of(Atom::Unit(units.len() - 1))
}

fn product(left: Sum, right: Sum, units: &mut Vec<Unit>) -> Sum {
    let mut scaled = Sum::default();
    if left.parts.is_empty() {
        scaled.add(&right, left.constant);
        scaled.parts.retain(|_, c| *c != 0.0);
        return scaled;
    }
    if right.parts.is_empty() {
        scaled.add(&left, right.constant);
        scaled.parts.retain(|_, c| *c != 0.0);
        return scaled;
    }
    units.push(Unit {
        kind: Kind::Product,
        arguments: vec![left, right],
    });
    Sum::of(Atom::Unit(units.len() - 1))
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::search::eql::network::Memory;

    fn thinned(layers: usize) -> Network {
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let mut network = Network::new(3, layers, 2, &mut random);
        for parameter in &mut network.parameters {
            *parameter = if random.random::<f64>() < 0.4 {
                0.0
            } else {
                random.random::<f64>() - 0.4
            };
        }
        network
    }

    #[test]
    fn the_expression_has_the_values_of_the_network() {
        for layers in 1..=3 {
            let network = thinned(layers);
            let sparse = Sparse::new(&network);
            let expression = sparse.expression();
            assert!(expression.size() <= sparse.size(1_000_000));
            let again: Expression = expression.to_string().parse().unwrap();
            let mut memory = Memory::default();
            let x: Vec<f64> = (0..30)
                .map(|i| f64::from(i * 7 % 30) / 10.0 - 1.0)
                .collect();
            memory.values.push(x.clone());
            network.forward(10, &mut memory);
            for row in 0..10 {
                let input = [x[row], x[10 + row], x[20 + row]];
                let fitted = memory.fitted[row];
                assert!((expression.value(&input) - fitted).abs() < 1e-9, "{layers}");
                assert!((again.value(&input) - fitted).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn values_of_atoms_add_up_to_the_output() {
        let network = thinned(2);
        let sparse = Sparse::new(&network);
        let inputs = Matrix::from_vec(4, 3, (0..12).map(|i| f64::from(i) / 6.0 - 1.0).collect());
        let atoms: Vec<Atom> = sparse.output.parts.keys().copied().collect();
        let values = sparse.values(&inputs, &atoms);
        let expression = sparse.expression();
        for row in 0..4 {
            let parts = values.row(row).iter().zip(sparse.output.parts.values());
            let sum = sparse.output.constant + parts.map(|(v, c)| v * c).sum::<f64>();
            assert!((sum - expression.value(inputs.row(row))).abs() < 1e-9);
        }
    }

    #[test]
    fn constants_and_identities_leave_no_unit() {
        let mut network = Network::new(2, 1, 1, &mut ChaCha8Rng::seed_from_u64(1));
        network.parameters.fill(0.0);
        let biases = network.biases(0).start;
        let weights = network.weights(0).start;
        let output = network.weights(1).start;
        // Identity of 2 x1, sine of the constant 1, product of x2 + 3 and the constant 4.
        network.parameters[weights] = 2.0;
        network.parameters[biases + 1] = 1.0;
        network.parameters[weights + 6 + 4] = 1.0;
        network.parameters[biases + 4] = 3.0;
        network.parameters[biases + 5] = 4.0;
        network.parameters[output..output + 5].copy_from_slice(&[1.0, 1.0, 0.0, 0.0, 1.0]);
        let sparse = Sparse::new(&network);
        assert!(sparse.units.is_empty());
        let parts: Vec<_> = sparse.output.parts.iter().collect();
        assert_eq!(parts, [(&Atom::Input(0), &2.0), (&Atom::Input(1), &4.0)]);
        assert!((sparse.output.constant - 12.0 - 1f64.sin()).abs() < 1e-12);
    }
}
