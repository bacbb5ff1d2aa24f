//! Public image sets by name, kept as they are published.
//!
//! A set's files lie in `images/NAME` of a root folder, the cache or one that the user names, and
//! are archives where the publisher gives archives: the readers of image sets read those, and a
//! second, unpacked copy would only take room and could not be checked. What arrives is
//! `FILE.part` beside its destination, and is renamed when its size and SHA-256 are right; the
//! folder of downloads that tables have was rejected here, because people put these large folders
//! on other disks by links, and nothing can be renamed from one disk to another.
//!
//! An `https` address is never left for an unencrypted one. The files of SVHN are published at
//! `http` addresses, which the public loaders of the set use too, and whether that server speaks
//! `https` is not certain; there the SHA-256 alone, which the program brings along, vouches for
//! the bytes. It does so for a mirror as well.

mod catalogue;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use neuronseek::observe::{Control, Event};

use crate::DataError;
use crate::checksum::Broken;
use crate::error::make_folder;
use crate::lock::lock;
use crate::transfer::{Client, Patience, forget};

pub use catalogue::{ImageEntry, ImageFile, catalogue, find};

/// Where a set is put, and how it is asked for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder that holds `images/NAME`; made when it is needed.
    pub root: PathBuf,
    /// Whether extra images are wanted too.
    pub extra: bool,
    /// The address of a folder with files of the same names, to be asked instead of the
    /// publishers.
    pub mirror: Option<String>,
    /// How patiently servers are asked.
    pub patience: Patience,
}

/// A set that is there.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Its folder.
    pub folder: PathBuf,
    /// Its files, in the catalogue's order.
    pub files: Vec<Arrived>,
}

/// A file that is there, whole and checked.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The file.
    pub path: PathBuf,
    /// The address that it has just come from; `None` when it was there already.
    pub from: Option<String>,
}

/// A file of a set as it is found.
enum State {
    Missing,
    Whole,
    Broken(Broken),
}

/// The folder of a set in a root folder.
pub fn folder(root: &Path, entry: &ImageEntry) -> PathBuf {
    root.join("images").join(&entry.name)
}

/// The set's folder, if its files are there in their right sizes; checksums are left to
/// [`fetch`], which takes seconds for them.
pub fn locate(entry: &ImageEntry, root: &Path, extra: bool) -> Option<PathBuf> {
    let folder = folder(root, entry);
    let all = entry.files(extra).all(|file| is_here(&folder, file));
    all.then_some(folder)
}

/// Whether a file is in the set's folder in its right size.
pub fn is_here(folder: &Path, file: &ImageFile) -> bool {
    fs::metadata(folder.join(&file.name)).is_ok_and(|found| found.len() == file.bytes)
}

/// Brings a set: what is there is checked and stays, the rest is fetched and checked. A set that
/// is whole may lie in a folder that cannot be written.
///
/// # Errors
/// [`DataError::Address`] of a mirror, before anything is done; [`DataError::Away`] when a server
/// stays away or refuses, [`DataError::Checksum`] when a file is another one, of which nothing is
/// kept, [`DataError::NoRoom`], [`DataError::File`] and [`DataError::Stopped`]. Nothing
/// half-written has a file's name; a download that was cut off stays for the next run.
pub fn fetch(
    entry: &ImageEntry,
    settings: &Settings,
    control: &Control<'_>,
) -> Result<Fetched, DataError> {
    let folder = folder(&settings.root, entry);
    let wanted: Vec<(&ImageFile, String)> = entry
        .files(settings.extra)
        .map(|file| Ok((file, address(file, settings.mirror.as_deref())?)))
        .collect::<Result<_, DataError>>()?;
    let mut files = Vec::new();
    let mut locked = None;
    for (position, (file, address)) in wanted.iter().enumerate() {
        let name = format!("{} {}", entry.name, file.name);
        let path = folder.join(&file.name);
        let mut state = look(&path, file, &name, control)?;
        if locked.is_none() && !matches!(state, State::Whole) {
            make_folder(&folder)?;
            locked = Some(lock(&folder.join(".lock"), control)?);
            // Another run may have brought it meanwhile.
            state = look(&path, file, &name, control)?;
        }
        let from = match state {
            State::Whole => None,
            State::Missing | State::Broken(_) => {
                if let State::Broken(broken) = state {
                    control.warn(&damaged(&path, &broken));
                }
                bring(file, address, &path, settings.patience, &name, control).map_err(
                    |error| {
                        let later = wanted[position + 1..].iter().map(|(file, _)| *file);
                        let mut left = vec![*file];
                        left.extend(later.filter(|file| !is_here(&folder, file)));
                        explained(error, entry, &left, &folder)
                    },
                )?;
                Some(address.clone())
            }
        };
        files.push(Arrived { path, from });
    }
    Ok(Fetched { folder, files })
}

/// Where a file is asked for.
fn address(file: &ImageFile, mirror: Option<&str>) -> Result<String, DataError> {
    let Some(mirror) = mirror else {
        return Ok(file.address.clone());
    };
    let host = mirror
        .strip_prefix("https://")
        .or(mirror.strip_prefix("http://"));
    if host.is_none_or(str::is_empty) {
        return Err(DataError::Address {
            address: mirror.to_string(),
            reason: "a mirror looks like https://example.org/folder".to_string(),
        });
    }
    Ok(format!("{}/{}", mirror.trim_end_matches('/'), file.name))
}

/// How a file is found; compares its checksum, if it is there.
fn look(
    path: &Path,
    file: &ImageFile,
    name: &str,
    control: &Control<'_>,
) -> Result<State, DataError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            let cause = ErrorKind::IsADirectory.into();
            return Err(DataError::file("read", path, cause));
        }
        Ok(_) => {}
        Err(_) => return Ok(State::Missing),
    }
    let stage = format!("check {name}");
    control.observer.notice(&Event::Stage { name: &stage });
    match file.promise().broken(path) {
        Ok(None) => Ok(State::Whole),
        Ok(Some(broken)) => Ok(State::Broken(broken)),
        // Removed meanwhile.
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(State::Missing),
        Err(cause) => Err(DataError::file("read", path, cause)),
    }
}

/// Fetches a file aside, checks it and gives it its name.
fn bring(
    file: &ImageFile,
    address: &str,
    path: &Path,
    patience: Patience,
    name: &str,
    control: &Control<'_>,
) -> Result<(), DataError> {
    let stage = format!("fetch {name}");
    control.observer.notice(&Event::Stage { name: &stage });
    let mut part = path.as_os_str().to_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let client = Client::new(patience, address.starts_with("https://")).without_compression();
    client.checked(address, &part, &file.promise(), &stage, control)?;
    // A disk that writes later than it says may be full, too.
    let written = File::open(&part).and_then(|part| part.sync_all());
    written.map_err(|cause| DataError::file("write", &part, cause))?;
    fs::rename(&part, path).map_err(|cause| DataError::file("write", path, cause))?;
    forget(&part);
    Ok(())
}

fn damaged(path: &Path, broken: &Broken) -> String {
    format!(
        "{} is damaged: its {} is {}, not {}; it is replaced as soon as a right one has come",
        path.display(),
        broken.kind,
        broken.found,
        broken.expected
    )
}

/// The error with what a user can do about an image set; `left` are the files that are not here,
/// the one that failed first.
fn explained(
    error: DataError,
    entry: &ImageEntry,
    left: &[&ImageFile],
    folder: &Path,
) -> DataError {
    let reason = match error {
        DataError::Connection {
            address,
            tries,
            reason,
        } => {
            let host = address.split('/').nth(2).unwrap_or(&address);
            let times = if tries == 1 { "try" } else { "tries" };
            format!("{host}: {reason} ({tries} {times})")
        }
        DataError::Status {
            address, status, ..
        } => format!("{address} answers {status}"),
        DataError::NoRoom { path, .. } => {
            let bytes = left.first().map(|file| file.bytes);
            return DataError::NoRoom { path, bytes };
        }
        error => return error,
    };
    DataError::Away {
        name: entry.name.clone(),
        reason,
        addresses: left.iter().map(|file| file.address.clone()).collect(),
        folder: folder.display().to_string(),
    }
}
