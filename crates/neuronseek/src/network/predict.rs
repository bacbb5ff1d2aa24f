use rayon::prelude::*;

use super::layer::Mode;
use super::workspace::{Batch, EncodedTarget, Workspace};
use super::{Activation, Loss, Network, Real, passes};
use crate::matrix::Matrix;
use crate::terms::padded;

/// Rows that a loss is summed over at a time; a constant, so that results do not change.
const CHUNK: usize = 256;

/// Rows that are predicted together: the values of small layers then stay in the nearest cache.
pub(crate) const BLOCK: usize = 64;

impl<T: Real> Network<T> {
    /// The raw outputs, rows x outputs, for inputs rows x inputs: scaled values of a regression,
    /// logits of classes. Chunks of rows run on the threads of the current rayon pool; the result
    /// is the same at any number.
    ///
    /// # Panics
    /// When `inputs` does not have the network's number of columns.
    pub fn predict(&self, inputs: &Matrix<T>) -> Matrix<T> {
        assert_eq!(
            inputs.columns(),
            self.config.inputs,
            "inputs of the network"
        );
        let (outputs, columns) = (self.config.outputs, inputs.columns());
        let mut result = Matrix::zeros(inputs.rows(), outputs);
        result
            .data_mut()
            .par_chunks_mut(BLOCK * outputs)
            .enumerate()
            .for_each_init(
                || BlockPredictor::new(self),
                |predictor, (block, out)| {
                    let (first, rows) = (block * BLOCK, out.len() / outputs);
                    let from = &inputs.data()[first * columns..(first + rows) * columns];
                    predictor.load_rows(from, rows);
                    for (output, values) in predictor.outputs().enumerate() {
                        for (row, &value) in values[..rows].iter().enumerate() {
                            out[row * outputs + output] = value;
                        }
                    }
                },
            );
        result
    }

    /// The mean loss of all rows as predictions see it (no dropout, running statistics), weighted
    /// by `weights`; on one thread. 0 without rows.
    ///
    /// # Panics
    /// When the data does not fit the network, or `loss` not the target.
    pub fn loss(
        &self,
        inputs: &Matrix<T>,
        target: &EncodedTarget<T>,
        weights: Option<&[T]>,
        loss: Loss,
    ) -> f64 {
        let mut workspace = Workspace::for_prediction(&self.layout, CHUNK);
        let (mut sum, mut total) = (0.0, 0.0);
        let rows: Vec<u32> = (0..inputs.rows() as u32).collect();
        for rows in rows.chunks(CHUNK) {
            workspace.load(&Batch {
                inputs,
                target,
                weights,
                rows,
            });
            self.forward(&mut workspace, Mode::Prediction);
            let Some(last) = workspace.layers.last() else {
                continue;
            };
            let values = &last.values[..self.config.outputs * rows.len()];
            sum += loss.evaluate(
                rows.len(),
                values,
                &workspace.target,
                &workspace.weights,
                None,
            );
            total += match weights {
                None => rows.len() as f64,
                Some(_) => workspace.weights.iter().map(|w| w.to_f64()).sum(),
            };
        }
        if total > 0.0 { sum / total } else { 0.0 }
    }
}

/// Predicts blocks of up to [`BLOCK`] rows, on one thread, in buffers made once.
pub(crate) struct BlockPredictor<'a, T: Real> {
    network: &'a Network<T>,
    workspace: Workspace<T>,
}

impl<'a, T: Real> BlockPredictor<'a, T> {
    pub fn new(network: &'a Network<T>) -> BlockPredictor<'a, T> {
        BlockPredictor {
            network,
            workspace: Workspace::for_prediction(&network.layout, padded(BLOCK)),
        }
    }

    /// Loads a block of inputs, of which the network takes the first: inputs x rows, a multiple of
    /// [`PADDING`](crate::terms::PADDING).
    ///
    /// # Panics
    /// When there are fewer inputs, or too many rows.
    pub fn load(&mut self, block: &[T], rows: usize) {
        self.workspace
            .load_block(block, self.network.config.inputs, rows);
    }

    /// Loads rows of all inputs, rows x inputs.
    fn load_rows(&mut self, from: &[T], rows: usize) {
        self.workspace
            .load_rows(from, self.network.config.inputs, rows);
    }

    /// Each output's values over the block that is loaded, rows behind its last ones included.
    pub fn outputs(&mut self) -> impl Iterator<Item = &[T]> {
        let Workspace { rows, .. } = self.workspace;
        let length = self.network.config.outputs * rows;
        let last = self.network.predicted(&mut self.workspace);
        last[..length].chunks_exact(rows)
    }
}

impl<T: Real> Network<T> {
    /// From the loaded inputs to the last layer's values, without keeping what training alone needs.
    fn predicted<'w>(&self, workspace: &'w mut Workspace<T>) -> &'w [T] {
        let (rows, path) = (workspace.rows, workspace.path);
        let batch = (rows, path);
        for (position, layer) in self.layout.layers.iter().enumerate() {
            let (before, after) = workspace.layers.split_at_mut(position + 1);
            let (buffers, view) = (&mut before[position], self.view(layer, batch));
            let Some(next) = after.first_mut() else {
                view.forward(buffers, Mode::Prediction);
                break;
            };
            let length = layer.outputs * rows;
            let out = &mut next.wide[..length];
            if self.config.activation != Activation::Relu || !view.rectified(buffers, out) {
                view.forward(buffers, Mode::Prediction);
                let values = &buffers.values[..length];
                self.config.activation.values(path, out, values);
            }
        }
        if let (Some(layer), Some(buffers)) = (&self.layout.skip, &mut workspace.skip) {
            self.view(layer, batch).forward(buffers, Mode::Prediction);
            if let Some(last) = workspace.layers.last_mut() {
                let length = layer.outputs * rows;
                passes::add_to(path, &mut last.values[..length], &buffers.values[..length]);
            }
        }
        let last = workspace.layers.last();
        last.map_or(&[], |last| &last.values)
    }
}
