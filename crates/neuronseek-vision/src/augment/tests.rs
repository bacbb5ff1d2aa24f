use std::sync::Arc;
use std::time::Duration;

use super::crop::{Window, crop};
use super::*;
use crate::VisionError;
use crate::images::ImageSet;

/// Images of random-looking pixels; the first pixel of each tells which it is.
pub(super) fn images(count: usize, channels: usize, height: usize, width: usize) -> ImageSet {
    let size = channels * height * width;
    let mut pixels: Vec<u8> = (0..count * size)
        .map(|at| ((at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
        .collect();
    for (image, pixels) in pixels.chunks_exact_mut(size).enumerate() {
        pixels[0] = image as u8;
    }
    ImageSet {
        name: "made".to_string(),
        channels,
        height,
        width,
        pixels,
        labels: (0..count as u32).map(|image| image % 3).collect(),
        classes: ["a", "b", "c"].map(str::to_string).to_vec(),
    }
}

fn all_changes() -> Augment {
    Augment {
        crop_padding: 2,
        flip: true,
        cutout: 3,
        rand_augment: Some(RandAugment {
            count: 2,
            magnitude: 9,
        }),
        mixup: 0.5,
    }
}

fn loader(set: &ImageSet, config: LoaderConfig) -> Loader {
    Loader::training(Arc::new(set.clone()), Normalisation::of(set), config).unwrap()
}

#[test]
fn batches_depend_on_nothing_but_seed_epoch_and_position() {
    let set = images(50, 3, 6, 8);
    let make = |workers, seed| {
        let config = LoaderConfig {
            augment: all_changes(),
            batch: 8,
            workers,
            seed,
            ..LoaderConfig::default()
        };
        loader(&set, config)
    };
    let expected: Vec<Batch> = make(0, 7).epoch(3).collect();
    assert_eq!(expected.len(), 7);
    for workers in [1, 2, 3, 16] {
        let loader = make(workers, 7);
        assert_eq!(loader.epoch(3).collect::<Vec<_>>(), expected);
        for first in [1, 4, 6, 7, 9] {
            let resumed: Vec<Batch> = loader.epoch_from(3, first).collect();
            assert_eq!(resumed, expected[first.min(7)..]);
        }
    }
    assert_ne!(make(1, 7).epoch(4).collect::<Vec<_>>(), expected);
    assert_ne!(make(1, 8).epoch(3).collect::<Vec<_>>(), expected);
}

#[test]
fn an_epoch_has_every_image_once_and_its_own_label() {
    let set = images(50, 1, 4, 4);
    for drop_last in [false, true] {
        let config = LoaderConfig {
            batch: 8,
            drop_last,
            ..LoaderConfig::default()
        };
        let loader = loader(&set, config);
        let batches: Vec<Batch> = loader.epoch(0).collect();
        assert_eq!(batches.len(), loader.batches());
        let mut rows: Vec<usize> = batches
            .iter()
            .flat_map(|batch| batch.rows.clone())
            .collect();
        assert_ne!(rows, (0..rows.len()).collect::<Vec<_>>());
        rows.sort();
        rows.dedup();
        assert_eq!(rows.len(), if drop_last { 48 } else { 50 });
        for batch in &batches {
            for (place, &row) in batch.rows.iter().enumerate() {
                assert_eq!(batch.labels[place], set.labels[row]);
                // Without changes, the first pixel is the image's number, normalised.
                let (mean, deviation) = first_moments(&set);
                let expected = (row as f32 / 255.0 - mean) / deviation;
                assert!((batch.pixels[place * 16] - expected).abs() < 1e-5);
            }
            assert_eq!(batch.partners, batch.labels);
            assert!(batch.shares.iter().all(|&share| share == 1.0));
        }
    }
}

fn first_moments(set: &ImageSet) -> (f32, f32) {
    let normalisation = Normalisation::of(set);
    (normalisation.mean[0], normalisation.deviation[0])
}

#[test]
fn evaluation_keeps_order_and_pixels_and_needs_no_labels() {
    let mut set = images(10, 3, 4, 5);
    let normalisation = Normalisation::of(&set);
    for labelled in [true, false] {
        if !labelled {
            set.labels.clear();
        }
        let loader =
            Loader::evaluation(Arc::new(set.clone()), normalisation.clone(), 4, 2).unwrap();
        let batches: Vec<Batch> = loader.epoch(5).collect();
        let rows: Vec<usize> = batches
            .iter()
            .flat_map(|batch| batch.rows.clone())
            .collect();
        assert_eq!(rows, (0..10).collect::<Vec<_>>());
        let labels: Vec<u32> = batches
            .iter()
            .flat_map(|batch| batch.labels.clone())
            .collect();
        assert_eq!(labels, set.labels);
        let pixels: Vec<f32> = batches
            .iter()
            .flat_map(|batch| batch.pixels.clone())
            .collect();
        for (at, (value, &pixel)) in pixels.iter().zip(&set.pixels).enumerate() {
            let channel = at / 20 % 3;
            let expected = (f32::from(pixel) / 255.0 - normalisation.mean[channel])
                / normalisation.deviation[channel];
            assert!((value - expected).abs() < 1e-5);
        }
    }
}

#[test]
fn normalised_pixels_have_mean_0_and_deviation_1() {
    let set = images(30, 3, 8, 8);
    let loader = Loader::evaluation(Arc::new(set.clone()), Normalisation::of(&set), 30, 0).unwrap();
    let batch = loader.epoch(0).next().unwrap();
    for channel in 0..3 {
        let values: Vec<f64> = batch
            .pixels
            .chunks_exact(64)
            .skip(channel)
            .step_by(3)
            .flatten()
            .map(|&value| f64::from(value))
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-5);
    }
}

#[test]
fn a_channel_of_one_value_normalises_to_0() {
    let mut set = images(3, 1, 2, 2);
    set.pixels.fill(200);
    let normalisation = Normalisation::of(&set);
    assert_eq!(normalisation.deviation, [1.0]);
    let loader = Loader::evaluation(Arc::new(set), normalisation, 3, 0).unwrap();
    let batch = loader.epoch(0).next().unwrap();
    assert!(batch.pixels.iter().all(|value| value.abs() < 1e-6));
}

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

/// The pixels of many epochs of one image, changed in one way alone.
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

#[test]
fn dropping_an_epoch_ends_its_workers() {
    let set = images(200, 3, 8, 8);
    let config = LoaderConfig {
        batch: 1,
        workers: 4,
        ..LoaderConfig::default()
    };
    let loader = loader(&set, config);
    let mut epoch = loader.epoch(0);
    epoch.next().unwrap();
    // Long enough for workers to wait for room.
    std::thread::sleep(Duration::from_millis(20));
    drop(epoch);
    assert_eq!(loader.holders(), 1);
}

#[test]
fn bad_requests_are_refused_all_at_once() {
    let set = images(5, 3, 4, 4);
    let refused = |set: &ImageSet, normalisation: Normalisation, config: LoaderConfig| {
        match Loader::training(Arc::new(set.clone()), normalisation, config) {
            Err(VisionError::Request(reasons)) => reasons.join("\n"),
            _ => String::new(),
        }
    };
    let config = LoaderConfig {
        augment: Augment {
            crop_padding: 5,
            cutout: 9,
            rand_augment: Some(RandAugment {
                count: 0,
                magnitude: 31,
            }),
            mixup: -1.0,
            ..Augment::default()
        },
        batch: 0,
        workers: 1000,
        ..LoaderConfig::default()
    };
    let normalisation = Normalisation {
        mean: vec![2.0],
        deviation: vec![0.0],
    };
    let reasons = refused(&set, normalisation, config);
    for word in [
        "crop's padding is 5",
        "cutout is 9",
        "RandAugment has 0 operations",
        "magnitude is 31",
        "mixup is -1",
        "batch is 0",
        "workers are 1000",
        "1 means",
        "mean of pixels is 2",
        "deviation is 0",
    ] {
        assert!(reasons.contains(word), "{word}: {reasons}");
    }
    let mut unlabelled = set.clone();
    unlabelled.labels.clear();
    let good = LoaderConfig::default();
    let reasons = refused(&unlabelled, Normalisation::of(&set), good.clone());
    assert!(reasons.contains("0 labels for 5 images"), "{reasons}");
    let dropping = LoaderConfig {
        drop_last: true,
        ..good
    };
    let reasons = refused(&set, Normalisation::of(&set), dropping);
    assert!(reasons.contains("less than one batch"), "{reasons}");
}
