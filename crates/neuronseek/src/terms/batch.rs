use super::buffer::Buffer;
use super::lanes::{Lanes, PADDING, Real, padded};
use super::path::{CpuPath, Kernel};
use crate::matrix::Matrix;
use crate::neuron::Function;

/// The rows that batches are drawn from: the inputs, and each element-wise function of them,
/// computed once. Rows are padded with zeros to a multiple of [`super::PADDING`].
#[derive(Debug, Clone)]
pub struct RowStore<T: Real> {
    inputs: usize,
    rows: usize,
    /// The inputs, then one layer per function, each `rows x padded(inputs)`.
    layers: Vec<Buffer<T>>,
}

impl<T: Real> RowStore<T> {
    /// Stores `x` (rows x inputs) and `functions` of it.
    pub fn new(x: &Matrix<f64>, functions: &[Function]) -> RowStore<T> {
        RowStore::scaled(x, &vec![1.0; x.columns()], functions)
    }

    /// Stores `x` with each input divided by its scale, and `functions` of `x` itself.
    pub fn scaled(x: &Matrix<f64>, scale: &[f64], functions: &[Function]) -> RowStore<T> {
        let stride = padded(x.columns());
        let layer = |value: &dyn Fn(f64, f64) -> f64| {
            let mut layer = Buffer::zeros(x.rows() * stride);
            for row in 0..x.rows() {
                let from = x.row(row).iter().zip(scale);
                for (to, (&x, &scale)) in layer[row * stride..].iter_mut().zip(from) {
                    *to = T::from_f64(value(x, scale));
                }
            }
            layer
        };
        let mut layers = vec![layer(&|x, scale| x / scale)];
        layers.extend(
            functions
                .iter()
                .map(|function| layer(&|x, _| function.value(x))),
        );
        RowStore {
            inputs: x.columns(),
            rows: x.rows(),
            layers,
        }
    }

    /// The deviation over all rows of one input's `power`, or with `layer > 0` of one value of
    /// function `layer - 1`: the root of the mean variance over inputs.
    pub fn deviation(&self, layer: usize, power: i32) -> f64 {
        let stride = padded(self.inputs);
        let mut sums = vec![(0.0, 0.0); self.inputs];
        for row in self.layers[layer].chunks_exact(stride) {
            for ((sum, squares), value) in sums.iter_mut().zip(row) {
                let value = value.to_f64().powi(power);
                *sum += value;
                *squares += value * value;
            }
        }
        let n = self.rows as f64;
        let variance = sums
            .iter()
            .map(|(sum, squares)| (squares / n - (sum / n).powi(2)).max(0.0));
        (variance.sum::<f64>() / self.inputs as f64).sqrt()
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// Some rows of a [`RowStore`], as kernels read them: row after row and input after input.
#[derive(Debug, Clone)]
pub struct Batch<T: Real> {
    inputs: usize,
    capacity: usize,
    rows: usize,
    path: CpuPath,
    layers: Vec<Layer<T>>,
}

#[derive(Debug, Clone)]
struct Layer<T: Real> {
    /// capacity x padded(inputs)
    by_row: Buffer<T>,
    /// padded(inputs) x capacity
    by_input: Buffer<T>,
}

impl<T: Real> Batch<T> {
    /// Room for `rows` rows of `inputs` inputs and `functions` functions of them.
    pub fn new(rows: usize, inputs: usize, functions: usize, path: CpuPath) -> Batch<T> {
        let capacity = padded(rows);
        let layer = Layer {
            by_row: Buffer::zeros(capacity * padded(inputs)),
            by_input: Buffer::zeros(capacity * padded(inputs)),
        };
        Batch {
            inputs,
            capacity,
            rows: 0,
            path,
            layers: vec![layer; functions + 1],
        }
    }

    /// Replaces the batch by the given rows of `store`.
    ///
    /// # Panics
    /// When there are more than the batch has room for, or a row that the store lacks.
    pub fn gather(&mut self, store: &RowStore<T>, rows: &[u32]) {
        assert!(rows.len() <= self.capacity && store.inputs == self.inputs);
        for (layer, stored) in self.layers.iter_mut().zip(&store.layers) {
            self.path.run(Gather {
                inputs: self.inputs,
                capacity: self.capacity,
                stored,
                rows,
                by_row: &mut layer.by_row,
                by_input: &mut layer.by_input,
            });
        }
        self.rows = rows.len();
    }

    /// The rows in the batch.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The rows with padding: the length of one row of values over the batch.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// capacity x padded(inputs); layer 0 has the inputs, layer f + 1 the function f of them.
    pub(super) fn by_row(&self, layer: usize) -> &[T] {
        &self.layers[layer].by_row
    }

    /// padded(inputs) x capacity
    pub(super) fn by_input(&self, layer: usize) -> &[T] {
        &self.layers[layer].by_input
    }
}

/// Copies rows of `stored` to `by_row` (capacity x stride) and `by_input` (inputs x capacity).
struct Gather<'a, T> {
    inputs: usize,
    capacity: usize,
    stored: &'a [T],
    rows: &'a [u32],
    by_row: &'a mut [T],
    by_input: &'a mut [T],
}

impl<T: Real> Kernel<T> for Gather<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        let (stride, capacity) = (padded(self.inputs), self.capacity);
        assert!(capacity.is_multiple_of(PADDING));
        assert!(capacity * stride <= self.by_row.len());
        assert!(stride * capacity <= self.by_input.len());
        for (to, &row) in self.by_row.chunks_exact_mut(stride).zip(self.rows) {
            let from = &self.stored[row as usize * stride..][..stride];
            let vectors = to.chunks_exact_mut(V::COUNT);
            for (to, from) in vectors.zip(from.chunks_exact(V::COUNT)) {
                // SAFETY: each chunk has COUNT elements.
                unsafe { V::load(from.as_ptr()).store(to.as_mut_ptr()) };
            }
        }
        self.by_row[self.rows.len() * stride..].fill(T::default());
        for input in (0..stride).step_by(PADDING) {
            for row in (0..capacity).step_by(PADDING) {
                // SAFETY: both sides have stride x capacity elements, as just checked, and
                // stride and capacity are multiples of the tile's side.
                unsafe {
                    V::transpose_tile(
                        (self.by_row.as_ptr().add(row * stride + input), stride),
                        (
                            self.by_input.as_mut_ptr().add(input * capacity + row),
                            capacity,
                        ),
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Real>(rows: usize, inputs: usize) {
        let data = (0..rows * inputs).map(|index| index as f64 + 1.0).collect();
        let x = Matrix::from_vec(rows, inputs, data);
        let store = RowStore::<T>::new(&x, &[]);
        let chosen: Vec<u32> = (0..rows as u32).rev().collect();
        for path in CpuPath::available() {
            let mut batch = Batch::new(rows, inputs, 0, path);
            batch.gather(&store, &chosen);
            for input in 0..inputs {
                for row in 0..batch.capacity() {
                    let expected = if row < rows {
                        x.row(rows - 1 - row)[input]
                    } else {
                        0.0
                    };
                    let by_input = batch.by_input(0)[input * batch.capacity() + row];
                    let by_row = batch.by_row(0)[row * padded(inputs) + input];
                    assert_eq!(by_input.to_f64(), expected, "{path:?} {row} {input}");
                    assert_eq!(by_row.to_f64(), expected, "{path:?} {row} {input}");
                }
            }
        }
    }

    #[test]
    fn batch_has_the_rows_both_ways() {
        for (rows, inputs) in [(1, 1), (16, 16), (5, 17), (40, 10), (33, 100)] {
            check::<f32>(rows, inputs);
            check::<f64>(rows, inputs);
        }
    }
}
