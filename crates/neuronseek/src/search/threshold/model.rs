//! All orders together: values, the penalised loss and its gradient over a batch of rows.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::tensor::{Scratch, Tensor};
use super::{Form, ThresholdSettings};
use crate::matrix::Matrix;
use crate::search::regression::Regression;
use crate::terms::{CpuPath, Strided, Write, matmul};

/// Where the coefficients C_n start.
const START: f64 = 0.1;

/// The model `b + sum_n C_n W^[n](x, ..., x)`.
///
/// Parameters stand as b, the coefficients by order, the cores by order, and the factors of all
/// orders as one matrix, inputs x projections, with the projections of an order side by side.
pub(super) struct Model {
    pub inputs: usize,
    /// One per order from 1.
    pub tensors: Vec<Tensor>,
    /// The orders that have not been pruned.
    pub alive: Vec<bool>,
    pub parameters: Vec<f64>,
    /// Where each core begins among the parameters, and where the factors do.
    cores: Vec<usize>,
    factors: usize,
    /// Where the projections of each order begin, and their number.
    places: Vec<usize>,
    projections: usize,
    /// The penalty of the absolute value of each parameter.
    penalties: Vec<f64>,
}

/// Working memory of a step.
#[derive(Default)]
pub(super) struct Memory {
    x: Vec<f64>,
    p: Vec<f64>,
    dp: Vec<f64>,
    scratch: Vec<Scratch>,
}

impl Model {
    /// Factors of deviation 1 / sqrt(inputs), cores of deviation rank^(-order / 2), so that a tensor
    /// starts near 1 on inputs of deviation 1.
    pub fn new(inputs: usize, settings: &ThresholdSettings, random: &mut ChaCha8Rng) -> Model {
        let tensors: Vec<Tensor> = (1..=settings.max_order)
            .map(|order| Tensor {
                order,
                rank: settings.rank,
                form: settings.form,
            })
            .collect();
        let orders = tensors.len();
        let (mut cores, mut places) = (Vec::new(), Vec::new());
        let (mut end, mut projections) = (1 + orders, 0);
        for tensor in &tensors {
            cores.push(end);
            places.push(projections);
            end += tensor.core();
            projections += tensor.projections();
        }
        let mut model = Model {
            inputs,
            alive: vec![true; orders],
            parameters: vec![0.0; end + inputs * projections],
            penalties: vec![0.0; end + inputs * projections],
            tensors,
            cores,
            factors: end,
            places,
            projections,
        };
        model.parameters[1..=orders].fill(START);
        for order in 0..orders {
            let tensor = model.tensors[order];
            let size = (tensor.rank as f64).powf(-0.5 * tensor.order as f64);
            let core = model.core_range(order);
            for value in &mut model.parameters[core] {
                *value = size * random.sample::<f64, _>(StandardNormal);
            }
        }
        for value in &mut model.parameters[end..] {
            *value = random.sample::<f64, _>(StandardNormal) / (inputs as f64).sqrt();
        }
        model.set_penalties(settings);
        model
    }

    fn set_penalties(&mut self, settings: &ThresholdSettings) {
        let orders = self.tensors.len();
        self.penalties[1..=orders].fill(settings.coefficient_penalty);
        for order in 0..orders {
            let tensor = self.tensors[order];
            let count = tensor.core() + tensor.projections() * self.inputs;
            let square = (tensor.order * tensor.order) as f64;
            let penalty = settings.factor_penalty * square / count as f64;
            let core = self.core_range(order);
            self.penalties[core].fill(penalty);
            let columns = self.places[order]..self.places[order] + tensor.projections();
            for row in self.penalties[self.factors..].chunks_exact_mut(self.projections) {
                row[columns.clone()].fill(penalty);
            }
        }
    }

    fn core_range(&self, order: usize) -> std::ops::Range<usize> {
        self.cores[order]..self.cores[order] + self.tensors[order].core()
    }

    /// The core of an order, counted from 0; empty in CP form.
    pub fn core(&self, order: usize) -> &[f64] {
        &self.parameters[self.core_range(order)]
    }

    /// One factor of an order, counted from 0: a coefficient per input.
    pub fn factor(&self, order: usize, mode: usize, r: usize) -> Vec<f64> {
        let column = self.places[order] + mode * self.tensors[order].rank + r;
        let rows = self.parameters[self.factors..].chunks_exact(self.projections);
        rows.map(|row| row[column]).collect()
    }

    /// The coefficients C_n.
    pub fn coefficients(&self) -> &[f64] {
        &self.parameters[1..=self.tensors.len()]
    }

    /// Replaces b and C_n; those of pruned orders stay 0.
    pub fn set_coefficients(&mut self, intercept: f64, coefficients: &[f64]) {
        self.parameters[0] = intercept;
        let own = self.parameters[1..].iter_mut().zip(coefficients);
        for ((own, new), alive) in own.zip(&self.alive) {
            *own = if *alive { *new } else { 0.0 };
        }
    }

    /// The tensors of all orders at all rows: rows x orders.
    pub fn values(&self, inputs: &Matrix<f64>) -> Matrix<f64> {
        let mut memory = Memory::default();
        let mut result = Matrix::zeros(inputs.rows(), self.tensors.len());
        let all: Vec<usize> = (0..inputs.rows()).collect();
        for rows in all.chunks(256) {
            self.project(inputs, rows, &mut memory);
            for (place, row) in rows.iter().enumerate() {
                self.tensor_values(place, &mut memory, result.row_mut(*row));
            }
        }
        result
    }

    /// The projections of these rows: rows x projections.
    fn project(&self, inputs: &Matrix<f64>, rows: &[usize], memory: &mut Memory) {
        memory.x.clear();
        for row in rows {
            memory.x.extend_from_slice(inputs.row(*row));
        }
        memory.p.resize(rows.len() * self.projections, 0.0);
        memory
            .scratch
            .resize_with(self.tensors.len(), Scratch::default);
        matmul(
            CpuPath::detect(),
            [rows.len(), self.inputs, self.projections],
            Strided::rows(&memory.x, self.inputs),
            (&self.parameters[self.factors..], self.projections),
            (&mut memory.p, self.projections),
            Write::Replace,
        );
    }

    fn tensor_values(&self, place: usize, memory: &mut Memory, values: &mut [f64]) {
        let p = &memory.p[place * self.projections..(place + 1) * self.projections];
        for (order, tensor) in self.tensors.iter().enumerate() {
            let start = self.places[order];
            let own = &p[start..start + tensor.projections()];
            values[order] = tensor.value(self.core(order), own, &mut memory.scratch[order]);
        }
    }

    /// The penalised loss over these rows; its derivatives replace `gradient`.
    pub fn gradient(
        &self,
        regression: &Regression<'_>,
        rows: &[usize],
        memory: &mut Memory,
        gradient: &mut [f64],
    ) -> f64 {
        let orders = self.tensors.len();
        gradient.fill(0.0);
        self.project(regression.inputs, rows, memory);
        memory.dp.clear();
        memory.dp.resize(rows.len() * self.projections, 0.0);
        let mut values = vec![0.0; orders];
        let mut loss = 0.0;
        for (place, &row) in rows.iter().enumerate() {
            self.tensor_values(place, memory, &mut values);
            let products = self.coefficients().iter().zip(&values);
            let fitted = self.parameters[0] + products.map(|(c, s)| c * s).sum::<f64>();
            let share = regression.weights[row] / rows.len() as f64;
            let residual = fitted - regression.y[row];
            loss += share * residual * residual;
            let slope = 2.0 * share * residual;
            gradient[0] += slope;
            for order in 0..orders {
                if self.alive[order] {
                    gradient[1 + order] += slope * values[order];
                    let down = slope * self.coefficients()[order];
                    self.add_tensor_gradient(place, order, down, memory, gradient);
                }
            }
        }
        matmul(
            CpuPath::detect(),
            [self.inputs, rows.len(), self.projections],
            Strided::transposed(&memory.x, self.inputs),
            (&memory.dp, self.projections),
            (&mut gradient[self.factors..], self.projections),
            Write::Add,
        );
        let penalised = self.parameters.iter().zip(&self.penalties);
        for (gradient, (p, penalty)) in gradient.iter_mut().zip(penalised) {
            loss += penalty * p.abs();
            if *p != 0.0 {
                *gradient += penalty * p.signum();
            }
        }
        loss
    }

    fn add_tensor_gradient(
        &self,
        place: usize,
        order: usize,
        slope: f64,
        memory: &mut Memory,
        gradient: &mut [f64],
    ) {
        let tensor = self.tensors[order];
        let start = place * self.projections + self.places[order];
        let own = start..start + tensor.projections();
        tensor.add_gradient(
            &memory.p[own.clone()],
            slope,
            &mut memory.scratch[order],
            &mut memory.dp[own],
            &mut gradient[self.core_range(order)],
        );
    }

    /// One order, counted from 0, as (factors, order x inputs; weight) of products, with a
    /// coefficient of 1. The last mode of a Tucker form is contracted with the core.
    pub fn products(&self, order: usize) -> Vec<Matrix<f64>> {
        let tensor = self.tensors[order];
        let rank = tensor.rank;
        let chosen = |last: &dyn Fn(usize) -> Vec<f64>, index: usize| {
            let mut factors = Vec::with_capacity(tensor.order * self.inputs);
            for mode in 0..tensor.order - 1 {
                // The digits of `index`, that of the first mode the most significant.
                let digit = index / rank.pow((tensor.order - 2 - mode) as u32) % rank;
                factors.extend(self.factor(order, mode, digit));
            }
            factors.extend(last(index));
            Matrix::from_vec(tensor.order, self.inputs, factors)
        };
        match tensor.form {
            Form::Cp => (0..rank)
                .map(|r| {
                    let factors = (0..tensor.order).flat_map(|mode| self.factor(order, mode, r));
                    Matrix::from_vec(tensor.order, self.inputs, factors.collect())
                })
                .collect(),
            Form::Tucker => {
                let core = self.core(order);
                let last = |index: usize| {
                    let mut sum = vec![0.0; self.inputs];
                    for r in 0..rank {
                        let factor = self.factor(order, tensor.order - 1, r);
                        for (sum, u) in sum.iter_mut().zip(factor) {
                            *sum += core[index * rank + r] * u;
                        }
                    }
                    sum
                };
                (0..core.len() / rank)
                    .map(|index| chosen(&last, index))
                    .collect()
            }
        }
    }
}
