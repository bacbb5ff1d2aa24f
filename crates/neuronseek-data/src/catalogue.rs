//! The tables of the tabular protocol: what they are and where they come from.
//!
//! The list is a file of the crate, `catalogue.json`, and no service is asked for it: what a name
//! means must not change under a benchmark. A table has a public source there only where its
//! address is certain; the others say why they have none.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::DataError;

/// A table of the protocol.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The name it is asked for by.
    pub name: String,
    /// What it is, in words.
    pub title: String,
    /// "regression" or "classification".
    pub task: String,
    /// The column to predict.
    pub target: String,
    /// Its rows.
    pub rows: usize,
    /// Its columns in order, the target last.
    pub columns: Vec<String>,
    /// Which of them hold categories.
    pub categorical_columns: Vec<String>,
    /// Cells without a value.
    pub missing_cells: usize,
    /// The size of its compressed CSV file, about.
    pub bytes: u64,
    /// Under which licence its authors give it, as far as known.
    pub licence: String,
    /// The SHA-256 of its values: of the CSV text that [`crate::shape::form`] gives.
    pub values: String,
    /// Where it comes from.
    pub source: Source,
}

/// Where a table comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Source {
    /// A data set of OpenML.
    OpenMl {
        /// Its number there.
        openml: u64,
        /// The formula of each column in the columns there, where they have other meanings:
        /// `a`, `a / b` or `a / 100`.
        #[serde(default)]
        columns: BTreeMap<String, String>,
    },
    /// A CSV file at an address that always gives the same bytes.
    Address {
        /// The address.
        address: String,
        /// The SHA-256 of the file.
        sha256: String,
    },
    /// No address is known for certain.
    LocalOnly {
        /// What the table was made of.
        local_only: String,
    },
}

impl Source {
    /// The source in a few words, such as "OpenML 42225".
    pub fn name(&self) -> String {
        match self {
            Source::OpenMl { openml, .. } => format!("OpenML {openml}"),
            Source::Address { address, .. } => {
                let host = address.split('/').nth(2).unwrap_or(address);
                host.to_string()
            }
            Source::LocalOnly { .. } => "local only".to_string(),
        }
    }

    /// The number at OpenML.
    pub fn openml(&self) -> Option<u64> {
        match self {
            Source::OpenMl { openml, .. } => Some(*openml),
            _ => None,
        }
    }
}

/// What `INDEX.json` of a folder of tables says of one: all that the benchmark and the list need.
#[derive(Debug, Clone, Serialize)]
pub struct Description<'a> {
    name: &'a str,
    title: &'a str,
    task: &'a str,
    target: &'a str,
    rows: usize,
    n_features: usize,
    columns: &'a [String],
    categorical_columns: &'a [String],
    missing_cells: usize,
    openml_id: Option<u64>,
    source: String,
    file: String,
    bytes: u64,
    sha256: &'a str,
    /// Whether the values are the protocol's, to the digit.
    same_values: bool,
    licence: &'a str,
}

impl Entry {
    /// The file's name in a folder of tables.
    pub fn file(&self) -> String {
        format!("{}.csv.gz", self.name)
    }

    /// What `INDEX.json` says of the table when its file has this size and checksum.
    pub fn description<'a>(
        &'a self,
        bytes: u64,
        sha256: &'a str,
        same_values: bool,
    ) -> Description<'a> {
        Description {
            name: &self.name,
            title: &self.title,
            task: &self.task,
            target: &self.target,
            rows: self.rows,
            n_features: self.columns.len().saturating_sub(1),
            columns: &self.columns,
            categorical_columns: &self.categorical_columns,
            missing_cells: self.missing_cells,
            openml_id: self.source.openml(),
            source: self.source.name(),
            file: self.file(),
            bytes,
            sha256,
            same_values,
            licence: &self.licence,
        }
    }
}

#[derive(Deserialize)]
struct Catalogue {
    tables: Vec<Entry>,
}

/// All tables, by name.
///
/// # Errors
/// Never with the file that the crate was built with, which a test reads.
pub fn tables() -> Result<&'static [Entry], DataError> {
    static TABLES: OnceLock<Vec<Entry>> = OnceLock::new();
    if let Some(tables) = TABLES.get() {
        return Ok(tables);
    }
    let read: Catalogue = serde_json::from_str(include_str!("../catalogue.json"))
        .map_err(|error| DataError::Catalogue(error.to_string()))?;
    Ok(TABLES.get_or_init(|| read.tables))
}

/// The table of this name.
///
/// # Errors
/// [`DataError::UnknownName`] with the names most like it.
pub fn find(name: &str) -> Result<&'static Entry, DataError> {
    let tables = tables()?;
    if let Some(entry) = tables.iter().find(|entry| entry.name == name) {
        return Ok(entry);
    }
    Err(DataError::UnknownName {
        name: name.to_string(),
        near: near(name, tables.iter().map(|entry| entry.name.as_str())),
    })
}

/// The known names most like one that is not known, the most alike first, three at most.
pub(crate) fn near<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let wanted = letters(name);
    // A part of a name is what was forgotten, a likeness what was mistyped.
    let part = |known: &str| match !wanted.is_empty() && known.contains(&wanted) {
        true => 1.0,
        false => 0.0,
    };
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(&wanted, known);
    match nearest(known.clone(), part) {
        near if near.is_empty() => nearest(known, likeness),
        near => near,
    }
}

/// The names of at least half a likeness, the most alike first, three at most.
fn nearest<'a>(
    known: impl Iterator<Item = &'a str>,
    likeness: impl Fn(&str) -> f64,
) -> Vec<String> {
    let mut near: Vec<(f64, &str)> = known
        .map(|name| (likeness(&letters(name)), name))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.iter()
        .take(3)
        .map(|(_, name)| name.to_string())
        .collect()
}

/// The letters and digits of a name, in lower case: `Whole weight` and `whole_weight` are one.
pub(crate) fn letters(name: &str) -> String {
    name.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_whole() {
        let tables = tables().unwrap();
        assert_eq!(tables.len(), 16);
        for entry in tables {
            assert_eq!(entry.columns.last(), Some(&entry.target), "{}", entry.name);
            assert!(entry.rows > 0 && entry.values.len() == 64, "{}", entry.name);
            assert!(["regression", "classification"].contains(&entry.task.as_str()));
            for column in &entry.categorical_columns {
                assert!(entry.columns.contains(column), "{}: {column}", entry.name);
            }
            if let Source::OpenMl { columns, .. } = &entry.source {
                for column in columns.keys() {
                    assert!(entry.columns.contains(column), "{}: {column}", entry.name);
                }
            }
        }
        assert!(tables.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn an_unknown_name_suggests_near_ones() {
        let near = |name: &str| match find(name) {
            Err(DataError::UnknownName { near, .. }) => near,
            other => panic!("{other:?}"),
        };
        assert_eq!(near("abalon"), ["abalone"]);
        assert_eq!(near("Credit-G"), ["credit_g"]);
        assert_eq!(near("airlines").len(), 2);
        assert!(near("zzzzzz").is_empty());
        assert_eq!(find("vehicle").unwrap().source.openml(), Some(54));
    }
}
