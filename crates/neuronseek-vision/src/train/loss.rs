//! The loss of a batch.

use burn_backend::backend::Backend;
use burn_tensor::{Tensor, TensorData, activation};

/// Targets of a batch, `images x classes`, rows summing to one.
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// Row after row.
    pub shares: Vec<f32>,
    /// Classes.
    pub classes: usize,
}

impl Targets {
    /// `(1 - s) (share [label] + (1 - share) [partner]) + s / classes` with the smoothing `s`
    /// (Szegedy et al. 2016); `partners` and `shares` come from mixup, or are empty.
    pub fn new(
        labels: &[u32],
        partners: &[u32],
        shares: &[f32],
        classes: usize,
        smoothing: f32,
    ) -> Targets {
        let mut targets = vec![smoothing / classes as f32; labels.len() * classes];
        for (row, &label) in labels.iter().enumerate() {
            let share = shares.get(row).copied().unwrap_or(1.0);
            let partner = partners.get(row).copied().unwrap_or(label);
            let target = &mut targets[row * classes..(row + 1) * classes];
            target[label as usize] += (1.0 - smoothing) * share;
            target[partner as usize] += (1.0 - smoothing) * (1.0 - share);
        }
        Targets {
            shares: targets,
            classes,
        }
    }

    /// On a device.
    pub fn tensor<B: Backend>(&self, device: &B::Device) -> Tensor<B, 2> {
        let rows = self.shares.len() / self.classes;
        let data = TensorData::new(self.shares.clone(), [rows, self.classes]);
        Tensor::from_data(data, device)
    }
}

/// The cross-entropy `-sum_c t_c log softmax(z)_c`, summed over the batch.
pub fn cross_entropy<B: Backend>(logits: Tensor<B, 2>, targets: Tensor<B, 2>) -> Tensor<B, 1> {
    (activation::log_softmax(logits, 1) * targets).sum().neg()
}

impl Targets {
    /// The targets of some rows.
    pub(super) fn rows(&self, rows: &std::ops::Range<usize>) -> Targets {
        let numbers = rows.start * self.classes..rows.end * self.classes;
        Targets {
            shares: self.shares[numbers].to_vec(),
            classes: self.classes,
        }
    }
}
