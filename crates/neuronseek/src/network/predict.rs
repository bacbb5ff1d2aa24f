use rayon::prelude::*;

use super::layer::Mode;
use super::workspace::{Batch, EncodedTarget, Workspace};
use super::{Loss, Network, Real};
use crate::matrix::Matrix;

/// Rows a chunk; a constant, so that results do not depend on the number of threads.
const CHUNK: usize = 256;

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
        let outputs = self.config.outputs;
        let mut result = Matrix::zeros(inputs.rows(), outputs);
        result
            .data_mut()
            .par_chunks_mut(CHUNK * outputs)
            .enumerate()
            .for_each_init(
                || Workspace::for_prediction(&self.layout, CHUNK),
                |workspace, (chunk, out)| {
                    let first = chunk * CHUNK;
                    let rows = out.len() / outputs;
                    workspace.load_inputs(inputs, first..first + rows);
                    self.forward(workspace, Mode::Prediction);
                    if let Some(last) = workspace.layers.last() {
                        for (output, values) in
                            last.values[..outputs * rows].chunks_exact(rows).enumerate()
                        {
                            for (row, &value) in values.iter().enumerate() {
                                out[row * outputs + output] = value;
                            }
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
