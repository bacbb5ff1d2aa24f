//! The image sets: what they are, and their files with addresses, sizes and checksums.
//!
//! | what | where it was looked up |
//! |---|---|
//! | MD5 | the page of the CIFAR sets; the loaders of torchvision (`cifar.py`, `svhn.py`, `stl10.py`) |
//! | SHA-256, bytes | `url_checksums` of TensorFlow Datasets (`cifar10`, `cifar100`, `svhn_cropped`, `stl10`) |
//! | images, sizes, classes | the sets' own pages |
//!
//! A file is compared by its size and its SHA-256. The MD5 is for people, who find it on the
//! publishers' pages: against forgery it is worth nothing, and the SHA-256 says more.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::DataError;
use crate::catalogue::{letters, near};
use crate::checksum::Promise;

/// An image set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageEntry {
    /// The name it is asked for by, which is its folder's.
    pub name: String,
    /// What it shows, in words.
    pub title: String,
    /// Labelled images for training.
    pub train: usize,
    /// Labelled images for testing.
    pub test: usize,
    /// Images without labels.
    pub unlabelled: usize,
    /// More labelled images for training, in files of their own that are fetched on request.
    pub extra: usize,
    /// Channels, rows and columns of an image.
    pub shape: [usize; 3],
    /// Its classes.
    pub classes: usize,
    /// The publisher's page.
    pub page: String,
    /// Under which licence its authors give it, as far as known.
    pub licence: String,
    /// Its files, as they are published.
    pub files: Vec<ImageFile>,
}

/// A file of an image set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageFile {
    /// Its name in the set's folder.
    pub name: String,
    /// Where it is published.
    pub address: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// Its MD5, in hexadecimal digits.
    pub md5: String,
    /// Whether it holds extra images, which come on request alone.
    #[serde(default)]
    pub extra: bool,
}

impl ImageEntry {
    /// The files: all of them with `extra`, else those that the set cannot do without.
    pub fn files(&self, extra: bool) -> impl Iterator<Item = &ImageFile> {
        self.files.iter().filter(move |file| extra || !file.extra)
    }
}

impl ImageFile {
    /// What the file must be.
    pub(super) fn promise(&self) -> Promise<'_> {
        Promise {
            bytes: Some(self.bytes),
            checksum: Some(("sha256", &self.sha256)),
        }
    }
}

#[derive(Deserialize)]
struct Catalogue {
    sets: Vec<ImageEntry>,
}

/// All image sets, by name.
///
/// # Errors
/// Never with the file that the crate was built with, which a test reads.
pub fn catalogue() -> Result<&'static [ImageEntry], DataError> {
    static SETS: OnceLock<Vec<ImageEntry>> = OnceLock::new();
    if let Some(sets) = SETS.get() {
        return Ok(sets);
    }
    let read: Catalogue = serde_json::from_str(include_str!("../../images.json"))
        .map_err(|error| DataError::Catalogue(error.to_string()))?;
    Ok(SETS.get_or_init(|| read.sets))
}

/// The set of this name, in whatever spelling: `CIFAR-10` is `cifar10`.
///
/// # Errors
/// [`DataError::UnknownSet`] with the names most like it.
pub fn find(name: &str) -> Result<&'static ImageEntry, DataError> {
    let sets = catalogue()?;
    let wanted = letters(name);
    if let Some(entry) = sets.iter().find(|entry| entry.name == wanted) {
        return Ok(entry);
    }
    Err(DataError::UnknownSet {
        name: name.to_string(),
        near: near(name, sets.iter().map(|entry| entry.name.as_str())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_whole() {
        let sets = catalogue().unwrap();
        assert!(sets.is_sorted_by(|a, b| a.name < b.name));
        let hexadecimal = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        for entry in sets {
            assert_eq!(entry.name, letters(&entry.name));
            assert_eq!(entry.extra > 0, entry.files.iter().any(|file| file.extra));
            // Bytes of pixels beside labels: the files are compressed, but not by half.
            let images = entry.train + entry.test + entry.unlabelled + entry.extra;
            let pixels = images as u64 * entry.shape.iter().product::<usize>() as u64;
            let bytes: u64 = entry.files.iter().map(|file| file.bytes).sum();
            assert!(bytes < pixels && 2 * bytes > pixels, "{}", entry.name);
            for file in &entry.files {
                assert!(file.address.ends_with(&format!("/{}", file.name)));
                assert!(file.sha256.len() == 64 && hexadecimal(&file.sha256));
                assert!(file.md5.len() == 32 && hexadecimal(&file.md5));
            }
        }
    }

    #[test]
    fn a_set_is_found_in_any_spelling_and_an_unknown_one_suggests_near_ones() {
        assert_eq!(find("CIFAR-10").unwrap().name, "cifar10");
        assert_eq!(find("stl_10").unwrap().name, "stl10");
        let text = |name: &str| find(name).unwrap_err().to_string();
        assert!(text("cifar").contains("did you mean cifar10 or cifar100?"));
        assert!(text("svnh").contains("did you mean svhn?"));
        assert!(text("mnist").contains("neuronseek vision sets"));
    }

    #[test]
    fn extra_files_come_on_request_alone() {
        let svhn = find("svhn").unwrap();
        let names = |extra| {
            svhn.files(extra)
                .map(|file| file.name.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(false), ["train_32x32.mat", "test_32x32.mat"]);
        assert_eq!(names(true).len(), 3);
    }
}
