use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::category::sort_levels;
use super::decision::Adjustment;
use super::{MAXIMUM_CLASSES, PrepareError};
use crate::table::{Column, print_number};

/// How the cells of a class column are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Labels {
    /// As texts.
    Texts,
    /// As numbers: 1 and 1.0 are one class.
    Numbers,
    /// As truth values: yes and YES are one class.
    Truths,
}

/// The classes of a target column: what the cells are compared by, and the labels as the user
/// first wrote them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Classes {
    compared: Labels,
    labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Adjustment::is_none")]
    pub(super) adjustment: Adjustment,
}

/// The class of each row of a column: `None` where it is missing.
pub(super) type Coded = Vec<Option<usize>>;

impl Classes {
    /// The classes of all rows of `column`, those included that are held out: a class is known
    /// though no training row has it.
    pub(super) fn fit(column: &Column, compared: Labels) -> Result<Classes, PrepareError> {
        let keys = keys(column, compared)?;
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (row, key) in keys.iter().enumerate() {
            if let Some(key) = key {
                first.entry(key).or_insert(row);
            }
        }
        let mut sorted: Vec<String> = first.keys().map(|key| key.to_string()).collect();
        sort_levels(&mut sorted);
        let written = |key: &String| {
            let row = first.get(key.as_str()).copied().unwrap_or_default();
            column
                .text(row)
                .map_or_else(|| key.clone(), |text| text.trim().to_string())
        };
        Ok(Classes {
            compared,
            labels: sorted.iter().map(written).collect(),
            adjustment: Adjustment::default(),
        })
    }

    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The class of each row of a later table, and for classes never seen the row and the text.
    pub fn code(&self, column: &Column) -> Result<(Coded, Vec<(usize, String)>), PrepareError> {
        let own: Vec<String> = self
            .labels
            .iter()
            .map(|label| key_of(label, self.compared))
            .collect();
        let places: HashMap<&str, usize> = own
            .iter()
            .enumerate()
            .map(|(class, key)| (key.as_str(), class))
            .collect();
        let mut unseen = Vec::new();
        let mut coded = Vec::with_capacity(column.rows());
        for (row, key) in keys(column, self.compared)?.iter().enumerate() {
            let class = key
                .as_ref()
                .and_then(|key| places.get(key.as_ref()).copied());
            if let (Some(key), None) = (key, class) {
                unseen.push((row, key.to_string()));
            }
            coded.push(class);
        }
        Ok((coded, unseen))
    }

    pub fn validate(&self) -> Result<(), String> {
        if !(2..=MAXIMUM_CLASSES).contains(&self.labels.len()) {
            return Err(format!("it has {} classes", self.labels.len()));
        }
        let mut keys: Vec<String> = self
            .labels
            .iter()
            .map(|label| key_of(label, self.compared))
            .collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("a class occurs twice".to_string());
        }
        self.adjustment.validate(self.labels.len())
    }
}

/// As a reader of CSV files has it already, and as labels are written.
fn trimmed(cell: Option<Cow<'_, str>>) -> Option<Cow<'_, str>> {
    let cell = match cell? {
        Cow::Borrowed(cell) => Cow::Borrowed(cell.trim()),
        Cow::Owned(cell) => Cow::Owned(cell.trim().to_string()),
    };
    Some(cell).filter(|cell| !cell.is_empty())
}

/// What the cells of a column are compared by; `None` where a cell is missing.
pub(super) fn keys(
    column: &Column,
    compared: Labels,
) -> Result<Vec<Option<Cow<'_, str>>>, PrepareError> {
    let known = |values: Vec<f64>| {
        let key = |value: f64| (!value.is_nan()).then(|| print_number(value + 0.0).into());
        values.into_iter().map(key).collect()
    };
    Ok(match compared {
        Labels::Texts => column.texts().into_iter().map(trimmed).collect(),
        Labels::Numbers => known(column.numbers()?),
        Labels::Truths => known(column.booleans()?),
    })
}

/// The key of a label as [`keys`] makes it; the text itself for what is no such label.
fn key_of(label: &str, compared: Labels) -> String {
    let column = Column::of_texts("", [Some(label)]);
    let key = keys(&column, compared)
        .ok()
        .and_then(|mut keys| keys.pop().flatten());
    key.map_or_else(|| label.to_string(), |key| key.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_around_a_class_do_not_matter() {
        let column = Column::of_texts("y", [Some("red "), Some("blue"), Some("red"), Some(" ")]);
        let classes = Classes::fit(&column, Labels::Texts).unwrap();
        assert_eq!(classes.labels(), ["blue", "red"]);
        let (coded, unseen) = classes.code(&column).unwrap();
        assert_eq!(coded, [Some(1), Some(0), Some(1), None]);
        assert!(unseen.is_empty());
    }
}
