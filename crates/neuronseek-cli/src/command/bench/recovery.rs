//! `neuronseek bench recovery`: how often a search finds the structure of a synthetic case.

use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use neuronseek::model;
use neuronseek::observe::{Event, Observer};
use neuronseek::table::synthetic::{Case, Law};
use neuronseek_bench::recovery::{self, RecoverySettings, Row, Summary};
use serde::Serialize;

use crate::arguments::Form;
use crate::arguments::searching::MethodChoice;
use crate::command::generate::law;
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output;

/// Search the 15 synthetic cases and count how often the structure is exact, ranks included
#[derive(Debug, Args)]
#[command(after_help = "\
exact: the very terms and ranks of the truth; more: all of them and others; missing: a true term, or \
a part of its rank, is not found; failed: the search ended with an error.

Example: neuronseek bench recovery --method als --dims 10 --rows 2500 --noise 0.01 --seeds 20")]
pub struct Arguments {
    #[command(flatten)]
    method: MethodChoice,
    /// Inputs of each table, one or several numbers as 10,30
    #[arg(long, value_name = "D", value_delimiter = ',', default_value = "10")]
    dims: Vec<usize>,
    /// Rows of each table
    #[arg(long, value_name = "N", default_value_t = RecoverySettings::default().rows)]
    rows: usize,
    /// Deviation of the noise
    #[arg(long, value_name = "SIGMA", allow_negative_numbers = true, default_value_t = RecoverySettings::default().noise)]
    noise: f64,
    /// The law of the inputs
    #[arg(long, default_value = Law::Normal.name(), value_parser = law())]
    law: Law,
    /// Tables of each case
    #[arg(long, value_name = "N", default_value_t = RecoverySettings::default().seeds)]
    seeds: u64,
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Searches that run at once, each on one thread; seconds are honest on idle cores alone
    #[arg(long, value_name = "N", default_value_t = 1)]
    jobs: usize,
    #[command(flatten)]
    form: Form,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    settings: &'a RecoverySettings,
    summary: Vec<Summary>,
    searches: &'a [Row],
}

/// Searches and counts.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let search = model::method(&arguments.method.options()?);
    let mut documents = Vec::new();
    let mut texts = Vec::new();
    for &dim in &arguments.dims {
        let settings = RecoverySettings {
            dim,
            rows: arguments.rows,
            noise: arguments.noise,
            law: arguments.law,
            seeds: arguments.seeds,
            first_seed: arguments.seed,
            jobs: arguments.jobs,
        };
        let total = usize::try_from(settings.seeds).unwrap_or(usize::MAX);
        let total = total.saturating_mul(Case::all().count());
        let done = AtomicUsize::new(0);
        let name = format!("{} inputs", dim);
        let rows = recovery::run(&settings, &[(search.name(), search.as_ref())], &|row| {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            console.notice(&Event::Progress {
                name: &name,
                done,
                total,
                message: &format!("{}, seed {}: {}", row.case, row.seed, row.found),
            });
        })?;
        let summary = recovery::summarise(&rows);
        texts.push(text(&settings, &summary, &rows, console.styled));
        documents.push((settings, summary, rows));
    }
    console.done();
    if arguments.form.json {
        let documents: Vec<Document<'_>> = documents
            .iter()
            .map(|(settings, summary, rows)| Document {
                settings,
                summary: summary.clone(),
                searches: rows,
            })
            .collect();
        return output::print_json(&documents);
    }
    output::print(&texts.join("\n"))
}

fn text(settings: &RecoverySettings, summary: &[Summary], rows: &[Row], styled: bool) -> String {
    let title = format!(
        "{} x {} {}, noise {}",
        display::count(settings.rows),
        settings.dim,
        settings.law,
        settings.noise
    );
    let mut columns = Columns::new(
        &[
            (title.as_str(), Side::Left),
            ("truth", Side::Left),
            ("exact", Side::Right),
            ("more", Side::Right),
            ("missing", Side::Right),
            ("failed", Side::Right),
            ("of", Side::Right),
            ("median", Side::Right),
            ("longest", Side::Right),
        ],
        styled,
    );
    for one in summary {
        let truth = rows
            .iter()
            .find(|row| Some(&row.case) == one.case.as_ref())
            .map_or(String::new(), |row| row.truth.to_string());
        let cells = [
            one.case
                .clone()
                .unwrap_or_else(|| format!("all, {}", one.method)),
            truth,
            display::count(one.perfect),
            display::count(one.noisy),
            display::count(one.missing),
            display::count(one.failed),
            display::count(one.runs),
            display::duration(one.median_seconds),
            display::duration(one.highest_seconds),
        ];
        match one.case {
            Some(_) => columns.row(cells),
            None => columns.strong_row(cells),
        }
    }
    columns.text()
}
