//! The search with the paper's model and schedule.
//!
//! 200 epochs of batches of 64 rows. In the first quarter gates are sampled but not trained and
//! lambda is 0; to three quarters lambda rises linearly; then it is full. All rates fall by a
//! cosine to 1e-5. The structure is the gates with P(z != 0) > 1/2; only then is it brought to
//! canonical form: an interaction of order 1 becomes the pure order 1, and of each interaction's
//! pieces as many are kept, refitted, as lower BIC. Where no gate is open the plain inner product
//! is returned, with a warning.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::loss::{BatchRows, TargetStore};
use super::model::{GatedModel, ModelShape, Rates, Trainer};
use super::{GatedSettings, OPEN, Probabilities, STAGE, refit_settings};
use crate::neuron::{Neuron, Term};
use crate::observe::{Control, Event};
use crate::search::als::proposals::{self, Proposal};
use crate::search::{Problem, Report, SearchError, Step};
use crate::terms::{CpuPath, RowStore};

/// The lowest learning rate of the cosine.
const LOWEST_RATE: f64 = 1e-5;

/// An entry of the report's path every so many epochs.
const SNAPSHOT: usize = 10;

/// Random streams.
const WEIGHTS: u64 = (1 << 34) + 1;
const TRAINING: u64 = (1 << 34) + 2;

pub(super) fn search(
    settings: &GatedSettings,
    problem: &Problem<'_>,
    seed: u64,
    control: &Control<'_>,
) -> Result<(Report, Probabilities), SearchError> {
    proposals::check(problem)?;
    let (model, path) = train(settings, problem, seed, control);
    let mut probabilities = Probabilities::default();
    for (gate, probability) in model.open_probabilities().into_iter().enumerate() {
        probabilities.note(term(&model, settings, gate), probability);
    }
    let mut structure = open_terms(&model, settings);
    let nothing_open = structure.is_empty();
    if nothing_open {
        structure.push(Proposal::ElementWise(Term::pure(1)));
    }
    let refit = refit_settings(settings);
    let mut report = proposals::fit(problem, (&refit, STAGE), seed, control, &structure)?;
    report.path = path;
    if nothing_open {
        let warning = format!(
            "no gate is open at lambda {}: the plain inner product is returned",
            settings.lambda
        );
        control.warn(&warning);
        report.warnings.push(warning);
    }
    Ok((report, probabilities))
}

fn train(
    settings: &GatedSettings,
    problem: &Problem<'_>,
    seed: u64,
    control: &Control<'_>,
) -> (GatedModel<f32>, Vec<Step>) {
    let shape = ModelShape {
        inputs: problem.inputs.columns(),
        outputs: problem.target.outputs(),
        order: settings.max_order,
        rank: settings.max_rank,
        functions: settings.functions.len(),
    };
    let rows = problem.inputs.rows();
    let batch = settings.batch.min(rows);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(WEIGHTS);
    let model = GatedModel::new(shape, batch, CpuPath::detect(), &mut random);
    let mut trainer = Trainer::new(model, batch);
    let store = RowStore::new(problem.inputs, &settings.functions);
    let target = TargetStore::new(problem.target);
    random.set_stream(TRAINING);
    let mut order: Vec<u32> = (0..rows as u32).collect();
    let mut path = Vec::new();
    for epoch in 0..settings.epochs {
        let share = epoch as f64 / settings.epochs as f64;
        let lambda = settings.lambda * ((share - 0.25) / 0.5).clamp(0.0, 1.0);
        let rates = rates(share);
        order.shuffle(&mut random);
        let mut sum = 0.0;
        for chosen in order.chunks(batch) {
            if control.should_stop() {
                return (trainer.model, path);
            }
            let chosen = BatchRows {
                rows: chosen,
                weights: problem.weights,
            };
            sum += trainer.step((&store, &target), chosen, lambda, &rates, &mut random);
        }
        if (epoch + 1).is_multiple_of(SNAPSHOT) {
            let loss = sum / rows.div_ceil(batch) as f64;
            path.push(snapshot(
                &trainer.model,
                settings,
                (epoch + 1, loss),
                control,
            ));
        }
    }
    (trainer.model, path)
}

/// The paper's rates on their way down to [`LOWEST_RATE`]; gates move after the first quarter.
fn rates(share: f64) -> Rates {
    let cosine = 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
    let fallen = |rate: f64| LOWEST_RATE + (rate - LOWEST_RATE) * cosine;
    let full = Rates::PAPER;
    Rates {
        factors: fallen(full.factors),
        weights: fallen(full.weights),
        bias: fallen(full.bias),
        norm: fallen(full.norm),
        gates: full.gates.filter(|_| share >= 0.25).map(fallen),
        ..full
    }
}

fn snapshot(
    model: &GatedModel<f32>,
    settings: &GatedSettings,
    (epoch, loss): (usize, f64),
    control: &Control<'_>,
) -> Step {
    let probabilities = model.open_probabilities().into_iter().enumerate();
    let open = probabilities.filter(|(_, probability)| *probability > OPEN);
    let neuron = Neuron::new(open.map(|(gate, _)| term(model, settings, gate)));
    let message = format!("{neuron}, loss {loss:.6}");
    control.observer.notice(&Event::Progress {
        name: STAGE,
        done: epoch,
        total: settings.epochs,
        message: &message,
    });
    control.observer.notice(&Event::Snapshot {
        neuron: &neuron,
        criterion: loss,
    });
    Step {
        neuron,
        action: format!("epoch {epoch}"),
        criterion: loss,
    }
}

/// The term of a gate; interactions with their rank.
fn term(model: &GatedModel<f32>, settings: &GatedSettings, gate: usize) -> Term {
    let shape = model.shape();
    if gate < shape.order {
        Term::pure(gate + 1)
    } else if gate < shape.order + shape.functions {
        Term::Function(settings.functions[gate - shape.order])
    } else {
        match gate - shape.order - shape.functions {
            0 => Term::pure(1),
            above => Term::interaction(above + 1, shape.rank),
        }
    }
}

/// Open terms, with the pieces of all outputs as starts of the refit.
fn open_terms(model: &GatedModel<f32>, settings: &GatedSettings) -> Vec<Proposal> {
    let shape = model.shape();
    let mut open = Vec::new();
    for (gate, probability) in model.open_probabilities().into_iter().enumerate() {
        if probability <= OPEN {
            continue;
        }
        match term(model, settings, gate) {
            Term::Interaction { order, .. } => {
                for output in 0..shape.outputs {
                    open.extend((0..shape.rank).map(|rank| product(model, order, output, rank)));
                }
            }
            term => open.push(Proposal::ElementWise(term)),
        }
    }
    open
}

fn product(model: &GatedModel<f32>, order: usize, output: usize, rank: usize) -> Proposal {
    let factors: Vec<f64> = (0..order)
        .flat_map(|m| model.factor(order, m, output, rank))
        .map(|value| f64::from(*value))
        .collect();
    let lengths = factors
        .chunks_exact(model.shape().inputs)
        .map(|factor| factor.iter().map(|u| u * u).sum::<f64>().sqrt());
    Proposal::Product {
        order,
        size: lengths.product(),
        factors,
    }
}
