//! Values of a polynomial block by block, as a list of steps over vectors of rows.
//!
//! Every step multiplies and adds in the order of the definition and rounds each time (no FMA), so
//! that a row's value is the same on every path and in every block. Coefficients that are 0 are left
//! out, which makes a product of two inputs of a hundred as cheap as it looks. That changes no bit
//! while all powers are finite; blocks with an input beyond that bound take all steps.

use super::lanes::{Lanes, PADDING};
use super::path::{CpuPath, Kernel};
use super::polynomial::Polynomial;
use crate::neuron::Function;

/// Powers of inputs up to this one's root are finite.
const LARGEST_POWER: f64 = 1e300;

/// Vectors of rows that are computed at a time, so that additions need not wait for each other.
const VECTORS: usize = 4;

/// A polynomial as steps.
pub(crate) struct Tape {
    inputs: usize,
    intercept: Vec<f64>,
    /// Without zeros.
    sparse: Steps,
    all: Steps,
    /// The largest input that `sparse` is right for.
    bound: f64,
}

/// What is added to the outputs, in order: powers, functions, products, each times its weights.
#[derive(Default)]
struct Steps {
    /// Input and order.
    powers: Vec<(usize, usize)>,
    functions: Vec<(usize, Function)>,
    /// The first factor, and the one behind the last.
    products: Vec<(usize, usize)>,
    /// outputs numbers a step
    weights: Vec<f64>,
    /// The elements of each factor of products: where they begin in `elements`, and a last end.
    factors: Vec<usize>,
    /// Input and coefficient.
    elements: Vec<(usize, f64)>,
}

impl Tape {
    pub fn new(polynomial: &Polynomial) -> Tape {
        let orders = polynomial.pure.iter().map(|term| term.order);
        let order = orders.max().unwrap_or(1).max(1);
        // To -0 even a zero cannot be added without a trace.
        let plain = |value: &f64| *value != 0.0 || value.is_sign_positive();
        let bound = match polynomial.intercept.iter().all(plain) {
            true => LARGEST_POWER.powf(1.0 / order as f64),
            false => -1.0,
        };
        Tape {
            inputs: polynomial.inputs,
            intercept: polynomial.intercept.clone(),
            sparse: Steps::new(polynomial, true),
            all: Steps::new(polynomial, false),
            bound,
        }
    }

    /// Sets `out` (outputs x rows) to the outputs for `x` (inputs x rows); `rows` is a multiple of
    /// [`PADDING`].
    ///
    /// # Panics
    /// When a slice is of another length.
    pub fn values(&self, path: CpuPath, x: &[f64], rows: usize, out: &mut [f64]) {
        assert_eq!(x.len(), self.inputs * rows, "inputs of the polynomial");
        assert_eq!(out.len(), self.intercept.len() * rows, "outputs");
        assert!(rows.is_multiple_of(PADDING), "rows of the polynomial");
        let bounded = path.run(Within(x, self.bound));
        path.run(Evaluation {
            steps: if bounded { &self.sparse } else { &self.all },
            intercept: &self.intercept,
            x,
            rows,
            out,
        });
    }
}

impl Steps {
    fn new(polynomial: &Polynomial, sparse: bool) -> Steps {
        let mut steps = Steps {
            factors: vec![0],
            ..Steps::default()
        };
        for term in &polynomial.pure {
            for input in 0..polynomial.inputs {
                let weights = term.weights.row(input);
                if !sparse || weights.iter().any(|weight| *weight != 0.0) {
                    steps.powers.push((input, term.order));
                    steps.weights.extend_from_slice(weights);
                }
            }
        }
        for term in &polynomial.functions {
            for input in 0..polynomial.inputs {
                steps.functions.push((input, term.function));
                steps.weights.extend_from_slice(term.weights.row(input));
            }
        }
        for piece in &polynomial.pieces {
            let first = steps.factors.len() - 1;
            for m in 0..piece.order() {
                let row = piece.factors.row(m);
                let zeros = row.iter().all(|coefficient| *coefficient == 0.0);
                let elements = row.iter().copied().enumerate();
                // A factor has at least one element, so that a 0 is one.
                let kept =
                    elements.filter(|(input, c)| !sparse || *c != 0.0 || (zeros && *input == 0));
                steps.elements.extend(kept);
                steps.factors.push(steps.elements.len());
            }
            let end = steps.factors.len() - 1;
            steps.products.push((first, end));
            steps.weights.extend_from_slice(&piece.weights);
        }
        steps
    }
}

/// Whether no number is beyond the bound on either side, or none at all.
struct Within<'a>(&'a [f64], f64);

impl Kernel<f64> for Within<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<V: Lanes<Scalar = f64>>(self) -> bool {
        let Within(x, bound) = self;
        // Without their sign, floats are ordered as their bits, and NaN is above all.
        let magnitude = |x: &f64| x.to_bits() & (u64::MAX >> 1);
        let largest = x.iter().map(magnitude).fold(0, u64::max);
        bound >= 0.0 && largest <= bound.to_bits()
    }
}

struct Evaluation<'a> {
    steps: &'a Steps,
    intercept: &'a [f64],
    x: &'a [f64],
    rows: usize,
    out: &'a mut [f64],
}

impl Kernel<f64> for Evaluation<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f64>>(mut self) {
        let wide = VECTORS * V::COUNT;
        let mut row = 0;
        while row < self.rows {
            // `Tape::values` has checked the slices, and that vectors divide the rows.
            if row + wide <= self.rows {
                self.vectors::<V, VECTORS>(row);
                row += wide;
            } else {
                self.vectors::<V, 1>(row);
                row += V::COUNT;
            }
        }
    }
}

impl Evaluation<'_> {
    /// N vectors of rows from `row` on.
    #[inline(always)]
    fn vectors<V: Lanes<Scalar = f64>, const N: usize>(&mut self, row: usize) {
        let (rows, weights) = (self.rows, &self.steps.weights);
        if let [intercept] = self.intercept {
            let mut one = One {
                sums: [V::splat(*intercept); N],
                weights,
            };
            self.each::<V, N>(row, &mut one);
            return store(&mut self.out[row..row + N * V::COUNT], one.sums);
        }
        let out = std::mem::take(&mut self.out);
        for (output, &intercept) in self.intercept.iter().enumerate() {
            out[output * rows + row..][..N * V::COUNT].fill(intercept);
        }
        let mut several = Several {
            out: &mut out[row..],
            rows,
            weights,
            outputs: self.intercept.len(),
        };
        self.each::<V, N>(row, &mut several);
        self.out = out;
    }

    /// Adds each step's values. (One loop over steps of three kinds would keep all vectors in
    /// memory, since a function is a call.)
    #[inline(always)]
    fn each<V: Lanes<Scalar = f64>, const N: usize>(&self, row: usize, sums: &mut impl Sums<V, N>) {
        let mut step = 0;
        for &(input, order) in &self.steps.powers {
            sums.add(step, power(self.input(input, row), order));
            step += 1;
        }
        for &(input, function) in &self.steps.functions {
            let mut numbers = [0.0; VECTORS * PADDING];
            let numbers = &mut numbers[..N * V::COUNT];
            numbers.copy_from_slice(&self.x[input * self.rows + row..][..N * V::COUNT]);
            for number in numbers.iter_mut() {
                *number = function.value(*number);
            }
            sums.add(step, load(numbers));
            step += 1;
        }
        for &(first, end) in &self.steps.products {
            let mut product = self.factor::<V, N>(first, row);
            for factor in first + 1..end {
                product = multiplied(product, self.factor(factor, row));
            }
            sums.add(step, product);
            step += 1;
        }
    }

    #[inline(always)]
    fn input<V: Lanes<Scalar = f64>, const N: usize>(&self, input: usize, row: usize) -> [V; N] {
        load(&self.x[input * self.rows + row..][..N * V::COUNT])
    }

    /// The inner product of a factor, which has an element, with the inputs.
    #[inline(always)]
    fn factor<V: Lanes<Scalar = f64>, const N: usize>(&self, factor: usize, row: usize) -> [V; N] {
        let range = self.steps.factors[factor]..self.steps.factors[factor + 1];
        let mut elements = self.steps.elements[range].iter();
        let mut sums = [V::splat(-0.0); N];
        if let Some(&(input, coefficient)) = elements.next() {
            let coefficient = V::splat(coefficient);
            sums = multiplied([coefficient; N], self.input(input, row));
        }
        for &(input, coefficient) in elements {
            add(&mut sums, self.input::<V, N>(input, row), coefficient);
        }
        sums
    }
}

/// What steps are added to. (A closure in its place may be compiled without the path's
/// instructions.)
trait Sums<V, const N: usize> {
    /// Adds the values of a step times its weights.
    fn add(&mut self, step: usize, values: [V; N]);
}

/// One output, in registers.
struct One<'a, V, const N: usize> {
    sums: [V; N],
    weights: &'a [f64],
}

impl<V: Lanes<Scalar = f64>, const N: usize> Sums<V, N> for One<'_, V, N> {
    #[inline(always)]
    fn add(&mut self, step: usize, values: [V; N]) {
        add(&mut self.sums, values, self.weights[step]);
    }
}

/// Several outputs, `rows` numbers apart.
struct Several<'a> {
    out: &'a mut [f64],
    rows: usize,
    weights: &'a [f64],
    outputs: usize,
}

impl<V: Lanes<Scalar = f64>, const N: usize> Sums<V, N> for Several<'_> {
    #[inline(always)]
    fn add(&mut self, step: usize, values: [V; N]) {
        let weights = &self.weights[step * self.outputs..(step + 1) * self.outputs];
        for (output, &weight) in weights.iter().enumerate() {
            let out = &mut self.out[output * self.rows..][..N * V::COUNT];
            let mut sums = load::<V, N>(out);
            add(&mut sums, values, weight);
            store(out, sums);
        }
    }
}

/// `sums += weight values`, rounded twice.
#[inline(always)]
fn add<V: Lanes<Scalar = f64>, const N: usize>(sums: &mut [V; N], values: [V; N], weight: f64) {
    let weight = V::splat(weight);
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum = sum.add(weight.mul(value));
    }
}

#[inline(always)]
fn multiplied<V: Lanes, const N: usize>(mut a: [V; N], b: [V; N]) -> [V; N] {
    for (a, b) in a.iter_mut().zip(b) {
        *a = a.mul(b);
    }
    a
}

/// By squaring, in the order of `f64::powi`.
#[inline(always)]
fn power<V: Lanes, const N: usize>(x: [V; N], order: usize) -> [V; N] {
    let one = V::splat(<V::Scalar as super::Real>::from_f64(1.0));
    let (mut power, mut square, mut left) = ([one; N], x, order);
    loop {
        if left % 2 == 1 {
            power = multiplied(power, square);
        }
        left /= 2;
        if left == 0 {
            return power;
        }
        square = multiplied(square, square);
    }
}

#[inline(always)]
fn load<V: Lanes, const N: usize>(from: &[V::Scalar]) -> [V; N] {
    assert_eq!(from.len(), N * V::COUNT);
    let mut vectors = [V::splat(V::Scalar::default()); N];
    for (vector, from) in vectors.iter_mut().zip(from.chunks_exact(V::COUNT)) {
        // SAFETY: each chunk has COUNT elements.
        *vector = unsafe { V::load(from.as_ptr()) };
    }
    vectors
}

#[inline(always)]
fn store<V: Lanes, const N: usize>(to: &mut [V::Scalar], vectors: [V; N]) {
    assert_eq!(to.len(), N * V::COUNT);
    for (vector, to) in vectors.into_iter().zip(to.chunks_exact_mut(V::COUNT)) {
        // SAFETY: each chunk has COUNT elements.
        unsafe { vector.store(to.as_mut_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::matrix::Matrix;
    use crate::terms::{FunctionTerm, Piece, PureTerm};

    fn polynomial(inputs: usize, outputs: usize, rng: &mut ChaCha8Rng) -> Polynomial {
        let mut numbers = |rows: usize, columns: usize| {
            let number = |_| match rng.random_bool(0.4) {
                true => 0.0,
                false => rng.random_range(-1.0..1.0),
            };
            Matrix::from_vec(rows, columns, (0..rows * columns).map(number).collect())
        };
        Polynomial {
            inputs,
            intercept: numbers(1, outputs).data().to_vec(),
            pure: (1..8)
                .map(|order| PureTerm {
                    order,
                    weights: numbers(inputs, outputs),
                })
                .collect(),
            functions: vec![FunctionTerm {
                function: Function::Sin,
                weights: numbers(inputs, outputs),
            }],
            pieces: (1..6)
                .map(|order| Piece {
                    factors: numbers(order, inputs),
                    weights: numbers(1, outputs).data().to_vec(),
                })
                .collect(),
        }
    }

    /// One row, word for word as the definition has it.
    fn by_definition(polynomial: &Polynomial, x: &[f64]) -> Vec<f64> {
        let mut out = polynomial.intercept.clone();
        let mut add = |weights: &[f64], value: f64| {
            for (out, weight) in out.iter_mut().zip(weights) {
                *out += weight * value;
            }
        };
        for term in &polynomial.pure {
            for (d, x) in x.iter().enumerate() {
                add(term.weights.row(d), x.powi(term.order as i32));
            }
        }
        for term in &polynomial.functions {
            for (d, x) in x.iter().enumerate() {
                add(term.weights.row(d), term.function.value(*x));
            }
        }
        for piece in &polynomial.pieces {
            let dot = |m: usize| -> f64 {
                let factor = piece.factors.row(m).iter();
                factor.zip(x).map(|(a, b)| a * b).sum()
            };
            add(&piece.weights, (0..piece.order()).map(dot).product());
        }
        out
    }

    #[test]
    fn every_path_has_the_bits_of_the_definition() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for (inputs, outputs) in [(1, 1), (8, 1), (5, 3), (33, 1)] {
            let polynomial = polynomial(inputs, outputs, &mut rng);
            let tape = Tape::new(&polynomial);
            for (rows, large) in [(16, 0.0), (48, 1.0), (128, 0.0), (80, 1.0)] {
                let mut x: Vec<f64> = (0..inputs * rows)
                    .map(|_| rng.random_range(-3.0..3.0))
                    .collect();
                x[3] = 0.0;
                x[4] = -0.0;
                if large > 0.0 {
                    (x[5], x[6], x[7]) = (1e200, f64::INFINITY, f64::NAN);
                }
                for path in CpuPath::available() {
                    let mut out = vec![0.0; outputs * rows];
                    tape.values(path, &x, rows, &mut out);
                    for row in 0..rows {
                        let own: Vec<f64> = (0..inputs).map(|d| x[d * rows + row]).collect();
                        let expected = by_definition(&polynomial, &own);
                        for (output, expected) in expected.into_iter().enumerate() {
                            let found = out[output * rows + row];
                            let same = found.to_bits() == expected.to_bits()
                                || (found.is_nan() && expected.is_nan());
                            assert!(same, "{path:?} row {row}: {found} for {expected}");
                        }
                    }
                }
            }
        }
    }
}
