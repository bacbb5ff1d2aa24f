//! Given structures beside each other.

use std::sync::Arc;

use super::basis::Basis;
use super::fit::Fit;
use super::grow::{Addition, Exploration, Growth};
use super::rows::Rows;
use super::ties::Ties;
use super::{AlsSettings, STAGE};
use crate::neuron::{Neuron, Term};
use crate::observe::Control;
use crate::search::{Alternative, Problem, SearchError};

/// Fits each structure, all its terms and ranks kept, and compares them on held-out rows: in the
/// order of `structures`, each with its difference to the least error and the standard error of
/// that difference. Of `settings` the starts count. A control that stops early leaves out terms.
///
/// # Errors
/// When the rows are too few or a number is not finite.
pub fn compare(
    problem: &Problem<'_>,
    structures: &[Neuron],
    settings: &AlsSettings,
    seed: u64,
    control: &Control<'_>,
) -> Result<Vec<Alternative>, SearchError> {
    let terms = || structures.iter().flat_map(|structure| structure.terms());
    let mut functions = Vec::new();
    for structure in structures {
        functions.extend(structure.functions());
    }
    functions.sort_by_key(|function| function.name());
    functions.dedup();
    let settings = AlsSettings {
        max_order: terms().map(|term| term.order()).max().unwrap_or(1).max(1),
        functions,
        ..settings.clone()
    };
    settings.check()?;
    let rows = Rows::new(problem, &settings, seed)?;
    let mut growth = Growth::new(&rows, &settings, seed, STAGE);
    let fits: Vec<Fit> = (structures.iter())
        .map(|structure| whole(&mut growth, structure, control))
        .collect();
    Ok(Ties::of(&growth, fits).all())
}

/// The fit of all terms of a structure, products of low order first.
fn whole(growth: &mut Growth<'_>, structure: &Neuron, control: &Control<'_>) -> Fit {
    let element_wise = structure.terms().iter().copied();
    let element_wise: Vec<Term> = element_wise
        .filter(|term| !matches!(term, Term::Interaction { .. }))
        .collect();
    let basis = Arc::new(Basis::new(growth.sample, &element_wise));
    let mut fit = Fit {
        basis,
        ..growth.empty()
    };
    let exploration = Exploration {
        starts: growth.settings.starts,
        all_rows: false,
    };
    for (order, rank) in structure.interactions() {
        for _ in 0..rank.unwrap_or(1) {
            let found = growth.try_all(&fit, &[Addition::Product(order)], exploration, control);
            if let Some(next) = found.into_iter().next() {
                fit = growth.finish(next, None);
            }
        }
    }
    growth.finish(fit, None)
}
