//! The comment at the top.

use super::cells::Cells;
use super::dialect::Dialect;
use super::formula::input_name;
use crate::model::{Core, Pipeline};
use crate::prepare::{RawKind, Restoring};

/// What the statement is, reads and gives.
pub(super) fn header(
    pipeline: &Pipeline,
    cells: &Cells<'_>,
    dialect: Dialect,
    networks: bool,
) -> String {
    let mut lines = vec![
        format!(
            "A model of NeuronSeek {} as one SELECT of {}.",
            env!("CARGO_PKG_VERSION"),
            dialect.name()
        ),
        requirement(dialect).to_string(),
        String::new(),
        "It reads these columns of the table, where NULL is missing:".to_string(),
    ];
    for (name, kind) in cells.read() {
        lines.push(format!("  {name:?}: {}", kind_text(kind)));
    }
    if cells.read().any(|(_, kind)| kind == RawKind::Date) {
        lines.push(format!(
            "A timestamp becomes seconds by {}.",
            seconds(dialect)
        ));
    }
    lines.push(String::new());
    let gives = match &pipeline.outcome {
        Restoring::Values(values) if values.len() == 1 => "a prediction".to_string(),
        Restoring::Values(_) => "prediction_NAME for each target NAME".to_string(),
        Restoring::Classes { .. } => {
            "the predicted class and the probability p_CLASS of each CLASS".to_string()
        }
    };
    lines.push(format!("It gives all columns of the table, then {gives}."));
    if networks {
        lines.extend(NETWORKS.map(str::to_string));
        if dialect == Dialect::Postgres {
            lines.push("Compiling them costs more than it saves: SET jit = off.".to_string());
        }
    } else {
        lines.push("It differs from `neuronseek predict` by rounding alone.".to_string());
    }
    if let Core::Formula { .. } = pipeline.core {
        lines.extend(inputs(pipeline, cells));
    }
    let comment = |line: &String| format!("-- {line}").trim_end().to_string();
    let lines: Vec<String> = lines.iter().map(comment).collect();
    lines.join("\n") + "\n"
}

const NETWORKS: [&str; 4] = [
    "Rows are numbered in neuronseek_row, in no certain order. Predictions differ from those of",
    "`neuronseek predict` by about 1e-6 of the largest one: it computes in single precision.",
    "The work is that of some hundred thousand multiplications a row, and every step is kept for",
    "all rows: take a large table in pieces of some thousand rows.",
];

fn requirement(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "It needs SQLite 3.38 or later, built with SQLITE_ENABLE_MATH_FUNCTIONS (as Debian's \
             and Python's are)."
        }
        Dialect::Duckdb => "It needs DuckDB 1.0 or later.",
        Dialect::Postgres => "It needs PostgreSQL 12 or later.",
    }
}

fn kind_text(kind: RawKind) -> &'static str {
    match kind {
        RawKind::Number => "a number",
        RawKind::Truth => "a truth value, or 0 and 1",
        RawKind::Text => "a text",
        RawKind::Date => "a date as a number, the seconds since 1970-01-01T00:00:00Z",
    }
}

fn seconds(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "unixepoch(it)",
        Dialect::Duckdb => "epoch(it)",
        Dialect::Postgres => "extract(epoch FROM it)",
    }
}

/// Which input each x is.
fn inputs(pipeline: &Pipeline, cells: &Cells<'_>) -> Vec<String> {
    let names = pipeline.recipe.names.iter().enumerate();
    let used = names.filter(|(index, _)| cells.reads(*index));
    let mut lines = vec![String::new()];
    lines.extend(used.map(|(index, name)| format!("{} is {name:?}, scaled.", input_name(index))));
    lines
}
