use super::buffer::Buffer;
use super::lanes::{PADDING, Real, padded};
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
    layers: Vec<Layer<T>>,
}

#[derive(Debug, Clone)]
struct Layer<T: Real> {
    /// capacity x padded(inputs)
    by_row: Buffer<T>,
    /// inputs x capacity
    by_input: Buffer<T>,
}

impl<T: Real> Batch<T> {
    /// Room for `rows` rows of `inputs` inputs and `functions` functions of them.
    pub fn new(rows: usize, inputs: usize, functions: usize) -> Batch<T> {
        let capacity = padded(rows);
        let layer = Layer {
            by_row: Buffer::zeros(capacity * padded(inputs)),
            by_input: Buffer::zeros(capacity * inputs),
        };
        Batch {
            inputs,
            capacity,
            rows: 0,
            layers: vec![layer; functions + 1],
        }
    }

    /// Replaces the batch by the given rows of `store`.
    ///
    /// # Panics
    /// When there are more than the batch has room for, or a row that the store lacks.
    pub fn gather(&mut self, store: &RowStore<T>, rows: &[u32]) {
        assert!(rows.len() <= self.capacity && store.inputs == self.inputs);
        let stride = padded(self.inputs);
        for (layer, stored) in self.layers.iter_mut().zip(&store.layers) {
            for (to, &row) in layer.by_row.chunks_exact_mut(stride).zip(rows) {
                to.copy_from_slice(&stored[row as usize * stride..][..stride]);
            }
            layer.by_row[rows.len() * stride..].fill(T::default());
            layer.transpose(self.inputs, self.capacity);
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

    /// inputs x capacity
    pub(super) fn by_input(&self, layer: usize) -> &[T] {
        &self.layers[layer].by_input
    }
}

impl<T: Real> Layer<T> {
    /// Fills `by_input`, 16 inputs at a time so that what is written stays in the cache.
    fn transpose(&mut self, inputs: usize, capacity: usize) {
        let stride = padded(inputs);
        for first in (0..inputs).step_by(PADDING) {
            let width = PADDING.min(inputs - first);
            for row in (0..capacity).step_by(PADDING) {
                transpose_tile(
                    (&self.by_row[row * stride + first..], stride),
                    (&mut self.by_input[first * capacity + row..], capacity),
                    width,
                );
            }
        }
    }
}

/// 16 rows of `from` become 16 columns of the first `width` rows of `to`; both (elements, stride).
fn transpose_tile<T: Real>(from: (&[T], usize), to: (&mut [T], usize), width: usize) {
    let mut tile = [[T::default(); PADDING]; PADDING];
    for (row, tile) in tile.iter_mut().enumerate() {
        tile.copy_from_slice(&from.0[row * from.1..][..PADDING]);
    }
    for column in 0..width {
        let to = &mut to.0[column * to.1..][..PADDING];
        for (to, tile) in to.iter_mut().zip(&tile) {
            *to = tile[column];
        }
    }
}
