//! Predictions block by block: inputs are encoded, scaled, turned into outputs and these brought
//! back to the user's unit while they are in the cache.
//!
//! Passes over whole matrices, one a step, were rejected: each takes as long as a small model's
//! arithmetic, since it waits for memory. A row's outputs do not depend on the rows beside it, nor on
//! the number of threads.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::predict::{Limits, Member};
use crate::matrix::Matrix;
use crate::network::{BLOCK, BlockPredictor};
use crate::prepare::{InputBlocks, NetworkScale, Outcome, SearchScale};
use crate::terms::{Buffer, CpuPath, Tape, padded};

/// Blocks that a thread takes at least, so that few tables of less than 1,024 rows are split.
const BLOCKS: usize = 16;

/// What turns a block of encoded inputs into a block of outputs.
pub(super) enum BlockModel<'a> {
    /// Networks, whose outputs are added by their weights.
    Networks {
        scale: &'a NetworkScale,
        members: &'a [Member],
    },
    /// A polynomial, whose outputs are kept in the limits.
    Polynomial {
        scale: &'a SearchScale,
        tape: Box<Tape>,
        limits: &'a Limits,
    },
}

/// Buffers of one thread, features x rows.
struct Scratch<'a> {
    encoded: Buffer<f64>,
    scaled: Buffer<f32>,
    outputs: Buffer<f64>,
    predictors: Vec<BlockPredictor<'a, f32>>,
}

impl BlockModel<'_> {
    /// The scaled targets or logits of all rows, rows x `outputs`; with `restored` in the targets'
    /// units, and logits as they are. `None` where a table has an infinite number.
    pub fn outputs(
        &self,
        inputs: &InputBlocks<'_>,
        outputs: usize,
        restored: Option<&Outcome>,
    ) -> Option<Matrix<f64>> {
        let mut result = Matrix::zeros(inputs.rows(), outputs);
        let (path, finite) = (CpuPath::detect(), AtomicBool::new(true));
        result
            .data_mut()
            .par_chunks_mut(BLOCK * outputs)
            .with_min_len(BLOCKS)
            .enumerate()
            .for_each_init(
                || self.scratch(inputs.inputs(), outputs),
                |scratch, (block, out)| {
                    let count = out.len() / outputs;
                    let rows = padded(count);
                    let encoded = &mut scratch.encoded[..inputs.inputs() * rows];
                    let first = block * BLOCK;
                    if !inputs.load(path, first..first + count, (encoded, rows)) {
                        finite.store(false, Ordering::Relaxed);
                    }
                    let found = &mut scratch.outputs[..outputs * rows];
                    match self {
                        BlockModel::Networks { scale, members } => {
                            let scaled = &mut scratch.scaled[..encoded.len()];
                            scale.apply_block(path, encoded, rows, scaled);
                            add_up(members, &mut scratch.predictors, (scaled, rows), found);
                        }
                        BlockModel::Polynomial {
                            scale,
                            tape,
                            limits,
                        } => {
                            let scaled = scale.apply_block(path, encoded, rows);
                            tape.values(path, scaled, rows, found);
                            limits.apply_block(path, found, rows);
                        }
                    }
                    if let Some(outcome) = restored {
                        outcome.restore_block(path, found, rows);
                    }
                    by_row(found, rows, out, outputs);
                },
            );
        finite.into_inner().then_some(result)
    }

    fn scratch(&self, inputs: usize, outputs: usize) -> Scratch<'_> {
        let (members, scaled): (&[Member], usize) = match self {
            BlockModel::Networks { members, .. } => (members, inputs),
            BlockModel::Polynomial { .. } => (&[], 0),
        };
        Scratch {
            encoded: Buffer::zeros(inputs * BLOCK),
            scaled: Buffer::zeros(scaled * BLOCK),
            outputs: Buffer::zeros(outputs * BLOCK),
            predictors: predictors(members),
        }
    }
}

/// The members' outputs times their weights, summed in the members' order. Members see all columns
/// of `inputs`, scaled for them, or, one number for all that do not, the first ones.
pub(super) fn sum_of_outputs(members: &[Member], inputs: &Matrix<f32>) -> Matrix<f64> {
    let outputs = members.first().map_or(0, |m| m.network.config().outputs);
    let mut result = Matrix::zeros(inputs.rows(), outputs);
    result
        .data_mut()
        .par_chunks_mut(BLOCK * outputs.max(1))
        .enumerate()
        .for_each_init(
            || {
                let block = Buffer::zeros(inputs.columns() * BLOCK);
                (predictors(members), block, Buffer::zeros(outputs * BLOCK))
            },
            |(predictors, block, found), (index, out)| {
                let rows = padded(out.len() / outputs);
                for place in 0..out.len() / outputs {
                    let from = inputs.row(index * BLOCK + place).iter();
                    for (input, &value) in from.enumerate() {
                        block[input * rows + place] = value;
                    }
                }
                let block = &block[..inputs.columns() * rows];
                let found = &mut found[..outputs * rows];
                add_up(members, predictors, (block, rows), found);
                by_row(found, rows, out, outputs);
            },
        );
    result
}

fn predictors(members: &[Member]) -> Vec<BlockPredictor<'_, f32>> {
    let members = members.iter();
    members.map(|m| BlockPredictor::new(&m.network)).collect()
}

/// Sets `sums`, outputs x rows, to the sum over members of weight times outputs, for scaled inputs,
/// inputs x rows.
fn add_up(
    members: &[Member],
    predictors: &mut [BlockPredictor<'_, f32>],
    (scaled, rows): (&[f32], usize),
    sums: &mut [f64],
) {
    sums.fill(0.0);
    for (member, predictor) in members.iter().zip(predictors) {
        predictor.load(scaled, rows);
        for (sums, values) in sums.chunks_exact_mut(rows).zip(predictor.outputs()) {
            for (sum, &value) in sums.iter_mut().zip(values) {
                *sum += member.weight * f64::from(value);
            }
        }
    }
}

/// From a block, outputs x `stride`, to its rows, rows x outputs.
fn by_row(block: &[f64], stride: usize, out: &mut [f64], outputs: usize) {
    if outputs == 1 {
        return out.copy_from_slice(&block[..out.len()]);
    }
    for (row, out) in out.chunks_exact_mut(outputs).enumerate() {
        for (output, value) in out.iter_mut().enumerate() {
            *value = block[output * stride + row];
        }
    }
}
