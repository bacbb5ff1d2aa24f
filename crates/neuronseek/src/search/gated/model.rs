//! The paper's two-stream model and one step of its training.

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::adam::{Adam, Group};
use super::gate::{self, GateValue};
use super::loss::{BatchRows, TargetStore, loss};
use super::norm::{NormBackward, NormForward, NormRows};
use crate::terms::{
    Batch, Buffer, CpuPath, PieceGroup, Real, RowStore, TermShape, TermValues, padded,
};

/// The size of a [`GatedModel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelShape {
    /// The inputs D.
    pub inputs: usize,
    /// The outputs C.
    pub outputs: usize,
    /// The highest order K of both streams, 1 to 9.
    pub order: usize,
    /// The rank R of every interaction.
    pub rank: usize,
    /// How many element-wise functions are terms beside the powers.
    pub functions: usize,
}

impl ModelShape {
    /// Gated terms: powers, functions, then interactions.
    pub fn gates(&self) -> usize {
        2 * self.order + self.functions
    }

    fn terms(&self) -> TermShape {
        TermShape {
            inputs: self.inputs,
            outputs: self.outputs,
            powers: self.order,
            functions: self.functions,
            groups: (1..=self.order)
                .map(|order| PieceGroup {
                    order,
                    sums: self.outputs,
                    rank: self.rank,
                })
                .collect(),
        }
    }
}

/// Where the parameters lie; every part starts and ends on a multiple of the padding.
#[derive(Debug, Clone)]
struct Layout {
    factors: Range<usize>,
    weights: Range<usize>,
    gain: Range<usize>,
    offset: Range<usize>,
    gates: Range<usize>,
    bias: Range<usize>,
}

impl Layout {
    fn new(shape: &ModelShape, terms: &TermShape) -> Layout {
        let mut end = 0;
        let mut part = |length: usize| {
            let start = end;
            end += padded(length);
            start..end
        };
        let values = terms.value_rows();
        Layout {
            factors: part(terms.factor_rows() * terms.stride()),
            weights: part(terms.element_wise_rows() * terms.stride()),
            gain: part(values),
            offset: part(values),
            gates: part(shape.gates()),
            bias: part(shape.outputs),
        }
    }
}

/// Learning rates and decays of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Of the interactions' factors.
    pub factors: f64,
    /// Of the element-wise terms' weights.
    pub weights: f64,
    /// Of the biases.
    pub bias: f64,
    /// Of the norms' gains and offsets.
    pub norm: f64,
    /// Of the gates; `None` leaves them as they are, without a part in the gradient's length.
    pub gates: Option<f64>,
    /// Times the factors, added to their gradient.
    pub factor_decay: f64,
    /// Times the weights, added to their gradient.
    pub weight_decay: f64,
    /// The longest gradient that is not shortened.
    pub clip: f64,
}

impl Rates {
    /// The paper's rates before its schedule.
    pub const PAPER: Rates = Rates {
        factors: 0.01,
        weights: 0.005,
        bias: 0.005,
        norm: 0.01,
        gates: Some(0.01),
        factor_decay: 1e-5,
        weight_decay: 1e-4,
        clip: 1.0,
    };
}

/// `y_c = b_c + sum_t z_t (gain_{t,c} norm(v_{t,c}) + offset_{t,c})` over all powers, functions
/// and interactions t, with the batch norm of the term's values and a hard-concrete gate z_t that
/// all outputs share (PAPER.md 2.1 of the project's reference; NS-TD).
#[derive(Debug, Clone)]
pub struct GatedModel<T: Real> {
    shape: ModelShape,
    layout: Layout,
    terms: TermValues<T>,
    parameters: Buffer<T>,
    gradient: Buffer<T>,
    adam: Adam<T>,
    /// Value rows x capacity each.
    normalised: Buffer<T>,
    derivatives: Buffer<T>,
    /// One per value row each.
    inverse: Buffer<T>,
    gain: Buffer<T>,
    offset: Buffer<T>,
    /// outputs x capacity each.
    out: Buffer<T>,
    out_derivatives: Buffer<T>,
    gates: Vec<GateValue>,
}

impl<T: Real> GatedModel<T> {
    /// A model for batches of up to `rows` rows. Factors and weights start as normal numbers of
    /// deviation 0.05, gates at probability 0.9, gains at 1, offsets and biases at 0.
    pub fn new(shape: ModelShape, rows: usize, path: CpuPath, rng: &mut ChaCha8Rng) -> Self {
        const DEVIATION: f32 = 0.05;
        const OPEN: f64 = 0.9;
        let term_shape = shape.terms();
        let layout = Layout::new(&shape, &term_shape);
        let (values, capacity) = (term_shape.value_rows(), padded(rows));
        let mut parameters = Buffer::<T>::zeros(layout.bias.end);
        if let Ok(normal) = Normal::new(0.0, DEVIATION) {
            let matrices = &mut parameters[..layout.weights.end];
            for row in matrices.chunks_exact_mut(term_shape.stride()) {
                for value in &mut row[..shape.inputs] {
                    *value = T::from_f64(f64::from(normal.sample(rng)));
                }
            }
        }
        parameters[layout.gain.clone()][..values].fill(T::from_f64(1.0));
        parameters[layout.gates.clone()][..shape.gates()].fill(T::from_f64(gate::log_alpha(OPEN)));
        GatedModel {
            shape,
            gradient: Buffer::zeros(layout.bias.end),
            adam: Adam::new(layout.bias.end),
            terms: TermValues::new(term_shape, rows, path),
            parameters,
            normalised: Buffer::zeros(values * capacity),
            derivatives: Buffer::zeros(values * capacity),
            inverse: Buffer::zeros(values),
            gain: Buffer::zeros(values),
            offset: Buffer::zeros(values),
            out: Buffer::zeros(shape.outputs * capacity),
            out_derivatives: Buffer::zeros(shape.outputs * capacity),
            gates: Vec::with_capacity(shape.gates()),
            layout,
        }
    }

    /// The shape.
    pub fn shape(&self) -> &ModelShape {
        &self.shape
    }

    /// All parameters, padding included: factors and weights as [`TermShape`] has them, then
    /// gains and offsets per value row, `log_alpha` per gate, biases.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All parameters, for tests and warm starts.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// The gradient that [`GatedModel::loss_and_gradient`] left, like the parameters.
    pub fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// The probability that each gate is open.
    pub fn open_probabilities(&self) -> Vec<f64> {
        self.parameters[self.layout.gates.clone()][..self.shape.gates()]
            .iter()
            .map(|log_alpha| gate::open_probability(log_alpha.to_f64()).value)
            .collect()
    }

    /// One factor's coefficients: factor `m` of piece `rank` of the interaction of `order` for
    /// one output.
    pub fn factor(&self, order: usize, m: usize, output: usize, rank: usize) -> &[T] {
        let before = order * (order - 1) / 2 * self.shape.outputs * self.shape.rank;
        let row = before + (m * self.shape.outputs + output) * self.shape.rank + rank;
        let stride = self.terms.shape().stride();
        &self.parameters[row * stride..][..self.shape.inputs]
    }

    /// The loss over the batch with gates sampled from `uniforms` (one per gate, in (0, 1)), plus
    /// `lambda` times the sum of the gates' probabilities to be open; leaves the gradient.
    pub fn loss_and_gradient(
        &mut self,
        batch: &Batch<T>,
        target: &TargetStore<T>,
        rows: BatchRows<'_>,
        uniforms: &[f64],
        lambda: f64,
    ) -> f64 {
        self.terms.evaluate(batch, &self.parameters);
        self.open_gates(uniforms);
        self.add_up(batch);
        let loss = loss(target, rows, &self.out, &mut self.out_derivatives);
        self.backward(batch);
        loss + self.penalty(lambda)
    }

    /// Samples the gates and folds them into gains and offsets.
    fn open_gates(&mut self, uniforms: &[f64]) {
        let (layout, outputs) = (&self.layout, self.shape.outputs);
        let log_alpha = &self.parameters[layout.gates.clone()];
        self.gates.clear();
        let samples = log_alpha.iter().zip(uniforms).take(self.shape.gates());
        self.gates
            .extend(samples.map(|(a, &u)| gate::sample(a.to_f64(), u)));
        let gain = &self.parameters[layout.gain.clone()];
        let offset = &self.parameters[layout.offset.clone()];
        for (row, (to_gain, to_offset)) in
            self.gain.iter_mut().zip(self.offset.iter_mut()).enumerate()
        {
            let z = T::from_f64(self.gates[row / outputs].value);
            *to_gain = gain[row] * z;
            *to_offset = offset[row] * z;
        }
    }

    fn norm_rows(&self, batch: &Batch<T>) -> NormRows {
        NormRows {
            terms: self.shape.gates(),
            outputs: self.shape.outputs,
            rows: batch.rows(),
            capacity: batch.capacity(),
        }
    }

    fn add_up(&mut self, batch: &Batch<T>) {
        let bias = &self.parameters[self.layout.bias.clone()];
        for (out, &bias) in self.out.chunks_exact_mut(batch.capacity()).zip(bias) {
            out.fill(bias);
        }
        let shape = self.norm_rows(batch);
        self.terms.path().run(NormForward {
            shape,
            values: self.terms.values(),
            gain: &self.gain,
            offset: &self.offset,
            normalised: &mut self.normalised,
            inverse: &mut self.inverse,
            out: &mut self.out,
        });
    }

    fn backward(&mut self, batch: &Batch<T>) {
        let shape = self.norm_rows(batch);
        let (path, layout) = (self.terms.path(), &self.layout);
        let (matrices, scalars) = self.gradient.split_at_mut(layout.weights.end);
        let (gain_gradient, rest) = scalars.split_at_mut(layout.gain.len());
        let (offset_gradient, rest) = rest.split_at_mut(layout.offset.len());
        let (gate_gradient, bias_gradient) = rest.split_at_mut(layout.gates.len());
        path.run(NormBackward {
            shape,
            normalised: &self.normalised,
            inverse: &self.inverse,
            gain: &self.gain,
            out: &self.out_derivatives,
            gain_gradient,
            offset_gradient,
            values: &mut self.derivatives,
        });
        // The norms' gradients so far are those of the gated gains and offsets.
        let outputs = self.shape.outputs;
        let gain = &self.parameters[layout.gain.clone()];
        let offset = &self.parameters[layout.offset.clone()];
        // Every term's offset has the same derivative per output, and so has the bias.
        bias_gradient[..outputs].copy_from_slice(&offset_gradient[..outputs]);
        for (term, gate) in self.gates.iter().enumerate() {
            let mut slope = T::default();
            for row in term * outputs..(term + 1) * outputs {
                let z = T::from_f64(gate.value);
                slope += gain[row] * gain_gradient[row] + offset[row] * offset_gradient[row];
                gain_gradient[row] = gain_gradient[row] * z;
                offset_gradient[row] = offset_gradient[row] * z;
            }
            gate_gradient[term] = slope * T::from_f64(gate.slope);
        }
        self.terms.gradients(batch, &self.derivatives, matrices);
    }

    fn penalty(&mut self, lambda: f64) -> f64 {
        if lambda == 0.0 {
            return 0.0;
        }
        let gates = self.layout.gates.clone();
        let mut sum = 0.0;
        for term in 0..self.shape.gates() {
            let open = gate::open_probability(self.parameters[gates.start + term].to_f64());
            sum += open.value;
            self.gradient[gates.start + term] += T::from_f64(lambda * open.slope);
        }
        lambda * sum
    }

    /// Moves the parameters along the gradient.
    pub fn update(&mut self, rates: &Rates) {
        let layout = &self.layout;
        let group = |range: Range<usize>, rate: f64, decay: f64| Group { range, rate, decay };
        let groups = [
            group(layout.factors.clone(), rates.factors, rates.factor_decay),
            group(layout.weights.clone(), rates.weights, rates.weight_decay),
            group(layout.gain.start..layout.offset.end, rates.norm, 0.0),
            group(layout.gates.clone(), rates.gates.unwrap_or(0.0), 0.0),
            group(layout.bias.clone(), rates.bias, 0.0),
        ];
        if rates.gates.is_none() {
            self.gradient[layout.gates.clone()].fill(T::default());
        }
        let path = self.terms.path();
        self.adam.step(
            path,
            &mut self.parameters,
            &self.gradient,
            &groups,
            rates.clip,
        );
    }
}

/// A model with its batch: everything that one training step needs.
#[derive(Debug, Clone)]
pub struct Trainer<T: Real> {
    /// The model.
    pub model: GatedModel<T>,
    batch: Batch<T>,
    uniforms: Vec<f64>,
}

impl<T: Real> Trainer<T> {
    /// Batches of up to `rows` rows.
    pub fn new(model: GatedModel<T>, rows: usize) -> Trainer<T> {
        let shape = *model.shape();
        let path = model.terms.path();
        Trainer {
            model,
            batch: Batch::new(rows, shape.inputs, shape.functions, path),
            uniforms: vec![0.0; shape.gates()],
        }
    }

    /// One step on the given rows: gather, forward, backward, Adam. Returns the loss before it.
    pub fn step(
        &mut self,
        (store, target): (&RowStore<T>, &TargetStore<T>),
        rows: BatchRows<'_>,
        lambda: f64,
        rates: &Rates,
        rng: &mut ChaCha8Rng,
    ) -> f64 {
        self.batch.gather(store, rows.rows);
        for uniform in &mut self.uniforms {
            *uniform = f64::from(rng.random::<f32>());
        }
        let loss = self
            .model
            .loss_and_gradient(&self.batch, target, rows, &self.uniforms, lambda);
        self.model.update(rates);
        loss
    }
}

#[cfg(test)]
mod tests;
