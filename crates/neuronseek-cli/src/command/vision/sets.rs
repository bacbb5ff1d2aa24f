//! `neuronseek vision sets`: which image sets there are, and which of them are here.

use std::path::{Path, PathBuf};

use clap::Args;
use neuronseek_data::images::{self, ImageEntry, ImageFile};
use serde::Serialize;

use crate::arguments::Form;
use crate::command::data::user_cache;
use crate::console::Console;
use crate::display::{Columns, Side, count, size};
use crate::failure::Failure;
use crate::output;

/// List the public image sets: what they are, where they come from and whether they are here
#[derive(Debug, Args)]
#[command(after_help = "\
A set is here when its files lie in images/NAME of the cache in their right sizes; vision fetch NAME \
compares their checksums, too. Sizes are those of the compressed files. No server is asked.")]
pub struct Arguments {
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    root: Root,
}

/// Where image sets are kept.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Folders")]
pub struct Root {
    /// The folder that holds images/NAME, such as one given to vision fetch --to [default:
    /// neuronseek in the user's cache folder]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

impl Root {
    /// The folder that holds `images/NAME`.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        match &self.cache {
            Some(cache) => Ok(cache.clone()),
            None => user_cache(),
        }
    }
}

/// What `vision sets --json` prints.
#[derive(Debug, Serialize)]
struct Document<'a> {
    cache: &'a Path,
    sets: Vec<Row<'a>>,
}

/// A set of the list.
#[derive(Debug, Serialize)]
struct Row<'a> {
    name: &'a str,
    title: &'a str,
    train: usize,
    test: usize,
    unlabelled: usize,
    extra: usize,
    /// Channels, rows and columns of an image.
    shape: [usize; 3],
    classes: usize,
    page: &'a str,
    licence: &'a str,
    /// Where its files are, or belong.
    folder: PathBuf,
    /// Whether all files but the extra ones are there.
    here: bool,
    files: Vec<File<'a>>,
}

/// A file of a set.
#[derive(Debug, Serialize)]
struct File<'a> {
    name: &'a str,
    address: &'a str,
    bytes: u64,
    sha256: &'a str,
    md5: &'a str,
    /// Whether it comes with `--extra` alone.
    extra: bool,
    here: bool,
}

impl<'a> Row<'a> {
    fn new(entry: &'a ImageEntry, root: &Path) -> Row<'a> {
        let folder = images::folder(root, entry);
        let file = |file: &'a ImageFile| File {
            name: &file.name,
            address: &file.address,
            bytes: file.bytes,
            sha256: &file.sha256,
            md5: &file.md5,
            extra: file.extra,
            here: images::is_here(&folder, file),
        };
        Row {
            name: &entry.name,
            title: &entry.title,
            train: entry.train,
            test: entry.test,
            unlabelled: entry.unlabelled,
            extra: entry.extra,
            shape: entry.shape,
            classes: entry.classes,
            page: &entry.page,
            licence: &entry.licence,
            here: images::locate(entry, root, false).is_some(),
            files: entry.files(true).map(file).collect(),
            folder,
        }
    }

    /// The size of the files that come without or with `--extra`.
    fn bytes(&self, extra: bool) -> u64 {
        let files = self.files.iter().filter(|file| file.extra == extra);
        files.map(|file| file.bytes).sum()
    }

    /// Images without labels, or of the extra files.
    fn others(&self) -> String {
        match (self.unlabelled, self.extra) {
            (0, 0) => String::new(),
            (0, extra) => format!("{} extra ({})", count(extra), size(self.bytes(true))),
            (unlabelled, _) => format!("{} unlabelled", count(unlabelled)),
        }
    }

    fn place(&self) -> String {
        let host = |file: &File<'a>| file.address.split('/').nth(2);
        match (self.here, self.files.first().and_then(host)) {
            (false, Some(host)) => format!("to fetch from {host}"),
            (false, None) => "to fetch".to_string(),
            (true, _) => "here".to_string(),
        }
    }
}

/// Prints the list.
pub fn run(arguments: &Arguments, console: &Console) -> Result<(), Failure> {
    let root = arguments.root.folder()?;
    let sets = images::catalogue()?;
    let sets: Vec<Row<'_>> = sets.iter().map(|entry| Row::new(entry, &root)).collect();
    if arguments.form.json {
        return output::print_json(&Document { cache: &root, sets });
    }
    let titles = [
        ("name", Side::Left),
        ("train", Side::Right),
        ("test", Side::Right),
        ("others", Side::Left),
        ("pixels", Side::Left),
        ("classes", Side::Right),
        ("size", Side::Right),
        ("where", Side::Left),
    ];
    let mut columns = Columns::new(&titles, console.styled);
    for row in &sets {
        let [channels, rows, width] = row.shape;
        columns.row([
            row.name.to_string(),
            count(row.train),
            count(row.test),
            row.others(),
            format!("{channels} x {rows} x {width}"),
            row.classes.to_string(),
            size(row.bytes(false)),
            row.place(),
        ]);
    }
    output::print(&columns.text())
}
