use super::*;

const IMAGE: usize = 3 * 96 * 96;

/// Files of STL-10 with `labels.len()` images of noise.
fn write(folder: &Path, stem: &str, labels: &[u8]) -> Vec<u8> {
    let pixels = noise(labels.len() * IMAGE);
    std::fs::write(folder.join(format!("{stem}_X.bin")), &pixels).unwrap();
    std::fs::write(folder.join(format!("{stem}_y.bin")), labels).unwrap();
    pixels
}

#[test]
fn pixels_are_turned_from_columns_to_rows() {
    let folder = tempfile::tempdir().unwrap();
    let stored = write(folder.path(), "train", &[1, 10]);
    let names = "airplane\nbird\ncar\ncat\ndeer\ndog\nhorse\nmonkey\nship\ntruck\n";
    std::fs::write(folder.path().join("class_names.txt"), names).unwrap();
    let set = read(folder.path(), &ReadOptions::default()).unwrap();
    assert_eq!((set.channels, set.height, set.width), (3, 96, 96));
    assert_eq!(set.name, "stl10 train");
    assert_eq!(set.labels, [0, 9]);
    assert_eq!(set.classes[9], "truck");
    for (image, channel, row, column) in [(0, 0, 0, 1), (0, 2, 95, 3), (1, 1, 17, 60)] {
        assert_eq!(
            set.image(image)[channel * 9216 + row * 96 + column],
            stored[image * IMAGE + channel * 9216 + column * 96 + row]
        );
    }
    let file = folder.path().join("train_X.bin");
    assert_eq!(read(&file, &ReadOptions::default()).unwrap(), set);
    let archived = folder.path().join("stl10_binary.tar.gz");
    let files: [(&str, &[u8]); 4] = [
        ("stl10_binary/unlabeled_X.bin", b"not looked at"),
        ("stl10_binary/train_X.bin", &stored),
        ("stl10_binary/class_names.txt", names.as_bytes()),
        ("stl10_binary/train_y.bin", &[1, 10]),
    ];
    std::fs::write(&archived, archive(&files)).unwrap();
    assert_eq!(read(&archived, &ReadOptions::default()).unwrap(), set);
    assert_eq!(read_stl(&archived, &ReadOptions::default()).unwrap(), set);
    assert!(refused(&archived, &part(Part::Test)).contains("no test_X.bin"));
}

#[test]
fn images_without_labels_have_none_and_training_images_must_have_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unlabeled_X.bin");
    std::fs::write(&path, noise(3 * IMAGE)).unwrap();
    let options = ReadOptions {
        limit: Some(2),
        ..ReadOptions::default()
    };
    let set = read(&path, &options).unwrap();
    assert_eq!((set.images(), set.labels.len()), (2, 0));
    assert_eq!(set.name, "stl10 unlabeled");
    let path = folder.path().join("train_X.bin");
    std::fs::write(&path, noise(IMAGE)).unwrap();
    assert!(refused(&path, &options).contains("no train_y.bin"));
}

#[test]
fn damage_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let pixels = write(folder.path(), "train", &[1, 0]);
    let refusal = || refused(folder.path(), &ReadOptions::default());
    assert!(refusal().contains("byte 1 is label 0"), "{}", refusal());
    std::fs::write(folder.path().join("train_y.bin"), [1]).unwrap();
    assert!(refusal().contains("1 labels for 2 images"));
    std::fs::write(folder.path().join("train_X.bin"), &pixels[1..]).unwrap();
    assert!(refusal().contains("the last whole one is image 1"));
}
