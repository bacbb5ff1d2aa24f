use super::TrainError;
use crate::matrix::Matrix;
use crate::network::{EncodedTarget, Loss, Network};
use crate::prepare::Target;

/// Rows to train on or to validate with.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// rows x inputs, bounded (see `prepare::NetworkScale`), no NaN.
    pub inputs: &'a Matrix<f32>,
    /// One target per row.
    pub target: &'a Target,
    /// One non-negative weight per row, of any scale; `None` is all 1.
    pub weights: Option<&'a [f64]>,
}

/// Samples in the network's own number type.
pub(super) struct Encoded<'a> {
    pub inputs: &'a Matrix<f32>,
    pub target: EncodedTarget<f32>,
    /// Mean 1.
    pub weights: Option<Vec<f32>>,
}

impl Samples<'_> {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.inputs.rows()
    }

    /// Checks that the samples fit each other, the network and the loss.
    fn problem(&self, network: &Network<f32>, loss: Loss) -> Option<String> {
        let rows = self.rows();
        if rows == 0 || rows > u32::MAX as usize {
            return Some(format!("there are {rows}"));
        }
        let config = network.config();
        if self.inputs.columns() != config.inputs {
            let columns = self.inputs.columns();
            return Some(format!(
                "{columns} inputs, the network has {}",
                config.inputs
            ));
        }
        if self.target.rows() != rows {
            return Some(format!(
                "{rows} inputs rows, {} targets",
                self.target.rows()
            ));
        }
        if self.target.outputs() != config.outputs {
            let outputs = self.target.outputs();
            return Some(format!(
                "{outputs} outputs, the network has {}",
                config.outputs
            ));
        }
        if !loss.fits(self.target) {
            let (target, other) = match loss {
                Loss::CrossEntropy => ("numbers", "classes"),
                _ => ("classes", "numbers"),
            };
            return Some(format!(
                "the {} is for a target of {other}, and this target has {target}",
                loss.name()
            ));
        }
        if let Some(position) = self.inputs.data().iter().position(|x| !x.is_finite()) {
            let (row, column) = (position / config.inputs, position % config.inputs);
            return Some(format!("input {column} of row {row} is not finite"));
        }
        match self.target {
            Target::Values(values) => {
                let bad = values.data().iter().position(|y| !y.is_finite());
                if let Some(position) = bad {
                    let row = position / config.outputs;
                    return Some(format!("the target of row {row} is not finite"));
                }
            }
            Target::Classes { labels, count } => {
                if let Some(row) = labels.iter().position(|label| label >= count) {
                    return Some(format!("row {row} has class {} of {count}", labels[row]));
                }
            }
        }
        self.weights
            .and_then(|weights| weights_problem(weights, rows))
    }

    pub(super) fn encode(
        &self,
        which: &'static str,
        network: &Network<f32>,
        loss: Loss,
    ) -> Result<Encoded<'_>, TrainError> {
        if let Some(problem) = self.problem(network, loss) {
            return Err(TrainError::Samples { which, problem });
        }
        let weights = self.weights.map(|weights| {
            let mean = weights.iter().sum::<f64>() / weights.len() as f64;
            weights.iter().map(|&w| (w / mean) as f32).collect()
        });
        Ok(Encoded {
            inputs: self.inputs,
            target: EncodedTarget::new(self.target),
            weights,
        })
    }
}

fn weights_problem(weights: &[f64], rows: usize) -> Option<String> {
    if weights.len() != rows {
        return Some(format!("{rows} rows, {} weights", weights.len()));
    }
    let bad = weights.iter().position(|&w| !(w.is_finite() && w >= 0.0));
    if let Some(row) = bad {
        let weight = weights[row];
        return Some(format!(
            "the weight of row {row} is {weight}, allowed is 0 or more"
        ));
    }
    let sum: f64 = weights.iter().sum();
    (sum <= 0.0 || !sum.is_finite()).then(|| format!("the weights add up to {sum}"))
}
