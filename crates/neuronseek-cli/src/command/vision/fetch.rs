//! `neuronseek vision fetch`: image sets by name, as they are published.

use std::path::PathBuf;

use clap::Args;
use neuronseek::observe::Control;
use neuronseek_data::images::{self, Arrived, Fetched, ImageEntry, Settings};
use serde::Serialize;

use super::sets::Root;
use crate::arguments::Form;
use crate::arguments::waiting::Waiting;
use crate::command::data::ended;
use crate::console::Console;
use crate::display::size;
use crate::failure::Failure;
use crate::{interrupt, output};

/// Get public image sets by name and print where their folders are
#[derive(Debug, Args)]
#[command(after_help = "\
The sets are cifar10, cifar100, stl10 and svhn; vision sets tells what they are and how large. The \
files stay as they are published and lie in images/NAME of the cache, or of the folder of --to. Each \
is compared with a known size and SHA-256, also one that is there already, which is not fetched \
again. A download that is cut off or ended by Ctrl-C goes on where it stopped when the command is \
given again. Without a network, put the files there by hand.

Example: neuronseek vision fetch cifar10 --to data")]
pub struct Arguments {
    /// The sets' names
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Put the sets into images/NAME of this folder instead of the cache
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// Fetch the extra training images as well (svhn: 531,131 more, 1329 MB)
    #[arg(long)]
    extra: bool,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    root: Root,
    #[command(flatten)]
    asking: Asking,
}

/// How servers are asked.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Network")]
struct Asking {
    /// The address of a folder that has the published files under their names, asked instead of
    /// the publishers; the checksums are the same
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
    #[command(flatten)]
    waiting: Waiting,
}

/// What `vision fetch --json` prints.
#[derive(Debug, Serialize)]
struct Document {
    sets: Vec<Row>,
}

/// A set that is there.
#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    folder: PathBuf,
    files: Vec<File>,
}

/// A file that is there and checked.
#[derive(Debug, Serialize)]
struct File {
    path: PathBuf,
    bytes: u64,
    sha256: &'static str,
    /// The address that it has just come from; null when it was there already.
    from: Option<String>,
}

/// Gets the sets.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let entries = entries(&arguments.names)?;
    if arguments.extra && entries.iter().all(|entry| entry.extra == 0) {
        console.warn("--extra changes nothing: svhn alone has extra images");
    }
    let settings = Settings {
        root: match &arguments.to {
            Some(to) => to.clone(),
            None => arguments.root.folder()?,
        },
        extra: arguments.extra,
        mirror: arguments.asking.mirror.clone(),
        patience: arguments.asking.waiting.patience(),
    };
    let control = Control {
        observer: console,
        stop: interrupt::listen_saying("ending; what has arrived is kept for the next time")?,
        deadline: None,
    };
    let mut sets = Vec::new();
    for entry in entries {
        let fetched = images::fetch(entry, &settings, &control).map_err(ended)?;
        console.done();
        let row = Row::new(entry, fetched, settings.extra);
        console.note(&row.told());
        if !arguments.form.json {
            output::print(&format!("{}\n", row.folder.display()))?;
        }
        sets.push(row);
    }
    if arguments.form.json {
        output::print_json(&Document { sets })?;
    }
    Ok(())
}

/// The sets of these names, each once; every unknown name is told at once.
fn entries(names: &[String]) -> Result<Vec<&'static ImageEntry>, Failure> {
    let (mut entries, mut wrong) = (Vec::<&ImageEntry>::new(), Vec::new());
    for name in names {
        match images::find(name) {
            Ok(entry) if entries.iter().any(|other| other.name == entry.name) => {}
            Ok(entry) => entries.push(entry),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    match wrong.is_empty() {
        true => Ok(entries),
        false => Err(Failure::Unusable(wrong.join("; "))),
    }
}

impl Row {
    fn new(entry: &'static ImageEntry, fetched: Fetched, extra: bool) -> Row {
        let known = entry.files(extra);
        let files = known
            .zip(fetched.files)
            .map(|(known, Arrived { path, from })| File {
                path,
                bytes: known.bytes,
                sha256: &known.sha256,
                from,
            });
        Row {
            name: &entry.name,
            folder: fetched.folder,
            files: files.collect(),
        }
    }

    /// What was done, in a line.
    fn told(&self) -> String {
        let bytes = |fetched: bool| -> u64 {
            let files = self
                .files
                .iter()
                .filter(|file| file.from.is_some() == fetched);
            files.map(|file| file.bytes).sum()
        };
        let parts = [(bytes(true), "fetched"), (bytes(false), "here already")];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(bytes, _)| *bytes > 0)
            .map(|(bytes, how)| format!("{} {how}", size(*bytes)))
            .collect();
        format!("{}: {}, sha256 as published", self.name, parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_fetched_and_what_was_here_are_told_apart() {
        let file = |name: &str, bytes, from: Option<&str>| File {
            path: PathBuf::from(name),
            bytes,
            sha256: "",
            from: from.map(str::to_string),
        };
        let mut row = Row {
            name: "svhn",
            folder: PathBuf::new(),
            files: vec![
                file("train_32x32.mat", 182_040_794, None),
                file("test_32x32.mat", 64_275_384, Some("http://example.org")),
            ],
        };
        assert_eq!(
            row.told(),
            "svhn: 64 MB fetched, 182 MB here already, sha256 as published"
        );
        row.files.pop();
        assert_eq!(row.told(), "svhn: 182 MB here already, sha256 as published");
    }
}
