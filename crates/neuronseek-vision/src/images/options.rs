use super::ImageSet;
use super::shape::Pixels;
use crate::VisionError;

/// Which part of a set is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// What networks learn from.
    #[default]
    Train,
    /// What they are judged by.
    Test,
}

impl Part {
    /// "train" or "test".
    pub fn name(self) -> &'static str {
        match self {
            Part::Train => "train",
            Part::Test => "test",
        }
    }
}

/// How an image set is read.
///
/// | field | default | range |
/// |---|---|---|
/// | `part` | train | |
/// | `coarse` | no | CIFAR-100 alone |
/// | `size` | as stored | 1 to 4096 rows and columns |
/// | `channels` | as stored | 1 or 3 |
/// | `limit` | all | at least 1 |
/// | `skip_corrupt` | no | |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// Which part of a set that has two; a single file is read whatever the part.
    pub part: Part,
    /// The 20 coarse classes of CIFAR-100 in place of the 100 fine ones.
    pub coarse: bool,
    /// Rows and columns that images are stretched to, nothing cut off: each pixel is a mean of
    /// those near its place with weights of a triangle.
    pub size: Option<[usize; 2]>,
    /// 1 turns colours into lightness (0.299 red + 0.587 green + 0.114 blue), 3 repeats grey.
    /// As stored means for a folder of pictures: 1 where all of them are grey, else 3.
    pub channels: Option<usize>,
    /// At most this many images of each class, the first in the set's order.
    pub limit: Option<usize>,
    /// Leave out pictures of a folder that cannot be read, with a warning for each, in place of
    /// an error. Files of many images are all or nothing: damage in one place says that the rest
    /// is not to be trusted either.
    pub skip_corrupt: bool,
}

impl ReadOptions {
    /// Refuses values out of range, all at once.
    pub(super) fn check(&self) -> Result<(), VisionError> {
        let mut problems = Vec::new();
        if let Some([rows, columns]) = self.size
            && [rows, columns]
                .iter()
                .any(|side| !(1..=4096).contains(side))
        {
            problems.push(format!(
                "the size is {rows} x {columns}, allowed is 1 to 4096 each way"
            ));
        }
        if let Some(channels) = self.channels.filter(|channels| ![1, 3].contains(channels)) {
            problems.push(format!("the channels are {channels}, allowed is 1 or 3"));
        }
        if self.limit == Some(0) {
            problems.push("the limit is 0 images of each class, allowed is 1 or more".to_string());
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(VisionError::Request(problems)),
        }
    }

    /// Applies limit, channels and size to a set as it is stored.
    pub(super) fn finish(&self, mut set: ImageSet) -> ImageSet {
        if let Some(limit) = self.limit {
            keep_first(&mut set, limit);
        }
        let mut pixels = Pixels {
            channels: set.channels,
            sides: [set.height, set.width],
            values: set.pixels,
        };
        pixels = pixels.with_channels(self.channels.unwrap_or(set.channels));
        pixels = pixels.resized(self.size.unwrap_or([set.height, set.width]));
        ImageSet {
            channels: pixels.channels,
            height: pixels.sides[0],
            width: pixels.sides[1],
            pixels: pixels.values,
            ..set
        }
    }
}

/// Keeps the first `limit` images of each class; images without labels are of one class.
fn keep_first(set: &mut ImageSet, limit: usize) {
    let bytes = set.image_bytes();
    let mut seen = vec![0; set.classes.len().max(1)];
    let mut kept = 0;
    for image in 0..set.images() {
        let label = set.labels.get(image).copied();
        let seen = &mut seen[label.unwrap_or(0) as usize];
        if *seen < limit {
            *seen += 1;
            if let Some(label) = label {
                set.labels[kept] = label;
            }
            set.pixels
                .copy_within(image * bytes..(image + 1) * bytes, kept * bytes);
            kept += 1;
        }
    }
    set.labels.truncate(kept);
    set.pixels.truncate(kept * bytes);
}
