//! The part of a recipe that a model uses.

use super::pipeline::{Core, Pipeline};
use crate::prepare::{Coding, Grouping, Input, Recipe};

/// The pipeline without inputs, codings, groupings and columns that its networks or its formula do
/// not read: a formula takes the first inputs alone, so that statistics of the target go.
pub(super) fn leading(mut pipeline: Pipeline) -> Pipeline {
    let count = match &mut pipeline.core {
        Core::Networks { scale, members } => {
            let inputs = members.iter().map(|(_, network)| network.inputs);
            let count = inputs.max().unwrap_or(0);
            scale.truncate(count);
            count
        }
        Core::Formula { scale, .. } => scale.len(),
    };
    if count < pipeline.recipe.inputs.len() {
        pipeline.recipe = first_inputs(&pipeline.recipe, count);
    }
    pipeline
}

fn first_inputs(recipe: &Recipe, count: usize) -> Recipe {
    let mut kept = Recipe {
        names: recipe.names.iter().take(count).cloned().collect(),
        ..Recipe::default()
    };
    let mut places = Places {
        recipe,
        columns: vec![None; recipe.columns.len()],
        codings: vec![None; recipe.codings.len()],
        groupings: vec![None; recipe.groupings.len()],
    };
    for input in recipe.inputs.iter().take(count) {
        let mut input = input.clone();
        match &mut input {
            Input::Number { column, .. }
            | Input::Missing { column }
            | Input::Days { column, .. }
            | Input::Cycle { column, .. } => *column = places.column(&mut kept, *column),
            Input::Is { coding, .. } | Input::Place { coding, .. } => {
                *coding = places.coding(&mut kept, *coding);
            }
            Input::Group { grouping, .. } => *grouping = places.grouping(&mut kept, *grouping),
        }
        kept.inputs.push(input);
    }
    kept
}

/// Where each part of a recipe is in what is kept of it.
struct Places<'a> {
    recipe: &'a Recipe,
    columns: Vec<Option<usize>>,
    codings: Vec<Option<usize>>,
    groupings: Vec<Option<usize>>,
}

impl Places<'_> {
    fn column(&mut self, kept: &mut Recipe, column: usize) -> usize {
        *self.columns[column].get_or_insert_with(|| {
            kept.columns.push(self.recipe.columns[column].clone());
            kept.columns.len() - 1
        })
    }

    fn coding(&mut self, kept: &mut Recipe, coding: usize) -> usize {
        if let Some(place) = self.codings[coding] {
            return place;
        }
        let own = &self.recipe.codings[coding];
        let column = self.column(kept, own.column);
        kept.codings.push(Coding {
            column,
            ..own.clone()
        });
        let place = kept.codings.len() - 1;
        self.codings[coding] = Some(place);
        place
    }

    fn grouping(&mut self, kept: &mut Recipe, grouping: usize) -> usize {
        if let Some(place) = self.groupings[grouping] {
            return place;
        }
        let own = &self.recipe.groupings[grouping];
        let codings = own.codings.iter().map(|coding| self.coding(kept, *coding));
        let codings = codings.collect();
        kept.groupings.push(Grouping {
            codings,
            groups: own.groups.clone(),
        });
        let place = kept.groupings.len() - 1;
        self.groupings[grouping] = Some(place);
        place
    }
}
