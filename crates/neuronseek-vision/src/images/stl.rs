//! STL-10 (Coates, Ng and Lee 2011) in its binary form.
//!
//! `NAME_X.bin` has images of 3 channels of 96 x 96 bytes, each channel column by column;
//! `NAME_y.bin` has their labels, a byte each, 1 to 10.

use std::path::Path;

use super::files::Files;
use super::shape::rows_first;
use super::{ImageSet, ReadOptions};
use crate::VisionError;

const SIDE: usize = 96;
const IMAGE: usize = 3 * SIDE * SIDE;
const CLASSES: usize = 10;
const NAMES: &str = "class_names.txt";

/// Whether a file of this name belongs to the images `stem` ("train", "test").
pub(super) fn belongs(name: &str, stem: &str) -> bool {
    let rest = name.strip_prefix(stem);
    name == NAMES || rest.is_some_and(|rest| rest == "_X.bin" || rest == "_y.bin")
}

/// Reads STL-10.
///
/// `path` is a folder with `train_X.bin`, `train_y.bin`, `test_X.bin` and `test_y.bin`, the
/// official archive `stl10_binary.tar.gz`, or one file `NAME_X.bin`, which is read whatever the
/// part with `NAME_y.bin` beside it; where there is none (`unlabeled_X.bin`), images have no
/// labels. Every file may be compressed by gzip. Classes have the names of `class_names.txt`, else
/// their numbers from 1.
///
/// # Errors
/// No such files, a file cut off (with the image), labels out of range (with the byte) or of
/// another number than the images.
pub fn read_stl(path: &Path, options: &ReadOptions) -> Result<ImageSet, VisionError> {
    options.check()?;
    let mut stem = options.part.name().to_string();
    if path.is_file() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        if let Some(own) = name.strip_suffix("_X.bin") {
            stem = own.to_string();
        }
    }
    let mut files = Files::open(path, |name| belongs(name, &stem))?;
    if files.single {
        files.add_beside(|name| belongs(name, &stem))?;
    }
    from_files(files, &stem, options)
}

/// Makes the set of files that were found.
pub(super) fn from_files(
    mut files: Files,
    stem: &str,
    options: &ReadOptions,
) -> Result<ImageSet, VisionError> {
    let names = files.lines(NAMES)?;
    let labels = files.take(&format!("{stem}_y.bin"));
    let Some((path, mut pixels)) = files.take(&format!("{stem}_X.bin")) else {
        let reason = format!("no {stem}_X.bin of STL-10: name the folder or archive that has it");
        return Err(VisionError::content(&files.origin, reason));
    };
    if pixels.is_empty() || !pixels.len().is_multiple_of(IMAGE) {
        let reason = format!(
            "{} bytes are no whole number of images of {IMAGE} bytes, the last whole one is image \
             {}: the file is cut off, get it again",
            pixels.len(),
            pixels.len() / IMAGE
        );
        return Err(VisionError::content(&path, reason));
    }
    rows_first(&mut pixels, [SIDE, SIDE]);
    let images = pixels.len() / IMAGE;
    let labels = match labels {
        Some((path, bytes)) => classes_of(&path, &bytes, images)?,
        None if !["train", "test"].contains(&stem) => Vec::new(),
        None => {
            let reason = format!("no {stem}_y.bin, the labels: lay it beside");
            return Err(VisionError::content(&path, reason));
        }
    };
    let numbers = || (1..=CLASSES).map(|class| class.to_string()).collect();
    let classes = match names {
        Some(names) if names.len() != CLASSES => {
            let reason = format!("{NAMES} has {} names for {CLASSES} classes", names.len());
            return Err(VisionError::content(&files.origin, reason));
        }
        names => names.unwrap_or_else(numbers),
    };
    Ok(options.finish(ImageSet {
        name: format!("stl10 {stem}"),
        channels: 3,
        height: SIDE,
        width: SIDE,
        pixels,
        labels,
        classes,
    }))
}

/// Labels from 0 of a file that has them from 1.
fn classes_of(path: &Path, bytes: &[u8], images: usize) -> Result<Vec<u32>, VisionError> {
    if bytes.len() != images {
        let labels = bytes.len();
        let reason = format!("{labels} labels for {images} images: the two files do not belong");
        return Err(VisionError::content(path, reason));
    }
    let wrong = |label: &u8| !(1..=CLASSES).contains(&usize::from(*label));
    if let Some(at) = bytes.iter().position(wrong) {
        let label = bytes[at];
        let reason = format!("byte {at} is label {label}, allowed is 1 to {CLASSES}: get it again");
        return Err(VisionError::content(path, reason));
    }
    Ok(bytes.iter().map(|&label| u32::from(label) - 1).collect())
}
