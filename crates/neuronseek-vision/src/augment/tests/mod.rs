use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::VisionError;
use crate::images::ImageSet;

mod changes;

/// Images of random-looking pixels; the first pixel of each tells which it is.
pub(in crate::augment) fn images(
    count: usize,
    channels: usize,
    height: usize,
    width: usize,
) -> ImageSet {
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
        };
        loader(&set, config)
    };
    let expected: Vec<Batch> = make(0, 7).epoch(3).collect();
    assert_eq!(expected.len(), 7);
    for workers in [1, 2, 3, 16] {
        let loader = make(workers, 7);
        assert_eq!(loader.epoch(3).collect::<Vec<_>>(), expected);
    }
    assert_ne!(make(1, 7).epoch(4).collect::<Vec<_>>(), expected);
    assert_ne!(make(1, 8).epoch(3).collect::<Vec<_>>(), expected);
}

#[test]
fn an_epoch_has_every_image_once_and_its_own_label() {
    let set = images(50, 1, 4, 4);
    let config = LoaderConfig {
        batch: 8,
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
    assert_eq!(rows.len(), 50);
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

fn first_moments(set: &ImageSet) -> (f32, f32) {
    let normalisation = Normalisation::of(set);
    (normalisation.mean[0], normalisation.deviation[0])
}

#[test]
fn normalised_pixels_have_mean_0_and_deviation_1() {
    let set = images(30, 3, 8, 8);
    let pixels = Normalisation::of(&set).normalised(&set.pixels, set.image_bytes());
    for channel in 0..3 {
        let values: Vec<f64> = pixels
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
    let pixels = normalisation.normalised(&set.pixels, set.image_bytes());
    assert!(pixels.iter().all(|value| value.abs() < 1e-6));
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
    let reasons = refused(&unlabelled, Normalisation::of(&set), good);
    assert!(reasons.contains("0 labels for 5 images"), "{reasons}");
}
