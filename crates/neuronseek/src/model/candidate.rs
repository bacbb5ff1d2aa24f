use std::time::Instant;

use rayon::prelude::*;

use super::checkpoint::Keeper;
use super::data::{Data, Subset};
use super::fit::FitError;
use super::options::{FitOptions, NeuronChoice};
use super::predict::{Limits, Predictor, mean_outputs, measure};
use super::report::{CandidateKind, Outcome};
use crate::matrix::Matrix;
use crate::network::{Loss, Network, NetworkConfig, widths_matching};
use crate::neuron::Neuron;
use crate::observe::{Control, Event};
use crate::search::Report;
use crate::train::{Samples, TrainConfig, train};

/// A predictor that takes part in the choice.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub kind: CandidateKind,
    pub neuron: Neuron,
    pub hidden: Vec<usize>,
    pub parameters: usize,
    pub epochs: Option<usize>,
    pub predictor: Predictor,
    /// nmse or log loss on the validation rows.
    pub validation: f64,
}

impl Candidate {
    /// Scaled targets or logits.
    pub fn outputs(&self, data: &Data, subset: &Subset) -> Matrix<f64> {
        match &self.predictor {
            Predictor::Networks(members) => {
                let inputs = data.network_scale.apply(&subset.encoded).to_f32();
                mean_outputs(members, &inputs)
            }
            Predictor::Formula(formula) => {
                let inputs = data.search_scale.apply(&subset.encoded);
                let mut outputs = formula.values(&inputs);
                Limits::of(&data.training.target).apply(&mut outputs);
                outputs
            }
        }
    }

    pub fn outcome(&self, data: &Data, chosen: bool) -> Outcome {
        let test = data.test.as_ref();
        Outcome {
            kind: self.kind,
            neuron: self.neuron.clone(),
            hidden: self.hidden.clone(),
            parameters: self.parameters,
            validation: self.validation,
            test: test.and_then(|test| {
                let outputs = self.outputs(data, test);
                measure(&outputs, &test.target, &data.preparation, None)
            }),
            epochs: self.epochs,
            chosen,
        }
    }

    fn judged(mut self, data: &Data) -> Candidate {
        let Subset {
            target, weights, ..
        } = &data.validation;
        let outputs = self.outputs(data, &data.validation);
        let metrics = measure(&outputs, target, &data.preparation, weights.as_deref());
        self.validation = metrics.map_or(f64::INFINITY, |metrics| metrics.loss());
        self
    }
}

/// Fits all candidates, in a fixed order: the network of the found or given neuron, the network
/// of `x` at equal parameters, the search's polynomial.
pub(super) fn fit_candidates(
    data: &Data,
    options: &FitOptions,
    search: Option<&Report>,
    keeper: &Keeper,
    control: &Control<'_>,
) -> Result<Vec<Candidate>, FitError> {
    let configs = network_configs(data, options, search)?;
    let members = options.network.members;
    let jobs: Vec<(&NetworkConfig, usize)> = configs
        .iter()
        .flat_map(|config| (0..members).map(move |member| (config, member)))
        .collect();
    let training = Inputs::new(data, &data.training);
    let validation = Inputs::new(data, &data.validation);
    let trained: Vec<Option<Trained>> = jobs
        .par_iter()
        .enumerate()
        .map(|(index, (config, member))| {
            let job = Job {
                config,
                member: *member,
                options,
            };
            let control = limited(control, index, jobs.len());
            job.run(&training, &validation, keeper, &control)
        })
        .collect::<Result<_, FitError>>()?;
    let mut candidates = Vec::new();
    for (config, trained) in configs.iter().zip(trained.chunks(members)) {
        let finished: Vec<&Trained> = trained.iter().flatten().collect();
        if finished.is_empty() {
            continue;
        }
        let epochs = finished.iter().map(|trained| trained.epochs).sum::<usize>();
        let loss = finished.iter().map(|trained| trained.loss).sum::<f64>();
        let networks: Vec<_> = finished.iter().map(|t| t.network.clone()).collect();
        let candidate = Candidate {
            kind: CandidateKind::Network,
            neuron: config.neuron.clone(),
            hidden: config.hidden.clone(),
            parameters: networks.iter().map(Network::parameter_count).sum(),
            epochs: Some(epochs / finished.len()),
            predictor: Predictor::Networks(networks),
            validation: loss / finished.len() as f64,
        };
        candidates.push(match options.loss {
            None => candidate.judged(data),
            // Of a loss of the user's own, what was made small is what is compared.
            Some(_) => candidate,
        });
    }
    if let Some(report) = search.filter(|_| options.loss.is_none()) {
        let candidate = Candidate {
            kind: CandidateKind::Polynomial,
            neuron: report.neuron.clone(),
            hidden: Vec::new(),
            parameters: report.formula.parameters(),
            epochs: None,
            predictor: Predictor::Formula(report.formula.clone()),
            validation: f64::NAN,
        };
        candidates.push(candidate.judged(data));
    }
    Ok(candidates)
}

/// The index of the candidate with the least validation loss and the reason in words; `None` when
/// there is none. Of a given neuron no comparison is made: it is what the user wants.
pub(super) fn choose(candidates: &[Candidate], options: &FitOptions) -> Option<(usize, String)> {
    let first = candidates.first()?;
    if let NeuronChoice::Given(neuron) = &options.neuron {
        return Some((0, format!("{neuron} was given")));
    }
    let better = |a: &Candidate, b: &Candidate| a.validation < b.validation;
    // Later candidates win ties: x is plainer than the found neuron, the polynomial than both.
    let mut best = 0;
    for (index, candidate) in candidates.iter().enumerate() {
        if !better(&candidates[best], candidate) {
            best = index;
        }
    }
    let winner = &candidates[best];
    let others: Vec<String> = candidates
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != best)
        .map(|(_, other)| format!("{} {:.4}", describe(other), other.validation))
        .collect();
    let loss = format!("{} {:.4}", describe(winner), winner.validation);
    if others.is_empty() {
        return Some((best, format!("{} was the only candidate", describe(first))));
    }
    let found = winner.kind == CandidateKind::Network && winner.neuron.is_linear() && best > 0;
    let verdict = if found {
        "the found neuron does not beat x on the validation rows, so x is taken"
    } else {
        "least loss on the validation rows"
    };
    Some((
        best,
        format!("{verdict}: {loss}, against {}", others.join(", ")),
    ))
}

fn describe(candidate: &Candidate) -> String {
    match candidate.kind {
        CandidateKind::Network => format!("network of {}", candidate.neuron),
        CandidateKind::Polynomial => format!("polynomial {}", candidate.neuron),
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

/// Rows as networks see them.
struct Inputs<'a> {
    matrix: Matrix<f32>,
    subset: &'a Subset,
}

impl<'a> Inputs<'a> {
    fn new(data: &Data, subset: &'a Subset) -> Inputs<'a> {
        Inputs {
            matrix: data.network_scale.apply(&subset.encoded).to_f32(),
            subset,
        }
    }

    fn samples(&self) -> Samples<'_> {
        Samples {
            inputs: &self.matrix,
            target: &self.subset.target,
            weights: self.subset.weights.as_deref(),
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

/// One member of one candidate.
struct Job<'a> {
    config: &'a NetworkConfig,
    member: usize,
    options: &'a FitOptions,
}

impl Job<'_> {
    /// Trains it; `None` when the fit was ended before an epoch was done.
    fn run(
        &self,
        training: &Inputs<'_>,
        validation: &Inputs<'_>,
        keeper: &Keeper,
        control: &Control<'_>,
    ) -> Result<Option<Trained>, FitError> {
        let name = format!("network {} #{}", self.config.neuron, self.member + 1);
        control.observer.notice(&Event::Stage { name: &name });
        // The member's number is mixed in so that members of neighbouring seeds differ.
        let seed = self.options.seed.wrapping_mul(1_000_003) + self.member as u64;
        let mut network = Network::new(self.config.clone(), seed)?;
        let settings = TrainConfig {
            seed,
            loss: self
                .options
                .loss
                .unwrap_or_else(|| Loss::of(&training.subset.target)),
            ..self.options.train.clone()
        };
        let history = train(
            &mut network,
            &training.samples(),
            Some(&validation.samples()),
            &settings,
            control,
            keeper.network(&name),
            &mut |checkpoint| keeper.keep_network(&name, checkpoint),
        )?;
        Ok(history.best_epoch.map(|epochs| Trained {
            network,
            epochs,
            loss: history.best_loss.unwrap_or(f64::INFINITY),
        }))
    }
}
