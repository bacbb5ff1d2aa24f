use std::time::Instant;

use rayon::prelude::*;

use super::checkpoint::Keeper;
use super::data::{Data, Subset};
use super::equation::Found;
use super::fit::FitError;
use super::metrics::Metrics;
use super::options::{FitOptions, NeuronChoice, TransformChoice};
use super::predict::{Limits, Predictor, mean_outputs, measure};
use super::report::{CandidateKind, Outcome};
use crate::matrix::Matrix;
use crate::network::{Loss, Network, NetworkConfig, widths_matching};
use crate::neuron::Neuron;
use crate::observe::{Control, Event};
use crate::prepare::{Outcome as TargetScale, SearchScale, Target, TargetTransform};
use crate::search::Report;
use crate::train::{Samples, TrainConfig, train};

/// A candidate that leaves less than this share of the validation rows' variance is taken for
/// exact: networks need not be tried on other scales.
const EXACT: f64 = 1e-6;

/// A predictor that takes part in the choice.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub kind: CandidateKind,
    pub neuron: Neuron,
    pub hidden: Vec<usize>,
    pub parameters: usize,
    pub epochs: Option<usize>,
    pub predictor: Predictor,
    /// The scale of its outputs.
    pub scale: TargetScale,
    /// The scale of a polynomial's inputs.
    pub inputs: SearchScale,
    /// What a polynomial's outputs are kept in.
    pub limits: Limits,
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
                let mut outputs = formula.values(&self.inputs.apply(&subset.encoded));
                self.limits.apply(&mut outputs);
                outputs
            }
        }
    }

    /// Metrics in the user's unit.
    pub fn measured(
        &self,
        data: &Data,
        subset: &Subset,
        weights: Option<&[f64]>,
    ) -> Option<Metrics> {
        let outputs = self.outputs(data, subset);
        let target = (&subset.target, &subset.truth);
        measure(&outputs, &self.scale, target, weights)
    }

    pub fn outcome(&self, data: &Data, chosen: bool) -> Outcome {
        let test = data.test.as_ref();
        Outcome {
            kind: self.kind,
            neuron: self.neuron.clone(),
            transform: self.scale.transform(),
            hidden: self.hidden.clone(),
            parameters: self.parameters,
            validation: self.validation,
            test: test.and_then(|test| self.measured(data, test, None)),
            epochs: self.epochs,
            chosen,
        }
    }

    /// With its bias taken away, where the target is transformed, and its validation loss.
    fn judged(mut self, data: &Data) -> Candidate {
        if self.transformed() {
            let known = data.known();
            let outputs = self.outputs(data, &known);
            self.scale = self.scale.smeared(&known.truth, &outputs);
        }
        let validation = &data.validation;
        let metrics = self.measured(data, validation, validation.weights.as_deref());
        self.validation = metrics.map_or(f64::INFINITY, |metrics| metrics.loss());
        self
    }

    fn transformed(&self) -> bool {
        let transform = self.scale.transform().unwrap_or_default();
        transform != TargetTransform::None
    }
}

/// Fits all candidates, in a fixed order: the network of the found or given neuron, the network
/// of `x` at equal parameters, the search's polynomial.
///
/// Where a transform of the target was chosen, and not asked for, each network's first member is
/// trained on both scales, and the others on the better one.
pub(super) fn fit_candidates(
    data: &Data,
    options: &FitOptions,
    (scale, found): (&TargetScale, Option<&Found>),
    keeper: &Keeper,
    control: &Control<'_>,
) -> Result<Vec<Candidate>, FitError> {
    let polynomial = found
        .filter(|_| options.loss.is_none())
        .map(|found| polynomial(data, scale, found));
    let exact = (polynomial.as_ref()).is_some_and(|candidate| candidate.validation <= EXACT);
    let mut scales = vec![scale.clone()];
    let plain = data.preparation.outcome();
    if options.target_transform == TransformChoice::Auto && plain != scale && !exact {
        scales.push(plain.clone());
    }
    let networks = Networks {
        data,
        options,
        configs: network_configs(data, options, found.map(|found| &found.report))?,
        training: scales.iter().map(|s| Inputs::new(data, &data.training, s)).collect(),
        validation: scales.iter().map(|s| Inputs::new(data, &data.validation, s)).collect(),
        scales,
        keeper,
    };
    let mut candidates = networks.fit(control)?;
    candidates.extend(polynomial);
    Ok(candidates)
}

/// The search's polynomial.
fn polynomial(data: &Data, scale: &TargetScale, found: &Found) -> Candidate {
    let candidate = Candidate {
        kind: CandidateKind::Polynomial,
        neuron: found.report.neuron.clone(),
        hidden: Vec::new(),
        parameters: found.report.formula.parameters(),
        epochs: None,
        predictor: Predictor::Formula(found.report.formula.clone()),
        scale: scale.clone(),
        inputs: found.scale.clone(),
        limits: Limits::of(&data.training.scaled(scale)),
        validation: f64::NAN,
    };
    candidate.judged(data)
}

/// The networks to be trained.
struct Networks<'a> {
    data: &'a Data,
    options: &'a FitOptions,
    configs: Vec<NetworkConfig>,
    /// The scales of the target to be tried, the preferred one first.
    scales: Vec<TargetScale>,
    /// One per scale.
    training: Vec<Inputs<'a>>,
    /// One per scale.
    validation: Vec<Inputs<'a>>,
    keeper: &'a Keeper,
}

/// One network: of which configuration, on which scale, which member.
#[derive(Debug, Clone, Copy)]
struct Job {
    config: usize,
    scale: usize,
    member: usize,
}

impl Networks<'_> {
    /// One candidate per configuration of which a network could be trained.
    fn fit(&self, control: &Control<'_>) -> Result<Vec<Candidate>, FitError> {
        let (configs, members) = (self.configs.len(), self.options.network.members);
        let jobs = |scales: &dyn Fn(usize) -> Vec<usize>, members: std::ops::Range<usize>| {
            let mut jobs = Vec::new();
            for config in 0..configs {
                for scale in scales(config) {
                    let one = |member| Job {
                        config,
                        scale,
                        member,
                    };
                    jobs.extend(members.clone().map(one));
                }
            }
            jobs
        };
        let mut chosen = vec![0; configs];
        let first = match self.scales.len() {
            1 => jobs(&|_| vec![0], 0..members),
            scales => jobs(&|_| (0..scales).collect(), 0..1),
        };
        let later = match self.scales.len() {
            1 => 0,
            _ => configs * (members - 1),
        };
        let mut trained = self.train(&first, later, control)?;
        if self.scales.len() > 1 {
            for (config, chosen) in chosen.iter_mut().enumerate() {
                *chosen = self.better_scale(config, &trained);
            }
            let rest = jobs(&|config| vec![chosen[config]], 1..members);
            trained.extend(self.train(&rest, 0, control)?);
        }
        let candidates = chosen.iter().enumerate();
        Ok(candidates
            .filter_map(|(config, &scale)| self.candidate(config, scale, &trained))
            .collect())
    }

    /// Trains networks while `later` others are still to come; one that was ended before an epoch
    /// was done is left out.
    fn train(
        &self,
        jobs: &[Job],
        later: usize,
        control: &Control<'_>,
    ) -> Result<Vec<(Job, Trained)>, FitError> {
        let trained: Vec<Option<(Job, Trained)>> = jobs
            .par_iter()
            .enumerate()
            .map(|(index, &job)| {
                let control = limited(control, index, jobs.len(), later);
                let trained = self.run(job, &control)?;
                Ok(trained.map(|trained| (job, trained)))
            })
            .collect::<Result<_, FitError>>()?;
        Ok(trained.into_iter().flatten().collect())
    }

    /// The scale on which the first member does best on the validation rows; the first wins ties.
    fn better_scale(&self, config: usize, trained: &[(Job, Trained)]) -> usize {
        let loss = |scale| {
            let candidate = self.candidate(config, scale, trained);
            candidate.map_or(f64::INFINITY, |candidate| candidate.validation)
        };
        let losses: Vec<f64> = (0..self.scales.len()).map(loss).collect();
        let mut best = 0;
        for (scale, loss) in losses.iter().enumerate() {
            if *loss < losses[best] {
                best = scale;
            }
        }
        best
    }

    /// The average of the networks of a configuration and a scale.
    fn candidate(
        &self,
        config: usize,
        scale: usize,
        trained: &[(Job, Trained)],
    ) -> Option<Candidate> {
        let own = |job: &Job| (job.config, job.scale) == (config, scale);
        let finished = trained.iter().filter(|(job, _)| own(job));
        let finished: Vec<&Trained> = finished.map(|(_, trained)| trained).collect();
        if finished.is_empty() {
            return None;
        }
        let epochs = finished.iter().map(|trained| trained.epochs).sum::<usize>();
        let loss = finished.iter().map(|trained| trained.loss).sum::<f64>();
        let networks: Vec<_> = finished.iter().map(|t| t.network.clone()).collect();
        let config = &self.configs[config];
        let candidate = Candidate {
            kind: CandidateKind::Network,
            neuron: config.neuron.clone(),
            hidden: config.hidden.clone(),
            parameters: networks.iter().map(Network::parameter_count).sum(),
            epochs: Some(epochs / finished.len()),
            predictor: Predictor::Networks(networks),
            scale: self.scales[scale].clone(),
            inputs: self.data.search_scale.clone(),
            limits: Limits::of(&self.training[scale].target),
            validation: loss / finished.len() as f64,
        };
        Some(match self.options.loss {
            None => candidate.judged(self.data),
            // Of a loss of the user's own, what was made small is what is compared.
            Some(_) => candidate,
        })
    }

    /// Trains one; `None` when the fit was ended before an epoch was done.
    fn run(&self, job: Job, control: &Control<'_>) -> Result<Option<Trained>, FitError> {
        let config = &self.configs[job.config];
        let (training, validation) = (&self.training[job.scale], &self.validation[job.scale]);
        let mut name = format!("network {} #{}", config.neuron, job.member + 1);
        if job.scale > 0 {
            name.push_str(", target as it is");
        }
        control.observer.notice(&Event::Stage { name: &name });
        // The member's number is mixed in so that members of neighbouring seeds differ.
        let seed = self.options.seed.wrapping_mul(1_000_003) + job.member as u64;
        let mut network = Network::new(config.clone(), seed)?;
        let settings = TrainConfig {
            seed,
            loss: self
                .options
                .loss
                .unwrap_or_else(|| Loss::of(&training.target)),
            ..self.options.train.clone()
        };
        let history = train(
            &mut network,
            &training.samples(),
            Some(&validation.samples()),
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
struct Inputs<'a> {
    matrix: Matrix<f32>,
    target: Target,
    subset: &'a Subset,
}

impl<'a> Inputs<'a> {
    fn new(data: &Data, subset: &'a Subset, scale: &TargetScale) -> Inputs<'a> {
        Inputs {
            matrix: data.network_scale.apply(&subset.encoded).to_f32(),
            target: subset.scaled(scale),
            subset,
        }
    }

    fn samples(&self) -> Samples<'_> {
        Samples {
            inputs: &self.matrix,
            target: &self.target,
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

/// Gives job `index` of `jobs`, after which `later` others come, its share of the time that is
/// left: the threads take the jobs in contiguous runs, one run a thread.
fn limited<'a>(control: &Control<'a>, index: usize, jobs: usize, later: usize) -> Control<'a> {
    let now = Instant::now();
    let threads = rayon::current_num_threads().max(1);
    let run = jobs.div_ceil(threads).max(1);
    let left_in_run = (run - index % run + later.div_ceil(threads)) as u32;
    Control {
        observer: control.observer,
        stop: control.stop,
        deadline: control
            .deadline
            .map(|deadline| now + deadline.saturating_duration_since(now) / left_in_run),
    }
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
        .map(|(_, other)| format!("{} {}", describe(other), loss_text(other.validation)))
        .collect();
    let loss = format!("{} {}", describe(winner), loss_text(winner.validation));
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
    let of = match candidate.scale.transform() {
        Some(transform) if candidate.transformed() => format!(" ({})", transform.text("target")),
        _ => String::new(),
    };
    match candidate.kind {
        CandidateKind::Network => format!("network of {}{of}", candidate.neuron),
        CandidateKind::Polynomial => format!("polynomial {}{of}", candidate.neuron),
    }
}

/// A loss in a sentence.
pub(super) fn loss_text(loss: f64) -> String {
    match loss {
        loss if loss != 0.0 && loss.abs() < 1e-3 => format!("{loss:.1e}"),
        loss => format!("{loss:.4}"),
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
