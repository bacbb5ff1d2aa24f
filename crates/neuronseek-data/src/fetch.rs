//! A table by name: from a local folder, else from the cache, else from its server.
//!
//! A download goes to `downloads` in the cache, where a later run finds what has arrived of it; a
//! whole and checked one becomes a table of the cache, and its raw file goes. The raw file is not
//! kept, because the table is the smaller of the two and all that is read again.

use std::fs;
use std::path::{Path, PathBuf};

use neuronseek::observe::{Control, Event};
use neuronseek::table::{ReadOptions, Table};
use serde_json::{Map, Value};

use crate::catalogue::{Entry, Source};
use crate::checksum::{Promise, sha256_of};
use crate::error::{make_folder, read_file};
use crate::folder::{Folder, Found};
use crate::lock::lock;
use crate::transfer::{Client, forget};
use crate::{DataError, arff, openml, shape};

pub use crate::transfer::Patience;

/// OpenML.
pub const OPENML: &str = "https://www.openml.org";

/// Which of OpenML's files is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interface {
    /// ARFF, whose checksum is known; Parquet where there is no ARFF file.
    #[default]
    Auto,
    /// The ARFF file.
    Arff,
    /// The Parquet file, which has no checksum.
    Parquet,
}

/// Where tables are looked for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A folder of tables that takes precedence, or one that holds it as `tabular`.
    pub data: Option<PathBuf>,
    /// The folder of what was fetched before; made when it is needed.
    pub cache: PathBuf,
    /// The address of OpenML or of a server that speaks as it does.
    pub server: String,
    /// Which of the server's files is fetched.
    pub interface: Interface,
    /// How patiently servers are asked.
    pub patience: Patience,
}

/// Where a table is now.
#[derive(Debug, Clone)]
pub enum Place {
    /// In the local folder.
    Local(Found),
    /// In the cache.
    Cached(Found),
    /// On its server.
    ToFetch,
    /// Nowhere, and it has no public source.
    LocalOnly,
}

/// A table that is there.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Its file and what the index says of it.
    pub found: Found,
    /// Where it was: "local", "cached", or its source, such as "OpenML 42225".
    pub from: String,
    /// The checksum that the download was compared with; `None` where there was none, or no
    /// download.
    pub checked: Option<&'static str>,
}

/// Hands out tables.
pub struct Fetcher {
    data: Option<Folder>,
    cache: Folder,
    server: String,
    interface: Interface,
    client: Client,
}

impl Fetcher {
    /// A fetcher; asks nothing yet.
    ///
    /// # Errors
    /// When the server's address begins with neither `https://` nor `http://`.
    pub fn new(settings: &Settings) -> Result<Fetcher, DataError> {
        let server = settings.server.trim().trim_end_matches('/');
        let encrypted = server.starts_with("https://");
        let host = server.split_once("://").map_or("", |(_, host)| host);
        if !(encrypted || server.starts_with("http://")) || host.is_empty() {
            return Err(DataError::Address {
                address: settings.server.clone(),
                reason: format!("it should look like {OPENML}"),
            });
        }
        Ok(Fetcher {
            data: settings.data.as_deref().map(Folder::new),
            cache: Folder::new(&settings.cache),
            server: server.to_string(),
            interface: settings.interface,
            client: Client::new(settings.patience, encrypted),
        })
    }

    /// The local folder, where one is given.
    pub fn data(&self) -> Option<&Path> {
        self.data.as_ref().map(Folder::path)
    }

    /// The cache.
    pub fn cache(&self) -> &Path {
        self.cache.path()
    }

    /// Where a table is; asks no server.
    ///
    /// # Errors
    /// When an index cannot be read.
    pub fn place(&self, entry: &Entry) -> Result<Place, DataError> {
        if let Some(data) = &self.data
            && let Some(found) = data.find(&entry.name)?
        {
            return Ok(Place::Local(found));
        }
        if let Some(found) = self.cache.find(&entry.name)? {
            return Ok(Place::Cached(found));
        }
        Ok(match &entry.source {
            Source::LocalOnly { .. } => Place::LocalOnly,
            _ => Place::ToFetch,
        })
    }

    /// Gets a table.
    ///
    /// # Errors
    /// See [`DataError`]. Nothing half-written takes the place of a table; a download that was cut
    /// off stays for the next run.
    pub fn fetch(&self, entry: &Entry, control: &Control<'_>) -> Result<Fetched, DataError> {
        match self.place(entry)? {
            Place::Local(found) => {
                found.check()?;
                return Ok(Fetched::at(found, "local"));
            }
            Place::Cached(found) => match found.check() {
                Ok(()) => return Ok(Fetched::at(found, "cached")),
                Err(error) => control.warn(&format!("{error}; it is fetched anew")),
            },
            Place::ToFetch => {}
            Place::LocalOnly => return Err(local_only(entry)),
        }
        let name = format!("fetch {}", entry.name);
        control.observer.notice(&Event::Stage { name: &name });
        let downloads = make_folder(&self.cache.path().join("downloads"))?;
        let _lock = lock(&downloads.join(format!("{}.lock", entry.name)), control)?;
        let (table, checked) = match &entry.source {
            Source::OpenMl { openml, .. } => {
                self.openml_table(entry, *openml, &downloads, control)?
            }
            Source::Address { address, sha256 } => {
                let part = downloads.join(format!("{}.csv.part", entry.name));
                let promise = Promise {
                    checksum: Some(("sha256", sha256)),
                    ..Promise::default()
                };
                let client = &self.client;
                client.checked(address, &part, &promise, &name, control)?;
                let table = self.finish(&part, address, |bytes, source| {
                    Ok(Table::read_from(
                        &bytes[..],
                        source,
                        &ReadOptions::default(),
                    )?)
                })?;
                (table, Some("sha256"))
            }
            Source::LocalOnly { .. } => return Err(local_only(entry)),
        };
        self.keep(entry, &table, checked, control)
    }

    /// Copies a table to another folder and puts it into the index there.
    ///
    /// # Errors
    /// When another file of its name is there, unless `force`, or something cannot be written.
    pub fn copy(&self, found: &Found, to: &Path, force: bool) -> Result<PathBuf, DataError> {
        Folder::new(to).copy(found, force)
    }

    fn openml_table(
        &self,
        entry: &Entry,
        id: u64,
        downloads: &Path,
        control: &Control<'_>,
    ) -> Result<(Table, Option<&'static str>), DataError> {
        let address = openml::address(&self.server, id);
        let text = self.client.text(&address, control)?;
        let set = openml::description((&self.server, &address), id, &text)?;
        if let Some(status) = set.status.filter(|status| status != "active") {
            control.warn(&format!("OpenML calls {} {status}", entry.name));
        }
        let name = format!("fetch {}", entry.name);
        let arff = set.arff.filter(|_| self.interface != Interface::Parquet);
        let parquet = set.parquet.filter(|_| self.interface != Interface::Arff);
        match (arff, parquet) {
            (Some(file), _) => {
                let part = downloads.join(format!("openml-{id}.arff.part"));
                let promise = Promise {
                    checksum: set.md5.as_deref().map(|md5| ("md5", md5)),
                    ..Promise::default()
                };
                let client = &self.client;
                client.checked(&file, &part, &promise, &name, control)?;
                let table = self.finish(&part, &file, |bytes, source| {
                    Ok(arff::read(&bytes, source)?.table)
                })?;
                Ok((table, promise.checksum.map(|(kind, _)| kind)))
            }
            (None, Some(file)) => {
                let part = downloads.join(format!("openml-{id}.parquet.part"));
                self.client.file(&file, &part, &name, control)?;
                let table = self.finish(&part, &file, |bytes, source| {
                    Ok(Table::read_from(
                        &bytes[..],
                        source,
                        &ReadOptions::default(),
                    )?)
                })?;
                Ok((table, None))
            }
            (None, None) => Err(DataError::Answer {
                address,
                reason: match self.interface {
                    Interface::Auto => "the data set has no file",
                    Interface::Arff => "the data set has no ARFF file",
                    Interface::Parquet => "the data set has no Parquet file",
                }
                .to_string(),
            }),
        }
    }

    /// Reads a whole download, which is of no use any more afterwards.
    fn finish(
        &self,
        part: &Path,
        address: &str,
        read: impl FnOnce(Vec<u8>, &str) -> Result<Table, DataError>,
    ) -> Result<Table, DataError> {
        let bytes = read_file(part)?;
        let table = read(bytes, address);
        forget(part);
        table
    }

    /// Puts a table into the cache.
    fn keep(
        &self,
        entry: &Entry,
        table: &Table,
        checked: Option<&'static str>,
        control: &Control<'_>,
    ) -> Result<Fetched, DataError> {
        let table = shape::form(table, entry)?;
        let path = self.cache.path().join(entry.file());
        let failed = |cause| DataError::file("read", &path, cause);
        let same = shape::values(&table).map_err(failed)? == entry.values;
        if !same {
            control.warn(&format!(
                "the values of {} at {} are not to the digit those of the protocol: figures of it \
                 cannot be compared digit by digit",
                entry.name,
                entry.source.name()
            ));
        }
        table.write_csv(&path, true)?;
        let bytes = fs::metadata(&path).map_err(failed)?.len();
        let sha256 = sha256_of(&path).map_err(failed)?;
        let described = serde_json::to_value(entry.description(bytes, &sha256, same));
        let described: Map<String, Value> = match described {
            Ok(Value::Object(described)) => described,
            _ => Map::new(),
        };
        let _lock = lock(
            &self.cache.path().join("downloads").join("index.lock"),
            control,
        )?;
        self.cache.note(described.clone())?;
        let found = Found {
            path,
            entry: described,
        };
        Ok(Fetched {
            found,
            from: entry.source.name(),
            checked,
        })
    }
}

impl Fetched {
    fn at(found: Found, from: &str) -> Fetched {
        Fetched {
            found,
            from: from.to_string(),
            checked: None,
        }
    }
}

/// Why a table without a public source cannot be had.
pub fn local_only(entry: &Entry) -> DataError {
    let reason = match &entry.source {
        Source::LocalOnly { local_only } => local_only.as_str(),
        _ => "damaged in the cache",
    };
    DataError::LocalOnly {
        name: entry.name.clone(),
        reason: reason.to_string(),
    }
}
