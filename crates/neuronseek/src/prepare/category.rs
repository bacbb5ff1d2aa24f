use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::encoding::{Block, Fitted, Odd};
use super::recipe::{Coding, Input, Key, RawKind, Writing};
use crate::table::{Column, Kind, TableError, print_number};

/// At most so many levels have an input of their own.
const MAXIMUM_LEVELS: usize = 255;

/// A column of few different texts: a 0/1 input per level, "other" for the rare ones and those
/// never seen, and missing as a level of its own where it occurred.
///
/// Of two places (levels, "other" and missing together) one input is enough: it is 1 for the second. (All levels but the first would do for
/// any number of them, but then which level stands out would depend on the alphabet.)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Category {
    /// Whether cells are numbers, which are compared as numbers: 1 and 1.0 are one level.
    numeric: bool,
    /// The levels with an input, sorted.
    levels: Vec<String>,
    /// Whether there is an input for all other levels.
    other: bool,
    /// Whether there is an input for missing cells.
    missing: bool,
    /// Where two places share an input: what a cell is taken for that is neither, the share of the
    /// second in the training rows.
    share: Option<f64>,
}

impl Category {
    pub fn fit(
        column: &Column,
        rows: &[usize],
        rare: usize,
    ) -> Result<Fitted<Category>, TableError> {
        let numeric = is_numeric(column);
        let texts = read(column, numeric)?;
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut missing = 0;
        for &row in rows {
            match &texts[row] {
                Some(text) => *counts.entry(text).or_default() += 1,
                None => missing += 1,
            }
        }
        if counts.is_empty() {
            return Ok(Fitted::AllMissing);
        }
        let distinct = counts.len();
        let mut frequent: Vec<(&str, usize)> = counts.into_iter().collect();
        frequent.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let kept = frequent.iter().take(MAXIMUM_LEVELS);
        let kept = kept.filter(|(_, count)| *count >= rare).count();
        let own_missing = missing >= rare;
        // Missing cells too few for an input of their own count among the others.
        let rest: usize = frequent[kept..]
            .iter()
            .map(|(_, count)| count)
            .sum::<usize>()
            + if own_missing { 0 } else { missing };
        let mut levels: Vec<String> = frequent[..kept]
            .iter()
            .map(|(l, _)| l.to_string())
            .collect();
        sort_levels(&mut levels);
        let mut category = Category {
            numeric,
            levels,
            other: rest >= rare,
            missing: own_missing,
            share: None,
        };
        let places = category.levels.len() + usize::from(category.other) + usize::from(own_missing);
        if places < 2 {
            return Ok(if distinct == 1 {
                Fitted::Constant
            } else {
                Fitted::Rare { distinct }
            });
        }
        if places == 2 {
            let second = match category.levels.get(1) {
                Some(level) => frequent
                    .iter()
                    .find(|(name, _)| name == level)
                    .map_or(0, |(_, count)| *count),
                None if category.other => rest,
                None => missing,
            };
            category.share = Some(second as f64 / rows.len() as f64);
        }
        let done = category.description(distinct);
        Ok(Fitted::Used {
            encoding: category,
            missing,
            done,
        })
    }

    fn description(&self, distinct: usize) -> String {
        if let ([first, second], true) = (self.places().as_slice(), self.share.is_some()) {
            return format!("0 for {first}, 1 for {second}");
        }
        let mut done = format!("a 0/1 input for each of {} levels", self.levels.len());
        let merged = distinct - self.levels.len();
        if self.other {
            done += &format!(", one for {merged} rare ones");
        } else if merged > 0 {
            done += &format!(", none for {merged} rare ones");
        }
        if self.missing {
            done += ", one for missing cells";
        }
        done
    }

    pub fn names(&self, column: &str) -> Vec<String> {
        let places = self.places();
        let shared = usize::from(self.share.is_some());
        let inputs = places.iter().skip(shared);
        inputs.map(|place| format!("{column}={place}")).collect()
    }

    /// The levels, then "other" and missing where they have a place.
    fn places(&self) -> Vec<&str> {
        let levels = self.levels.iter().map(String::as_str);
        let others = self.other.then_some("(other)");
        let missing = self.missing.then_some("(missing)");
        levels.chain(others).chain(missing).collect()
    }

    pub fn write(&self, column: &Column, block: &mut Block<'_>) -> Result<Odd, TableError> {
        let places: HashMap<&str, usize> = self
            .levels
            .iter()
            .enumerate()
            .map(|(place, level)| (level.as_str(), place))
            .collect();
        let other = self.levels.len();
        let missing = other + usize::from(self.other);
        let mut odd = Odd::default();
        for (row, text) in read(column, self.numeric)?.iter().enumerate() {
            let own = match text {
                Some(text) => places.get(text.as_ref()).copied(),
                None => self.missing.then_some(missing),
            };
            match (own.or(self.other.then_some(other)), self.share) {
                (Some(place), Some(_)) => block.set(row, 0, place as f64),
                (None, Some(share)) => block.set(row, 0, share),
                (Some(place), None) => block.set(row, place, 1.0),
                (None, None) => {}
            }
            match text {
                None => odd.missing += usize::from(own.is_none()),
                Some(text) if own.is_none() && !self.other => odd.notice_level(text),
                Some(_) => {}
            }
        }
        odd.taken_for = match (self.other, self.share) {
            (true, _) => "taken for a rare level".to_string(),
            (false, Some(_)) => "taken for the mean of both levels".to_string(),
            (false, None) => "taken for none of the levels".to_string(),
        };
        Ok(odd)
    }

    /// Its inputs as plain steps.
    pub fn recipe(&self, name: &str, writing: &mut Writing) {
        let (kind, key) = match self.numeric {
            true => (
                RawKind::Number,
                Key::Numbers(writing.numbers(name, &self.levels)),
            ),
            false => (RawKind::Text, Key::Texts(self.levels.clone())),
        };
        let column = writing.column(name, kind);
        let levels = self.levels.len() as u32;
        let other = self.other.then_some(levels);
        let missing = levels + u32::from(self.other);
        let coding = writing.coding(Coding {
            column,
            key,
            unseen: other,
            missing: if self.missing { Some(missing) } else { other },
        });
        let inputs = &mut writing.recipe.inputs;
        match self.share {
            Some(otherwise) => inputs.push(Input::Place { coding, otherwise }),
            None => {
                let places = 0..missing + u32::from(self.missing);
                inputs.extend(places.map(|place| Input::Is { coding, place }));
            }
        }
    }

    pub fn validate(&self) -> Result<(), String> {
        let places = self.levels.len() + usize::from(self.other) + usize::from(self.missing);
        if places < 2 || self.levels.len() > MAXIMUM_LEVELS {
            return Err(format!("it has {places} levels"));
        }
        if let Some(share) = self.share
            && (places != 2 || !(0.0..=1.0).contains(&share))
        {
            return Err("its levels cannot share an input".to_string());
        }
        let mut sorted: Vec<&String> = self.levels.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("a level occurs twice".to_string());
        }
        Ok(())
    }
}

/// Sorts levels or classes: by value if all are numbers, else by their text.
pub(super) fn sort_levels(levels: &mut [String]) {
    let numbers: Option<Vec<f64>> = levels.iter().map(|level| level.parse().ok()).collect();
    if numbers.is_some_and(|numbers| numbers.iter().all(|number: &f64| number.is_finite())) {
        let value = |level: &String| level.parse().unwrap_or(f64::NAN);
        levels.sort_by(|a, b| value(a).total_cmp(&value(b)).then_with(|| a.cmp(b)));
    } else {
        levels.sort_unstable();
    }
}

/// Whether the cells are numbers; a column that cannot make up its mind is one of texts.
fn is_numeric(column: &Column) -> bool {
    matches!(column.kind(), Ok(Kind::Numeric))
}

fn read(column: &Column, numeric: bool) -> Result<Vec<Option<Cow<'_, str>>>, TableError> {
    if !numeric {
        return Ok(column.texts());
    }
    let numbers = column.numbers()?;
    let print = |value: f64| Cow::Owned(print_number(value + 0.0));
    Ok(numbers
        .into_iter()
        .map(|value| (!value.is_nan()).then(|| print(value)))
        .collect())
}
