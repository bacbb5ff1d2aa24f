//! Flags about the search for a neuron, and about the time that work may take.

use std::time::{Duration, Instant};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use neuronseek::model::{SearchMethod, SearchOptions, TransformChoice};
use neuronseek::neuron::Function;
use neuronseek::prepare::{Origin, TargetTransform};

use super::choice;
use crate::failure::Failure;

/// The method of a search and its bounds.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Search")]
pub struct MethodChoice {
    /// als: alternating least squares with model choice; td: the paper's differentiable search;
    /// the others are rivals to compare with
    #[arg(long, default_value = "als", value_parser = method())]
    pub method: SearchMethod,
    /// paper: td with the paper's settings; released: sr as its released code
    #[arg(long, default_value = "default")]
    pub preset: Preset,
    /// The highest order of a term, 1 to 9
    #[arg(long, value_name = "K", default_value_t = SearchOptions::default().max_order)]
    pub max_order: usize,
    /// The highest rank of an interaction, 0 to 64; 0 allows no interaction
    #[arg(long, value_name = "R", default_value_t = SearchOptions::default().max_rank)]
    pub max_rank: usize,
}

/// How a neuron is searched.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Search")]
pub struct Searching {
    #[command(flatten)]
    pub method: MethodChoice,
    /// What terms are made of, such as poly,trig: powers and products always, trig adds sin and
    /// cos, exp adds exp
    #[arg(long, value_delimiter = ',', default_value = "poly")]
    pub basis: Vec<Basis>,
    /// Where inputs have their zero: keep the table's, center by medians, or auto: the table's
    /// where it lies inside the data
    #[arg(long, default_value = "auto", value_parser = choice([
        ("auto", Origin::Auto), ("keep", Origin::Keep), ("center", Origin::Center),
    ]))]
    pub origin: Origin,
}

/// Which function of the target is fitted.
#[derive(Debug, Clone, Copy, Args)]
pub struct Transforming {
    /// The function of a numeric target that is fitted; predictions come back in the target's unit.
    /// auto: the target as it is, unless another is better on held-out rows beyond noise
    #[arg(long, value_name = "FUNCTION", default_value = "auto", value_parser = transform())]
    pub target_transform: TransformChoice,
}

fn transform() -> impl TypedValueParser<Value = TransformChoice> {
    let given = |transform: TargetTransform| (transform.name(), TransformChoice::Given(transform));
    let auto = std::iter::once(("auto", TransformChoice::Auto));
    choice(auto.chain(TargetTransform::ALL.map(given)))
}

/// Settings of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    Default,
    Paper,
    Released,
}

/// Reads a method by its name.
pub fn method() -> impl TypedValueParser<Value = SearchMethod> {
    let names = SearchMethod::ALL.iter().map(|method| method.name());
    PossibleValuesParser::new(names).try_map(|name| name.parse::<SearchMethod>())
}

/// What terms are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Basis {
    Poly,
    Trig,
    Exp,
}

impl MethodChoice {
    /// The options of the library.
    pub fn options(self) -> Result<SearchOptions, Failure> {
        let method = match (self.method, self.preset) {
            (method, Preset::Default) => method,
            (SearchMethod::Td | SearchMethod::TdPaper, Preset::Paper) => SearchMethod::TdPaper,
            (SearchMethod::Sr | SearchMethod::SrReleased, Preset::Released) => {
                SearchMethod::SrReleased
            }
            (_, Preset::Paper) => {
                return Err(Failure::Usage(
                    "--preset paper is a preset of td: add --method td".to_string(),
                ));
            }
            (_, Preset::Released) => {
                return Err(Failure::Usage(
                    "--preset released is a preset of sr: add --method sr".to_string(),
                ));
            }
        };
        Ok(SearchOptions {
            method,
            max_order: self.max_order,
            max_rank: self.max_rank,
            ..SearchOptions::default()
        })
    }
}

impl Searching {
    /// The options of the library.
    pub fn options(&self) -> Result<SearchOptions, Failure> {
        let mut functions = Vec::new();
        if self.basis.contains(&Basis::Trig) {
            functions.extend([Function::Sin, Function::Cos]);
        }
        if self.basis.contains(&Basis::Exp) {
            functions.push(Function::Exp);
        }
        Ok(SearchOptions {
            functions,
            origin: self.origin,
            ..self.method.options()?
        })
    }
}

/// How long the work may take.
#[derive(Debug, Clone, Copy, Args)]
pub struct TimeLimit {
    /// End after this time with the best so far, such as 90, 60s, 5m, 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub time_limit: Option<Duration>,
}

impl TimeLimit {
    /// When the time is over, from now.
    pub fn deadline(self) -> Option<Instant> {
        Instant::now().checked_add(self.time_limit?)
    }
}

pub fn duration(text: &str) -> Result<Duration, String> {
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let number = &text[..text.len() - unit.len()];
    let factor = match unit.trim() {
        "" | "s" => 1.0,
        "ms" => 1e-3,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(format!("\"{unit}\" is not a unit of time: ms, s, m or h")),
    };
    let seconds = number.parse::<f64>().ok().map(|number| number * factor);
    seconds
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "write a time above 0, such as 60s, 5m or 1h".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "0", "-1s", "5 days", "s", "1e400", "1.2.3s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_papers_preset_belongs_to_td() {
        let choice = |method| MethodChoice {
            method,
            preset: Preset::Paper,
            max_order: 5,
            max_rank: 8,
        };
        assert!(choice(SearchMethod::Als).options().is_err());
        let options = choice(SearchMethod::Td).options().unwrap();
        assert_eq!(options.method, SearchMethod::TdPaper);
    }
}
