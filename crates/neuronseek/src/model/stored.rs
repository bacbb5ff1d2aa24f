//! The model as its file has it: [`file`] says how the bytes lie.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::file::{self, FileError, NamedTensor};
use super::intervals::{Intervals, IntervalsDocument};
use super::predict::{Limits, Member, Model, ModelError, Predictor};
use super::report::FitReport;
use crate::network::{Network, NetworkConfig, Tensor};
use crate::prepare::{NetworkScale, Preparation, SearchScale};
use crate::search::Formula;

#[derive(Serialize, Deserialize)]
struct Document {
    preparation: Preparation,
    search_scale: SearchScale,
    network_scale: NetworkScale,
    predictor: PredictorDocument,
    limits: Limits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intervals: Option<IntervalsDocument>,
    report: FitReport,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PredictorDocument {
    /// The same weight for all members, of one shape: what was written before there were blends.
    Networks {
        config: NetworkConfig,
        members: usize,
    },
    /// Each member with the index of its shape and its weight.
    Blend {
        configs: Vec<NetworkConfig>,
        members: Vec<(usize, f64)>,
    },
    Formula(Formula),
}

impl Model {
    /// The bytes of the model file; the same model gives the same bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let (predictor, mut tensors) = match &self.predictor {
            Predictor::Networks(members) => network_document(members),
            Predictor::Formula(formula) => {
                (Some(PredictorDocument::Formula(formula.clone())), vec![])
            }
        };
        let intervals = self.intervals.as_ref().map(|intervals| {
            let (document, own) = intervals.document();
            tensors.extend(own);
            document
        });
        let unwritable = |reason: String| FileError::Foreign {
            path: "the model".to_string(),
            reason,
        };
        let document = Document {
            preparation: self.preparation.clone(),
            search_scale: self.search_scale.clone(),
            network_scale: self.network_scale.clone(),
            predictor: predictor.ok_or_else(|| unwritable("it has no network".to_string()))?,
            limits: self.limits.clone(),
            intervals,
            report: self.report.clone(),
        };
        Ok(file::encode(file::TABLE_FORMAT, &document, &tensors).map_err(unwritable)?)
    }

    /// Reads what [`Model::to_bytes`] wrote; `path` is for messages.
    pub fn from_bytes(bytes: &[u8], path: &str) -> Result<Model, ModelError> {
        let (document, tensors): (Document, Vec<NamedTensor>) =
            file::decode(file::TABLE_FORMAT, bytes, path)?;
        let damaged = |reason: String| FileError::Damaged {
            path: path.to_string(),
            reason,
        };
        let predictor = match document.predictor {
            PredictorDocument::Formula(formula) => Predictor::Formula(formula),
            PredictorDocument::Networks { config, members } => {
                let weight = 1.0 / members.max(1) as f64;
                let read = |member| read_member(&config, member, weight, &tensors);
                let networks: Result<Vec<_>, String> = (0..members).map(read).collect();
                Predictor::Networks(networks.map_err(damaged)?)
            }
            PredictorDocument::Blend { configs, members } => {
                let read = |(member, (shape, weight)): (usize, &(usize, f64))| {
                    let config = configs.get(*shape).ok_or("a network has no shape")?;
                    read_member(config, member, *weight, &tensors)
                };
                let networks: Result<Vec<_>, String> =
                    members.iter().enumerate().map(read).collect();
                Predictor::Networks(networks.map_err(damaged)?)
            }
        };
        let shape = (
            document.preparation.input_names().len(),
            document.preparation.outputs(),
        );
        let intervals = document.intervals;
        let intervals = intervals.map(|document| Intervals::read(document, &tensors, shape));
        let model = Model {
            intervals: intervals.transpose().map_err(damaged)?,
            preparation: document.preparation,
            search_scale: document.search_scale,
            network_scale: document.network_scale,
            predictor,
            limits: document.limits,
            report: document.report,
        };
        model.check().map_err(damaged)?;
        Ok(model)
    }

    /// Writes the model file: all of it, or nothing.
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        Ok(file::write_whole(path, &self.to_bytes()?)?)
    }

    /// Reads a model file.
    pub fn load(path: &Path) -> Result<Model, ModelError> {
        let bytes = file::read_whole(path)?;
        Model::from_bytes(&bytes, &path.display().to_string())
    }

    /// Whether the parts fit each other; a file with a right checksum may still be made by a
    /// program that got it wrong.
    fn check(&self) -> Result<(), String> {
        self.preparation.validate()?;
        let inputs = self.preparation.input_names().len();
        self.search_scale
            .validate(self.preparation.search_inputs())?;
        self.network_scale.validate(inputs)?;
        let outputs = self.preparation.outputs();
        let (seen_inputs, seen_outputs) = match &self.predictor {
            Predictor::Formula(formula) => {
                formula.check()?;
                if formula.inputs() != self.preparation.search_inputs() {
                    return Err(format!("its formula is of {} inputs", formula.inputs()));
                }
                (inputs, formula.outputs())
            }
            Predictor::Networks(members) => {
                let allowed = [self.preparation.search_inputs(), inputs];
                let fits = |member: &Member| {
                    let config = member.network.config();
                    allowed.contains(&config.inputs) && config.outputs == outputs
                };
                if members.is_empty() {
                    return Err("it has no network".to_string());
                }
                if let Some(other) = members.iter().position(|member| !fits(member)) {
                    return Err(format!("network {other} has another shape"));
                }
                if let Some(bad) = members.iter().position(|member| !member.weight.is_finite()) {
                    return Err(format!("the weight of network {bad} is not finite"));
                }
                (inputs, outputs)
            }
        };
        if (seen_inputs, seen_outputs) != (inputs, outputs) {
            return Err(format!(
                "its predictor maps {seen_inputs} inputs to {seen_outputs} outputs, \
                 its preparation {inputs} to {outputs}"
            ));
        }
        let limited = self.limits.0.len();
        if limited != 0 && limited != outputs {
            return Err(format!("it has limits for {limited} of {outputs} outputs"));
        }
        Ok(())
    }
}

fn network_document(members: &[Member]) -> (Option<PredictorDocument>, Vec<NamedTensor>) {
    let mut tensors = Vec::new();
    let mut configs: Vec<NetworkConfig> = Vec::new();
    let mut places = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let config = member.network.config();
        let known = configs.iter().position(|known| known == config);
        let shape = known.unwrap_or_else(|| {
            configs.push(config.clone());
            configs.len() - 1
        });
        places.push((shape, member.weight));
        tensors.extend(named_tensors(&member.network, &format!("member.{index}.")));
    }
    let document = (!members.is_empty()).then_some(PredictorDocument::Blend {
        configs,
        members: places,
    });
    (document, tensors)
}

fn read_member(
    config: &NetworkConfig,
    member: usize,
    weight: f64,
    tensors: &[NamedTensor],
) -> Result<Member, String> {
    let network = read_network(config, &format!("member.{member}."), tensors)?;
    Ok(Member { network, weight })
}

/// The tensors of a network, with `prefix` before their names.
pub(super) fn named_tensors(network: &Network<f32>, prefix: &str) -> Vec<NamedTensor> {
    let tensors = network.tensors().into_iter().map(|tensor| NamedTensor {
        name: format!("{prefix}{}", tensor.name),
        shape: tensor.shape,
        values: tensor.values.to_vec(),
    });
    tensors.collect()
}

/// The network of a shape from those of the tensors whose names have this prefix.
pub(super) fn read_network(
    config: &NetworkConfig,
    prefix: &str,
    tensors: &[NamedTensor],
) -> Result<Network<f32>, String> {
    let own = tensors.iter().filter_map(|tensor| {
        Some(Tensor {
            name: tensor.name.strip_prefix(prefix)?.to_string(),
            shape: tensor.shape.clone(),
            values: &tensor.values,
        })
    });
    let own: Vec<Tensor<'_, f32>> = own.collect();
    Network::from_tensors(config.clone(), &own).map_err(|error| error.to_string())
}
