//! Networks whose units aggregate by a found neuron.
//!
//! A [`Network`] keeps all its parameters in one flat vector with named segments, so that an
//! optimiser is one pass and a file is a list of tensors. Gradients are derived by hand instead of
//! by automatic differentiation: at the sizes of tables a step then is a few matrix products and
//! element-wise passes, without a graph, which is several times as fast.
//!
//! Batches are laid out features x rows (see `product.rs`), not rows x features: all terms of all
//! features are then blocks of consecutive numbers.

mod activation;
mod config;
mod dropout;
mod embedding;
mod features;
mod folded;
mod initial;
mod layer;
mod layout;
mod loss;
mod norm;
mod passes;
mod predict;
mod product;
mod real;
mod stream;
mod tensors;
mod widths;
mod workspace;

#[cfg(test)]
mod tests;

pub use config::{
    Activation, Interactions, MAX_DEPTH, MAX_PARAMETERS, MAX_RANK, MAX_WIDTH, NetworkConfig,
    NetworkConfigError, Norm, Placement,
};
pub use dropout::Dropout;
pub use embedding::{Embedding, MAX_BINS, MAX_EMBEDDING_WIDTH};
pub use folded::{Folded, FoldedEmbedding, FoldedLayer, FoldedTerm};
pub use loss::Loss;
pub use real::Real;
pub use tensors::{Tensor, TensorError};
pub use widths::widths_matching;
pub use workspace::{Batch, EncodedTarget, Workspace};

use layer::{Mode, View};
use layout::{Layer, Layout, SegmentKind};
pub(crate) use passes::{passes, sum_of_squares};
pub(crate) use predict::{BLOCK, BlockPredictor};
pub(crate) use stream::{Purpose, generator};

use crate::terms::CpuPath;

/// A network with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Network<T: Real = f32> {
    config: NetworkConfig,
    layout: Layout,
    parameters: Vec<T>,
    statistics: Vec<T>,
}

impl<T: Real> Network<T> {
    /// A network with random initial parameters; the same for the same seed.
    ///
    /// Weights of x are uniform within 1 / sqrt(inputs); those of higher orders and products are
    /// normal and about a tenth of that; factors are normal with deviation 1 / sqrt(inputs).
    ///
    /// # Errors
    /// When the configuration does not pass [`NetworkConfig::check`].
    pub fn new(config: NetworkConfig, seed: u64) -> Result<Network<T>, NetworkConfigError> {
        config.check()?;
        let layout = Layout::new(&config);
        let (parameters, statistics) = initial::draw(&layout, seed);
        Ok(Network {
            config,
            layout,
            parameters,
            statistics,
        })
    }

    /// The shape.
    pub fn config(&self) -> &NetworkConfig {
        &self.config
    }

    /// The number of trainable parameters.
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// All trainable parameters, in the order of [`Network::tensors`] without the statistics.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All trainable parameters.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// Running means and variances of batch norms; empty without.
    pub fn statistics(&self) -> &[T] {
        &self.statistics
    }

    /// Running means and variances of batch norms.
    pub fn statistics_mut(&mut self) -> &mut [T] {
        &mut self.statistics
    }

    /// The ranges of [`Network::parameters`] that weight decay applies to: weights and factors,
    /// not biases, scales and shifts.
    pub fn decayed(&self) -> Vec<std::ops::Range<usize>> {
        let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
        for segment in &self.layout.segments {
            if segment.kind != SegmentKind::Matrix {
                continue;
            }
            let range = segment.offset..segment.offset + segment.len();
            match ranges.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => ranges.push(range),
            }
        }
        ranges
    }

    /// The mean over the batch's rows of weight times loss; its gradient is then in
    /// [`Workspace::gradient`]. `dropout` drops hidden units.
    ///
    /// # Panics
    /// When the batch does not fit the network or the workspace, or `loss` not the target.
    pub fn loss_and_gradient(
        &self,
        batch: &Batch<'_, T>,
        loss: Loss,
        dropout: Option<Dropout>,
        workspace: &mut Workspace<T>,
    ) -> f64 {
        workspace.load(batch);
        if workspace.rows == 0 {
            workspace.gradient.fill(T::ZERO);
            return 0.0;
        }
        workspace.dropout.clear();
        if let Some(dropout) = dropout {
            let units: usize = self.config.hidden.iter().sum();
            dropout.factors(
                workspace.path,
                units * workspace.rows,
                &mut workspace.dropout,
            );
        }
        self.forward(workspace, Mode::Training);
        let rows = workspace.rows;
        let Some(last) = workspace.layers.last_mut() else {
            return 0.0;
        };
        let length = self.config.outputs * rows;
        let value = loss.evaluate(
            rows,
            &last.values[..length],
            &workspace.target,
            &workspace.weights,
            Some((&mut last.d_values[..length], T::from_f64(1.0 / rows as f64))),
        );
        self.backward(workspace);
        value / rows as f64
    }

    fn view<'a>(&'a self, layer: &'a Layer, batch: (usize, CpuPath)) -> View<'a, T> {
        let (rows, path) = batch;
        View {
            layer,
            path,
            parameters: &self.parameters,
            statistics: &self.statistics,
            rows,
        }
    }

    /// From the loaded inputs to the last layer's values.
    fn forward(&self, workspace: &mut Workspace<T>, mode: Mode) {
        let rows = workspace.rows;
        let batch = (rows, workspace.path);
        let mut dropped = 0;
        for (position, layer) in self.layout.layers.iter().enumerate() {
            let (before, from_here) = workspace.layers.split_at_mut(position);
            let buffers = &mut from_here[0];
            if let Some(before) = before.last() {
                let length = layer.inputs * rows;
                let inputs = &mut buffers.wide[..length];
                self.config
                    .activation
                    .values(workspace.path, inputs, &before.values[..length]);
                if !workspace.dropout.is_empty() {
                    passes::multiply_by(
                        workspace.path,
                        inputs,
                        &workspace.dropout[dropped..dropped + length],
                    );
                    dropped += length;
                }
            }
            self.view(layer, batch).forward(buffers, mode);
        }
        if let (Some(layer), Some(buffers)) = (&self.layout.skip, &mut workspace.skip) {
            self.view(layer, batch).forward(buffers, mode);
            if let Some(last) = workspace.layers.last_mut() {
                let length = layer.outputs * rows;
                passes::add_to(
                    workspace.path,
                    &mut last.values[..length],
                    &buffers.values[..length],
                );
            }
        }
    }

    /// From the gradient of the last layer's values to that of all parameters.
    fn backward(&self, workspace: &mut Workspace<T>) {
        let rows = workspace.rows;
        let batch = (rows, workspace.path);
        if let (Some(layer), Some(buffers)) = (&self.layout.skip, &mut workspace.skip)
            && let Some(last) = workspace.layers.last()
        {
            let length = layer.outputs * rows;
            buffers.d_values[..length].copy_from_slice(&last.d_values[..length]);
            self.view(layer, batch)
                .backward(buffers, &mut workspace.gradient, false);
        }
        let mut dropped = workspace.dropout.len();
        for (position, layer) in self.layout.layers.iter().enumerate().rev() {
            let (before, from_here) = workspace.layers.split_at_mut(position);
            let buffers = &mut from_here[0];
            self.view(layer, batch)
                .backward(buffers, &mut workspace.gradient, position > 0);
            if let Some(before) = before.last_mut() {
                let length = layer.inputs * rows;
                let gradient = &mut buffers.d_wide[..length];
                if !workspace.dropout.is_empty() {
                    dropped -= length;
                    passes::multiply_by(
                        workspace.path,
                        gradient,
                        &workspace.dropout[dropped..dropped + length],
                    );
                }
                self.config.activation.gradient(
                    workspace.path,
                    &mut before.d_values[..length],
                    gradient,
                    &before.values[..length],
                );
            }
        }
    }

    /// Moves the running statistics towards those of the workspace's last batch.
    pub fn update_statistics(&mut self, workspace: &Workspace<T>) {
        const MOMENTUM: f64 = 0.1;
        let rows = workspace.rows as f64;
        let keep = T::from_f64(1.0 - MOMENTUM);
        let take = T::from_f64(MOMENTUM);
        // The running variance is unbiased; a batch of one row has none to tell.
        let unbiased = T::from_f64(MOMENTUM * if rows > 1.0 { rows / (rows - 1.0) } else { 1.0 });
        for (layer, buffers) in self.layout.layers.iter().zip(&workspace.layers) {
            if layer.norm != Norm::Batch {
                continue;
            }
            let units = layer.outputs;
            let statistics = &mut self.statistics[layer.norm_statistics..];
            let [mean, variance, _] = &buffers.moments;
            for (term, running) in statistics
                .chunks_exact_mut(2 * units)
                .take(layer.terms())
                .enumerate()
            {
                for unit in 0..units {
                    let new = mean[term * units + unit];
                    running[unit] = running[unit] * keep + new * take;
                    let new = variance[term * units + unit];
                    running[units + unit] = running[units + unit] * keep + new * unbiased;
                }
            }
        }
    }
}
