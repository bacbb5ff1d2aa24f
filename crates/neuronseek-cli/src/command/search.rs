//! `neuronseek search`: from a table to a neuron.

use std::path::PathBuf;

use clap::Args;
use neuronseek::model::streaming::{self, Goal, StreamedResult};
use neuronseek::model::{self, FitError, FitOptions, SearchMethod, SearchOptions, Searched};
use neuronseek::observe::Control;
use neuronseek::search::Report;

use super::fit::{Task, prepare_options};
use super::summary;
use crate::arguments::large::{Large, Rows};
use crate::arguments::reading::{Columns, Reading};
use crate::arguments::searching::{Searching, TimeLimit, Transforming};
use crate::arguments::{Form, Threads};
use crate::console::Console;
use crate::display::{self, Side};
use crate::documents::SearchDocument;
use crate::failure::Failure;
use crate::{interrupt, output};

/// Find the neuron that a table wants
#[derive(Debug, Args)]
#[command(after_help = "Example: neuronseek search houses.csv --target price")]
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
    #[command(flatten)]
    transforming: Transforming,
    #[command(flatten)]
    searching: Searching,
    /// List the structures that the data cannot tell from the best: those within one standard
    /// error of it on held-out rows, among the search's path and N others; als and td
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "30",
          help_heading = "Search")]
    alternatives: Option<usize>,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    time_limit: TimeLimit,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    large: Large,
}

impl Arguments {
    fn search_options(&self) -> Result<SearchOptions, Failure> {
        let options = self.searching.options()?;
        let judges = matches!(options.method, SearchMethod::Als | SearchMethod::Td);
        if self.alternatives.is_some() && !judges {
            return Err(Failure::Usage(format!(
                "--alternatives belongs to als and td: {} does not compare structures on held-out rows",
                options.method.name()
            )));
        }
        Ok(SearchOptions {
            alternatives: self.alternatives.unwrap_or(0),
            ..options
        })
    }
}

/// Searches and prints what was found.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let stop = interrupt::listen()?;
    arguments.threads.apply()?;
    let search = arguments.search_options()?;
    let deadline = arguments.time_limit.deadline();
    let source = (arguments.large).open(&arguments.data, &arguments.reading, console)?;
    let options = FitOptions {
        prepare: prepare_options(&arguments.columns, arguments.task, &source.names()),
        target_transform: arguments.transforming.target_transform,
        search,
        seed: arguments.seed,
        ..FitOptions::default()
    };
    let control = Control {
        observer: console,
        stop,
        deadline,
    };
    let searched = match (arguments.large).rows(source, (Goal::Search, &options), console)? {
        Rows::Whole(table) => model::search(&table, &options, &control)?,
        Rows::Parts(parts) => {
            let (files, plan) = &*parts;
            match streaming::run(files, (Goal::Search, &options), plan, &control)? {
                StreamedResult::Searched(searched) => *searched,
                StreamedResult::Fitted(_) => return Err(FitError::EndedEarly.into()),
            }
        }
    };
    console.done();
    for warning in &searched.report.warnings {
        console.warn(warning);
    }
    if arguments.form.json {
        return output::print_json(&SearchDocument::new(&searched, arguments.seed));
    }
    output::print(&text(arguments, &options, &searched, console.styled))
}

fn text(arguments: &Arguments, options: &FitOptions, searched: &Searched, styled: bool) -> String {
    let report = &searched.report;
    let mut text = format!(
        "{}  {}\n\n",
        display::heading("Neuron", styled),
        display::heading(&report.neuron.to_string(), styled)
    );
    if let Some(equation) = &searched.equation {
        text.push_str(&format!("{}\n", summary::equation(equation)));
    }
    if let Some(report) = &searched.transform {
        let target = options.prepare.targets.join(", ");
        if let Some(line) = summary::transform(report, &target) {
            text.push_str(&format!("{line}\n\n"));
        }
    }
    for formula in searched.formula_texts().into_iter().flatten() {
        text.push_str(&format!("{formula}\n\n"));
    }
    text.push_str(&evidence(report, styled));
    if arguments.alternatives.is_some() {
        text.push_str(&format!("\n{}", alternatives(report, styled)));
    } else if report.alternatives.len() > 1 {
        text.push_str(&format!(
            "\n{} other structures predict held-out rows as well (--alternatives lists more)\n",
            report.alternatives.len() - 1
        ));
    }
    if !report.runners_up.is_empty() {
        let mut columns = display::Columns::new(
            &[("also fitted", Side::Left), ("criterion", Side::Right)],
            styled,
        );
        for candidate in report.runners_up.iter().take(5) {
            columns.row([
                candidate.neuron.to_string(),
                display::number(candidate.criterion, 6),
            ]);
        }
        text.push_str(&format!("\n{}", columns.text()));
    }
    text.push_str(&format!(
        "\n{} on {} rows of {} inputs, {}\n",
        report.method,
        display::count(searched.rows),
        searched.preparation.input_names().len(),
        display::duration(report.seconds)
    ));
    text.push_str(&format!(
        "next: neuronseek fit {} --target {} --neuron \"{}\" -o model.safetensors\n",
        display::shell_words(&arguments.data),
        display::shell_word(&options.prepare.targets.join(",")),
        report.neuron
    ));
    text
}

/// The structures that held-out rows cannot tell from the best.
fn alternatives(report: &Report, styled: bool) -> String {
    let titles = [
        ("as good on held-out rows", Side::Left),
        ("parameters", Side::Right),
        ("error", Side::Right),
        ("above the least", Side::Right),
        ("standard error", Side::Right),
        ("BIC", Side::Right),
    ];
    let mut columns = display::Columns::new(&titles, styled);
    for tie in &report.alternatives {
        let chosen = tie.neuron == report.neuron;
        columns.row([
            format!("{}{}", tie.neuron, if chosen { "  (chosen)" } else { "" }),
            tie.parameters.to_string(),
            display::number(tie.error, 4),
            display::number(tie.above, 2),
            display::number(tie.standard_error, 2),
            display::number(tie.criterion, 6),
        ]);
    }
    columns.text()
}

/// What each term of the found neuron explains.
pub fn evidence(report: &Report, styled: bool) -> String {
    if report.evidence.is_empty() {
        return String::new();
    }
    let mut titles = vec![
        ("term", Side::Left),
        ("explains", Side::Right),
        ("", Side::Left),
    ];
    let with_gain = report.evidence.iter().any(|term| term.bic_gain.is_some());
    let with_gate = (report.evidence.iter()).any(|term| term.gate_probability.is_some());
    if with_gain {
        titles.push(("BIC gain", Side::Right));
    }
    if with_gate {
        titles.push(("gate open", Side::Right));
    }
    let mut columns = display::Columns::new(&titles, styled);
    for term in &report.evidence {
        let mut row = vec![
            term.term.to_string(),
            display::percent(term.explained),
            display::bar(term.explained, 20),
        ];
        let shown = |value: Option<f64>, digits| {
            value.map_or(String::new(), |value| display::number(value, digits))
        };
        if with_gain {
            row.push(shown(term.bic_gain, 4));
        }
        if with_gate {
            row.push(shown(term.gate_probability, 3));
        }
        columns.row(row);
    }
    columns.text()
}
