//! The search inside the network: gates on the terms of all convolutions, trained with them.

use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_flex::{Flex, FlexDevice};
use neuronseek::neuron::{Neuron, Term};
use neuronseek::observe::Control;

use super::classes;
use crate::VisionError;
use crate::architecture::Plan;
use crate::augment::{Augment, Normalisation};
use crate::graph::{Graph, Operation};
use crate::images::ImageSet;
use crate::network::{Numbers, start};
use crate::train::{
    Epoch, GateConfig, Job, State, TrainConfig, open_probability, settled_gate, timeless, train,
};

/// By how much log a must fall from its start until a gate counts as shut.
const WAY: f32 = 2.2;

/// What the gates said.
#[derive(Debug, Clone, PartialEq)]
pub struct JointFound {
    /// The terms whose gates are open at the end.
    pub neuron: Neuron,
    /// Every candidate with the probability that its gate is open.
    pub terms: Vec<(Term, f64)>,
    /// How pixels became numbers.
    pub normalisation: Normalisation,
    /// How training went.
    pub history: Vec<Epoch>,
    /// The network of the found neuron.
    pub plan: Plan,
    /// Its numbers: it computes what the gated network did with the kept gates as they settled.
    pub numbers: Numbers,
}

/// Trains a network of all terms of the plan's neuron with a gate on each, by the paper's schedule,
/// and keeps those terms whose gates stay open with a probability above one half; if none does, the
/// likeliest. Validation images, if given, are looked at after each epoch and decide nothing.
///
/// The gates' rate is at least the paper's 0.01, and as much higher as a gate needs to travel its way
/// twice in the second half of the steps, since with Adam a step is about the rate.
///
/// # Errors
/// [`VisionError::Request`] for a neuron of one term and what [`train`] refuses.
pub fn joint(
    plan: &Plan,
    images: &ImageSet,
    validation: Option<&ImageSet>,
    penalty: f32,
    (config, augment): (&TrainConfig, &Augment),
    control: &Control<'_>,
) -> Result<JointFound, VisionError> {
    let mut reasons = classes(images);
    let terms = plan.neuron.terms().to_vec();
    if terms.len() < 2 {
        reasons.push("a search needs at least two terms to choose from".to_string());
    }
    if !(penalty >= 0.0 && penalty.is_finite()) {
        reasons.push(format!("the gates' price {penalty} must be 0 or more"));
    }
    if !reasons.is_empty() {
        return Err(VisionError::Request(reasons));
    }
    let gated = Plan {
        gated: true,
        ..plan.clone()
    };
    let graph = Arc::new(gated.graph()?);
    let steps = images.images().div_ceil(config.batch.max(1)) * config.epochs;
    let gates = GateConfig {
        penalty,
        learning_rate: (4.0 * WAY / steps.max(1) as f32).max(GateConfig::default().learning_rate),
    };
    let normalisation = Normalisation::of(images);
    let job = Job {
        graph: graph.clone(),
        gates: Some((terms.len(), gates)),
        images: Arc::new(images.clone()),
        validation,
        normalisation: &normalisation,
        augment,
        config,
        workers: 0,
    };
    let begun = State::new(start(&graph, config.seed));
    let state = train::<Autodiff<Flex>>(&job, begun, &[FlexDevice], control, &mut |_| Ok(()))?;
    let log_alpha = match &state.gates {
        Some([log_alpha, ..]) => log_alpha.clone(),
        None => unreachable!("a gated network has gates"),
    };
    let open: Vec<f64> = log_alpha.iter().map(|&a| open_probability(a)).collect();
    let likeliest = open.iter().copied().fold(0.0, f64::max);
    let kept = |&term: &usize| open[term] > 0.5 || open[term] == likeliest;
    let kept: Vec<usize> = (0..terms.len()).filter(kept).collect();
    let pruned = Plan {
        neuron: Neuron::new(kept.iter().map(|&term| terms[term])),
        gated: false,
        ..plan.clone()
    };
    let settled: Vec<f32> = log_alpha.iter().map(|&a| settled_gate(a)).collect();
    let numbers = pruned_numbers(&graph, &state.model(), &settled, &pruned)?;
    Ok(JointFound {
        neuron: pruned.neuron.clone(),
        terms: terms.into_iter().zip(open).collect(),
        history: timeless(&state.history),
        normalisation,
        plan: pruned,
        numbers,
    })
}

/// The numbers of the kept terms, with each gate multiplied into what stands before it: a norm's gain
/// and shift, or a convolution's weights.
pub(super) fn pruned_numbers(
    gated: &Graph,
    numbers: &Numbers,
    gates: &[f32],
    plan: &Plan,
) -> Result<Numbers, VisionError> {
    let mut scaled = numbers.clone();
    for node in &gated.nodes {
        let Operation::Gate { term } = node.operation else {
            continue;
        };
        let before = &gated.nodes[node.inputs[0]];
        for parameter in &mut scaled.parameters[before.first_parameter..][..before.parameter_count]
        {
            for number in parameter {
                *number *= gates[term];
            }
        }
    }
    let graph = plan.graph()?;
    let parameter = |name: &str| gated.parameter(name).map(|place| &scaled.parameters[place]);
    let norm = |name: &str| gated.norms.iter().position(|(known, _)| known == name);
    let missing = |name: &str| VisionError::request(format!("the gated network has no {name}"));
    let parameters = graph.parameters.iter().map(|wanted| {
        let found = parameter(&wanted.name).cloned();
        found.ok_or_else(|| missing(&wanted.name))
    });
    let statistics = graph.norms.iter().map(|(name, _)| {
        let found = norm(name).map(|place| scaled.statistics[place].clone());
        found.ok_or_else(|| missing(name))
    });
    Ok(Numbers {
        parameters: parameters.collect::<Result<_, _>>()?,
        statistics: statistics.collect::<Result<_, _>>()?,
    })
}
