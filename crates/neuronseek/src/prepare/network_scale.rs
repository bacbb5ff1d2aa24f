use serde::{Deserialize, Serialize};

use super::quantile::{Sorted, is_indicator, root_mean_square};
use crate::matrix::Matrix;
use crate::terms::{CpuPath, Kernel, Lanes};

/// Scaled inputs stay below this in absolute value.
const BOUND: f64 = 3.0;

/// The scaling that a network sees: `z = (x - center) / scale`, then `z / sqrt(1 + (z/3)^2)`, so
/// that `|z| < 3` and no power of an outlier can explode.
///
/// The center is the median and the scale the interquartile range / 1.349, which is the deviation
/// of a normal law; where the middle half of a column is one value, the scale is the deviation
/// about the median. (Batch norm per term, the other way to tame powers, does not survive one
/// outlier row.) Inputs of 0 and 1 alone are left as they are.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetworkScale {
    inputs: Vec<BoundedInput>,
}

/// The scaling of one input.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundedInput {
    /// What is taken away.
    pub center: f64,
    /// What the rest is divided by; above 0.
    pub scale: f64,
    /// Whether that and the bend are applied: a 0/1 input is only kept within -3 and 3.
    pub bounded: bool,
}

impl NetworkScale {
    /// Fits to all rows of `inputs` (rows x inputs, training rows, no NaN).
    pub fn fit(inputs: &Matrix<f64>) -> NetworkScale {
        NetworkScale {
            inputs: (0..inputs.columns())
                .map(|column| BoundedInput::fit(&inputs.column(column)))
                .collect(),
        }
    }

    /// The scaled matrix, rows x inputs.
    ///
    /// # Panics
    /// When `inputs` does not have as many columns as the matrix it was fitted to.
    pub fn apply(&self, inputs: &Matrix<f64>) -> Matrix<f64> {
        assert_eq!(inputs.columns(), self.inputs.len(), "inputs");
        let mut scaled = inputs.clone();
        if self.inputs.is_empty() {
            return scaled;
        }
        for row in scaled.data_mut().chunks_exact_mut(self.inputs.len()) {
            for (value, input) in row.iter_mut().zip(&self.inputs) {
                *value = input.apply(*value);
            }
        }
        scaled
    }

    /// Sets `scaled` to the scaled block, both inputs x rows, in the precision of networks.
    ///
    /// # Panics
    /// When the blocks have other numbers of inputs.
    pub(crate) fn apply_block(
        &self,
        path: CpuPath,
        block: &[f64],
        rows: usize,
        scaled: &mut [f32],
    ) {
        assert_eq!(block.len(), self.inputs.len() * rows, "inputs");
        assert_eq!(scaled.len(), block.len(), "scaled inputs");
        let inputs = block.chunks_exact(rows).zip(scaled.chunks_exact_mut(rows));
        for (input, (from, to)) in self.inputs.iter().zip(inputs) {
            path.run(Bounding(input, from, to));
        }
    }

    /// The scaling of each input.
    pub fn inputs(&self) -> &[BoundedInput] {
        &self.inputs
    }

    /// Whether this can scale a matrix of so many inputs; says what is wrong.
    pub fn validate(&self, inputs: usize) -> Result<(), String> {
        if self.inputs.len() != inputs {
            return Err(format!(
                "the network's scaling is of {} inputs, not of {inputs}",
                self.inputs.len()
            ));
        }
        let sound = |input: &BoundedInput| {
            input.center.is_finite() && input.scale.is_finite() && input.scale > 0.0
        };
        match self.inputs.iter().position(|input| !sound(input)) {
            Some(input) => Err(format!(
                "the network's scaling of input {input} is no scaling"
            )),
            None => Ok(()),
        }
    }
}

/// One input of a block, scaled.
struct Bounding<'a>(&'a BoundedInput, &'a [f64], &'a mut [f32]);

impl Kernel<f64> for Bounding<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f64>>(self) {
        let Bounding(&input, from, to) = self;
        for (to, &value) in to.iter_mut().zip(from) {
            *to = input.apply(value) as f32;
        }
    }
}

impl BoundedInput {
    fn fit(column: &[f64]) -> BoundedInput {
        if is_indicator(column) {
            return BoundedInput {
                center: 0.0,
                scale: 1.0,
                bounded: false,
            };
        }
        let sorted = Sorted::new(column.iter().copied());
        let center = sorted.median();
        let range = sorted.quantile(0.75) - sorted.quantile(0.25);
        let deviation = root_mean_square(sorted.values().iter().map(|value| value - center));
        let usable = |scale: &f64| *scale > 0.0 && scale.is_finite();
        let scale = [range / 1.349, deviation].into_iter().find(usable);
        BoundedInput {
            center,
            scale: scale.unwrap_or(1.0),
            bounded: true,
        }
    }

    #[inline(always)]
    fn apply(&self, value: f64) -> f64 {
        if !self.bounded {
            return value.clamp(-BOUND, BOUND);
        }
        // Beyond 1e6 the curve is flat to ten digits, and a square might overflow.
        let z = ((value - self.center) / self.scale).clamp(-1e6, 1e6);
        z / (1.0 + (z / BOUND).powi(2)).sqrt()
    }
}
