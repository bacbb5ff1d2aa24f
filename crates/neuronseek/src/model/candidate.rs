//! What takes part in the choice, and the choice.

use super::checkpoint::Keeper;
use super::data::{Data, Subset};
use super::equation::Found;
use super::fit::FitError;
use super::metrics::Metrics;
use super::networks::Networks;
use super::options::{FitOptions, NeuronChoice, Profile};
use super::paired::RowErrors;
use super::predict::{Limits, Predictor, measure, sum_of_outputs};
use super::report::{CandidateKind, Outcome};
use super::screening;
use super::settle::{self, Form};
use super::tune::{self, TuningReport};
use crate::matrix::Matrix;
use crate::neuron::Neuron;
use crate::observe::Control;
use crate::prepare::{Outcome as TargetScale, SearchScale, TargetTransform};

/// A candidate that leaves less than this share of the validation rows' variance is taken for
/// exact: no network can be better.
const EXACT: f64 = 1e-6;

/// A predictor that takes part in the choice.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub kind: CandidateKind,
    pub neuron: Neuron,
    /// The most bins of an embedded input.
    pub embedding: Option<usize>,
    /// Whether it sees the inputs that are of networks alone.
    pub statistics: bool,
    /// The weight in the blend.
    pub weight: Option<f64>,
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
    /// Outputs for the known rows of networks that did not see them; NaN where there are none.
    pub held_out: Option<Matrix<f64>>,
    /// nmse, deviance or log loss on the validation rows.
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
                sum_of_outputs(members, &inputs)
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
            embedding: self.embedding,
            statistics: self.statistics,
            weight: self.weight,
            networks: match &self.predictor {
                Predictor::Networks(members) => members.len(),
                Predictor::Formula(_) => 0,
            },
            hidden: self.hidden.clone(),
            parameters: self.parameters,
            validation: self.validation,
            test: test.and_then(|test| self.measured(data, test, None)),
            epochs: self.epochs,
            chosen,
        }
    }

    /// With its bias taken away, where the target is transformed, and its validation loss.
    pub fn judged(mut self, data: &Data) -> Candidate {
        if self.transformed() {
            let known = &data.known;
            let outputs = match self.whole() {
                Some(held_out) => held_out.clone(),
                None => self.outputs(data, known),
            };
            self.scale = self.scale.smeared(&known.truth, &outputs);
        }
        let Subset {
            target,
            truth,
            weights,
            ..
        } = &data.validation;
        let outputs = match &self.held_out {
            Some(held_out) => held_out.select_rows(&data.folds[0]),
            None => self.outputs(data, &data.validation),
        };
        let metrics = measure(&outputs, &self.scale, (target, truth), weights.as_deref());
        self.validation = metrics.map_or(f64::INFINITY, |metrics| metrics.loss());
        self.rows = RowErrors::new(truth, &self.scale.restore(&outputs), weights.as_deref());
        self
    }

    /// The rows that decisions are made by, with outputs that did not see them: all known rows
    /// where every fold held its own out, else the validation rows.
    pub fn unseen<'a>(&self, data: &'a Data) -> (&'a Subset, Matrix<f64>) {
        match (self.whole(), &self.held_out) {
            (Some(whole), _) if data.folds.len() > 1 => (&data.known, whole.clone()),
            (_, Some(held_out)) => (&data.validation, held_out.select_rows(&data.folds[0])),
            (_, None) => (&data.validation, self.outputs(data, &data.validation)),
        }
    }

    /// Outputs for all known rows of networks that did not see them, if there are.
    pub fn whole(&self) -> Option<&Matrix<f64>> {
        let held_out = self.held_out.as_ref();
        held_out.filter(|outputs| outputs.data().iter().all(|value| !value.is_nan()))
    }

    fn transformed(&self) -> bool {
        let transform = self.scale.transform().unwrap_or_default();
        transform != TargetTransform::None
    }
}

/// Candidates, each with the index of its form.
pub(super) type OfForms = Vec<(usize, Candidate)>;

/// Fits all candidates: of each form of the target, in a fixed order, networks of several kinds,
/// their blend, the search's polynomial. Gives the index of each candidate's form with it.
///
/// Where the polynomial of a form is exact, no network is trained. Tuning comes first, where the
/// options want it; its report is the second value.
pub(super) fn fit_candidates(
    data: &Data,
    options: &FitOptions,
    forms: &[Form],
    keeper: &Keeper,
    control: &Control<'_>,
) -> Result<(OfForms, Option<TuningReport>), FitError> {
    let mut polynomials = Vec::new();
    let mut scales = Vec::new();
    for form in forms {
        let scale = settle::scale(data, form.transform)?;
        let found = form.found.as_ref().filter(|_| options.loss.is_none());
        polynomials.push(found.map(|found| polynomial(data, &scale, found)));
        scales.push(scale);
    }
    let is_exact = |one: &Option<Candidate>| one.as_ref().is_some_and(|c| c.validation <= EXACT);
    let inputs = data.network_scale.apply(&data.known.encoded).to_f32();
    let mut networks = Vec::new();
    if options.profile != Profile::Polynomial && !polynomials.iter().any(is_exact) {
        for (index, (form, scale)) in forms.iter().zip(scales).enumerate() {
            let neuron = form.found.as_ref().map(|found| &found.report.neuron);
            let of = (scale, neuron);
            networks.push(Networks::new(index, (data, &inputs), options, of, keeper)?);
        }
    }
    let (tuning, ready) = match tune::run(&mut networks, control)? {
        Some(tuned) => (Some(tuned.report), tuned.trained),
        None => (None, Vec::new()),
    };
    let mut candidates = screening::run(&networks, ready, control)?;
    for (index, polynomial) in polynomials.into_iter().enumerate() {
        candidates.extend(polynomial.map(|candidate| (index, candidate)));
    }
    candidates.sort_by_key(|(form, _)| *form);
    Ok((candidates, tuning))
}

/// The search's polynomial.
pub(super) fn polynomial(data: &Data, scale: &TargetScale, found: &Found) -> Candidate {
    let candidate = Candidate {
        kind: CandidateKind::Polynomial,
        neuron: found.report.neuron.clone(),
        embedding: None,
        statistics: false,
        weight: None,
        hidden: Vec::new(),
        parameters: found.report.formula.parameters(),
        epochs: None,
        predictor: Predictor::Formula(found.report.formula.clone()),
        scale: scale.clone(),
        inputs: found.scale.clone(),
        limits: match data.extrapolate {
            true => Limits::none(),
            false => Limits::of(&data.training.scaled(scale)),
        },
        held_out: None,
        validation: f64::NAN,
        rows: RowErrors::default(),
    };
    candidate.judged(data)
}

/// The polynomial of a search of all known rows in place of `first`, of the training rows, which is
/// what still speaks for rows that were not seen.
pub(super) fn refitted(
    data: &Data,
    first: &Candidate,
    scale: &TargetScale,
    found: &Found,
) -> Candidate {
    let unseen = first.outputs(data, &data.validation);
    let (rows, outputs) = (data.known.rows(), unseen.columns());
    let mut held_out = Matrix::from_vec(rows, outputs, vec![f64::NAN; rows * outputs]);
    for (place, &row) in data.folds[0].iter().enumerate() {
        held_out.row_mut(row).copy_from_slice(unseen.row(place));
    }
    let mut again = polynomial(data, scale, found);
    again.held_out = Some(held_out);
    if !data.extrapolate {
        again.limits = Limits::of(&data.known.scaled(scale));
    }
    again.judged(data)
}

/// The index of the candidate with the least validation loss and the reason in words; `None` when
/// there is none. One of a transformed target that nobody asked for must be better beyond noise
/// than all of the target as it is. Where networks are blended, they are not taken alone. Of a
/// given neuron the network is taken, whatever is compared with it: it is what the user wants.
pub(super) fn choose(
    candidates: &[(usize, Candidate)],
    options: &FitOptions,
) -> Option<(usize, String)> {
    let given = matches!(options.neuron, NeuronChoice::Given(_));
    let better = |a: usize, b: usize| candidates[a].1.validation < candidates[b].1.validation;
    let is_blend = |one: &(usize, Candidate)| one.1.kind == CandidateKind::Blend;
    let blended: Vec<usize> = candidates
        .iter()
        .filter(|one| is_blend(one))
        .map(|one| one.0)
        .collect();
    let best_of = |form: usize| {
        let mut best: Option<usize> = None;
        for (index, (own, candidate)) in candidates.iter().enumerate() {
            if candidate.kind == CandidateKind::Network && blended.contains(own) {
                continue;
            }
            let takes = match best {
                None => true,
                // Later candidates win ties: x is plainer than the found neuron, the polynomial
                // than both.
                Some(best) => !given && !better(best, index),
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
    let (form, winner) = &candidates[best];
    if let NeuronChoice::Given(neuron) = &options.neuron {
        return Some((best, format!("{neuron} was given")));
    }
    let others: Vec<String> = candidates
        .iter()
        .enumerate()
        .filter(|(index, one)| {
            let part = one.1.kind == CandidateKind::Network && blended.contains(&one.0);
            *index != best && !part
        })
        .map(|(_, (_, other))| format!("{} {}", describe(other), loss_text(other.validation)))
        .collect();
    let loss = format!("{} {}", describe(winner), loss_text(winner.validation));
    if others.is_empty() {
        return Some((best, format!("{} was the only candidate", describe(winner))));
    }
    let rivals = (0..candidates.len()).filter(|&other| {
        let (own, candidate) = &candidates[other];
        candidate.kind != CandidateKind::Network || !blended.contains(own)
    });
    let least = { rivals }.all(|other| !better(other, best));
    let before = candidates[..best].iter().any(|(own, _)| own == form);
    let found = winner.kind == CandidateKind::Network && winner.neuron.is_linear() && before;
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
        CandidateKind::Network => match candidate.embedding {
            Some(_) => format!("network of {}, embedded{of}", candidate.neuron),
            None => format!("network of {}{of}", candidate.neuron),
        },
        CandidateKind::Blend => format!("blend{of}"),
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
