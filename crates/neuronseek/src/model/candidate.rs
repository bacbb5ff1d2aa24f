use std::time::Instant;

use rayon::prelude::*;

use super::checkpoint::Keeper;
use super::data::{Data, Subset};
use super::equation::Found;
use super::fit::FitError;
use super::metrics::Metrics;
use super::options::{FitOptions, NeuronChoice};
use super::paired::RowErrors;
use super::predict::{Limits, Predictor, mean_outputs, measure};
use super::report::{CandidateKind, Outcome};
use super::settle::{self, Form};
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
    /// What each validation row adds to the nmse; no rows for classes.
    pub rows: RowErrors,
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
        let Subset {
            target,
            truth,
            weights,
            ..
        } = &data.validation;
        let outputs = self.outputs(data, &data.validation);
        let metrics = measure(&outputs, &self.scale, (target, truth), weights.as_deref());
        self.validation = metrics.map_or(f64::INFINITY, |metrics| metrics.loss());
        self.rows = RowErrors::new(truth, &self.scale.restore(&outputs), weights.as_deref());
        self
    }

    fn transformed(&self) -> bool {
        let transform = self.scale.transform().unwrap_or_default();
        transform != TargetTransform::None
    }
}

/// Fits all candidates: of each form of the target, in a fixed order, the network of the found or
/// given neuron, the network of `x` at equal parameters, the search's polynomial. Gives the index
/// of each candidate's form with it.
///
/// Where the polynomial of a form is exact, networks of other forms are not trained.
pub(super) fn fit_candidates(
    data: &Data,
    options: &FitOptions,
    forms: &[Form],
    keeper: &Keeper,
    control: &Control<'_>,
) -> Result<Vec<(usize, Candidate)>, FitError> {
    let mut polynomials = Vec::new();
    let mut scales = Vec::new();
    for form in forms {
        let scale = settle::scale(data, form.transform)?;
        let found = form.found.as_ref().filter(|_| options.loss.is_none());
        polynomials.push(found.map(|found| polynomial(data, &scale, found)));
        scales.push(scale);
    }
    let is_exact = |one: &Option<Candidate>| one.as_ref().is_some_and(|c| c.validation <= EXACT);
    let exact = polynomials.iter().rposition(is_exact);
    let mut networks = Vec::new();
    for (index, (form, scale)) in forms.iter().zip(scales).enumerate() {
        if exact.is_some_and(|exact| exact != index) {
            continue;
        }
        let report = form.found.as_ref().map(|found| &found.report);
        networks.push(Networks {
            form: index,
            data,
            options,
            configs: network_configs(data, options, report)?,
            training: Inputs::new(data, &data.training, &scale),
            validation: Inputs::new(data, &data.validation, &scale),
            scale,
            keeper,
        });
    }
    let mut candidates = train_networks(&networks, control)?;
    for (index, polynomial) in polynomials.into_iter().enumerate() {
        candidates.extend(polynomial.map(|candidate| (index, candidate)));
    }
    candidates.sort_by_key(|(form, _)| *form);
    Ok(candidates)
}

/// The search's polynomial.
pub(super) fn polynomial(data: &Data, scale: &TargetScale, found: &Found) -> Candidate {
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
        rows: RowErrors::default(),
    };
    candidate.judged(data)
}

/// Trains all networks of all forms.
fn train_networks(
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
struct Networks<'a> {
    form: usize,
    data: &'a Data,
    options: &'a FitOptions,
    configs: Vec<NetworkConfig>,
    scale: TargetScale,
    training: Inputs<'a>,
    validation: Inputs<'a>,
    keeper: &'a Keeper,
}

impl Networks<'_> {
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
            None => candidate.judged(self.data),
            // Of a loss of the user's own, what was made small is what is compared.
            Some(_) => candidate,
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

/// The index of the candidate with the least validation loss and the reason in words; `None` when
/// there is none. One of a transformed target that nobody asked for must be better beyond noise
/// than all of the target as it is. Of a given neuron its first network is taken unless that is
/// a matter of the target's form: it is what the user wants.
pub(super) fn choose(
    candidates: &[(usize, Candidate)],
    options: &FitOptions,
) -> Option<(usize, String)> {
    let given = matches!(options.neuron, NeuronChoice::Given(_));
    let best_of = |form: usize| {
        let mut best: Option<usize> = None;
        for (index, (own, candidate)) in candidates.iter().enumerate() {
            let takes = match best {
                None => true,
                // Later candidates win ties: x is plainer than the found neuron, the polynomial
                // than both.
                Some(best) => !given && candidate.validation <= candidates[best].1.validation,
            };
            if *own == form && takes {
                best = Some(index);
            }
        }
        best
    };
    let mut forms: Vec<usize> = candidates.iter().map(|(form, _)| *form).collect();
    forms.dedup();
    let mut best = best_of(*forms.first()?)?;
    for form in forms.into_iter().skip(1) {
        let other = best_of(form)?;
        if candidates[other].1.rows.beats(&candidates[best].1.rows) {
            best = other;
        }
    }
    let winner = &candidates[best].1;
    if let NeuronChoice::Given(neuron) = &options.neuron {
        return Some((best, format!("{neuron} was given")));
    }
    let others: Vec<String> = candidates
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != best)
        .map(|(_, (_, other))| format!("{} {}", describe(other), loss_text(other.validation)))
        .collect();
    let loss = format!("{} {}", describe(winner), loss_text(winner.validation));
    if others.is_empty() {
        return Some((best, format!("{} was the only candidate", describe(winner))));
    }
    let least = candidates
        .iter()
        .all(|(_, other)| winner.validation <= other.validation);
    let found = winner.kind == CandidateKind::Network && winner.neuron.is_linear() && best > 0;
    let verdict = match (least, found) {
        (false, _) => "no candidate of a transformed target is better beyond noise",
        (true, true) => "the found neuron does not beat x on the validation rows, so x is taken",
        (true, false) => "least loss on the validation rows",
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
