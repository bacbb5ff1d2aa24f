//! The network without the terms whose gates closed.

use neuronseek::neuron::Neuron;

use crate::VisionError;
use crate::architecture::Plan;
use crate::graph::{Graph, Operation};
use crate::network::{Numbers, start};

/// The plan and the numbers of a gated network with some terms removed, so that it computes what
/// the gated one does with the gate of each term as given and 0 where there is none: a gate is
/// multiplied into gain and shift of the norm before it, or into the convolution's weights where
/// no norm stands between.
///
/// # Errors
/// [`VisionError::Request`] when the plan is not gated, when there are not as many gates as terms,
/// or when no term would be left.
pub fn pruned(
    plan: &Plan,
    numbers: &Numbers,
    gates: &[Option<f32>],
) -> Result<(Plan, Numbers), VisionError> {
    let terms = plan.neuron.terms();
    if !plan.gated || gates.len() != terms.len() {
        return Err(VisionError::request(format!(
            "{} gates for a network of {} terms that is {}gated",
            gates.len(),
            terms.len(),
            if plan.gated { "" } else { "not " }
        )));
    }
    let kept = terms.iter().zip(gates).filter(|(_, gate)| gate.is_some());
    let smaller = Plan {
        neuron: Neuron::new(kept.map(|(term, _)| *term)),
        gated: false,
        ..plan.clone()
    };
    let graph = plan.graph()?;
    let mut folded = numbers.clone();
    fold(&graph, &mut folded, gates);
    let rest = smaller.graph()?;
    Ok((smaller, chosen(&rest, &graph, &folded)?))
}

/// Multiplies gates into the parameters before them.
fn fold(graph: &Graph, numbers: &mut Numbers, gates: &[Option<f32>]) {
    for node in &graph.nodes {
        let Operation::Gate { term } = node.operation else {
            continue;
        };
        let gate = gates[term].unwrap_or(0.0);
        // A norm's gain and shift, or the weights of a convolution without bias: both are all that
        // their nodes have.
        let before = &graph.nodes[node.inputs[0]];
        let last = before.first_parameter + before.parameter_count;
        for parameter in &mut numbers.parameters[before.first_parameter..last] {
            parameter.iter_mut().for_each(|number| *number *= gate);
        }
    }
}

/// The numbers of a graph whose names and shapes are among those of another.
fn chosen(graph: &Graph, from: &Graph, numbers: &Numbers) -> Result<Numbers, VisionError> {
    let mut chosen = start(graph, 0);
    for (place, parameter) in graph.parameters.iter().enumerate() {
        let Some(found) = from.parameter(&parameter.name) else {
            let reason = format!("the gated network has no {}", parameter.name);
            return Err(VisionError::request(reason));
        };
        chosen.parameters[place].clone_from(&numbers.parameters[found]);
    }
    for (place, (name, _)) in graph.norms.iter().enumerate() {
        let Some(found) = from.norms.iter().position(|(other, _)| other == name) else {
            let reason = format!("the gated network has no norm {name}");
            return Err(VisionError::request(reason));
        };
        chosen.statistics[place].clone_from(&numbers.statistics[found]);
    }
    Ok(chosen)
}
