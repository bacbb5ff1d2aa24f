//! `neuronseek data list`: which tables there are, and where.

use std::path::{Path, PathBuf};

use clap::Args;
use neuronseek_data::catalogue::{self, Entry, Source};
use neuronseek_data::fetch::Place;
use neuronseek_data::folder::Found;
use serde::Serialize;

use super::Folders;
use crate::arguments::Form;
use crate::console::Console;
use crate::display::{Columns, Side, count, size};
use crate::failure::Failure;
use crate::output;

/// List the tables of the tabular protocol: what they are and where they are
#[derive(Debug, Args)]
#[command(after_help = "\
A table is local (in the folder of --data), cached, to be fetched from its public source, or local \
only: it has no public address that is certain, and data fetch finds it in a local folder alone. \
No server is asked.")]
pub struct Arguments {
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    folders: Folders,
}

/// What `data list --json` prints.
#[derive(Debug, Serialize)]
struct Document<'a> {
    /// The local folder.
    data: Option<&'a Path>,
    cache: &'a Path,
    tables: Vec<Row<'a>>,
}

/// A table of the list.
#[derive(Debug, Serialize)]
struct Row<'a> {
    name: &'a str,
    title: &'a str,
    rows: usize,
    /// Columns beside the target.
    inputs: usize,
    task: &'a str,
    target: &'a str,
    /// "local", "cached", "to fetch" or "local only".
    place: &'static str,
    /// The file, where there is one here.
    path: Option<PathBuf>,
    /// The size of the file, about the one it will have where it is not here.
    bytes: u64,
    /// "OpenML 42225", a host, or null.
    source: Option<String>,
    /// Why there is no source.
    reason: Option<&'a str>,
    licence: &'a str,
}

impl<'a> Row<'a> {
    fn new(entry: &'a Entry, place: Place) -> Row<'a> {
        let (place, found) = match place {
            Place::Local(found) => ("local", Some(found)),
            Place::Cached(found) => ("cached", Some(found)),
            Place::ToFetch => ("to fetch", None),
            Place::LocalOnly => ("local only", None),
        };
        let (source, reason) = match &entry.source {
            Source::LocalOnly { local_only } => (None, Some(local_only.as_str())),
            source => (Some(source.name()), None),
        };
        Row {
            name: &entry.name,
            title: &entry.title,
            rows: entry.rows,
            inputs: entry.columns.len().saturating_sub(1),
            task: &entry.task,
            target: &entry.target,
            place,
            bytes: found.as_ref().and_then(length).unwrap_or(entry.bytes),
            path: found.map(|found| found.path),
            source,
            reason,
            licence: &entry.licence,
        }
    }

    fn place(&self) -> String {
        match (&self.path, &self.source) {
            (None, Some(source)) => format!("{} from {source}", self.place),
            _ => self.place.to_string(),
        }
    }
}

fn length(found: &Found) -> Option<u64> {
    Some(std::fs::metadata(&found.path).ok()?.len())
}

/// Prints the list.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let fetcher = arguments.folders.look(console)?;
    let mut tables = Vec::new();
    for entry in catalogue::tables()? {
        tables.push(Row::new(entry, fetcher.place(entry)?));
    }
    if arguments.form.json {
        return output::print_json(&Document {
            data: fetcher.data(),
            cache: fetcher.cache(),
            tables,
        });
    }
    let titles = [
        ("name", Side::Left),
        ("rows", Side::Right),
        ("task", Side::Left),
        ("target", Side::Left),
        ("where", Side::Left),
        ("size", Side::Right),
    ];
    let mut columns = Columns::new(&titles, console.styled);
    for row in &tables {
        columns.row([
            row.name.to_string(),
            count(row.rows),
            row.task.to_string(),
            row.target.to_string(),
            row.place(),
            size(row.bytes),
        ]);
    }
    output::print(&columns.text())
}
