//! Learned piecewise-linear functions of single inputs.
//!
//! For an input with knots `t_0 < ... < t_B`, component d of its embedding is
//! `E_d(x) = sum_b s_{d,b} clamp((x - t_b) / (t_{b+1} - t_b), 0, 1)`: a continuous function that
//! changes by the step `s_{d,b}` over bin b. For a row only its own bin is between 0 and 1, so that
//! the value is the sum of all steps before the bin, kept in a table, and a share of one step.

use serde::{Deserialize, Serialize};

use super::real::Real;
use crate::matrix::Matrix;

/// The most bins of an input.
pub const MAX_BINS: usize = 1024;

/// Knots are at least so far apart. (A bin between two numbers that rounding alone tells apart would be
/// a jump, and the prediction at it a matter of the last digit.)
const CLOSEST: f32 = 1e-4;

/// The widest embedding of an input.
pub const MAX_EMBEDDING_WIDTH: usize = 256;

/// Where the piecewise-linear embedding of each input has its knots.
///
/// The components of all embedded inputs enter the first layer by weights, beside the terms of its
/// neuron, as further inputs of `x` would.
///
/// | field | range |
/// |---|---|
/// | `knots` | one entry per input: none (not embedded), or 2 to [`MAX_BINS`] + 1 numbers, ascending |
/// | `width` | 1 to [`MAX_EMBEDDING_WIDTH`] |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    /// The knots of each input; an empty list leaves the input out.
    pub knots: Vec<Vec<f32>>,
    /// The components of each embedded input.
    pub width: usize,
}

impl Embedding {
    /// Knots at the quantiles of each column of `inputs`, so that bins hold about equally many
    /// rows; at every value where there are at most `bins` + 1. Columns of one or two values are
    /// left out: x itself is as good. `None` when no column is left.
    pub fn fit(inputs: &Matrix<f32>, bins: usize, width: usize) -> Option<Embedding> {
        let bins = bins.clamp(1, MAX_BINS);
        let knots: Vec<Vec<f32>> = (0..inputs.columns())
            .map(|column| quantiles(inputs.column(column), bins))
            .collect();
        let any = knots.iter().any(|knots| !knots.is_empty());
        any.then_some(Embedding { knots, width })
    }

    /// What is wrong with it for so many inputs, in words.
    pub(super) fn problems(&self, inputs: usize) -> Vec<String> {
        let mut problems = Vec::new();
        if self.knots.len() != inputs {
            problems.push(format!(
                "the embedding is of {} inputs, the network has {inputs}",
                self.knots.len()
            ));
        }
        if !(1..=MAX_EMBEDDING_WIDTH).contains(&self.width) {
            problems.push(format!(
                "the width of the embedding is {}, allowed is 1 to {MAX_EMBEDDING_WIDTH}",
                self.width
            ));
        }
        for (input, knots) in self.knots.iter().enumerate() {
            let sound = knots.iter().all(|knot| knot.is_finite())
                && knots.windows(2).all(|pair| pair[0] < pair[1]);
            if !(knots.is_empty() || (sound && (2..=MAX_BINS + 1).contains(&knots.len()))) {
                problems.push(format!(
                    "the knots of input {input} are not 2 to {} ascending numbers",
                    MAX_BINS + 1
                ));
            }
        }
        problems
    }
}

fn quantiles(mut column: Vec<f32>, bins: usize) -> Vec<f32> {
    column.sort_unstable_by(f32::total_cmp);
    let mut distinct = column.clone();
    apart(&mut distinct);
    if distinct.len() <= 2 {
        return Vec::new();
    }
    if distinct.len() <= bins + 1 {
        return distinct;
    }
    let last = column.len() - 1;
    let mut knots: Vec<f32> = (0..=bins)
        .map(|bin| column[(bin * last + bins / 2) / bins])
        .collect();
    apart(&mut knots);
    match knots.len() {
        // Nearly all rows are one value: the extremes tell the others from it.
        1 => vec![column[0], column[last]],
        _ => knots,
    }
}

/// Of ascending numbers those that are [`CLOSEST`] or more from the one before.
fn apart(ascending: &mut Vec<f32>) {
    ascending.dedup_by(|next, kept| *next - *kept < CLOSEST);
}

/// The embedded inputs of a layer, and where their steps lie.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Embedded {
    pub width: usize,
    pub inputs: Vec<EmbeddedInput>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct EmbeddedInput {
    /// The row of the layer's inputs.
    pub input: usize,
    /// Offset of its steps, width x bins.
    pub steps: usize,
    knots: Vec<f32>,
    /// 1 / (width of the bin), by bin.
    inverse: Vec<f32>,
}

impl EmbeddedInput {
    pub fn new(input: usize, steps: usize, knots: &[f32]) -> EmbeddedInput {
        EmbeddedInput {
            input,
            steps,
            knots: knots.to_vec(),
            inverse: knots.windows(2).map(|k| 1.0 / (k[1] - k[0])).collect(),
        }
    }

    pub fn knots(&self) -> &[f32] {
        &self.knots
    }

    pub fn bins(&self) -> usize {
        self.inverse.len()
    }

    /// The bin of a value and its place in the bin, 0 to 1.
    #[inline(always)]
    fn place<T: Real>(&self, x: T) -> (u32, T) {
        let value = x.to_f64() as f32;
        let (mut bin, mut step) = (0, self.bins().next_power_of_two());
        while step > 0 {
            let next = bin + step;
            if next < self.bins() && self.knots[next] <= value {
                bin = next;
            }
            step /= 2;
        }
        let start = T::from_f64(f64::from(self.knots[bin]));
        let share = (x - start) * T::from_f64(f64::from(self.inverse[bin]));
        let share = share.larger(T::ZERO);
        (bin as u32, if share > T::ONE { T::ONE } else { share })
    }
}

/// Where each row of the batch stands: bins and shares, embedded inputs x rows.
pub(super) struct Places<T> {
    bins: Vec<u32>,
    shares: Vec<T>,
    /// Two numbers of each bin, side by side since they are wanted together.
    table: Vec<[T; 2]>,
    /// Whether the steps never change: then the table of their sums is made once.
    fixed: bool,
}

impl<T> Places<T> {
    /// For steps that change from batch to batch, or not.
    pub fn new(fixed: bool) -> Places<T> {
        Places {
            bins: Vec::new(),
            shares: Vec::new(),
            table: Vec::new(),
            fixed,
        }
    }
}

impl Embedded {
    /// The number of components of all inputs.
    pub fn components(&self) -> usize {
        self.width.saturating_mul(self.inputs.len())
    }

    /// Fills `out`, components x rows, from the layer's inputs, inputs x rows.
    pub fn values<T: Real>(
        &self,
        parameters: &[T],
        inputs: &[T],
        rows: usize,
        places: &mut Places<T>,
        out: &mut [T],
    ) {
        let count = self.inputs.len() * rows;
        places.bins.resize(count, 0);
        places.shares.resize(count, T::ZERO);
        if !places.fixed || places.table.is_empty() {
            self.tabulate(parameters, &mut places.table);
        }
        let mut table = places.table.as_slice();
        for (position, embedded) in self.inputs.iter().enumerate() {
            let own = position * rows..(position + 1) * rows;
            let (bins, shares) = (&mut places.bins[own.clone()], &mut places.shares[own]);
            let values = &inputs[embedded.input * rows..(embedded.input + 1) * rows];
            for ((bin, share), &x) in bins.iter_mut().zip(shares.iter_mut()).zip(values) {
                (*bin, *share) = embedded.place(x);
            }
            let count = embedded.bins();
            let first = position * self.width;
            for component in 0..self.width {
                let (own, rest) = table.split_at(count);
                table = rest;
                let out = &mut out[(first + component) * rows..(first + component + 1) * rows];
                for ((out, &bin), &share) in out.iter_mut().zip(bins.iter()).zip(shares.iter()) {
                    let [before, step] = own[bin as usize];
                    *out = before + share * step;
                }
            }
        }
    }

    /// Of each embedded input, component and bin the sum of the steps before and the bin's own.
    fn tabulate<T: Real>(&self, parameters: &[T], table: &mut Vec<[T; 2]>) {
        table.clear();
        for embedded in &self.inputs {
            for component in 0..self.width {
                let first = embedded.steps + component * embedded.bins();
                let mut sum = T::ZERO;
                for &step in &parameters[first..first + embedded.bins()] {
                    table.push([sum, step]);
                    sum += step;
                }
            }
        }
    }

    /// Sets the gradient of the steps from that of the components (components x rows).
    pub fn gradient<T: Real>(
        &self,
        rows: usize,
        places: &mut Places<T>,
        d_out: &[T],
        gradient: &mut [T],
    ) {
        for (position, embedded) in self.inputs.iter().enumerate() {
            let own = position * rows..(position + 1) * rows;
            let (bins, shares) = (&places.bins[own.clone()], &places.shares[own]);
            let count = embedded.bins();
            let first = position * self.width;
            for component in 0..self.width {
                let d_out = &d_out[(first + component) * rows..(first + component + 1) * rows];
                let steps = &mut gradient[embedded.steps + component * count..][..count];
                places.table.clear();
                places.table.resize(count, [T::ZERO; 2]);
                for ((&slope, &bin), &share) in d_out.iter().zip(bins).zip(shares) {
                    let [whole, part] = &mut places.table[bin as usize];
                    *whole += slope;
                    *part += slope * share;
                }
                // A step counts in full for every row of a later bin.
                let mut later = T::ZERO;
                for (step, &[whole, part]) in steps.iter_mut().zip(&places.table).rev() {
                    *step = part + later;
                    later += whole;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded(knots: &[f32], width: usize) -> Embedded {
        Embedded {
            width,
            inputs: vec![EmbeddedInput::new(0, 0, knots)],
        }
    }

    #[test]
    fn values_are_sums_of_steps() {
        let embedded = embedded(&[-1.0, 0.0, 2.0, 3.0], 2);
        let steps = [1.0, 10.0, 100.0, -1.0, 0.5, 4.0];
        let x = [-5.0, -1.0, -0.5, 0.0, 1.0, 2.0, 2.25, 3.0, 9.0];
        let mut out = vec![0.0; 2 * x.len()];
        embedded.values(&steps, &x, x.len(), &mut Places::new(false), &mut out);
        let expected = [0.0, 0.0, 0.5, 1.0, 6.0, 11.0, 36.0, 111.0, 111.0];
        assert_eq!(out[..x.len()], expected);
        let expected = [0.0, 0.0, -0.5, -1.0, -0.75, -0.5, 0.5, 3.5, 3.5];
        assert_eq!(out[x.len()..], expected);
    }

    #[test]
    fn every_bin_is_found() {
        for bins in 1..70 {
            let knots: Vec<f32> = (0..=bins).map(|knot| knot as f32).collect();
            let embedded = EmbeddedInput::new(0, 0, &knots);
            for bin in 0..bins {
                assert_eq!(embedded.place(bin as f32), (bin as u32, 0.0));
                assert_eq!(embedded.place(bin as f32 + 0.5), (bin as u32, 0.5));
            }
            assert_eq!(embedded.place(-3.0f32), (0, 0.0));
            assert_eq!(embedded.place(99.0f32), (bins as u32 - 1, 1.0));
        }
    }

    #[test]
    fn knots_are_values_or_quantiles() {
        let column = |values: Vec<f32>| Matrix::from_vec(values.len(), 1, values);
        let fit = |values: Vec<f32>, bins| Embedding::fit(&column(values), bins, 4);
        assert_eq!(fit(vec![0.0, 1.0, 0.0, 1.0], 8), None);
        let few = fit(vec![3.0, 1.0, 2.0, 1.0], 8).unwrap();
        assert_eq!(few.knots, [[1.0, 2.0, 3.0]]);
        let many = fit((0..=100).map(|x| x as f32).collect(), 4).unwrap();
        assert_eq!(many.knots, [[0.0, 25.0, 50.0, 75.0, 100.0]]);
        let mut rare = vec![0.0; 97];
        rare.extend([1.0, 2.0, 3.0]);
        let rare = fit(rare, 2).unwrap();
        assert_eq!(rare.knots, [[0.0, 3.0]]);
        for (inputs, problems) in [(1, 0), (2, 1)] {
            assert_eq!(many.problems(inputs).len(), problems);
        }
        let wrong = Embedding {
            knots: vec![vec![1.0, 1.0], vec![0.0], vec![0.0, f32::NAN]],
            width: 0,
        };
        assert_eq!(wrong.problems(3).len(), 4);
    }
}
