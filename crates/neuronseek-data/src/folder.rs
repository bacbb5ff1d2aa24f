//! Folders of tables: `INDEX.json`, a list `datasets` of objects with name, file and target at
//! least, and the files beside it. The cache is one, so that it can be given to `bench tables`.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

use crate::DataError;
use crate::checksum::sha256_of;
use crate::error::{make_folder, read_file};

const INDEX: &str = "INDEX.json";

/// A folder of tables.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

/// A table in a folder.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its file.
    pub path: PathBuf,
    /// What the index says of it.
    pub entry: Map<String, Value>,
}

impl Folder {
    /// The folder itself, or the one named `tabular` in it when it has no index of its own.
    pub fn new(path: &Path) -> Folder {
        let inner = path.join("tabular");
        let inside = !path.join(INDEX).exists() && inner.join(INDEX).exists();
        Folder {
            path: if inside { inner } else { path.to_path_buf() },
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The table of this name, if the index has it and its file is there.
    ///
    /// # Errors
    /// When the index cannot be read. A folder without an index has no tables.
    pub fn find(&self, name: &str) -> Result<Option<Found>, DataError> {
        let Some(index) = self.index()? else {
            return Ok(None);
        };
        let named = |entry: &&Map<String, Value>| entry.get("name").is_some_and(|n| n == name);
        let entries = index.get("datasets").and_then(Value::as_array);
        let mut entries = entries.into_iter().flatten().filter_map(Value::as_object);
        let Some(entry) = entries.find(named) else {
            return Ok(None);
        };
        let Some(file) = entry.get("file").and_then(Value::as_str) else {
            return Err(self.bad(format!("{name} has no file")));
        };
        let path = self.path.join(file);
        Ok(path.is_file().then(|| Found {
            path,
            entry: entry.clone(),
        }))
    }

    /// Copies a table of another folder into this one, which is made where it is missing.
    ///
    /// # Errors
    /// When another file of its name is there, unless `force`, or something cannot be written.
    /// Nothing half-written is left.
    pub fn copy(&self, found: &Found, force: bool) -> Result<PathBuf, DataError> {
        make_folder(&self.path)?;
        let name = found.path.file_name().unwrap_or_default();
        let target = self.path.join(name);
        let same = |a: &Path, b: &Path| Ok::<bool, io::Error>(sha256_of(a)? == sha256_of(b)?);
        if target.exists() {
            let same = same(&target, &found.path);
            let same = same.map_err(|cause| DataError::file("read", &target, cause))?;
            if !same && !force {
                return Err(DataError::Exists {
                    path: target.display().to_string(),
                });
            }
        }
        let write = |out: &mut dyn Write| io::copy(&mut File::open(&found.path)?, out).map(drop);
        replace(&target, write)?;
        let mut entry = found.entry.clone();
        entry.insert("file".to_string(), json!(name.to_string_lossy()));
        self.note(entry)?;
        Ok(target)
    }

    /// Puts a table into the index, in the place of one of the same name.
    ///
    /// # Errors
    /// When the index is there and is none, or cannot be written.
    pub fn note(&self, entry: Map<String, Value>) -> Result<(), DataError> {
        let mut index = self.index()?.unwrap_or_default();
        let list = index.entry("datasets").or_insert_with(|| json!([]));
        let Some(list) = list.as_array_mut() else {
            return Err(self.bad("\"datasets\" is no list".to_string()));
        };
        list.retain(|other| other.get("name") != entry.get("name"));
        list.push(Value::Object(entry));
        let text = serde_json::to_string_pretty(&Value::Object(index))
            .map_err(|error| self.bad(error.to_string()))?;
        replace(&self.path.join(INDEX), |out| {
            out.write_all(text.as_bytes())?;
            out.write_all(b"\n")
        })
    }

    fn index(&self) -> Result<Option<Map<String, Value>>, DataError> {
        let path = self.path.join(INDEX);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            _ => {}
        }
        let index = serde_json::from_slice(&read_file(&path)?);
        let index: Value = index.map_err(|error| self.bad(error.to_string()))?;
        match index {
            Value::Object(index) => Ok(Some(index)),
            _ => Err(self.bad("it is no object".to_string())),
        }
    }

    fn bad(&self, reason: String) -> DataError {
        DataError::Index {
            path: self.path.join(INDEX).display().to_string(),
            reason,
        }
    }
}

impl Found {
    /// Compares the file with the checksum that the index gives, if it gives one.
    ///
    /// # Errors
    /// [`DataError::Damaged`] when they differ.
    pub fn check(&self) -> Result<(), DataError> {
        let Some(expected) = self.entry.get("sha256").and_then(Value::as_str) else {
            return Ok(());
        };
        let found =
            sha256_of(&self.path).map_err(|cause| DataError::file("read", &self.path, cause))?;
        if found.eq_ignore_ascii_case(expected) {
            return Ok(());
        }
        Err(DataError::Damaged {
            path: self.path.display().to_string(),
            found,
            expected: expected.to_string(),
        })
    }
}

/// Writes a file aside and renames it to its place, whole or not at all.
fn replace(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), DataError> {
    let whole = || -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".neuronseek-");
        // The usual permissions of a new file, and not those of a secret.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let folder = path.parent().unwrap_or(Path::new("."));
        let file: NamedTempFile = builder.tempfile_in(folder)?;
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    whole().map_err(|cause| DataError::file("write", path, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, file: &str) -> Map<String, Value> {
        let entry = json!({"name": name, "file": file, "target": "y", "note": "kept"});
        entry.as_object().unwrap().clone()
    }

    #[test]
    fn a_table_is_copied_and_other_entries_stay() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join("a.csv"), "x,y\n1,2\n").unwrap();
        let source = Folder::new(from.path());
        assert!(source.find("a").unwrap().is_none());
        source.note(entry("a", "a.csv")).unwrap();
        let found = source.find("a").unwrap().unwrap();
        found.check().unwrap();
        let inner = to.path().join("new");
        let target = Folder::new(&inner);
        target.note(entry("b", "b.csv")).unwrap_err();
        target.copy(&found, false).unwrap();
        target.note(entry("b", "b.csv")).unwrap();
        // The same file again is no conflict, another one is.
        target.copy(&found, false).unwrap();
        assert!(target.find("b").unwrap().is_none(), "its file is not there");
        assert_eq!(target.find("a").unwrap().unwrap().entry["note"], "kept");
        fs::write(inner.join("a.csv"), "mine").unwrap();
        let text = target.copy(&found, false).unwrap_err().to_string();
        assert!(text.contains("a.csv") && text.contains("--force"), "{text}");
        target.copy(&found, true).unwrap();
        assert_eq!(fs::read(inner.join("a.csv")).unwrap(), b"x,y\n1,2\n");
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 2);
    }

    #[test]
    fn a_broken_index_and_a_damaged_file_are_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.csv"), "x,y\n").unwrap();
        let tables = Folder::new(folder.path());
        let mut wrong = entry("a", "a.csv");
        wrong.insert("sha256".to_string(), json!("00"));
        tables.note(wrong).unwrap();
        let found = tables.find("a").unwrap().unwrap();
        assert!(matches!(found.check(), Err(DataError::Damaged { .. })));
        fs::write(folder.path().join(INDEX), "{\"datasets\": [").unwrap();
        let text = tables.find("a").unwrap_err().to_string();
        assert!(text.contains("INDEX.json is no index of tables"), "{text}");
    }

    #[test]
    fn the_folder_above_is_understood() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("tabular");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join(INDEX), "{}").unwrap();
        assert_eq!(Folder::new(folder.path()).path(), inner);
    }
}
