//! `neuronseek bench recovery`: how often a search finds the structure of a synthetic case.

use clap::Args;
use neuronseek::model::SearchMethod;
use neuronseek::table::synthetic::Law;
use neuronseek_bench::figures;
use neuronseek_bench::recovery::{self, NAME, RecoverySettings, Row, Summary};
use serde::Serialize;

use super::running::{self, Running};
use crate::arguments::Form;
use crate::arguments::searching::{MethodChoice, method};
use crate::command::generate::law;
use crate::console::Console;
use crate::display::{self, Columns, Side};
use crate::failure::Failure;
use crate::output;

/// Search the 15 synthetic cases and count how often the structure is exact, ranks included
#[derive(Debug, Args)]
#[command(after_help = "\
exact: the very terms and ranks of the truth; more: all of them and others; missing: a true term, or \
a part of its rank, is not found; failed: the search ended with an error; orders: exact but for \
ranks; twins: a pure order was found in place of the interaction of that order, or the reverse.

Example: neuronseek bench recovery --methods als,td --dims 10 --rows 2500 --noise 0.01 --seeds 20")]
pub struct Arguments {
    #[command(flatten)]
    method: MethodChoice,
    /// Several methods in place of --method, as als,td,sr
    #[arg(long, value_name = "METHOD", value_delimiter = ',', value_parser = method(),
          conflicts_with_all = ["method", "preset"])]
    methods: Vec<SearchMethod>,
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
    /// Seconds that a search may take [default: no limit]
    #[arg(long, value_name = "S")]
    budget: Option<f64>,
    #[command(flatten)]
    running: Running,
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
    let methods = running::methods(&arguments.methods, arguments.method)?;
    let options = arguments.running.options();
    let sizes: Vec<RecoverySettings> = arguments
        .dims
        .iter()
        .map(|&dim| RecoverySettings {
            dim,
            rows: arguments.rows,
            noise: arguments.noise,
            law: arguments.law,
            seeds: arguments.seeds,
            first_seed: arguments.seed,
            budget: arguments.budget,
        })
        .collect();
    let control = running::control(console)?;
    let results = recovery::run(&sizes, &methods, &options, &control, &|record, progress| {
        let row = Row::from(record);
        let message = format!(
            "{} {}, seed {}: {}",
            row.method, row.case, row.seed, row.found
        );
        running::show(console, NAME, progress, &message);
    })?;
    let parts: Vec<(&RecoverySettings, Vec<Row>)> = sizes
        .iter()
        .map(|size| (size, recovery::rows(size, &results.records)))
        .collect();
    let tables: Vec<String> = parts
        .iter()
        .map(|(size, rows)| recovery::markdown(size, rows))
        .collect();
    let all: Vec<Row> = parts.iter().flat_map(|(_, rows)| rows.clone()).collect();
    let figures = figures::recovery(&all)?;
    let what = (NAME, "Structure recovery on the synthetic cases");
    (arguments.running).store(console, what, &results, &tables.join("\n"), figures)?;
    if arguments.form.json {
        let documents: Vec<Document<'_>> = parts
            .iter()
            .map(|(settings, rows)| Document {
                settings,
                summary: recovery::summarise(rows),
                searches: rows,
            })
            .collect();
        return output::print_json(&documents);
    }
    let texts: Vec<String> = parts
        .iter()
        .map(|(size, rows)| text(size, rows, console.styled))
        .collect();
    output::print(&texts.join("\n"))
}

fn text(settings: &RecoverySettings, rows: &[Row], styled: bool) -> String {
    let summary = recovery::summarise(rows);
    let several = summary.iter().filter(|one| one.case.is_none()).count() > 1;
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
            ("orders", Side::Right),
            ("twins", Side::Right),
            ("of", Side::Right),
            ("median", Side::Right),
            ("longest", Side::Right),
        ],
        styled,
    );
    for one in &summary {
        let truth = rows
            .iter()
            .find(|row| Some(&row.case) == one.case.as_ref())
            .map_or(String::new(), |row| row.truth.to_string());
        let name = match &one.case {
            Some(case) if several => format!("{case}, {}", one.method),
            Some(case) => case.clone(),
            None => format!("all, {}", one.method),
        };
        let cells = [
            name,
            truth,
            display::count(one.perfect),
            display::count(one.noisy),
            display::count(one.missing),
            display::count(one.failed),
            display::count(one.exact_orders),
            display::count(one.twins),
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
