use super::*;

/// Records with these label bytes and noise.
fn records(labels: &[&[u8]]) -> Vec<u8> {
    let pixels = noise(labels.len() * 3072);
    let records = labels.iter().zip(pixels.chunks_exact(3072));
    records
        .flat_map(|(labels, pixels)| [labels, pixels].concat())
        .collect()
}

const TEN_NAMES: &[u8] = b"a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n";

#[test]
fn a_folder_and_its_archive_are_read_alike() {
    let folder = tempfile::tempdir().unwrap();
    let first = records(&[&[3], &[9]]);
    let second = records(&[&[0]]);
    let test = records(&[&[5]]);
    let within = folder.path().join("cifar-10-batches-bin");
    std::fs::create_dir(&within).unwrap();
    std::fs::write(within.join("data_batch_1.bin"), &first).unwrap();
    std::fs::write(within.join("data_batch_2.bin.gz"), zipped(&second)).unwrap();
    std::fs::write(within.join("test_batch.bin"), &test).unwrap();
    std::fs::write(within.join("batches.meta.txt"), TEN_NAMES).unwrap();
    let archived = folder.path().join("cifar-10-binary.tar.gz");
    let files: [(&str, &[u8]); 5] = [
        ("cifar-10-batches-bin/test_batch.bin", &test),
        ("cifar-10-batches-bin/readme.html", b"<html>"),
        ("cifar-10-batches-bin/data_batch_2.bin", &second),
        ("cifar-10-batches-bin/data_batch_1.bin", &first),
        ("cifar-10-batches-bin/batches.meta.txt", TEN_NAMES),
    ];
    std::fs::write(&archived, archive(&files)).unwrap();
    let train = read(&within, &part(Part::Train)).unwrap();
    assert_eq!(train.labels, [3, 9, 0]);
    assert_eq!(train.classes[9], "j");
    assert_eq!(train.name, "cifar10 train");
    assert_eq!(train.image(1), &noise(6144)[3072..]);
    assert_eq!(train.image(2), noise(3072));
    let held_out = read(&within, &part(Part::Test)).unwrap();
    assert_eq!(held_out.labels, [5]);
    for (options, expected) in [(Part::Train, &train), (Part::Test, &held_out)] {
        assert_eq!(read(&archived, &part(options)).unwrap(), *expected);
        // The folder that an unpacked archive lies in.
        assert_eq!(read(folder.path(), &part(options)).unwrap(), *expected);
    }
    // And the one that the archive lies in alone.
    std::fs::remove_dir_all(&within).unwrap();
    assert_eq!(read(folder.path(), &part(Part::Test)).unwrap(), held_out);
}

#[test]
fn cifar100_has_two_labels_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cifar-100-binary.tar.gz");
    let test = records(&[&[19, 99], &[0, 42]]);
    let files: [(&str, &[u8]); 1] = [("cifar-100-binary/test.bin", &test)];
    std::fs::write(&path, archive(&files)).unwrap();
    let fine = read(&path, &part(Part::Test)).unwrap();
    assert_eq!(
        (fine.labels.as_slice(), fine.classes.len()),
        (&[99, 42][..], 100)
    );
    let coarse = ReadOptions {
        coarse: true,
        ..part(Part::Test)
    };
    let coarse = read(&path, &coarse).unwrap();
    assert_eq!(
        (coarse.labels.as_slice(), coarse.classes.len()),
        (&[19, 0][..], 20)
    );
    let refusal = refused(&path, &part(Part::Train));
    assert!(refusal.contains("no train files of CIFAR"), "{refusal}");
}

#[test]
fn damage_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.bin");
    let write = |bytes: &[u8]| std::fs::write(&path, bytes).unwrap();
    let whole = records(&[&[1], &[2], &[10]]);
    write(&whole[..3073 * 2 + 100]);
    let refusal = refused(&path, &ReadOptions::default());
    assert!(
        refusal.contains("6246 bytes") && refusal.contains("train.bin"),
        "{refusal}"
    );
    std::fs::write(folder.path().join("batches.meta.txt"), TEN_NAMES).unwrap();
    let refusal = refused(&path, &ReadOptions::default());
    assert!(
        refusal.contains("the last whole one is record 2"),
        "{refusal}"
    );
    write(&whole);
    let refusal = refused(&path, &ReadOptions::default());
    assert!(
        refusal.contains("record 3 (byte 6146) has class 10"),
        "{refusal}"
    );
    write(&[]);
    assert!(refused(&path, &ReadOptions::default()).contains("0 bytes"));
    let coarse = ReadOptions {
        coarse: true,
        ..ReadOptions::default()
    };
    write(&whole[..3073]);
    assert!(refused(&path, &coarse).contains("no coarse classes"));
    std::fs::write(folder.path().join("batches.meta.txt"), "a\nb\n").unwrap();
    assert!(refused(&path, &ReadOptions::default()).contains("2 names for 10 classes"));
}

#[test]
fn a_zipped_file_that_is_cut_off_or_damaged_is_refused_at_every_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.bin.gz");
    let whole = zipped(&records(&[&[1], &[2]]));
    for length in (0..whole.len()).step_by(61) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let refusal = refused(&path, &ReadOptions::default());
        assert!(refusal.contains("train.bin.gz"), "{refusal}");
    }
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(read(&path, &ReadOptions::default()).unwrap().labels, [1, 2]);
    let mut damaged = whole.clone();
    let last = damaged.len() - 8;
    // The checksum.
    damaged[last] ^= 1;
    std::fs::write(&path, &damaged).unwrap();
    assert!(refused(&path, &ReadOptions::default()).contains("damaged compressed data"));
}

#[test]
fn an_archive_that_is_cut_off_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cifar.tar.gz");
    let data = records(&[&[1], &[2]]);
    let files: [(&str, &[u8]); 1] = [("train.bin", &data)];
    let whole = archive(&files);
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let refusal = refused(&path, &ReadOptions::default());
    assert!(refusal.contains("cut off"), "{refusal}");
}

#[test]
fn a_file_that_may_be_either_set_asks_for_names_beside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.bin");
    std::fs::write(&path, vec![0; 3073 * 3074]).unwrap();
    let refusal = refused(&path, &ReadOptions::default());
    assert!(
        refusal.contains("lay batches.meta.txt or fine_label_names.txt beside"),
        "{refusal}"
    );
    std::fs::write(folder.path().join("batches.meta.txt"), TEN_NAMES).unwrap();
    assert_eq!(read(&path, &ReadOptions::default()).unwrap().images(), 3074);
}
