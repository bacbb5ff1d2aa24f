//! The part of a file that has arrived, and what is known of it.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ureq::Body;
use ureq::http::Response;

use super::header;
use crate::DataError;

/// What a part of a file is a part of.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version {
    pub address: String,
    /// The `ETag` or the date of the last change.
    pub tag: Option<String>,
}

/// The start and the whole length of `bytes 100-199/200` or `bytes */200`.
pub(super) fn content_range(text: &str) -> (Option<u64>, Option<u64>) {
    let rest = text.trim().strip_prefix("bytes").unwrap_or_default().trim();
    let (range, total) = rest.split_once('/').unwrap_or((rest, ""));
    let start = range.split('-').next().unwrap_or_default();
    (start.trim().parse().ok(), total.trim().parse().ok())
}

fn version_file(part: &Path) -> PathBuf {
    let mut name = part.as_os_str().to_os_string();
    name.push(".json");
    PathBuf::from(name)
}

/// What is known of the part, and how many bytes of it can be used.
pub(super) fn known(address: &str, part: &Path) -> (Version, u64) {
    let version = fs::read(version_file(part)).ok();
    let version: Option<Version> = version.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match (version, fs::metadata(part)) {
        (Some(version), Ok(part)) if version.address == address => (version, part.len()),
        _ => (Version::default(), 0),
    }
}

/// Writes down what the part is a part of.
pub(super) fn remember(
    address: &str,
    response: &Response<Body>,
    part: &Path,
) -> Result<(), DataError> {
    // A weak tag cannot promise equal bytes.
    let strong = header(response, "etag").filter(|tag| !tag.starts_with("W/"));
    let version = Version {
        address: address.to_string(),
        tag: strong.or(header(response, "last-modified")),
    };
    let path = version_file(part);
    let text = serde_json::to_vec(&version).unwrap_or_default();
    fs::write(&path, text).map_err(|cause| DataError::file("write", &path, cause))
}

/// Removes a part that is of no use, and what is known of it.
pub(crate) fn forget(part: &Path) {
    for path in [part.to_path_buf(), version_file(part)] {
        // Where it cannot be removed, it is overwritten or refused later.
        let _ = fs::remove_file(path);
    }
}

/// The part, open to be written on from `start`.
pub(super) fn open(part: &Path, start: u64) -> std::io::Result<File> {
    if start == 0 {
        return File::create(part);
    }
    OpenOptions::new().append(true).open(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges() {
        assert_eq!(content_range("bytes 100-199/200"), (Some(100), Some(200)));
        assert_eq!(content_range("bytes */200"), (None, Some(200)));
        assert_eq!(content_range("bytes 5-9/*"), (Some(5), None));
        assert_eq!(content_range("lines 1"), (None, None));
    }

    #[test]
    fn a_part_of_another_address_is_of_no_use() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("a.part");
        fs::write(&part, "12345").unwrap();
        assert_eq!(known("http://a", &part).1, 0);
        let version = Version {
            address: "http://a".to_string(),
            tag: None,
        };
        fs::write(version_file(&part), serde_json::to_vec(&version).unwrap()).unwrap();
        assert_eq!(known("http://a", &part).1, 5);
        assert_eq!(known("http://b", &part).1, 0);
        forget(&part);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
