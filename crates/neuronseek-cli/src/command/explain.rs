//! `neuronseek explain`: what a model found and does.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use neuronseek::explain::{self, ExplainOptions, Explanation};
use neuronseek::model::Model;
use neuronseek::observe::Control;

use super::drawing;
use crate::arguments::reading::Reading;
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::display::{self, Columns, Side, bar, duration, number, percent, size};
use crate::failure::Failure;
use crate::interrupt;
use crate::output::{self, OutputFile};

/// Explain a model: a report that opens in a browser, or numbers
#[derive(Debug, Args)]
#[command(after_help = "\
Example: neuronseek explain houses.safetensors houses.csv -o houses.html

With the table that the model was fitted to, predictions are judged on the rows that the fit held \
out, coefficients have intervals and the search is repeated on bootstrap samples. With another \
labelled table they are judged on all of its rows. Without a table there is what the model file \
holds: the neuron, the search for it, the formula and the metrics of the fit.")]
pub struct Arguments {
    /// The model file that fit wrote
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The table: .csv or .tsv (also .gz, .zst), .parquet, or - for CSV on standard input
    #[arg(value_name = "DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    /// The report, one HTML file that needs nothing else
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the report if it exists already
    #[arg(long, requires = "output")]
    force: bool,
    /// Explain the prediction of this row of the table, counted from 1 without the header
    #[arg(long, value_name = "N", requires = "data")]
    row: Option<usize>,
    /// Bootstrap samples whose neuron is searched; 0 for none
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(0..=1000))]
    bootstrap: u16,
    /// The seed of all samples
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
}

/// Explains.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let start = Instant::now();
    check(arguments)?;
    let stop = interrupt::listen_saying("ending without more bootstrap samples")?;
    let report = match &arguments.output {
        Some(path) => Some(OutputFile::claim(path, arguments.force)?),
        None => None,
    };
    arguments.threads.apply()?;
    let model = Model::load(&arguments.model)?;
    let table = match &arguments.data {
        Some(path) => Some(arguments.reading.table(path)?),
        None => None,
    };
    let name = arguments.model.file_name();
    let options = ExplainOptions {
        name: name.map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        row: arguments.row,
        bootstrap: usize::from(arguments.bootstrap),
        seed: arguments.seed,
    };
    let control = Control {
        observer: console,
        stop,
        ..Control::silent()
    };
    let explanation = explain::explain(&model, table.as_ref(), &options, &control);
    console.done();
    let explanation = explanation?;
    let at_fit = &model.report().warnings;
    let of_table = explanation.data.warnings.iter();
    for warning in of_table.filter(|warning| !at_fit.contains(warning)) {
        console.warn(warning);
    }
    if let Some(report) = &report {
        let page = explain::page(&explanation)
            .map_err(|error| Failure::unusable(format!("the report cannot be written: {error}")))?;
        report.write(|out| out.write_all(page.as_bytes()))?;
        let bytes = size(page.len() as u64);
        let seconds = duration(start.elapsed().as_secs_f64());
        console.note(&format!(
            "{bytes} in {}, {seconds}",
            report.path().display()
        ));
    }
    match arguments.form.json {
        true => output::print_json(&explanation),
        false => output::print(&text(&explanation, console.styled)),
    }
}

/// Refuses a report in the place of what it is of.
fn check(arguments: &Arguments) -> Result<(), Failure> {
    let Some(output) = &arguments.output else {
        return Ok(());
    };
    let place = |path: &PathBuf| path.canonicalize().ok();
    let inputs = [Some(&arguments.model), arguments.data.as_ref()];
    let same = inputs.into_iter().flatten().any(|input| {
        let own = place(output);
        own.is_some() && own == place(input)
    });
    match same || output.as_os_str() == "-" {
        true => Err(Failure::Usage(format!(
            "--output {} is no place for the report: name another file",
            output.display()
        ))),
        false => Ok(()),
    }
}

/// What fits a terminal.
fn text(explanation: &Explanation, styled: bool) -> String {
    let parts = [
        Some(head(explanation, styled)),
        measured(explanation, styled).or_else(|| at_fit(explanation, styled)),
        terms(explanation, styled),
        formula(explanation),
        inputs(explanation, styled),
        explanation
            .row
            .as_ref()
            .map(|row| drawing::waterfall(row, styled)),
    ];
    parts
        .into_iter()
        .flatten()
        .collect::<Vec<String>>()
        .join("\n")
}

fn head(explanation: &Explanation, styled: bool) -> String {
    let neuron = display::heading(&explanation.neuron.text, styled);
    let targets = explanation.data.targets.join(", ");
    format!(
        "{targets} by {} of {neuron}\n",
        explanation.neuron.predictor
    )
}

fn at_fit(explanation: &Explanation, styled: bool) -> Option<String> {
    let split = explanation.quality.at_fit.first()?;
    let title = format!("on the {} rows, at the fit", split.split);
    let mut columns = Columns::new(
        &[
            (title.as_str(), Side::Left),
            ("this model", Side::Right),
            ("linear model", Side::Right),
            ("constant", Side::Right),
        ],
        styled,
    );
    for metric in &split.metrics {
        let value = |value: Option<f64>| value.map_or("-".to_string(), |value| number(value, 4));
        columns.row([
            metric.name.to_string(),
            value(metric.model),
            value(metric.linear),
            value(metric.constant),
        ]);
    }
    Some(columns.text())
}

fn measured(explanation: &Explanation, styled: bool) -> Option<String> {
    let measured = explanation.quality.measured.as_ref()?;
    let title = format!("on {}", measured.on);
    let interval = format!("{:.0} % interval", 100.0 * measured.level);
    let mut columns = Columns::new(
        &[
            (title.as_str(), Side::Left),
            ("this model", Side::Right),
            (interval.as_str(), Side::Left),
            ("linear model", Side::Right),
            (interval.as_str(), Side::Left),
        ],
        styled,
    );
    let value = |value: Option<f64>| value.map_or("-".to_string(), |value| number(value, 4));
    let ends = |ends: Option<[f64; 2]>| {
        ends.map_or(String::new(), |ends| {
            format!("{} to {}", number(ends[0], 4), number(ends[1], 4))
        })
    };
    for metric in &measured.metrics {
        columns.row([
            metric.name.to_string(),
            value(metric.value),
            ends(metric.interval),
            value(metric.linear),
            ends(metric.linear_interval),
        ]);
    }
    let seen = match measured.seen {
        Some(true) => "the fit saw these rows, so these numbers flatter the model\n",
        _ => "",
    };
    Some(format!("{}{seen}", columns.text()))
}

fn terms(explanation: &Explanation, styled: bool) -> Option<String> {
    let search = explanation.neuron.search.as_ref()?;
    let mut titles = vec![
        (search.found.as_str(), Side::Left),
        ("share", Side::Right),
        ("lost without it", Side::Right),
        ("", Side::Left),
    ];
    let repeated = search.bootstrap.as_ref();
    let samples = repeated.map(|own| format!("of {} samples", own.resamples));
    if let Some(samples) = &samples {
        titles.push((samples, Side::Right));
    }
    let mut columns = Columns::new(&titles, styled);
    for term in &search.terms {
        let mut row = vec![
            term.term.clone(),
            term.share.map_or("-".to_string(), percent),
            percent(term.dropped),
            bar(term.dropped, 20),
        ];
        if samples.is_some() {
            row.push(term.bootstrap.map_or(String::new(), percent));
        }
        columns.row(row);
    }
    Some(columns.text())
}

fn formula(explanation: &Explanation) -> Option<String> {
    let polynomial = explanation.polynomial.as_ref()?;
    let outputs = polynomial.outputs.iter().map(|output| {
        let pairs = output.pairs.iter().take(3);
        let pairs: Vec<String> = pairs
            .map(|pair| format!("{} ({})", pair.inputs.join(" and "), percent(pair.share)))
            .collect();
        let pairs = match pairs.is_empty() {
            true => String::new(),
            false => format!("strongest pairs: {}\n", pairs.join(", ")),
        };
        format!("{}\n{pairs}", output.text)
    });
    let about = match polynomial.predicts {
        true => "",
        false => "(what the search fitted; networks of its neuron predict)\n",
    };
    Some(format!("{}{about}", outputs.collect::<String>()))
}

fn inputs(explanation: &Explanation, styled: bool) -> Option<String> {
    const LISTED: usize = 20;
    let importance = explanation.importance.as_ref()?;
    let rises = format!("{} rises by", importance.loss);
    let output = explanation
        .inputs
        .first()?
        .dependence
        .first()?
        .output
        .clone();
    let mut columns = Columns::new(
        &[
            ("column", Side::Left),
            (rises.as_str(), Side::Right),
            ("", Side::Left),
            (output.as_str(), Side::Left),
            ("from", Side::Right),
            ("to", Side::Left),
        ],
        styled,
    );
    let curves = || {
        explanation
            .inputs
            .iter()
            .filter_map(|own| own.dependence.first())
    };
    let values = || curves().flat_map(|curve| &curve.mean);
    let range = [
        values().copied().fold(f64::INFINITY, f64::min),
        values().copied().fold(f64::NEG_INFINITY, f64::max),
    ];
    let rise = |own: &neuronseek::explain::InputPart| own.importance.map_or(0.0, |own| own.mean);
    let most = explanation.inputs.iter().map(rise).fold(0.0, f64::max);
    for own in explanation.inputs.iter().take(LISTED) {
        let mean = own.dependence.first().map_or(&[][..], |curve| &curve.mean);
        let share = if most > 0.0 { rise(own) / most } else { 0.0 };
        columns.row([
            own.column.clone(),
            own.importance
                .map_or("-".to_string(), |own| number(own.mean, 3)),
            bar(share, 12),
            drawing::curve(mean, range),
            mean.first()
                .map_or(String::new(), |value| number(*value, 4)),
            mean.last().map_or(String::new(), |value| number(*value, 4)),
        ]);
    }
    let more = match explanation.inputs.len() > LISTED {
        true => format!(
            "and {} more\n",
            display::count(explanation.inputs.len() - LISTED)
        ),
        false => String::new(),
    };
    Some(format!("{}{more}", columns.text()))
}
