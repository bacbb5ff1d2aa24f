use flate2::write::ZlibEncoder;

use super::*;

/// An element in either byte order, padded.
fn element(kind: u32, bytes: &[u8], big: bool) -> Vec<u8> {
    let number = |value: u32| match big {
        true => value.to_be_bytes(),
        false => value.to_le_bytes(),
    };
    let mut out = [number(kind), number(bytes.len() as u32)].concat();
    out.extend(bytes);
    if kind != 15 {
        out.resize(out.len().next_multiple_of(8), 0);
    }
    out
}

/// A matrix of bytes, stored in this type of number.
fn matrix(name: &str, sides: &[u32], kind: u32, values: &[u8], big: bool) -> Vec<u8> {
    let numbers = |values: &[u32]| -> Vec<u8> {
        let bytes = |value: &u32| match big {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        };
        values.iter().flat_map(bytes).collect()
    };
    let data: Vec<u8> = match kind {
        2 => values.to_vec(),
        9 => {
            let bytes = |value: &u8| match big {
                true => f64::from(*value).to_be_bytes(),
                false => f64::from(*value).to_le_bytes(),
            };
            values.iter().flat_map(bytes).collect()
        }
        _ => numbers(
            &values
                .iter()
                .map(|&value| u32::from(value))
                .collect::<Vec<_>>(),
        ),
    };
    let parts = [
        element(6, &numbers(&[9, 0]), big),
        element(5, &numbers(sides), big),
        element(1, name.as_bytes(), big),
        element(kind, &data, big),
    ];
    element(14, &parts.concat(), big)
}

fn compressed(element: Vec<u8>, big: bool) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&element).unwrap();
    super::svhn::element(15, &encoder.finish().unwrap(), big)
}

fn file(elements: &[Vec<u8>], big: bool) -> Vec<u8> {
    let mut out = b"MATLAB 5.0 MAT-file".to_vec();
    out.resize(124, b' ');
    out.extend(if big { b"\x01\x00MI" } else { b"\x00\x01IM" });
    out.extend(elements.concat());
    out
}

fn digits(labels: &[u8], pack: bool, big: bool, kind: u32) -> Vec<u8> {
    let images = labels.len() as u32;
    let x = matrix(
        "X",
        &[32, 32, 3, images],
        2,
        &noise(3072 * labels.len()),
        big,
    );
    let y = matrix("y", &[images, 1], kind, labels, big);
    let other = matrix("other", &[1, 1], 2, &[1], big);
    let elements = [other, x, y];
    match pack {
        true => file(&elements.map(|element| compressed(element, big)), big),
        false => file(&elements, big),
    }
}

#[test]
fn files_of_either_byte_order_packed_or_not_are_read_alike() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train_32x32.mat");
    let labels = [1, 10, 9];
    for pack in [false, true] {
        for big in [false, true] {
            for kind in [2, 5, 9] {
                std::fs::write(&path, digits(&labels, pack, big, kind)).unwrap();
                let set = read(folder.path(), &ReadOptions::default()).unwrap();
                assert_eq!(set, read(&path, &part(Part::Test)).unwrap());
                assert_eq!(set.name, "svhn train");
                assert_eq!(set.labels, [1, 0, 9]);
                let stored = noise(3 * 3072);
                for (image, channel, row, column) in [(0, 0, 0, 1), (1, 2, 31, 3), (2, 1, 17, 6)] {
                    assert_eq!(
                        set.image(image)[channel * 1024 + row * 32 + column],
                        stored[image * 3072 + channel * 1024 + column * 32 + row]
                    );
                }
            }
        }
    }
}

#[test]
fn wrong_content_is_refused_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test_32x32.mat");
    let refusal = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        refused(&path, &ReadOptions::default())
    };
    for (labels, word) in [
        ([1, 11], "label 2 of y is 11"),
        ([0, 1], "label 1 of y is 0"),
    ] {
        let refusal = refusal(&digits(&labels, true, false, 2));
        assert!(refusal.contains(word), "{refusal}");
    }
    let x = matrix("X", &[32, 32, 3, 2], 2, &noise(6144), false);
    let y = |sides: &[u32], values: &[u8]| matrix("y", sides, 2, values, false);
    let cases = [
        (file(std::slice::from_ref(&x), false), "no matrices X and y"),
        (
            file(&[x.clone(), y(&[1, 1], &[1])], false),
            "1 labels for 2 images",
        ),
        (file(&[x.clone(), y(&[2, 2], &[1; 4])], false), "must be"),
        (
            file(&[x.clone(), y(&[3, 1], &[1; 2])], false),
            "has 2 values for dimensions [3, 1]",
        ),
        (
            file(&[x, matrix("y", &[u32::MAX; 4], 2, &[1], false)], false),
            "y has 1 values for dimensions",
        ),
        (b"\x89HDF\r\n\x1a\n".to_vec(), "save it with version 7"),
        (vec![b' '; 200], "byte order is not given"),
        (digits(&[], false, false, 2), "0 images"),
    ];
    for (bytes, word) in cases {
        let refusal = refusal(&bytes);
        assert!(refusal.contains(word), "{word}: {refusal}");
        assert!(refusal.contains("test_32x32.mat"), "{refusal}");
    }
    // -1 and 0.5 are no bytes.
    let mut negative = matrix("y", &[1, 1], 5, &[1], false);
    let last = negative.len() - 8;
    negative[last..last + 4].fill(0xff);
    let x = matrix("X", &[32, 32, 3, 1], 2, &noise(3072), false);
    let refusal = refusal(&file(&[x, negative], false));
    assert!(
        refusal.contains("y: value 1 is no whole number"),
        "{refusal}"
    );
}

/// Reads a file from memory: thousands of files on disk would take their time.
fn read_content(bytes: &[u8]) -> Result<ImageSet, VisionError> {
    let path = Path::new("train_32x32.mat");
    crate::images::svhn::from_bytes(path, bytes.to_vec(), &ReadOptions::default())
}

#[test]
fn a_file_cut_off_at_any_length_is_refused() {
    for pack in [false, true] {
        let whole = digits(&[1], pack, false, 2);
        assert!(read_content(&whole).is_ok());
        // Padding may be missing at the very end.
        for length in 0..whole.len() - 8 {
            let refusal = read_content(&whole[..length]).unwrap_err().to_string();
            assert!(refusal.contains("train_32x32.mat"), "{refusal}");
        }
    }
}

#[test]
fn flipped_bytes_never_panic_and_ask_for_no_memory_that_is_not_there() {
    for pack in [false, true] {
        let whole = digits(&[1, 2], pack, false, 9);
        for at in 0..whole.len() {
            for value in [0x00, 0x7f, 0xff, whole[at] ^ 1] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                if let Ok(set) = read_content(&damaged) {
                    // What is read must be of the stated shape still.
                    assert_eq!((set.labels.len(), set.pixels.len()), (2, 6144), "{at}");
                }
            }
        }
    }
}
