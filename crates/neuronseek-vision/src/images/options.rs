use super::ImageSet;

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
/// | field | default | meaning |
/// |---|---|---|
/// | `part` | train | which part of a set that has two; a single file is read whatever the part |
/// | `coarse` | no | CIFAR-100 alone: the 20 coarse classes in place of the 100 fine ones |
/// | `limit` | none | at most this many images of each class, the first in the set's order |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// Which part.
    pub part: Part,
    /// The coarse classes of CIFAR-100.
    pub coarse: bool,
    /// The most images of each class.
    pub limit: Option<usize>,
}

/// Keeps the first `limit` images of each class.
pub(super) fn limited(mut set: ImageSet, limit: Option<usize>) -> ImageSet {
    let Some(limit) = limit else { return set };
    let bytes = set.image_bytes();
    let mut seen = vec![0; set.classes.len()];
    let mut kept = 0;
    for image in 0..set.labels.len() {
        let label = set.labels[image];
        let seen = &mut seen[label as usize];
        if *seen < limit {
            *seen += 1;
            set.labels[kept] = label;
            set.pixels
                .copy_within(image * bytes..(image + 1) * bytes, kept * bytes);
            kept += 1;
        }
    }
    set.labels.truncate(kept);
    set.pixels.truncate(kept * bytes);
    set
}
