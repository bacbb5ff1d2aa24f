//! Pictures in files of their own: a folder for each class, or pictures without labels.

use std::path::{Path, PathBuf};

use neuronseek::observe::{Control, Event};
use rayon::prelude::*;

use super::decode::decode;
use super::files::listing;
use super::shape::Pixels;
use super::{ImageSet, Part, ReadOptions};
use crate::VisionError;

/// Pictures decoded at once: enough for all cores, few enough to stop soon.
const AT_ONCE: usize = 256;

/// Pictures without labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlabelled {
    /// The images; `labels` and `classes` are empty.
    pub images: ImageSet,
    /// The file of each image.
    pub files: Vec<PathBuf>,
}

/// Reads a folder that has one sub-folder for each class, with PNG, JPEG or WebP pictures.
///
/// Where the folder has a sub-folder `train`, the training set is that, and the test set is
/// `test`, else `val`, else `validation`, with the classes of `train`; else the folder is a
/// training set. Classes and pictures come in the order of their names. A picture's content
/// decides on its format, not its name; transparent pixels lie on white, a camera's note on
/// orientation is followed. Files beside the folders of classes are not looked at, nor is
/// anything whose name begins with a dot.
///
/// Decoding runs on all cores; the result does not depend on their number. Progress, and a
/// warning for each picture that is left out, go to `control`.
///
/// # Errors
/// No folders of classes, a class without pictures, a class of the test set that the training
/// set does not have, pictures of several sizes without [`ReadOptions::size`];
/// without [`ReadOptions::skip_corrupt`], the first file that is no picture or is damaged.
/// [`VisionError::Stopped`].
pub fn read_classes(
    path: &Path,
    options: &ReadOptions,
    control: &Control<'_>,
) -> Result<ImageSet, VisionError> {
    options.check()?;
    let (root, names_from) = folder_of(path, options.part)?;
    let classes = class_folders(&names_from)?;
    if classes.is_empty() {
        let reason = "no sub-folders: one for each class must be there, with its pictures";
        return Err(VisionError::content(&names_from, reason));
    }
    let mut pictures = Vec::new();
    for (name, folder) in class_folders(&root)? {
        let Some(class) = classes.iter().position(|(known, _)| *known == name) else {
            let from = names_from.display();
            let reason = format!("no class of {from}: move the folder away or add it there");
            return Err(VisionError::content(&folder, reason));
        };
        let of_class = picture_files(&folder)?;
        let count = options.limit.unwrap_or(of_class.len()).min(of_class.len());
        pictures.extend(
            of_class[..count]
                .iter()
                .map(|file| (file.clone(), class as u32)),
        );
    }
    let files: Vec<PathBuf> = pictures.iter().map(|(file, _)| file.clone()).collect();
    let (pixels, kept) = decode_all(&root, &files, options, control)?;
    let labels: Vec<u32> = kept.iter().map(|&index| pictures[index].1).collect();
    let without = (0..classes.len() as u32).find(|class| !labels.contains(class));
    if let Some(class) = without.filter(|_| root == names_from) {
        let reason = "no picture that can be read: each class needs at least one";
        return Err(VisionError::content(&classes[class as usize].1, reason));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(ImageSet {
        labels,
        classes: classes.into_iter().map(|(name, _)| name).collect(),
        ..set_of(format!("{name} {}", options.part.name()), pixels)
    })
}

/// Reads the pictures of a folder, in the order of their names and without its sub-folders, or
/// one picture, to be classified. [`ReadOptions::limit`] is of all of them.
///
/// # Errors
/// As [`read_classes`], and a folder without pictures.
pub fn read_unlabelled(
    path: &Path,
    options: &ReadOptions,
    control: &Control<'_>,
) -> Result<Unlabelled, VisionError> {
    options.check()?;
    let mut files = match path.is_dir() {
        true => visible(path)?
            .into_iter()
            .filter(|file| !file.is_dir())
            .collect(),
        false => vec![path.to_path_buf()],
    };
    files.truncate(options.limit.unwrap_or(usize::MAX));
    if files.is_empty() {
        return Err(VisionError::content(path, "no pictures in this folder"));
    }
    let (pixels, kept) = decode_all(path, &files, options, control)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Unlabelled {
        images: set_of(name.into_owned(), pixels),
        files: kept.into_iter().map(|index| files[index].clone()).collect(),
    })
}

fn set_of(name: String, pixels: Pixels) -> ImageSet {
    ImageSet {
        name,
        channels: pixels.channels,
        height: pixels.sides[0],
        width: pixels.sides[1],
        pixels: pixels.values,
        labels: Vec::new(),
        classes: Vec::new(),
    }
}

/// The folder of a part, and the one whose sub-folders name the classes.
fn folder_of(path: &Path, part: Part) -> Result<(PathBuf, PathBuf), VisionError> {
    let train = path.join("train");
    let mut tests = ["test", "val", "validation"]
        .map(|name| path.join(name))
        .into_iter();
    match (part, train.is_dir()) {
        (Part::Train, true) => Ok((train.clone(), train)),
        (Part::Train, false) => Ok((path.to_path_buf(), path.to_path_buf())),
        (Part::Test, has_train) => match tests.find(|folder| folder.is_dir()) {
            Some(test) if has_train => Ok((test, train)),
            _ => {
                let path = path.to_path_buf();
                let reason = "no folders train and test (or val, validation): there is no test \
                              set here";
                Err(VisionError::NoTest { path, reason })
            }
        },
    }
}

/// The paths in a folder but for hidden ones, sorted by name.
fn visible(folder: &Path) -> Result<Vec<PathBuf>, VisionError> {
    let mut paths = listing(folder)?;
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default();
        !name.as_encoded_bytes().starts_with(b".")
    });
    Ok(paths)
}

/// The names and folders of classes, sorted by name.
fn class_folders(root: &Path) -> Result<Vec<(String, PathBuf)>, VisionError> {
    let mut classes = Vec::new();
    for folder in visible(root)?.into_iter().filter(|path| path.is_dir()) {
        let Some(name) = folder.file_name().and_then(|name| name.to_str()) else {
            return Err(VisionError::content(
                &folder,
                "the name is not UTF-8: rename the folder",
            ));
        };
        classes.push((name.to_string(), folder));
    }
    Ok(classes)
}

/// The pictures of a class, sorted by name.
fn picture_files(folder: &Path) -> Result<Vec<PathBuf>, VisionError> {
    let files = visible(folder)?;
    if let Some(inner) = files.iter().find(|path| path.is_dir()) {
        let reason =
            "a folder within the folder of a class: pictures must lie in the latter itself";
        return Err(VisionError::content(inner, reason));
    }
    if files.is_empty() {
        return Err(VisionError::content(
            folder,
            "an empty class: remove the folder or fill it",
        ));
    }
    Ok(files)
}

/// All pictures, one after another, and which of the files they are.
fn decode_all(
    root: &Path,
    files: &[PathBuf],
    options: &ReadOptions,
    control: &Control<'_>,
) -> Result<(Pixels, Vec<usize>), VisionError> {
    let mut stack = Stack::default();
    for (block, paths) in files.chunks(AT_ONCE).enumerate() {
        if control.should_stop() {
            return Err(VisionError::Stopped);
        }
        let decoded: Vec<_> = paths.par_iter().map(|path| decode(path, options)).collect();
        for (index, (path, outcome)) in paths.iter().zip(decoded).enumerate() {
            match outcome {
                Ok(pixels) => stack.push(files, block * AT_ONCE + index, pixels)?,
                Err(reason) if options.skip_corrupt => {
                    control.warn(&format!("left out {}: {reason}", path.display()));
                }
                Err(reason) => return Err(VisionError::content(path, reason)),
            }
        }
        control.observer.notice(&Event::Progress {
            name: "pictures",
            done: block * AT_ONCE + paths.len(),
            total: files.len(),
            message: "",
        });
    }
    stack
        .pixels
        .map(|pixels| (pixels, stack.kept))
        .ok_or_else(|| VisionError::content(root, "no picture that can be read"))
}

/// Pictures of one size so far.
#[derive(Default)]
struct Stack {
    pixels: Option<Pixels>,
    kept: Vec<usize>,
}

impl Stack {
    /// Adds a picture. All are turned into colours with the first that has some.
    fn push(&mut self, files: &[PathBuf], index: usize, new: Pixels) -> Result<(), VisionError> {
        self.kept.push(index);
        let Some(mut all) = self.pixels.take() else {
            self.pixels = Some(new);
            return Ok(());
        };
        if all.sides != new.sides {
            let [[rows, columns], [own_rows, own_columns]] = [all.sides, new.sides];
            let reason = format!(
                "{own_rows} x {own_columns} pixels, where {} has {rows} x {columns}: give a size \
                 that all are brought to",
                files[self.kept[0]].display()
            );
            return Err(VisionError::content(&files[index], reason));
        }
        let channels = all.channels.max(new.channels);
        all = all.with_channels(channels);
        all.values.extend(new.with_channels(channels).values);
        self.pixels = Some(all);
        Ok(())
    }
}
