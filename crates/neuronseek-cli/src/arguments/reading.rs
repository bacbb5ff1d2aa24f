//! Flags about tables: how they are read and what their columns are.

use std::path::Path;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use neuronseek::prepare::{ColumnKind, TargetStatistics};
use neuronseek::table::{ReadOptions, Table};

use crate::failure::Failure;

/// How a table is read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Table")]
pub struct Reading {
    /// A text that means a missing cell, beside the empty cell, NA, N/A and null; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub missing: Vec<String>,
}

impl Reading {
    /// Reads a table; `-` is standard input.
    pub fn table(&self, path: &Path) -> Result<Table, Failure> {
        Ok(Table::read(path, &self.options())?)
    }

    /// The same for the library.
    pub fn options(&self) -> ReadOptions {
        ReadOptions {
            missing: self.missing.clone(),
            ..ReadOptions::default()
        }
    }
}

/// What the columns of a training table are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Table")]
pub struct Columns {
    /// The column to predict; several numeric ones as a,b
    #[arg(short, long, value_name = "COLUMN", required = true)]
    pub target: Vec<String>,
    /// What a column is when its looks deceive: category, numeric or date; may be repeated
    #[arg(long, value_name = "COLUMN=KIND", value_parser = kind)]
    pub kind: Vec<(String, ColumnKind)>,
    /// A column to leave out; may be repeated
    #[arg(long, value_name = "COLUMN")]
    pub ignore: Vec<String>,
    /// A column of sample weights, each at least 0
    #[arg(long, value_name = "COLUMN")]
    pub weights: Option<String>,
    /// Inputs that say what the target is like where a category, or a combination of columns, has
    /// this level, of earlier rows in a random order. auto: of categories of more than 8 levels and
    /// of combinations, where it explains the target beyond chance; all: of every category,
    /// and of combinations of numbers in bins
    #[arg(long, value_name = "WHICH", default_value = "auto", value_parser = statistics())]
    pub target_statistics: TargetStatistics,
}

fn statistics() -> impl TypedValueParser<Value = TargetStatistics> {
    let names = TargetStatistics::ALL.map(TargetStatistics::name);
    PossibleValuesParser::new(names).try_map(|name| name.parse())
}

impl Columns {
    /// The target columns: a name with a comma in it is taken whole where the table has it.
    pub fn targets(&self, table: &Table) -> Vec<String> {
        let exists = |name: &str| table.columns().iter().any(|column| column.name == name);
        let split = |text: &String| -> Vec<String> {
            if exists(text) {
                return vec![text.clone()];
            }
            text.split(',')
                .map(|name| name.trim().to_string())
                .collect()
        };
        self.target.iter().flat_map(split).collect()
    }
}

fn kind(text: &str) -> Result<(String, ColumnKind), String> {
    let (column, kind) = text
        .rsplit_once('=')
        .ok_or("write it as COLUMN=KIND, such as zip=category")?;
    Ok((column.to_string(), kind.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_follows_the_last_equals_sign() {
        assert_eq!(kind("a=b=date"), Ok(("a=b".to_string(), ColumnKind::Date)));
        assert!(kind("zip").is_err());
        assert!(kind("zip=text").unwrap_err().contains("no kind"));
    }
}
