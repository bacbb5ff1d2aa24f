use super::embedding::Places;
use super::layout::{Layer, Layout};
use super::product::scratch_length;
use super::real::Real;
use super::{Network, Norm, passes};
use crate::matrix::Matrix;
use crate::prepare::Target;
use crate::terms::{Buffer, CpuPath, padded};

/// Buffers for one batch of at most `capacity` rows, made once and used for every batch.
///
/// All batch matrices are features x rows.
pub struct Workspace<T> {
    pub(super) capacity: usize,
    /// The instructions that batches are computed with.
    pub(super) path: CpuPath,
    /// Rows of the batch that is loaded.
    pub(super) rows: usize,
    /// The inputs of the batch, rows x inputs.
    gathered: Vec<T>,
    pub(super) layers: Vec<Buffers<T>>,
    pub(super) skip: Option<Buffers<T>>,
    pub(super) gradient: Vec<T>,
    pub(super) target: BatchTarget<T>,
    /// One weight per row of the batch; empty without weights.
    pub(super) weights: Vec<T>,
    /// The factor that dropout gives each hidden unit, layer after layer; empty without dropout.
    pub(super) dropout: Vec<T>,
}

/// Buffers of one layer.
pub(super) struct Buffers<T> {
    /// Features of all terms; the layer's inputs in the first rows.
    pub wide: Buffer<T>,
    pub projections: Buffer<T>,
    /// With a norm: the normalised values of each term.
    pub terms: Buffer<T>,
    /// The layer's values before the activation.
    pub values: Buffer<T>,
    /// Gradients of the above.
    pub d_wide: Buffer<T>,
    pub d_projections: Buffer<T>,
    pub d_values: Buffer<T>,
    /// For weight gradients.
    pub scratch: Buffer<T>,
    /// Mean, variance and inverse deviation: with batch norm per term and unit, with layer norm
    /// per term and row of the batch.
    pub moments: [Vec<T>; 3],
    /// Where each row stands in the embedding.
    pub places: Places<T>,
}

/// The targets of a batch.
pub(super) struct BatchTarget<T> {
    /// Regression: outputs x rows.
    pub values: Vec<T>,
    /// Classification: one class per row.
    pub labels: Vec<u32>,
}

/// A target in the network's own number type, encoded once for many batches.
#[derive(Debug, Clone, PartialEq)]
pub enum EncodedTarget<T> {
    /// Regression: rows x targets.
    Values(Matrix<T>),
    /// Classification: the class of each row.
    Classes {
        /// Below `count`.
        labels: Vec<u32>,
        /// How many classes there are.
        count: usize,
    },
}

impl<T: Real> EncodedTarget<T> {
    /// Encodes a target.
    pub fn new(target: &Target) -> EncodedTarget<T> {
        match target {
            Target::Values(values) => EncodedTarget::Values(Matrix::from_vec(
                values.rows(),
                values.columns(),
                values.data().iter().map(|&y| T::from_f64(y)).collect(),
            )),
            Target::Classes { labels, count } => EncodedTarget::Classes {
                labels: labels.iter().map(|&label| label as u32).collect(),
                count: *count,
            },
        }
    }
}

/// Rows of a data set that make a batch.
pub struct Batch<'a, T> {
    /// All inputs, rows x inputs.
    pub inputs: &'a Matrix<T>,
    /// The target of all rows.
    pub target: &'a EncodedTarget<T>,
    /// One weight per row of `inputs`; `None` is all 1.
    pub weights: Option<&'a [T]>,
    /// The rows of the batch, at most the workspace's capacity.
    pub rows: &'a [u32],
}

impl<T: Real> Workspace<T> {
    /// Buffers for batches of at most `capacity` rows through `network`.
    pub fn new(network: &Network<T>, capacity: usize) -> Workspace<T> {
        Workspace::build(&network.layout, capacity, true)
    }

    /// Buffers for predictions alone: none for gradients.
    pub(super) fn for_prediction(layout: &Layout, capacity: usize) -> Workspace<T> {
        Workspace::build(layout, capacity, false)
    }

    fn build(layout: &Layout, capacity: usize, training: bool) -> Workspace<T> {
        let buffers = |layer: &Layer| Buffers::new(layer, capacity, training);
        Workspace {
            capacity,
            path: CpuPath::detect(),
            rows: 0,
            gathered: Vec::new(),
            layers: layout.layers.iter().map(buffers).collect(),
            skip: layout.skip.as_ref().map(buffers),
            gradient: zeros(if training { layout.parameters } else { 0 }),
            target: BatchTarget {
                values: Vec::new(),
                labels: Vec::new(),
            },
            weights: Vec::new(),
            dropout: Vec::new(),
        }
    }

    /// The gradient of the last batch's loss, in the order of the network's parameters.
    pub fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// Loads the inputs of the given rows.
    pub(super) fn load_inputs(
        &mut self,
        inputs: &Matrix<T>,
        rows: impl ExactSizeIterator<Item = usize>,
    ) {
        let count = rows.len();
        assert!(count <= self.capacity, "rows of the batch");
        self.rows = count;
        let columns = inputs.columns();
        // Rows are copied whole first: so many of their cache misses overlap.
        self.gathered.resize(columns * self.capacity, T::ZERO);
        let gathered = &mut self.gathered[..columns * count];
        for (to, row) in gathered.chunks_exact_mut(columns).zip(rows) {
            to.copy_from_slice(inputs.row(row));
        }
        let wide = &mut self.layers[0].wide[..columns * count];
        passes::transpose(self.path, gathered, columns, wide);
        if let Some(skip) = &mut self.skip {
            skip.wide[..columns * count].copy_from_slice(wide);
        }
    }

    /// Loads the first `inputs` inputs of a block, inputs x rows.
    pub(super) fn load_block(&mut self, block: &[T], inputs: usize, rows: usize) {
        assert!(rows <= self.capacity, "rows of the block");
        self.rows = rows;
        let block = &block[..inputs * rows];
        self.layers[0].wide[..block.len()].copy_from_slice(block);
        if let Some(skip) = &mut self.skip {
            skip.wide[..block.len()].copy_from_slice(block);
        }
    }

    /// Loads rows of inputs, rows x inputs, with rows of zeros up to whole vectors.
    pub(super) fn load_rows(&mut self, from: &[T], inputs: usize, rows: usize) {
        let stride = padded(rows);
        assert!(stride <= self.capacity, "rows of the block");
        self.rows = stride;
        self.gathered.clear();
        self.gathered.extend_from_slice(from);
        self.gathered.resize(inputs * stride, T::ZERO);
        let wide = &mut self.layers[0].wide[..inputs * stride];
        passes::transpose(self.path, &self.gathered, inputs, wide);
        if let Some(skip) = &mut self.skip {
            skip.wide[..inputs * stride].copy_from_slice(wide);
        }
    }

    /// Loads inputs, targets and weights of a batch.
    pub(super) fn load(&mut self, batch: &Batch<'_, T>) {
        self.load_inputs(batch.inputs, batch.rows.iter().map(|&row| row as usize));
        let count = self.rows;
        match batch.target {
            EncodedTarget::Values(values) => {
                self.target.labels.clear();
                self.target.values.resize(values.columns() * count, T::ZERO);
                for (position, &row) in batch.rows.iter().enumerate() {
                    for (column, &value) in values.row(row as usize).iter().enumerate() {
                        self.target.values[column * count + position] = value;
                    }
                }
            }
            EncodedTarget::Classes { labels, .. } => {
                self.target.values.clear();
                self.target.labels.clear();
                let labels = batch.rows.iter().map(|&row| labels[row as usize]);
                self.target.labels.extend(labels);
            }
        }
        self.weights.clear();
        if let Some(weights) = batch.weights {
            let weights = batch.rows.iter().map(|&row| weights[row as usize]);
            self.weights.extend(weights);
        }
    }
}

impl<T: Real> Buffers<T> {
    fn new(layer: &Layer, capacity: usize, training: bool) -> Buffers<T> {
        let gradient = if training { capacity } else { 0 };
        let terms = if layer.norm == Norm::None {
            0
        } else {
            layer.term_values()
        };
        let moments = match layer.norm {
            Norm::None => 0,
            Norm::Batch => layer.term_values(),
            Norm::Layer => layer.terms() * capacity,
        };
        let blocks = layer.blocks.iter().map(|block| block.rows);
        let shapes = blocks
            .chain([layer.weighted_rows])
            .map(|rows| [rows, layer.outputs, gradient])
            .chain([[layer.projections, layer.inputs, gradient]]);
        let longest = shapes.map(scratch_length).max();
        Buffers {
            wide: Buffer::zeros(layer.wide_rows() * capacity),
            projections: Buffer::zeros(layer.projections * capacity),
            terms: Buffer::zeros(terms * capacity),
            values: Buffer::zeros(layer.outputs * capacity),
            d_wide: Buffer::zeros(layer.wide_rows() * gradient),
            d_projections: Buffer::zeros(layer.projections * gradient),
            d_values: Buffer::zeros(layer.outputs * gradient),
            scratch: Buffer::zeros(longest.unwrap_or(0)),
            moments: [zeros(moments), zeros(moments), zeros(moments)],
            places: Places::new(!training),
        }
    }
}

fn zeros<T: Real>(length: usize) -> Vec<T> {
    vec![T::ZERO; length]
}
