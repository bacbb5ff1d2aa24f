//! `neuronseek bench tables`: the default fit on every table of a folder.

use std::path::PathBuf;

use clap::Args;
use neuronseek::model::FitOptions;
use neuronseek::observe::Control;
use neuronseek_bench::tables::{self, Settings};

use super::running;
use crate::arguments::network::Effort;
use crate::arguments::searching::Transforming;
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::failure::Failure;
use crate::{interrupt, output};

/// Fit every table of a folder with INDEX.json by default settings and compare on test rows
#[derive(Debug, Args)]
#[command(after_help = "\
INDEX.json is a list \"datasets\" of objects with name, file and target. The result is a Markdown \
table; each fit is also said on standard error as it ends. Ctrl-C prints what is done.

Example: neuronseek bench tables --data ../shared/data/tabular --threads 1")]
pub struct Arguments {
    /// The folder of the tables with INDEX.json, or the one that holds it as tabular/
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Hash splits of the tabular protocol, one or several numbers
    #[arg(long, value_name = "S", value_delimiter = ',', default_value = "0")]
    splits: Vec<u64>,
    /// Only tables whose name contains one of these
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// The seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    transforming: Transforming,
    #[command(flatten)]
    effort: Effort,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
}

/// Fits and compares.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    arguments.threads.apply()?;
    let settings = Settings {
        folder: running::group(&arguments.data, "tabular"),
        splits: arguments.splits.clone(),
        only: arguments.only.clone(),
        options: FitOptions {
            seed: arguments.seed,
            profile: arguments.effort.profile,
            target_transform: arguments.transforming.target_transform,
            ..FitOptions::default()
        },
    };
    let control = Control {
        observer: console,
        stop: interrupt::listen()?,
        deadline: None,
    };
    let results = tables::run(&settings, &control, &mut |result| {
        console.note(&format!(
            "{} {}: {} {:.4}, linear model {:.4}, {:.1} s",
            result.table, result.split, result.loss, result.model, result.linear, result.seconds
        ));
    })?;
    console.done();
    if arguments.form.json {
        return output::print_json(&results);
    }
    output::print(&tables::markdown(&results))
}
