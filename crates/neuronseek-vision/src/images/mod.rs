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

impl ImageSet {
    /// The images of these rows, in this order.
    pub fn rows(&self, rows: &[usize]) -> ImageSet {
        let size = self.channels * self.height * self.width;
        let pixels = |&row: &usize| &self.pixels[row * size..(row + 1) * size];
        ImageSet {
            pixels: rows.iter().flat_map(pixels).copied().collect(),
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
