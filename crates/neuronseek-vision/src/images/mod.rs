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

/// Which part of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// To train on.
    Train,
    /// To test on.
    Test,
}

/// stub
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// stub
    pub part: Part,
    /// stub
    pub coarse: bool,
    /// stub
    pub size: Option<[usize; 2]>,
    /// stub
    pub skip_corrupt: bool,
}

/// stub
pub struct Read {
    /// stub
    pub images: ImageSet,
    /// stub
    pub skipped: Vec<String>,
    /// stub
    pub files: Vec<std::path::PathBuf>,
}

/// stub
pub fn read(path: &std::path::Path, options: &ReadOptions) -> Result<Read, crate::VisionError> {
    use std::io::Read as _;
    let hundred = path.to_string_lossy().contains("100");
    let file = path.join(if options.part == Part::Train {
        "train_10000.bin.gz"
    } else {
        "test_2000.bin.gz"
    });
    let raw = std::fs::read(&file).map_err(|e| crate::VisionError::file("read", &file, e))?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&raw[..])
        .read_to_end(&mut bytes)
        .map_err(|e| crate::VisionError::file("read", &file, e))?;
    let skip = if hundred { 2 } else { 1 };
    let mut set = ImageSet {
        name: path.display().to_string(),
        channels: 3,
        height: 32,
        width: 32,
        pixels: vec![],
        labels: vec![],
        classes: (0..if hundred { 100 } else { 10 })
            .map(|c| c.to_string())
            .collect(),
    };
    for record in bytes.chunks_exact(3072 + skip) {
        set.labels.push(u32::from(record[skip - 1]));
        set.pixels.extend(&record[skip..]);
    }
    Ok(Read {
        images: set,
        skipped: vec![],
        files: vec![],
    })
}

/// stub
pub fn read_unlabelled(
    path: &std::path::Path,
    options: &ReadOptions,
) -> Result<Read, crate::VisionError> {
    read(path, options)
}
