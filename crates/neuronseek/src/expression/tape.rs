use super::{Expression, Operation};

/// Rows that are worked on together: their values of all operations stay in the cache.
pub const BLOCK: usize = 256;

/// Working memory to apply expressions to columns; one a thread, for any number of expressions.
#[derive(Debug, Default)]
pub struct Tape {
    /// One block per operation.
    values: Vec<[f64; BLOCK]>,
    adjoints: Vec<[f64; BLOCK]>,
}

impl Tape {
    /// Writes the values at all rows of `columns` (one slice per input, all as long as `to`).
    ///
    /// # Panics
    /// When a column that the expression uses is missing or shorter than `to`.
    pub fn values(&mut self, expression: &Expression, columns: &[&[f64]], to: &mut [f64]) {
        let arguments = expression.arguments();
        for (block, to) in to.chunks_mut(BLOCK).enumerate() {
            self.forward(expression, &arguments, columns, (block * BLOCK, to.len()));
            to.copy_from_slice(&self.values[0][..to.len()]);
        }
    }

    /// The same, and the derivatives by each constant: `slopes` has one slice per constant, in
    /// prefix order, as long as `to`.
    ///
    /// # Panics
    /// As [`Tape::values`].
    pub fn values_and_slopes(
        &mut self,
        expression: &Expression,
        columns: &[&[f64]],
        to: &mut [f64],
        slopes: &mut [Vec<f64>],
    ) {
        let arguments = expression.arguments();
        for (block, to) in to.chunks_mut(BLOCK).enumerate() {
            let (start, length) = (block * BLOCK, to.len());
            self.forward(expression, &arguments, columns, (start, length));
            to.copy_from_slice(&self.values[0][..length]);
            self.backward(expression, &arguments, length);
            let constants = expression.operations().iter().enumerate();
            let constants = constants.filter(|(_, o)| matches!(o, Operation::Constant(_)));
            for ((index, _), slopes) in constants.zip(slopes.iter_mut()) {
                slopes[start..start + length].copy_from_slice(&self.adjoints[index][..length]);
            }
        }
    }

    fn forward(
        &mut self,
        expression: &Expression,
        arguments: &[[usize; 2]],
        columns: &[&[f64]],
        (start, length): (usize, usize),
    ) {
        if self.values.len() < expression.size() {
            self.values.resize(expression.size(), [0.0; BLOCK]);
        }
        for (index, operation) in expression.operations().iter().enumerate().rev() {
            let [a, b] = arguments[index];
            // Arguments stand behind their operation.
            let (before, after) = self.values.split_at_mut(index + 1);
            let to = &mut before[index];
            match operation {
                Operation::Input(input) => {
                    to[..length].copy_from_slice(&columns[*input][start..start + length]);
                }
                Operation::Constant(value) => to.fill(*value),
                operation if operation.arity() == 1 => {
                    one(*operation, &after[a - index - 1], to, length);
                }
                operation => {
                    let (a, b) = (&after[a - index - 1], &after[b - index - 1]);
                    two(*operation, (a, b), to, length);
                }
            }
        }
    }

    fn backward(&mut self, expression: &Expression, arguments: &[[usize; 2]], length: usize) {
        let count = expression.size();
        if self.adjoints.len() < count {
            self.adjoints.resize(count, [0.0; BLOCK]);
        }
        self.adjoints[0][..length].fill(1.0);
        for (index, operation) in expression.operations().iter().enumerate() {
            let [a, b] = arguments[index];
            let arity = operation.arity();
            if arity == 0 {
                continue;
            }
            for row in 0..length {
                let values = [self.values[a][row], self.values[b][row]];
                let slopes = operation.slopes(values[0], values[1], self.values[index][row]);
                let adjoint = self.adjoints[index][row];
                // A slope of no consequence may be infinite.
                let times = |slope: f64| if adjoint == 0.0 { 0.0 } else { adjoint * slope };
                self.adjoints[a][row] = times(slopes[0]);
                if arity == 2 {
                    self.adjoints[b][row] = times(slopes[1]);
                }
            }
        }
    }
}

/// Loops per operation, so that the compiler can use vectors where the processor has them.
fn one(operation: Operation, a: &[f64; BLOCK], to: &mut [f64; BLOCK], length: usize) {
    let pairs = to[..length].iter_mut().zip(&a[..length]);
    match operation {
        Operation::Negate => pairs.for_each(|(to, a)| *to = -a),
        Operation::Abs => pairs.for_each(|(to, a)| *to = a.abs()),
        Operation::Sqrt => pairs.for_each(|(to, a)| *to = a.sqrt()),
        operation => pairs.for_each(|(to, a)| *to = operation.value(*a, 0.0)),
    }
}

fn two(
    operation: Operation,
    (a, b): (&[f64; BLOCK], &[f64; BLOCK]),
    to: &mut [f64; BLOCK],
    length: usize,
) {
    let triples = to[..length]
        .iter_mut()
        .zip(a[..length].iter().zip(&b[..length]));
    match operation {
        Operation::Add => triples.for_each(|(to, (a, b))| *to = a + b),
        Operation::Subtract => triples.for_each(|(to, (a, b))| *to = a - b),
        Operation::Multiply => triples.for_each(|(to, (a, b))| *to = a * b),
        Operation::Divide => triples.for_each(|(to, (a, b))| *to = a / b),
        operation => triples.for_each(|(to, (a, b))| *to = operation.value(*a, *b)),
    }
}
