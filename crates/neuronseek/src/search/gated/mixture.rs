//! The default preset's model: canonical terms with one gate per pure term and per rank-one piece.
//!
//! `y_c = b_c + sum_t z_t <w_{t,c}, x^(t)> + sum_j z_j a_{j,c} prod_m <u_{j,m}, x>`
//!
//! What differs from the paper's model, and why:
//! * no batch norm: over 64 rows it sets a noise floor of up to a fifth of the variance. The scale
//!   of every term comes from the whole table, once, and sets the term's start and its rate;
//! * a gate per piece instead of one per order, so that the rank is found too;
//! * factors are shared by all outputs, each with its own weight of every piece;
//! * no interaction of order 1, which is the pure order 1.

use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::adam::{Adam, Group};
use super::gate::{self, GateValue};
use super::loss::{BatchRows, TargetStore, loss};
use crate::terms::{
    Batch, Buffer, CpuPath, Kernel, Lanes, PieceGroup, Real, RowStore, TermShape, TermValues,
    padded,
};

/// The size of a [`Mixture`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MixtureShape {
    pub inputs: usize,
    pub outputs: usize,
    /// Pure orders 1 to this.
    pub order: usize,
    /// Pieces of every order from 2 to `order`.
    pub pieces: usize,
    pub functions: usize,
}

impl MixtureShape {
    fn terms(&self) -> TermShape {
        TermShape {
            inputs: self.inputs,
            outputs: self.outputs,
            powers: self.order,
            functions: self.functions,
            groups: (2..=self.order)
                .map(|order| PieceGroup {
                    order,
                    sums: self.pieces,
                    rank: 1,
                })
                .collect(),
        }
    }

    /// Pure orders and functions.
    pub fn element_wise(&self) -> usize {
        self.order + self.functions
    }

    /// Pieces of all orders.
    pub fn all_pieces(&self) -> usize {
        self.pieces * self.order.saturating_sub(1)
    }

    /// Gates: element-wise terms, then pieces by order.
    pub fn gates(&self) -> usize {
        self.element_wise() + self.all_pieces()
    }

    /// The order of a piece.
    pub fn piece_order(&self, piece: usize) -> usize {
        2 + piece / self.pieces
    }
}

/// The deviation of each element-wise term of one input over the whole table, powers then
/// functions. Inputs have unit root mean square.
#[derive(Debug, Clone)]
pub(super) struct Scales(pub Vec<f64>);

impl Scales {
    pub fn new<T: Real>(store: &RowStore<T>, order: usize, functions: usize) -> Scales {
        let powers = (1..=order).map(|power| store.deviation(0, power as i32));
        let functions = (1..=functions).map(|layer| store.deviation(layer, 1));
        Scales(powers.chain(functions).map(|d| d.max(1e-12)).collect())
    }
}

/// Where the parameters lie.
#[derive(Debug, Clone)]
struct Layout {
    factors: Range<usize>,
    weights: Range<usize>,
    /// pieces x outputs
    amplitudes: Range<usize>,
    gates: Range<usize>,
    bias: Range<usize>,
}

/// Learning rates of a step: Adam moves a parameter by about its rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct MixtureRates {
    pub factors: f64,
    pub weights: f64,
    pub gates: f64,
}

/// See the module.
pub(super) struct Mixture<T: Real> {
    shape: MixtureShape,
    scales: Scales,
    layout: Layout,
    terms: TermValues<T>,
    batch: Batch<T>,
    parameters: Buffer<T>,
    gradient: Buffer<T>,
    adam: Adam<T>,
    derivatives: Buffer<T>,
    out: Buffer<T>,
    out_derivatives: Buffer<T>,
    /// The weight of each value row in each output: value rows' gate times amplitude.
    gates: Vec<GateValue>,
    uniforms: Vec<f64>,
}

impl<T: Real> Mixture<T> {
    pub fn new(
        shape: MixtureShape,
        scales: Scales,
        rows: usize,
        path: CpuPath,
        rng: &mut ChaCha8Rng,
    ) -> Mixture<T> {
        let terms = shape.terms();
        let capacity = padded(rows);
        let mut end = 0;
        let mut part = |length: usize| {
            let start = end;
            end += padded(length);
            start..end
        };
        let layout = Layout {
            factors: part(terms.factor_rows() * terms.stride()),
            weights: part(terms.element_wise_rows() * terms.stride()),
            amplitudes: part(shape.all_pieces() * shape.outputs),
            gates: part(shape.gates()),
            bias: part(shape.outputs),
        };
        let mut mixture = Mixture {
            parameters: Buffer::zeros(end),
            gradient: Buffer::zeros(end),
            adam: Adam::new(end),
            derivatives: Buffer::zeros(terms.value_rows() * capacity),
            out: Buffer::zeros(shape.outputs * capacity),
            out_derivatives: Buffer::zeros(shape.outputs * capacity),
            batch: Batch::new(rows, shape.inputs, shape.functions, path),
            terms: TermValues::new(terms, rows, path),
            gates: Vec::new(),
            uniforms: vec![0.0; shape.gates()],
            layout,
            scales,
            shape,
        };
        mixture.start(rng);
        mixture
    }

    /// Factors that project to about unit size, small amplitudes of random sign, open gates.
    fn start(&mut self, rng: &mut ChaCha8Rng) {
        const OPEN: f64 = 0.9;
        let deviation = 1.0 / (self.shape.inputs as f64).sqrt();
        let stride = self.terms.shape().stride();
        for row in self.parameters[self.layout.factors.clone()].chunks_exact_mut(stride) {
            for value in &mut row[..self.shape.inputs] {
                let normal: f64 = StandardNormal.sample(rng);
                *value = T::from_f64(deviation * normal);
            }
        }
        let amplitudes = self.layout.amplitudes.clone();
        let count = self.shape.all_pieces() * self.shape.outputs;
        for amplitude in &mut self.parameters[amplitudes][..count] {
            let normal: f64 = StandardNormal.sample(rng);
            *amplitude = T::from_f64(0.1 * normal);
        }
        let gates = self.layout.gates.clone();
        self.parameters[gates][..self.shape.gates()].fill(T::from_f64(gate::log_alpha(OPEN)));
    }

    pub fn shape(&self) -> &MixtureShape {
        &self.shape
    }

    /// The probability that each gate is open.
    pub fn open_probabilities(&self) -> Vec<f64> {
        self.parameters[self.layout.gates.clone()][..self.shape.gates()]
            .iter()
            .map(|log_alpha| gate::open_probability(log_alpha.to_f64()).value)
            .collect()
    }

    /// The factors of a piece, order x inputs.
    pub fn factors(&self, piece: usize) -> Vec<f64> {
        let group = self.terms.shape().groups[piece / self.shape.pieces];
        let before: usize = self.terms.shape().groups[..piece / self.shape.pieces]
            .iter()
            .map(|group| group.factor_rows())
            .sum();
        let stride = self.terms.shape().stride();
        (0..group.order)
            .flat_map(|m| {
                let row = before + m * group.sums + piece % self.shape.pieces;
                &self.parameters[row * stride..][..self.shape.inputs]
            })
            .map(|value| value.to_f64())
            .collect()
    }

    /// The weight of a piece in each output.
    pub fn amplitudes(&self, piece: usize) -> Vec<f64> {
        let outputs = self.shape.outputs;
        self.parameters[self.layout.amplitudes.clone()][piece * outputs..][..outputs]
            .iter()
            .map(|value| value.to_f64())
            .collect()
    }

    /// One step on the given rows. `penalty` is added per gate, times its probability to be open;
    /// the gates' gradients are divided by `noise`. Returns the loss without penalty.
    pub fn step(
        &mut self,
        (store, target): (&RowStore<T>, &TargetStore<T>),
        rows: BatchRows<'_>,
        (penalty, noise): (&[f64], f64),
        rates: &MixtureRates,
        rng: &mut ChaCha8Rng,
    ) -> f64 {
        self.batch.gather(store, rows.rows);
        for uniform in &mut self.uniforms {
            *uniform = f64::from(rng.random::<f32>());
        }
        let loss = self.loss_and_gradient(target, rows);
        let gates = self.layout.gates.clone();
        for (term, penalty) in penalty.iter().enumerate() {
            let open = gate::open_probability(self.parameters[gates.start + term].to_f64());
            let gradient = &mut self.gradient[gates.start + term];
            *gradient = T::from_f64(gradient.to_f64() / noise + penalty * open.slope);
        }
        self.update(rates);
        loss
    }

    fn loss_and_gradient(&mut self, target: &TargetStore<T>, rows: BatchRows<'_>) -> f64 {
        self.terms.evaluate(&self.batch, &self.parameters);
        let log_alpha = &self.parameters[self.layout.gates.clone()];
        self.gates.clear();
        let samples = log_alpha.iter().zip(&self.uniforms);
        self.gates
            .extend(samples.map(|(a, &u)| gate::sample(a.to_f64(), u)));
        let bias = &self.parameters[self.layout.bias.clone()];
        let capacity = self.batch.capacity();
        for (out, &bias) in self.out.chunks_exact_mut(capacity).zip(bias) {
            out.fill(bias);
        }
        let path = self.terms.path();
        for row in self.value_rows() {
            let values = &self.terms.values()[row.value * capacity..][..capacity];
            let weight = row.weight * self.gates[row.gate].value;
            let out = &mut self.out[row.output * capacity..][..capacity];
            path.run(AddScaled {
                to: out,
                from: values,
                scale: T::from_f64(weight),
            });
        }
        let loss = loss(target, rows, &self.out, &mut self.out_derivatives);
        self.backward();
        loss
    }

    fn backward(&mut self) {
        let capacity = self.batch.capacity();
        let path = self.terms.path();
        let scalars = self.layout.amplitudes.start..self.layout.bias.end;
        self.gradient[scalars].fill(T::default());
        self.derivatives.fill(T::default());
        for row in self.value_rows() {
            let values = &self.terms.values()[row.value * capacity..][..capacity];
            let out = &self.out_derivatives[row.output * capacity..][..capacity];
            let GateValue { value: z, slope } = self.gates[row.gate];
            let along = path.run(Dot { a: out, b: values }).to_f64();
            self.gradient[self.layout.gates.start + row.gate] +=
                T::from_f64(along * row.weight * slope);
            if let Some(amplitude) = row.amplitude {
                self.gradient[amplitude] = T::from_f64(along * z);
            }
            path.run(AddScaled {
                to: &mut self.derivatives[row.value * capacity..][..capacity],
                from: out,
                scale: T::from_f64(row.weight * z),
            });
        }
        for output in 0..self.shape.outputs {
            let out = &self.out_derivatives[output * capacity..][..capacity];
            self.gradient[self.layout.bias.start + output] =
                T::from_f64(out.iter().map(|value| value.to_f64()).sum());
        }
        let matrices = self.layout.weights.end;
        self.terms.gradients(
            &self.batch,
            &self.derivatives,
            &mut self.gradient[..matrices],
        );
    }

    /// Every (value row, output) that adds to an output.
    fn value_rows(&self) -> Vec<ValueRow> {
        let (outputs, element_wise) = (self.shape.outputs, self.shape.element_wise());
        let mut rows = Vec::with_capacity((element_wise + self.shape.all_pieces()) * outputs);
        for value in 0..element_wise * outputs {
            rows.push(ValueRow {
                value,
                output: value % outputs,
                gate: value / outputs,
                weight: 1.0,
                amplitude: None,
            });
        }
        for piece in 0..self.shape.all_pieces() {
            for output in 0..outputs {
                let amplitude = self.layout.amplitudes.start + piece * outputs + output;
                rows.push(ValueRow {
                    value: element_wise * outputs + piece,
                    output,
                    gate: element_wise + piece,
                    weight: self.parameters[amplitude].to_f64(),
                    amplitude: Some(amplitude),
                });
            }
        }
        rows
    }

    fn update(&mut self, rates: &MixtureRates) {
        let layout = &self.layout;
        let rows = self.shape.outputs * self.terms.shape().stride();
        let root = (self.shape.inputs as f64).sqrt();
        let mut groups = vec![
            Group {
                range: layout.factors.clone(),
                rate: rates.factors / root,
                decay: 0.0,
            },
            Group {
                range: layout.amplitudes.clone(),
                rate: rates.weights,
                decay: 0.0,
            },
            Group {
                range: layout.gates.clone(),
                rate: rates.gates,
                decay: 0.0,
            },
            Group {
                range: layout.bias.clone(),
                rate: rates.weights,
                decay: 0.0,
            },
        ];
        for (term, scale) in self.scales.0.iter().enumerate() {
            let start = layout.weights.start + term * rows;
            groups.push(Group {
                range: start..start + rows,
                rate: rates.weights / (scale * root),
                decay: 0.0,
            });
        }
        let path = self.terms.path();
        let longest = f64::INFINITY;
        self.adam
            .step(path, &mut self.parameters, &self.gradient, &groups, longest);
    }
}

struct ValueRow {
    value: usize,
    output: usize,
    gate: usize,
    weight: f64,
    amplitude: Option<usize>,
}

/// `to += scale * from`.
struct AddScaled<'a, T> {
    to: &'a mut [T],
    from: &'a [T],
    scale: T,
}

impl<T: Real> Kernel<T> for AddScaled<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) {
        let scale = V::splat(self.scale);
        let chunks = self.to.chunks_exact_mut(V::COUNT);
        for (to, from) in chunks.zip(self.from.chunks_exact(V::COUNT)) {
            // SAFETY: each chunk has COUNT elements.
            unsafe {
                let sum = V::load(from.as_ptr()).mul_add(scale, V::load(to.as_ptr()));
                sum.store(to.as_mut_ptr());
            }
        }
    }
}

struct Dot<'a, T> {
    a: &'a [T],
    b: &'a [T],
}

impl<T: Real> Kernel<T> for Dot<'_, T> {
    type Output = T;

    #[inline(always)]
    fn run<V: Lanes<Scalar = T>>(self) -> T {
        super::norm::dot::<V>(self.a, self.b)
    }
}

#[cfg(test)]
mod tests;
