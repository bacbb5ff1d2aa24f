use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::files::read_bytes;
use super::*;

/// The folder of real image sets; nothing, with a word on standard error, where it is absent.
pub(crate) fn real_images() -> Option<PathBuf> {
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
        let options = ReadOptions {
            part: match entry["split"].as_str().unwrap() {
                "train" => Part::Train,
                _ => Part::Test,
            },
            ..ReadOptions::default()
        };
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
    let options = ReadOptions {
        part: Part::Test,
        ..ReadOptions::default()
    };
    let test = read(&folder, &options).unwrap();
    assert_eq!(test.labels[..10], [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    assert_eq!(first(&test), [158, 112, 49]);
}
