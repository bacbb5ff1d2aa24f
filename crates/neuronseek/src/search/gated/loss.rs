//! The loss over a batch and its derivatives with respect to the outputs.

use super::gate::sigmoid;
use crate::prepare::Target;
use crate::terms::Real;

/// The target of the rows that batches are drawn from.
#[derive(Debug, Clone)]
pub enum TargetStore<T> {
    /// rows x outputs
    Values(Vec<T>, usize),
    /// The class of each row and the number of outputs: 1 for two classes.
    Classes(Vec<u32>, usize),
}

impl<T: Real> TargetStore<T> {
    /// Stores a target in the kernels' float.
    pub fn new(target: &Target) -> TargetStore<T> {
        match target {
            Target::Values(values) => TargetStore::Values(
                values.data().iter().map(|&y| T::from_f64(y)).collect(),
                values.columns(),
            ),
            Target::Classes { labels, .. } => TargetStore::Classes(
                labels.iter().map(|&label| label as u32).collect(),
                target.outputs(),
            ),
        }
    }

    /// How many outputs a predictor has.
    pub fn outputs(&self) -> usize {
        match self {
            TargetStore::Values(_, outputs) | TargetStore::Classes(_, outputs) => *outputs,
        }
    }
}

/// Which rows are in the batch, and how much each counts.
#[derive(Debug, Clone, Copy)]
pub struct BatchRows<'a> {
    /// Rows of the store.
    pub rows: &'a [u32],
    /// One weight per row of the store, mean 1.
    pub weights: Option<&'a [f64]>,
}

impl BatchRows<'_> {
    fn weight(&self, row: u32) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row as usize])
    }
}

/// The mean loss of `out` (outputs x padded rows): squared error over rows and outputs, or
/// cross-entropy over rows. `derivatives` (the same shape) is overwritten, 0 in padding rows.
pub fn loss<T: Real>(
    target: &TargetStore<T>,
    batch: BatchRows<'_>,
    out: &[T],
    derivatives: &mut [T],
) -> f64 {
    let capacity = out.len() / target.outputs();
    let count = batch.rows.len() as f64;
    match target {
        TargetStore::Values(values, outputs) => {
            let share = 1.0 / (count * *outputs as f64);
            (0..*outputs)
                .map(|output| {
                    let y = |row: u32| values[row as usize * outputs + output];
                    let range = output * capacity..(output + 1) * capacity;
                    let (out, derivatives) = (&out[range.clone()], &mut derivatives[range]);
                    squared_error(y, batch, share, out, derivatives)
                })
                .sum()
        }
        TargetStore::Classes(labels, 1) => {
            let mut loss = 0.0;
            for (i, &row) in batch.rows.iter().enumerate() {
                let (z, w) = (out[i].to_f64(), batch.weight(row) / count);
                let label = f64::from(labels[row as usize]);
                // ln(1 + e^z) - label z, without overflow.
                loss += w * (z.max(0.0) + (-z.abs()).exp().ln_1p() - label * z);
                derivatives[i] = T::from_f64(w * (sigmoid(z) - label));
            }
            derivatives[batch.rows.len()..].fill(T::default());
            loss
        }
        TargetStore::Classes(labels, outputs) => {
            softmax((labels, *outputs), batch, capacity, out, derivatives)
        }
    }
}

/// `share * sum_i w_i (out_i - y_i)^2` of one output.
fn squared_error<T: Real>(
    y: impl Fn(u32) -> T,
    batch: BatchRows<'_>,
    share: f64,
    out: &[T],
    derivatives: &mut [T],
) -> f64 {
    let scale = T::from_f64(2.0 * share);
    let mut sum = 0.0;
    for ((&row, out), derivative) in batch.rows.iter().zip(out).zip(derivatives.iter_mut()) {
        let error = *out - y(row);
        let weighted = match batch.weights {
            None => error,
            Some(weights) => error * T::from_f64(weights[row as usize]),
        };
        *derivative = weighted * scale;
        sum += (weighted * error).to_f64();
    }
    derivatives[batch.rows.len()..].fill(T::default());
    sum * share
}

fn softmax<T: Real>(
    (labels, outputs): (&[u32], usize),
    batch: BatchRows<'_>,
    capacity: usize,
    out: &[T],
    derivatives: &mut [T],
) -> f64 {
    let mut loss = 0.0;
    for (i, &row) in batch.rows.iter().enumerate() {
        let logit = |output: usize| out[output * capacity + i].to_f64();
        let highest = (0..outputs).map(logit).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = (0..outputs).map(|o| (logit(o) - highest).exp()).sum();
        let label = labels[row as usize] as usize;
        let weight = batch.weight(row) / batch.rows.len() as f64;
        loss += weight * (sum.ln() + highest - logit(label));
        for output in 0..outputs {
            let probability = (logit(output) - highest).exp() / sum;
            let hit = f64::from(u8::from(output == label));
            derivatives[output * capacity + i] = T::from_f64(weight * (probability - hit));
        }
    }
    for output in derivatives.chunks_exact_mut(capacity) {
        output[batch.rows.len()..].fill(T::default());
    }
    loss
}
