//! Images as rows of numbers.

use std::sync::Arc;

use burn_autodiff::Autodiff;
use burn_flex::{Flex, FlexDevice};
use burn_tensor::{Tensor, TensorData};
use neuronseek::matrix::Matrix;
use neuronseek::observe::Control;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::SearchConfig;
use crate::VisionError;
use crate::architecture::{Architecture, Plan};
use crate::augment::{Augment, Normalisation};
use crate::images::ImageSet;
use crate::network::{Network, Phase, start};
use crate::train::{Job, State, TrainConfig, train};

/// The most numbers of a flat image: searches by least squares grow weak beyond.
const MOST: usize = 150;
/// Rows and columns of a patch.
const PATCH: usize = 3;
/// Patches of an image.
const PATCHES: usize = 4;
/// The stream of their places.
const STREAM: u64 = 0x7061_7463;
/// Images that go through the small network at once.
const BATCH: usize = 100;

fn labels(images: &ImageSet) -> Vec<usize> {
    images.labels.iter().map(|&label| label as usize).collect()
}

/// An image's normalised pixels.
fn normalised(images: &ImageSet, normalisation: &Normalisation, image: usize) -> Vec<f32> {
    let mut pixels = vec![0.0; images.image_bytes()];
    normalisation.apply(images.image(image), &mut pixels);
    pixels
}

/// Columns with mean 0 and deviation 1: searches take scaled inputs.
fn scaled(mut values: Vec<f64>, rows: usize, columns: usize) -> Matrix<f64> {
    for column in 0..columns {
        let at = |row: usize| row * columns + column;
        let mean = (0..rows).map(|row| values[at(row)]).sum::<f64>() / rows as f64;
        let square = |row: usize| (values[at(row)] - mean).powi(2);
        let variance = (0..rows).map(square).sum::<f64>() / rows as f64;
        let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        for row in 0..rows {
            values[at(row)] = (values[at(row)] - mean) / deviation;
        }
    }
    Matrix::from_vec(rows, columns, values)
}

/// Images averaged down to a square side of so many cells that all channels together have at most
/// 150 numbers.
pub(super) fn flat(images: &ImageSet) -> (Matrix<f64>, Vec<usize>) {
    let normalisation = Normalisation::of(images);
    let side = (MOST / images.channels).isqrt();
    let sides = [images.height.min(side), images.width.min(side)];
    let columns = images.channels * sides[0] * sides[1];
    let mut values = Vec::with_capacity(images.images() * columns);
    for image in 0..images.images() {
        let pixels = normalised(images, &normalisation, image);
        for plane in pixels.chunks_exact(images.height * images.width) {
            for row in 0..sides[0] {
                for column in 0..sides[1] {
                    values.push(cell(plane, images, sides, [row, column]));
                }
            }
        }
    }
    (scaled(values, images.images(), columns), labels(images))
}

/// The mean of a plane's pixels in a cell.
fn cell(plane: &[f32], images: &ImageSet, sides: [usize; 2], place: [usize; 2]) -> f64 {
    let range = |length: usize, axis: usize| {
        let (cells, at) = (sides[axis], place[axis]);
        length * at / cells..(length * (at + 1)).div_ceil(cells)
    };
    let columns = range(images.width, 1);
    let mut sum = 0.0;
    let mut count = 0;
    for row in range(images.height, 0) {
        for &pixel in &plane[row * images.width..][columns.clone()] {
            sum += f64::from(pixel);
            count += 1;
        }
    }
    sum / f64::from(count)
}

/// Patches at random places, each with its image's class.
pub(super) fn patches(images: &ImageSet, seed: u64) -> (Matrix<f64>, Vec<usize>) {
    let normalisation = Normalisation::of(images);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(STREAM);
    let columns = images.channels * PATCH * PATCH;
    let rows = images.images() * PATCHES;
    let mut values = Vec::with_capacity(rows * columns);
    for image in 0..images.images() {
        let pixels = normalised(images, &normalisation, image);
        for _ in 0..PATCHES {
            let row = random.random_range(0..=images.height - PATCH);
            let column = random.random_range(0..=images.width - PATCH);
            for plane in pixels.chunks_exact(images.height * images.width) {
                for down in 0..PATCH {
                    let from = (row + down) * images.width + column;
                    values.extend(plane[from..from + PATCH].iter().map(|&p| f64::from(p)));
                }
            }
        }
    }
    let labels = labels(images).into_iter();
    let labels = labels.flat_map(|label| [label; PATCHES]).collect();
    (scaled(values, rows, columns), labels)
}

/// Channel means before the classifier of a small linear network trained on all images.
pub(super) fn features(
    images: &ImageSet,
    sample: &ImageSet,
    config: &SearchConfig,
    control: &Control<'_>,
) -> Result<(Matrix<f64>, Vec<usize>), VisionError> {
    let input = [images.channels, images.height, images.width];
    let plan = Plan::linear(Architecture::SmallCnn, input, images.classes.len());
    let graph = Arc::new(plan.graph()?);
    let normalisation = Normalisation::of(images);
    let training = TrainConfig {
        epochs: config.epochs,
        batch: 128.min(images.images()),
        seed: config.seed,
        ..TrainConfig::default()
    };
    let job = Job {
        graph: graph.clone(),
        gates: None,
        images: Arc::new(images.clone()),
        validation: None,
        normalisation: &normalisation,
        augment: &Augment::default(),
        config: &training,
        workers: 0,
    };
    let begun = State::new(start(&graph, config.seed));
    let state = train::<Autodiff<Flex>>(&job, begun, &[FlexDevice], control, &mut |_| Ok(()))?;
    let network = Network::<Flex>::new(graph, &state.model(), &FlexDevice);
    let mut values = Vec::new();
    let mut columns = 0;
    for first in (0..sample.images()).step_by(BATCH) {
        let last = (first + BATCH).min(sample.images());
        let pixels: Vec<f32> = (first..last)
            .flat_map(|image| normalised(sample, &normalisation, image))
            .collect();
        let shape = [last - first, sample.channels, sample.height, sample.width];
        let batch = Tensor::<Flex, 4>::from_data(TensorData::new(pixels, shape), &FlexDevice);
        let features = network.forward(batch, Phase::Evaluate, None).features;
        columns = features.dims()[1];
        let means = features.mean_dim(3).mean_dim(2).to_data();
        values.extend(means.iter::<f32>().map(f64::from));
    }
    Ok((scaled(values, sample.images(), columns), labels(sample)))
}
