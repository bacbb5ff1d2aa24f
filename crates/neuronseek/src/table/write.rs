//! Tables to files: written aside and renamed into place, so that no half-written file is ever
//! seen under the name asked for.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::NamedTempFile;

use super::{Table, TableError};

impl Table {
    /// Writes the table as CSV with a header line, compressed if the name ends in `.gz`. Missing
    /// cells are empty; numbers read back to the same bits.
    ///
    /// A text that means "missing" when read (`NA`, `null`) is written as it is.
    ///
    /// # Errors
    /// When the file exists and `replace` is not set, or cannot be written. In both cases no file
    /// is left behind.
    pub fn write_csv(&self, path: &Path, replace: bool) -> Result<(), TableError> {
        self.csv_aside(path, replace)?.put_in_place()
    }

    /// The CSV file, written but not yet in its place.
    pub(super) fn csv_aside(&self, path: &Path, replace: bool) -> Result<Aside, TableError> {
        let compress = path.extension().is_some_and(|ending| ending == "gz");
        Aside::write(path, replace, |file| {
            if compress {
                let mut encoder = GzEncoder::new(file, Compression::default());
                self.write_csv_to(&mut encoder)?;
                encoder.finish()?;
                Ok(())
            } else {
                self.write_csv_to(file)
            }
        })
    }

    /// Writes the table as CSV to any writer, see [`Table::write_csv`].
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_csv_to(&self, target: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        let single = self.columns().len() == 1;
        for row in 0..=self.rows() {
            line.clear();
            for (position, column) in self.columns().iter().enumerate() {
                if position > 0 {
                    line.push(',');
                }
                match row {
                    0 => push_cell(&mut line, &column.name, single),
                    _ => push_cell(&mut line, &column.text(row - 1).unwrap_or_default(), single),
                }
            }
            line.push('\n');
            target.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}

/// Adds a cell, in quotes where it would not read back without: an empty cell alone in its row
/// would be a blank line.
fn push_cell(line: &mut String, cell: &str, alone: bool) {
    let plain = !cell.contains([',', ';', '\t', '"', '\n', '\r', '\u{feff}'])
        && cell.trim_ascii() == cell
        && !(alone && cell.is_empty());
    if plain {
        line.push_str(cell);
        return;
    }
    line.push('"');
    line.push_str(&cell.replace('"', "\"\""));
    line.push('"');
}

/// A file that is written beside its target and takes its place at the end.
#[derive(Debug)]
pub(crate) struct Aside {
    file: NamedTempFile,
    target: PathBuf,
    replace: bool,
}

impl Aside {
    /// Writes a file in the folder of `target` by `fill`.
    pub fn write(
        target: &Path,
        replace: bool,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Aside, TableError> {
        let failed = |cause| TableError::Write {
            target: target.display().to_string(),
            cause,
        };
        // Told before the work, and made sure of when the file takes its place.
        if !replace && target.symlink_metadata().is_ok() {
            return Err(exists(target));
        }
        if target.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = temporary(folder).map_err(failed)?;
        let mut writer = BufWriter::new(file);
        fill(&mut writer).map_err(failed)?;
        let file = writer
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        file.as_file().sync_all().map_err(failed)?;
        Ok(Aside {
            file,
            target: target.to_path_buf(),
            replace,
        })
    }

    /// Renames the file to its target.
    pub fn put_in_place(self) -> Result<(), TableError> {
        let result = if self.replace {
            self.file.persist(&self.target)
        } else {
            self.file.persist_noclobber(&self.target)
        };
        match result {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(exists(&self.target))
            }
            Err(error) => Err(TableError::Write {
                target: self.target.display().to_string(),
                cause: error.error,
            }),
        }
    }
}

fn exists(target: &Path) -> TableError {
    TableError::Exists {
        target: target.display().to_string(),
    }
}

fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".neuronseek-");
    // The usual permissions of a new file, and not those of a secret.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests;
