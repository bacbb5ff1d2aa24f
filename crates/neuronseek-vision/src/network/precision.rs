//! What convolutions and products are computed in.

use burn_backend::DType;
use burn_backend::backend::Backend;
use burn_tensor::Tensor;
use serde::{Deserialize, Serialize};

/// The precision of convolutions and products; parameters, norms, sums and losses are always kept
/// in single precision, so that no scaling of the loss is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// Single precision.
    #[default]
    Full,
    /// Operands in bfloat16: for graphics cards, whose tensor units are made for it.
    Mixed,
}

impl Precision {
    /// An operand as the precision wants it.
    pub(super) fn operand<B: Backend, const D: usize>(self, x: Tensor<B, D>) -> Tensor<B, D> {
        match self {
            Precision::Full => x,
            Precision::Mixed => x.cast(DType::BF16),
        }
    }

    /// A result, back in single precision.
    pub(super) fn result<B: Backend, const D: usize>(self, y: Tensor<B, D>) -> Tensor<B, D> {
        match self {
            Precision::Full => y,
            Precision::Mixed => y.cast(DType::F32),
        }
    }
}
