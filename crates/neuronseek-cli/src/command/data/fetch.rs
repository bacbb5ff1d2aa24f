//! `neuronseek data fetch`: tables by name, from wherever they are.

use std::path::PathBuf;

use clap::Args;
use neuronseek::observe::Control;
use neuronseek_data::catalogue::{self, Entry};
use neuronseek_data::fetch::{Fetched, Fetcher, Interface, OPENML, Place};
use serde::Serialize;
use serde_json::Value;

use super::Folders;
use crate::arguments::waiting::Waiting;
use crate::arguments::{Form, choice};
use crate::console::Console;
use crate::display::count;
use crate::failure::Failure;
use crate::{interrupt, output};

/// Get tables of the tabular protocol by name and print where their files are
#[derive(Debug, Args)]
#[command(after_help = "\
A table comes from the local folder of --data if it is there, else from the cache, else from its \
public source; data list tells. What is fetched is checked by checksum, brought to the protocol's \
columns with the target last, and kept in the cache as compressed CSV, which is a folder that bench \
tables --data reads; -o copies to a folder of that kind. A download that is cut off or ended by \
Ctrl-C goes on where it stopped when the command is given again.

Example: neuronseek fit $(neuronseek data fetch abalone) --target Class_number_of_rings")]
pub struct Arguments {
    /// The tables' names
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Copy the tables to this folder and put them into its INDEX.json; both are made if missing
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace other files of the tables' names in the folder
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    folders: Folders,
    #[command(flatten)]
    asking: Asking,
}

/// How servers are asked.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Network")]
struct Asking {
    /// The address of OpenML, or of a server that speaks as it does
    #[arg(long, visible_alias = "server", value_name = "URL", default_value = OPENML)]
    openml: String,
    /// Which of OpenML's files: arff has a checksum, parquet has none, auto prefers arff
    #[arg(long, value_name = "KIND", default_value = "auto", value_parser = interface())]
    interface: Interface,
    #[command(flatten)]
    waiting: Waiting,
}

fn interface() -> impl clap::builder::TypedValueParser<Value = Interface> {
    choice([
        ("auto", Interface::Auto),
        ("arff", Interface::Arff),
        ("parquet", Interface::Parquet),
    ])
}

/// What `data fetch --json` prints.
#[derive(Debug, Serialize)]
struct Document {
    tables: Vec<Row>,
}

/// A table that is there.
#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    path: PathBuf,
    rows: usize,
    task: &'static str,
    target: &'static str,
    bytes: Option<u64>,
    /// "local", "cached", or the source, such as "OpenML 42225".
    from: String,
    /// The checksum that the download was compared with, "md5" or "sha256"; null without one.
    checked: Option<&'static str>,
    /// Whether the values are the protocol's to the digit; null where nothing says it.
    same_values: Option<bool>,
}

/// Gets the tables.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let asking = &arguments.asking;
    let patience = asking.waiting.patience();
    let folders = &arguments.folders;
    let fetcher = folders.fetcher((&asking.openml, asking.interface), patience, console)?;
    let entries = entries(&arguments.names, &fetcher)?;
    let control = Control {
        observer: console,
        stop: interrupt::listen_saying("ending; what has arrived is kept for the next time")?,
        deadline: None,
    };
    let mut tables = Vec::new();
    for entry in entries {
        let fetched = fetcher.fetch(entry, &control).map_err(super::ended)?;
        console.done();
        let path = match &arguments.output {
            Some(folder) => fetcher.copy(&fetched.found, folder, arguments.force)?,
            None => fetched.found.path.clone(),
        };
        let row = Row::new(entry, &fetched, path);
        console.note(&row.told());
        if !arguments.form.json {
            output::print(&format!("{}\n", row.path.display()))?;
        }
        tables.push(row);
    }
    if arguments.form.json {
        output::print_json(&Document { tables })?;
    }
    Ok(())
}

/// The tables of these names, each once; every name that cannot be had is told at once.
fn entries(names: &[String], fetcher: &Fetcher) -> Result<Vec<&'static Entry>, Failure> {
    let (mut entries, mut wrong) = (Vec::<&Entry>::new(), Vec::new());
    for name in names {
        let entry = match catalogue::find(name) {
            Ok(entry) => entry,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        if let Place::LocalOnly = fetcher.place(entry)? {
            wrong.push(neuronseek_data::fetch::local_only(entry).to_string());
        }
        if !entries.iter().any(|other| other.name == entry.name) {
            entries.push(entry);
        }
    }
    match wrong.is_empty() {
        true => Ok(entries),
        false => Err(Failure::Unusable(wrong.join("; "))),
    }
}

impl Row {
    fn new(entry: &'static Entry, fetched: &Fetched, path: PathBuf) -> Row {
        Row {
            name: &entry.name,
            rows: entry.rows,
            task: &entry.task,
            target: &entry.target,
            bytes: std::fs::metadata(&path).ok().map(|file| file.len()),
            path,
            from: fetched.from.clone(),
            checked: fetched.checked,
            same_values: fetched
                .found
                .entry
                .get("same_values")
                .and_then(Value::as_bool),
        }
    }

    /// What was done, in a line.
    fn told(&self) -> String {
        let from = match self.from.as_str() {
            "local" | "cached" => self.from.clone(),
            source => format!("from {source}"),
        };
        let checked = self.checked.map(|kind| format!(", {kind} as promised"));
        format!(
            "{}: {} rows, {from}{}; target {} ({})",
            self.name,
            count(self.rows),
            checked.unwrap_or_default(),
            self.target,
            self.task
        )
    }
}
