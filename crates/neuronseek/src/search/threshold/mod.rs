//! `threshold`: the first version of tensor-decomposition search, coefficients thresholded.
//!
//! One coefficient tensor per order, in CP or Tucker form, with a scalar C_n before it; penalties on
//! both; and at the end the orders whose |C_n| is at least the mean of all. The STRidge variant prunes
//! half-way and at the end instead: the target is regressed with a ridge on the values of the tensors,
//! those of little energy are dropped, and this repeats until none is.
//!
//! There is no pure stream: powers of single inputs are found only as far as an interaction of the
//! rank given can show them, and the rank is not chosen. An interaction of order 1 is the pure order
//! 1. In the end C_n and the intercept are refitted by least squares.
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | settings and their check |
//! | `tensor` | value and gradient of one tensor at one row |
//! | `model` | all orders: penalised loss and gradient over a batch |

mod model;
mod settings;
mod tensor;

use std::time::Instant;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

pub use settings::{Form, ThresholdSettings};

use self::model::{Memory, Model};
use super::adam::{Adam, cosine};
use super::moments::{Fitted, Moments};
use super::regression::Regression;
use super::{Evidence, Formula, Problem, Report, Search, SearchError, Step, taken};
use crate::matrix::Matrix;
use crate::neuron::{Neuron, Term};
use crate::observe::{Control, Event};
use crate::terms::{Piece, Polynomial, PureTerm};

const STAGE: &str = "search (threshold)";

/// A report every so many epochs.
const SNAPSHOT: usize = 5;

/// The ridge of STRidge, for values of variance 1.
const RIDGE: f64 = 1e-3;

/// An order with less than this share of the largest energy is pruned by STRidge.
const LEAST_ENERGY: f64 = 0.01;

/// Search by thresholded coefficients of tensors.
#[derive(Debug, Clone, Default)]
pub struct Threshold {
    /// The settings.
    pub settings: ThresholdSettings,
}

impl Search for Threshold {
    fn name(&self) -> &'static str {
        "threshold"
    }

    fn search(
        &self,
        problem: &Problem<'_>,
        seed: u64,
        control: &Control<'_>,
    ) -> Result<Report, SearchError> {
        let began = Instant::now();
        self.settings.check()?;
        let regression = Regression::new(problem, self.name())?;
        control.observer.notice(&Event::Stage { name: STAGE });
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let model = Model::new(regression.inputs.columns(), &self.settings, &mut random);
        let mut training = Training {
            settings: &self.settings,
            regression: &regression,
            model,
            path: Vec::new(),
        };
        training.run(&mut random, control)?;
        let mut report = training.report()?;
        report.method = self.name().to_string();
        report.seconds = began.elapsed().as_secs_f64();
        Ok(report)
    }
}

struct Training<'a> {
    settings: &'a ThresholdSettings,
    regression: &'a Regression<'a>,
    model: Model,
    path: Vec<Step>,
}

impl Training<'_> {
    fn run(&mut self, random: &mut ChaCha8Rng, control: &Control<'_>) -> Result<(), SearchError> {
        let rows = self.regression.y.len();
        let batch = self.settings.batch.min(rows);
        let epochs = self.settings.epochs;
        let mut order: Vec<usize> = (0..rows).collect();
        let mut adam = Adam::new(self.model.parameters.len());
        let mut gradient = vec![0.0; self.model.parameters.len()];
        let mut memory = Memory::default();
        let steps = (epochs * rows.div_ceil(batch)) as f64;
        let mut step = 0;
        for epoch in 1..=epochs {
            order.shuffle(random);
            let mut sum = 0.0;
            for chosen in order.chunks(batch) {
                if control.should_stop() {
                    return Ok(());
                }
                let loss = self
                    .model
                    .gradient(self.regression, chosen, &mut memory, &mut gradient);
                sum += loss * chosen.len() as f64 / rows as f64;
                let rate = self.settings.rate * cosine(f64::from(step) / steps);
                adam.step(&mut self.model.parameters, &gradient, rate);
                self.keep_pruned_out();
                step += 1;
            }
            if !sum.is_finite() {
                let what = "powers of the inputs are too large: lower max_order";
                return Err(SearchError::NotFinite(what.to_string()));
            }
            if self.settings.stridge && epoch == epochs.div_ceil(2) {
                self.prune()?;
            }
            if epoch % SNAPSHOT == 0 || epoch == epochs {
                self.snapshot((epoch, sum), control);
            }
        }
        Ok(())
    }

    /// Momentum moves the coefficients of pruned orders on: they are put back.
    fn keep_pruned_out(&mut self) {
        let coefficients = self.model.coefficients().to_vec();
        self.model
            .set_coefficients(self.model.parameters[0], &coefficients);
    }

    fn moments(&self) -> Result<Moments, SearchError> {
        let values = self.model.values(self.regression.inputs);
        Moments::new(&values, &self.regression.y, &self.regression.weights)
    }

    /// STRidge: the orders, counted from 0, that are left, and the coefficients take those of the
    /// regression.
    fn prune(&mut self) -> Result<(), SearchError> {
        let moments = self.moments()?;
        let fitted = stridge(&moments, &self.model.alive);
        let alive = &mut self.model.alive;
        for (order, alive) in alive.iter_mut().enumerate() {
            *alive = fitted.active.contains(&order);
        }
        self.take(&moments, &fitted);
        Ok(())
    }

    fn take(&mut self, moments: &Moments, fitted: &Fitted) {
        let (raw, intercept) = moments.restore(fitted);
        let mut coefficients = vec![0.0; self.model.tensors.len()];
        for (order, coefficient) in fitted.active.iter().zip(raw) {
            coefficients[*order] = coefficient;
        }
        self.model.set_coefficients(intercept, &coefficients);
    }

    /// The orders, counted from 0, whose coefficient is at least the mean of all.
    fn above_mean(&self) -> Vec<usize> {
        let coefficients = self.model.coefficients();
        let sum: f64 = coefficients.iter().map(|c| c.abs()).sum();
        let mean = sum / coefficients.len() as f64;
        let orders = 0..coefficients.len();
        orders
            .filter(|order| coefficients[*order].abs() >= mean)
            .collect()
    }

    /// What would be kept now.
    fn kept(&self) -> Vec<usize> {
        if self.settings.stridge {
            let orders = 0..self.model.alive.len();
            orders.filter(|order| self.model.alive[*order]).collect()
        } else {
            self.above_mean()
        }
    }

    fn neuron(&self, orders: &[usize]) -> Neuron {
        Neuron::new(orders.iter().map(|order| self.term(*order)))
    }

    fn term(&self, order: usize) -> Term {
        let tensor = self.model.tensors[order];
        match tensor.form {
            _ if tensor.order == 1 => Term::pure(1),
            Form::Cp => Term::interaction(tensor.order, tensor.rank),
            // Its rank as a sum of products is not known.
            Form::Tucker => Term::Interaction {
                order: tensor.order,
                rank: None,
            },
        }
    }

    fn snapshot(&mut self, (epoch, loss): (usize, f64), control: &Control<'_>) {
        let neuron = self.neuron(&self.kept());
        let message = format!("{neuron}, loss {loss:.6}");
        let progress = (STAGE, epoch, self.settings.epochs);
        let found = (neuron, loss);
        let action = format!("epoch {epoch}");
        (self.path).push(taken(control, progress, action, found, &message));
    }

    fn report(mut self) -> Result<Report, SearchError> {
        let moments = self.moments()?;
        let kept = if self.settings.stridge {
            stridge(&moments, &self.model.alive).active
        } else {
            self.above_mean()
        };
        let fitted = moments.fit(&kept, 0.0);
        self.take(&moments, &fitted);
        Ok(Report {
            method: String::new(),
            neuron: self.neuron(&kept),
            formula: Formula::Polynomial(self.polynomial(&kept)),
            evidence: self.evidence(&moments, &kept, &fitted),
            path: self.path,
            runners_up: Vec::new(),
            alternatives: Vec::new(),
            seconds: 0.0,
            warnings: Vec::new(),
        })
    }

    fn polynomial(&self, kept: &[usize]) -> Polynomial {
        let inputs = self.model.inputs;
        let mut polynomial = Polynomial {
            inputs,
            intercept: vec![self.model.parameters[0]],
            pure: Vec::new(),
            functions: Vec::new(),
            pieces: Vec::new(),
        };
        for &order in kept {
            let coefficient = self.model.coefficients()[order];
            let products = self.model.products(order);
            if order == 0 {
                let mut weights = Matrix::zeros(inputs, 1);
                for product in &products {
                    for (weight, u) in weights.data_mut().iter_mut().zip(product.row(0)) {
                        *weight += coefficient * u;
                    }
                }
                polynomial.pure.push(PureTerm { order: 1, weights });
            } else {
                let pieces = products.into_iter().map(|factors| Piece {
                    factors,
                    weights: vec![coefficient],
                });
                polynomial.pieces.extend(pieces);
            }
        }
        polynomial
    }

    /// What each order is worth: it is dropped and the other coefficients are refitted.
    fn evidence(&self, moments: &Moments, kept: &[usize], fitted: &Fitted) -> Vec<Evidence> {
        let (_, total) = self.regression.moments();
        let bic = |orders: &[usize], fitted: &Fitted| {
            let tensors = orders.iter().map(|order| self.model.tensors[*order]);
            let freedom: usize = tensors.map(|t| t.freedom(self.model.inputs)).sum();
            self.regression.bic(fitted.residual * total, 1 + freedom)
        };
        let whole = bic(kept, fitted);
        let orders = kept.iter().map(|dropped| {
            let others = kept.iter().copied().filter(|order| order != dropped);
            let others: Vec<usize> = others.collect();
            let without = moments.fit(&others, 0.0);
            Evidence {
                term: self.term(*dropped),
                bic_gain: Some(bic(&others, &without) - whole),
                gate_probability: None,
                explained: (without.residual - fitted.residual).clamp(0.0, 1.0),
            }
        });
        orders.collect()
    }
}

/// Sequentially thresholded ridge: of the orders alive those of little energy (the square of the
/// coefficient of the standardised values) are dropped until none is. The strongest always stays.
fn stridge(moments: &Moments, alive: &[bool]) -> Fitted {
    let orders = 0..alive.len();
    let mut active: Vec<usize> = orders.filter(|order| alive[*order]).collect();
    loop {
        let fitted = moments.fit(&active, RIDGE);
        let energies = fitted.coefficients.iter().map(|b| b * b);
        let largest = energies.clone().fold(0.0f64, f64::max);
        let pairs = fitted.active.iter().zip(energies);
        let strong = pairs.filter(|(_, energy)| *energy >= LEAST_ENERGY * largest);
        let strong: Vec<usize> = strong.map(|(order, _)| *order).collect();
        if strong.len() == active.len() || strong.is_empty() {
            return fitted;
        }
        active = strong;
    }
}

#[cfg(test)]
mod tests;
