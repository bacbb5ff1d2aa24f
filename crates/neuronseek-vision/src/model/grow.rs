//! Growing a trained network: more terms, the same function.

use crate::VisionError;
use crate::architecture::Plan;
use crate::graph::Graph;
use crate::network::{Numbers, start};

/// The numbers of a plan that computes what the parent computes: what both have is copied, terms
/// that are new start with a gain of 0 behind their norm, so that they add nothing until training
/// opens them.
///
/// # Errors
/// [`VisionError::Request`] when the parent has parameters that the plan lacks or has in another
/// shape: the plan must have the parent's architecture, width and terms.
pub fn grown(plan: &Plan, parent: (&Graph, &Numbers), seed: u64) -> Result<Numbers, VisionError> {
    let graph = plan.graph()?;
    let mut numbers = start(&graph, seed);
    let (old, old_numbers) = parent;
    let mut known = vec![false; graph.parameters.len()];
    let mut reasons = Vec::new();
    for (place, parameter) in old.parameters.iter().enumerate() {
        match graph.parameter(&parameter.name) {
            Some(new) if graph.parameters[new].shape == parameter.shape => {
                numbers.parameters[new].clone_from(&old_numbers.parameters[place]);
                known[new] = true;
            }
            Some(new) => reasons.push(format!(
                "{} has shape {:?} in the model and {:?} in the plan",
                parameter.name, parameter.shape, graph.parameters[new].shape
            )),
            None => reasons.push(format!("the plan has no {}", parameter.name)),
        }
    }
    if !reasons.is_empty() {
        reasons.truncate(3);
        reasons.insert(
            0,
            "the network to grow must have the model's architecture, width, classes, image size and \
             all of its terms"
                .to_string(),
        );
        return Err(VisionError::Request(reasons));
    }
    for (place, parameter) in graph.parameters.iter().enumerate() {
        if !known[place] && parameter.name.ends_with(".norm.gain") {
            numbers.parameters[place].fill(0.0);
        }
    }
    for (place, (name, _)) in old.norms.iter().enumerate() {
        let same = graph.norms.iter().position(|(other, _)| other == name);
        if let Some(new) = same {
            numbers.statistics[new] = old_numbers.statistics[place].clone();
        }
    }
    Ok(numbers)
}
