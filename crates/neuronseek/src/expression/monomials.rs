use std::collections::BTreeMap;

use super::{Expression, Operation};
use crate::neuron::{MAX_ORDER, Neuron, Term};
use crate::terms::Polynomial;

/// A polynomial with more monomials than this is not expanded.
const MOST: usize = 50_000;

/// Nor one with a power above this.
const HIGHEST: u32 = 60;

/// A coefficient below this share of the largest is taken for rounding.
const NEGLIGIBLE: f64 = 1e-9;

/// A polynomial as a sum of monomials: (input, power) pairs, ascending by input, with the
/// coefficient of each; the constant has no pair.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Monomials(BTreeMap<Vec<(usize, u32)>, f64>);

impl Monomials {
    /// The monomials with their coefficients.
    pub fn iter(&self) -> impl Iterator<Item = (&[(usize, u32)], f64)> {
        self.0.iter().map(|(powers, c)| (powers.as_slice(), *c))
    }

    /// The coefficient of a monomial.
    pub fn coefficient(&self, powers: &[(usize, u32)]) -> f64 {
        self.0.get(powers).copied().unwrap_or(0.0)
    }

    /// The largest difference of coefficients over the largest coefficient of `truth`; 0 where both
    /// are the same polynomial.
    pub fn distance(&self, truth: &Monomials) -> f64 {
        let largest = truth.0.values().fold(0.0f64, |a, c| a.max(c.abs()));
        let own = self
            .0
            .iter()
            .map(|(powers, c)| c - truth.coefficient(powers));
        let missing = truth
            .0
            .iter()
            .filter(|(powers, _)| !self.0.contains_key(*powers))
            .map(|(_, c)| *c);
        let difference = own.chain(missing).fold(0.0f64, |a, d| a.max(d.abs()));
        difference / largest.max(f64::MIN_POSITIVE)
    }

    /// The same polynomial of other inputs: input i is `sizes[i]` times the new one.
    pub fn rescaled(&self, sizes: &[f64]) -> Monomials {
        let factor = |(input, power): &(usize, u32)| {
            let size = sizes.get(*input).copied().unwrap_or(1.0);
            size.powi(*power as i32)
        };
        let changed = self.0.iter().map(|(powers, c)| {
            let product: f64 = powers.iter().map(factor).product();
            (powers.clone(), c * product)
        });
        Monomials(changed.collect())
    }

    /// The orders that occur: a monomial of one input is a pure term of its power, one of several
    /// an interaction of its degree, whose rank is left open. Degrees above
    /// [`MAX_ORDER`], and coefficients that are rounding errors, are left out.
    pub fn neuron(&self) -> Neuron {
        let largest = self
            .iter()
            .filter(|(powers, _)| !powers.is_empty())
            .fold(0.0f64, |a, (_, c)| a.max(c.abs()));
        let telling = self.iter().filter(|(_, c)| c.abs() > NEGLIGIBLE * largest);
        Neuron::new(telling.filter_map(|(powers, _)| {
            let order = powers.iter().map(|(_, power)| *power as usize).sum();
            match powers.len() {
                _ if !(1..=MAX_ORDER).contains(&order) => None,
                1 => Some(Term::pure(order)),
                _ => Some(Term::Interaction { order, rank: None }),
            }
        }))
    }

    /// The expansion of one output of a fitted polynomial; `None` where it has functions or too
    /// many monomials.
    pub fn of_polynomial(polynomial: &Polynomial, output: usize) -> Option<Monomials> {
        if !polynomial.functions.is_empty() {
            return None;
        }
        let mut sum = Monomials::constant(*polynomial.intercept.get(output)?);
        for term in &polynomial.pure {
            for input in 0..polynomial.inputs {
                let weight = term.weights.row(input)[output];
                let power = u32::try_from(term.order).ok()?;
                sum.add(&[(input, power)], weight);
            }
        }
        for piece in &polynomial.pieces {
            let mut product = Monomials::constant(piece.weights[output]);
            for factor in 0..piece.order() {
                let mut projection = Monomials::default();
                for (input, weight) in piece.factors.row(factor).iter().enumerate() {
                    projection.add(&[(input, 1)], *weight);
                }
                product = product.times(&projection)?;
            }
            sum = sum.plus(&product, 1.0)?;
        }
        Some(sum)
    }

    fn constant(value: f64) -> Monomials {
        let mut sum = Monomials::default();
        sum.add(&[], value);
        sum
    }

    fn add(&mut self, powers: &[(usize, u32)], coefficient: f64) {
        if coefficient != 0.0 {
            *self.0.entry(powers.to_vec()).or_insert(0.0) += coefficient;
        }
    }

    fn plus(mut self, other: &Monomials, sign: f64) -> Option<Monomials> {
        for (powers, coefficient) in &other.0 {
            self.add(powers, sign * coefficient);
        }
        (self.0.len() <= MOST).then_some(self)
    }

    fn times(&self, other: &Monomials) -> Option<Monomials> {
        if self.0.len().checked_mul(other.0.len())? > 20 * MOST {
            return None;
        }
        let mut product = Monomials::default();
        for (left, a) in &self.0 {
            for (right, b) in &other.0 {
                let powers = joined(left, right);
                if powers.iter().any(|(_, power)| *power > HIGHEST) {
                    return None;
                }
                product.add(&powers, a * b);
            }
        }
        (product.0.len() <= MOST).then_some(product)
    }

    fn as_constant(&self) -> Option<f64> {
        self.0
            .keys()
            .all(Vec::is_empty)
            .then(|| self.coefficient(&[]))
    }

    fn raised(&self, exponent: f64) -> Option<Monomials> {
        if let Some(base) = self.as_constant() {
            return Some(Monomials::constant(Operation::Power.value(base, exponent)));
        }
        if exponent.fract() != 0.0 || !(0.0..=f64::from(HIGHEST)).contains(&exponent) {
            return None;
        }
        let mut power = Monomials::constant(1.0);
        for _ in 0..exponent as u32 {
            power = power.times(self)?;
        }
        Some(power)
    }
}

fn joined(left: &[(usize, u32)], right: &[(usize, u32)]) -> Vec<(usize, u32)> {
    let mut powers: Vec<(usize, u32)> = left.to_vec();
    for (input, power) in right {
        match powers.binary_search_by_key(input, |(known, _)| *known) {
            Ok(place) => powers[place].1 += power,
            Err(place) => powers.insert(place, (*input, *power)),
        }
    }
    powers
}

impl Expression {
    /// The expression as a polynomial; `None` where it is not one, or a very large one. Division by
    /// and functions of constants are allowed.
    pub fn monomials(&self) -> Option<Monomials> {
        let mut stack: Vec<Monomials> = Vec::new();
        for operation in self.operations().iter().rev() {
            let next = match operation {
                Operation::Input(index) => {
                    let mut input = Monomials::default();
                    input.add(&[(*index, 1)], 1.0);
                    input
                }
                Operation::Constant(value) => Monomials::constant(*value),
                operation if operation.arity() == 1 => unary(*operation, stack.pop()?)?,
                operation => {
                    let left = stack.pop()?;
                    binary(*operation, left, stack.pop()?)?
                }
            };
            stack.push(next);
        }
        let sum = stack.pop()?;
        sum.0.values().all(|c| c.is_finite()).then_some(sum)
    }

    /// The orders of the expression. A polynomial is expanded, see [`Monomials::neuron`]. Of any
    /// other formula the addends are read one by one: one that is no polynomial counts as sin, cos
    /// or exp where it is such a function of one input, as `x` where it has one input, and as the
    /// interaction of as many inputs as it has (at most [`MAX_ORDER`]).
    pub fn neuron(&self) -> Neuron {
        if let Some(monomials) = self.monomials() {
            return monomials.neuron();
        }
        let addends = self.addends();
        Neuron::new(addends.iter().flat_map(|addend| match addend.monomials() {
            Some(monomials) => monomials.neuron().terms().to_vec(),
            None => vec![addend.reading()],
        }))
    }

    /// The parts that are added or subtracted at the top.
    fn addends(&self) -> Vec<Expression> {
        let mut addends = Vec::new();
        let mut open = vec![0];
        while let Some(start) = open.pop() {
            match self.operations()[start] {
                Operation::Add | Operation::Subtract => {
                    open.push(start + 1);
                    open.extend(self.end(start + 1));
                }
                Operation::Negate => open.push(start + 1),
                _ => {
                    let end = self.end(start).unwrap_or(self.size());
                    let part = self.operations()[start..end].to_vec();
                    addends.extend(Expression::from_prefix(part));
                }
            }
        }
        addends
    }

    fn reading(&self) -> Term {
        use crate::neuron::Function;
        let mut inputs: Vec<usize> = self
            .operations()
            .iter()
            .filter_map(|operation| match operation {
                Operation::Input(index) => Some(*index),
                _ => None,
            })
            .collect();
        inputs.sort_unstable();
        inputs.dedup();
        if inputs.len() > 1 {
            let order = inputs.len().min(MAX_ORDER);
            return Term::Interaction { order, rank: None };
        }
        let operations = self.operations().iter();
        let mut functions = operations.filter(|o| o.arity() == 1 && **o != Operation::Negate);
        match (functions.next(), functions.next()) {
            (Some(Operation::Sin), None) => Term::Function(Function::Sin),
            (Some(Operation::Cos), None) => Term::Function(Function::Cos),
            (Some(Operation::Exp), None) => Term::Function(Function::Exp),
            _ => Term::pure(1),
        }
    }
}

fn unary(operation: Operation, argument: Monomials) -> Option<Monomials> {
    if operation == Operation::Negate {
        return Monomials::default().plus(&argument, -1.0);
    }
    let value = operation.value(argument.as_constant()?, 0.0);
    Some(Monomials::constant(value))
}

fn binary(operation: Operation, left: Monomials, right: Monomials) -> Option<Monomials> {
    match operation {
        Operation::Add => left.plus(&right, 1.0),
        Operation::Subtract => left.plus(&right, -1.0),
        Operation::Multiply => left.times(&right),
        Operation::Divide => {
            let divisor = right.as_constant().filter(|divisor| *divisor != 0.0)?;
            left.times(&Monomials::constant(1.0 / divisor))
        }
        Operation::Power => left.raised(right.as_constant()?),
        _ => {
            let value = operation.value(left.as_constant()?, right.as_constant()?);
            Some(Monomials::constant(value))
        }
    }
}
