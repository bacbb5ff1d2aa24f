//! Image sets in memory, as bytes, and their readers.
//!
//! [`read`] looks at a path and finds the format out by itself; each format also has a function
//! of its own.
//!
//! | what the path is | reader |
//! |---|---|
//! | CIFAR-10 or CIFAR-100, binary: a folder, one `.bin` or `.bin.gz`, the official archive | [`read_cifar`] |
//! | STL-10, binary: a folder, `NAME_X.bin`, the official archive | [`read_stl`] |
//! | SVHN, cropped digits: a folder, one `.mat` | [`read_svhn`] |
//! | a folder with a sub-folder of pictures for each class | [`read_classes`] |
//! | pictures without labels, to be classified | [`read_unlabelled`] |
//!
//! An image set is one array of bytes: the usual sets for small networks fit into memory
//! (CIFAR: 150 MB), and an array can be shuffled, shared between threads and hashed. Reading
//! images from disk while training was rejected: it makes the speed of a training depend on the
//! state of the disk's cache.
//!
//! No reader reserves memory that a header asks for before the data is there, and none takes in
//! more than 16 GiB.

use std::path::Path;

use neuronseek::observe::Control;

use crate::VisionError;
use files::Files;

mod cifar;
mod decode;
mod files;
mod matlab;
mod options;
mod pictures;
mod shape;
mod stl;
mod svhn;

pub use cifar::read_cifar;
pub use options::{Part, ReadOptions};
pub use pictures::{Unlabelled, read_classes, read_unlabelled};
pub(crate) use shape::lightness;
pub use stl::read_stl;
pub use svhn::read_svhn;

/// Labelled images of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSet {
    /// Where the images come from, such as "cifar10 train".
    pub name: String,
    /// Channels of every image: 3 (red, green, blue) or 1.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// `images x channels x height x width`, 0 to 255.
    pub pixels: Vec<u8>,
    /// One class per image, an index into `classes`; empty for images without labels.
    pub labels: Vec<u32>,
    /// The classes' names.
    pub classes: Vec<String>,
}

impl ImageSet {
    /// The number of images.
    pub fn images(&self) -> usize {
        self.pixels
            .len()
            .checked_div(self.image_bytes())
            .unwrap_or(0)
    }

    /// Bytes of one image: `channels * height * width`.
    pub fn image_bytes(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// The pixels of an image, `channels x height x width`.
    ///
    /// # Panics
    /// Beyond the last image.
    pub fn image(&self, index: usize) -> &[u8] {
        let bytes = self.image_bytes();
        &self.pixels[index * bytes..(index + 1) * bytes]
    }

    /// The images of these rows, in this order.
    ///
    /// # Panics
    /// Beyond the last image.
    pub fn rows(&self, rows: &[usize]) -> ImageSet {
        ImageSet {
            pixels: rows
                .iter()
                .flat_map(|&row| self.image(row))
                .copied()
                .collect(),
            labels: match self.labels.is_empty() {
                true => Vec::new(),
                false => rows.iter().map(|&row| self.labels[row]).collect(),
            },
            name: self.name.clone(),
            classes: self.classes.clone(),
            ..*self
        }
    }
}

/// Reads an image set of any known format; see [`read_with`]. Warnings go nowhere.
///
/// # Errors
/// The first thing that is wrong, with its file and, where known, its record or byte.
pub fn read(path: &Path, options: &ReadOptions) -> Result<ImageSet, VisionError> {
    read_with(path, options, &Control::silent())
}

/// Reads an image set of any known format, with progress and warnings to `control`.
///
/// A folder is what the names of its files say, and one of pictures where they say nothing; an
/// official archive in it, or the folder of one that was unpacked, stands for the archive.
/// A file is what its content says, but for CIFAR and STL-10, whose files have no header.
///
/// # Errors
/// The first thing that is wrong, with its file and, where known, its record or byte.
/// [`VisionError::Stopped`].
pub fn read_with(
    path: &Path,
    options: &ReadOptions,
    control: &Control<'_>,
) -> Result<ImageSet, VisionError> {
    options.check()?;
    if path.is_dir() {
        return read_folder(path, options, control);
    }
    let start = files::start(path, 128)?;
    if start.starts_with(b"MATLAB") || path.extension().is_some_and(|ending| ending == "mat") {
        return read_svhn(path, options);
    }
    let name = files::plain_name(path);
    if name.ends_with("_X.bin") {
        return read_stl(path, options);
    }
    if name.ends_with(".bin") {
        return read_cifar(path, options);
    }
    if !files::is_archive(path)? {
        let reason = "no image set that is known: name a folder, an archive, a .bin or a .mat \
                      file, or for pictures a folder with a sub-folder for each class";
        return Err(VisionError::content(path, reason));
    }
    let stem = options.part.name();
    let files = Files::open(path, |name| {
        cifar::belongs(name, options.part) || stl::belongs(name, stem)
    })?;
    let stl = files.names().any(|name| stl::belongs(name, stem));
    match stl {
        true => stl::from_files(files, stem, options),
        false => cifar::from_files(files, options),
    }
}

/// The official archives of CIFAR-10, CIFAR-100 and STL-10, and the folders in them.
const OFFICIAL: [[&str; 2]; 3] = [
    ["cifar-10-binary.tar.gz", "cifar-10-batches-bin"],
    ["cifar-100-binary.tar.gz", "cifar-100-binary"],
    ["stl10_binary.tar.gz", "stl10_binary"],
];

fn read_folder(
    path: &Path,
    options: &ReadOptions,
    control: &Control<'_>,
) -> Result<ImageSet, VisionError> {
    let paths = files::listing(path)?;
    let has = |belongs: fn(&str) -> bool| {
        let files = paths.iter().filter(|path| path.is_file());
        files
            .map(|path| files::plain_name(path))
            .any(|name| belongs(&name))
    };
    if has(|name| {
        [Part::Train, Part::Test]
            .iter()
            .any(|&part| cifar::holds(name, part))
    }) {
        return read_cifar(path, options);
    }
    if has(|name| name.ends_with("_X.bin")) {
        return read_stl(path, options);
    }
    if has(svhn::holds) {
        return read_svhn(path, options);
    }
    for [archive, folder] in OFFICIAL {
        if path.join(folder).is_dir() {
            return read_folder(&path.join(folder), options, control);
        }
        if path.join(archive).is_file() {
            return read_with(&path.join(archive), options, control);
        }
    }
    read_classes(path, options, control)
}

#[cfg(test)]
mod tests;
