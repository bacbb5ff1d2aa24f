//! `neuronseek data`: the tables of the tabular protocol by name.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use neuronseek_data::DataError;
use neuronseek_data::fetch::{Fetcher, Interface, OPENML, Patience, Settings};

use crate::console::Console;
use crate::failure::Failure;

mod fetch;
mod list;

/// What is done with public tables.
#[derive(Debug, Subcommand)]
pub enum Data {
    List(list::Arguments),
    Fetch(fetch::Arguments),
}

/// Does what is asked for.
pub fn run(data: &Data, console: &Console) -> Result<(), Failure> {
    match data {
        Data::List(arguments) => list::run(arguments, console),
        Data::Fetch(arguments) => fetch::run(arguments, console),
    }
}

/// Where tables are looked for before any server is asked.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Folders")]
pub struct Folders {
    /// A folder of tables with INDEX.json, or the one that holds it as tabular/, that comes before
    /// cache and server
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The folder of what was fetched before [default: neuronseek in the user's cache folder]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

impl Folders {
    /// A fetcher with these folders that asks servers as told.
    fn fetcher(
        &self,
        (server, interface): (&str, Interface),
        patience: Patience,
        console: &Console,
    ) -> Result<Fetcher, Failure> {
        let fetcher = Fetcher::new(&Settings {
            data: self.data.clone(),
            cache: match &self.cache {
                Some(cache) => cache.clone(),
                None => user_cache()?,
            },
            server: server.to_string(),
            interface,
            patience,
        })?;
        if let Some(data) = fetcher
            .data()
            .filter(|data| !data.join("INDEX.json").exists())
        {
            console.warn(&format!(
                "{} has no INDEX.json: no table is taken from there",
                data.display()
            ));
        }
        Ok(fetcher)
    }

    /// A fetcher that is not going to ask a server.
    fn look(&self, console: &Console) -> Result<Fetcher, Failure> {
        self.fetcher((OPENML, Interface::Auto), Patience::default(), console)
    }
}

/// Why a fetch ended.
pub fn ended(error: DataError) -> Failure {
    match error {
        DataError::Stopped => Failure::Interrupted(error.to_string()),
        error => error.into(),
    }
}

/// The user's folder for files that can be fetched again, by the XDG base directory rules.
pub fn user_cache() -> Result<PathBuf, Failure> {
    let folder = |name: &str| {
        let folder = PathBuf::from(std::env::var_os(name)?);
        folder.is_absolute().then_some(folder)
    };
    let cache = folder("XDG_CACHE_HOME")
        .or_else(|| folder("LOCALAPPDATA"))
        .or_else(|| Some(folder("HOME")?.join(".cache")));
    let cache = cache.ok_or_else(|| {
        Failure::unusable(
            "no cache folder: neither XDG_CACHE_HOME nor HOME is set; name one with --cache",
        )
    })?;
    Ok(cache.join("neuronseek"))
}
