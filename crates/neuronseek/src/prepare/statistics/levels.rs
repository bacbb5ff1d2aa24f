use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::prepare::PrepareError;
use crate::prepare::category::sort_levels;
use crate::prepare::classes::{Labels, keys};
use crate::table::{Column, Kind};

/// At most so many levels of a column are told apart.
pub(super) const MAXIMUM_LEVELS: usize = 10_000;

/// The levels of a column that statistics are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Levels {
    pub name: String,
    /// How cells are compared.
    compared: Labels,
    /// Those of the training rows, sorted; the most frequent ones where there are too many.
    pub texts: Vec<String>,
}

impl Levels {
    /// Of the cells in the given rows.
    pub fn fit(column: &Column, rows: &[usize]) -> Result<Levels, PrepareError> {
        let compared = match column.kind() {
            Ok(Kind::Numeric) => Labels::Numbers,
            Ok(Kind::Boolean) => Labels::Truths,
            _ => Labels::Texts,
        };
        let texts = keys(column, compared)?;
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for text in rows.iter().filter_map(|&row| texts[row].as_ref()) {
            *counts.entry(text).or_default() += 1;
        }
        let mut frequent: Vec<(&str, usize)> = counts.into_iter().collect();
        frequent.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        frequent.truncate(MAXIMUM_LEVELS);
        let mut texts: Vec<String> = frequent.iter().map(|(text, _)| text.to_string()).collect();
        sort_levels(&mut texts);
        Ok(Levels {
            name: column.name.clone(),
            compared,
            texts,
        })
    }

    /// The place of each row's level, that of missing cells behind the last; `None` for a level
    /// that is not told apart.
    pub fn places(&self, column: &Column) -> Result<Vec<Option<u32>>, PrepareError> {
        let texts = self.texts.iter().enumerate();
        let places: HashMap<&str, u32> = texts
            .map(|(place, text)| (text.as_str(), place as u32))
            .collect();
        let place = |cell: Option<Cow<'_, str>>| match cell {
            Some(text) => places.get(text.as_ref()).copied(),
            None => Some(self.texts.len() as u32),
        };
        Ok(keys(column, self.compared)?
            .into_iter()
            .map(place)
            .collect())
    }

    pub fn validate(&self) -> Result<(), String> {
        if self.texts.is_empty() || self.texts.len() > MAXIMUM_LEVELS {
            return Err(format!("it has {} levels", self.texts.len()));
        }
        let mut sorted: Vec<&String> = self.texts.iter().collect();
        sorted.sort_unstable();
        match sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            true => Err("a level occurs twice".to_string()),
            false => Ok(()),
        }
    }
}
