//! Which kinds of networks are trained on all folds, and what they are together.
//!
//! All kinds are trained on the rows outside the first fold. Those that a blend by the first
//! fold's rows would use most go on to the other folds; so every row has outputs of networks that
//! did not see it, and the final weights are fitted on them.

use std::time::{Duration, Instant};

use super::blend::Judge;
use super::candidate::Candidate;
use super::data::Data;
use super::fit::FitError;
use super::networks::{Job, Networks, Trained, train_all};
use super::options::FitOptions;
use super::paired::RowErrors;
use super::predict::{Limits, Member, Predictor};
use super::report::CandidateKind;
use crate::matrix::Matrix;
use crate::observe::Control;

/// Trains the networks of all forms and gives the candidates that come of them, with the index of
/// their form: one of each kind, then the blend. `ready` are networks of the first fold that are
/// trained already.
pub(super) fn run(
    forms: &[Networks<'_>],
    ready: Vec<(Job, Trained)>,
    control: &Control<'_>,
) -> Result<Vec<(usize, Candidate)>, FitError> {
    let Some(first) = forms.first() else {
        return Ok(Vec::new());
    };
    let plan = &first.data.plan;
    let folds = first.data.folds.len();
    let all = |networks: usize| 0..forms[networks].kinds.len();
    let jobs = |kinds: &dyn Fn(usize) -> Vec<usize>, folds: std::ops::Range<usize>| -> Vec<Job> {
        let mut jobs = Vec::new();
        for networks in 0..forms.len() {
            for kind in kinds(networks) {
                for fold in folds.clone() {
                    jobs.extend((0..plan.members).map(|member| Job {
                        networks,
                        kind,
                        fold,
                        member,
                    }));
                }
            }
        }
        jobs
    };
    let mut opening = jobs(&|networks| all(networks).collect(), 0..1);
    opening.retain(|job| ready.iter().all(|(own, _)| own != job));
    let later = jobs(
        &|networks| all(networks).take(plan.kept).collect(),
        1..folds,
    );
    let share = opening.len() as f64 / (opening.len() + later.len()).max(1) as f64;
    let mut trained = ready;
    trained.extend(train_all(forms, &opening, &within(control, share))?);
    // Sums over members have one order, whichever were ready.
    trained.sort_by_key(|(job, _)| (job.networks, job.kind, job.member));
    let kept: Vec<Vec<usize>> = (0..forms.len())
        .map(|networks| kept(&forms[networks], networks, &trained))
        .collect();
    let later = jobs(&|networks| kept[networks].clone(), 1..folds);
    trained.extend(train_all(forms, &later, control)?);
    let mut candidates = Vec::new();
    for (index, networks) in forms.iter().enumerate() {
        let mut own: Vec<Candidate> = Vec::new();
        for kind in all(index) {
            let of_kind = trained.iter();
            let of_kind = of_kind.filter(|(job, _)| job.networks == index && job.kind == kind);
            own.extend(candidate(networks, kind, &of_kind.collect::<Vec<_>>()));
        }
        if networks.options.blends() {
            own = with_blend(networks, own);
        }
        candidates.extend(own.into_iter().map(|candidate| (networks.form, candidate)));
    }
    Ok(candidates)
}

/// A control that ends when this share of the time is over.
fn within<'a>(control: &Control<'a>, share: f64) -> Control<'a> {
    let now = Instant::now();
    Control {
        observer: control.observer,
        stop: control.stop,
        deadline: control.deadline.map(|deadline| {
            let left = deadline.saturating_duration_since(now).as_secs_f64();
            now + Duration::from_secs_f64(left * share)
        }),
    }
}

/// The kinds that go on to the other folds: those of most weight in a blend by the first fold.
fn kept(networks: &Networks<'_>, index: usize, trained: &[(Job, Trained)]) -> Vec<usize> {
    let data = networks.data;
    let count = networks.kinds.len();
    if count <= data.plan.kept || !networks.options.blends() {
        return (0..count).collect();
    }
    let mut kinds = Vec::new();
    let mut outputs = Vec::new();
    for kind in 0..count {
        let own = trained.iter();
        let own = own.filter(|(job, _)| job.networks == index && job.kind == kind);
        let own: Vec<&Matrix<f64>> = own.map(|(_, one)| &one.held_out).collect();
        if !own.is_empty() {
            kinds.push(kind);
            outputs.push(mean(&own));
        }
    }
    let judge = Judge {
        scale: &networks.scale,
        target: &data.validation.target,
        truth: &data.validation.truth,
        weights: data.validation.weights.as_deref(),
    };
    let weights = judge.weights(&outputs);
    let mut order: Vec<usize> = (0..kinds.len()).collect();
    order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]).then(a.cmp(&b)));
    let used = order.into_iter().filter(|&place| weights[place] > 0.0);
    let mut kept: Vec<usize> = used
        .take(data.plan.kept)
        .map(|place| kinds[place])
        .collect();
    kept.sort_unstable();
    kept
}

/// The mean of matrices of one shape.
fn mean(all: &[&Matrix<f64>]) -> Matrix<f64> {
    let Some(first) = all.first() else {
        return Matrix::default();
    };
    let mut sum = Matrix::zeros(first.rows(), first.columns());
    for one in all {
        for (sum, value) in sum.data_mut().iter_mut().zip(one.data()) {
            *sum += value / all.len() as f64;
        }
    }
    sum
}

/// The mean of a kind's networks; `None` when none was trained.
fn candidate(
    networks: &Networks<'_>,
    kind: usize,
    trained: &[&(Job, Trained)],
) -> Option<Candidate> {
    if trained.is_empty() {
        return None;
    }
    let data = networks.data;
    let count = trained.len() as f64;
    let outputs = networks.kinds[kind].config.outputs;
    // A row's outputs are the mean of the networks that held it out.
    let mut held_out = Matrix::from_vec(
        data.known.rows(),
        outputs,
        vec![f64::NAN; data.known.rows() * outputs],
    );
    for (fold, rows) in data.folds.iter().enumerate() {
        let own = trained.iter().filter(|(job, _)| job.fold == fold);
        let own: Vec<&Matrix<f64>> = own.map(|(_, one)| &one.held_out).collect();
        if own.is_empty() {
            continue;
        }
        let values = mean(&own);
        for (place, &row) in rows.iter().enumerate() {
            held_out.row_mut(row).copy_from_slice(values.row(place));
        }
    }
    let members = trained.iter().map(|(_, one)| Member {
        network: one.network.clone(),
        weight: 1.0 / count,
    });
    let config = &networks.kinds[kind].config;
    let candidate = Candidate {
        kind: CandidateKind::Network,
        neuron: config.neuron.clone(),
        embedding: networks.kinds[kind].bins,
        statistics: networks.kinds[kind].statistics,
        weight: None,
        hidden: config.hidden.clone(),
        parameters: trained
            .iter()
            .map(|(_, t)| t.network.parameter_count())
            .sum(),
        epochs: Some(trained.iter().map(|(_, t)| t.epochs).sum::<usize>() / trained.len()),
        predictor: Predictor::Networks(members.collect()),
        scale: networks.scale.clone(),
        inputs: data.search_scale.clone(),
        limits: Limits::none(),
        held_out: Some(held_out),
        validation: trained.iter().map(|(_, t)| t.loss).sum::<f64>() / count,
        rows: RowErrors::default(),
    };
    Some(judged(networks, candidate))
}

/// Whether what training made small, a loss of the user's own, is what is compared.
fn by_own_loss(options: &FitOptions) -> bool {
    options.loss.is_some_and(|loss| loss.power().is_none())
}

/// With its validation loss.
fn judged(networks: &Networks<'_>, candidate: Candidate) -> Candidate {
    match by_own_loss(networks.options) {
        true => candidate,
        false => candidate.judged(networks.data),
    }
}

/// The candidates with their weights, and the blend behind them. Only kinds with outputs for every
/// row take part; with one of them there is no blend.
fn with_blend(networks: &Networks<'_>, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let data = networks.data;
    let whole = rows_of_folds(data);
    let complete = |candidate: &&Candidate| {
        let held_out = candidate.held_out.as_ref();
        held_out.is_some_and(|outputs| whole.iter().all(|&row| !outputs.row(row)[0].is_nan()))
    };
    let mut places: Vec<usize> = (0..candidates.len()).collect();
    places.retain(|&place| complete(&&candidates[place]));
    if places.len() < 2 {
        return candidates;
    }
    let rows = data.known.select(&whole);
    let outputs = places.iter().filter_map(|&place| {
        let held_out = candidates[place].held_out.as_ref();
        held_out.map(|outputs| outputs.select_rows(&whole))
    });
    let outputs: Vec<Matrix<f64>> = outputs.collect();
    let weights = match by_own_loss(networks.options) {
        true => vec![1.0 / places.len() as f64; places.len()],
        false => Judge {
            scale: &candidates[places[0]].scale,
            target: &rows.target,
            truth: &rows.truth,
            weights: rows.weights.as_deref(),
        }
        .weights(&outputs),
    };
    for (&place, &weight) in places.iter().zip(&weights) {
        candidates[place].weight = Some(weight);
    }
    let parts: Vec<&Candidate> = places
        .iter()
        .map(|&place| &candidates[place])
        .filter(|candidate| candidate.weight.is_some_and(|weight| weight > 0.0))
        .collect();
    let blend = blended(networks, &parts);
    candidates.extend(blend);
    candidates
}

/// All rows that some fold holds out, ascending.
fn rows_of_folds(data: &Data) -> Vec<usize> {
    let mut rows = data.folds.concat();
    rows.sort_unstable();
    rows
}

/// One candidate of all parts, by their weights.
fn blended(networks: &Networks<'_>, parts: &[&Candidate]) -> Option<Candidate> {
    let heaviest =
        parts
            .iter()
            .copied()
            .reduce(|best, other| match other.weight > best.weight {
                true => other,
                false => best,
            })?;
    let mut held_out: Option<Matrix<f64>> = None;
    let mut members = Vec::new();
    for part in parts {
        let weight = part.weight.unwrap_or(0.0);
        if let (Predictor::Networks(own), Some(outputs)) = (&part.predictor, &part.held_out) {
            members.extend(own.iter().map(|member| Member {
                network: member.network.clone(),
                weight: member.weight * weight,
            }));
            let zeros = || Matrix::zeros(outputs.rows(), outputs.columns());
            let sum = held_out.get_or_insert_with(zeros);
            for (sum, value) in sum.data_mut().iter_mut().zip(outputs.data()) {
                *sum += weight * value;
            }
        }
    }
    let candidate = Candidate {
        kind: CandidateKind::Blend,
        neuron: heaviest.neuron.clone(),
        embedding: None,
        statistics: false,
        weight: None,
        hidden: Vec::new(),
        parameters: parts.iter().map(|part| part.parameters).sum(),
        epochs: None,
        predictor: Predictor::Networks(members),
        scale: networks.scale.clone(),
        inputs: networks.data.search_scale.clone(),
        limits: Limits::none(),
        held_out,
        validation: parts.iter().map(|part| part.validation).sum::<f64>() / parts.len() as f64,
        rows: RowErrors::default(),
    };
    Some(judged(networks, candidate))
}
