//! SVHN, the cropped digits of street view house numbers (Netzer et al. 2011), as MATLAB files.
//!
//! A file has a matrix `X` of 32 x 32 x 3 x images and a matrix `y` of labels, in which 10 stands
//! for the digit 0.

use std::path::Path;

use super::files::read_bytes;
use super::matlab::matrices;
use super::shape::rows_first;
use super::{ImageSet, ReadOptions};
use crate::VisionError;

const SIDE: usize = 32;

/// Whether a folder with a file of this name has SVHN.
pub(super) fn holds(name: &str) -> bool {
    ["train_32x32.mat", "test_32x32.mat", "extra_32x32.mat"].contains(&name)
}

/// Reads SVHN: `path` is a folder with `train_32x32.mat` and `test_32x32.mat`, or one such file
/// (`extra_32x32.mat` among them), which is read whatever the part.
///
/// Class `d` is the digit `d`.
///
/// # Errors
/// A file that is no MATLAB file of level 5, is cut off or damaged (with the byte), has no `X`
/// and `y`, or has them in other shapes; a label out of range, with its number.
pub fn read_svhn(path: &Path, options: &ReadOptions) -> Result<ImageSet, VisionError> {
    options.check()?;
    let file = match path.is_dir() {
        true => path.join(format!("{}_32x32.mat", options.part.name())),
        false => path.to_path_buf(),
    };
    let bytes = read_bytes(&file)?;
    from_bytes(&file, bytes, options)
}

/// Makes the set of a file's content.
pub(super) fn from_bytes(
    file: &Path,
    bytes: Vec<u8>,
    options: &ReadOptions,
) -> Result<ImageSet, VisionError> {
    let [mut pixels, labels] = pixels_and_labels(file, &bytes)?;
    // The largest file has 1.3 GB: it need not stay beside its pixels.
    drop(bytes);
    let plane = SIDE * SIDE;
    rows_first(&mut pixels, [SIDE, SIDE]);
    let images = pixels.len() / (3 * plane);
    if labels.len() != images || images == 0 {
        let reason = format!("y has {} labels for {images} images of X", labels.len());
        return Err(VisionError::content(file, reason));
    }
    if let Some(at) = labels.iter().position(|label| !(1..=10).contains(label)) {
        let (number, label) = (at + 1, labels[at]);
        let reason = format!("label {number} of y is {label}, allowed is 1 to 10: get it again");
        return Err(VisionError::content(file, reason));
    }
    let stem = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = stem.split(['_', '.']).next().unwrap_or_default();
    Ok(options.finish(ImageSet {
        name: format!("svhn {stem}"),
        channels: 3,
        height: SIDE,
        width: SIDE,
        pixels,
        labels: labels.iter().map(|&label| u32::from(label % 10)).collect(),
        classes: (0..10).map(|digit| digit.to_string()).collect(),
    }))
}

/// The values of `X`, image by image, and of `y`.
fn pixels_and_labels(file: &Path, bytes: &[u8]) -> Result<[Vec<u8>; 2], VisionError> {
    let mut found = [None, None];
    for matrix in matrices(file, bytes, &["X", "y"])? {
        let place = usize::from(matrix.name == "y");
        found[place] = Some(matrix);
    }
    let [Some(x), Some(y)] = found else {
        let reason = "no matrices X and y: this is no file of cropped digits, those are called \
                      train_32x32.mat and the like";
        return Err(VisionError::content(file, reason));
    };
    // MATLAB drops a last length of 1.
    let shape_fits = matches!(x.sides[..], [SIDE, SIDE, 3, _] | [SIDE, SIDE, 3]);
    if !shape_fits || !matches!(y.sides[..], [_, 1] | [1, _]) {
        let reason = format!(
            "X is {:?} and y is {:?}, where [32, 32, 3, images] and [images, 1] must be",
            x.sides, y.sides
        );
        return Err(VisionError::content(file, reason));
    }
    Ok([x.values, y.values])
}
