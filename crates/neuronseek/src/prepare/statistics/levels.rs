use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::prepare::PrepareError;
use crate::prepare::category::sort_levels;
use crate::prepare::classes::{Labels, keys};
use crate::prepare::quantile::Sorted;
use crate::prepare::recipe::{Coding, Key, RawKind, Writing};
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
    texts: Vec<String>,
    /// Of numbers in bins instead: where each bin but the first begins, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    edges: Vec<f64>,
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
            edges: Vec::new(),
        })
    }

    /// Bins of as many rows each as ties allow.
    pub fn bins(column: &Column, rows: &[usize], count: usize) -> Result<Levels, PrepareError> {
        let values = column.numbers()?;
        let sorted = Sorted::new(rows.iter().map(|&row| values[row]));
        let lowest = sorted.values().first().copied();
        let edges = (1..count).map(|bin| sorted.quantile(bin as f64 / count as f64));
        let mut edges: Vec<f64> = edges.filter(|edge| Some(*edge) > lowest).collect();
        edges.dedup();
        Ok(Levels {
            name: column.name.clone(),
            compared: Labels::Numbers,
            texts: Vec::new(),
            edges,
        })
    }

    /// How many levels there are; missing cells are one more.
    pub fn count(&self) -> usize {
        match self.edges.len() {
            0 => self.texts.len(),
            edges => edges + 1,
        }
    }

    pub fn is_binned(&self) -> bool {
        !self.edges.is_empty()
    }

    /// The column's name, with the number of bins where there are any.
    pub fn label(&self) -> String {
        match self.edges.len() {
            0 => self.name.clone(),
            edges => format!("{}[{}]", self.name, edges + 1),
        }
    }

    /// The place of each row's level, that of missing cells behind the last; `None` for a level
    /// that is not told apart.
    pub fn places(&self, column: &Column) -> Result<Vec<Option<u32>>, PrepareError> {
        let last = self.count() as u32;
        if !self.edges.is_empty() {
            // Edges are few: counting those below needs no guess at a branch.
            let bin = |value: f64| match value.is_nan() {
                true => last,
                false => self.edges.iter().filter(|edge| **edge <= value).count() as u32,
            };
            return Ok(column
                .numbers()?
                .into_iter()
                .map(|v| Some(bin(v)))
                .collect());
        }
        let texts = self.texts.iter().enumerate();
        let places: HashMap<&str, u32> = texts
            .map(|(place, text)| (text.as_str(), place as u32))
            .collect();
        let place = |cell: Option<Cow<'_, str>>| match cell {
            Some(text) => places.get(text.as_ref()).copied(),
            None => Some(last),
        };
        Ok(keys(column, self.compared)?
            .into_iter()
            .map(place)
            .collect())
    }

    /// The places as plain steps; gives the index of the coding.
    pub fn recipe(&self, writing: &mut Writing) -> usize {
        let kind = match self.compared {
            Labels::Texts => RawKind::Text,
            Labels::Numbers => RawKind::Number,
            Labels::Truths => RawKind::Truth,
        };
        let key = match (self.is_binned(), self.compared) {
            (true, _) => Key::Bins(self.edges.clone()),
            (false, Labels::Texts) => Key::Texts(self.texts.clone()),
            (false, _) => Key::Numbers(writing.numbers(&self.name, &self.texts)),
        };
        let column = writing.column(&self.name, kind);
        writing.coding(Coding {
            column,
            key,
            unseen: None,
            missing: Some(self.count() as u32),
        })
    }

    pub fn validate(&self) -> Result<(), String> {
        if !(1..=MAXIMUM_LEVELS).contains(&self.count()) {
            return Err(format!("it has {} levels", self.count()));
        }
        let finite = self.edges.iter().all(|edge| edge.is_finite());
        if !finite || self.edges.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err("its bins are not in order".to_string());
        }
        let mut sorted: Vec<&String> = self.texts.iter().collect();
        sorted.sort_unstable();
        match sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            true => Err("a level occurs twice".to_string()),
            false => Ok(()),
        }
    }
}
