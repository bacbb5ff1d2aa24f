use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Case, Settings, Synthetic, TrueTerm};
use crate::neuron::{Neuron, Structure};
use crate::table::write::Aside;
use crate::table::{Column, Table, TableError};

/// The truth of a generated table, as the JSON file beside it has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The structure that a search should find, ranks included, in text form.
    pub neuron: Neuron,
    /// The same as lists.
    pub structure: Structure,
    /// Mode and variant.
    #[serde(flatten)]
    pub case: Case,
    /// How the table was generated.
    #[serde(flatten)]
    pub settings: Settings,
    /// The summands of f with their numbers.
    pub terms: Vec<TrueTerm>,
    /// The mean in y = (f(x) + noise - mean) / deviation.
    pub mean: f64,
    /// The deviation in y = (f(x) + noise - mean) / deviation.
    pub deviation: f64,
}

impl Synthetic {
    /// The truth, to be written beside the table.
    pub fn truth_document(&self) -> Truth {
        Truth {
            neuron: self.truth.clone(),
            structure: self.truth.structure(),
            case: self.case,
            settings: self.settings,
            terms: self.terms.clone(),
            mean: self.mean,
            deviation: self.deviation,
        }
    }

    /// A table of the columns `x1` to `xD` and `y`.
    ///
    /// # Errors
    /// None in practice: the names differ and the lengths agree.
    pub fn table(&self) -> Result<Table, TableError> {
        let mut columns: Vec<Column> = (0..self.inputs.columns())
            .map(|input| Column::of_numbers(&format!("x{}", input + 1), self.inputs.column(input)))
            .collect();
        columns.push(Column::of_numbers("y", self.y.clone()));
        Table::new(&format!("synthetic {}", self.case), columns)
    }

    /// Writes the table as CSV (see [`Table::write_csv`]) and the truth as JSON beside it, at
    /// [`truth_path`], which is given back.
    ///
    /// # Errors
    /// When one of the files exists and `replace` is not set, or cannot be written. Then neither
    /// is left behind.
    pub fn write(&self, path: &Path, replace: bool) -> Result<PathBuf, TableError> {
        let truth_path = truth_path(path);
        let table = self.table()?.csv_aside(path, replace)?;
        let truth = Aside::write(&truth_path, replace, |file| {
            serde_json::to_writer_pretty(&mut *file, &self.truth_document())?;
            file.write_all(b"\n")
        })?;
        let was_there = truth_path.exists();
        truth.put_in_place()?;
        if let Err(error) = table.put_in_place() {
            if !was_there {
                // The error at hand tells more than that of a removal that fails too.
                let _ = std::fs::remove_file(&truth_path);
            }
            return Err(error);
        }
        Ok(truth_path)
    }
}

/// Where the truth of the table at `path` lies: `data.csv` and `data.csv.gz` have it at
/// `data.truth.json`.
pub fn truth_path(path: &Path) -> PathBuf {
    let mut stem = path.to_path_buf();
    if stem.extension().is_some_and(|ending| ending == "gz") {
        stem.set_extension("");
    }
    stem.set_extension("truth.json");
    stem
}
