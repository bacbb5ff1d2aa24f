//! One round of the default preset: gated terms trained on what is left of the target.
//!
//! The penalty of a term is lambda = p ln(n) / n times the noise left, which is BIC's price of its
//! p coefficients. It starts at the variance of the target and follows the noise down, no faster
//! than a schedule in the logarithm: while it is high, terms that could share a load are forced
//! to leave it to one of them; when it is low, small terms may open.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::loss::{BatchRows, TargetStore};
use super::mixture::{Mixture, MixtureRates, MixtureShape, Scales};
use crate::terms::{CpuPath, RowStore};

/// How long and how fast a round trains.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    pub steps: usize,
    pub batch: usize,
    pub rates: MixtureRates,
    /// Powers of ten by which the penalty's level falls.
    pub fall: f64,
}

/// The share of the steps at which something begins or ends.
const GATES_MOVE: f64 = 0.05;
const PENALTY_FULL: f64 = 0.15;
const FALL_BEGINS: f64 = 0.1;
const FALL_ENDS: f64 = 0.8;

/// The weight of the newest loss in the running noise.
const NEWEST: f64 = 0.02;

/// A round's training data.
pub(super) struct RoundData<'a> {
    pub store: &'a RowStore<f32>,
    pub target: &'a TargetStore<f32>,
    pub weights: Option<&'a [f64]>,
    pub scales: &'a Scales,
}

/// Trains a mixture from a random start. `stop` is asked now and then with the steps done.
pub(super) fn train(
    data: &RoundData<'_>,
    shape: &MixtureShape,
    effort: &Effort,
    rng: &mut ChaCha8Rng,
    mut stop: impl FnMut(usize) -> bool,
) -> Mixture<f32> {
    const ASK: usize = 64;
    let rows = data.store.rows();
    let batch = effort.batch.min(rows);
    let path = CpuPath::detect();
    let mut mixture = Mixture::new(shape.clone(), data.scales.clone(), batch, path, rng);
    let prices = prices(shape, rows);
    let mut penalty = vec![0.0; prices.len()];
    let mut order: Vec<u32> = (0..rows as u32).collect();
    let mut next = rows;
    let mut noise = 1.0;
    for step in 0..effort.steps {
        if step % ASK == 0 && stop(step) {
            break;
        }
        if next + batch > rows {
            order.shuffle(rng);
            next = 0;
        }
        let chosen = BatchRows {
            rows: &order[next..next + batch],
            weights: data.weights,
        };
        next += batch;
        let share = step as f64 / effort.steps as f64;
        let rise = ((share - GATES_MOVE) / (PENALTY_FULL - GATES_MOVE)).clamp(0.0, 1.0);
        for (penalty, price) in penalty.iter_mut().zip(&prices) {
            *penalty = price * rise;
        }
        let fallen = ((share - FALL_BEGINS) / (FALL_ENDS - FALL_BEGINS)).clamp(0.0, 1.0);
        let level = 10f64.powf(-effort.fall * fallen).max(noise);
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
        let rates = MixtureRates {
            factors: effort.rates.factors * cosine,
            weights: effort.rates.weights * cosine,
            gates: if share < GATES_MOVE {
                0.0
            } else {
                effort.rates.gates
            },
        };
        let tables = (data.store, data.target);
        let loss = mixture.step(tables, chosen, (&penalty, level), &rates, rng);
        noise += NEWEST * (loss - noise);
    }
    mixture
}

/// BIC's price of each gate's coefficients: p ln(n) / n.
fn prices(shape: &MixtureShape, rows: usize) -> Vec<f64> {
    let price = (rows as f64).ln() / rows as f64;
    (0..shape.gates())
        .map(|gate| {
            let parameters = match gate.checked_sub(shape.element_wise()) {
                None => shape.inputs * shape.outputs,
                Some(piece) => shape.piece_order(piece) * (shape.inputs - 1) + shape.outputs,
            };
            price * parameters as f64
        })
        .collect()
}
