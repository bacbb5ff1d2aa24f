use serde::{Deserialize, Serialize};

use super::quantile::{Sorted, is_indicator, root_mean_square};
use crate::matrix::Matrix;
use crate::terms::{CpuPath, Kernel, Lanes};

/// Cells further from the median than this many deviations of their side are winsorised.
///
/// A deviation of a side is the distance from the median to the 5th or 95th percentile over 1.645,
/// so that a skewed law keeps its long tail: of 25,000 log-normal cells (sigma 1) less than one
/// lies beyond, and a cell 25 deviations out spoils a third power 15,000-fold.
const WINSOR_DEVIATIONS: f64 = 25.0;

/// Where an input has its zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Kept where the user's zero lies between the 5th and the 95th percentile; the median else.
    #[default]
    Auto,
    /// Always the user's zero.
    Keep,
    /// Always the median, but for 0/1 inputs.
    Center,
}

/// The scaling of one input: `(winsorised x - shift) / scale`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputScale {
    /// Where the new zero is, in the user's unit: 0 or the median.
    pub shift: f64,
    /// The root mean square about the shift, of winsorised cells; above 0.
    pub scale: f64,
    /// The lowest and the highest number that is let through; `None` lets all through.
    pub limits: Option<[f64; 2]>,
    /// How many cells of the rows it was fitted on lie beyond the limits.
    pub winsorised: usize,
}

/// The scaling that a search sees: inputs are scaled, shifted where need be, never bent.
///
/// A structure is not invariant to shifts (`x^3` of a shifted input shows a spurious `x^2`), so the
/// user's zero stays wherever it lies inside the data. It is not where the data are far from it
/// (years, pressures), for there the powers of an input are all alike. A smooth clip, which a
/// network's inputs get, would turn `x^2` into something else; but a cell beyond 25 robust
/// deviations is an error of somebody's more often than not, and would own every power, so it is
/// set to the limit and counted. Inputs of 0 and 1 alone are left as they are: their powers are
/// themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SearchScale {
    inputs: Vec<InputScale>,
}

impl SearchScale {
    /// Fits to all rows of `inputs` (rows x inputs, training rows, no NaN).
    pub fn fit(inputs: &Matrix<f64>, origin: Origin) -> SearchScale {
        SearchScale {
            inputs: (0..inputs.columns())
                .map(|column| InputScale::fit(&inputs.column(column), origin))
                .collect(),
        }
    }

    /// The scaled matrix, rows x inputs; columns behind those it was fitted to are left out.
    ///
    /// # Panics
    /// When `inputs` has fewer columns than the matrix it was fitted to.
    pub fn apply(&self, inputs: &Matrix<f64>) -> Matrix<f64> {
        let mut scaled = inputs.leading_columns(self.inputs.len());
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

    /// Scales the first inputs of the block, inputs x rows, and gives them back alone.
    ///
    /// # Panics
    /// When the block has fewer inputs than the matrix it was fitted to.
    pub(crate) fn apply_block<'a>(
        &self,
        path: CpuPath,
        block: &'a mut [f64],
        rows: usize,
    ) -> &'a mut [f64] {
        let block = &mut block[..self.inputs.len() * rows];
        for (input, values) in self.inputs.iter().zip(block.chunks_exact_mut(rows)) {
            path.run(Scaling(input, values));
        }
        block
    }

    /// The same without shifts and limits: inputs are divided by their scale and nothing else.
    pub(crate) fn plain(&self) -> SearchScale {
        let plain = |input: &InputScale| InputScale {
            shift: 0.0,
            scale: input.scale,
            limits: None,
            winsorised: 0,
        };
        SearchScale {
            inputs: self.inputs.iter().map(plain).collect(),
        }
    }

    /// The scaling of each input.
    pub fn inputs(&self) -> &[InputScale] {
        &self.inputs
    }

    /// What the user should know of winsorised cells, one sentence per input that has any;
    /// `names` as [`super::Preparation::input_names`].
    pub fn warnings(&self, names: &[String]) -> Vec<String> {
        let inputs = self.inputs.iter().zip(names);
        inputs
            .filter_map(|(input, name)| {
                let [low, high] = input.limits.filter(|_| input.winsorised > 0)?;
                let cells = if input.winsorised == 1 {
                    "cell lies"
                } else {
                    "cells lie"
                };
                Some(format!(
                    "{name}: {} {cells} beyond {WINSOR_DEVIATIONS} robust deviations; the search \
                     takes {low:.6} to {high:.6} for the range of this input",
                    input.winsorised
                ))
            })
            .collect()
    }

    /// Whether this can scale a matrix of so many inputs; says what is wrong.
    pub fn validate(&self, inputs: usize) -> Result<(), String> {
        if self.inputs.len() != inputs {
            return Err(format!(
                "the search's scaling is of {} inputs, not of {inputs}",
                self.inputs.len()
            ));
        }
        let sound = |input: &InputScale| {
            let ordered = input
                .limits
                .is_none_or(|[low, high]| low.is_finite() && high.is_finite() && low <= high);
            input.shift.is_finite() && input.scale.is_finite() && input.scale > 0.0 && ordered
        };
        match self.inputs.iter().position(|input| !sound(input)) {
            Some(input) => Err(format!(
                "the search's scaling of input {input} is no scaling"
            )),
            None => Ok(()),
        }
    }
}

/// One input of a block, scaled in place.
struct Scaling<'a>(&'a InputScale, &'a mut [f64]);

impl Kernel<f64> for Scaling<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Lanes<Scalar = f64>>(self) {
        let Scaling(input, values) = self;
        let (limits, shift, scale) = (input.range(), input.shift, input.scale);
        for value in values {
            *value = scaled(*value, limits, shift, scale);
        }
    }
}

impl InputScale {
    /// Whether the user's zero was kept.
    pub fn keeps_zero(&self) -> bool {
        self.shift == 0.0
    }

    fn fit(column: &[f64], origin: Origin) -> InputScale {
        if is_indicator(column) {
            return InputScale {
                shift: 0.0,
                scale: 1.0,
                limits: None,
                winsorised: 0,
            };
        }
        let sorted = Sorted::new(column.iter().copied());
        let (low, high) = (sorted.quantile(0.05), sorted.quantile(0.95));
        let keep = match origin {
            Origin::Keep => true,
            Origin::Center => false,
            Origin::Auto => low <= 0.0 && 0.0 <= high,
        };
        let shift = if keep { 0.0 } else { sorted.median() };
        let limits = limits(&sorted);
        let beyond = |value: f64| limits.is_some_and(|[low, high]| value < low || value > high);
        let winsorised = sorted.values().iter().filter(|&&value| beyond(value));
        // Later rows are held to the limits too, whether or not a training cell lies beyond.
        let mut input = InputScale {
            shift,
            scale: 1.0,
            limits,
            winsorised: winsorised.count(),
        };
        let scale = root_mean_square(sorted.values().iter().map(|&value| input.apply(value)));
        if scale > 0.0 && scale.is_finite() {
            input.scale = scale;
        }
        input
    }

    fn apply(&self, value: f64) -> f64 {
        scaled(value, self.range(), self.shift, self.scale)
    }

    fn range(&self) -> [f64; 2] {
        self.limits.unwrap_or([-f64::MAX, f64::MAX])
    }
}

#[inline(always)]
fn scaled(value: f64, [low, high]: [f64; 2], shift: f64, scale: f64) -> f64 {
    (value.clamp(low, high) - shift) / scale
}

/// The limits of winsorising; `None` for a column that never varies.
fn limits(sorted: &Sorted) -> Option<[f64; 2]> {
    let median = sorted.median();
    let reach = |edge: f64, side: &dyn Fn(f64) -> bool| {
        let robust = (edge - median).abs() / 1.645;
        // A side whose percentile is the median itself (a column of many zeros) has no robust
        // deviation; its root mean square is the next best.
        let plain = || {
            let side = sorted.values().iter().filter(|&&value| side(value));
            root_mean_square(side.map(|value| value - median))
        };
        WINSOR_DEVIATIONS * if robust > 0.0 { robust } else { plain() }
    };
    let low = median - reach(sorted.quantile(0.05), &|value| value < median);
    let high = median + reach(sorted.quantile(0.95), &|value| value > median);
    let varies = sorted.values().first() < sorted.values().last();
    (varies && low.is_finite() && high.is_finite()).then_some([low, high])
}
