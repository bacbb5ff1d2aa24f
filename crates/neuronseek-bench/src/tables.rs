//! `bench tables`: the default fit on every table of a folder, under the tabular protocol.
//!
//! The folder holds `INDEX.json` (a list `datasets` of name, file, target) and the tables.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use cpu_time::ProcessTime;
use neuronseek::model::{CandidateKind, FitError, FitOptions, Holdout, Metrics, Outcome, fit};
use neuronseek::observe::Control;
use neuronseek::prepare::PrepareOptions;
use neuronseek::table::{ReadOptions, Table, TableError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::runs::digest;

/// Columns that the protocol leaves out because they leak the target.
const LEAKS: [(&str, &[&str]); 1] = [("eye_movements", &["lineNo", "assgNo"])];

/// What is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder with `INDEX.json`.
    pub folder: PathBuf,
    /// The hash splits of the protocol.
    pub splits: Vec<u64>,
    /// Only tables whose name contains one of these; empty for all.
    pub only: Vec<String>,
    /// The fit's settings; targets, left-out columns and the split are set per table.
    pub options: FitOptions,
}

/// One fit.
#[derive(Debug, Clone, Serialize)]
pub struct TableResult {
    /// The table.
    pub table: String,
    /// The hash split.
    pub split: u64,
    /// "nmse" or "log loss", on the test rows.
    pub loss: String,
    /// Rows trained and validated on.
    pub training_rows: usize,
    /// Test rows.
    pub test_rows: usize,
    /// The model's loss.
    pub model: f64,
    /// The linear model's loss.
    pub linear: f64,
    /// The loss of the network of the found neuron, without an embedding.
    pub found_network: Option<f64>,
    /// The loss of the plain network of equal size.
    pub plain_network: Option<f64>,
    /// The loss of the search's polynomial.
    pub polynomial: Option<f64>,
    /// What the model is: "network", "polynomial" or "blend".
    pub kind: CandidateKind,
    /// The model's neuron.
    pub neuron: String,
    /// What the search found.
    pub found: String,
    /// The function of the target that the model fits; `None` for classes.
    pub transform: Option<String>,
    /// The model's coefficients.
    pub parameters: usize,
    /// Wall-clock seconds, reading the table included.
    pub seconds: f64,
    /// Processor seconds of all threads, the same work.
    pub cpu_seconds: f64,
    /// The model's test metrics.
    pub metrics: Metrics,
}

/// Why the tables cannot be run.
#[derive(Debug, Error)]
pub enum TablesError {
    /// The index.
    #[error("cannot read {path}: {reason}; name the folder with --data")]
    Index {
        /// The index file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// No table of such a name.
    #[error("no table in {path} has a name with {only}")]
    None {
        /// The index file.
        path: String,
        /// What was asked for.
        only: String,
    },
    /// A file.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A fit.
    #[error("{table}: {source}")]
    Fit {
        /// The table.
        table: String,
        /// What went wrong.
        source: FitError,
    },
}

#[derive(Deserialize)]
struct Index {
    datasets: Vec<Entry>,
}

/// A table of the index.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) file: String,
    target: String,
}

impl Entry {
    /// How the protocol prepares the table.
    pub(crate) fn prepare(&self, mut options: PrepareOptions) -> PrepareOptions {
        options.targets = vec![self.target.clone()];
        for (name, columns) in LEAKS {
            if name == self.name {
                options.ignore = columns.iter().map(|c| c.to_string()).collect();
            }
        }
        options
    }
}

/// A table of the index, parsed when it is first needed: a resumed experiment that has nothing left
/// to do on it does not parse it.
pub(crate) struct TableFile {
    pub(crate) entry: Entry,
    path: PathBuf,
    /// Of the file's bytes.
    pub(crate) digest: String,
    table: OnceLock<Result<Table, String>>,
}

impl TableFile {
    pub(crate) fn new(folder: &Path, entry: Entry) -> Result<TableFile, TablesError> {
        let path = folder.join(&entry.file);
        let bytes = std::fs::read(&path).map_err(|source| TablesError::Read {
            path: path.display().to_string(),
            source,
        })?;
        Ok(TableFile {
            digest: digest(&bytes),
            entry,
            path,
            table: OnceLock::new(),
        })
    }

    pub(crate) fn table(&self) -> Result<&Table, String> {
        let read = || {
            let table = Table::read(&self.path, &ReadOptions::default());
            table.map_err(|error| error.to_string())
        };
        self.table.get_or_init(read).as_ref().map_err(Clone::clone)
    }
}

/// Fits every table and hands each result to `each` as soon as it is there.
///
/// # Errors
/// See [`TablesError`]; the first table that fails ends the run.
pub fn run(
    settings: &Settings,
    control: &Control<'_>,
    each: &mut dyn FnMut(&TableResult),
) -> Result<Vec<TableResult>, TablesError> {
    let path = settings.folder.join("INDEX.json");
    let entries = chosen_entries(&path, &settings.only)?;
    let mut results = Vec::new();
    for entry in &entries {
        let file = settings.folder.join(&entry.file);
        for &split in &settings.splits {
            if control.should_stop() {
                return Ok(results);
            }
            let result = run_one(entry, &file, split, &settings.options, control)?;
            each(&result);
            results.push(result);
        }
    }
    Ok(results)
}

/// The tables of the index whose names contain one of `only` (all when empty), by name.
pub(crate) fn chosen_entries(path: &Path, only: &[String]) -> Result<Vec<Entry>, TablesError> {
    let failed = |reason: String| TablesError::Index {
        path: path.display().to_string(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let index: Index = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let wanted = |entry: &Entry| only.is_empty() || only.iter().any(|o| entry.name.contains(o));
    let mut entries: Vec<Entry> = index.datasets.into_iter().filter(wanted).collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    if entries.is_empty() {
        return Err(TablesError::None {
            path: path.display().to_string(),
            only: only.join(" or "),
        });
    }
    Ok(entries)
}

fn run_one(
    entry: &Entry,
    file: &Path,
    split: u64,
    options: &FitOptions,
    control: &Control<'_>,
) -> Result<TableResult, TablesError> {
    let (start, cpu) = (Instant::now(), ProcessTime::now());
    let table = Table::read(file, &ReadOptions::default())?;
    let mut options = options.clone();
    options.prepare = entry.prepare(options.prepare);
    options.holdout = Holdout::Split(split);
    let fitted = fit(&table, None, &options, control).map_err(|source| TablesError::Fit {
        table: entry.name.clone(),
        source,
    })?;
    let report = fitted.report;
    let chosen = report.candidates.iter().find(|outcome| outcome.chosen);
    // Where several forms of the target were fitted, the others of the model's own.
    let transform = chosen.and_then(|outcome| outcome.transform);
    let of = |wanted: &dyn Fn(&Outcome) -> bool| {
        let mut own = report
            .candidates
            .iter()
            .filter(|o| o.transform == transform);
        let outcome = own.find(|outcome| wanted(outcome))?;
        outcome.test.as_ref().map(Metrics::loss)
    };
    let is_network = |outcome: &Outcome| {
        outcome.kind == CandidateKind::Network && outcome.embedding.is_none() && !outcome.statistics
    };
    let found = report.search.as_ref().map(|search| &search.neuron);
    let is_found =
        |outcome: &Outcome| !outcome.neuron.is_linear() && Some(&outcome.neuron) == found;
    let (test, linear) = (&report.metrics["test"], &report.linear["test"]);
    Ok(TableResult {
        table: entry.name.clone(),
        split,
        loss: match test {
            Metrics::Regression { .. } => "nmse".to_string(),
            Metrics::Classification { .. } => "log loss".to_string(),
        },
        training_rows: report.rows.training + report.rows.validation,
        test_rows: report.rows.test,
        model: test.loss(),
        linear: linear.loss(),
        found_network: of(&|outcome| is_network(outcome) && is_found(outcome)),
        plain_network: of(&|outcome| is_network(outcome) && outcome.neuron.is_linear()),
        polynomial: of(&|outcome| outcome.kind == CandidateKind::Polynomial),
        kind: chosen.map_or(CandidateKind::Network, |outcome| outcome.kind),
        neuron: report.neuron.to_string(),
        found: report
            .search
            .as_ref()
            .map_or(String::new(), |search| search.neuron.to_string()),
        transform: transform.map(|transform| transform.to_string()),
        parameters: report.parameters,
        seconds: start.elapsed().as_secs_f64(),
        cpu_seconds: cpu.elapsed().as_secs_f64(),
        metrics: test.clone(),
    })
}

/// The results as a Markdown table, with the counts that matter below it.
pub fn markdown(results: &[TableResult]) -> String {
    let loss = |value: f64| match value {
        value if value > 0.0 && value < 1e-4 => format!("{value:.1e}"),
        value => format!("{value:.4}"),
    };
    let number = |value: Option<f64>| value.map_or("-".to_string(), loss);
    let mut text = String::from(
        "| table | split | rows | test | loss | model | linear model | network of the found neuron \
         | plain network | polynomial | model is | neuron | found | target | parameters | CPU s |\n\
         |---|--:|--:|--:|---|--:|--:|--:|--:|--:|---|---|---|---|--:|--:|\n",
    );
    for r in results {
        let kind = match r.kind {
            CandidateKind::Network => "network",
            CandidateKind::Polynomial => "polynomial",
            CandidateKind::Blend => "blend",
        };
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.1} |\n",
            r.table,
            r.split,
            r.training_rows,
            r.test_rows,
            r.loss,
            loss(r.model),
            loss(r.linear),
            number(r.found_network),
            number(r.plain_network),
            number(r.polynomial),
            kind,
            r.neuron,
            r.found,
            match r.transform.as_deref() {
                Some("none") => "as it is",
                Some(transform) => transform,
                None => "-",
            },
            r.parameters,
            r.cpu_seconds
        );
    }
    let worse = results.iter().filter(|r| r.model > 1.05 * r.linear).count();
    let against = |better: fn(f64, f64) -> bool| {
        let rivals = results
            .iter()
            .filter_map(|r| r.plain_network.map(|p| (r.model, p)));
        rivals
            .filter(|(model, plain)| better(*model, *plain))
            .count()
    };
    text + &format!(
        "\nOf {} fits, {} are above 1.05 times the linear model. Against the plain network of equal \
         size the model is below on {}, above on {}, equal on {}.\n",
        results.len(),
        worse,
        against(|model, plain| model < plain),
        against(|model, plain| model > plain),
        against(|model, plain| model == plain),
    )
}
