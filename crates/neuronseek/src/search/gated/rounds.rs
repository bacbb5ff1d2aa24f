//! The search with the default preset: rounds of training, refit and dropping.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::loss::TargetStore;
use super::mixture::{Mixture, MixtureRates, MixtureShape, Scales};
use super::propose::{self, RoundData};
use super::{GatedSettings, OPEN, Probabilities, STAGE, refit_settings};
use crate::neuron::Term;
use crate::observe::Control;
use crate::search::als::proposals::{self, Left, Proposal};
use crate::search::{Problem, Report, SearchError};
use crate::terms::RowStore;

/// Random streams: training of round r uses `TRAINING + r`.
const TRAINING: u64 = 1 << 33;

/// Adam's rates in units of a term's scale; the factors' fall to 0 by a cosine.
const RATES: MixtureRates = MixtureRates {
    factors: 0.02,
    weights: 0.02,
    gates: 0.05,
};

/// The penalty's level falls to a ten-thousandth of the target's variance in a round.
const FALL: f64 = 4.0;

pub(super) fn search(
    settings: &GatedSettings,
    problem: &Problem<'_>,
    seed: u64,
    control: &Control<'_>,
) -> Result<(Report, Probabilities), SearchError> {
    let refit = refit_settings(settings);
    let mut probabilities = Probabilities::default();
    let mut propose = |left: &Left<'_>| {
        let mixture = train(settings, problem, left, seed, control);
        Some(open_terms(&mixture, settings, &mut probabilities))
    };
    let report = proposals::search(problem, (&refit, STAGE), seed, control, &mut propose)?;
    Ok((report, probabilities))
}

/// A mixture trained on what is left.
fn train(
    settings: &GatedSettings,
    problem: &Problem<'_>,
    left: &Left<'_>,
    seed: u64,
    control: &Control<'_>,
) -> Mixture<f32> {
    let x = problem.inputs.select_rows(left.rows);
    let store = RowStore::<f32>::scaled(&x, left.scale, &settings.functions);
    let outputs = left.residuals.columns();
    let sizes: Vec<f64> = (0..outputs)
        .map(|output| {
            let squares = (0..x.rows()).map(|row| left.residuals.row(row)[output].powi(2));
            (squares.sum::<f64>() / x.rows() as f64)
                .sqrt()
                .max(f64::MIN_POSITIVE)
        })
        .collect();
    let values = left.residuals.data().iter().enumerate();
    let values = values.map(|(index, value)| (value / sizes[index % outputs]) as f32);
    let target = TargetStore::Values(values.collect(), outputs);
    let weights: Option<Vec<f64>> = problem
        .weights
        .map(|weights| left.rows.iter().map(|&row| weights[row]).collect());
    let shape = MixtureShape {
        inputs: x.columns(),
        outputs,
        order: settings.max_order,
        pieces: if settings.max_order > 1 {
            settings.max_rank
        } else {
            0
        },
        functions: settings.functions.len(),
    };
    let scales = Scales::new(&store, shape.order, shape.functions);
    let data = RoundData {
        store: &store,
        target: &target,
        weights: weights.as_deref(),
        scales: &scales,
    };
    let effort = propose::Effort {
        steps: settings.steps << left.fruitless,
        batch: settings.batch,
        rates: RATES,
        fall: FALL,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(TRAINING + left.round as u64);
    propose::train(&data, &shape, &effort, &mut rng, |_| control.should_stop())
}

/// The terms whose gates are open.
fn open_terms(
    mixture: &Mixture<f32>,
    settings: &GatedSettings,
    probabilities: &mut Probabilities,
) -> Vec<Proposal> {
    let shape = mixture.shape();
    let mut open = Vec::new();
    for (gate, probability) in mixture.open_probabilities().into_iter().enumerate() {
        let piece = gate.checked_sub(shape.element_wise());
        let term = match piece {
            Some(piece) => Term::Interaction {
                order: shape.piece_order(piece),
                rank: None,
            },
            None if gate < shape.order => Term::pure(gate + 1),
            None => Term::Function(settings.functions[gate - shape.order]),
        };
        probabilities.note(term, probability);
        if probability > OPEN {
            open.push(match piece {
                Some(piece) => product(mixture, piece),
                None => Proposal::ElementWise(term),
            });
        }
    }
    open
}

fn product(mixture: &Mixture<f32>, piece: usize) -> Proposal {
    let factors = mixture.factors(piece);
    let lengths: f64 = factors
        .chunks_exact(mixture.shape().inputs)
        .map(|factor| factor.iter().map(|u| u * u).sum::<f64>().sqrt())
        .product();
    let squares: f64 = mixture.amplitudes(piece).iter().map(|a| a * a).sum();
    Proposal::Product {
        order: mixture.shape().piece_order(piece),
        factors,
        size: lengths * squares.sqrt(),
    }
}
