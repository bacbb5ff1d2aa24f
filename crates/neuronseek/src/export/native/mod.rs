//! What exports to languages that are compiled have in common: names, lookup tables, networks as
//! tables, formulas as lines of code.

pub(super) mod formula;
pub(super) mod header;
pub(super) mod lookup;
mod names;
pub(super) mod tables;
pub(super) mod template;

pub use names::identifiers;

use crate::model::{Core, Pipeline};
use crate::prepare::Restoring;

/// Reasons why no program can be written in any of these languages.
pub(super) fn reasons(pipeline: &Pipeline) -> Vec<String> {
    let mut reasons = Vec::new();
    if pipeline.recipe.columns.is_empty() || pipeline.recipe.inputs.is_empty() {
        reasons.push("the model reads no column".to_string());
    }
    let targets = match &pipeline.outcome {
        Restoring::Values(values) => values.len(),
        Restoring::Classes { shifts, .. } => shifts.len(),
    };
    let outputs = pipeline.core.outputs();
    if outputs == 0 || outputs != targets {
        reasons.push(format!(
            "the model has {outputs} outputs and {targets} targets"
        ));
    }
    let scaled = match &pipeline.core {
        Core::Networks { scale, .. } => scale.len(),
        Core::Formula { scale, .. } => scale.len(),
    };
    if scaled == 0 {
        reasons.push("nothing is computed of the inputs".to_string());
    }
    if let Core::Networks { members, .. } = &pipeline.core
        && members.iter().any(|(_, network)| network.layers.is_empty())
    {
        reasons.push("a network has no layer".to_string());
    }
    reasons
}

/// Elements with commas, several a line, each line indented.
pub(super) fn wrapped(elements: impl Iterator<Item = String>, a_line: usize) -> String {
    let mut text = String::new();
    for (index, element) in elements.enumerate() {
        text.push_str(match index % a_line {
            0 if index == 0 => "    ",
            0 => ",\n    ",
            _ => ", ",
        });
        text.push_str(&element);
    }
    text
}
