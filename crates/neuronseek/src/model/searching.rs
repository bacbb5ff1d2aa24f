//! From the user's search options to a method.

use super::options::{SearchMethod, SearchOptions};
use crate::observe::Control;
use crate::search::als::{Als, AlsSettings};
use crate::search::eql::Eql;
use crate::search::gated::{Gated, GatedSettings, Preset};
use crate::search::genetic::{Genetic, GeneticSettings};
use crate::search::gp::Gp;
use crate::search::metasymnet::MetaSymNet;
use crate::search::polynomial::{Lasso, LassoSettings, Linear, Poly, PolySettings};
use crate::search::threshold::{Form, Threshold, ThresholdSettings};
use crate::search::{Problem, Report, Search, SearchError};

/// The search that the options ask for. Rivals take of them what they know: `max_order` bounds the
/// orders of `sr`, `threshold`, `poly` and `lasso`; the others take none.
pub fn method(options: &SearchOptions) -> Box<dyn Search> {
    match options.method {
        SearchMethod::Als => Box::new(Als {
            settings: AlsSettings {
                max_order: options.max_order,
                max_rank: options.max_rank,
                functions: options.functions.clone(),
                alternatives: options.alternatives,
                ..AlsSettings::default()
            },
        }),
        SearchMethod::Td => Box::new(gated(options, Preset::Default)),
        SearchMethod::TdPaper => Box::new(gated(options, Preset::Paper)),
        SearchMethod::Sr | SearchMethod::SrReleased => Box::new(Genetic {
            settings: GeneticSettings {
                max_order: options.max_order,
                released: options.method == SearchMethod::SrReleased,
                ..GeneticSettings::default()
            },
        }),
        SearchMethod::Gp => Box::new(Gp::default()),
        SearchMethod::Threshold | SearchMethod::Tucker | SearchMethod::Stridge => {
            Box::new(Threshold {
                settings: ThresholdSettings {
                    form: match options.method {
                        SearchMethod::Tucker => Form::Tucker,
                        _ => Form::Cp,
                    },
                    stridge: options.method == SearchMethod::Stridge,
                    max_order: options.max_order,
                    ..ThresholdSettings::default()
                },
            })
        }
        SearchMethod::Eql => Box::new(Eql::default()),
        SearchMethod::MetaSymNet => Box::new(MetaSymNet::default()),
        SearchMethod::Poly => Box::new(Poly {
            settings: PolySettings {
                max_order: options.max_order,
                ..PolySettings::default()
            },
        }),
        SearchMethod::Lasso => Box::new(Lasso {
            settings: LassoSettings {
                max_order: options.max_order,
                ..LassoSettings::default()
            },
        }),
        SearchMethod::Linear => Box::new(Linear),
    }
}

fn gated(options: &SearchOptions, preset: Preset) -> Gated {
    Gated {
        settings: GatedSettings {
            preset,
            max_order: options.max_order,
            max_rank: options.max_rank,
            functions: options.functions.clone(),
            alternatives: options.alternatives,
            ..GatedSettings::default()
        },
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
