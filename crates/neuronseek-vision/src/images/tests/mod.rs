use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::files::read_bytes;
use super::*;

mod cifar;
mod pictures;
mod stl;
mod svhn;

/// Options for a part alone.
fn part(part: Part) -> ReadOptions {
    ReadOptions {
        part,
        ..ReadOptions::default()
    }
}

/// The message of a refusal.
fn refused(path: &Path, options: &ReadOptions) -> String {
    read(path, options).unwrap_err().to_string()
}

/// Bytes that look random.
fn noise(count: usize) -> Vec<u8> {
    (0..count as u64)
        .map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
        .collect()
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zipped tar archive of these files.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    zipped(&archive.into_inner().unwrap())
}

/// The folder of real image sets; nothing, with a word on standard error, where it is absent.
fn real_images() -> Option<PathBuf> {
    let data = std::env::var_os("NEURONSEEK_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = data.join("images");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!(
        "skipped: no real images at {} (set NEURONSEEK_DATA)",
        folder.display()
    );
    None
}

#[test]
fn the_real_sets_are_those_of_their_index() {
    let Some(folder) = real_images() else { return };
    let index = std::fs::read_to_string(folder.join("INDEX.json")).unwrap();
    let index: serde_json::Value = serde_json::from_str(&index).unwrap();
    let mut seen = 0;
    for entry in index["files"].as_array().unwrap() {
        let Some(expected) = entry["sha256_bin"].as_str() else {
            continue;
        };
        let path = folder.join(entry["file"].as_str().unwrap());
        let digest = Sha256::digest(read_bytes(&path).unwrap());
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digits, expected, "{path:?}");
        let options = part(match entry["split"].as_str().unwrap() {
            "train" => Part::Train,
            _ => Part::Test,
        });
        let set = read(&path, &options).unwrap();
        let records = entry["records"].as_u64().unwrap() as usize;
        assert_eq!(set.images(), records);
        let name = format!(
            "{} {}",
            entry["name"].as_str().unwrap(),
            options.part.name()
        );
        assert_eq!(set.name, name);
        for class in 0..set.classes.len() {
            let of_class = set.labels.iter().filter(|&&label| label as usize == class);
            assert_eq!(of_class.count(), records / set.classes.len());
        }
        let of_folder = read(path.parent().unwrap(), &options).unwrap();
        assert_eq!(of_folder, set);
        seen += 1;
    }
    assert_eq!(seen, 4);
}

#[test]
fn the_first_images_of_cifar10_are_the_known_ones() {
    let Some(folder) = real_images() else { return };
    let folder = folder.join("cifar10");
    let train = read(&folder, &ReadOptions::default()).unwrap();
    let first = |set: &ImageSet| [0, 1024, 2048].map(|at| set.image(0)[at]);
    assert_eq!(train.labels[..10], [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]);
    assert_eq!(train.classes[train.labels[0] as usize], "frog");
    assert_eq!(first(&train), [59, 62, 63]);
    let test = read(&folder, &part(Part::Test)).unwrap();
    assert_eq!(test.labels[..10], [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    assert_eq!(first(&test), [158, 112, 49]);
}

#[test]
fn the_coarse_classes_of_the_real_cifar100_hold_5_fine_ones_each() {
    let Some(folder) = real_images() else { return };
    let folder = folder.join("cifar100");
    let fine = read(&folder, &ReadOptions::default()).unwrap();
    let options = ReadOptions {
        coarse: true,
        ..ReadOptions::default()
    };
    let coarse = read(&folder, &options).unwrap();
    assert_eq!((fine.classes.len(), coarse.classes.len()), (100, 20));
    assert_eq!(fine.pixels, coarse.pixels);
    let mut pairs: Vec<_> = coarse.labels.iter().zip(&fine.labels).collect();
    pairs.sort();
    pairs.dedup();
    assert_eq!(pairs.len(), 100);
    let name_of = |set: &ImageSet, class: &u32| set.classes[*class as usize].clone();
    let of_rose = pairs
        .iter()
        .find(|pair| name_of(&fine, pair.1) == "rose")
        .unwrap();
    assert_eq!(name_of(&coarse, of_rose.0), "flowers");
}

#[test]
fn unknown_paths_and_bad_options_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let options = ReadOptions::default();
    let missing = refused(&folder.path().join("nowhere"), &options);
    assert!(missing.contains("cannot read") && missing.contains("nowhere"));
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "hello").unwrap();
    assert!(refused(&text, &options).contains("name a folder, an archive"));
    let bad = ReadOptions {
        size: Some([0, 5000]),
        channels: Some(2),
        limit: Some(0),
        ..options
    };
    let reasons = refused(&text, &bad);
    for word in ["0 x 5000", "channels are 2", "limit is 0"] {
        assert!(reasons.contains(word), "{reasons}");
    }
}

#[test]
fn size_channels_and_limit_apply_to_every_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.bin");
    // Five images of one colour each: lightness 150 of green.
    let mut bytes = Vec::new();
    for class in [1, 2, 1, 1, 2] {
        bytes.push(class);
        bytes.extend([[0; 1024], [255; 1024], [0; 1024]].concat());
    }
    std::fs::write(&path, bytes).unwrap();
    let options = ReadOptions {
        size: Some([16, 8]),
        channels: Some(1),
        limit: Some(2),
        ..ReadOptions::default()
    };
    let set = read(&path, &options).unwrap();
    assert_eq!((set.channels, set.height, set.width), (1, 16, 8));
    assert_eq!(set.labels, [1, 2, 1, 2]);
    assert_eq!(set.pixels, vec![150; 4 * 128]);
}
