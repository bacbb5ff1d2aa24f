//! `neuronseek bench step`: the time of a training step and of an epoch, beside PyTorch's.

use clap::Args;
use neuronseek_bench::epoch::{self, EpochResult, Subject};
use neuronseek_bench::step::{self, StepResult, StepSettings};
use serde::Serialize;

use crate::arguments::Form;
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output;

/// Time a step of the td search and an epoch of a network on one thread, beside PyTorch
#[derive(Debug, Args)]
#[command(after_help = "\
PyTorch runs in the Python that NEURONSEEK_PYTHON names, else python3; without torch there our own \
times are printed alone. Times are processor times, medians.

Example: NEURONSEEK_PYTHON=~/torch/bin/python neuronseek bench step")]
pub struct Arguments {
    /// Inputs of the step, one or several numbers
    #[arg(long, value_name = "D", value_delimiter = ',', default_values_t = [10, 100])]
    dims: Vec<usize>,
    /// Rows a batch, one or several numbers
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [64, 512])]
    batch: Vec<usize>,
    /// The highest order of both streams
    #[arg(long, value_name = "K", default_value_t = StepSettings::default().order)]
    max_order: usize,
    /// The rank of every interaction
    #[arg(long, value_name = "R", default_value_t = StepSettings::default().rank)]
    max_rank: usize,
    /// Seconds of timing per number, for each side
    #[arg(long, value_name = "S", default_value_t = StepSettings::default().seconds)]
    seconds: f64,
    /// Time our own side alone
    #[arg(long)]
    no_torch: bool,
    #[command(flatten)]
    form: Form,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    steps: Vec<StepResult>,
    epoch: EpochResult,
    /// Of a network as the default profile trains it.
    embedded_epoch: EpochResult,
}

/// Times.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let settings = StepSettings {
        dims: arguments.dims.clone(),
        batches: arguments.batch.clone(),
        order: arguments.max_order,
        rank: arguments.max_rank,
        seconds: arguments.seconds,
        torch: !arguments.no_torch,
        ..StepSettings::default()
    };
    check(&settings)?;
    let steps = step::run(&settings);
    let epoch = epoch::run(Subject::Small, settings.torch);
    let embedded_epoch = epoch::run(Subject::Embedded, settings.torch);
    if settings.torch {
        let reasons = steps.iter().filter(|step| step.ratio.is_none());
        for reason in reasons.map(|step| &step.torch).chain(&epoch.note) {
            console.warn(reason);
        }
    }
    let document = Document {
        steps,
        epoch,
        embedded_epoch,
    };
    if arguments.form.json {
        return output::print_json(&document);
    }
    output::print(&text(&document, console.styled))
}

/// Refuses sizes that cannot be timed, all at once.
fn check(settings: &StepSettings) -> Result<(), Failure> {
    let mut problems = Vec::new();
    let mut expect = |name: &str, values: &[usize], low: usize, high: usize| {
        for value in values.iter().filter(|value| !(low..=high).contains(value)) {
            problems.push(format!("{name} {value} is out of range: {low} to {high}"));
        }
    };
    expect("dims", &settings.dims, 1, 10_000);
    expect("batch", &settings.batches, 1, 2500);
    expect("max order", &[settings.order], 1, 9);
    expect("max rank", &[settings.rank], 1, 64);
    if !(0.0..=600.0).contains(&settings.seconds) {
        problems.push(format!(
            "seconds {} is out of range: 0 to 600",
            settings.seconds
        ));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::unusable(problems.join("; ")))
    }
}

fn text(document: &Document, styled: bool) -> String {
    let mut columns = Columns::new(
        &[
            ("one thread", Side::Left),
            ("inputs", Side::Right),
            ("batch", Side::Right),
            ("neuronseek", Side::Right),
            ("PyTorch", Side::Right),
            ("ratio", Side::Right),
        ],
        styled,
    );
    let time = |microseconds: f64| display::duration(microseconds / 1e6);
    let ratio = |ratio: Option<f64>| ratio.map_or(String::new(), |ratio| format!("{ratio:.1}"));
    for step in &document.steps {
        columns.row([
            format!("td step ({})", step.path),
            step.dims.to_string(),
            step.batch.to_string(),
            time(step.microseconds),
            step.torch_microseconds.map_or(String::new(), time),
            ratio(step.ratio),
        ]);
    }
    let epochs = [
        ("8-64-32-1", &document.epoch),
        ("8-192-96-1, embedded", &document.embedded_epoch),
    ];
    for (shape, epoch) in epochs {
        let rows = display::count(neuronseek_bench::epoch::ROWS);
        let mut row = |name: String, torch: Option<f64>, of: Option<f64>| {
            columns.row([
                name,
                "8".to_string(),
                "256".to_string(),
                time(epoch.milliseconds * 1e3),
                torch.map_or(String::new(), |milliseconds| time(milliseconds * 1e3)),
                ratio(of),
            ]);
        };
        let torch = epoch.torch.as_ref();
        let plain = torch.map(|torch| torch.milliseconds);
        row(format!("epoch of {shape}, {rows} rows"), plain, epoch.ratio);
        if let Some(torch) = torch {
            let name = "the same, PyTorch tuned by hand".to_string();
            row(name, Some(torch.tuned_milliseconds), epoch.ratio_to_tuned);
        }
    }
    columns.text()
}
