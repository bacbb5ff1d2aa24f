//! `neuronseek fit`: from a table to a model.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use neuronseek::model::streaming::{self, Goal, StreamedResult};
use neuronseek::model::{self, FitError, FitOptions, Fitted, Holdout, NeuronChoice, Validation};
use neuronseek::neuron::Neuron;
use neuronseek::observe::Control;
use neuronseek::prepare::{PrepareOptions, Task as LibraryTask};

use super::summary;
use crate::arguments::deciding::Deciding;
use crate::arguments::intervals::Levels;
use crate::arguments::large::{Large, Rows};
use crate::arguments::network::{Effort, Shape, Training};
use crate::arguments::reading::{Columns, Reading};
use crate::arguments::searching::{Searching, TimeLimit, Transforming};
use crate::arguments::tuning::Tuning;
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::display;
use crate::documents::FitDocument;
use crate::failure::Failure;
use crate::output::OutputFile;
use crate::{interrupt, output};

/// Fit a model: find a neuron, train networks of it and of x, keep what is best on validation rows
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  neuronseek fit houses.csv --target price -o houses.safetensors
  neuronseek fit houses.csv --target price -o houses.safetensors --tune 5m
  neuronseek fit houses.csv --target price --split 0 --neuron \"x + x^2 + cp(2, r=4)\" --compare

Ctrl-C ends the fit; with -o the best model so far is saved.")]
pub struct Arguments {
    /// The table: .csv or .tsv (also .gz, .zst), .parquet, or - for CSV on standard input; several
    /// files, a folder or a pattern in quotes are one table
    #[arg(value_name = "DATA", required = true)]
    data: Vec<PathBuf>,
    #[command(flatten)]
    columns: Columns,
    #[command(flatten)]
    reading: Reading,
    /// Numbers or classes; auto says which and why
    #[arg(long, default_value = "auto")]
    task: Task,
    /// Let predictions of numbers leave the range of the known targets widened by half on either
    /// side
    #[arg(long)]
    extrapolate: bool,
    #[command(flatten)]
    transforming: Transforming,
    #[command(flatten)]
    saving: Saving,
    #[command(flatten)]
    testing: Testing,
    /// Use this neuron, such as "x + cp(2, r=1)" or linear, instead of searching one
    #[arg(long, value_name = "NEURON", conflicts_with_all = [
        "method", "preset", "max_order", "max_rank", "basis",
    ])]
    neuron: Option<Neuron>,
    /// Also fit a plain network of as many parameters beside the given neuron (a search always
    /// compares)
    #[arg(long, requires = "neuron")]
    compare: bool,
    #[command(flatten)]
    searching: Searching,
    #[command(flatten)]
    effort: Effort,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    training: Training,
    #[command(flatten)]
    tuning: Tuning,
    #[command(flatten)]
    deciding: Deciding,
    #[command(flatten)]
    levels: Levels,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Run")]
    seed: u64,
    #[command(flatten, next_help_heading = "Run")]
    time_limit: TimeLimit,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    large: Large,
}

/// Where the model goes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
struct Saving {
    /// The model file (safetensors)
    #[arg(short, long, value_name = "MODEL")]
    output: Option<PathBuf>,
    /// Replace the model file if it exists already
    #[arg(long, requires = "output")]
    force: bool,
    /// Go on from the checkpoint (MODEL.checkpoint) and the trials (MODEL.tuning.jsonl) that an
    /// ended fit of the same command left
    #[arg(long, requires = "output")]
    resume: bool,
}

/// Which rows are held out for the test metrics; none unless asked for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Test rows")]
struct Testing {
    /// Test on the rows of a second table
    #[arg(long, value_name = "FILE", conflicts_with_all = ["test_fraction", "split"])]
    test: Option<PathBuf>,
    /// Hold out this share of the rows, drawn by the seed
    #[arg(
        long,
        value_name = "F",
        allow_negative_numbers = true,
        conflicts_with = "split"
    )]
    test_fraction: Option<f64>,
    /// Hold out about a fifth of the rows by the hash split of this number
    #[arg(long, value_name = "S")]
    split: Option<u64>,
}

/// What kind of prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Task {
    Auto,
    Regression,
    Classification,
}

/// The options of the library for a table of these columns.
pub fn prepare_options(columns: &Columns, task: Task, names: &[&str]) -> PrepareOptions {
    PrepareOptions {
        targets: columns.targets(names),
        task: match task {
            Task::Auto => LibraryTask::Auto,
            Task::Regression => LibraryTask::Regression,
            Task::Classification => LibraryTask::Classification,
        },
        kinds: columns.kind.clone(),
        ignore: columns.ignore.clone(),
        weights: columns.weights.clone(),
        statistics: columns.target_statistics,
        extrapolate: false,
        statistics_apart: false,
    }
}

/// Fits, saves and tells what came out.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let saving = &arguments.saving;
    let output = match &saving.output {
        Some(path) => Some(OutputFile::claim(path, saving.force)?),
        None => None,
    };
    let stop = interrupt::listen()?;
    arguments.threads.apply()?;
    let deadline = arguments.time_limit.deadline();
    let source = (arguments.large).open(&arguments.data, &arguments.reading, console)?;
    let mut options = options(arguments, &source.names(), output.as_ref(), console)?;
    let rows = (arguments.large).rows(source, (Goal::Fit, &options), console)?;
    let control = Control {
        observer: console,
        stop,
        deadline,
    };
    if matches!(rows, Rows::Parts(..)) {
        in_parts(arguments, &mut options)?;
    }
    let test = match &arguments.testing.test {
        Some(path) => Some(arguments.reading.table(path)?),
        None => None,
    };
    let checkpoint = options.checkpoint.as_deref();
    let unfinished = checkpoint.is_some_and(Path::exists);
    let result = match &rows {
        Rows::Whole(table) => model::fit(table, test.as_ref(), &options, &control),
        Rows::Parts(parts) => {
            let (files, plan) = &**parts;
            match streaming::run(files, (Goal::Fit, &options), plan, &control) {
                Ok(StreamedResult::Fitted(fitted)) => Ok(*fitted),
                Ok(StreamedResult::Searched(_)) => Err(FitError::EndedEarly),
                Err(error) => Err(error),
            }
        }
    };
    if let (Err(_), Some(path), false) = (&result, checkpoint, unfinished || interrupt::pressed()) {
        // A fit that cannot end leaves nothing; that there may be no checkpoint yet is fine.
        let _ = std::fs::remove_file(path);
    }
    let fitted = match result {
        Err(FitError::EndedEarly) if interrupt::pressed() => {
            return Err(Failure::Interrupted(
                "ended before there was a model; nothing was saved".to_string(),
            ));
        }
        result => result?,
    };
    console.done();
    if let Some(output) = &output {
        let bytes = fitted.model.to_bytes()?;
        output.write(|out| out.write_all(&bytes))?;
    }
    tell(arguments, &options, &fitted, output.as_ref(), console)?;
    if interrupt::pressed() && output.is_none() {
        return Err(Failure::Interrupted(
            "ended early; the model was not saved, as there was no -o".to_string(),
        ));
    }
    Ok(())
}

/// What a fit to rows in parts cannot have is refused, or done without.
fn in_parts(arguments: &Arguments, options: &mut FitOptions) -> Result<(), Failure> {
    if arguments.saving.resume {
        let text = "a fit to rows that are read in parts leaves no checkpoint to --resume from";
        return Err(Failure::Usage(text.to_string()));
    }
    if arguments.testing.test.is_some() {
        let text = "rows are read in parts: leave --test out, and evaluate the model on that file";
        return Err(Failure::Usage(text.to_string()));
    }
    options.checkpoint = None;
    Ok(())
}

fn options(
    arguments: &Arguments,
    names: &[&str],
    output: Option<&OutputFile>,
    console: &Console,
) -> Result<FitOptions, Failure> {
    let checkpoint = output.map(|output| beside(output.path(), ".checkpoint"));
    let log = output.map(|output| beside(output.path(), ".tuning.jsonl"));
    if let Some(path) = checkpoint.as_deref().filter(|path| path.exists())
        && !arguments.saving.resume
    {
        console.warn(&format!(
            "starting anew, although {} is the checkpoint of an unfinished fit: --resume goes on \
             from it",
            path.display()
        ));
    }
    let testing = &arguments.testing;
    let mut prepare = prepare_options(&arguments.columns, arguments.task, names);
    prepare.extrapolate = arguments.extrapolate;
    let mut options = FitOptions {
        prepare,
        target_transform: arguments.transforming.target_transform,
        neuron: match &arguments.neuron {
            Some(neuron) => NeuronChoice::Given(neuron.clone()),
            None => NeuronChoice::Search,
        },
        search: arguments.searching.options()?,
        network: arguments.shape.options(),
        profile: arguments.effort.profile,
        tune: arguments.tuning.options(log),
        holdout: match (testing.test_fraction, testing.split) {
            (Some(share), _) => Holdout::Fraction(share),
            (None, Some(number)) => Holdout::Split(number),
            (None, None) => Holdout::None,
        },
        validation: match arguments.shape.validation_fraction {
            Some(share) => Validation::Fraction(share),
            None => Validation::Folds,
        },
        seed: arguments.seed,
        compare: arguments.compare,
        checkpoint,
        resume: arguments.saving.resume,
        ..FitOptions::default()
    };
    let training = &arguments.training;
    options.train = training.options();
    options.loss = training.loss;
    let deciding = &arguments.deciding;
    options.class_weights = deciding.class_weight.clone();
    options.threshold = deciding.threshold;
    options.positive = deciding.positive.clone();
    options.intervals = arguments.levels.intervals.clone();
    Ok(options)
}

/// `a.safetensors` has its checkpoint in `a.safetensors.checkpoint`.
fn beside(model: &Path, ending: &str) -> PathBuf {
    let mut name = model.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn tell(
    arguments: &Arguments,
    options: &FitOptions,
    fitted: &Fitted,
    output: Option<&OutputFile>,
    console: &Console,
) -> Result<(), Failure> {
    let report = &fitted.report;
    let model = output.map(OutputFile::path);
    if report.ended_early {
        console.warn(match model {
            Some(_) => "ended early: this is the best model so far, and it is saved",
            None => "ended early: this is the best model so far",
        });
    }
    let log = options.tune.as_ref().and_then(|tune| tune.log.as_ref());
    if let (Some(log), Some(_)) = (log, &report.tuning) {
        console.note(&format!("trials are in {}", log.display()));
    }
    if arguments.form.json {
        return output::print_json(&FitDocument::new(report, Some(report.seconds), model));
    }
    let data = display::shell_words(&arguments.data);
    let next = match model {
        Some(model) => format!(
            "saved to {model}; next: neuronseek predict {word} {data} -o predictions.csv",
            word = display::shell_word(&model.display().to_string()),
            model = model.display()
        ),
        None => format!(
            "not saved; next: neuronseek fit {data} --target {} -o model.safetensors",
            display::shell_word(&options.prepare.targets.join(","))
        ),
    };
    let text = summary::fit(report, console.styled);
    output::print(&format!("{text}{next}\n"))
}
