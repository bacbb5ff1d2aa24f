//! Image sets in memory, as bytes.

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
