//! The networks of each form of the target.

use std::time::Instant;

use rayon::prelude::*;

use super::candidate::Candidate;
use super::checkpoint::Keeper;
use super::data::{Data, Subset};
use super::fit::FitError;
use super::options::{FitOptions, NeuronChoice};
use super::paired::RowErrors;
use super::predict::{Limits, Predictor};
use super::report::CandidateKind;
use crate::matrix::Matrix;
use crate::network::{Loss, Network, NetworkConfig, widths_matching};
use crate::neuron::Neuron;
use crate::observe::{Control, Event};
use crate::prepare::{Outcome as TargetScale, Target, TargetTransform};
use crate::search::Report;
use crate::train::{Samples, TrainConfig, train};

/// Trains all networks of all forms.
pub(super) fn train_networks(
    networks: &[Networks<'_>],
    control: &Control<'_>,
) -> Result<Vec<(usize, Candidate)>, FitError> {
    let mut jobs = Vec::new();
    for networks in networks {
        for config in &networks.configs {
            let members = 0..networks.options.network.members;
            jobs.extend(members.map(|member| (networks, config, member)));
        }
    }
    let trained: Vec<Option<Trained>> = jobs
        .par_iter()
        .enumerate()
        .map(|(index, (networks, config, member))| {
            let control = limited(control, index, jobs.len());
            networks.train(config, *member, &control)
        })
        .collect::<Result<_, FitError>>()?;
    let mut trained = trained.into_iter();
    let mut candidates = Vec::new();
    for networks in networks {
        for config in &networks.configs {
            let members = trained.by_ref().take(networks.options.network.members);
            let finished: Vec<Trained> = members.flatten().collect();
            let candidate = networks.candidate(config, finished);
            candidates.extend(candidate.map(|candidate| (networks.form, candidate)));
        }
    }
    Ok(candidates)
}

/// The networks of one form of the target.
pub(super) struct Networks<'a> {
    form: usize,
    data: &'a Data,
    options: &'a FitOptions,
    configs: Vec<NetworkConfig>,
    scale: TargetScale,
    training: Inputs,
    validation: Inputs,
    keeper: &'a Keeper,
}

impl<'a> Networks<'a> {
    /// The networks to train for the form of this index, of this scale and search.
    pub fn new(
        form: usize,
        data: &'a Data,
        options: &'a FitOptions,
        (scale, report): (TargetScale, Option<&Report>),
        keeper: &'a Keeper,
    ) -> Result<Networks<'a>, FitError> {
        Ok(Networks {
            form,
            data,
            options,
            configs: network_configs(data, options, report)?,
            training: Inputs::new(data, &data.training, &scale),
            validation: Inputs::new(data, &data.validation, &scale),
            scale,
            keeper,
        })
    }

    /// The average of the members of a configuration; `None` without members.
    fn candidate(&self, config: &NetworkConfig, finished: Vec<Trained>) -> Option<Candidate> {
        if finished.is_empty() {
            return None;
        }
        let count = finished.len();
        let epochs = finished.iter().map(|trained| trained.epochs).sum::<usize>();
        let loss = finished.iter().map(|trained| trained.loss).sum::<f64>();
        let networks: Vec<_> = finished.into_iter().map(|t| t.network).collect();
        let candidate = Candidate {
            kind: CandidateKind::Network,
            neuron: config.neuron.clone(),
            hidden: config.hidden.clone(),
            parameters: networks.iter().map(Network::parameter_count).sum(),
            epochs: Some(epochs / count),
            predictor: Predictor::Networks(networks),
            scale: self.scale.clone(),
            inputs: self.data.search_scale.clone(),
            limits: Limits::of(&self.training.target),
            validation: loss / count as f64,
            rows: RowErrors::default(),
        };
        Some(match self.options.loss {
            // Of a loss of the user's own, what was made small is what is compared.
            Some(loss) if loss.power().is_none() => candidate,
            _ => candidate.judged(self.data),
        })
    }

    /// Trains one; `None` when the fit was ended before an epoch was done.
    fn train(
        &self,
        config: &NetworkConfig,
        member: usize,
        control: &Control<'_>,
    ) -> Result<Option<Trained>, FitError> {
        let mut name = format!("network {} #{}", config.neuron, member + 1);
        if let Some(transform) = self
            .scale
            .transform()
            .filter(|t| *t != TargetTransform::None)
        {
            name.push_str(&format!(" ({transform})"));
        }
        control.observer.notice(&Event::Stage { name: &name });
        // The member's number is mixed in so that members of neighbouring seeds differ.
        let seed = self.options.seed.wrapping_mul(1_000_003) + member as u64;
        let mut network = Network::new(config.clone(), seed)?;
        let loss = self.options.loss;
        let settings = TrainConfig {
            seed,
            loss: loss.unwrap_or_else(|| Loss::of(&self.training.target)),
            ..self.options.train.clone()
        };
        let history = train(
            &mut network,
            &self.training.samples(),
            Some(&self.validation.samples()),
            &settings,
            control,
            self.keeper.network(&name),
            &mut |checkpoint| self.keeper.keep_network(&name, checkpoint),
        )?;
        Ok(history.best_epoch.map(|epochs| Trained {
            network,
            epochs,
            loss: history.best_loss.unwrap_or(f64::INFINITY),
        }))
    }
}

/// Rows as networks see them.
struct Inputs {
    matrix: Matrix<f32>,
    target: Target,
    weights: Option<Vec<f64>>,
}

impl Inputs {
    fn new(data: &Data, subset: &Subset, scale: &TargetScale) -> Inputs {
        Inputs {
            matrix: data.network_scale.apply(&subset.encoded).to_f32(),
            target: subset.scaled(scale),
            weights: data.fitting_weights(subset),
        }
    }

    fn samples(&self) -> Samples<'_> {
        Samples {
            inputs: &self.matrix,
            target: &self.target,
            weights: self.weights.as_deref(),
        }
    }
}

/// A trained member.
struct Trained {
    network: Network<f32>,
    /// The epoch of its best weights.
    epochs: usize,
    /// Its loss on the validation rows.
    loss: f64,
}

/// Gives job `index` of `jobs` its share of the time that is left: the threads take the jobs in
/// contiguous runs, one run a thread.
fn limited<'a>(control: &Control<'a>, index: usize, jobs: usize) -> Control<'a> {
    let now = Instant::now();
    let run = jobs.div_ceil(rayon::current_num_threads().max(1));
    let left_in_run = (run - index % run) as u32;
    Control {
        observer: control.observer,
        stop: control.stop,
        deadline: control
            .deadline
            .map(|deadline| now + deadline.saturating_duration_since(now) / left_in_run),
    }
}

/// The networks to train: of the neuron, and of `x` at equal parameters where that is a rival.
fn network_configs(
    data: &Data,
    options: &FitOptions,
    search: Option<&Report>,
) -> Result<Vec<NetworkConfig>, FitError> {
    let shape = &options.network;
    let (neuron, rival) = match (&options.neuron, search) {
        (NeuronChoice::Given(neuron), _) => (neuron.clone(), options.compare),
        (NeuronChoice::Search, Some(report)) if !report.neuron.is_empty() => {
            (report.neuron.clone(), true)
        }
        (NeuronChoice::Search, _) => (Neuron::linear(), false),
    };
    let config = NetworkConfig {
        inputs: data.preparation.input_names().len(),
        outputs: data.training.target.outputs(),
        hidden: shape.hidden.clone(),
        neuron,
        placement: shape.placement,
        interactions: shape.interactions,
        rank: shape.rank,
        activation: shape.activation,
        norm: shape.norm,
        dropout: shape.dropout,
        skip: shape.skip.clone(),
        embedding: None,
    };
    config.check()?;
    let mut configs = vec![config.clone()];
    if rival && !config.neuron.is_linear() {
        let mut plain = NetworkConfig {
            neuron: Neuron::linear(),
            ..config.clone()
        };
        plain.hidden = widths_matching(&plain, config.parameters());
        configs.push(plain);
    }
    Ok(configs)
}
