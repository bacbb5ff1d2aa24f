//! From data to a neuron: one trait, one report, one folder per method.
//!
//! A search sees scaled inputs ([`crate::prepare::SearchScale`] keeps the user's zero wherever it
//! lies inside the data, since a structure is not invariant to shifts) and never bends them.

mod adam;
pub mod als;
pub mod eql;
mod formula;
pub mod gated;
pub mod genetic;
pub mod gp;
pub mod metasymnet;
mod moments;
pub(crate) mod paired;
pub mod polynomial;
mod regression;
mod report;
pub(crate) mod sparse;
mod taken;
#[cfg(test)]
mod testing;
pub mod threshold;

pub use formula::Formula;
pub use report::{Alternative, Candidate, Evidence, Problem, Report, Search, SearchError, Step};

use self::taken::taken;
use crate::neuron::Function;

/// Checks (name, value, lowest, highest) of settings, all at once.
fn in_ranges(settings: &[(&str, usize, usize, usize)]) -> Result<(), SearchError> {
    refuse(outside(settings))
}

/// One sentence per (name, value, lowest, highest) that is out of range.
fn outside(settings: &[(&str, usize, usize, usize)]) -> Vec<String> {
    settings
        .iter()
        .filter(|(_, value, low, high)| !(low..=high).contains(&value))
        .map(|(name, value, low, high)| format!("{name} {value} is out of range: {low} to {high}"))
        .collect()
}

/// One sentence per function that is given twice.
fn repeated(functions: &[Function]) -> Vec<String> {
    let repeated = |index: &usize| functions[..*index].contains(&functions[*index]);
    (0..functions.len())
        .filter(repeated)
        .map(|index| format!("function {} is given twice", functions[index].name()))
        .collect()
}

/// All problems of settings as one error.
fn refuse(problems: Vec<String>) -> Result<(), SearchError> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(SearchError::Settings(problems))
    }
}
