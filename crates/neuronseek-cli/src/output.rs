//! Where results go: standard output, or a file that appears whole or not at all.
//!
//! A file is written beside its destination and then renamed, so that a killed run leaves the old
//! file, no file or a whole one. Whether it may and can be written is checked before the work
//! starts: nobody should wait an hour to learn that a folder is missing.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;

/// Files that are being written aside at this moment.
static PENDING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes what is half-written, for an exit at once.
pub fn abandon() {
    if let Ok(mut pending) = PENDING.lock() {
        for path in pending.drain(..) {
            // It may be gone already, and nothing better can be done at an exit.
            let _ = fs::remove_file(path);
        }
    }
}

/// Prints a result on standard output.
pub fn print(text: &str) -> Result<(), Failure> {
    print_with(|out| out.write_all(text.as_bytes()))
}

/// Prints a JSON document on standard output.
pub fn print_json(document: &impl serde::Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    print(&text)
}

/// Lets `write` write a result to standard output; a closed pipe is [`Failure::ClosedPipe`].
pub fn print_with(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if is_closed_pipe(&error) => Err(Failure::ClosedPipe),
        Err(error) => Err(Failure::unusable(format!(
            "cannot write to standard output: {error}"
        ))),
    }
}

/// Whether whoever reads has gone; the writer of CSV wraps what the system says.
fn is_closed_pipe(error: &io::Error) -> bool {
    let wrapped = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<csv::Error>());
    let kind = match wrapped.map(csv::Error::kind) {
        Some(csv::ErrorKind::Io(inner)) => inner.kind(),
        _ => error.kind(),
    };
    kind == ErrorKind::BrokenPipe
}

/// A file that may be written, checked before the work.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    replace: bool,
    /// Devices and pipes are written straight, as nothing can be renamed onto them.
    direct: bool,
}

impl OutputFile {
    /// Checks that `path` can be written, and that it is new unless `force`.
    pub fn claim(path: &Path, force: bool) -> Result<OutputFile, Failure> {
        let shown = path.display();
        // A link stays a link: the file behind it is the one to replace.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let existing = fs::metadata(&path).ok();
        if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(Failure::unusable(format!(
                "{shown} is a folder: name a file in it"
            )));
        }
        let direct = existing.as_ref().is_some_and(|file| !file.is_file());
        if existing.is_some() && !direct && !force {
            return Err(Failure::unusable(format!(
                "{shown} exists already: choose another name, or add --force to replace it"
            )));
        }
        let output = OutputFile {
            path,
            replace: force,
            direct,
        };
        if !direct {
            output
                .aside()
                .map_err(|error| Failure::unusable(format!("cannot write {shown}: {error}")))?;
        }
        Ok(output)
    }

    /// Where the file will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file: whole, or not at all.
    pub fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        self.write_aside(write).map_err(|error| {
            Failure::unusable(format!("cannot write {}: {error}", self.path.display()))
        })
    }

    fn write_aside(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if self.direct {
            let mut out = BufWriter::new(File::options().write(true).open(&self.path)?);
            return write(&mut out).and_then(|()| out.flush());
        }
        let file = self.aside()?;
        let aside = file.path().to_path_buf();
        if let Ok(mut pending) = PENDING.lock() {
            pending.push(aside.clone());
        }
        let result = self.fill(file, write);
        if let Ok(mut pending) = PENDING.lock() {
            pending.retain(|path| *path != aside);
        }
        result
    }

    fn fill(
        &self,
        file: NamedTempFile,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        let file = out.into_inner()?;
        file.as_file().sync_all()?;
        if self.replace {
            file.persist(&self.path)?;
        } else {
            // Somebody may have made the file meanwhile.
            file.persist_noclobber(&self.path)?;
        }
        Ok(())
    }

    /// A new file in the destination's folder, removed again unless it is renamed.
    fn aside(&self) -> io::Result<NamedTempFile> {
        let folder = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = Builder::new();
        builder.prefix(".neuronseek-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // The permissions that an ordinary file gets; the umask takes its share.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder
            .tempfile_in(folder)
            // The random name aside says nothing to the user.
            .map_err(|error| error.kind().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let output = OutputFile::claim(&folder.path().join("a.txt"), false).unwrap();
        let failed = output.write(|out| {
            out.write_all(b"half")?;
            Err(io::Error::other("disk full"))
        });
        assert!(failed.is_err());
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let output = OutputFile::claim(&path, false).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert!(output.write(|out| out.write_all(b"ours")).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn force_replaces_and_its_absence_refuses() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        assert!(OutputFile::claim(&path, false).is_err());
        let output = OutputFile::claim(&path, true).unwrap();
        output.write(|out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_missing_folder_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let failure = OutputFile::claim(&folder.path().join("no/a.txt"), false).unwrap_err();
        assert!(matches!(failure, Failure::Unusable(text) if text.contains("no/a.txt")));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_is_written_straight() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let output = OutputFile::claim(&link, true).unwrap();
        output.write(|out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        let null = OutputFile::claim(Path::new("/dev/null"), false).unwrap();
        null.write(|out| out.write_all(b"gone")).unwrap();
    }
}
