//! The named files of a set, whether they lie in a folder or in an archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::VisionError;

/// The most bytes that are taken from one file after decompression.
pub(super) const MOST_BYTES: u64 = 16 << 30;

/// Files by their names without folders and without `.gz`.
pub(super) struct Files {
    /// The folder, archive or file they come from.
    pub origin: PathBuf,
    /// Whether that is one file, and no folder or archive.
    pub single: bool,
    entries: BTreeMap<String, (PathBuf, Vec<u8>)>,
}

impl Files {
    /// Those files of a folder or archive (`.tar`, `.tar.gz`) that are wanted, by name; a file
    /// that is no archive counts as a folder that has it alone.
    pub fn open(path: &Path, wanted: impl Fn(&str) -> bool) -> Result<Files, VisionError> {
        let mut entries = BTreeMap::new();
        let mut single = false;
        if path.is_dir() {
            for file in listing(path)? {
                let name = plain_name(&file);
                if wanted(&name) && file.is_file() {
                    let bytes = read_bytes(&file)?;
                    entries.insert(name, (file, bytes));
                }
            }
        } else if is_archive(path)? {
            unpack(path, wanted, &mut entries)?;
        } else {
            single = true;
            entries.insert(plain_name(path), (path.to_path_buf(), read_bytes(path)?));
        }
        Ok(Files {
            origin: path.to_path_buf(),
            single,
            entries,
        })
    }

    /// Adds the wanted files of the folder that the one file lies in.
    pub fn add_beside(&mut self, wanted: impl Fn(&str) -> bool) -> Result<(), VisionError> {
        let Some(folder) = self.origin.parent() else {
            return Ok(());
        };
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let beside = Files::open(folder, wanted)?;
        for (name, file) in beside.entries {
            self.entries.entry(name).or_insert(file);
        }
        Ok(())
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Takes a file out: where it lies, for messages, and its bytes.
    pub fn take(&mut self, name: &str) -> Option<(PathBuf, Vec<u8>)> {
        self.entries.remove(name)
    }

    /// The lines of a text file, without empty ones at the end.
    pub fn lines(&mut self, name: &str) -> Result<Option<Vec<String>>, VisionError> {
        let Some((path, bytes)) = self.take(name) else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes)
            .map_err(|_| VisionError::content(&path, "not UTF-8 text: convert it to UTF-8"))?;
        let lines = text.trim_end().lines();
        Ok(Some(lines.map(|line| line.trim().to_string()).collect()))
    }
}

/// The paths in a folder, sorted by name: the order of a listing is the system's whim.
pub(super) fn listing(folder: &Path) -> Result<Vec<PathBuf>, VisionError> {
    let failed = |cause| VisionError::file("read", folder, cause);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// A file's name without folder and `.gz`.
pub(super) fn plain_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".gz").unwrap_or(&name).to_string()
}

/// The bytes of a file, unzipped where they are gzip.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, VisionError> {
    let mut bytes = Vec::new();
    unzipped(path)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| unreadable(path, cause))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(VisionError::content(
            path,
            "more than 16 GiB: split the file",
        ));
    }
    Ok(bytes)
}

/// A reader of a file, through gzip where the file begins with gzip's two bytes.
fn unzipped(path: &Path) -> Result<Box<dyn Read>, VisionError> {
    let failed = |cause| VisionError::file("read", path, cause);
    let mut start = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(2).read_to_end(&mut start).map_err(failed)?;
    let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(failed)?);
    Ok(if start == [0x1f, 0x8b] {
        Box::new(MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    })
}

/// What a failure while reading means: broken content, or trouble of the system.
fn unreadable(path: &Path, cause: io::Error) -> VisionError {
    match cause.kind() {
        io::ErrorKind::UnexpectedEof => {
            VisionError::content(path, "cut off within compressed data: get it again")
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => VisionError::content(
            path,
            format!("damaged compressed data ({cause}): get it again"),
        ),
        _ => VisionError::file("read", path, cause),
    }
}

/// The first bytes of a file, unzipped; fewer where it is shorter or damaged, which whoever reads
/// it in earnest reports.
pub(super) fn start(path: &Path, length: u64) -> Result<Vec<u8>, VisionError> {
    let mut start = Vec::new();
    let _ = unzipped(path)?.take(length).read_to_end(&mut start);
    Ok(start)
}

/// Whether a file is a tar archive, zipped or not: "ustar" at byte 257.
pub(super) fn is_archive(path: &Path) -> Result<bool, VisionError> {
    Ok(start(path, 262)?.get(257..262) == Some(b"ustar"))
}

fn unpack(
    path: &Path,
    wanted: impl Fn(&str) -> bool,
    entries: &mut BTreeMap<String, (PathBuf, Vec<u8>)>,
) -> Result<(), VisionError> {
    let failed = |cause| unreadable(path, cause);
    let mut archive = tar::Archive::new(unzipped(path)?);
    for entry in archive.entries().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let within = entry.path().map_err(failed)?.into_owned();
        let name = plain_name(&within);
        if !wanted(&name) || !entry.header().entry_type().is_file() {
            continue;
        }
        let size = entry.size();
        let mut bytes = Vec::new();
        entry
            .take(MOST_BYTES)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 != size {
            let reason = format!(
                "{} is cut off after {} of {size} bytes: get the archive again",
                within.display(),
                bytes.len()
            );
            return Err(VisionError::content(path, reason));
        }
        entries.insert(name, (path.join(within), bytes));
    }
    Ok(())
}
