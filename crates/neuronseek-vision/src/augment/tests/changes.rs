use super::*;
use crate::augment::crop::{Window, crop};

#[test]
fn a_crop_moves_by_whole_pixels_and_fills_the_rest() {
    let image: Vec<u8> = (1..=12).collect();
    let mut out = [0; 12];
    let mut cropped = |down, right, flip| {
        let window = Window { down, right, flip };
        crop(&image, [3, 4], window, &[99], &mut out);
        out
    };
    assert_eq!(cropped(0, 0, false).as_slice(), image);
    assert_eq!(cropped(0, 0, true), [4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9]);
    assert_eq!(
        cropped(1, -1, false),
        [99, 5, 6, 7, 99, 9, 10, 11, 99, 99, 99, 99]
    );
    assert_eq!(
        cropped(-2, 3, true),
        [99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 4]
    );
    assert_eq!(cropped(3, 0, false), [99; 12]);
    assert_eq!(cropped(0, -4, false), [99; 12]);
}

#[test]
fn flipping_twice_changes_nothing() {
    let set = images(1, 3, 5, 7);
    let window = Window {
        down: 0,
        right: 0,
        flip: true,
    };
    let mut once = vec![0; set.pixels.len()];
    let mut twice = once.clone();
    crop(&set.pixels, [5, 7], window, &[0; 3], &mut once);
    crop(&once, [5, 7], window, &[0; 3], &mut twice);
    assert_ne!(once, set.pixels);
    assert_eq!(twice, set.pixels);
}

/// The batches of many epochs, in an order that does not depend on the changes.
fn epochs_of(set: &ImageSet, augment: Augment, epochs: u64) -> Vec<Batch> {
    let config = LoaderConfig {
        augment,
        batch: 64,
        workers: 0,
        ..LoaderConfig::default()
    };
    let loader = loader(set, config);
    (0..epochs).flat_map(|epoch| loader.epoch(epoch)).collect()
}

#[test]
fn half_of_the_images_are_flipped_and_all_offsets_occur_as_often() {
    // One lit pixel in the middle of a black image shows where the window lay.
    let mut set = images(1, 1, 5, 5);
    set.pixels.fill(0);
    set.pixels[12] = 255;
    let crops = Augment {
        crop_padding: 1,
        ..Augment::default()
    };
    let mut seen = [0; 25];
    for batch in epochs_of(&set, crops, 3600) {
        let lit = |value: &f32| *value > 3.0;
        seen[batch.pixels.iter().position(lit).unwrap()] += 1;
    }
    for (place, &count) in seen.iter().enumerate() {
        let (row, column) = (place / 5, place % 5);
        if (1..4).contains(&row) && (1..4).contains(&column) {
            // 400 expected, deviation 19.
            assert!((320..480).contains(&count), "{seen:?}");
        } else {
            assert_eq!(count, 0);
        }
    }
    set.pixels.swap(12, 10);
    let flips = Augment {
        flip: true,
        ..Augment::default()
    };
    let flipped = epochs_of(&set, flips, 3600)
        .iter()
        .filter(|batch| batch.pixels[14] > 3.0)
        .count();
    // 1800 expected, deviation 30.
    assert!((1680..1920).contains(&flipped), "{flipped}");
}

#[test]
fn cutout_covers_a_square_that_may_reach_beyond_the_image() {
    let set = images(20, 1, 7, 7);
    let augment = Augment {
        cutout: 3,
        ..Augment::default()
    };
    let plain = epochs_of(&set, Augment::default(), 5);
    let cut = epochs_of(&set, augment, 5);
    let mut whole = 0;
    for (plain, cut) in plain.iter().zip(&cut) {
        for (plain, cut) in plain.pixels.chunks(49).zip(cut.pixels.chunks(49)) {
            let changed: Vec<usize> = (0..49).filter(|&at| plain[at] != cut[at]).collect();
            assert!(changed.iter().all(|&at| cut[at] == 0.0));
            let span = |coordinate: fn(&usize) -> usize| {
                let least = changed.iter().map(coordinate).min().unwrap();
                changed.iter().map(coordinate).max().unwrap() - least + 1
            };
            let (rows, columns) = (span(|at| at / 7), span(|at| at % 7));
            assert_eq!(changed.len(), rows * columns);
            assert!((2..=3).contains(&rows) && (2..=3).contains(&columns));
            whole += usize::from(changed.len() == 9);
        }
    }
    // The middle is off the border with probability 25/49: 51 of 100 images.
    assert!((30..72).contains(&whole), "{whole}");
}

#[test]
fn mixup_mixes_pixels_as_it_mixes_labels() {
    let set = images(20, 3, 4, 4);
    for alpha in [0.2, 1.0, 8.0] {
        let augment = Augment {
            mixup: alpha,
            ..Augment::default()
        };
        let plain = epochs_of(&set, Augment::default(), 40);
        let mixed = epochs_of(&set, augment, 40);
        let mut shares = Vec::new();
        for (plain, mixed) in plain.iter().zip(&mixed) {
            assert_eq!(plain.rows, mixed.rows);
            assert_eq!(plain.labels, mixed.labels);
            for row in 0..20 {
                let partner = (row + 1) % 20;
                assert_eq!(mixed.partners[row], plain.labels[partner]);
                let share = mixed.shares[row];
                shares.push(f64::from(share));
                for at in 0..48 {
                    let (own, other) =
                        (plain.pixels[row * 48 + at], plain.pixels[partner * 48 + at]);
                    let expected = share * own + (1.0 - share) * other;
                    assert!((mixed.pixels[row * 48 + at] - expected).abs() < 1e-5);
                }
            }
        }
        // Mean 1/2 and variance 1 / (4 (2 alpha + 1)) of the beta distribution.
        let count = shares.len() as f64;
        let mean = shares.iter().sum::<f64>() / count;
        let square = |share: &f64| (share - 0.5) * (share - 0.5);
        let variance = shares.iter().map(square).sum::<f64>() / count;
        let expected = 0.25 / (2.0 * f64::from(alpha) + 1.0);
        assert!((mean - 0.5).abs() < 0.06, "{mean}");
        assert!(
            (variance / expected - 1.0).abs() < 0.2,
            "{variance} {expected}"
        );
    }
}
