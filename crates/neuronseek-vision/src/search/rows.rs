//! Which images, and what of them, are the rows of a table.

use neuronseek::matrix::Matrix;
use neuronseek::observe::Control;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::backbone;
use super::settings::{Rows, SearchConfig};
use crate::VisionError;
use crate::augment::Normalisation;
use crate::images::ImageSet;

/// The stream that draws images.
const IMAGES: u64 = 0x696d_6167;
/// The stream that draws the places of patches.
const PLACES: u64 = 0x706c_6163;

/// One row in so many is held out.
const HELD_OUT: usize = 5;

/// Rows and columns of a patch.
const PATCH: usize = 3;

/// Rows to search on, or to judge by.
pub(super) struct Table {
    /// rows x inputs.
    pub inputs: Matrix<f64>,
    /// The class of each row.
    pub labels: Vec<u32>,
}

/// Rows to search on and rows of other images to judge by.
pub(super) struct Tables {
    pub search: Table,
    pub held_out: Table,
}

/// The rows of images that the configuration asks for; a fifth of the images is held out.
pub(super) fn tables(
    images: &ImageSet,
    config: &SearchConfig,
    control: &Control<'_>,
) -> Result<Tables, VisionError> {
    let normalisation = Normalisation::of(images);
    let mut order: Vec<usize> = (0..images.labels.len()).collect();
    order.shuffle(&mut stream(config.seed, IMAGES));
    match config.rows {
        Rows::Flat => {
            order.truncate(config.sample);
            let side = config.pooled_side(images);
            split(&order, |part| Ok(flat(images, part, &normalisation, side)))
        }
        Rows::Patches => {
            let mut random = stream(config.seed, PLACES);
            let share = config.sample as f64 / order.len() as f64;
            split(&order, |part| {
                let count = (share * part.len() as f64).round() as usize;
                Ok(patches(images, part, &normalisation, count, &mut random))
            })
        }
        Rows::Features => {
            let half = order.len() / 2;
            let seen = images.rows(&order[..half]);
            let backbone = backbone::trained(&seen, &normalisation, config, control)?;
            let unseen = &order[half..];
            split(&unseen[..unseen.len().min(config.sample)], |part| {
                let images = images.rows(part);
                let inputs = backbone::features(&backbone, &images, &normalisation, control)?;
                let labels = images.labels;
                Ok(Table { inputs, labels })
            })
        }
    }
}

fn stream(seed: u64, purpose: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(purpose);
    random
}

/// Tables of the images that are searched on and of those held out.
fn split(
    order: &[usize],
    mut table: impl FnMut(&[usize]) -> Result<Table, VisionError>,
) -> Result<Tables, VisionError> {
    let (held_out, search) = order.split_at(order.len() / HELD_OUT);
    Ok(Tables {
        search: table(search)?,
        held_out: table(held_out)?,
    })
}

/// The normalised pixels of an image, `channels x height x width`.
fn image(images: &ImageSet, number: usize, normalisation: &Normalisation) -> Vec<f32> {
    normalisation.normalised(images.image(number), images.image_bytes())
}

/// One row per image: means over `side x side` areas of every channel.
fn flat(images: &ImageSet, part: &[usize], normalisation: &Normalisation, side: usize) -> Table {
    let mut cells = Vec::new();
    for &number in part {
        let pixels = image(images, number, normalisation);
        for plane in pixels.chunks_exact(images.height * images.width) {
            for area in 0..side * side {
                let rows = span(area / side, side, images.height);
                let columns = span(area % side, side, images.width);
                let count = rows.len() * columns.len();
                let all = rows.flat_map(|row| {
                    let start = row * images.width;
                    &plane[start + columns.start..start + columns.end]
                });
                let sum: f64 = all.map(|&pixel| f64::from(pixel)).sum();
                cells.push(sum / count as f64);
            }
        }
    }
    Table {
        inputs: Matrix::from_vec(part.len(), images.channels * side * side, cells),
        labels: part.iter().map(|&number| images.labels[number]).collect(),
    }
}

/// The pixels of an area of `side`; where they do not divide evenly, areas overlap by one.
fn span(area: usize, side: usize, pixels: usize) -> std::ops::Range<usize> {
    area * pixels / side..((area + 1) * pixels).div_ceil(side)
}

/// Patches at random places, the images one after another until there are enough.
fn patches(
    images: &ImageSet,
    part: &[usize],
    normalisation: &Normalisation,
    count: usize,
    random: &mut ChaCha8Rng,
) -> Table {
    let width = images.channels * PATCH * PATCH;
    let mut inputs = Matrix::zeros(count, width);
    // Image after image, so that each is normalised once however many patches it gives.
    let mut patch = 0;
    let mut labels = Vec::with_capacity(count);
    for (place, &number) in part.iter().enumerate() {
        let pixels = image(images, number, normalisation);
        let until = (place + 1) * count / part.len();
        while patch < until {
            let top = random.random_range(0..=images.height - PATCH);
            let left = random.random_range(0..=images.width - PATCH);
            for (cell, value) in inputs.row_mut(patch).iter_mut().enumerate() {
                let [channel, row, column] =
                    [cell / (PATCH * PATCH), cell / PATCH % PATCH, cell % PATCH];
                let line = channel * images.height + top + row;
                *value = f64::from(pixels[line * images.width + left + column]);
            }
            labels.push(images.labels[number]);
            patch += 1;
        }
    }
    Table { inputs, labels }
}
