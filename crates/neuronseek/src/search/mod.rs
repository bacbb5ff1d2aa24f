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
pub mod polynomial;
mod regression;
mod report;
pub mod threshold;

pub use formula::Formula;
pub use report::{Alternative, Candidate, Evidence, Problem, Report, Search, SearchError, Step};

/// Checks (name, value, lowest, highest) of settings, all at once.
fn in_ranges(settings: &[(&str, usize, usize, usize)]) -> Result<(), SearchError> {
    let problems: Vec<String> = settings
        .iter()
        .filter(|(_, value, low, high)| !(low..=high).contains(&value))
        .map(|(name, value, low, high)| format!("{name} {value} is out of range: {low} to {high}"))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(SearchError::Settings(problems))
    }
}
