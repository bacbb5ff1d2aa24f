//! CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary form.
//!
//! A record of CIFAR-10 has 3073 bytes, one of CIFAR-100 has 3074:
//!
//! | bytes | CIFAR-10 | CIFAR-100 |
//! |---|---|---|
//! | labels | class, 0 to 9 | coarse class, 0 to 19; fine class, 0 to 99 |
//! | pixels | 3072 | 3072: red, green and blue planes of 32 x 32, row by row |
//!
//! Files have no header, so which of the two it is follows from what is known: the files of names
//! beside, else the length of the file together with labels within range.

use std::path::Path;

use super::files::Files;
use super::{ImageSet, Part, ReadOptions};
use crate::VisionError;

const PIXELS: usize = 3 * 32 * 32;

/// Which of the two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ten,
    Hundred,
}

impl Kind {
    /// Bytes of a record.
    fn record(self) -> usize {
        self.labels().len() + PIXELS
    }

    /// How many classes each label byte of a record tells apart, with what it is called.
    fn labels(self) -> &'static [(usize, &'static str)] {
        match self {
            Kind::Ten => &[(10, "class")],
            Kind::Hundred => &[(20, "coarse class"), (100, "fine class")],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Ten => "cifar10",
            Kind::Hundred => "cifar100",
        }
    }
}

/// Reads CIFAR-10 or CIFAR-100.
///
/// `path` is a folder with `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, with
/// `train.bin` and `test.bin`, or with `train_COUNT.bin` and `test_COUNT.bin`; an archive of such
/// a folder (`cifar-10-binary.tar.gz`, `cifar-100-binary.tar.gz`); or one such file, which is read
/// whatever the part. Every file may be compressed by gzip. Classes have the names of
/// `batches.meta.txt`, `fine_label_names.txt` or `coarse_label_names.txt` beside the data, else
/// their numbers.
///
/// # Errors
/// No such files, a file cut off (with the record), a label out of range (with record and byte),
/// `coarse` on CIFAR-10.
pub fn read_cifar(path: &Path, options: &ReadOptions) -> Result<ImageSet, VisionError> {
    options.check()?;
    let mut files = Files::open(path, |name| belongs(name, options.part))?;
    if files.single {
        files.add_beside(is_names)?;
    }
    from_files(files, options)
}

const TEN_NAMES: &str = "batches.meta.txt";
const FINE_NAMES: &str = "fine_label_names.txt";
const COARSE_NAMES: &str = "coarse_label_names.txt";

fn is_names(name: &str) -> bool {
    [TEN_NAMES, FINE_NAMES, COARSE_NAMES].contains(&name)
}

/// Whether a file of this name belongs to a part: its records or names.
pub(super) fn belongs(name: &str, part: Part) -> bool {
    is_names(name) || holds(name, part)
}

/// Whether a file of this name has records of a part.
pub(super) fn holds(name: &str, part: Part) -> bool {
    let Some(stem) = name.strip_suffix(".bin") else {
        return false;
    };
    let numbered = |prefix: &str| {
        let number = stem.strip_prefix(prefix);
        number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match part {
        Part::Train => stem == "train" || numbered("data_batch_") || numbered("train_"),
        Part::Test => stem == "test" || stem == "test_batch" || numbered("test_"),
    }
}

/// Makes the set of files that were found.
pub(super) fn from_files(mut files: Files, options: &ReadOptions) -> Result<ImageSet, VisionError> {
    let ten = files.lines(TEN_NAMES)?;
    let fine = files.lines(FINE_NAMES)?;
    let coarse = files.lines(COARSE_NAMES)?;
    let names: Vec<String> = files.names().map(str::to_string).collect();
    let parts: Vec<_> = names.iter().filter_map(|name| files.take(name)).collect();
    let Some((first, start)) = parts.first() else {
        let reason = format!(
            "no {} files of CIFAR (data_batch_1.bin, train.bin and the like): name the folder or \
             archive that has them",
            options.part.name()
        );
        return Err(VisionError::content(&files.origin, reason));
    };
    let kind = match (&ten, &fine) {
        (Some(_), None) => Kind::Ten,
        (None, Some(_)) => Kind::Hundred,
        _ => kind_of(first, start)?,
    };
    if options.coarse && kind == Kind::Ten {
        let reason = "CIFAR-10 has no coarse classes: leave coarse out";
        return Err(VisionError::content(&files.origin, reason));
    }
    let (column, known) = match (kind, options.coarse) {
        (Kind::Ten, _) => (0, ten),
        (Kind::Hundred, true) => (0, coarse),
        (Kind::Hundred, false) => (1, fine),
    };
    let classes = class_names(&files.origin, kind.labels()[column], known)?;
    let mut set = ImageSet {
        name: format!("{} {}", kind.name(), options.part.name()),
        channels: 3,
        height: 32,
        width: 32,
        pixels: Vec::new(),
        labels: Vec::new(),
        classes,
    };
    for (path, bytes) in parts {
        append(&mut set, &path, &bytes, kind, column)?;
    }
    Ok(options.finish(set))
}

/// The given names, or the numbers of the classes.
fn class_names(
    origin: &Path,
    (classes, what): (usize, &str),
    names: Option<Vec<String>>,
) -> Result<Vec<String>, VisionError> {
    match names {
        None => Ok((0..classes).map(|class| class.to_string()).collect()),
        Some(names) if names.len() == classes => Ok(names),
        Some(names) => {
            let found = names.len();
            let reason =
                format!("{found} names for {classes} classes ({what}): get the file again");
            Err(VisionError::content(origin, reason))
        }
    }
}

/// Which set a file without names beside belongs to: the one whose records fit.
fn kind_of(path: &Path, bytes: &[u8]) -> Result<Kind, VisionError> {
    let fits = |kind: Kind| {
        bytes.len().is_multiple_of(kind.record())
            && bytes
                .chunks_exact(kind.record())
                .all(|record| wrong_label(record, kind).is_none())
    };
    let fitting: Vec<Kind> = [Kind::Ten, Kind::Hundred]
        .into_iter()
        .filter(|&kind| fits(kind))
        .collect();
    match fitting[..] {
        [kind] => Ok(kind),
        [] => {
            let reason = format!(
                "{} bytes that are neither records of CIFAR-10 (3073 bytes, class 0 to 9) nor of \
                 CIFAR-100 (3074 bytes, classes 0 to 19 and 0 to 99): the file is cut off or \
                 something else",
                bytes.len()
            );
            Err(VisionError::content(path, reason))
        }
        _ => {
            let reason = format!(
                "this may be CIFAR-10 or CIFAR-100: lay {TEN_NAMES} or {FINE_NAMES} beside it"
            );
            Err(VisionError::content(path, reason))
        }
    }
}

/// The position of the first label that is out of range.
fn wrong_label(record: &[u8], kind: Kind) -> Option<usize> {
    let labels = kind.labels().iter().zip(record);
    labels
        .enumerate()
        .find(|(_, ((classes, _), byte))| usize::from(**byte) >= *classes)
        .map(|(position, _)| position)
}

fn append(
    set: &mut ImageSet,
    path: &Path,
    bytes: &[u8],
    kind: Kind,
    column: usize,
) -> Result<(), VisionError> {
    let size = kind.record();
    let labels = kind.labels();
    if bytes.is_empty() || !bytes.len().is_multiple_of(size) {
        let reason = format!(
            "{} bytes are no whole number of {} records ({size} bytes each), the last whole one \
             is record {}: the file is cut off, get it again",
            bytes.len(),
            kind.name(),
            bytes.len() / size
        );
        return Err(VisionError::content(path, reason));
    }
    set.pixels.reserve(bytes.len() / size * PIXELS);
    for (index, record) in bytes.chunks_exact(size).enumerate() {
        if let Some(position) = wrong_label(record, kind) {
            let (classes, what) = labels[position];
            let reason = format!(
                "record {} (byte {}) has {what} {}, allowed is 0 to {}: the file is damaged or no \
                 {}",
                index + 1,
                index * size + position,
                record[position],
                classes - 1,
                kind.name()
            );
            return Err(VisionError::content(path, reason));
        }
        set.labels.push(u32::from(record[column]));
        set.pixels.extend_from_slice(&record[labels.len()..]);
    }
    Ok(())
}
