//! `neuronseek vision search flat|features|patches`: images as a table.

use std::path::PathBuf;

use clap::Args;
use neuronseek::model::SearchMethod;
use neuronseek::neuron::{Neuron, Structure};
use neuronseek::observe::Control;
use neuronseek_vision::images::Part;
use neuronseek_vision::search::{Rows, SearchConfig, search};
use serde::Serialize;

use super::title;
use crate::arguments::searching::method;
use crate::arguments::{Form, Threads};
use crate::command::search::evidence;
use crate::command::vision::source::Source;
use crate::console::Console;
use crate::display::{count, duration, percent};
use crate::failure::Failure;
use crate::{interrupt, output};

/// The search of a neuron on rows made of images.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The images
    #[arg(value_name = "DATA")]
    data: PathBuf,
    /// Rows at most, those held out included
    #[arg(long, value_name = "N", default_value_t = SearchConfig::default().sample,
          help_heading = "Search")]
    rows: usize,
    /// als, td or td-paper
    #[arg(long, default_value = "als", value_parser = method(), help_heading = "Search")]
    method: SearchMethod,
    /// The highest order of a term, 1 to 5
    #[arg(long, value_name = "K", default_value_t = SearchConfig::default().max_order,
          help_heading = "Search")]
    max_order: usize,
    /// The highest rank of an interaction, 0 to 64
    #[arg(long, value_name = "R", default_value_t = SearchConfig::default().max_rank,
          help_heading = "Search")]
    max_rank: usize,
    #[command(flatten)]
    source: Source,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
}

/// The same, and the small network.
#[derive(Debug, Args)]
pub struct OfFeatures {
    #[command(flatten)]
    pub rows: Arguments,
    /// Passes over the images that the small network is trained on
    #[arg(long, value_name = "N", default_value_t = SearchConfig::default().epochs,
          help_heading = "Search")]
    pub epochs: usize,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    neuron: &'a Neuron,
    structure: Structure,
    search: &'static str,
    method: &'a str,
    seed: u64,
    seconds: f64,
    rows: usize,
    inputs: usize,
    /// The share of the deviance of rows of other images that is explained.
    explained: f64,
    warnings: &'a [String],
}

/// Searches.
pub fn run(
    arguments: &Arguments,
    rows: Rows,
    epochs: Option<usize>,
    console: &Console,
) -> Result<(), Failure> {
    interrupt::listen()?;
    arguments.threads.apply()?;
    let images = arguments
        .source
        .read(&arguments.data, Part::Train, console)?;
    let defaults = SearchConfig::default();
    let config = SearchConfig {
        rows,
        method: arguments.method,
        max_order: arguments.max_order,
        max_rank: arguments.max_rank,
        sample: arguments.rows,
        epochs: epochs.unwrap_or(defaults.epochs),
        seed: arguments.seed,
        ..defaults
    };
    let control = Control {
        observer: console,
        stop: interrupt::flag(),
        deadline: None,
    };
    let found = search(&images, &config, &control)?;
    console.done();
    for warning in &found.warnings {
        console.warn(warning);
    }
    let report = &found.report;
    if arguments.form.json {
        return output::print_json(&Document {
            neuron: &found.neuron,
            structure: found.neuron.structure(),
            search: rows.name(),
            method: &report.method,
            seed: arguments.seed,
            seconds: found.seconds,
            rows: found.rows,
            inputs: found.inputs,
            explained: found.explained,
            warnings: &found.warnings,
        });
    }
    output::print(&format!(
        "{}\n{}\n{} of the deviance of {} rows of other images is explained\n\
         {} on {} rows of {} inputs, {}\n",
        title(&found.neuron, console.styled),
        evidence(report, console.styled),
        percent(found.explained),
        count(found.held_out),
        report.method,
        count(found.rows),
        found.inputs,
        duration(found.seconds)
    ))
}
