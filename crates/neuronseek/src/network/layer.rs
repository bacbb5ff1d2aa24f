//! Forward and backward of one layer, hand-derived.
//!
//! With Z the wide matrix (features x rows), P = U h the projections and W the weights:
//! `y = b + W^T Z + independent products`. Backward, for the gradient G of y:
//! `dW = Z G^T`, `dZ = W G`, products by the product rule, `dU = dP h^T`, and
//! `dh = sum_k k h^(k-1) dZ_k + U^T dP`.

use super::features::{
    add_products, function_gradient, function_values, product_gradient, product_values,
};
use super::layout::{Block, Independent, Layer, Source};
use super::norm::{self, Affine, Moments};
use super::product::inner_products;
use super::real::Real;
use super::workspace::Buffers;
use super::{Norm, passes};
use crate::terms::{CpuPath, Finish, Strided, Write, affine, matmul};

/// A layer with the vectors that its offsets point into.
pub(super) struct View<'a, T> {
    pub layer: &'a Layer,
    pub parameters: &'a [T],
    pub statistics: &'a [T],
    /// Rows of the batch.
    pub rows: usize,
    pub path: CpuPath,
}

/// Whether batch norm uses the batch or the running statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Training,
    Prediction,
}

impl<T: Real> View<'_, T> {
    /// Sets the layer's values from the inputs in the wide matrix.
    pub(super) fn forward(&self, buffers: &mut Buffers<T>, mode: Mode) {
        self.expand(buffers);
        let values = &mut buffers.values[..self.layer.outputs * self.rows];
        if self.layer.norm == Norm::None && self.affine_values(&buffers.wide, values, false) {
            for term in &self.layer.independent {
                let factors = self.factors(&buffers.projections, term);
                add_products(self.path, values, factors, term.order);
            }
            return;
        }
        match self.bias() {
            None => values.fill(T::ZERO),
            Some(bias) => {
                for (values, &bias) in values.chunks_exact_mut(self.rows).zip(bias) {
                    values.fill(bias);
                }
            }
        }
        if self.layer.norm != Norm::None {
            return self.normed_terms(buffers, mode);
        }
        if self.layer.weighted_rows > 0 {
            let weighted = self.layer.first_row..self.layer.wide_rows();
            self.weighted(weighted, &buffers.wide, values, Write::Add);
        }
        for term in &self.layer.independent {
            let factors = self.factors(&buffers.projections, term);
            add_products(self.path, values, factors, term.order);
        }
    }

    /// Sets `out` to the layer's rectified values, if that is one product; else it does nothing and
    /// says so.
    pub(super) fn rectified(&self, buffers: &mut Buffers<T>, out: &mut [T]) -> bool {
        let one = self.layer.norm == Norm::None && self.layer.independent.is_empty();
        if !one || self.layer.weighted_rows == 0 || self.layer.bias.is_none() {
            return false;
        }
        self.expand(buffers);
        self.affine_values(&buffers.wide, out, true)
    }

    fn bias(&self) -> Option<&[T]> {
        let offset = self.layer.bias?;
        Some(&self.parameters[offset..offset + self.layer.outputs])
    }

    /// `out = b + W^T Z`, where there are both.
    fn affine_values(&self, wide: &[T], out: &mut [T], rectified: bool) -> bool {
        let (layer, rows) = (self.layer, self.rows);
        let Some(bias) = self.bias().filter(|_| layer.weighted_rows > 0) else {
            return false;
        };
        affine(
            self.path,
            [layer.outputs, layer.weighted_rows, rows],
            Strided::transposed(&self.parameters[layer.weights..], layer.outputs),
            (&wide[layer.first_row * rows..], rows),
            (out, rows),
            Finish { bias, rectified },
        );
        true
    }

    /// Fills the wide matrix behind its first rows.
    fn expand(&self, buffers: &mut Buffers<T>) {
        let (layer, rows) = (self.layer, self.rows);
        let (inputs, features) = buffers.wide.split_at_mut(layer.inputs * rows);
        if layer.projections > 0 {
            matmul(
                self.path,
                [layer.projections, layer.inputs, rows],
                Strided::rows(&self.parameters[layer.factors..], layer.inputs),
                (inputs, rows),
                (&mut buffers.projections, rows),
                Write::Replace,
            );
        }
        let places = &mut buffers.places;
        for block in &layer.blocks {
            if block.row == 0 {
                continue;
            }
            let start = (block.row - layer.inputs) * rows;
            let out = &mut features[start..start + block.rows * rows];
            match block.source {
                Source::Power { order } => passes::power(self.path, out, inputs, order),
                Source::Function(function) => function_values(function, out, inputs),
                Source::Product { order, projection } => {
                    let factors = &buffers.projections[projection * rows..];
                    product_values(self.path, out, factors, order);
                }
                Source::Embedding => {
                    if let Some(embedded) = &layer.embedded {
                        embedded.values(self.parameters, inputs, rows, places, out);
                    }
                }
            }
        }
    }

    /// `values (+)= W^T Z` over the given rows of the wide matrix.
    fn weighted(&self, rows: std::ops::Range<usize>, wide: &[T], values: &mut [T], write: Write) {
        let layer = self.layer;
        let offset = layer.weights + (rows.start - layer.first_row) * layer.outputs;
        matmul(
            self.path,
            [layer.outputs, rows.len(), self.rows],
            Strided::transposed(&self.parameters[offset..], layer.outputs),
            (&wide[rows.start * self.rows..], self.rows),
            (values, self.rows),
            write,
        );
    }

    fn factors<'b>(&self, projections: &'b [T], term: &Independent) -> &'b [T] {
        let rows = self.rows;
        let length = term.order * self.layer.outputs;
        &projections[term.projection * rows..(term.projection + length) * rows]
    }

    /// Adds each term's normalised values.
    fn normed_terms(&self, buffers: &mut Buffers<T>, mode: Mode) {
        let (layer, rows) = (self.layer, self.rows);
        let length = layer.outputs * rows;
        for term in 0..layer.terms() {
            let values = &mut buffers.terms[term * length..(term + 1) * length];
            match layer.blocks.get(term) {
                Some(block) => {
                    self.weighted(
                        block.row..block.row + block.rows,
                        &buffers.wide,
                        values,
                        Write::Replace,
                    );
                }
                None => {
                    let term = &layer.independent[term - layer.blocks.len()];
                    let factors = self.factors(&buffers.projections, term);
                    product_values(self.path, values, factors, term.order);
                }
            }
            let out = &mut buffers.values[..length];
            let affine = self.affine(term);
            match (layer.norm, mode) {
                (Norm::Batch, Mode::Prediction) => {
                    let start = layer.norm_statistics + 2 * term * layer.outputs;
                    let (mean, variance) =
                        self.statistics[start..start + 2 * layer.outputs].split_at(layer.outputs);
                    norm::running(values, out, &affine, mean, variance);
                }
                (Norm::Batch, Mode::Training) => {
                    let mut moments = moments(&mut buffers.moments, term, layer.outputs);
                    norm::batch(self.path, values, out, &affine, &mut moments);
                }
                _ => {
                    let mut moments = moments(&mut buffers.moments, term, rows);
                    norm::layer(self.path, values, out, &affine, &mut moments);
                }
            }
        }
    }

    fn affine(&self, term: usize) -> Affine<'_, T> {
        let units = self.layer.outputs;
        let start = self.layer.norm_parameters + 2 * term * units;
        let (scale, shift) = self.parameters[start..start + 2 * units].split_at(units);
        Affine { scale, shift }
    }

    /// From the gradient in `d_values` to those of the parameters (written over) and, if
    /// `inputs_too`, of the inputs, in the first rows of `d_wide`.
    pub(super) fn backward(&self, buffers: &mut Buffers<T>, gradient: &mut [T], inputs_too: bool) {
        let (layer, rows) = (self.layer, self.rows);
        let d_values = &buffers.d_values[..layer.outputs * rows];
        if let Some(bias) = layer.bias {
            let bias = &mut gradient[bias..bias + layer.outputs];
            for (bias, row) in bias.iter_mut().zip(d_values.chunks_exact(rows)) {
                *bias = passes::sum(self.path, row);
            }
        }
        if layer.norm == Norm::None {
            let weighted = layer.first_row..layer.wide_rows();
            let needed = if inputs_too {
                weighted.clone()
            } else {
                self.product_rows()
            };
            self.weights_gradient(
                weighted,
                &buffers.wide,
                d_values,
                gradient,
                &mut buffers.scratch,
            );
            self.wide_gradient(needed, d_values, &mut buffers.d_wide);
            for term in &layer.independent {
                let start = term.projection * rows;
                product_gradient(
                    self.path,
                    &mut buffers.d_projections[start..],
                    d_values,
                    self.factors(&buffers.projections, term),
                    term.order,
                );
            }
        } else {
            self.normed_gradient(buffers, gradient);
        }
        self.projections_gradient(buffers, gradient);
        self.embedding_gradient(buffers, gradient);
        if inputs_too {
            self.inputs_gradient(buffers);
        }
    }

    /// The rows of the wide matrix that hold products and embeddings: its last ones.
    fn product_rows(&self) -> std::ops::Range<usize> {
        let end = self.layer.wide_rows();
        let has_parameters =
            |block: &&Block| matches!(block.source, Source::Product { .. } | Source::Embedding);
        let first = self.layer.blocks.iter().find(has_parameters);
        first.map_or(end, |block| block.row)..end
    }

    /// `dW = Z G^T` over the given rows of the wide matrix.
    fn weights_gradient(
        &self,
        rows: std::ops::Range<usize>,
        wide: &[T],
        d_values: &[T],
        gradient: &mut [T],
        scratch: &mut [T],
    ) {
        let layer = self.layer;
        let offset = layer.weights + (rows.start - layer.first_row) * layer.outputs;
        inner_products(
            self.path,
            [rows.len(), layer.outputs, self.rows],
            (&wide[rows.start * self.rows..], d_values),
            &mut gradient[offset..],
            scratch,
        );
    }

    /// `dZ = W G` over the given rows of the wide matrix.
    fn wide_gradient(&self, rows: std::ops::Range<usize>, d_values: &[T], d_wide: &mut [T]) {
        let layer = self.layer;
        let offset = layer.weights + (rows.start - layer.first_row) * layer.outputs;
        matmul(
            self.path,
            [rows.len(), layer.outputs, self.rows],
            Strided::rows(&self.parameters[offset..], layer.outputs),
            (d_values, self.rows),
            (&mut d_wide[rows.start * self.rows..], self.rows),
            Write::Replace,
        );
    }

    /// Norms stand between the terms' values and y: each term has its own gradient.
    fn normed_gradient(&self, buffers: &mut Buffers<T>, gradient: &mut [T]) {
        let (layer, rows) = (self.layer, self.rows);
        let length = layer.outputs * rows;
        for term in 0..layer.terms() {
            let values = &mut buffers.terms[term * length..(term + 1) * length];
            let d_values = &buffers.d_values[..length];
            let start = layer.norm_parameters + 2 * term * layer.outputs;
            let (scale, shift) =
                gradient[start..start + 2 * layer.outputs].split_at_mut(layer.outputs);
            norm::affine_gradient(self.path, d_values, values, scale, shift);
            let scale = self.affine(term).scale;
            if layer.norm == Norm::Batch {
                let moments = moments(&mut buffers.moments, term, layer.outputs);
                norm::batch_gradient(self.path, d_values, values, scale, moments.inverse);
            } else {
                let mut moments = moments(&mut buffers.moments, term, rows);
                norm::layer_gradient(self.path, d_values, values, scale, &mut moments);
            }
            match layer.blocks.get(term) {
                Some(block) => {
                    let range = block.row..block.row + block.rows;
                    self.weights_gradient(
                        range.clone(),
                        &buffers.wide,
                        values,
                        gradient,
                        &mut buffers.scratch,
                    );
                    self.wide_gradient(range, values, &mut buffers.d_wide);
                }
                None => {
                    let term = &layer.independent[term - layer.blocks.len()];
                    let factors = self.factors(&buffers.projections, term);
                    let out = &mut buffers.d_projections[term.projection * rows..];
                    product_gradient(self.path, out, values, factors, term.order);
                }
            }
        }
    }

    /// From the gradients of products to those of the projections and factors.
    fn projections_gradient(&self, buffers: &mut Buffers<T>, gradient: &mut [T]) {
        let (layer, rows) = (self.layer, self.rows);
        if layer.projections == 0 {
            return;
        }
        for block in &layer.blocks {
            if let Source::Product { order, projection } = block.source {
                let length = block.rows * rows;
                let start = projection * rows;
                product_gradient(
                    self.path,
                    &mut buffers.d_projections[start..],
                    &buffers.d_wide[block.row * rows..][..length],
                    &buffers.projections[start..][..order * length],
                    order,
                );
            }
        }
        inner_products(
            self.path,
            [layer.projections, layer.inputs, rows],
            (&buffers.d_projections, &buffers.wide),
            &mut gradient[layer.factors..],
            &mut buffers.scratch,
        );
    }

    /// From the gradient of the embedding's components to that of its steps.
    fn embedding_gradient(&self, buffers: &mut Buffers<T>, gradient: &mut [T]) {
        let is_embedding = |block: &&Block| block.source == Source::Embedding;
        let block = self.layer.blocks.iter().find(is_embedding);
        if let (Some(embedded), Some(block)) = (&self.layer.embedded, block) {
            let d_out = &buffers.d_wide[block.row * self.rows..][..block.rows * self.rows];
            embedded.gradient(self.rows, &mut buffers.places, d_out, gradient);
        }
    }

    /// Gathers the gradient of the inputs in the first rows of `d_wide`.
    fn inputs_gradient(&self, buffers: &mut Buffers<T>) {
        let (layer, rows) = (self.layer, self.rows);
        let inputs = &buffers.wide[..layer.inputs * rows];
        let (out, features) = buffers.d_wide.split_at_mut(layer.inputs * rows);
        if layer.first_row > 0 {
            out.fill(T::ZERO);
        }
        for block in layer.blocks.iter().filter(|block| block.row > 0) {
            let start = (block.row - layer.inputs) * rows;
            let gradient = &mut features[start..start + block.rows * rows];
            match block.source {
                Source::Power { order } => {
                    passes::power_gradient(self.path, out, inputs, gradient, order)
                }
                Source::Function(function) => function_gradient(function, out, inputs, gradient),
                // An embedding is of the network's own inputs alone.
                Source::Product { .. } | Source::Embedding => {}
            }
        }
        if layer.projections > 0 {
            matmul(
                self.path,
                [layer.inputs, layer.projections, rows],
                Strided::transposed(&self.parameters[layer.factors..], layer.inputs),
                (&buffers.d_projections, rows),
                (out, rows),
                Write::Add,
            );
        }
    }
}

fn moments<T>(buffers: &mut [Vec<T>; 3], term: usize, length: usize) -> Moments<'_, T> {
    let range = term * length..(term + 1) * length;
    let [mean, variance, inverse] = buffers;
    Moments {
        mean: &mut mean[range.clone()],
        variance: &mut variance[range.clone()],
        inverse: &mut inverse[range],
    }
}
