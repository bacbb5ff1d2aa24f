//! The words that a program begins with.

use crate::model::Pipeline;
use crate::prepare::{RawKind, Restoring};

/// How a language spells what the words speak of.
pub struct Spelling {
    /// What is left of the program's needs.
    pub needs: &'static str,
    /// A missing number.
    pub no_number: &'static str,
    /// A missing text.
    pub no_text: &'static str,
    /// How it computes.
    pub precision: &'static str,
    /// A name that may hold anything, inside of a comment.
    pub quoted: fn(&str) -> String,
}

/// The lines of the first comment.
pub fn lines(pipeline: &Pipeline, members: &[String], spelling: &Spelling) -> Vec<String> {
    let quoted = |names: &[String]| -> String {
        let names: Vec<String> = names.iter().map(|name| (spelling.quoted)(name)).collect();
        names.join(", ")
    };
    let mut lines = vec![
        format!("A model that predicts {}.", quoted(&pipeline.targets)),
        format!(
            "Written by neuronseek {}. {}",
            env!("CARGO_PKG_VERSION"),
            spelling.needs
        ),
        String::new(),
        "It takes a row of these columns:".to_string(),
    ];
    for (column, member) in pipeline.recipe.columns.iter().zip(members) {
        let name = (spelling.quoted)(&column.name);
        lines.push(format!("  {member}: {}, column {name}", column.kind.name()));
    }
    let has = |kind: RawKind| pipeline.recipe.columns.iter().any(|c| c.kind == kind);
    if has(RawKind::Truth) {
        lines.push("Truth values are 1 for yes and 0 for no.".to_string());
    }
    if has(RawKind::Date) {
        lines.push("Dates are seconds since 1970-01-01T00:00:00Z.".to_string());
    }
    if has(RawKind::Text) {
        lines.push(format!(
            "Texts are UTF-8 without spaces at either end; a missing one is {}.",
            spelling.no_text
        ));
    }
    lines.push(format!(
        "Whatever else is missing is {}.",
        spelling.no_number
    ));
    lines.push(String::new());
    match &pipeline.outcome {
        Restoring::Values(_) => {
            lines.push("It gives one number a target, in the target's unit.".to_string());
        }
        Restoring::Classes { classes, .. } => lines.push(format!(
            "It gives the index of the predicted class and the probabilities of all {} classes.",
            classes.len()
        )),
    }
    lines.push(spelling.precision.to_string());
    lines.push(
        "`neuronseek predict` computes networks in single precision: expect differences of".into(),
    );
    lines.push("about 1e-6 of the largest prediction.".into());
    lines
}
