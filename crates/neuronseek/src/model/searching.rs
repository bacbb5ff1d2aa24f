//! From the user's search options to a method.

use super::options::{SearchMethod, SearchOptions};
use crate::observe::Control;
use crate::search::als::{Als, AlsSettings};
use crate::search::gated::{Gated, GatedSettings, Preset};
use crate::search::{Problem, Report, Search, SearchError};

/// The search that the options ask for.
pub fn method(options: &SearchOptions) -> Box<dyn Search> {
    match options.method {
        SearchMethod::Als => Box::new(Als {
            settings: AlsSettings {
                max_order: options.max_order,
                max_rank: options.max_rank,
                functions: options.functions.clone(),
                ..AlsSettings::default()
            },
        }),
        SearchMethod::Td | SearchMethod::TdPaper => Box::new(Gated {
            settings: GatedSettings {
                preset: match options.method {
                    SearchMethod::TdPaper => Preset::Paper,
                    _ => Preset::Default,
                },
                max_order: options.max_order,
                max_rank: options.max_rank,
                functions: options.functions.clone(),
                ..GatedSettings::default()
            },
        }),
    }
}

/// Runs it.
pub fn run(
    problem: &Problem<'_>,
    options: &SearchOptions,
    seed: u64,
    control: &Control<'_>,
) -> Result<Report, SearchError> {
    method(options).search(problem, seed, control)
}
