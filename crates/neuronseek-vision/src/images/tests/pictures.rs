use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use image::{DynamicImage, GrayAlphaImage, GrayImage, ImageFormat, Rgb, RgbImage, RgbaImage};
use neuronseek::observe::{Event, Observer};

use super::*;

/// A picture of one colour.
fn colour(sides: [u32; 2], pixel: [u8; 3]) -> DynamicImage {
    RgbImage::from_pixel(sides[1], sides[0], Rgb(pixel)).into()
}

fn save(folder: &Path, name: &str, picture: &DynamicImage, format: ImageFormat) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture.save_with_format(path, format).unwrap();
}

fn png(folder: &Path, name: &str, picture: &DynamicImage) {
    save(folder, name, picture, ImageFormat::Png);
}

/// Keeps warnings.
#[derive(Default)]
struct Warnings(Mutex<Vec<String>>);

impl Observer for Warnings {
    fn notice(&self, event: &Event<'_>) {
        if let Event::Warning(text) = event {
            self.0.lock().unwrap().push(text.to_string());
        }
    }
}

#[test]
fn classes_and_pictures_come_in_the_order_of_names_and_content_decides_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let red = colour([4, 6], [250, 0, 0]);
    png(root, "dog/2.png", &red);
    // Names that lie about the format.
    save(
        root,
        "dog/1.png",
        &colour([4, 6], [0, 250, 0]),
        ImageFormat::WebP,
    );
    save(
        root,
        "cat/9",
        &colour([4, 6], [0, 0, 250]),
        ImageFormat::Jpeg,
    );
    std::fs::write(root.join("cat/.hidden"), "x").unwrap();
    std::fs::create_dir(root.join(".git")).unwrap();
    std::fs::write(root.join("labels.csv"), "x").unwrap();
    let set = read(root, &ReadOptions::default()).unwrap();
    assert_eq!(set.classes, ["cat", "dog"]);
    assert_eq!(set.labels, [0, 1, 1]);
    assert_eq!((set.channels, set.height, set.width), (3, 4, 6));
    let means = |image: usize| -> Vec<f64> {
        let planes = set.image(image).chunks_exact(24);
        planes
            .map(|plane| plane.iter().map(|&p| f64::from(p)).sum::<f64>() / 24.0)
            .collect()
    };
    // JPEG is near.
    for (mean, expected) in means(0).iter().zip([0.0, 0.0, 250.0]) {
        assert!((mean - expected).abs() < 6.0, "{mean} {expected}");
    }
    assert_eq!(means(1), [0.0, 250.0, 0.0]);
    assert_eq!(means(2), [250.0, 0.0, 0.0]);
}

#[test]
fn pixels_go_into_planes_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let picture = RgbImage::from_raw(3, 2, (0..18).collect()).unwrap();
    png(folder.path(), "a/1.png", &picture.into());
    let set = read(folder.path(), &ReadOptions::default()).unwrap();
    let red = [0, 3, 6, 9, 12, 15];
    let expected = [red, red.map(|p| p + 1), red.map(|p| p + 2)].concat();
    assert_eq!(set.pixels, expected);
}

#[test]
fn grey_pictures_have_one_channel_unless_one_has_colours() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let grey = GrayImage::from_raw(2, 1, vec![10, 200]).unwrap();
    png(root, "a/1.png", &grey.into());
    // Half transparent black over white is 127 or 128; transparent is white.
    let alpha = GrayAlphaImage::from_raw(2, 1, vec![0, 128, 0, 0]).unwrap();
    png(root, "a/2.png", &alpha.into());
    let set = read(root, &ReadOptions::default()).unwrap();
    assert_eq!(set.channels, 1);
    assert_eq!(set.pixels, [10, 200, 127, 255]);
    let rgba = RgbaImage::from_raw(2, 1, vec![255, 0, 0, 255, 255, 0, 0, 51]).unwrap();
    png(root, "b/1.png", &rgba.into());
    let set = read(root, &ReadOptions::default()).unwrap();
    assert_eq!(set.channels, 3);
    assert_eq!(set.image(0), [10, 200, 10, 200, 10, 200]);
    // 0.2 of red on white.
    assert_eq!(set.image(2), [255, 255, 0, 204, 0, 204]);
    let options = ReadOptions {
        channels: Some(1),
        ..ReadOptions::default()
    };
    let set = read(root, &options).unwrap();
    // 0.299 * 255 and 0.299 * 255 + 0.701 * 204.
    assert_eq!(set.image(2), [76, 219]);
}

#[test]
fn sizes_must_agree_or_be_given() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    png(root, "a/1.png", &colour([4, 4], [9, 8, 7]));
    png(root, "b/2.png", &colour([5, 4], [6, 5, 4]));
    let refusal = refused(root, &ReadOptions::default());
    for word in ["2.png: 5 x 4 pixels", "1.png has 4 x 4", "give a size"] {
        assert!(refusal.contains(word), "{refusal}");
    }
    let options = ReadOptions {
        size: Some([3, 2]),
        ..ReadOptions::default()
    };
    let set = read(root, &options).unwrap();
    assert_eq!((set.height, set.width), (3, 2));
    assert_eq!(set.image(1), [[6; 6], [5; 6], [4; 6]].concat());
}

#[test]
fn shrinking_by_two_takes_every_pixel_into_account() {
    let folder = tempfile::tempdir().unwrap();
    // Stripes of 0 and 200, one pixel each: every other pixel alone would be all 0 or all 200.
    let stripes: Vec<u8> = (0..64)
        .map(|at| if at % 2 == 0 { 0 } else { 200 })
        .collect();
    let stripes = GrayImage::from_raw(8, 8, stripes).unwrap();
    png(folder.path(), "a/1.png", &stripes.into());
    let options = ReadOptions {
        size: Some([4, 4]),
        ..ReadOptions::default()
    };
    let set = read(folder.path(), &options).unwrap();
    for row in set.pixels.chunks_exact(4) {
        assert!(
            row[1..3].iter().all(|pixel| (98..=102).contains(pixel)),
            "{row:?}"
        );
    }
}

#[test]
fn train_and_test_folders_are_parts_with_the_classes_of_train() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for class in ["x", "y", "z"] {
        png(
            root,
            &format!("train/{class}/1.png"),
            &colour([2, 2], [1; 3]),
        );
    }
    assert!(refused(root, &part(Part::Test)).contains("no test set here"));
    png(root, "val/z/1.png", &colour([2, 2], [2; 3]));
    assert_eq!(read(root, &part(Part::Train)).unwrap().labels, [0, 1, 2]);
    let val = read(root, &part(Part::Test)).unwrap();
    assert_eq!((val.labels.as_slice(), val.classes.len()), (&[2][..], 3));
    png(root, "test/y/1.png", &colour([2, 2], [3; 3]));
    assert_eq!(read(root, &part(Part::Test)).unwrap().labels, [1]);
    png(root, "test/new/1.png", &colour([2, 2], [3; 3]));
    let refusal = refused(root, &part(Part::Test));
    assert!(refusal.contains("new: no class of"), "{refusal}");
}

#[test]
fn corrupt_files_are_refused_or_left_out_with_a_warning_each() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for number in 0..4 {
        png(
            root,
            &format!("a/{number}.png"),
            &colour([8, 8], [number; 3]),
        );
    }
    png(root, "b/1.png", &colour([8, 8], [9; 3]));
    let whole = std::fs::read(root.join("a/1.png")).unwrap();
    std::fs::write(root.join("a/1.png"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(root.join("a/readme.txt"), "not a picture").unwrap();
    let refusal = refused(root, &ReadOptions::default());
    assert!(refusal.contains("1.png: damaged"), "{refusal}");
    let options = ReadOptions {
        skip_corrupt: true,
        ..ReadOptions::default()
    };
    let warnings = Warnings::default();
    let never = AtomicBool::new(false);
    let control = Control {
        observer: &warnings,
        stop: &never,
        deadline: None,
    };
    let set = read_with(root, &options, &control).unwrap();
    assert_eq!(set.labels, [0, 0, 0, 1]);
    assert_eq!(set.image(1), [2; 192]);
    let warnings = warnings.0.into_inner().unwrap();
    assert_eq!(warnings.len(), 2);
    assert!(warnings[0].contains("1.png: damaged"), "{warnings:?}");
    assert!(
        warnings[1].contains("readme.txt: no PNG, JPEG or WebP"),
        "{warnings:?}"
    );
    std::fs::write(root.join("b/1.png"), "").unwrap();
    let refusal = refused(root, &options);
    assert!(
        refusal.contains("b: no picture that can be read"),
        "{refusal}"
    );
}

#[test]
fn folders_without_classes_or_pictures_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let refusal = |word: &str| {
        let refusal = refused(root, &ReadOptions::default());
        assert!(refusal.contains(word), "{word}: {refusal}");
    };
    refusal("no sub-folders");
    png(root, "a/1.png", &colour([2, 2], [1; 3]));
    std::fs::create_dir(root.join("empty")).unwrap();
    refusal("empty: an empty class");
    png(root, "empty/deeper/1.png", &colour([2, 2], [1; 3]));
    refusal("deeper: a folder within the folder of a class");
}

#[test]
fn a_photograph_taken_sideways_is_turned_upright() {
    let folder = tempfile::tempdir().unwrap();
    let mut picture = RgbImage::from_pixel(32, 16, Rgb([0; 3]));
    // The left half is white: after a quarter turn clockwise it is on top.
    for (x, _, pixel) in picture.enumerate_pixels_mut() {
        *pixel = Rgb([if x < 16 { 255 } else { 0 }; 3]);
    }
    save(folder.path(), "a/1.jpg", &picture.into(), ImageFormat::Jpeg);
    let path = folder.path().join("a/1.jpg");
    let upright = read(folder.path(), &ReadOptions::default()).unwrap();
    assert_eq!((upright.height, upright.width), (16, 32));
    // An Exif segment with one entry: orientation (0x0112), one 16-bit number, 6.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0".to_vec();
    exif.extend([0; 4]);
    let mut bytes = std::fs::read(&path).unwrap();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let segment = [&[0xff, 0xe1][..], &length, &exif].concat();
    bytes.splice(2..2, segment);
    std::fs::write(&path, bytes).unwrap();
    let turned = read(folder.path(), &ReadOptions::default()).unwrap();
    assert_eq!((turned.height, turned.width), (32, 16));
    assert!(turned.image(0)[8] > 200 && turned.image(0)[31 * 16 + 8] < 50);
}

#[test]
fn a_picture_that_claims_an_absurd_size_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    png(folder.path(), "a/1.png", &colour([2, 2], [1; 3]));
    let path = folder.path().join("a/1.png");
    let whole = std::fs::read(&path).unwrap();
    // Width and height in the header, with its checksum made anew.
    for side in [20_000_u32, 2_000_000_000] {
        let mut claims = whole.clone();
        claims[16..20].copy_from_slice(&side.to_be_bytes());
        claims[20..24].copy_from_slice(&side.to_be_bytes());
        let mut checksum = flate2::Crc::new();
        checksum.update(&claims[12..29]);
        claims[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
        std::fs::write(&path, claims).unwrap();
        let refusal = refused(folder.path(), &ReadOptions::default());
        assert!(refusal.contains("a/1.png"), "{refusal}");
        assert!(
            refusal.contains("512 MiB") || refusal.contains("too large"),
            "{refusal}"
        );
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..40_u8 {
        let name = format!("{}/{number:02}.png", number % 3);
        png(folder.path(), &name, &colour([3, 3], [number; 3]));
    }
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| read(folder.path(), &ReadOptions::default()).unwrap())
    };
    let one = with(1);
    assert_eq!(one.images(), 40);
    assert_eq!(with(4), one);
}

#[test]
fn pictures_to_classify_keep_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (name, value) in [("c.png", 3), ("a.png", 1), ("b.png", 2)] {
        png(root, name, &colour([2, 2], [value; 3]));
    }
    png(root, "inner/d.png", &colour([2, 2], [4; 3]));
    let options = ReadOptions::default();
    let silent = Control::silent();
    let read = read_unlabelled(root, &options, &silent).unwrap();
    assert_eq!(
        read.files,
        ["a.png", "b.png", "c.png"].map(|name| root.join(name))
    );
    assert_eq!(read.images.image(2), [3; 12]);
    assert!(read.images.labels.is_empty() && read.images.classes.is_empty());
    let one = read_unlabelled(&root.join("b.png"), &options, &silent).unwrap();
    assert_eq!(one.images.pixels, [2; 12]);
    assert_eq!(one.files, [root.join("b.png")]);
    let none = tempfile::tempdir().unwrap();
    let refusal = read_unlabelled(none.path(), &options, &silent).unwrap_err();
    assert!(refusal.to_string().contains("no pictures"), "{refusal}");
    let stop = AtomicBool::new(true);
    let control = Control {
        stop: &stop,
        ..Control::silent()
    };
    let stopped = read_unlabelled(root, &options, &control);
    assert!(matches!(stopped, Err(VisionError::Stopped)));
}
