//! Writes a model as one SELECT of SQLite, DuckDB or PostgreSQL.
//!
//! What happens to a row alone (cells become inputs, a formula becomes an output, an output becomes
//! a prediction) is plain arithmetic on columns, in [`stages`]. A formula of one target needs
//! nothing else, and no number of a row: it is a subquery of the row.
//!
//! Networks would be expressions of a million constants, which SQLite compares with each other and
//! PostgreSQL keeps as trees of nodes. So weights are rows, one array a unit, and a layer is a join
//! of the rows' vectors with them (see [`vectors`]); networks of one shape go through it together,
//! so that the statement has as many parts as one network, not as many as there are networks.
//!
//! | file | what it writes |
//! |---|---|
//! | `dialect` | names, numbers and functions of the three systems |
//! | `stages` | columns that are computed from columns of the same row |
//! | `cells` | from the table's cells to inputs |
//! | `formula`, `symbols` | polynomials; expressions |
//! | `query` | the parts before SELECT |
//! | `vectors` | vectors, weights, products of both |
//! | `networks`, `layer` | networks |
//! | `outcome` | from outputs to predictions |
//! | `header` | the comment at the top |

mod cells;
mod dialect;
mod formula;
mod header;
mod layer;
mod networks;
mod outcome;
mod query;
mod stages;
mod symbols;
#[cfg(test)]
mod tests;
mod vectors;

use crate::model::{Core, Pipeline};
use crate::prepare::Restoring;
use cells::Cells;
pub use dialect::Dialect;
use outcome::Predicted;
use query::Query;
use stages::Stage;

/// The most inputs that a formula reads, outputs and coded columns: all three systems have limits
/// of 1600 to 2000 columns.
const MOST_COLUMNS: usize = 1000;

/// One SELECT over `table` (a name, or a schema's name, a dot and a name) that gives all of its
/// columns with the predictions behind them; rows keep no order.
///
/// # Errors
/// Every reason why the model cannot be written.
pub fn sql(pipeline: &Pipeline, dialect: Dialect, table: &str) -> Result<String, Vec<String>> {
    let used = used_inputs(pipeline);
    let cells = Cells::new(pipeline, &used, dialect);
    let reasons = refused(pipeline, &cells);
    if !reasons.is_empty() {
        return Err(reasons);
    }
    let mut query = Query::new(dialect);
    let mut stages = cells.stages();
    let after = outcome::stages(pipeline, &mut query);
    let networks = match &pipeline.core {
        Core::Formula { .. } => {
            stages.extend(formula::stages(&pipeline.core, &cells, dialect));
            stages.extend(after.stages);
            if let [only] = after.predicted.as_slice() {
                let text = one_number(&query, &stages, only, table);
                return Ok(header::header(pipeline, &cells, dialect, false) + &text);
            }
            query.rows(table);
            query.stages(&stages, "ns_rows AS t");
            false
        }
        Core::Networks { scale, members } => {
            query.rows(table);
            query.stages(&stages, "ns_rows AS t");
            let from = stages.last().map_or("ns_rows", |stage| &stage.name);
            networks::write(&mut query, &cells.scaled(scale), from, members);
            query.stages(&after.stages, "ns_outputs");
            true
        }
    };
    let columns: Vec<String> = after
        .predicted
        .iter()
        .map(|predicted| format!(", {}", predicted.column))
        .collect();
    query.looked_up(
        "ns_predictions",
        1 + columns.len(),
        &format!("SELECT row_no{}\nFROM ns_results", columns.concat()),
    );
    let mut text = header::header(pipeline, &cells, dialect, networks);
    text += &query.with();
    text += "SELECT\n  t.*";
    for predicted in &after.predicted {
        let alias = dialect::identifier(&predicted.name);
        text += &format!(",\n  r.{} AS {alias}", predicted.column);
    }
    text += "\nFROM ns_rows AS t\nJOIN ns_predictions AS r ON r.row_no = t.neuronseek_row;\n";
    Ok(text)
}

/// A prediction that is a number of the row alone.
fn one_number(query: &Query, stages: &[Stage], predicted: &Predicted, table: &str) -> String {
    let stages: Vec<Stage> = stages
        .iter()
        .filter(|stage| !stage.columns.is_empty())
        .cloned()
        .collect();
    let nested = stages::nested(&stages, &predicted.column, 2);
    let table = dialect::table(table);
    let alias = dialect::identifier(&predicted.name);
    format!(
        "{}SELECT t.*, (\n{nested}\n) AS {alias}\nFROM {table} AS t;\n",
        query.with()
    )
}

/// Which inputs the model reads.
fn used_inputs(pipeline: &Pipeline) -> Vec<bool> {
    let count = pipeline.recipe.inputs.len();
    match &pipeline.core {
        Core::Networks { .. } => vec![true; count],
        Core::Formula { formula, .. } => formula::used(formula, count),
    }
}

fn refused(pipeline: &Pipeline, cells: &Cells<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut at_most = |count: usize, what: &str| {
        if count > MOST_COLUMNS {
            reasons.push(format!(
                "the model has {count} {what}, and a table of a database has room for \
                 {MOST_COLUMNS}"
            ));
        }
    };
    at_most(cells.columns(), "columns that are read or coded");
    at_most(pipeline.core.outputs(), "outputs");
    if let Restoring::Classes { classes, .. } = &pipeline.outcome {
        at_most(classes.len(), "classes");
    }
    if let Core::Formula { formula, .. } = &pipeline.core {
        at_most(cells.used(), "inputs of its formula");
        at_most(formula::products(formula), "products in its formula");
    }
    reasons
}
