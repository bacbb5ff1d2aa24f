//! Image sets in memory, as bytes, and their readers.
//!
//! [`read`] looks at a path and finds the format out by itself; each format also has a function
//! of its own.
//!
//! | what the path is | reader |
//! |---|---|
//! | CIFAR-10 or CIFAR-100, binary: a folder, one `.bin` or `.bin.gz`, the official archive | [`read_cifar`] |
//!
//! An image set is one array of bytes: the usual sets for small networks fit into memory
//! (CIFAR: 150 MB), and an array can be shuffled, shared between threads and hashed. Reading
//! images from disk while training was rejected: it makes the speed of a training depend on the
//! state of the disk's cache.
//!
//! No reader reserves memory that a header asks for before the data is there, and none takes in
//! more than 16 GiB.

use std::path::Path;

use crate::VisionError;

mod cifar;
mod files;
mod options;

pub use cifar::read_cifar;
pub use options::{Part, ReadOptions};

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

/// Reads an image set of any known format.
///
/// # Errors
/// The first thing that is wrong, with its file and, where known, its record or byte.
pub fn read(path: &Path, options: &ReadOptions) -> Result<ImageSet, VisionError> {
    read_cifar(path, options)
}

#[cfg(test)]
mod tests;
