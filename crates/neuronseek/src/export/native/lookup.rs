//! Levels and groups in ascending order, so that programs find them by halving.

use std::cmp::Ordering;

use crate::prepare::{Coding, Grouping, Input, Recipe};

/// Texts in the order of their bytes, with their places.
pub fn texts(keys: &[String]) -> Vec<(&str, usize)> {
    let mut levels: Vec<(&str, usize)> = keys.iter().map(String::as_str).zip(0..).collect();
    levels.sort_unstable();
    // Of equals the first counts.
    levels.dedup_by(|later, first| later.0 == first.0);
    levels
}

/// Ascending numbers with their places.
pub fn numbers(keys: &[f64]) -> Vec<(f64, usize)> {
    let mut levels: Vec<(f64, usize)> = keys.iter().copied().zip(0..).collect();
    levels.retain(|(number, _)| !number.is_nan());
    levels.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal));
    levels.dedup_by(|later, first| later.0 == first.0);
    levels
}

/// The order in which groups ascend: of equals the first, of all different ones all.
pub fn ascending(grouping: &Grouping) -> Vec<usize> {
    let mut order: Vec<usize> = (0..grouping.groups.len()).collect();
    order.sort_by(|a, b| grouping.groups[*a].cmp(&grouping.groups[*b]));
    order.dedup_by(|later, first| grouping.groups[*later] == grouping.groups[*first]);
    order
}

/// What inputs need of a recipe.
#[derive(Default)]
pub struct Used {
    pub codings: Vec<bool>,
    pub groupings: Vec<bool>,
}

impl Used {
    pub fn of(recipe: &Recipe) -> Used {
        let mut used = Used {
            codings: vec![false; recipe.codings.len()],
            groupings: vec![false; recipe.groupings.len()],
        };
        for input in &recipe.inputs {
            match input {
                Input::Is { coding, .. } | Input::Place { coding, .. } => {
                    used.codings[*coding] = true;
                }
                Input::Group { grouping, .. } => used.groupings[*grouping] = true,
                _ => {}
            }
        }
        for (grouping, used_one) in recipe.groupings.iter().zip(&used.groupings) {
            if *used_one {
                grouping
                    .codings
                    .iter()
                    .for_each(|c| used.codings[*c] = true);
            }
        }
        used
    }
}

/// Some of the inputs.
pub enum Run<'a> {
    /// Whether a cell has each of so many successive places.
    OneHot {
        start: usize,
        coding: usize,
        place: u32,
        count: usize,
    },
    /// Any one.
    One(usize, &'a Input),
}

/// The inputs, successive places of a coding taken together.
pub fn runs(recipe: &Recipe) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for (index, input) in recipe.inputs.iter().enumerate() {
        let Input::Is { coding, place } = input else {
            runs.push(Run::One(index, input));
            continue;
        };
        match runs.last_mut() {
            Some(Run::OneHot {
                coding: own,
                place: first,
                count,
                ..
            }) if own == coding && *first as usize + *count == *place as usize => *count += 1,
            _ => runs.push(Run::OneHot {
                start: index,
                coding: *coding,
                place: *place,
                count: 1,
            }),
        }
    }
    runs
}

/// The codings that are used, with their indices.
pub fn codings<'a>(
    recipe: &'a Recipe,
    used: &'a Used,
) -> impl Iterator<Item = (usize, &'a Coding)> {
    let all = recipe.codings.iter().enumerate();
    all.filter(|(index, _)| used.codings[*index])
}

/// The groupings that are used, with their indices.
pub fn groupings<'a>(
    recipe: &'a Recipe,
    used: &'a Used,
) -> impl Iterator<Item = (usize, &'a Grouping)> {
    let all = recipe.groupings.iter().enumerate();
    all.filter(|(index, _)| used.groupings[*index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_keys_the_first_counts() {
        let keys = ["b", "ä", "a", "b"].map(str::to_string);
        assert_eq!(texts(&keys), [("a", 2), ("b", 0), ("ä", 1)]);
        assert_eq!(numbers(&[2.0, -0.0, 0.0]), [(-0.0, 1), (2.0, 0)]);
        let grouping = Grouping {
            codings: vec![0, 1],
            groups: vec![vec![1, 0], vec![0, 2], vec![0, 1]],
        };
        assert_eq!(ascending(&grouping), [2, 1, 0]);
    }
}
