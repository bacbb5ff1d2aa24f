use super::batch::Batch;
use super::buffer::Buffer;
use super::element_wise::{PowerGradients, PowerValues};
use super::lanes::{Real, padded};
use super::matmul::{Strided, Write, matmul};
use super::path::CpuPath;
use super::pieces::{PieceGradients, PieceRows, PieceValues};

/// Interactions of one order: `sums` values, each the sum of `rank` products of `order`
/// projections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PieceGroup {
    /// How many projections are multiplied, 1 to 9.
    pub order: usize,
    /// How many values there are.
    pub sums: usize,
    /// How many products are added in each value.
    pub rank: usize,
}

impl PieceGroup {
    /// The rows of factors.
    pub fn factor_rows(self) -> usize {
        self.order * self.sums * self.rank
    }
}

/// Which values are computed, and how their parameters lie in memory.
///
/// Parameters are rows of `padded(inputs)` numbers:
/// * factors, group after group: factor m of piece r of sum s of a group is the group's row
///   `(m * sums + s) * rank + r`;
/// * then weights of the element-wise terms: power k (from 1) of output c is row
///   `(k - 1) * outputs + c` of them, function f (from 0) is row `(powers + f) * outputs + c`.
///
/// Values are rows over the batch: the element-wise ones in the order of their weights, then the
/// groups' sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermShape {
    /// The number of inputs.
    pub inputs: usize,
    /// The number of outputs, each with its own weights of element-wise terms.
    pub outputs: usize,
    /// All pure orders from 1 up to this one, at most 9.
    pub powers: usize,
    /// How many element-wise functions there are.
    pub functions: usize,
    /// The interactions; at most one group of each order, ascending.
    pub groups: Vec<PieceGroup>,
}

impl TermShape {
    /// The numbers from one row of parameters to the next.
    pub fn stride(&self) -> usize {
        padded(self.inputs)
    }

    /// The rows of factors of all groups.
    pub fn factor_rows(&self) -> usize {
        self.groups.iter().map(|group| group.factor_rows()).sum()
    }

    /// The rows of element-wise weights, and the same number of values.
    pub fn element_wise_rows(&self) -> usize {
        (self.powers + self.functions) * self.outputs
    }

    /// The rows of values.
    pub fn value_rows(&self) -> usize {
        let sums: usize = self.groups.iter().map(|group| group.sums).sum();
        self.element_wise_rows() + sums
    }

    /// The numbers of all parameters, padding included.
    pub fn parameters(&self) -> usize {
        (self.factor_rows() + self.element_wise_rows()) * self.stride()
    }
}

/// Computes the values of terms over a batch and the gradients of their parameters.
#[derive(Debug, Clone)]
pub struct TermValues<T: Real> {
    shape: TermShape,
    path: CpuPath,
    capacity: usize,
    /// factor rows x capacity; after `gradients` the derivatives with respect to them. The rows
    /// of an order-1 group are not used.
    projections: Buffer<T>,
    /// One row of parameters.
    row: Buffer<T>,
    /// value rows x capacity
    values: Buffer<T>,
}

impl<T: Real> TermValues<T> {
    /// Room for batches of up to `rows` rows.
    pub fn new(shape: TermShape, rows: usize, path: CpuPath) -> TermValues<T> {
        let capacity = padded(rows);
        TermValues {
            path,
            capacity,
            projections: Buffer::zeros(shape.factor_rows() * capacity),
            values: Buffer::zeros(shape.value_rows() * capacity),
            row: Buffer::zeros(shape.stride()),
            shape,
        }
    }

    /// The shape.
    pub fn shape(&self) -> &TermShape {
        &self.shape
    }

    /// The instructions in use.
    pub fn path(&self) -> CpuPath {
        self.path
    }

    /// The values that [`TermValues::evaluate`] left: value rows x capacity of the batch.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// Computes all values over `batch`. Padding rows of the batch give 0.
    ///
    /// # Panics
    /// When the batch or the parameters are of another size.
    pub fn evaluate(&mut self, batch: &Batch<T>, parameters: &[T]) {
        assert_eq!(batch.capacity(), self.capacity, "rows of the batch");
        let (stride, capacity) = (self.shape.stride(), self.capacity);
        let (element_wise, sums) = self
            .values
            .split_at_mut(self.shape.element_wise_rows() * capacity);
        let weights = &parameters[self.shape.factor_rows() * stride..];
        for (layer, powers, start) in layers(&self.shape) {
            for output in 0..self.shape.outputs {
                let row = start * self.shape.outputs + output;
                self.path.run(PowerValues {
                    powers,
                    inputs: self.shape.inputs,
                    by_input: batch.by_input(layer),
                    capacity,
                    weights: &weights[row * stride..],
                    weights_stride: self.shape.outputs * stride,
                    values: &mut element_wise[row * capacity..],
                    values_stride: self.shape.outputs * capacity,
                });
            }
        }

        let linear = linear_rows(&self.shape);
        let inputs = (batch.by_input(0), capacity);
        let shape = [
            self.shape.factor_rows() - linear,
            self.shape.inputs,
            capacity,
        ];
        matmul(
            self.path,
            shape,
            Strided::rows(&parameters[linear * stride..], stride),
            inputs,
            (&mut self.projections[linear * capacity..], capacity),
            Write::Replace,
        );
        let (mut factor_row, mut sum) = (0, 0);
        for group in &self.shape.groups {
            let values = &mut sums[sum * capacity..];
            if group.order == 1 {
                let factors = &parameters[factor_row * stride..];
                for (s, values) in values
                    .chunks_exact_mut(capacity)
                    .take(group.sums)
                    .enumerate()
                {
                    add_rows(
                        &mut self.row,
                        &factors[s * group.rank * stride..],
                        group.rank,
                    );
                    let factors = Strided::rows(&self.row, stride);
                    let shape = [1, self.shape.inputs, capacity];
                    matmul(
                        self.path,
                        shape,
                        factors,
                        inputs,
                        (values, capacity),
                        Write::Replace,
                    );
                }
            } else {
                self.path.run(PieceValues {
                    rows: piece_rows(group, capacity),
                    projections: &self.projections[factor_row * capacity..],
                    values,
                });
            }
            factor_row += group.factor_rows();
            sum += group.sums;
        }
    }

    /// Turns `derivatives` (value rows x capacity, 0 in padding rows), those of the loss with
    /// respect to the values of the last [`TermValues::evaluate`] on `batch`, into the
    /// `gradient` of the parameters. Uses up what `evaluate` left: once per evaluation.
    ///
    /// # Panics
    /// When a slice or the batch is of another size.
    pub fn gradients(&mut self, batch: &Batch<T>, derivatives: &[T], gradient: &mut [T]) {
        assert_eq!(batch.capacity(), self.capacity, "rows of the batch");
        let (stride, capacity, rows) = (self.shape.stride(), self.capacity, batch.rows());
        let (element_wise, sums) = derivatives.split_at(self.shape.element_wise_rows() * capacity);
        let (factors, weights) = gradient.split_at_mut(self.shape.factor_rows() * stride);
        let inputs = (batch.by_row(0), stride);
        let (mut factor_row, mut sum) = (0, 0);
        for group in &self.shape.groups {
            let derivatives = &sums[sum * capacity..];
            if group.order == 1 {
                let to = (&mut factors[factor_row * stride..], group.rank * stride);
                let shape = [group.sums, rows, stride];
                let from = Strided::rows(derivatives, capacity);
                matmul(self.path, shape, from, inputs, to, Write::Replace);
                repeat_rows(&mut factors[factor_row * stride..], stride, group);
            } else {
                self.path.run(PieceGradients {
                    rows: piece_rows(group, capacity),
                    projections: &mut self.projections[factor_row * capacity..],
                    derivatives,
                });
            }
            factor_row += group.factor_rows();
            sum += group.sums;
        }
        let linear = linear_rows(&self.shape);
        matmul(
            self.path,
            [factor_row - linear, rows, stride],
            Strided::rows(&self.projections[linear * capacity..], capacity),
            inputs,
            (&mut factors[linear * stride..], stride),
            Write::Replace,
        );

        for (layer, powers, start) in layers(&self.shape) {
            for output in 0..self.shape.outputs {
                let row = start * self.shape.outputs + output;
                self.path.run(PowerGradients {
                    powers,
                    inputs: self.shape.inputs,
                    by_row: batch.by_row(layer),
                    rows,
                    derivatives: &element_wise[row * capacity..],
                    derivatives_stride: self.shape.outputs * capacity,
                    gradient: &mut weights[row * stride..],
                    gradient_stride: self.shape.outputs * stride,
                });
            }
        }
    }
}

/// The layers of a batch with element-wise terms: (layer, powers of it, its first term).
fn layers(shape: &TermShape) -> impl Iterator<Item = (usize, usize, usize)> {
    let powers = shape.powers;
    let inputs = (powers > 0).then_some((0, powers, 0));
    let functions = (0..shape.functions).map(move |f| (f + 1, 1, powers + f));
    inputs.into_iter().chain(functions)
}

/// The factor rows of a leading group of order 1. A sum of projections is one projection by the
/// summed factors, and all its pieces have the same gradient: rank times less work.
fn linear_rows(shape: &TermShape) -> usize {
    match shape.groups.first() {
        Some(group) if group.order == 1 => group.factor_rows(),
        _ => 0,
    }
}

/// `to` = the sum of the first `rows` rows of `from`.
fn add_rows<T: Real>(to: &mut [T], from: &[T], rows: usize) {
    to.fill(T::default());
    for from in from.chunks_exact(to.len()).take(rows) {
        for (to, from) in to.iter_mut().zip(from) {
            *to += *from;
        }
    }
}

/// Copies the first row of each sum's pieces to its other pieces.
fn repeat_rows<T: Real>(rows: &mut [T], stride: usize, group: &PieceGroup) {
    for pieces in rows.chunks_exact_mut(group.rank * stride).take(group.sums) {
        let (first, rest) = pieces.split_at_mut(stride);
        for row in rest.chunks_exact_mut(stride) {
            row.copy_from_slice(first);
        }
    }
}

fn piece_rows(group: &PieceGroup, capacity: usize) -> PieceRows {
    PieceRows {
        order: group.order,
        sums: group.sums,
        rank: group.rank,
        capacity,
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::super::batch::RowStore;
    use super::*;
    use crate::matrix::Matrix;
    use crate::neuron::Function;

    fn random(length: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
        (0..length).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    struct Case {
        shape: TermShape,
        x: Matrix<f64>,
        parameters: Vec<f64>,
        /// The loss is the sum of values times these.
        derivatives: Vec<f64>,
    }

    impl Case {
        fn new(inputs: usize, rows: usize, powers: usize, outputs: usize, top: usize) -> Case {
            let mut rng = ChaCha8Rng::seed_from_u64((inputs * 100 + rows) as u64);
            let shape = TermShape {
                inputs,
                outputs,
                powers,
                functions: 3,
                groups: (1..=top)
                    .map(|order| PieceGroup {
                        order,
                        sums: 1 + order % 3,
                        rank: 1 + order % 2,
                    })
                    .collect(),
            };
            let x = Matrix::from_vec(rows, inputs, random(rows * inputs, &mut rng));
            let mut parameters = random(shape.parameters(), &mut rng);
            let mut derivatives = random(shape.value_rows() * padded(rows), &mut rng);
            for row in parameters.chunks_exact_mut(shape.stride()) {
                row[inputs..].fill(0.0);
            }
            for row in derivatives.chunks_exact_mut(padded(rows)) {
                row[rows..].fill(0.0);
            }
            Case {
                shape,
                x,
                parameters,
                derivatives,
            }
        }

        /// The values and the gradient.
        fn run<T: Real>(&self, path: CpuPath) -> (Vec<f64>, Vec<f64>) {
            let cast = |v: &[f64]| v.iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
            let rows = self.x.rows();
            let store = RowStore::<T>::new(&self.x, &Function::ALL);
            let mut batch = Batch::new(rows, self.shape.inputs, self.shape.functions, path);
            batch.gather(&store, &(0..rows as u32).collect::<Vec<_>>());
            let mut terms = TermValues::new(self.shape.clone(), rows, path);
            terms.evaluate(&batch, &cast(&self.parameters));
            let values = terms.values().iter().map(|v| v.to_f64()).collect();
            let mut gradient = vec![T::default(); self.shape.parameters()];
            terms.gradients(&batch, &cast(&self.derivatives), &mut gradient);
            (values, gradient.iter().map(|v| v.to_f64()).collect())
        }

        /// Values by the definition, one number at a time.
        fn by_definition(&self, parameters: &[f64], value: usize, row: usize) -> f64 {
            let (shape, stride) = (&self.shape, self.shape.stride());
            let x = self.x.row(row);
            let parameter = |row: usize| &parameters[row * stride..][..shape.inputs];
            let dot = |row: usize, g: &dyn Fn(f64) -> f64| -> f64 {
                parameter(row).iter().zip(x).map(|(w, &x)| w * g(x)).sum()
            };
            if value < shape.element_wise_rows() {
                let row = shape.factor_rows() + value;
                let term = value / shape.outputs;
                return match term.checked_sub(shape.powers) {
                    None => dot(row, &|x| x.powi(term as i32 + 1)),
                    Some(f) => dot(row, &|x| Function::ALL[f].value(x)),
                };
            }
            let (mut sum, mut first) = (value - shape.element_wise_rows(), 0);
            for group in &shape.groups {
                if sum < group.sums {
                    return (0..group.rank)
                        .map(|r| {
                            (0..group.order)
                                .map(|m| {
                                    let row = first + (m * group.sums + sum) * group.rank + r;
                                    dot(row, &|x| x)
                                })
                                .product::<f64>()
                        })
                        .sum();
                }
                sum -= group.sums;
                first += group.factor_rows();
            }
            unreachable!()
        }

        fn loss(&self, parameters: &[f64]) -> f64 {
            let capacity = padded(self.x.rows());
            let mut loss = 0.0;
            for value in 0..self.shape.value_rows() {
                for row in 0..self.x.rows() {
                    loss += self.derivatives[value * capacity + row]
                        * self.by_definition(parameters, value, row);
                }
            }
            loss
        }
    }

    #[test]
    fn values_equal_the_definition_and_gradients_central_differences() {
        for case in [Case::new(3, 5, 9, 1, 9), Case::new(2, 17, 4, 2, 3)] {
            let (values, gradient) = case.run::<f64>(CpuPath::portable());
            let capacity = padded(case.x.rows());
            for (index, &value) in values.iter().enumerate() {
                let (term, row) = (index / capacity, index % capacity);
                let expected = if row < case.x.rows() {
                    case.by_definition(&case.parameters, term, row)
                } else {
                    0.0
                };
                assert!((value - expected).abs() < 1e-13, "term {term} row {row}");
            }
            let stride = case.shape.stride();
            for index in 0..case.parameters.len() {
                if index % stride >= case.shape.inputs {
                    assert_eq!(gradient[index], 0.0, "padding");
                    continue;
                }
                let step = 1e-4;
                let moved = |by: f64| {
                    let mut parameters = case.parameters.clone();
                    parameters[index] += by;
                    case.loss(&parameters)
                };
                // The loss is linear in each parameter: central differences have no bias.
                let difference = (moved(step) - moved(-step)) / (2.0 * step);
                let error = (gradient[index] - difference).abs();
                assert!(
                    error < 1e-6 * difference.abs().max(1e-3),
                    "parameter {index}"
                );
            }
        }
    }

    #[test]
    fn all_paths_agree() {
        for case in [
            Case::new(1, 1, 1, 1, 2),
            Case::new(10, 64, 5, 1, 5),
            Case::new(17, 33, 3, 3, 4),
            Case::new(33, 100, 0, 2, 2),
        ] {
            let (values, gradient) = case.run::<f64>(CpuPath::portable());
            for path in CpuPath::available() {
                for (tolerance, found) in [
                    (1e-12, case.run::<f64>(path)),
                    (2e-5, case.run::<f32>(path)),
                ] {
                    for (a, b) in values
                        .iter()
                        .zip(&found.0)
                        .chain(gradient.iter().zip(&found.1))
                    {
                        assert!(
                            (a - b).abs() < tolerance * (1.0 + a.abs()),
                            "{path:?} {a} {b}"
                        );
                    }
                }
            }
        }
    }
}
